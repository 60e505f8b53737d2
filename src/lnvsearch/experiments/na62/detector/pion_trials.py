"""Trials of pions that decay in flight: decays drawn where they would mislead a search, and their tracks.

The place is drawn from the exponential and from regions where a decay biases the momentum or the
direction of a track, the angles isotropically and towards those that do.  Behind the last chamber
nothing of the track is left to bias: there the direction is isotropic.  The weight of a trial is true
over drawn density.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lnvsearch.elementary_functions import cosine_and_sine_of_turn, exponential, logarithm
from lnvsearch.experiments.na62.detector.interest import (
    ALONG_X,
    ALONG_Y,
    COSINE,
    N_COLUMNS,
    OTHER_IDENTITY,
    ROWS,
    WEIGHT,
    Z,
)
from lnvsearch.experiments.na62.detector.trial_flight import (
    BEGIN_DECAY_Z,
    BEGIN_MOMENTUM,
    BEGIN_SLOPE_X,
    BEGIN_SLOPE_Y,
    BEGIN_X,
    BEGIN_Y,
    BEGIN_Z,
    N_BEGIN,
    measure_trial,
)
from lnvsearch.experiments.na62.detector.upstream import pass_beam_line
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import float_stack_array
from lnvsearch.random_streams import uniform4

__all__ = [
    "LARGEST_TRIAL_WEIGHT",
    "MOST_TRIALS",
    "N_TRIALS",
    "draw_trial",
    "fill_trials",
    "mean_flight",
    "pion_numbers",
    "trial_space",
]

#: Decays drawn for each pion of an event, and of an event that deserves attention.  With the pion that
#: does not decay they fill lanes of eight.
N_TRIALS, MOST_TRIALS = 7, ROWS - 1

#: Shares of the mixture of decay places, of a positive and of a negative pion: the exponential, and
#: evenly before the first chamber, to the magnet, to the third chamber, to the fourth, behind it.
_POSITIVE = (0.30, 0.00, 0.05, 0.40, 0.15, 0.10)
_NEGATIVE = (0.30, 0.20, 0.30, 0.15, 0.00, 0.05)
#: Of either, where the kaon decays before the fiducial volume.
_UPSTREAM = (0.35, 0.20, 0.10, 0.25, 0.07, 0.03)
#: Share of the isotropic part in cosine, and up to where the rest lies, evenly: muons that go
#: forwards keep the pion's momentum and mislead nobody.
_ISOTROPIC_COSINE, _BACKWARD_TO = 0.35, 0.6
#: Share of the isotropic part in azimuth, and how narrow the rest is: 0 for isotropic.
_ISOTROPIC_AZIMUTH = 0.3
_CONCENTRATION_BEHIND, _CONCENTRATION_BEFORE = 0.75, 0.5
#: Bound of the weight of a trial: a density is at least its natural share.
LARGEST_TRIAL_WEIGHT = 1.0 / (_POSITIVE[0] * _ISOTROPIC_COSINE * _ISOTROPIC_AZIMUTH)

_PION = 2  # column of the particle masses
_N_DRAWN = 3  # uniform numbers of a trial
_ZERO, _LANES = np.uint64(0), np.uint64(8)
_AT = tuple(np.uint64(column * ROWS) for column in range(OTHER_IDENTITY + 1))
_drawn_lanes = float_stack_array(_N_DRAWN * ROWS)
_begin_lanes = float_stack_array(N_BEGIN * ROWS)
_track_lanes = float_stack_array((OTHER_IDENTITY + 1) * ROWS)


class PionNumbers(NamedTuple):
    """What the trials of a pion are drawn with; m.

    Regions of decay places are those between `edges`, of which the first is where the pion begins.
    """

    edges: tuple  # of five regions
    shares: tuple  # of the mixture, up to the begin of each region; the first is that of the exponential
    lengths: tuple  # of a region for each unit of its share
    densities: tuple  # evenly in a region
    end_z: float
    mean_z: float
    decays: float  # probability of a decay
    concentrations: tuple  # of the azimuth, before the magnet and behind it
    favoured: tuple  # directions of the azimuth, the same


def trial_space() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arrays for `plan_decays`: trials, chosen combinations, their weights and interests."""
    n = MOST_TRIALS
    return np.zeros((3, N_COLUMNS, ROWS)), np.zeros((4 * n * n, 3), np.int64), np.zeros((2, 4 * n * n))


