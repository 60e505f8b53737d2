"""One set of energies for several decays: the kaon's daughters, drawn once and turned anew for each.

A decay of a spinless particle is its invariants and a random orientation.  Where the invariants cost most of
an event, as after many attempts, m decays in a row share them, each with a random turn of its own, its own
radiation, decays of its daughters and kaon.  Each decay is distributed as it was.  What is selected of one
group is correlated: the variance of their sums of weights is 2 % larger than estimated at most (pi pi0 e e)
where fewer than one decay in a thousand is selected.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lnvsearch.generation.kaon.kinematics import orientation
from lnvsearch.random_streams import uniform4

__all__ = ["groups_of", "turn_randomly"]


def groups_of(first_event: int, n: int, size: int) -> tuple[int, np.ndarray]:
    """The first group of n decays from `first_event` on, and the row of its group for each, (n,).

    >>> groups_of(5, 4, 4)
    (1, array([0, 0, 0, 1]))
    """
    first = first_event // size
    return first, np.arange(first_event, first_event + n) // size - first


@njit(cache=True, error_model="numpy")
def turn_randomly(key, first_event, momentum):
    """Turn each event of `momentum`, (n, k, 4), by a random rotation."""
    for i in range(len(momentum)):
        u_polar, u_azimuth, u_turn, _ = uniform4(key, first_event + i, 0, 0, 0)
        frame = orientation(u_polar, u_azimuth, u_turn)
        for row in range(momentum.shape[1]):
            x, y, z = momentum[i, row, 0], momentum[i, row, 1], momentum[i, row, 2]
            momentum[i, row, 0] = x * frame[0] + y * frame[3] + z * frame[6]
            momentum[i, row, 1] = x * frame[1] + y * frame[4] + z * frame[7]
            momentum[i, row, 2] = x * frame[2] + y * frame[5] + z * frame[8]
