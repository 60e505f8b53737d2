"""Random numbers of LANES tracks at a time, for kernels that go on with all of them at once."""

from __future__ import annotations

import math

from numba import njit

from lnvsearch.elementary_functions import cosine_and_sine_of_turn, logarithm
from lnvsearch.experiments.besiii.detector.found import EVENT, SLOT
from lnvsearch.lanes import LANES
from lnvsearch.random_streams import uniform4

__all__ = ["draw", "normal_pair"]


@njit(cache=True, error_model="numpy", forceinline=True)
def draw(key, numbers, first, block, uniforms):
    """Block `block` of a process for the tracks from `first` on, to four rows of LANES uniform numbers.

    `numbers`: see `found`.
    """
    for lane in range(LANES):
        event, slot = numbers[EVENT, first + lane], numbers[SLOT, first + lane]
        u0, u1, u2, u3 = uniform4(key, event, slot, 0, block)
        uniforms[lane] = u0
        uniforms[lane + LANES] = u1
        uniforms[lane + LANES + LANES] = u2
        uniforms[lane + LANES + LANES + LANES] = u3


@njit(inline="always", error_model="numpy")
def normal_pair(uniform_1, uniform_2):
    """`random_streams.normal_pair`, but for the last bit, without a call."""
    radius = math.sqrt(-2.0 * logarithm(uniform_1))
    cosine, sine = cosine_and_sine_of_turn(uniform_2)
    return radius * cosine, radius * sine
