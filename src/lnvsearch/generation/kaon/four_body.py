"""Four-body decays whose density has poles: attempts from proposals, then acceptance.

Three processes: K+ -> l+ nu l+ l- (`TRILEPTON`), K+ -> pi0 e+ nu gamma (`RADIATIVE`) and K+ ->
pi+ pi0 gamma* -> pi+ pi0 e+ e- (`VIRTUAL_PHOTON`).  An attempt x comes from a proposal of known
density g over phase space and is accepted with probability min(r / c, 1), r = f(x) / g0(x) and f
the differential branching fraction; points above c keep r/c as weight.  g is the
mixture (1 - flat) g0 + flat g1 (`four_body_attempts`): the weight is N (g0/g) max(r/c, 1), with
N = (1 - flat) A0 + flat A1 its norm, A0 and A1 the integrals of g0 min(r, c) and g1 min(r, c)
over the branching fraction.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.generation.kaon.attempts_together import (
    BLOCK,
    DENSITY,
    SPARE,
    attempt_room,
    draw_orientations,
)
from lnvsearch.generation.kaon.four_body_attempts import radiative_attempt, virtual_photon_attempt
from lnvsearch.generation.kaon.trilepton import accept_trileptons, make_attempts, place_trileptons
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_lanes import draw_uniforms
from lnvsearch.random_streams import uniform4

__all__ = ["RADIATIVE", "TRILEPTON", "VIRTUAL_PHOTON", "fill_four_body", "integrate_four_body"]

TRILEPTON, RADIATIVE, VIRTUAL_PHOTON = 0, 1, 2
_MAXIMUM_ATTEMPTS = 10_000_000


@inner_kernel()
def _attempt(kind, key, event, attempt, parameter, parent, flat, momentum):
    if kind == RADIATIVE:
        return radiative_attempt(key, event, attempt, parameter, parent, momentum)
    return virtual_photon_attempt(key, event, attempt, parameter, parent, flat, momentum)


@inner_kernel()
def _make_points(kind, key, first_point, parameter, parent, value, ratio, momentum):
    """f/g0 and g1/g0 of n points from g0, (n,), and their `momentum`, (n, 4, 4)."""
    n = len(value)
    if kind != TRILEPTON:
        for i in range(n):
            value[i], ratio[i] = _attempt(
                kind, key, first_point + i, 0, parameter, parent, 0.0, momentum[i]
            )
        return
    events, slots = first_point + np.arange(n), np.zeros(n, dtype=np.int64)
    drawn, chosen = (np.empty((4, n)), np.empty((4, n))), np.empty((8, n))
    for block in range(2):
        draw_uniforms(key, events, slots, 0, block, drawn[block])
    make_attempts(drawn, n, parameter, parent, 0.0, chosen)
    for i in range(n):
        chosen[SPARE, i], value[i], ratio[i] = drawn[1][2, i], chosen[DENSITY, i], chosen[6, i]
    draw_uniforms(key, events, slots, 0, 2, drawn[0])
    place_trileptons(chosen, drawn[0], parameter[0], parent, momentum.reshape(-1), 0)


@inner_kernel()
def integrate_four_body(kind, key, first_point, parameter, parent, ceiling, value, momentum):
    """Points of the stream `key` drawn from g0, for integrals over the decay.

    Fills `value` (n,) with r, `momentum` (n, 4, 4), GeV; returns (branching fraction, its
    error, A0, A1) for c = `ceiling`.
    """
    total, squares, below, flat_below = 0.0, 0.0, 0.0, 0.0
    n = len(value)
    ratio = np.empty(n)
    _make_points(kind, key, first_point, parameter, parent, value, ratio, momentum)
    for i in range(n):
        r = value[i]
        total += r
        squares += r * r
        below += min(r, ceiling)
        flat_below += min(r, ceiling) * ratio[i]
    mean = total / n
    error = math.sqrt(max(squares / n - mean * mean, 0.0) / n)
    return mean, error, below / total, flat_below / total


@inner_kernel()
def _fill_trileptons(key, first_event, parameter, parent, flat, ceiling, norm, momentum, weight):
    """`fill_four_body` of K+ -> l+ nu l+ l-, for many events at a time."""
    numbers = momentum.reshape(-1)
    room = attempt_room()
    for start in range(0, len(momentum), BLOCK):
        n, first = min(BLOCK, len(momentum) - start), first_event + start
        chosen = np.empty((8, n))
        accept_trileptons(key, first, parameter, parent, flat, ceiling, room, chosen)
        for k in range(n):
            over = max(chosen[DENSITY, k] / ceiling, 1.0)
            weight[start + k] *= norm / ((1.0 - flat) + flat * chosen[6, k]) * over
        drawn = draw_orientations(key, first, n, room)
        place_trileptons(chosen, drawn, parameter[0], parent, numbers, 16 * start)


@njit(cache=True, error_model="numpy")
def fill_four_body(kind, key, first_event, parameter, parent, flat, ceiling, shares, momentum,
                   weight):
    """Events into `momentum`, (n, 4, 4), and factors into `weight`, (n,).

    `ceiling`: c; `shares`: A0 and A1.
    """
    norm = (1.0 - flat) * shares[0] + flat * shares[1]
    if kind == TRILEPTON:
        _fill_trileptons(
            key, first_event, parameter, parent, flat, ceiling, norm, momentum, weight
        )
        return
    for i in range(len(momentum)):
        event = first_event + i
        accepted = False
        for attempt in range(_MAXIMUM_ATTEMPTS):
            r, ratio = _attempt(
                kind, key, event, attempt, parameter, parent, flat, momentum[i]
            )
            if uniform4(key, event, 0, attempt, 3)[0] * ceiling < r:
                accepted = True
                weight[i] *= norm / ((1.0 - flat) + flat * ratio) * max(r / ceiling, 1.0)
                break
        if not accepted:
            raise RuntimeError("four-body decay: no event accepted")
