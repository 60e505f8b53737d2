"""Phase space of one decay for many events: LANES of them at once.

Words of random bits of event i, from its own counter: blocks 0, 1, ... of an attempt hold the
n - 2 subsystem masses and the number for accept-reject, blocks _DIRECTIONS, ... two words for each
of the n - 1 two-body steps, beginning at the whole system.  The slot (the vertex of a decay tree)
stands in the upper bits of the block.  Arrays are flat, row after row.

Energies are handled as halves of what is set free in a step, h: Källén's function is then
16 h (h + m_1) (h + m_2) (h + m_1 + m_2), without a difference and exact at threshold.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import cosine_and_sine
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import (
    LANES,
    float_stack_array,
    integer_stack_array,
    multiply_add,
    store_momenta,
)
from lnvsearch.random_streams import philox4x32, round_keys

__all__ = ["fill_phase_space", "fill_rows"]

_ZERO, _ONE, _TWO, _THREE, _FOUR = (np.uint64(k) for k in range(5))
_BLOCK = np.uint64(1024)
_DIRECTIONS = np.uint64(1 << 16)
_SLOT_SHIFT = np.uint64(20)

_lane_numbers = float_stack_array(int(LANES))
_lane_events = integer_stack_array(int(LANES))
_four_rows = float_stack_array(4 * int(LANES))
_sixteen_rows = float_stack_array(16 * int(LANES))

# Two of the bits of a direction's word choose among four quarters of a turn, 30 the place in it.
_SWAP, _FLIP = np.uint64(1 << 30), np.uint64(1 << 31)
_PLACE = np.uint64((1 << 30) - 1)
_ANGLE_STEP = 0.5 * math.pi * 2.0**-30
_FIRST_ANGLE = -0.25 * math.pi + 0.5 * _ANGLE_STEP


@inner_kernel(forceinline=True)
def _isotropic(polar_word, azimuth_word, size):
    """Vector of length `size` in a random direction."""
    cosine = multiply_add(np.float64(polar_word), 2.0**-31, 2.0**-32 - 1.0)
    place = multiply_add(np.float64(azimuth_word & _PLACE), _ANGLE_STEP, _FIRST_ANGLE)
    along, across = cosine_and_sine(place)
    swap = (azimuth_word & _SWAP) != _ZERO
    x = across if swap else along
    y = along if swap else across
    transverse = size * math.sqrt(multiply_add(-cosine, cosine, 1.0))
    transverse = -transverse if (azimuth_word & _FLIP) != _ZERO else transverse
    return transverse * x, transverse * y, size * cosine


@inner_kernel(forceinline=True)
def _opened(half, inner, mass):
    """((momentum * mass of the whole / 2) squared, mass of the whole) of a two-body decay."""
    closed = inner + mass
    product = (half * (half + closed)) * ((half + inner) * (half + mass))
    return product, closed + (half + half)


@inner_kernel(forceinline=True)
def _length(x, y, z, mass_squared):
    return math.sqrt(multiply_add(x, x, multiply_add(y, y, multiply_add(z, z, mass_squared))))


@inner_kernel(forceinline=True)
def _step_at_rest(polar_word, azimuth_word, half, inner, mass):
    """The decay of the whole system, at rest; returns as `_step`."""
    product, outer = _opened(half, inner, mass)
    inverse = 2.0 / outer
    leaving = multiply_add(half * (half + inner), inverse, mass)
    qx, qy, qz = _isotropic(polar_word, azimuth_word, math.sqrt(product) * inverse)
    return qx, qy, qz, leaving, -qx, -qy, -qz, outer - leaving


@inner_kernel(forceinline=True)
def _step(polar_word, azimuth_word, half, inner, mass, px, py, pz, energy):
    """Isotropic decay of a moving subsystem (px, py, pz, energy).

    A particle of `mass` leaves, a subsystem of mass `inner` stays.  Returns the four-momenta of
    both: what stays is what the particle left, so that they add up by construction.
    """
    product, outer = _opened(half, inner, mass)
    both = energy + outer
    reciprocal = 1.0 / (outer * both)
    inverse = 2.0 * (reciprocal * both)
    at_rest = multiply_add(half * (half + inner), inverse, mass)
    qx, qy, qz = _isotropic(polar_word, azimuth_word, math.sqrt(product) * inverse)
    along = multiply_add(px, qx, multiply_add(py, qy, pz * qz))
    scale = multiply_add(at_rest, both, along) * reciprocal
    qx = multiply_add(scale, px, qx)
    qy = multiply_add(scale, py, qy)
    qz = multiply_add(scale, pz, qz)
    leaving = _length(qx, qy, qz, mass * mass)
    return qx, qy, qz, leaving, px - qx, py - qy, pz - qz, energy - leaving


@inner_kernel(forceinline=True)
def _draw_words(words, event, block, attempt, row, out):
    """One block of four words of LANES events, into four rows of `out` from `row` on."""
    for j in range(LANES):
        place = row * LANES + j
        a, b, c, d = philox4x32(words, event[j], block, attempt)
        out[place], out[place + LANES] = a, b
        out[place + _TWO * LANES], out[place + _THREE * LANES] = c, d


@inner_kernel(forceinline=True)
def _sort_rows(drawn, rows):
    """Sort the first `rows` rows lane by lane (exchange of neighbours)."""
    for top in range(rows, _ONE, -1):
        for k in range(top - _ONE):
            low, high = k * LANES, (k + _ONE) * LANES
            for j in range(LANES):
                first, second = drawn[low + j], drawn[high + j]
                drawn[low + j], drawn[high + j] = min(first, second), max(first, second)


@inner_kernel(forceinline=True)
def _attempt(words, event, slot, attempt, kinetic, mass, limit, drawn, halves, margin):
    """One attempt of LANES events: rows 1 ... n - 2 of `halves`, and `margin`: refused if <= 0."""
    n = np.uint64(len(mass))
    inner, product, outer, left, before = (
        _lane_numbers(), _lane_numbers(), _lane_numbers(), _lane_numbers(), _lane_numbers()
    )
    for block in range((n + _TWO) // _FOUR):
        _draw_words(words, event, slot + block, attempt, block * _FOUR, drawn)
    _sort_rows(drawn, n - _TWO)
    unit = 0.5 * kinetic * 2.0**-32
    for j in range(LANES):
        inner[j], product[j], outer[j] = mass[0], 1.0, 1.0
        left[j], before[j] = 0.5 * kinetic, -0.5
    for k in range(_ONE, n - _ONE):
        mass_k = mass[k]
        for j in range(LANES):
            word = np.float64(drawn[(k - _ONE) * LANES + j])
            half = (word - before[j]) * unit
            before[j] = word
            left[j] -= half
            halves[k * LANES + j] = half
            factor, inner[j] = _opened(half, inner[j], mass_k)
            product[j] *= factor
            outer[j] *= inner[j]
    last = mass[n - _ONE]
    for j in range(LANES):
        factor, whole = _opened(left[j], inner[j], last)
        uniform = (np.float64(drawn[(n - _TWO) * LANES + j]) + 0.5) * (outer[j] * whole)
        margin[j] = multiply_add(-uniform * limit, uniform, product[j] * factor)


@inner_kernel(forceinline=True)
def _attempt_of_four(words, event, slot, attempt, kinetic, mass, limit, halves, margin):
    """`_attempt` of four particles, all in registers: twice as fast."""
    mass_0, mass_1, mass_2, mass_3 = mass[0], mass[1], mass[2], mass[3]
    unit, available = 0.5 * kinetic * 2.0**-32, 0.5 * kinetic
    for j in range(LANES):
        first, second, third, _ = philox4x32(words, event[j], slot, attempt)
        low, high = min(first, second), max(first, second)
        half_1 = multiply_add(np.float64(low), unit, 0.5 * unit)
        half_2 = np.float64(high - low) * unit
        factor_1, pair = _opened(half_1, mass_0, mass_1)
        factor_2, triplet = _opened(half_2, pair, mass_2)
        factor_3, whole = _opened(available - half_1 - half_2, triplet, mass_3)
        halves[LANES + j], halves[_TWO * LANES + j] = half_1, half_2
        uniform = (np.float64(third) + 0.5) * ((pair * triplet) * whole)
        margin[j] = multiply_add(-uniform * limit, uniform, (factor_1 * factor_2) * factor_3)


@inner_kernel(forceinline=True)
def _keep(halves, margin, pending, start, left, lanes, n, kept):
    """Write what an attempt gave, and list again the events that it refused; returns their count.

    Without a branch: an event that is attempted again writes the same places again.
    """
    for j in range(lanes):
        i = pending[start + j]
        for k in range(_ONE, n - _ONE):
            kept[k * _BLOCK + i] = halves[k * LANES + j]
        pending[left] = i
        left += np.uint64(margin[j] <= 0.0)
    return left


@inner_kernel(forceinline=True)
def _accept(words, slot, first_event, n_events, kinetic, mass, maximum, weighted, kept):
    """Masses of up to _BLOCK events into rows 1 ... n - 2 of `kept`."""
    n = np.uint64(len(mass))
    event, margin = _lane_events(), _lane_numbers()
    drawn = np.empty((n + _TWO) * LANES, dtype=np.uint64)
    halves = np.empty(n * LANES)
    four_halves = _four_rows()
    pending = np.empty(_BLOCK + LANES, dtype=np.uint64)
    for i in range(_BLOCK + LANES):
        pending[i] = i % _BLOCK
    # The square of (uniform * maximum) in the units of `_attempt`: momenta times mass / 2.
    limit = -1.0 if weighted else (maximum * 2.0**-32) ** 2 * 0.25 ** (len(mass) - 1)
    waiting, attempt = n_events, _ZERO
    while waiting > _ZERO:
        left = _ZERO
        for start in range(_ZERO, waiting, LANES):
            for j in range(LANES):
                event[j] = first_event + pending[start + j]
            lanes = min(LANES, waiting - start)
            if n == _FOUR:
                _attempt_of_four(
                    words, event, slot, attempt, kinetic, mass, limit, four_halves, margin
                )
                left = _keep(four_halves, margin, pending, start, left, lanes, _FOUR, kept)
            else:
                _attempt(words, event, slot, attempt, kinetic, mass, limit, drawn, halves, margin)
                left = _keep(halves, margin, pending, start, left, lanes, n, kept)
        waiting = left
        attempt += _ONE


@inner_kernel(forceinline=True)
def _put(out, k, lane, px, py, pz, energy):
    """Four-momentum of particle k in one lane of `out`, (n, 4, LANES)."""
    place = k * _FOUR * LANES + lane
    out[place], out[place + LANES] = px, py
    out[place + _TWO * LANES], out[place + _THREE * LANES] = pz, energy


@inner_kernel(forceinline=True)
def _decay(words, slot, first_event, kinetic, mass, kept, start, drawn, chain, out):
    """Four-momenta of LANES events, from `start` of the block on: `out`, (n, 4, LANES)."""
    n = np.uint64(len(mass))
    event, px, py, pz, energy, left = (
        _lane_events(), _lane_numbers(), _lane_numbers(), _lane_numbers(), _lane_numbers(),
        _lane_numbers(),
    )
    for j in range(LANES):
        event[j] = first_event + start + j
        chain[j] = mass[0]
        left[j] = 0.5 * kinetic
    for block in range(n // _TWO):
        _draw_words(words, event, slot + _DIRECTIONS + block, _ZERO, block * _FOUR, drawn)
    for k in range(_ONE, n - _ONE):
        mass_k = mass[k]
        for j in range(LANES):
            half = kept[k * _BLOCK + start + j]
            left[j] -= half
            chain[k * LANES + j] = chain[(k - _ONE) * LANES + j] + mass_k + (half + half)
    k = n - _ONE
    mass_k = mass[k]
    for j in range(LANES):
        qx, qy, qz, leaving, px[j], py[j], pz[j], energy[j] = _step_at_rest(
            drawn[j], drawn[LANES + j], left[j], chain[(k - _ONE) * LANES + j], mass_k
        )
        _put(out, k, j, qx, qy, qz, leaving)
    row = _TWO
    k -= _ONE
    while k > _ZERO:
        mass_k = mass[k]
        for j in range(LANES):
            qx, qy, qz, leaving, px[j], py[j], pz[j], energy[j] = _step(
                drawn[row * LANES + j], drawn[(row + _ONE) * LANES + j],
                kept[k * _BLOCK + start + j], chain[(k - _ONE) * LANES + j], mass_k,
                px[j], py[j], pz[j], energy[j],
            )
            _put(out, k, j, qx, qy, qz, leaving)
        row += _TWO
        k -= _ONE
    for j in range(LANES):
        first = _length(px[j], py[j], pz[j], mass[0] * mass[0])
        _put(out, _ZERO, j, px[j], py[j], pz[j], first)


@inner_kernel(forceinline=True)
def _decay_of_four(words, slot, first_event, kinetic, mass, kept, start, out):
    """`_decay` of four particles, all in registers: twice as fast."""
    mass_0, mass_1, mass_2, mass_3 = mass[0], mass[1], mass[2], mass[3]
    for j in range(LANES):
        event = first_event + start + j
        a, b, c, d = philox4x32(words, event, slot + _DIRECTIONS, _ZERO)
        e, f, _, _ = philox4x32(words, event, slot + _DIRECTIONS + _ONE, _ZERO)
        half_1, half_2 = kept[_BLOCK + start + j], kept[_TWO * _BLOCK + start + j]
        pair = mass_0 + mass_1 + (half_1 + half_1)
        triplet = pair + mass_2 + (half_2 + half_2)
        half_3 = 0.5 * kinetic - half_1 - half_2
        qx, qy, qz, leaving, px, py, pz, energy = _step_at_rest(a, b, half_3, triplet, mass_3)
        _put(out, _THREE, j, qx, qy, qz, leaving)
        qx, qy, qz, leaving, px, py, pz, energy = _step(
            c, d, half_2, pair, mass_2, px, py, pz, energy
        )
        _put(out, _TWO, j, qx, qy, qz, leaving)
        qx, qy, qz, leaving, px, py, pz, energy = _step(
            e, f, half_1, mass_0, mass_1, px, py, pz, energy
        )
        _put(out, _ONE, j, qx, qy, qz, leaving)
        _put(out, _ZERO, j, px, py, pz, _length(px, py, pz, mass_0 * mass_0))


@inner_kernel(forceinline=True)
def _weigh(n_events, kinetic, mass, maximum, kept, weights, first):
    """Product of the momenta over `maximum`, for the masses in `kept`."""
    n = np.uint64(len(mass))
    for i in range(n_events):
        left, inner, weight = 0.5 * kinetic, mass[0], 1.0
        for k in range(_ONE, n):
            half = left if k == n - _ONE else kept[k * _BLOCK + i]
            left -= half
            product, inner = _opened(half, inner, mass[k])
            weight *= 2.0 * math.sqrt(product) / inner
        weights[first + i] = weight / maximum


@njit(cache=True, error_model="numpy")
def fill_rows(key, slot, first_event, n_events, kinetic, mass, maximum, flat, place, stride, weights):
    """Decays of `n_events` events: n four-momenta each, from flat[place + event * stride] on.

    Unweighted where `weights` is empty; else every attempt is an event, with its weight.
    `kinetic` above 0: parent's mass less `mass`, (n,); `maximum`: of `find_maximum_weight`.
    """
    n, total = np.uint64(len(mass)), np.uint64(n_events)
    weighted = len(weights) > 0
    slot = np.uint64(slot) << _SLOT_SHIFT
    place, stride = np.uint64(place), np.uint64(stride)
    words = round_keys(key)
    kept = np.zeros(n * _BLOCK)
    drawn = np.empty((_TWO * n + _TWO) * LANES, dtype=np.uint64)
    chain = np.empty(n * LANES)
    out = np.empty(_FOUR * n * LANES)
    out_of_four = _sixteen_rows()
    for first in range(_ZERO, total, _BLOCK):
        here = min(_BLOCK, total - first)
        event = np.uint64(first_event) + first
        if n > _TWO:
            _accept(words, slot, event, here, kinetic, mass, maximum, weighted, kept)
        if weighted:
            _weigh(here, kinetic, mass, maximum, kept, weights, first)
        for start in range(_ZERO, here, LANES):
            lanes = min(LANES, here - start)
            target = place + (first + start) * stride
            if n == _FOUR:
                _decay_of_four(words, slot, event, kinetic, mass, kept, start, out_of_four)
                store_momenta(out_of_four, _FOUR, lanes, flat, target, stride)
            else:
                _decay(words, slot, event, kinetic, mass, kept, start, drawn, chain, out)
                store_momenta(out, n, lanes, flat, target, stride)


def fill_phase_space(key, first_event, kinetic, mass, maximum, momenta, weights):
    """Fill `momenta`, (events, n, 4), by `fill_rows`; and `weights`, (events,), unless empty."""
    fill_rows(
        key, 0, first_event, len(momenta), kinetic, mass, maximum, momenta.reshape(-1), 0,
        4 * len(mass), weights,
    )
