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

from lnvsearch.generation.kaon.densities import UNIFORM, density
from lnvsearch.generation.kaon.kinematics import orientation, two_body_momentum
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_lanes, store_lanes, store_momenta
from lnvsearch.random_lanes import draw_uniforms

__all__ = ["dalitz_integral", "fill_three_body", "find_maximum"]

# The grid's maximum is that of a smooth function to 1e-4; the kernel refuses to pass it.
_HEADROOM = 1.002
_GRID_MASS, _GRID_ANGLE = 801, 201
_MAXIMUM_ATTEMPTS = 1_000_000
#: Events whose numbers stay in the processor's cache.
_BLOCK = 1024

_ZERO, _TWO = np.uint64(0), np.uint64(2)
#: Where the rows of lanes begin.
_AT = tuple(np.uint64(row * int(LANES)) for row in range(12))
_lanes = float_stack_array(12 * int(LANES))


@inner_kernel(forceinline=True)
def _pair_mass(fraction, parent, m1, m2, m3, photon):
    """Pair mass of an attempt and the Jacobian of its choice (1 where it is drawn flat).

    With photon[0] > 0, particle 3 is a photon whose energy is drawn from 1/E in this range.
    """
    if photon[0] > 0.0:
        energy = photon[0] * math.exp(fraction * math.log(photon[1] / photon[0]))
        pair = math.sqrt(max(parent * parent - 2.0 * parent * energy, (m1 + m2) * (m1 + m2)))
        return pair, parent * energy / pair
    return m1 + m2 + fraction * (parent - m1 - m2 - m3), 1.0


@inner_kernel(forceinline=True)
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


@inner_kernel(forceinline=True)
def _momentum(total, first, second):
    """`two_body_momentum` of masses that leave room."""
    inside, outside = first + second, first - second
    product = (total - inside) * (total + inside) * (total - outside) * (total + outside)
    return 0.5 * math.sqrt(max(product, 0.0)) / total


@inner_kernel()
def _uniform_values(drawn, n, parent, m1, m2, m3, values):
    """Rows of `values`, (3, n): pair mass, cosine and phase space of n attempts; LANES at a time."""
    number, out, total, width = _lanes(), _lanes(), np.uint64(n), parent - m1 - m2 - m3
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for row in range(2):
            load_lanes(drawn, row, start, lanes, number, np.uint64(row) * LANES)
        for j in range(LANES):
            pair = m1 + m2 + number[j] * width
            out[j], out[LANES + j] = pair, 2.0 * number[LANES + j] - 1.0
            out[_TWO * LANES + j] = _momentum(pair, m1, m2) * _momentum(parent, pair, m3)
        for row in range(3):
            store_lanes(out, np.uint64(row) * LANES, lanes, values, row, start)


@inner_kernel()
def _fill_values(kind, parameter, drawn, n, parent, m1, m2, m3, photon, values):
    """The same with a density, or a photon."""
    for k in range(n):
        pair, jacobian = _pair_mass(drawn[0, k], parent, m1, m2, m3, photon)
        cosine = 2.0 * drawn[1, k] - 1.0
        values[0, k], values[1, k] = pair, cosine
        values[2, k] = _product(kind, parameter, parent, m1, m2, m3, pair, jacobian, cosine)


@inner_kernel()
def _accept(key, first_event, kind, parameter, parent, mass, photon, maximum, n, room, chosen):
    """Pair masses and cosines of n events, in the rows of `chosen`, (2, n) at least.

    An attempt is made for all events that wait, which are listed without a branch.
    """
    m1, m2, m3 = mass[0], mass[1], mass[2]
    waiting, events, slots, drawn, values = room
    for k in range(n):
        waiting[k], slots[k] = k, 0
    for attempt in range(_MAXIMUM_ATTEMPTS):
        for k in range(n):
            events[k] = first_event + waiting[k]
        draw_uniforms(key, events[:n], slots, attempt, 0, drawn)
        if kind == UNIFORM and photon[0] == 0.0:
            _uniform_values(drawn, n, parent, m1, m2, m3, values)
        else:
            _fill_values(kind, parameter, drawn, n, parent, m1, m2, m3, photon, values)
        left, largest = 0, 0.0
        for k in range(n):
            i, value = waiting[k], values[2, k]
            largest = max(largest, value)
            chosen[0, i], chosen[1, i] = values[0, k], values[1, k]
            waiting[left] = i
            left += not drawn[2, k] * maximum < value
        if largest > maximum:
            raise RuntimeError("three-body decay: density above its maximum")
        n = left
        if n == 0:
            return
    raise RuntimeError("three-body decay: no event accepted")


