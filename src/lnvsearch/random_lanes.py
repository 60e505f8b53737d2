"""Uniform and normal numbers of many events or particles at once, from Philox4x32 (see `random_streams`).

A block of four numbers of 32 bits costs a quarter of one of `random_streams.uniform4`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import cosine_and_sine_of_turn, logarithm
from lnvsearch.lanes import LANES, float_stack_array, integer_stack_array
from lnvsearch.random_streams import philox4x32, round_keys

__all__ = ["draw_normals", "draw_normals_and_uniforms", "draw_uniforms"]

_ZERO, _TWO, _THREE = np.uint64(0), np.uint64(2), np.uint64(3)
_SLOT_SHIFT = np.uint64(20)
_TWO_TO_MINUS_32 = 2.0**-32

_lane_integers = integer_stack_array(int(LANES))
_four_lanes = float_stack_array(4 * int(LANES))


@njit(inline="always")
def _to_open_unit_interval(word):
    return (np.float64(word) + 0.5) * _TWO_TO_MINUS_32


@njit(inline="always", error_model="numpy")
def _normal_pair(first, second):
    """Two normal numbers of two words of 32 bits (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * logarithm(_to_open_unit_interval(first)))
    cosine, sine = cosine_and_sine_of_turn(_to_open_unit_interval(second))
    return radius * cosine, radius * sine


@njit(inline="always", error_model="numpy")
def _store_lanes(drawn, lanes, start, out):
    for row in range(4):
        place = np.uint64(row) * LANES
        for j in range(lanes):
            out[row, start + j] = drawn[place + j]


@njit(inline="always", error_model="numpy")
def _load_lanes(events, slots, start, lanes, event, slot):
    for j in range(lanes):
        event[j], slot[j] = np.uint64(events[start + j]), np.uint64(slots[start + j])


@njit(cache=True, error_model="numpy")
def draw_uniforms(key, events, slots, attempt, block, out):
    """Four numbers in (0, 1) of one block of each event: rows of `out`, (4, n) at least, float64.

    `key`: two uint64 of `stream_key`; `events`, `slots`: (n,) int64, slots below 4096; `attempt`,
    `block`: as `uniform4` has them, but below 2**32 and 2**20.
    """
    words = round_keys(key)
    event, slot, drawn = _lane_integers(), _lane_integers(), _four_lanes()
    of_attempt, of_block = np.uint64(attempt), np.uint64(block)
    n = np.uint64(len(events))
    for start in range(_ZERO, n, LANES):
        lanes = min(LANES, n - start)
        _load_lanes(events, slots, start, lanes, event, slot)
        for j in range(LANES):
            counter = of_block + (slot[j] << _SLOT_SHIFT)
            a, b, c, d = philox4x32(words, event[j], counter, of_attempt)
            drawn[j], drawn[LANES + j] = _to_open_unit_interval(a), _to_open_unit_interval(b)
            drawn[_TWO * LANES + j] = _to_open_unit_interval(c)
            drawn[_THREE * LANES + j] = _to_open_unit_interval(d)
        _store_lanes(drawn, lanes, start, out)


@njit(cache=True, error_model="numpy")
def draw_normals(key, events, slots, block, out):
    """As `draw_uniforms`, four standard normal numbers; attempt 0."""
    words = round_keys(key)
    event, slot, drawn = _lane_integers(), _lane_integers(), _four_lanes()
    of_block, n = np.uint64(block), np.uint64(len(events))
    for start in range(_ZERO, n, LANES):
        lanes = min(LANES, n - start)
        _load_lanes(events, slots, start, lanes, event, slot)
        for j in range(LANES):
            counter = of_block + (slot[j] << _SLOT_SHIFT)
            a, b, c, d = philox4x32(words, event[j], counter, _ZERO)
            drawn[j], drawn[LANES + j] = _normal_pair(a, b)
            drawn[_TWO * LANES + j], drawn[_THREE * LANES + j] = _normal_pair(c, d)
        _store_lanes(drawn, lanes, start, out)


@njit(cache=True, error_model="numpy")
def draw_normals_and_uniforms(key, events, slots, block, out):
    """As `draw_uniforms`, two standard normal numbers and two in (0, 1); attempt 0."""
    words = round_keys(key)
    event, slot, drawn = _lane_integers(), _lane_integers(), _four_lanes()
    of_block, n = np.uint64(block), np.uint64(len(events))
    for start in range(_ZERO, n, LANES):
        lanes = min(LANES, n - start)
        _load_lanes(events, slots, start, lanes, event, slot)
        for j in range(LANES):
            counter = of_block + (slot[j] << _SLOT_SHIFT)
            a, b, c, d = philox4x32(words, event[j], counter, _ZERO)
            drawn[j], drawn[LANES + j] = _normal_pair(a, b)
            drawn[_TWO * LANES + j] = _to_open_unit_interval(c)
            drawn[_THREE * LANES + j] = _to_open_unit_interval(d)
        _store_lanes(drawn, lanes, start, out)
