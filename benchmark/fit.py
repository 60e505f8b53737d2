"""The 4C fit: checked against converged and independent solutions, and the cases to time."""

from __future__ import annotations

import numpy as np
from peers import numpy_fit
from timing import Case, check

from lnvsearch.generation.phase_space import generate_phase_space
from lnvsearch.particles import mass_gev
from lnvsearch.random_streams import stream_key
from lnvsearch.reconstruction.candidates import mass_hypotheses
from lnvsearch.reconstruction.four_vectors import four_momenta
from lnvsearch.reconstruction.kinematic_fit import fit, fit_parameters

EVENTS_COMPARED = 20_000
EVENTS_COMPARED_WITH_SCIPY = 20
LARGEST_DISAGREEMENT = 1e-6  # in chi2, relative to 1 + chi2
#: A fixed number of steps in numpy is compared where they suffice.
LARGEST_FOR_FEW_STEPS = 50.0

FINAL_STATES = {
    "KKee": ["K+", "K+", "e-", "e-"],
    "KKpipi": ["K+", "K-", "pi+", "pi-"],
    "4K": ["K+", "K-", "K+", "K-"],
    "4pi": ["pi+", "pi-", "pi+", "pi-"],
}


def measured_events(n_events: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Phase-space K+ K+ e- e- events with helium-chamber errors: helix, covariance, total."""
    parent = mass_gev("J/psi(1S)")
    masses = np.array([mass_gev(name) for name in FINAL_STATES["KKee"]])
    key = stream_key(1, "benchmark", "phase_space")
    momentum = generate_phase_space(parent, masses, n_events, key)
    px, py, pz, energy = np.moveaxis(momentum, 2, 0)
    pt = np.hypot(px, py)
    inside = np.all((pt > 0.08) & (np.abs(pz) < 2.5 * pt), axis=1)
    pt, pz, energy = pt[inside], pz[inside], energy[inside]
    helix = np.stack([np.arctan2(-px, py)[inside], [1, 1, -1, -1] / pt, pz / pt], axis=-1)
    p = np.hypot(pt, pz)
    scattering = energy / p**2 / (pt / p) ** 1.5  # 1 / (beta p sin^1.5 theta)
    sigma = np.stack(
        [
            1e-3 * np.hypot(0.5, 1.4 * scattering),
            np.hypot(0.0027 * pt, 0.0033 * energy / p) / pt,
            1e-3 * np.hypot(2.8, 1.4 * scattering),
        ],
        axis=-1,
    )
    correlation = np.array([[1.0, -0.3, 0.0], [-0.3, 1.0, 0.0], [0.0, 0.0, 1.0]])
    noise = np.random.default_rng(1).normal(size=helix.shape) @ np.linalg.cholesky(correlation).T
    covariance = correlation * sigma[..., :, np.newaxis] * sigma[..., np.newaxis, :]
    rows, columns = np.tril_indices(3)
    triangles = np.ascontiguousarray(covariance[..., rows, columns])
    return helix + sigma * noise, triangles, np.array([0.0, 0.0, 0.0, parent])


def minimum_by_scipy(helix, covariance, masses, total) -> float:
    """Chi-square of one event by a general constrained minimiser."""
    from scipy.optimize import minimize

    matrix = np.empty((len(helix), 3, 3))
    rows, columns = np.tril_indices(3)
    matrix[:, rows, columns] = matrix[:, columns, rows] = covariance
    root = np.linalg.cholesky(matrix)

    def imbalance(z):
        point = helix + np.einsum("kij,kj->ki", root, z.reshape(-1, 3))
        return four_momenta(*point.T, masses).sum(axis=0) - total

    return minimize(
        lambda z: z @ z,
        np.zeros(helix.size),
        jac=lambda z: 2.0 * z,
        constraints={"type": "eq", "fun": imbalance},
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 300},
    ).fun


def disagreements(helix, covariance, masses, total) -> dict[str, float]:
    """Largest differences of chi2, relative to 1 + chi2, from two references.

    The converged solution is compared under every hypothesis, where there is one.
    """
    chi_square = fit(helix, covariance, masses, total).chi_square
    converged = [fit_parameters(helix, covariance, row, total).chi_square for row in masses]
    finite = np.isfinite(chi_square) & np.isfinite(np.transpose(converged))
    quick, fine = chi_square[finite], np.transpose(converged)[finite]
    few = range(EVENTS_COMPARED_WITH_SCIPY)
    minima = [minimum_by_scipy(helix[i], covariance[i], masses[0], total) for i in few]
    reference = np.array(minima)
    difference = chi_square[: len(reference), 0] - reference
    plain = numpy_fit(helix, covariance, masses[0], total)
    both = np.isfinite(chi_square[:, 0]) & (chi_square[:, 0] < LARGEST_FOR_FEW_STEPS)
    apart = np.abs(plain - chi_square[:, 0])[both] / (1.0 + plain[both])
    return {
        "largest_error_against_converged_solution": np.max(np.abs(quick - fine) / (1.0 + fine)),
        "largest_error_against_scipy": np.max(np.abs(difference) / (1.0 + reference)),
        "largest_difference_from_numpy": np.max(apart),
    }


def prepare(n_events: int) -> tuple[dict[str, float], list[Case]]:
    """The accuracy, and the cases to time."""
    masses = mass_hypotheses(FINAL_STATES).masses_gev
    helix, covariance, total = measured_events(n_events)
    compared = slice(EVENTS_COMPARED)
    errors = disagreements(helix[compared], covariance[compared], masses, total)
    check(max(errors.values()) < LARGEST_DISAGREEMENT, f"chi-squares of the 4C fit, {errors}")
    few = slice(max(len(helix) // 10, 1))  # the peer is slow
    others = masses[1:]
    return {name: float(value) for name, value in errors.items()}, [
        Case("fit_4c", len(helix), lambda: fit(helix, covariance, masses[:1], total)),
        Case(
            "fit_4c_six_hypotheses", len(helix),
            lambda: fit(helix, covariance, others, total),
        ),
        Case(
            "numpy_fit_4c", few.stop,
            lambda: numpy_fit(helix[few], covariance[few], masses[0], total),
        ),
    ]
