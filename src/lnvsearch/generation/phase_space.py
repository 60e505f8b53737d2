"""n-body phase space by the method of Raubold and Lynch.

Source of the method: F. James, "Monte Carlo phase space", CERN 68-15 (1968), section on the
Raubold-Lynch method.  The masses of the nested subsystems (particles 0..k) follow from sorted
uniform numbers, and the weight of a configuration is the product of the two-body momenta.
Unweighted events come from accept-reject against the true maximum of the weight, which
`maximum_weight` finds for the masses at hand.

Draws of one attempt, in this order: n - 2 subsystem masses, 1 for accept-reject, then
(cos theta, phi) for each of the n - 1 two-body steps, beginning at the whole system.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numba import njit

from lnvsearch.random_streams import uniform4

__all__ = [
    "breakup_momentum",
    "generate_phase_space",
    "generate_weighted_phase_space",
    "maximum_weight",
    "phase_space_volume",
]

# Above the optimum that the search found, so that rounding never lets a weight pass it.
_HEADROOM = 1.0 + 1e-9
_GOLDEN = 0.5 * (math.sqrt(5.0) - 1.0)
_GOLDEN_STEPS = 60
_MAXIMUM_SWEEPS = 400
_SWEEP_TOLERANCE = 1e-13


@njit(cache=True, error_model="numpy")
def momentum_from_kinetic(kinetic, mass_1, mass_2):
    """Momentum of a two-body decay from its kinetic energy (parent mass - both masses), GeV.

    Källén's function with its small factor given and not subtracted: exact at threshold.
    """
    parent = kinetic + mass_1 + mass_2
    product = (
        kinetic
        * (kinetic + 2.0 * (mass_1 + mass_2))
        * (kinetic + 2.0 * mass_1)
        * (kinetic + 2.0 * mass_2)
    )
    return 0.5 * math.sqrt(product) / parent


def breakup_momentum(
    parent_mass_gev: float, mass_1_gev: float, mass_2_gev: float
) -> float:
    """Momentum (GeV) of either daughter in the rest frame of a two-body decay.

    Raises ValueError where the parent is lighter than its daughters.

    >>> round(breakup_momentum(2.0, 0.0, 0.0), 6)
    1.0
    """
    kinetic = _checked(parent_mass_gev, (mass_1_gev, mass_2_gev))[1]
    return momentum_from_kinetic(kinetic, float(mass_1_gev), float(mass_2_gev))


@njit(cache=True, error_model="numpy")
def chain_weight(kinetic, fraction, mass, first, n, chain_mass, breakup):
    """Masses and momenta of the nested subsystems; returns the product of the momenta.

    `fraction[k]`, k = 1..n-1: share of the kinetic energy inside particles 0..k, rising to
    fraction[n-1] = 1; fraction[0] = 0.  The masses are mass[first : first + n].  Fills
    `chain_mass[k]` and `breakup[k]` (momentum of particle k against particles 0..k-1).
    """
    chain_mass[0] = mass[first]
    weight = 1.0
    for k in range(1, n):
        step = (fraction[k] - fraction[k - 1]) * kinetic
        momentum = momentum_from_kinetic(step, chain_mass[k - 1], mass[first + k])
        chain_mass[k] = chain_mass[k - 1] + mass[first + k] + step
        breakup[k] = momentum
        weight *= momentum
    return weight


@njit(cache=True, error_model="numpy")
def find_maximum_weight(kinetic, mass, first, n):
    """Largest product of two-body momenta over all subsystem masses.

    Coordinate ascent with golden sections: two neighbouring factors depend on one subsystem
    mass, and have a single maximum in it.
    """
    fraction = np.empty(n)
    chain_mass = np.empty(n)
    breakup = np.empty(n)
    for k in range(n):
        fraction[k] = k / (n - 1.0)
    best = chain_weight(kinetic, fraction, mass, first, n, chain_mass, breakup)
    if kinetic <= 0.0 or n == 2:
        return best * _HEADROOM
    for _ in range(_MAXIMUM_SWEEPS):
        before = best
        for k in range(1, n - 1):
            low, high = fraction[k - 1], fraction[k + 1]
            for _ in range(_GOLDEN_STEPS):
                left = high - _GOLDEN * (high - low)
                right = low + _GOLDEN * (high - low)
                fraction[k] = left
                at_left = chain_weight(kinetic, fraction, mass, first, n, chain_mass, breakup)
                fraction[k] = right
                at_right = chain_weight(kinetic, fraction, mass, first, n, chain_mass, breakup)
                if at_left < at_right:
                    low = left
                else:
                    high = right
            fraction[k] = 0.5 * (low + high)
        best = chain_weight(kinetic, fraction, mass, first, n, chain_mass, breakup)
        if best - before <= _SWEEP_TOLERANCE * best:
            break
    return best * _HEADROOM


@njit(cache=True, error_model="numpy")
def fill_uniforms(key, event, slot, attempt, start, stop, uniform):
    """Draw the blocks of four that reach from position `start` (a multiple of 4) to `stop`."""
    for position in range(start, stop, 4):
        a, b, c, d = uniform4(key, event, slot, attempt, position // 4)
        uniform[position] = a
        uniform[position + 1] = b
        uniform[position + 2] = c
        uniform[position + 3] = d


@njit(cache=True, error_model="numpy")
def draw_chain(key, event, slot, attempt, kinetic, mass, first, n, work):
    """Subsystem masses of one attempt; returns (weight, number for accept-reject).

    `work`: scratch of shape (4, >= 3 n + 4): uniforms, fractions, chain masses, momenta.
    """
    uniform, fraction = work[0], work[1]
    fill_uniforms(key, event, slot, attempt, 0, n - 1, uniform)
    fraction[0] = 0.0
    for k in range(1, n - 1):
        value = uniform[k - 1]
        place = k
        while place > 1 and fraction[place - 1] > value:
            fraction[place] = fraction[place - 1]
            place -= 1
        fraction[place] = value
    fraction[n - 1] = 1.0
    weight = chain_weight(kinetic, fraction, mass, first, n, work[2], work[3])
    return weight, uniform[n - 2]


@njit(cache=True, error_model="numpy")
def decay_chain(key, event, slot, attempt, mass, first, n, work, momentum):
    """Isotropic two-body decays down the chain; writes momentum[first : first + n, 4].

    The whole system is at rest.  At each step the subsystem's momentum is what the leaving
    particle left: the three-momenta add up to zero to rounding.
    """
    uniform, chain_mass, breakup = work[0], work[2], work[3]
    fill_uniforms(key, event, slot, attempt, 4 * ((n + 2) // 4), 3 * n - 3, uniform)
    px, py, pz, energy = 0.0, 0.0, 0.0, chain_mass[n - 1]
    position = n - 1
    for k in range(n - 1, 0, -1):
        cosine = 2.0 * uniform[position] - 1.0
        azimuth = 2.0 * math.pi * uniform[position + 1]
        position += 2
        size = breakup[k]
        transverse = size * math.sqrt(1.0 - cosine * cosine)
        qx = transverse * math.cos(azimuth)
        qy = transverse * math.sin(azimuth)
        qz = size * cosine
        particle = first + k
        mass_squared = mass[particle] * mass[particle]
        rest_energy = math.sqrt(size * size + mass_squared)
        along = px * qx + py * qy + pz * qz
        scale = (rest_energy + along / (energy + chain_mass[k])) / chain_mass[k]
        qx += scale * px
        qy += scale * py
        qz += scale * pz
        momentum[particle, 0] = qx
        momentum[particle, 1] = qy
        momentum[particle, 2] = qz
        momentum[particle, 3] = math.sqrt(qx * qx + qy * qy + qz * qz + mass_squared)
        px -= qx
        py -= qy
        pz -= qz
        energy = math.sqrt(px * px + py * py + pz * pz + chain_mass[k - 1] * chain_mass[k - 1])
    momentum[first, 0] = px
    momentum[first, 1] = py
    momentum[first, 2] = pz
    momentum[first, 3] = energy


@njit(cache=True, error_model="numpy")
def at_rest(mass, first, n, momentum):
    """All particles at rest: a decay exactly at threshold."""
    for particle in range(first, first + n):
        momentum[particle, 0] = momentum[particle, 1] = momentum[particle, 2] = 0.0
        momentum[particle, 3] = mass[particle]


@njit(cache=True, error_model="numpy")
def _generate(key, first_event, kinetic, mass, maximum, momenta, weights, weighted):
    n = len(mass)
    work = np.empty((4, 3 * n + 4))
    for i in range(len(momenta)):
        event = first_event + i
        momentum = momenta[i]
        if kinetic <= 0.0:
            at_rest(mass, 0, n, momentum)
            continue
        attempt = 0
        while True:
            weight, threshold = draw_chain(key, event, 0, attempt, kinetic, mass, 0, n, work)
            if weighted or threshold * maximum < weight:
                break
            attempt += 1
        decay_chain(key, event, 0, attempt, mass, 0, n, work, momentum)
        if weighted:
            weights[i] = weight / maximum


def maximum_weight(parent_mass_gev: float, masses_gev: Sequence[float]) -> float:
    """Largest Raubold-Lynch weight (product of the two-body momenta, GeV^(n-1)) of a decay.

    Found by maximising over the subsystem masses, never a constant; a relative 1e-9 above the
    optimum.  Zero at threshold.  Raises ValueError as `generate_phase_space` does.
    """
    masses, kinetic = _checked(parent_mass_gev, masses_gev)
    return find_maximum_weight(kinetic, masses, 0, len(masses))


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
    maximum = find_maximum_weight(kinetic, masses, 0, len(masses))
    momenta = np.empty((n_events, len(masses), 4))
    _generate(key, first_event, kinetic, masses, maximum, momenta, np.empty(0), False)
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
    maximum = find_maximum_weight(kinetic, masses, 0, len(masses))
    momenta = np.empty((n_events, len(masses), 4))
    weights = np.ones(n_events)
    _generate(key, first_event, kinetic, masses, maximum, momenta, weights, True)
    return momenta, weights


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


def _checked(parent_mass_gev: float, masses_gev: Sequence[float]) -> tuple[np.ndarray, float]:
    """Masses as an array, and the kinetic energy of the decay; ValueError if it cannot be."""
    masses = np.ascontiguousarray(masses_gev, dtype=np.float64)
    if masses.ndim != 1 or len(masses) < 2:
        raise ValueError(f"masses_gev needs two daughters at least, got {list(masses_gev)}")
    if not (math.isfinite(parent_mass_gev) and parent_mass_gev > 0.0):
        raise ValueError(f"parent_mass_gev is {parent_mass_gev}: give a mass > 0 GeV")
    if not (np.all(np.isfinite(masses)) and np.all(masses >= 0.0)):
        raise ValueError(f"masses_gev is {masses.tolist()}: masses must be >= 0 GeV")
    kinetic = float(parent_mass_gev) - float(masses.sum())
    if kinetic < 0.0:
        raise ValueError(
            f"masses_gev sum to {masses.sum():.6g} GeV, more than the parent's "
            f"{parent_mass_gev:.6g} GeV: the decay is kinematically closed; lower a mass"
        )
    return masses, kinetic