@inner_kernel(forceinline=True)
def _boosted(pair, cosine, parent, m1, m2, m3):
    """Momentum of a pair and of its first particle, across and along the way of the pair."""
    flight, inside = _momentum(parent, pair, m3), _momentum(pair, m1, m2)
    energy, inner = math.sqrt(flight * flight + pair * pair), math.sqrt(inside * inside + m1 * m1)
    across = inside * math.sqrt(max(1.0 - cosine * cosine, 0.0))
    return flight, across, (energy * inside * cosine + flight * inner) / pair


@inner_kernel(forceinline=True)
def _energy(px, py, pz, mass):
    return math.sqrt(px * px + py * py + pz * pz + mass * mass)


@inner_kernel()
def _place(chosen, drawn, n, parent, m1, m2, m3, flat, place, stride):
    """`kinematics.place_three` of n events, to `flat` from `place` on, `stride` numbers each; LANES at a time."""
    number, out, total, width = _lanes(), _lanes(), np.uint64(n), np.uint64(stride)
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for row in range(2):
            load_lanes(chosen, row, start, lanes, number, np.uint64(row) * LANES)
        for row in range(3):
            load_lanes(drawn, row, start, lanes, number, (np.uint64(row) + _TWO) * LANES)
        for j in range(LANES):
            flight, across, along = _boosted(number[j], number[LANES + j], parent, m1, m2, m3)
            ax, ay, az, _, _, _, nx, ny, nz = orientation(
                number[_AT[2] + j], number[_AT[3] + j], number[_AT[4] + j]
            )
            px, py, pz = across * ax + along * nx, across * ay + along * ny, across * az + along * nz
            out[j], out[_AT[1] + j], out[_AT[2] + j], out[_AT[3] + j] = (
                px, py, pz, _energy(px, py, pz, m1)
            )
            px, py, pz = flight * nx - px, flight * ny - py, flight * nz - pz
            out[_AT[4] + j], out[_AT[5] + j], out[_AT[6] + j], out[_AT[7] + j] = (
                px, py, pz, _energy(px, py, pz, m2)
            )
            px, py, pz = -flight * nx, -flight * ny, -flight * nz
            out[_AT[8] + j], out[_AT[9] + j], out[_AT[10] + j], out[_AT[11] + j] = (
                px, py, pz, _energy(px, py, pz, m3)
            )
        store_momenta(out, np.uint64(3), lanes, flat, np.uint64(place) + start * width, width)


@njit(cache=True, error_model="numpy")
def fill_three_body(key, first_event, kind, parameter, parent, mass, photon, maximum,
                    momentum):
    """Unweighted events into momentum[:, :3]; (n, >= 3, 4)."""
    flat, per_event = momentum.reshape(-1), 4 * momentum.shape[1]
    chosen, drawn = np.empty((2, _BLOCK)), np.empty((4, _BLOCK))
    events, slots = np.empty(_BLOCK, dtype=np.int64), np.empty(_BLOCK, dtype=np.int64)
    waiting, values = np.empty(_BLOCK, dtype=np.int64), np.empty((3, _BLOCK))
    room = (waiting, events, slots, drawn, values)
    for start in range(0, len(momentum), _BLOCK):
        n, first = min(_BLOCK, len(momentum) - start), first_event + start
        _accept(key, first, kind, parameter, parent, mass, photon, maximum, n, room, chosen)
        for k in range(n):
            events[k], slots[k] = first + k, 1
        draw_uniforms(key, events[:n], slots, 0, 0, drawn)
        _place(chosen, drawn, n, parent, mass[0], mass[1], mass[2], flat, start * per_event,
               per_event)  # fmt: skip
