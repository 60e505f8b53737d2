"""How many photons the particles of many decays may have: lists of them, LANES decays at a time."""

from __future__ import annotations

import numpy as np

from lnvsearch.elementary_functions import exponential
from lnvsearch.generation.radiation import photon_number
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array
from lnvsearch.random_lanes import draw_uniforms

__all__ = ["list_photons"]

#: Photons of one particle that are counted in lanes; few have more.
_FEW = 3
#: Slots of photons: emitter, and number of the photon of this emitter times this.
_SLOTS = 16

_ZERO = np.uint64(0)
_AT = tuple(np.uint64(row * int(LANES)) for row in range(4))
_four_lanes = float_stack_array(4 * int(LANES))


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
def _count_photons(n, chosen, mean, excess, drawn, first, second):
    """Numbers of photons, and of those beside that come from the excess, of the decays `chosen`, (n,).

    `mean`, `excess`, `drawn`: of all decays.
    """
    at, total = _four_lanes(), np.uint64(n)
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for j in range(lanes):
            i = chosen[start + j]
            at[j], at[_AT[1] + j] = mean[i], excess[i] * mean[i]
            at[_AT[2] + j], at[_AT[3] + j] = drawn[0, i], drawn[1, i]
        for j in range(LANES):
            counted = _few(at[j], at[_AT[2] + j])
            at[_AT[2] + j] = _few(at[_AT[1] + j], at[_AT[3] + j])
            at[j] = counted
        for j in range(lanes):
            first[start + j], second[start + j] = int(at[j]), int(at[_AT[2] + j])


@inner_kernel()
def list_photons(key, first_event, n, emitter, mean, excess, drawn, events, slots, lists, decays,
                  is_excess):  # fmt: skip
    """Photons of one emitter that may be kept, in the order of the decays; returns how many there are.

    `mean`, `excess`: (n,); `events`, `slots`: of their random numbers; `decays`: in the block;
    `lists`: room for three.  Raises RuntimeError where there are more photons than `decays` has room for.
    """
    for i in range(n):
        events[i], slots[i] = first_event + i, emitter
    draw_uniforms(key, events[:n], slots, 0, 0, drawn)
    chosen, of_mean, of_excess, some = lists[0], lists[1], lists[2], 0
    for i in range(n):
        chosen[some] = i
        # There is none below exp(-mean), hence below 1 - mean.
        some += (drawn[0, i] > 1.0 - mean[i]) | (drawn[1, i] > 1.0 - excess[i] * mean[i])
    _count_photons(some, chosen, mean, excess, drawn, of_mean, of_excess)
    n_photons = 0
    for c in range(some):
        i, count, more = chosen[c], of_mean[c], of_excess[c]
        if count == _FEW:
            count = photon_number(mean[i], drawn[0, i])
        if more == _FEW:
            more = photon_number(excess[i] * mean[i], drawn[1, i])
        for number in range(1, 1 + count + more):
            if n_photons == len(decays):
                raise RuntimeError("radiation: more photons than there can be")
            decays[n_photons], is_excess[n_photons] = i, number > count
            events[n_photons], slots[n_photons] = first_event + i, emitter + _SLOTS * number
            n_photons += 1
    return n_photons
