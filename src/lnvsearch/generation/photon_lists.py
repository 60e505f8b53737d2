"""How many photons the particles of many decays may have: lists of them, LANES decays at a time."""

from __future__ import annotations

import numpy as np

from lnvsearch.elementary_functions import exponential
from lnvsearch.generation.radiation import photon_number
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array
from lnvsearch.random_lanes import draw_uniforms

__all__ = ["draw_for_counts", "list_photons"]

#: Photons of one particle that are counted in lanes; few have more.
_FEW = 4
#: Slots of photons: emitter, and number of the photon of this emitter times this.
_SLOTS = 16
#: Emitters whose photons are counted with the numbers of one block.
_IN_BLOCK = 4

_ZERO = np.uint64(0)
_ONE = np.uint64(int(LANES))
_two_lanes = float_stack_array(2 * int(LANES))


@inner_kernel(forceinline=True)
def _few(mean, uniform):
    """`photon_number` as far as `_FEW`, which then says that there may be more."""
    probability = exponential(-mean)
    cumulative = probability
    count = 1.0 if uniform > cumulative else 0.0
    for number in range(1, _FEW):
        probability *= mean / number
        cumulative += probability
        count += 1.0 if uniform > cumulative else 0.0
    return count


@inner_kernel()
def _count_photons(n, chosen, mean, drawn, count):
    """Numbers of photons of the decays `chosen`, (n,); `mean`, `drawn`: of all decays."""
    at, total = _two_lanes(), np.uint64(n)
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for j in range(lanes):
            i = chosen[start + j]
            at[j], at[_ONE + j] = mean[i], drawn[i]
        for j in range(LANES):
            at[j] = _few(at[j], at[_ONE + j])
        for j in range(lanes):
            count[start + j] = int(at[j])


@inner_kernel()
def draw_for_counts(key, event_number, n_emitters, slots, drawn):
    """Rows of `drawn`, one an emitter, for `list_photons`: a number in (0, 1) of each decay.

    `slots`: room for as many as there are decays; `drawn` has rows for a multiple of four emitters.
    """
    for block in range((n_emitters + _IN_BLOCK - 1) // _IN_BLOCK):
        for i in range(len(event_number)):
            slots[i] = block
        rows = drawn[block * _IN_BLOCK : (block + 1) * _IN_BLOCK]
        draw_uniforms(key, event_number, slots, 0, 0, rows)


@inner_kernel()
def list_photons(event_number, emitter, mean, drawn, events, slots, lists, decays):
    """Photons of one emitter that may be kept, in the order of the decays; returns how many there are.

    `event_number`, `mean`, `drawn`: (n,), of the decays; `events`, `slots`: of the photons' random
    numbers; `decays`: in the block; `lists`: room for two.  Raises RuntimeError where there are more photons
    than `decays` has room for.
    """
    chosen, counted, some = lists[0], lists[1], 0
    for i in range(len(event_number)):
        chosen[some] = i
        # There is none below exp(-mean), hence below 1 - mean.
        some += drawn[i] > 1.0 - mean[i]
    _count_photons(some, chosen, mean, drawn, counted)
    n_photons = 0
    for c in range(some):
        i, count = chosen[c], counted[c]
        if count == _FEW:
            count = photon_number(mean[i], drawn[i])
        for number in range(1, 1 + count):
            if n_photons == len(decays):
                raise RuntimeError("radiation: more photons than there can be")
            decays[n_photons] = i
            events[n_photons], slots[n_photons] = event_number[i], emitter + _SLOTS * number
            n_photons += 1
    return n_photons
