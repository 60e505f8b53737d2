"""n-body phase space by the method of Raubold and Lynch.

Source of the method: F. James, "Monte Carlo phase space", CERN 68-15 (1968), section on the
Raubold-Lynch method.  The masses of the nested subsystems (particles 0..k) follow from sorted
uniform numbers, and the weight of a configuration is the product of the two-body momenta.
Unweighted events come from accept-reject against the true maximum of the weight, which
`maximum_weight` finds for the masses at hand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from lnvsearch.generation.phase_space_blocks import fill_phase_space
from lnvsearch.generation.phase_space_kernels import find_maximum_weight, momentum_squared

__all__ = [
    "breakup_momentum",
    "generate_phase_space",
    "generate_weighted_phase_space",
    "maximum_weight",
    "phase_space_volume",
]


def breakup_momentum(
    parent_mass_gev: float, mass_1_gev: float, mass_2_gev: float
) -> float:
    """Momentum (GeV) of either daughter in the rest frame of a two-body decay.

    Raises ValueError where the parent is lighter than its daughters.

    >>> round(breakup_momentum(2.0, 0.0, 0.0), 6)
    1.0
    """
    kinetic = _checked(parent_mass_gev, (mass_1_gev, mass_2_gev))[1]
    return math.sqrt(momentum_squared(kinetic, float(mass_1_gev), float(mass_2_gev)))


def maximum_weight(parent_mass_gev: float, masses_gev: Sequence[float] | np.ndarray) -> float:
    """Largest Raubold-Lynch weight (product of the two-body momenta, GeV^(n-1)) of a decay.

    Found by maximising over the subsystem masses, never a constant; a relative 1e-9 above the
    optimum.  Zero at threshold.  Raises ValueError as `generate_phase_space` does.
    """
    masses, kinetic = _checked(parent_mass_gev, masses_gev)
    return _maximum(kinetic, tuple(masses.tolist()))


@lru_cache(maxsize=64)
def _maximum(kinetic: float, masses: tuple[float, ...]) -> float:
    """The search takes as long as thousands of events: once for a decay."""
    return find_maximum_weight(kinetic, np.array(masses), 0, len(masses))


def generate_phase_space(
    parent_mass_gev: float,
    masses_gev: Sequence[float],
    n_events: int,
    key: np.ndarray,
    first_event: int = 0,
) -> np.ndarray:
    """Unweighted n-body decays of a parent at rest.

    `key` from `random_streams.stream_key`.  Returns shape (n_events, n, 4): (px, py, pz, E) in
    GeV.  Event number i of a key is always the same, however the calls are split.

    Raises ValueError for fewer than two daughters, a negative mass, or daughters heavier than
    the parent.

    >>> from lnvsearch.random_streams import stream_key
    >>> generate_phase_space(1.0, [0.1, 0.2, 0.3], 5, stream_key(1, "toy", "phase_space")).shape
    (5, 3, 4)
    """
    masses, kinetic = _checked(parent_mass_gev, masses_gev)
    maximum = _maximum(kinetic, tuple(masses.tolist()))
    momenta = np.empty((n_events, len(masses), 4))
    if kinetic == 0.0:
        return _all_at_rest(momenta, masses)
    fill_phase_space(key, first_event, kinetic, masses, maximum, momenta, np.empty(0))
    return momenta


def generate_weighted_phase_space(
    parent_mass_gev: float,
    masses_gev: Sequence[float],
    n_events: int,
    key: np.ndarray,
    first_event: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted n-body decays: every attempt is kept, with its weight.

    Returns momenta as `generate_phase_space` and weights of shape (n_events,), relative to
    `maximum_weight` (between 0 and 1; 1 for all at threshold).
    """
    masses, kinetic = _checked(parent_mass_gev, masses_gev)
    maximum = _maximum(kinetic, tuple(masses.tolist()))
    momenta = np.empty((n_events, len(masses), 4))
    weights = np.ones(n_events)
    if kinetic == 0.0:
        return _all_at_rest(momenta, masses), weights
    fill_phase_space(key, first_event, kinetic, masses, maximum, momenta, weights)
    return momenta, weights


