"""n-body phase space event by event, for decay trees; `phase_space` holds the method.

Draws of one attempt, in this order: n - 2 subsystem masses, 1 for accept-reject, then
(cos theta, phi) for each of the n - 1 two-body steps, beginning at the whole system.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = [
    "at_rest",
    "decay_chain",
    "draw_chain",
    "find_maximum_weight",
    "momentum_squared",
    "scratch",
]

# Above the optimum that the search found, so that rounding never lets a weight pass it.
_HEADROOM = 1.0 + 1e-9
_GOLDEN = 0.5 * (math.sqrt(5.0) - 1.0)
_GOLDEN_STEPS = 60
_MAXIMUM_SWEEPS = 400
_SWEEP_TOLERANCE = 1e-13

# Rows of the scratch array that the kernels share (see `scratch`).
UNIFORM, FRACTION, CHAIN_MASS, BREAKUP = 0, 1, 2, 3


@inner_kernel()
def scratch(n):
    """Work space for decays of up to n particles: rows UNIFORM ... BREAKUP."""
    return np.empty((4, 3 * n + 4))


@njit(cache=True, error_model="numpy", forceinline=True)
def momentum_squared(kinetic, mass_1, mass_2):
    """Squared momentum of a two-body decay from its kinetic energy (parent - both masses).

    Källén's function with its small factor given and not subtracted: exact at threshold.
    """
    parent = kinetic + mass_1 + mass_2
    product = (
        (kinetic * (kinetic + 2.0 * (mass_1 + mass_2)))
        * ((kinetic + 2.0 * mass_1) * (kinetic + 2.0 * mass_2))
    )
    return 0.25 * product / (parent * parent)


@inner_kernel(forceinline=True)
def chain_weight(kinetic, mass, first, n, work):
    """Masses and momenta of the nested subsystems; returns the squared product of the momenta.

    Reads work[FRACTION, k]: share of the kinetic energy inside particles 0..k, rising from 0 at
    k = 0 to 1 at k = n - 1.  The masses are mass[first : first + n].  Fills work[CHAIN_MASS, k]
    and work[BREAKUP, k], the squared momentum of particle k against particles 0..k-1.
    """
    inner = mass[first]
    work[CHAIN_MASS, 0] = inner
    weight = 1.0
    for k in range(1, n):
        step = (work[FRACTION, k] - work[FRACTION, k - 1]) * kinetic
        squared = momentum_squared(step, inner, mass[first + k])
        inner += mass[first + k] + step
        work[CHAIN_MASS, k] = inner
        work[BREAKUP, k] = squared
        weight *= squared
    return weight


@njit(cache=True, error_model="numpy")
def find_maximum_weight(kinetic, mass, first, n):
    """Largest product of two-body momenta over all subsystem masses.

    Coordinate ascent with golden sections: two neighbouring factors depend on one subsystem
    mass, and have a single maximum in it.
    """
    if n == 2:
        return math.sqrt(momentum_squared(kinetic, mass[first], mass[first + 1])) * _HEADROOM
    work = scratch(n)
    for k in range(n):
        work[FRACTION, k] = k / (n - 1.0)
    best = chain_weight(kinetic, mass, first, n, work)
    if kinetic <= 0.0:
        return math.sqrt(best) * _HEADROOM
    for _ in range(_MAXIMUM_SWEEPS):
        before = best
        for k in range(1, n - 1):
            low, high = work[FRACTION, k - 1], work[FRACTION, k + 1]
            for _ in range(_GOLDEN_STEPS):
                left = high - _GOLDEN * (high - low)
                right = low + _GOLDEN * (high - low)
                work[FRACTION, k] = left
                at_left = chain_weight(kinetic, mass, first, n, work)
                work[FRACTION, k] = right
                at_right = chain_weight(kinetic, mass, first, n, work)
                if at_left < at_right:
                    low = left
                else:
                    high = right
            work[FRACTION, k] = 0.5 * (low + high)
        best = chain_weight(kinetic, mass, first, n, work)
        if best - before <= _SWEEP_TOLERANCE * best:
            break
    return math.sqrt(best) * _HEADROOM


@inner_kernel(forceinline=True)
def fill_uniforms(key, event, slot, attempt, first_block, stop, work):
    """Draw the blocks of four from `first_block` on that reach to position `stop`."""
    for block in range(first_block, (stop + 3) // 4):
        a, b, c, d = uniform4(key, event, slot, attempt, block)
        work[UNIFORM, 4 * block] = a
        work[UNIFORM, 4 * block + 1] = b
        work[UNIFORM, 4 * block + 2] = c
        work[UNIFORM, 4 * block + 3] = d


@inner_kernel(forceinline=True)
def draw_chain(key, event, slot, attempt, kinetic, mass, first, n, work):
    """Subsystem masses of one attempt; returns (squared weight, number for accept-reject).

    `work` is that of `scratch`.
    """
    if n == 4:
        return _draw_chain_of_four(key, event, slot, attempt, kinetic, mass, first, work)
    fill_uniforms(key, event, slot, attempt, 0, n - 1, work)
    work[FRACTION, 0] = 0.0
    for k in range(1, n - 1):
        value = work[UNIFORM, k - 1]
        place = k
        while place > 1 and work[FRACTION, place - 1] > value:
            work[FRACTION, place] = work[FRACTION, place - 1]
            place -= 1
        work[FRACTION, place] = value
    work[FRACTION, n - 1] = 1.0
    return chain_weight(kinetic, mass, first, n, work), work[UNIFORM, n - 2]


@inner_kernel(forceinline=True)
def _draw_chain_of_four(key, event, slot, attempt, kinetic, mass, first, work):
    """`draw_chain` for four particles, with all in registers: three times as fast."""
    u1, u2, uniform, u4 = uniform4(key, event, slot, attempt, 0)
    low, high = min(u1, u2), max(u1, u2)
    step_1, step_2, step_3 = low * kinetic, (high - low) * kinetic, (1.0 - high) * kinetic
    mass_2, mass_3 = mass[first + 2], mass[first + 3]
    pair = mass[first] + (mass[first + 1] + step_1)
    triplet = pair + (mass_2 + step_2)
    squared_1 = momentum_squared(step_1, mass[first], mass[first + 1])
    squared_2 = momentum_squared(step_2, pair, mass_2)
    squared_3 = momentum_squared(step_3, triplet, mass_3)
    work[UNIFORM, 3] = u4
    work[CHAIN_MASS, 0] = mass[first]
    work[CHAIN_MASS, 1] = pair
    work[CHAIN_MASS, 2] = triplet
    work[CHAIN_MASS, 3] = triplet + (mass_3 + step_3)
    work[BREAKUP, 1] = squared_1
    work[BREAKUP, 2] = squared_2
    work[BREAKUP, 3] = squared_3
    return squared_1 * squared_2 * squared_3, uniform


@inner_kernel(forceinline=True)
def _two_body_step(u_polar, u_azimuth, squared, outer, inner, mass_squared, px, py, pz, energy):
    """One isotropic two-body decay of a moving subsystem.

    (px, py, pz, energy) and mass `outer` of the subsystem; `squared`: squared momentum of the
    decay; a particle of squared mass `mass_squared` leaves, a subsystem of mass `inner` stays.
    Returns the four-momenta of the particle and of what stays: the two add up by construction.
    """
    cosine = 2.0 * u_polar - 1.0
    cos_azimuth, sin_azimuth = cosine_and_sine_of_turn(u_azimuth)
    transverse = math.sqrt(squared * (1.0 - cosine * cosine))
    qx = transverse * cos_azimuth
    qy = transverse * sin_azimuth
    qz = math.sqrt(squared) * cosine
    along = px * qx + py * qy + pz * qz
    scale = (math.sqrt(squared + mass_squared) + along / (energy + outer)) / outer
    qx += scale * px
    qy += scale * py
    qz += scale * pz
    px -= qx
    py -= qy
    pz -= qz
    leaving = math.sqrt(qx * qx + qy * qy + qz * qz + mass_squared)
    staying = math.sqrt(px * px + py * py + pz * pz + inner * inner)
    return qx, qy, qz, leaving, px, py, pz, staying


@inner_kernel(forceinline=True)
def decay_chain(key, event, slot, attempt, mass, first, n, work, momentum, row):
    """Isotropic two-body decays down the chain; writes momentum[row : row + n, 4].

    The whole system is at rest.  At each step the subsystem's momentum is what the leaving
    particle left: the three-momenta add up to zero to rounding.
    """
    fill_uniforms(key, event, slot, attempt, (n + 2) // 4, 3 * n - 3, work)
    px, py, pz, energy = 0.0, 0.0, 0.0, work[CHAIN_MASS, n - 1]
    position = n - 1
    for k in range(n - 1, 0, -1):
        qx, qy, qz, leaving, px, py, pz, energy = _two_body_step(
            work[UNIFORM, position], work[UNIFORM, position + 1], work[BREAKUP, k],
            work[CHAIN_MASS, k], work[CHAIN_MASS, k - 1], mass[first + k] * mass[first + k],
            px, py, pz, energy,
        )
        position += 2
        momentum[row + k, 0] = qx
        momentum[row + k, 1] = qy
        momentum[row + k, 2] = qz
        momentum[row + k, 3] = leaving
    momentum[row, 0] = px
    momentum[row, 1] = py
    momentum[row, 2] = pz
    momentum[row, 3] = energy


@inner_kernel()
def at_rest(mass, first, n, momentum, row):
    """All particles at rest: a decay exactly at threshold."""
    for k in range(n):
        momentum[row + k, 0] = momentum[row + k, 1] = momentum[row + k, 2] = 0.0
        momentum[row + k, 3] = mass[first + k]
