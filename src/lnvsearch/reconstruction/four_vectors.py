"""Momenta from helix parameters, invariant masses, and pairings of a decay's daughters.

Four-momenta are arrays whose last axis is (px, py, pz, E), in GeV.  The helix convention is
that of BESIII: kappa = charge / pT, and phi0 is the azimuth of the point of closest approach
seen from the helix axis, so that px = -sin(phi0) pT and py = cos(phi0) pT.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "KaonElectronPairing",
    "closest_mass_pairing",
    "cos_opening_angle",
    "cos_theta",
    "four_momenta",
    "invariant_mass_gev",
    "momentum_gev",
]


def momentum_gev(kappa: np.ndarray, tan_lambda: np.ndarray) -> np.ndarray:
    """Magnitude of the momentum from the curvature and the dip of a helix.

    `kappa` in 1/GeV and `tan_lambda` broadcast; returns GeV.

    >>> float(momentum_gev(-2.0, 0.0))
    0.5
    """
    return np.sqrt(1.0 + np.square(tan_lambda)) / np.abs(kappa)


def cos_theta(tan_lambda: np.ndarray) -> np.ndarray:
    """Cosine of the polar angle from the dip of a helix.

    >>> float(cos_theta(0.0))
    0.0
    """
    return tan_lambda / np.sqrt(1.0 + np.square(tan_lambda))


def four_momenta(
    phi0: np.ndarray, kappa: np.ndarray, tan_lambda: np.ndarray, mass_gev: np.ndarray
) -> np.ndarray:
    """Four-momenta of tracks under a mass hypothesis.

    `phi0` (rad), `kappa` (1/GeV), `tan_lambda` and `mass_gev` broadcast to a shape s;
    returns shape (*s, 4).

    >>> four_momenta(0.0, 1.0, 0.0, 0.0).tolist()
    [-0.0, 1.0, 0.0, 1.0]
    """
    phi0, kappa, tan_lambda, mass_gev = np.broadcast_arrays(phi0, kappa, tan_lambda, mass_gev)
    transverse = 1.0 / np.abs(kappa)
    momentum = np.empty((*transverse.shape, 4))
    momentum[..., 0] = -np.sin(phi0) * transverse
    momentum[..., 1] = np.cos(phi0) * transverse
    momentum[..., 2] = tan_lambda * transverse
    momentum[..., 3] = np.sqrt(momentum_gev(kappa, tan_lambda) ** 2 + np.square(mass_gev))
    return momentum


def invariant_mass_gev(four_momentum: np.ndarray) -> np.ndarray:
    """Invariant mass of four-momenta, shape (..., 4) -> (...), GeV.

    A space-like vector gives -sqrt(-m2), so that rounding at m = 0 is visible and never NaN.

    >>> float(invariant_mass_gev([3.0, 0.0, 0.0, 5.0]))
    4.0
    """
    p = np.asarray(four_momentum, dtype=float)
    squared = p[..., 3] ** 2 - np.einsum("...i,...i->...", p[..., :3], p[..., :3])
    return np.copysign(np.sqrt(np.abs(squared)), squared)


def cos_opening_angle(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Cosine of the angle between two momenta, shapes (..., 3 or 4) -> (...)."""
    a, b = np.asarray(first)[..., :3], np.asarray(second)[..., :3]
    products = [np.einsum("...i,...i->...", x, y) for x, y in ((a, b), (a, a), (b, b))]
    return np.clip(products[0] / np.sqrt(products[1] * products[2]), -1.0, 1.0)


@dataclass(frozen=True)
class KaonElectronPairing:
    """The two (K, e) masses of each of n candidates.

    `mass_gev`: shape (n, 2), of the pair with the first and with the second kaon.
    `is_crossed`: shape (n,), true where the first kaon goes with the second electron.
    """

    mass_gev: np.ndarray
    is_crossed: np.ndarray


def closest_mass_pairing(kaons: np.ndarray, electrons: np.ndarray) -> KaonElectronPairing:
    """Pair two kaons with two electrons so that the two masses are the closest to each other.

    `kaons`, `electrons`: four-momenta, shape (n, 2, 4).  The decay of a pair of equal-mass
    particles to (K e)(K e) has two pairings, and the one with the smaller |m1 - m2| is taken;
    a tie keeps the order given.
    """
    straight = invariant_mass_gev(np.asarray(kaons) + electrons)
    crossed = invariant_mass_gev(np.asarray(kaons) + np.asarray(electrons)[..., ::-1, :])
    is_crossed = np.abs(crossed[..., 0] - crossed[..., 1]) < np.abs(
        straight[..., 0] - straight[..., 1]
    )
    return KaonElectronPairing(np.where(is_crossed[..., None], crossed, straight), is_crossed)
