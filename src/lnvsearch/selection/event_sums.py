"""Kernel: sums of the weights of an event's candidates."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["sums_by_event"]


@njit(cache=True, error_model="numpy")
def sums_by_event(event, mask, weight, add):
    """Weights (r,) of candidates in a mask, one value an event, and the events they belong to.

    `event` ascends.  `add`: the sum of an event's candidates; otherwise that of one of them.
    """
    rows = np.empty(len(event), dtype=np.int64)
    sums = np.empty(len(event))
    n, last = 0, -1
    for r in range(len(event)):
        if not mask[r]:
            continue
        if event[r] != last:
            last = event[r]
            rows[n], sums[n] = last, weight[r]
            n += 1
        elif add:
            sums[n - 1] += weight[r]
    return rows[:n], sums[:n]
