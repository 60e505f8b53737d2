"""Accept and reject for many events at once: each attempt is made for all events that wait.

An attempt is eight numbers, of which the sixth decides and the seventh stays with an accepted event; the first
five and what follows from them, seven rows with the density in row DENSITY, are a generator's own.
"""

from __future__ import annotations

import numpy as np

from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_lanes import draw_uniforms

__all__ = ["BLOCK", "DENSITY", "SPARE", "attempt_room", "draw_attempts", "draw_orientations", "list_refused"]

#: Events whose numbers stay in the processor's cache.
BLOCK = 1024
#: Rows of accepted events: true over drawn density, and a number in (0, 1) that is not used otherwise.
DENSITY, SPARE = 5, 7
_N_VALUES = 7


@inner_kernel()
def attempt_room():
    """Room for BLOCK events: those that wait, event numbers, slots, two blocks of numbers, attempts (7, BLOCK)."""
    drawn = (np.empty((4, BLOCK)), np.empty((4, BLOCK)))
    waiting, events, slots = np.arange(BLOCK), np.empty(BLOCK, dtype=np.int64), np.zeros(BLOCK, dtype=np.int64)
    return waiting, events, slots, drawn, np.empty((_N_VALUES, BLOCK))


@inner_kernel()
def draw_attempts(key, first_event, attempt, n, room):
    """Eight numbers of this attempt for each of the n events that wait; all of them wait at the first."""
    waiting, events, slots, drawn, _ = room
    for k in range(n):
        waiting[k] = k if attempt == 0 else waiting[k]
        events[k], slots[k] = first_event + waiting[k], 0
    draw_uniforms(key, events[:n], slots, attempt, 0, drawn[0])
    draw_uniforms(key, events[:n], slots, attempt, 1, drawn[1])


@inner_kernel()
def list_refused(n, ceiling, room, chosen):
    """Copy the attempts of the n events that wait to `chosen`, (8, ...); returns how many still wait.

    They are listed without a branch; what is refused is written again.
    """
    waiting, _, _, drawn, values = room
    left = 0
    for k in range(n):
        i = waiting[k]
        for row in range(_N_VALUES):
            chosen[row, i] = values[row, k]
        chosen[SPARE, i] = drawn[1][2, k]
        waiting[left] = i
        left += not drawn[1][1, k] * ceiling < values[DENSITY, k]
    return left


@inner_kernel()
def draw_orientations(key, first_event, n, room):
    """Numbers for the orientation of n events: rows of what is returned, (4, BLOCK)."""
    _, events, slots, drawn, _ = room
    for k in range(n):
        events[k], slots[k] = first_event + k, 1
    draw_uniforms(key, events[:n], slots, 0, 0, drawn[0])
    return drawn[0]
