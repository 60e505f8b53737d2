"""Uniform and normal numbers of many events or particles at once, from Philox4x32 (see `random_streams`).

A block of four numbers of 32 bits costs a quarter of one of `random_streams.uniform4`.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.elementary_functions import cosine_and_sine_of_turn, logarithm
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, integer_stack_array, load_line, store_lanes
from lnvsearch.random_streams import philox4x32, round_keys

__all__ = [
    "draw_normals",
    "draw_normals_and_uniforms",
    "draw_uniforms",
    "normal_pair",
    "to_open_unit_interval",
]

_ZERO, _TWO, _THREE = np.uint64(0), np.uint64(2), np.uint64(3)
_SLOT_SHIFT = np.uint64(20)
_TWO_TO_MINUS_32 = 2.0**-32
#: 2^52, and its bits: with a word in the lowest of them it is 2^52 and the word.
_TWO_TO_52, _TWO_TO_52_BITS = 2.0**52, np.uint64(0x4330000000000000)

_lane_integers = integer_stack_array(int(LANES))
_four_lanes = float_stack_array(4 * int(LANES))


@inner_kernel(forceinline=True)
def to_open_unit_interval(word):
    """A number in (0, 1) of a word of 32 bits."""
    # Not every machine has a vector instruction that makes a float of an integer.
    number = np.uint64(word | _TWO_TO_52_BITS).view(np.float64) - _TWO_TO_52
    return (number + 0.5) * _TWO_TO_MINUS_32


@inner_kernel(forceinline=True)
def normal_pair(uniform_1, uniform_2):
    """`random_streams.normal_pair`, but for the last bit, without a call."""
    radius = math.sqrt(-2.0 * logarithm(uniform_1))
    cosine, sine = cosine_and_sine_of_turn(uniform_2)
    return radius * cosine, radius * sine


@inner_kernel()
def _fill(key, events, slots, attempt, block, normal_pairs, out):
    """As `draw_uniforms`; of the four numbers the first `normal_pairs` pairs become normal."""
    words = round_keys(key)
    event, slot, drawn = _lane_integers(), _lane_integers(), _four_lanes()
    of_attempt, of_block = np.uint64(attempt), np.uint64(block)
    n = np.uint64(len(events))
    for start in range(_ZERO, n, LANES):
        lanes = min(LANES, n - start)
        load_line(events, start, lanes, event, _ZERO)
        load_line(slots, start, lanes, slot, _ZERO)
        for j in range(LANES):
            counter = of_block + (slot[j] << _SLOT_SHIFT)
            a, b, c, d = philox4x32(words, event[j], counter, of_attempt)
            drawn[j], drawn[LANES + j] = to_open_unit_interval(a), to_open_unit_interval(b)
            drawn[_TWO * LANES + j] = to_open_unit_interval(c)
            drawn[_THREE * LANES + j] = to_open_unit_interval(d)
        for pair in range(np.uint64(normal_pairs)):
            one = _TWO * pair * LANES
            two = one + LANES
            for j in range(LANES):
                drawn[one + j], drawn[two + j] = normal_pair(drawn[one + j], drawn[two + j])
        for row in range(4):
            store_lanes(drawn, np.uint64(row) * LANES, lanes, out, row, start)


@inner_kernel()
def draw_uniforms(key, events, slots, attempt, block, out):
    """Four numbers in (0, 1) of one block of each event: rows of `out`, (4, n) at least, float64.

    `key`: two uint64 of `stream_key`; `events`, `slots`: (n,) int64, slots below 4096; `attempt`,
    `block`: as `uniform4` has them, but below 2**32 and 2**20.
    """
    _fill(key, events, slots, attempt, block, 0, out)


@inner_kernel()
def draw_normals(key, events, slots, block, out):
    """As `draw_uniforms`, four standard normal numbers (Box and Muller 1958); attempt 0."""
    _fill(key, events, slots, 0, block, 2, out)


@inner_kernel()
def draw_normals_and_uniforms(key, events, slots, block, out):
    """As `draw_uniforms`, two standard normal numbers and two in (0, 1); attempt 0."""
    _fill(key, events, slots, 0, block, 1, out)
