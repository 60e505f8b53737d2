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

from numba import njit

from lnvsearch.generation.kaon.four_body_attempts import (
    radiative_attempt,
    trilepton_attempt,
    virtual_photon_attempt,
)
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = ["RADIATIVE", "TRILEPTON", "VIRTUAL_PHOTON", "fill_four_body", "integrate_four_body"]

TRILEPTON, RADIATIVE, VIRTUAL_PHOTON = 0, 1, 2
_MAXIMUM_ATTEMPTS = 10_000_000


@inner_kernel()
def _attempt(kind, key, event, attempt, parameter, parent, flat, momentum):
    if kind == TRILEPTON:
        return trilepton_attempt(key, event, attempt, parameter, parent, flat, momentum)
    if kind == RADIATIVE:
        return radiative_attempt(key, event, attempt, parameter, parent, momentum)
    return virtual_photon_attempt(key, event, attempt, parameter, parent, flat, momentum)


@inner_kernel()
def integrate_four_body(kind, key, first_point, parameter, parent, ceiling, value, momentum):
    """Points of the stream `key` drawn from g0, for integrals over the decay.

    Fills `value` (n,) with r, `momentum` (n, 4, 4), GeV; returns (branching fraction, its
    error, A0, A1) for c = `ceiling`.
    """
    total, squares, below, flat_below = 0.0, 0.0, 0.0, 0.0
    n = len(value)
    for i in range(n):
        r, ratio = _attempt(
            kind, key, first_point + i, 0, parameter, parent, 0.0, momentum[i]
        )
        value[i] = r
        total += r
        squares += r * r
        below += min(r, ceiling)
        flat_below += min(r, ceiling) * ratio
    mean = total / n
    error = math.sqrt(max(squares / n - mean * mean, 0.0) / n)
    return mean, error, below / total, flat_below / total


@njit(cache=True, error_model="numpy")
def fill_four_body(kind, key, first_event, parameter, parent, flat, ceiling, shares, momentum,
                   weight):
    """Events into momentum[:, :4], (n, >= 4, 4), and factors into `weight`, (n,).

    `ceiling`: c; `shares`: A0 and A1.
    """
    norm = (1.0 - flat) * shares[0] + flat * shares[1]
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