def _all_at_rest(momenta: np.ndarray, masses: np.ndarray) -> np.ndarray:
    """Decays exactly at threshold."""
    momenta[..., :3] = 0.0
    momenta[..., 3] = masses
    return momenta


def phase_space_volume(
    parent_mass_gev: float, masses_gev: Sequence[float], points: int = 32
) -> float:
    """Lorentz-invariant phase-space volume, in GeV^(2n-4), without factors of 2 pi.

    Integral of prod(d3p / 2E) delta4(P - sum p), by the recursion in the subsystem masses
    (CERN 68-15) with Gauss-Legendre quadrature of `points` nodes a level; meant for n <= 6.
    For massless daughters it is (pi/2)^(n-1) M^(2n-4) / ((n-1)! (n-2)!).
    """
    masses, kinetic = _checked(parent_mass_gev, masses_gev)
    node, node_weight = np.polynomial.legendre.leggauss(points)
    # x = sin^2(angle) turns the square-root edges of the integrand into smooth ones.
    angle = 0.25 * math.pi * (node + 1.0)
    share = np.sin(angle) ** 2
    share_weight = node_weight * 0.25 * math.pi * np.sin(2.0 * angle)

    def momentum(energy, mass_1, mass_2):
        product = energy * (energy + 2 * (mass_1 + mass_2))
        product = product * (energy + 2 * mass_1) * (energy + 2 * mass_2)
        return 0.5 * np.sqrt(product) / (energy + mass_1 + mass_2)

    def volume(available: np.ndarray, n: int) -> np.ndarray:
        """Volume times subsystem mass of the first n particles, for kinetic energies."""
        light = masses[: n - 1].sum()
        if n == 2:
            return math.pi * momentum(available, masses[0], masses[1])
        inside = available[..., None] * share
        outside = available[..., None] - inside
        # dM^2 = 2 M dM, and M cancels against that of the inner volume.
        integrand = 2.0 * math.pi * momentum(outside, light + inside, masses[n - 1])
        return available * np.sum(share_weight * integrand * volume(inside, n - 1), axis=-1)

    return float(volume(np.array(kinetic), len(masses)) / parent_mass_gev)


def _checked(parent_mass_gev: float, masses_gev: Sequence[float] | np.ndarray) -> tuple[np.ndarray, float]:
    """Masses as an array, and the kinetic energy of the decay; ValueError if it cannot be."""
    masses = np.ascontiguousarray(masses_gev, dtype=np.float64)
    if masses.ndim != 1 or len(masses) < 2:
        raise ValueError(f"masses_gev needs two daughters at least, got {list(masses_gev)}")
    return masses, _kinetic(float(parent_mass_gev), tuple(masses.tolist()))


@lru_cache(maxsize=64)
def _kinetic(parent_mass_gev: float, masses_gev: tuple[float, ...]) -> float:
    """As `_checked`, once for a decay: looking takes as long as a few hundred events."""
    masses = np.array(masses_gev)
    if not (math.isfinite(parent_mass_gev) and parent_mass_gev > 0.0):
        raise ValueError(f"parent_mass_gev is {parent_mass_gev}: give a mass > 0 GeV")
    if not (np.all(np.isfinite(masses)) and np.all(masses >= 0.0)):
        raise ValueError(f"masses_gev is {masses.tolist()}: masses must be >= 0 GeV")
    kinetic = parent_mass_gev - float(masses.sum())
    if kinetic < 0.0:
        raise ValueError(
            f"masses_gev sum to {masses.sum():.6g} GeV, more than the parent's "
            f"{parent_mass_gev:.6g} GeV: the decay is kinematically closed; lower a mass"
        )
    return kinetic