@inner_kernel(forceinline=True)
def pion_numbers(line, begin_z, end_z, mean_z, charge, beam, volume, straws):
    """Numbers of a pion that begins at `begin_z` and has the slopes `line` before the magnet."""
    shares = _POSITIVE if charge > 0.0 else _NEGATIVE
    if begin_z < volume.begin_z_m:
        shares = _UPSTREAM
    natural, first, second, third, fourth, fifth = shares
    z_1, z_2, z_3, z_4 = (
        straws.chamber_z_m[0], straws.magnet_z_m, straws.chamber_z_m[2], straws.chamber_z_m[3]
    )  # fmt: skip
    lengths = (z_1 - begin_z, z_2 - z_1, z_3 - z_2, z_4 - z_3, end_z - z_4)
    # Away from the beam: the track leaves the kaon's direction by a larger angle.
    x, y = line[0] - beam.slope_x, line[1] - beam.slope_y
    away = math.sqrt(x * x + y * y)
    is_steered = charge > 0.0 and away > 0.0
    return PionNumbers(
        edges=(begin_z, z_1, z_2, z_3, z_4),
        shares=(natural, natural + first, natural + first + second,
                natural + first + second + third, 1.0 - fifth),
        lengths=(_of_share(lengths[0], first), _of_share(lengths[1], second),
                 _of_share(lengths[2], third), _of_share(lengths[3], fourth),
                 _of_share(lengths[4], fifth)),
        densities=(first / lengths[0], second / lengths[1], third / lengths[2],
                   fourth / lengths[3], fifth / lengths[4]),
        end_z=end_z,
        mean_z=mean_z,
        decays=-math.expm1(-(end_z - begin_z) / mean_z),
        concentrations=(_CONCENTRATION_BEFORE if is_steered else 0.0, _CONCENTRATION_BEHIND),
        # Behind: against the magnet, the track looks straighter and its momentum higher.
        favoured=((x / away if is_steered else 1.0, y / away if is_steered else 0.0), (charge, 0.0)),
    )  # fmt: skip


@inner_kernel(forceinline=True)
def _of_share(length, share):
    return length / share if share > 0.0 else 0.0


@inner_kernel(forceinline=True)
def _draw_place(uniform, pion):
    """(z, true over drawn density) of a decay."""
    _, z_1, z_2, z_3, z_4 = pion.edges
    begin_z, natural = pion.edges[0], pion.shares[0]
    z = begin_z + (uniform - natural) * pion.lengths[0]
    z = z_1 + (uniform - pion.shares[1]) * pion.lengths[1] if uniform >= pion.shares[1] else z
    z = z_2 + (uniform - pion.shares[2]) * pion.lengths[2] if uniform >= pion.shares[2] else z
    z = z_3 + (uniform - pion.shares[3]) * pion.lengths[3] if uniform >= pion.shares[3] else z
    z = z_4 + (uniform - pion.shares[4]) * pion.lengths[4] if uniform >= pion.shares[4] else z
    alive = 1.0 - min(uniform / natural, 1.0) * pion.decays
    z = begin_z - pion.mean_z * logarithm(alive) if uniform < natural else z
    z = min(z, pion.end_z)
    true = exponential((begin_z - z) / pion.mean_z) / (pion.mean_z * pion.decays)
    evenly = pion.densities[0]
    evenly = pion.densities[1] if z >= z_1 else evenly
    evenly = pion.densities[2] if z >= z_2 else evenly
    evenly = pion.densities[3] if z >= z_3 else evenly
    evenly = pion.densities[4] if z >= z_4 else evenly
    return z, true / (natural * true + evenly)


@inner_kernel(forceinline=True)
def _draw_cosine(uniform):
    """(cosine, true over drawn density): isotropic, or anywhere but forwards."""
    share = (uniform - _ISOTROPIC_COSINE) / (1.0 - _ISOTROPIC_COSINE)
    backwards = share * (1.0 + _BACKWARD_TO) - 1.0
    isotropic = 2.0 * uniform / _ISOTROPIC_COSINE - 1.0
    cosine = isotropic if uniform < _ISOTROPIC_COSINE else backwards
    drawn = (1.0 - _ISOTROPIC_COSINE) / (1.0 + _BACKWARD_TO) if cosine < _BACKWARD_TO else 0.0
    return cosine, 0.5 / (0.5 * _ISOTROPIC_COSINE + drawn)


@inner_kernel(forceinline=True)
def _draw_azimuth(uniform, concentration):
    """(cosine, sine, true over drawn density) of an azimuth: isotropic, or a wrapped Cauchy about 0."""
    is_isotropic = uniform < _ISOTROPIC_AZIMUTH
    share = (uniform - _ISOTROPIC_AZIMUTH) / (1.0 - _ISOTROPIC_AZIMUTH)
    turn = uniform / _ISOTROPIC_AZIMUTH if is_isotropic else 0.5 * share
    cosine, sine = cosine_and_sine_of_turn(turn)
    # Half of it has the tangent -narrow cot(turn).
    narrow = (1.0 - concentration) / (1.0 + concentration)
    along, across = sine, -narrow * cosine
    inverse = 1.0 / (along * along + across * across)
    cosine = cosine if is_isotropic else (along * along - across * across) * inverse
    sine = sine if is_isotropic else 2.0 * along * across * inverse
    squared = concentration * concentration
    peak = (1.0 - squared) / (1.0 + squared - 2.0 * concentration * cosine)
    return cosine, sine, 1.0 / (_ISOTROPIC_AZIMUTH + (1.0 - _ISOTROPIC_AZIMUTH) * peak)


