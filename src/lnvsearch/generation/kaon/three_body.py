"""Three-body decays K -> 1 2 3 with a density over the Dalitz plot.

An attempt is a pair mass m12 and an angle, weighted with the phase space p(m12) q(m12) and the
density |M|^2(E1, E2, E3), energies in the kaon's rest frame; accepted against the maximum of
the product, found on a grid.  A density of 1 gives uniform events.  For inner
bremsstrahlung, particle 3 is a photon and its energy is drawn from 1/E3.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.generation.kaon.densities import density
from lnvsearch.generation.kaon.kinematics import orientation, place_three, two_body_momentum
from lnvsearch.random_lanes import draw_uniforms

__all__ = ["dalitz_integral", "fill_three_body", "find_maximum"]

# The grid's maximum is that of a smooth function to 1e-4; the kernel refuses to pass it.
_HEADROOM = 1.002
_GRID_MASS, _GRID_ANGLE = 801, 201
_MAXIMUM_ATTEMPTS = 1_000_000


@njit(inline="always", error_model="numpy")
def _pair_mass(fraction, parent, m1, m2, m3, photon):
    """Pair mass of an attempt and the Jacobian of its choice (1 where it is drawn flat).

    With photon[0] > 0, particle 3 is a photon whose energy is drawn from 1/E in this range.
    """
    if photon[0] > 0.0:
        energy = photon[0] * math.exp(fraction * math.log(photon[1] / photon[0]))
        pair = math.sqrt(max(parent * parent - 2.0 * parent * energy, (m1 + m2) * (m1 + m2)))
        return pair, parent * energy / pair
    return m1 + m2 + fraction * (parent - m1 - m2 - m3), 1.0


@njit(inline="always", error_model="numpy")
def _product(kind, parameter, parent, m1, m2, m3, pair, jacobian, cosine):
    """Phase space times density of one point of the Dalitz plot."""
    inside = two_body_momentum(pair, m1, m2)
    flight = two_body_momentum(parent, pair, m3)
    if kind == 0:
        return inside * flight * jacobian
    energy_3 = math.sqrt(flight * flight + m3 * m3)
    inner = math.sqrt(inside * inside + m1 * m1)
    energy_1 = (math.sqrt(flight * flight + pair * pair) * inner + flight * inside * cosine) / pair
    return (
        inside * flight * jacobian
        * density(kind, parameter, parent, energy_1, parent - energy_1 - energy_3, energy_3)
    )


@njit(cache=True, error_model="numpy")
def find_maximum(kind, parameter, parent, mass, photon):
    """Upper bound of phase space times density."""
    largest = 0.0
    for i in range(_GRID_MASS):
        fraction = i / (_GRID_MASS - 1.0)
        pair, jacobian = _pair_mass(fraction, parent, mass[0], mass[1], mass[2], photon)
        for j in range(_GRID_ANGLE):
            cosine = 2.0 * j / (_GRID_ANGLE - 1.0) - 1.0
            largest = max(
                largest,
                _product(
                    kind, parameter, parent, mass[0], mass[1], mass[2], pair, jacobian, cosine
                ),
            )
    return largest * _HEADROOM


@njit(cache=True, error_model="numpy")
def dalitz_integral(kind, parameter, parent, mass, photon, points):
    """Integral of |M|^2 over three-body phase space, d3p/2E measure: GeV^2 times |M|^2's unit.

    Midpoints, `points` in either direction: integral = pi^2/(4 M) 2 dm12 q p dcos |M|^2.
    """
    total = 0.0
    for i in range(points):
        fraction = (i + 0.5) / points
        pair, jacobian = _pair_mass(fraction, parent, mass[0], mass[1], mass[2], photon)
        for j in range(points):
            cosine = 2.0 * (j + 0.5) / points - 1.0
            total += _product(
                kind, parameter, parent, mass[0], mass[1], mass[2], pair, jacobian, cosine
            )
    if photon[0] > 0.0:
        width = math.log(photon[1] / photon[0])
    else:
        width = parent - mass[0] - mass[1] - mass[2]
    # (pi p / M) (pi q / m12) / 2 a unit of cosine, and dm12^2 = 2 m12 dm12.
    return total * math.pi**2 / parent * width * 2.0 / points**2


@njit(cache=True, error_model="numpy")
def _accept(key, first_event, kind, parameter, parent, mass, photon, maximum, n, chosen):
    """Pair masses and cosines of n events, in the rows of `chosen`, (2, n).

    An attempt is made for all events that wait, which are listed without a branch.
    """
    m1, m2, m3 = mass[0], mass[1], mass[2]
    waiting, events, slots = np.arange(n), np.empty(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    drawn = np.empty((4, n))
    for attempt in range(_MAXIMUM_ATTEMPTS):
        for k in range(n):
            events[k] = first_event + waiting[k]
        draw_uniforms(key, events[:n], slots, attempt, 0, drawn)
        left, largest = 0, 0.0
        for k in range(n):
            i = waiting[k]
            pair, jacobian = _pair_mass(drawn[0, k], parent, m1, m2, m3, photon)
            cosine = 2.0 * drawn[1, k] - 1.0
            value = _product(kind, parameter, parent, m1, m2, m3, pair, jacobian, cosine)
            largest = max(largest, value)
            chosen[0, i], chosen[1, i] = pair, cosine
            waiting[left] = i
            left += not drawn[2, k] * maximum < value
        if largest > maximum:
            raise RuntimeError("three-body decay: density above its maximum")
        n = left
        if n == 0:
            return
    raise RuntimeError("three-body decay: no event accepted")


@njit(cache=True, error_model="numpy")
def fill_three_body(key, first_event, kind, parameter, parent, mass, photon, maximum,
                    momentum):
    """Unweighted events into momentum[:, :3]; (n, >= 3, 4)."""
    n = len(momentum)
    chosen, drawn = np.empty((2, n)), np.empty((4, n))
    _accept(key, first_event, kind, parameter, parent, mass, photon, maximum, n, chosen)
    events, slots = np.arange(first_event, first_event + n), np.ones(n, dtype=np.int64)
    draw_uniforms(key, events, slots, 0, 0, drawn)
    rows, per_event = momentum.reshape(-1, 4), momentum.shape[1]
    for i in range(n):
        place_three(
            rows, per_event * i, parent, chosen[0, i], chosen[1, i], mass[0], mass[1], mass[2],
            orientation(drawn[0, i], drawn[1, i], drawn[2, i]),
        )
