"""Kernels: sums of the weights of an event's candidates, and the events that have some."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["events_of", "sums_by_event"]


@njit(cache=True, error_model="numpy")
def events_of(event, mask):
    """The events of candidates (r,) in a mask, each once; `event` ascends."""
    # Without a branch that nothing foretells.
    rows, n, last = np.empty_like(event), 0, -1
    for r in range(len(event)):
        rows[n] = event[r]
        is_new = mask[r] & (event[r] != last)
        last = event[r] if mask[r] else last
        n += is_new
    return rows[:n]


@njit(cache=True, error_model="numpy")
def sums_by_event(event, mask, weight):
    """Events of the candidates (r,) in a mask, and the sum of the weights of each; `event` ascends."""
    # Those in the mask are listed first, for the same reason.
    listed, rows, sums = np.empty_like(event), np.empty_like(event), np.empty(len(event))
    n_listed, n, last = 0, 0, -1
    for r in range(len(event)):
        listed[n_listed] = r
        n_listed += mask[r]
    for i in range(n_listed):
        r = listed[i]
        if event[r] != last:
            last = event[r]
            rows[n], sums[n] = last, weight[r]
            n += 1
        else:
            sums[n - 1] += weight[r]
    return rows[:n], sums[:n]