@inner_kernel(forceinline=True)
def draw_trial(place, along, about, pion):
    """A decay from three uniform numbers: (z, cosine, cosine and sine of the azimuth, weight).

    `pion`: of `pion_numbers`.  The weight is LARGEST_TRIAL_WEIGHT at most.
    """
    z, weight = _draw_place(place, pion)
    # Behind the last chamber there is nothing to mislead: isotropic.
    is_last, is_behind = z >= pion.edges[4], z >= pion.edges[2]
    cosine, of_cosine = _draw_cosine(along)
    cosine = 2.0 * along - 1.0 if is_last else cosine
    of_cosine = 1.0 if is_last else of_cosine
    concentration = pion.concentrations[1] if is_behind else pion.concentrations[0]
    x, y, of_azimuth = _draw_azimuth(about, 0.0 if is_last else concentration)
    before, behind = pion.favoured
    favoured_x = behind[0] if is_behind else before[0]
    favoured_y = behind[1] if is_behind else before[1]
    x, y = favoured_x * x - favoured_y * y, favoured_x * y + favoured_y * x
    return z, cosine, x, y, weight * of_cosine * of_azimuth


@inner_kernel(forceinline=True)
def mean_flight(pz, constants):
    """Mean flight length of a pion along z, m."""
    return pz * constants.pion_ctau_m / constants.masses[_PION]


@inner_kernel(forceinline=True)
def _note_begin(begin, row, momentum, x, y, z, slope_x, slope_y, decay_z):
    """How a trial begins its flight, into its lane."""
    begin[_AT[BEGIN_X] + row], begin[_AT[BEGIN_Y] + row], begin[_AT[BEGIN_Z] + row] = x, y, z
    begin[_AT[BEGIN_SLOPE_X] + row], begin[_AT[BEGIN_SLOPE_Y] + row] = slope_x, slope_y
    begin[_AT[BEGIN_MOMENTUM] + row], begin[_AT[BEGIN_DECAY_Z] + row] = momentum, decay_z


@inner_kernel()
def _begin_upstream(begin, track, rows, momentum, vertex, line, charge, masses, upstream):
    """`_note_begin` behind the beam line, of trials of a kaon before it."""
    for row in range(rows):
        decay_z = track[_AT[Z] + row]
        azimuth = math.atan2(track[_AT[ALONG_Y] + row], track[_AT[ALONG_X] + row])
        passes, decays, p, x, y, z, slope_x, slope_y = pass_beam_line(
            momentum, vertex[0], vertex[1], vertex[2], line[0], line[1], charge,
            (decay_z, track[_AT[COSINE] + row], azimuth), masses, upstream,
        )  # fmt: skip
        # What is stopped is seen in no chamber.
        _note_begin(begin, row, p, x if passes else np.inf, y, z, slope_x, slope_y,
                    np.inf if decays else decay_z)  # fmt: skip


@inner_kernel()
def fill_trials(key, event, trials, i, slot, charge, laboratory, vertex, constants, response, fit, n):
    """Draw n trials of pion i, which has column `slot`, and the track without a decay; n + 1 is 8 or 16."""
    px, py, pz = laboratory[slot, 0], laboratory[slot, 1], laboratory[slot, 2]
    momentum, line = math.sqrt(px * px + py * py + pz * pz), (px / pz, py / pz)
    pion = pion_numbers(line, vertex[2], response.lkr.z_m, mean_flight(pz, constants), charge,
                        response.beam, response.fiducial_volume, response.spectrometer)  # fmt: skip
    drawn, begin, track = _drawn_lanes(), _begin_lanes(), _track_lanes()
    rows = np.uint64(n + 1)
    for row in range(rows):
        drawn[row], drawn[_AT[1] + row], drawn[_AT[2] + row], _ = uniform4(key, event, slot, row + 1, 0)
    for start in range(_ZERO, rows, _LANES):
        for lane in range(_LANES):
            j = start + lane
            (
                track[_AT[Z] + j], track[_AT[COSINE] + j], track[_AT[ALONG_X] + j],
                track[_AT[ALONG_Y] + j], track[_AT[WEIGHT] + j],
            ) = draw_trial(drawn[j], drawn[_AT[1] + j], drawn[_AT[2] + j], pion)  # fmt: skip
    last = np.uint64(n)
    track[_AT[Z] + last], track[_AT[WEIGHT] + last] = np.inf, 1.0
    if vertex[2] < response.upstream.trim5_z_m:
        _begin_upstream(begin, track, rows, momentum, vertex, line, charge, constants.masses,
                        response.upstream)  # fmt: skip
    else:
        for row in range(rows):
            _note_begin(begin, row, momentum, vertex[0], vertex[1], vertex[2], line[0], line[1],
                        track[_AT[Z] + row])  # fmt: skip
    for start in range(_ZERO, rows, _LANES):
        for lane in range(_LANES):
            measure_trial(begin, track, start + lane, charge, constants.masses, response, fit)
    for column in range(OTHER_IDENTITY + 1):
        for row in range(np.uint64(ROWS)):
            trials[i, column, row] = track[np.uint64(column * ROWS) + row]
