"""Prospects of many decays, LANES at once up to where three tracks reach the calorimeter.

Most decays end before: by their momenta in the laboratory, first those of the mean kaon of the beam, so
that few need a kaon of their own; then by the chambers.  What is left is judged one by one (`prospects`).
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.experiments.na62.detector.beam import N_KAON_NUMBERS, boost_of, boosted, draw_kaons
from lnvsearch.experiments.na62.detector.calorimeter import in_lkr
from lnvsearch.experiments.na62.detector.flight_together import is_seen
from lnvsearch.experiments.na62.detector.prospects import (
    ELECTRON_FROM_GEV,
    MUON_FROM_GEV,
    TRACK_TO_GEV,
    excess_of_momentum,
    is_charged,
    prospect_of_tracks,
)
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_listed_fours

__all__ = ["find_prospects"]

#: Transverse momentum of all that is seen (GeV), of kaons along the beam's mean direction.
_TRANSVERSE_FIRST_GEV = 0.062
#: Distance of two tracks in the first chamber, and in the calorimeter (m).
_APART_IN_CHAMBER_M, _APART_IN_LKR_M = 0.0145, 0.195
#: Above all finite excesses.
_LARGE = 1e300
_N_TRACKS = np.uint64(3)
_ZERO = np.uint64(0)


def _rows(first: int, number: int) -> tuple[np.uint64, ...]:
    """Where rows of lanes begin."""
    return tuple(np.uint64(row * int(LANES)) for row in range(first, first + number))


#: Rows of a kaon: what is drawn, its boost.
_MOMENTUM, _SLOPE_X, _SLOPE_Y, _X, _Y, _Z = _rows(0, N_KAON_NUMBERS)
_GAMMA, _BETA_GAMMA, _N_X, _N_Y, _N_Z = _rows(N_KAON_NUMBERS, 5)
#: Rows of a track: its four-momentum, its place in the first chamber and in the calorimeter.
_PX, _PY, _PZ, _E, _START_X, _START_Y, _END_X, _END_Y = _rows(0, 8)
_TRACK = np.uint64(8) * LANES
#: Rows of a decay: sums of its tracks' momenta, the least energy of a track, 1 where it may have a prospect and
#: where tracks are apart in the calorimeter, how far its total momentum is out.
_SUM_X, _SUM_Y, _SUM_Z, _LEAST, _MAY, _APART, _EXCESS = _rows(0, 7)
_four_lanes = float_stack_array(4 * int(LANES))
_kaon_lanes = float_stack_array(11 * int(LANES))
_track_lanes = float_stack_array(3 * int(_TRACK))
_decay_lanes = float_stack_array(7 * int(LANES))


@inner_kernel()
def _boost_lanes(momentum, rows, start, lanes, columns, lowest, kaon, four, track, decay):
    """Momenta of the tracks of decays in the laboratory, by the boosts in `kaon`, and their sums."""
    for j in range(LANES):
        decay[_SUM_X + j], decay[_SUM_Y + j], decay[_SUM_Z + j] = 0.0, 0.0, 0.0
        decay[_LEAST + j], decay[_MAY + j], decay[_APART + j] = np.inf, 1.0, 1.0
    for t in range(_ZERO, _N_TRACKS):
        load_listed_fours(momentum, 0, rows, start, lanes, columns[t], four)
        begin = t * _TRACK
        for j in range(LANES):
            px, py, pz, energy = boosted(
                four[_PX + j], four[_PY + j], four[_PZ + j], four[_E + j], kaon[_GAMMA + j],
                kaon[_BETA_GAMMA + j], kaon[_N_X + j], kaon[_N_Y + j], kaon[_N_Z + j],
            )  # fmt: skip
            at = begin + j
            track[at + _PX], track[at + _PY], track[at + _PZ], track[at + _E] = px, py, pz, energy
            decay[_SUM_X + j] += px
            decay[_SUM_Y + j] += py
            decay[_SUM_Z + j] += pz
            decay[_LEAST + j] = min(decay[_LEAST + j], energy)
            may = (pz > 0.0) & (energy >= lowest) & (energy <= TRACK_TO_GEV)
            decay[_MAY + j] = decay[_MAY + j] if may else 0.0


@inner_kernel()
def _list_by_momenta(momentum, columns, most, lowest, beam, kaon_mass, kaon, four, track, decay, rows, n):
    """Keep of n `rows` those that may have a prospect if the kaon is the beam's mean one; returns how many.

    `most`: of the square of the tracks' transverse momentum.
    """
    gamma, beta_gamma, n_x, n_y, n_z = boost_of(beam.momentum_gev, kaon_mass, 0.0, 0.0)
    for j in range(LANES):
        kaon[_GAMMA + j], kaon[_BETA_GAMMA + j] = gamma, beta_gamma
        kaon[_N_X + j], kaon[_N_Y + j], kaon[_N_Z + j] = n_x, n_y, n_z
    total, kept = np.uint64(n), 0
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        _boost_lanes(momentum, rows, start, lanes, columns, lowest, kaon, four, track, decay)
        for j in range(LANES):
            x, y = decay[_SUM_X + j], decay[_SUM_Y + j]
            decay[_MAY + j] = decay[_MAY + j] if x * x + y * y <= most else 0.0
        for j in range(lanes):
            rows[kept] = rows[start + j]
            kept += decay[_MAY + j] > 0.0
    return kept


@inner_kernel(forceinline=True)
def _track_lane(kaon, track, at, may, j, charge, straws, lkr):
    """Whether a track that may have a prospect passes the chambers and the calorimeter; 1 or 0."""
    x, y, z = kaon[_X + j], kaon[_Y + j], kaon[_Z + j]
    pz = track[at + _PZ]
    slope_x, slope_y = track[at + _PX] / pz, track[at + _PY] / pz
    # Straight but for the magnet's kick.
    bend = -charge * straws.magnet_kick_gev / pz
    z_0, z_1, z_2, z_3 = straws.chamber_z_m
    hole_0, hole_1, hole_2, hole_3 = straws.hole_centre_x_m
    at_x, at_y = x + (z_0 - z) * slope_x, y + (z_0 - z) * slope_y
    track[at + _START_X], track[at + _START_Y] = at_x, at_y
    seen = is_seen(at_x, at_y, hole_0, straws) & (z_0 - z > 0.0)
    seen &= is_seen(x + (z_1 - z) * slope_x, y + (z_1 - z) * slope_y, hole_1, straws)
    at_x = x + (z_2 - z) * slope_x + bend * (z_2 - straws.magnet_z_m)
    seen &= is_seen(at_x, y + (z_2 - z) * slope_y, hole_2, straws)
    at_x = x + (z_3 - z) * slope_x + bend * (z_3 - straws.magnet_z_m)
    seen &= is_seen(at_x, y + (z_3 - z) * slope_y, hole_3, straws)
    at_x = x + (lkr.z_m - z) * slope_x + bend * (lkr.z_m - straws.magnet_z_m)
    at_y = y + (lkr.z_m - z) * slope_y
    track[at + _END_X], track[at + _END_Y] = at_x, at_y
    return may if seen & in_lkr(at_x, at_y, lkr) else 0.0


@inner_kernel(forceinline=True)
def _apart_lane(track, x, y, one, other, distance, before):
    """`before` where two tracks are apart, otherwise 0."""
    dx, dy = track[one + x] - track[other + x], track[one + y] - track[other + y]
    return before if dx * dx + dy * dy > distance * distance else 0.0


@inner_kernel(forceinline=True)
def _fly_lanes(columns, charge, most_excess, straws, lkr, beam, kaon, track, decay):
    """Fly the tracks of a block of lanes and compare them."""
    for t in range(_ZERO, _N_TRACKS):
        begin, of_track = t * _TRACK, charge[columns[t]]
        for j in range(LANES):
            decay[_MAY + j] = _track_lane(kaon, track, begin + j, decay[_MAY + j], j, of_track, straws,
                                          lkr)  # fmt: skip
    for t in range(_ZERO, _N_TRACKS):
        one = t * _TRACK
        other = one + _TRACK if one < _TRACK + _TRACK else _ZERO
        for j in range(LANES):
            a, b = one + j, other + j
            decay[_MAY + j] = _apart_lane(track, _START_X, _START_Y, a, b, _APART_IN_CHAMBER_M,
                                          decay[_MAY + j])  # fmt: skip
            decay[_APART + j] = _apart_lane(track, _END_X, _END_Y, a, b, _APART_IN_LKR_M,
                                            decay[_APART + j])  # fmt: skip
    for j in range(LANES):
        excess = excess_of_momentum(
            decay[_SUM_X + j], decay[_SUM_Y + j], decay[_SUM_Z + j], beam, False
        )
        decay[_EXCESS + j] = excess
        decay[_MAY + j] = decay[_MAY + j] if excess <= most_excess else 0.0


@inner_kernel()
def find_prospects(key, event_number, momentum, species, charge, with_pi0, response, numbers, rows, n,
                   value):  # fmt: skip
    """Prospects, 0 to 1, of n `rows` of the decays `momentum`, (m, k, 4), with three charged particles.

    `key`: of the simulation's stream `beam`; `event_number`: (m,); `with_pi0`: whether two photons are to be a
    pi0.  `rows`, (m,), are lost.  Writes those that are not 0 to `value`, (m,).
    """
    beam = response.beam
    columns, found = np.empty(3, dtype=np.int64), 0
    for k in range(len(species)):
        if is_charged(species[k]):
            columns[found] = k
            found += 1
    # Tracks have not all of the momentum beside a pi0.
    most = np.inf if with_pi0 else _TRANSVERSE_FIRST_GEV * _TRANSVERSE_FIRST_GEV
    most_excess = np.inf if with_pi0 else _LARGE
    lowest = MUON_FROM_GEV if numbers.muons else ELECTRON_FROM_GEV
    kaon, four, track, decay = _kaon_lanes(), _four_lanes(), _track_lanes(), _decay_lanes()
    n = _list_by_momenta(momentum, columns, most, lowest, beam, numbers.kaon_mass, kaon, four, track,
                         decay, rows, n)  # fmt: skip
    events, kaons = np.empty(n, dtype=np.int64), np.empty((N_KAON_NUMBERS, n))
    for i in range(n):
        events[i] = event_number[rows[i]]
    draw_kaons(key, events, beam, response.fiducial_volume, numbers.kaon_mass,
               numbers.kaon_ctau_m, kaons)  # fmt: skip
    laboratory, impacts = np.empty((len(species), 4)), np.empty((3, 2))
    total = np.uint64(n)
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for row in range(_ZERO, np.uint64(N_KAON_NUMBERS)):
            for j in range(lanes):
                kaon[row * LANES + j] = kaons[row, start + j]
        for j in range(LANES):
            (
                kaon[_GAMMA + j], kaon[_BETA_GAMMA + j], kaon[_N_X + j], kaon[_N_Y + j], kaon[_N_Z + j],
            ) = boost_of(
                kaon[_MOMENTUM + j], numbers.kaon_mass, kaon[_SLOPE_X + j], kaon[_SLOPE_Y + j]
            )  # fmt: skip
        _boost_lanes(momentum, rows, start, lanes, columns, lowest, kaon, four, track, decay)
        _fly_lanes(columns, charge, most_excess, response.spectrometer, response.lkr, beam, kaon, track, decay)
        for j in range(lanes):
            if decay[_MAY + j] == 0.0:
                continue
            for t in range(_ZERO, _N_TRACKS):
                at = t * _TRACK + j
                for c in range(_ZERO, np.uint64(4)):
                    laboratory[columns[t], c] = track[at + c * LANES]
                impacts[t, 0], impacts[t, 1] = track[at + _END_X], track[at + _END_Y]
            i = rows[start + j]
            value[i] = prospect_of_tracks(
                momentum, i, species, charge, with_pi0,
                (kaon[_MOMENTUM + j], kaon[_SLOPE_X + j], kaon[_SLOPE_Y + j], kaon[_X + j], kaon[_Y + j],
                 kaon[_Z + j]),
                decay[_LEAST + j], decay[_APART + j] > 0.0, math.exp(-decay[_EXCESS + j]), laboratory,
                impacts, beam, response.lkr, response.lav, numbers,
            )  # fmt: skip
