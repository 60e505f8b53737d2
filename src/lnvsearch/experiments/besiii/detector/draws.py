"""Random numbers of LANES tracks at a time, for kernels that go on with all of them at once.

They are of Philox4x32-10 (`random_streams.philox4x32`): machines have vector instructions for its
products.  The counter is (event number, block, slot), a number one word of 32 bits.
"""

from __future__ import annotations

from collections import namedtuple

import numpy as np
from numba import njit

from lnvsearch.experiments.besiii.detector.found import EVENT, SLOT
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES
from lnvsearch.random_lanes import to_open_unit_interval
from lnvsearch.random_streams import philox4x32, round_keys

__all__ = ["PROCESSES", "Keys", "draw", "draw_one", "words_of"]

#: Random streams, one a physical process.  `passage`: whether a particle reaches the chamber's end, is
#: found, and how many photons it radiates in walls and chamber, a number each.
PROCESSES = (
    "interaction_point",
    "data_period",
    "passage",
    "bremsstrahlung",
    "helix",
    "pulls",
    "dedx",
    "tof",
    "emc",
    "conversion",
)
Keys = namedtuple("Keys", PROCESSES)
_WORDS = 20


@inner_kernel()
def words_of(keys):
    """Keys of the rounds of all streams: `Keys` again, (20,) each as a row of one array."""
    words = np.empty((len(PROCESSES), _WORDS), dtype=np.uint64)
    for process in range(len(PROCESSES)):
        of_process = round_keys(keys[process])
        for i in range(_WORDS):
            words[process, i] = of_process[i]
    return words


@njit(cache=True, error_model="numpy", forceinline=True)
def draw(words, numbers, first, block, uniforms):
    """Block `block` of a process for the tracks from `first` on, to four rows of LANES uniform numbers.

    `words`: of the process, (20,); `numbers`: see `found`.
    """
    events, slots = numbers[EVENT], numbers[SLOT]
    for lane in range(LANES):
        event, slot = np.uint64(events[first + lane]), np.uint64(slots[first + lane])
        w0, w1, w2, w3 = philox4x32(words, event, np.uint64(block), slot)
        uniforms[lane] = to_open_unit_interval(w0)
        uniforms[lane + LANES] = to_open_unit_interval(w1)
        uniforms[lane + LANES + LANES] = to_open_unit_interval(w2)
        uniforms[lane + LANES + LANES + LANES] = to_open_unit_interval(w3)


@inner_kernel()
def draw_one(words, event, slot):
    """Block 0 of a process for one track: the four numbers that `draw` writes."""
    w0, w1, w2, w3 = philox4x32(words, np.uint64(event), np.uint64(0), np.uint64(slot))
    return to_open_unit_interval(w0), to_open_unit_interval(w1), to_open_unit_interval(w2), to_open_unit_interval(w3)
