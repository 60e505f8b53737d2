"""K+ -> l+ nu l+ l-: attempts of many decays at a time, and the decays of those that are accepted.

One ordering of the two l+ is drawn, and the density g of an attempt is the mean of both: the pair's mass from
1/m or flat, the squared mass of the other pair flat, the cosine of l+ in the latter's frame flat or peaked
forwards.  See `four_body` for what becomes of them.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.elementary_functions import cube_root, exponential
from lnvsearch.generation.kaon.attempts_together import SPARE, draw_attempts, list_refused
from lnvsearch.generation.kaon.kinematics import place_many_pairs, two_body_momentum, two_pairs
from lnvsearch.generation.kaon.spinors import add, dot
from lnvsearch.generation.kaon.trilepton_amplitude import amplitudes, spin_sum
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_lanes, store_lanes

__all__ = ["accept_trileptons", "make_attempts", "place_trileptons"]

_MAXIMUM_ATTEMPTS = 10_000_000
# What |M|^2 carries in front of four-body phase space: (2 pi)^(4 - 12).
_TWO_PI_POWER = (2.0 * math.pi) ** -8
_PI_CUBED = math.pi**3

_ZERO, _ONE, _TWO, _THREE, _FOUR, _EIGHT, _TWELVE = map(np.uint64, (0, 1, 2, 3, 4, 8, 12))
#: Where the rows of lanes begin.
_AT = tuple(np.uint64(row * int(LANES)) for row in range(17))
_lanes, _both_lanes = float_stack_array(16 * int(LANES)), float_stack_array(32 * int(LANES))


@inner_kernel(forceinline=True)
def _split(u, share):
    """Whether a number lies below `share`, and a number in (0, 1) that is independent of this."""
    below = u < share
    return below, (u / max(share, 1e-300) if below else (u - share) / (1.0 - share))


@inner_kernel(forceinline=True)
def _draw(u_pair, u_other, u_cosine, lepton, peaked, parent, flat, log_range):
    """Masses of both pairs, and the cosine of l+."""
    low, high, least = 2.0 * lepton, parent - lepton, lepton * lepton
    is_flat, u_mass = _split(u_pair, flat)
    pair = low + u_mass * (high - low) if is_flat else low * exponential(u_mass * log_range)
    other = math.sqrt(least + u_other * ((parent - pair) * (parent - pair) - least))
    is_peaked, u = _split(u_cosine, peaked)
    return pair, other, 2.0 * (cube_root(u) if is_peaked else u) - 1.0


@inner_kernel(forceinline=True)
def _densities(first, neutrino, plus, minus, lepton, peaked, parent, log_range):
    """Densities g0 and g1 of the ordering with l+ `first` at the weak vertex; 0 on the edge of phase space."""
    low, high, least = 2.0 * lepton, parent - lepton, lepton * lepton
    q, w = add(plus, minus), add(first, neutrino)
    pair = math.sqrt(max(dot(q, q), low * low * (1.0 + 1e-12)))
    other = math.sqrt(max(dot(w, w), least * (1.0 + 1e-9)))
    flight = two_body_momentum(parent, other, pair)
    inside = 0.5 * (other * other - least) / other
    # (pi p/M) (pi q_a/m_a) (pi q_b/m_b): each two-body d3p/2E delta4 is p/(4 M) times 4 pi.
    volume = (
        _PI_CUBED * flight / parent * inside / other * two_body_momentum(pair, lepton, lepton) / pair
        * ((parent - pair) * (parent - pair) - least)
    )
    # E = (E_W E* + p_W p* cos)/W in the kaon's frame gives the cosine in the frame of W.
    at_rest = math.sqrt(flight * flight + other * other) * math.sqrt(inside * inside + least)
    cosine = (first[3] * other - at_rest) / max(flight * inside, 1e-300)
    cosine = min(max(cosine, -1.0), 1.0)
    shape = 1.0 - peaked + peaked * 0.75 * (1.0 + cosine) * (1.0 + cosine)
    shape = shape / volume if volume > 0.0 else 0.0
    return 0.5 * shape / (pair * pair * log_range), 0.5 * shape / (pair * (high - low))


@inner_kernel(forceinline=True)
def _load(momenta, place, j):
    at = place * LANES + j
    return momenta[at], momenta[at + LANES], momenta[at + _TWO * LANES], momenta[at + _THREE * LANES]


@inner_kernel(forceinline=True)
def _sixteen(rows, at):
    return (
        rows[at], rows[_AT[1] + at], rows[_AT[2] + at], rows[_AT[3] + at],
        rows[_AT[4] + at], rows[_AT[5] + at], rows[_AT[6] + at], rows[_AT[7] + at],
        rows[_AT[8] + at], rows[_AT[9] + at], rows[_AT[10] + at], rows[_AT[11] + at],
        rows[_AT[12] + at], rows[_AT[13] + at], rows[_AT[14] + at], rows[_AT[15] + at],
    )  # fmt: skip


@inner_kernel()
def make_attempts(drawn, n, parameter, parent, flat, values):
    """Attempts from the first five of eight numbers each, `drawn`, two of (4, n) at least; LANES at a time.

    Rows of `values`, (7, n) at least: masses of the pairs, l+ and nu, l+ and l-; cosines, turn, f/g0 and
    g1/g0.  `parameter`: mass of the charged leptons, factor of |M|^2, share of the angular peak.
    """
    number, out, momenta, total = _lanes(), _lanes(), _lanes(), np.uint64(n)
    density, part = _lanes(), _both_lanes()
    lepton, factor, peaked = parameter[0], parameter[1] * _TWO_PI_POWER, parameter[2]
    log_range = math.log((parent - lepton) / (2.0 * lepton))
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for row in range(4):
            load_lanes(drawn[0], row, start, lanes, number, np.uint64(row) * LANES)
        load_lanes(drawn[1], 0, start, lanes, number, _AT[4])
        for j in range(LANES):
            pair, other, cosine = _draw(
                number[j], number[_AT[1] + j], number[_AT[2] + j], lepton, peaked, parent, flat, log_range
            )
            inner, turn = 2.0 * number[_AT[3] + j] - 1.0, number[_AT[4] + j]
            out[j], out[_AT[1] + j], out[_AT[2] + j], out[_AT[3] + j] = other, pair, cosine, inner
            out[_AT[4] + j] = turn
            (
                momenta[j], momenta[_AT[1] + j], momenta[_AT[2] + j], momenta[_AT[3] + j],
                momenta[_AT[4] + j], momenta[_AT[5] + j], momenta[_AT[6] + j], momenta[_AT[7] + j],
                momenta[_AT[8] + j], momenta[_AT[9] + j], momenta[_AT[10] + j], momenta[_AT[11] + j],
                momenta[_AT[12] + j], momenta[_AT[13] + j], momenta[_AT[14] + j], momenta[_AT[15] + j],
            ) = two_pairs(
                parent, other, pair, cosine, inner, turn, lepton, 0.0, lepton, lepton,
                (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
            )  # fmt: skip
        for ordering in range(_TWO):
            one, two, to = ordering * _EIGHT, (_ONE - ordering) * _EIGHT, ordering * _AT[16]
            for j in range(LANES):
                first, plus = _load(momenta, one, j), _load(momenta, two, j)
                neutrino, minus = _load(momenta, _FOUR, j), _load(momenta, _TWELVE, j)
                density[ordering * _AT[2] + j], density[ordering * _AT[2] + _AT[1] + j] = _densities(
                    first, neutrino, plus, minus, lepton, peaked, parent, log_range
                )
                i = to + j
                (
                    part[i], part[_AT[1] + i], part[_AT[2] + i], part[_AT[3] + i],
                    part[_AT[4] + i], part[_AT[5] + i], part[_AT[6] + i], part[_AT[7] + i],
                    part[_AT[8] + i], part[_AT[9] + i], part[_AT[10] + i], part[_AT[11] + i],
                    part[_AT[12] + i], part[_AT[13] + i], part[_AT[14] + i], part[_AT[15] + i],
                ) = amplitudes(first, neutrino, plus, minus, lepton, parent)  # fmt: skip
        for j in range(LANES):
            squared = spin_sum(_sixteen(part, j), _sixteen(part, _AT[16] + j))
            both = 0.5 * (density[j] + density[_AT[2] + j])
            inverse = 1.0 / both if both > 0.0 else 0.0
            out[_AT[5] + j] = factor * squared * inverse
            out[_AT[6] + j] = 0.5 * (density[_AT[1] + j] + density[_AT[3] + j]) * inverse
        for row in range(7):
            store_lanes(out, np.uint64(row) * LANES, lanes, values, row, start)


@inner_kernel()
def accept_trileptons(key, first_event, parameter, parent, flat, ceiling, room, chosen):
    """Rows of `make_attempts` of n accepted events, and the last number of each: `chosen`, (8, n)."""
    drawn, values, n = room[3], room[4], chosen.shape[1]
    for attempt in range(_MAXIMUM_ATTEMPTS):
        draw_attempts(key, first_event, attempt, n, room)
        make_attempts(drawn, n, parameter, parent, flat, values)
        n = list_refused(n, ceiling, room, chosen)
        if n == 0:
            return
    raise RuntimeError("four-body decay: no event accepted")


@inner_kernel()
def place_trileptons(chosen, drawn, lepton, parent, flat, place):
    """Four-momenta of attempts, (8, n), to 16 n numbers of `flat` from `place` on, as `place_many_pairs` has it.

    The last number of an attempt orders the two l+.
    """
    place_many_pairs(chosen, drawn, parent, (lepton, 0.0, lepton, lepton), flat, place)
    for k in range(chosen.shape[1]):
        first = place + 16 * k
        if chosen[SPARE, k] < 0.5:
            for i in range(first, first + 4):
                kept = flat[i]
                flat[i] = flat[i + 8]
                flat[i + 8] = kept
