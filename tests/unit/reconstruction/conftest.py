"""Toy events: isotropic decays of a J/psi measured by a tracker with realistic errors."""

from types import SimpleNamespace

import numpy as np
import pytest

JPSI_MASS_GEV = 3.0969
#: The J/psi moves along x, as the beams cross at an angle.
TOTAL = np.array([0.034, 0.0, 0.0, np.hypot(JPSI_MASS_GEV, 0.034)])
KAON, PION, ELECTRON = 0.493677, 0.13957039, 0.00051099895
SIGNAL_MASSES = (KAON, KAON, ELECTRON, ELECTRON)
CHARGES = np.array([1, 1, -1, -1])


def isotropic_decays(n, masses, rng):
    """Momenta (n, k, 3), GeV, that with their energies add up to TOTAL exactly."""
    masses = np.asarray(masses)
    momentum = rng.normal(size=(n, len(masses), 3))
    momentum -= momentum.mean(axis=1, keepdims=True)
    squared = np.sum(momentum**2, axis=2)
    scale = np.full((n, 1), 0.5)
    for _ in range(50):  # Newton's method for the sum of energies
        energy = np.sqrt(scale**2 * squared + masses**2)
        slope = np.sum(scale * squared / energy, axis=1, keepdims=True)
        scale = scale - (np.sum(energy, axis=1, keepdims=True) - JPSI_MASS_GEV) / slope
    momentum *= scale[:, :, None]
    energy = np.sqrt(np.sum(momentum**2, axis=2) + masses**2)
    beta, gamma = TOTAL[0] / TOTAL[3], TOTAL[3] / JPSI_MASS_GEV
    momentum[:, :, 0] = gamma * (momentum[:, :, 0] + beta * energy)
    return momentum


def helix_of(momentum, charges=CHARGES):
    """phi0, kappa, tan_lambda of momenta (n, k, 3)."""
    pt = np.hypot(momentum[..., 0], momentum[..., 1])
    phi0 = np.arctan2(-momentum[..., 0], momentum[..., 1])
    return np.stack([phi0, charges / pt, momentum[..., 2] / pt], axis=-1)


def tracker_covariance(helix, masses):
    """Covariances (n, k, 3, 3): measurement and multiple scattering, like a helium chamber's."""
    kappa, tan_lambda = np.abs(helix[..., 1]), helix[..., 2]
    sine = 1.0 / np.sqrt(1.0 + tan_lambda**2)
    momentum = 1.0 / (kappa * sine)
    beta = momentum / np.hypot(momentum, masses)
    sigma = np.stack(
        [
            1e-3 * np.hypot(0.5, 1.4 / (beta * momentum * sine**1.5)),
            kappa * np.hypot(0.0027 / kappa, 0.0033 / (beta * np.sqrt(sine))),
            np.hypot(2.8e-3, 1.4e-3 / (beta * momentum * sine**2.5)),
        ],
        axis=-1,
    )
    correlation = np.array([[1.0, -0.3, 0.1], [-0.3, 1.0, 0.05], [0.1, 0.05, 1.0]])
    return correlation * sigma[..., :, None] * sigma[..., None, :]


def measured_events(n, masses, seed, error_scale=1.0):
    """Smeared (helix, covariance) of decays with all tracks inside the acceptance."""
    rng = np.random.default_rng(seed)
    momentum = isotropic_decays(n, masses, rng)
    pt = np.hypot(momentum[..., 0], momentum[..., 1])
    cos_theta = momentum[..., 2] / np.linalg.norm(momentum, axis=-1)
    momentum = momentum[np.all((pt > 0.08) & (np.abs(cos_theta) < 0.93), axis=1)]
    helix = helix_of(momentum, np.where(np.arange(len(masses)) < len(masses) / 2, 1, -1))
    covariance = error_scale**2 * tracker_covariance(helix, masses)
    noise = rng.normal(size=helix.shape)
    helix = helix + np.einsum("nkij,nkj->nki", np.linalg.cholesky(covariance), noise)
    return helix, covariance


@pytest.fixture(scope="session")
def toys():
    """The functions and constants of this file, for tests that make events of their own."""
    return SimpleNamespace(**globals())


@pytest.fixture(scope="session")
def signal_events():
    """About 15 000 measured K+ K+ e- e- events: (helix, covariance)."""
    return measured_events(20_000, SIGNAL_MASSES, seed=11)
