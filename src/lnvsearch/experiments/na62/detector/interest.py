"""How interesting a combination of three tracks is to the search for K+ -> pi- mu+ mu+.

The normalisation channel K+ -> pi+ mu+ mu- is looked for in the same sample, and asks for less.

A number between two bounds that steers importance sampling (`decays_in_flight`).  It decides on
the variance of an estimate and never on its mean; the windows are wider than any cut.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from lnvsearch import particles
from lnvsearch.elementary_functions import exponential
from lnvsearch.experiments.na62.detector.response import Na62Response
from lnvsearch.experiments.na62.detector.track_fit import parameter_covariance
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import float_stack_array

__all__ = [
    "ALONG_X",
    "ALONG_Y",
    "CHI_SQUARE",
    "COSINE",
    "IDENTITY",
    "INTEREST_FLOOR",
    "MOMENTUM",
    "N_COLUMNS",
    "OTHER_IDENTITY",
    "ROWS",
    "SLOPE_X",
    "SLOPE_Y",
    "UNDECAYED",
    "WEIGHT",
    "X",
    "Y",
    "Z",
    "InterestNumbers",
    "identities",
    "interest",
    "interest_numbers",
    "is_used",
    "may_interest",
    "prepare",
    "reaches_beam",
    "vertex",
]

#: Smallest interest, of tracks that no selection takes; 1 is that of a plain candidate.
INTEREST_FLOOR = 0.03
#: Candidates fall by eight for every 10 MeV of mass: the interest rises as much, up to a bound.
_RISE_PER_GEV = math.log(8.0) / 0.010
_RISES_FROM_GEV, _RISES_TO_GEV = 0.450, 0.488
_HIGHEST_MASS_GEV = 0.508
#: Windows about those of the selections, and beyond them the scale on which the interest falls:
#: resolution and scattering, which the tracks looked at do not have, bring some events back.
_MOMENTUM_GEV = (4.9, 45.3)
_TOTAL_WITHIN_GEV, _TOTAL_SCALE_GEV, _TOTAL_END_GEV = 2.5, 0.2, 3.3
_TRANSVERSE_GEV = 0.033
_VERTEX_Z_M, _VERTEX_SCALE_M, _VERTEX_MARGIN_M = (105.0, 180.0), 0.5, 2.0
_VERTEX_CHI_SQUARE, _VERTEX_CHI_SQUARE_SCALE, _VERTEX_CHI_SQUARE_END = 20.0, 12.0, 60.0
_TRACK_CHI_SQUARE = 60.0
#: Share of the interest that tracks with a kink keep.
_KINKED = 0.4
#: The same of tracks with a muon that the muon detector shows to be what the search rejects.  That
#: happens all the same where it is inefficient: the best sampling goes as the root of its probability.
_WRONGLY_IDENTIFIED = 0.04
#: The same of a pion that does not decay and is to be a muon.  Fewer than one in a hundred pass for one, but
#: control samples ask for a pion.
UNDECAYED = 0.02
#: Interest in pi+ mu+ mu- over that in pi- mu+ mu+.
_NORMALISATION = 0.05
_LOW_GEV, _HIGH_GEV = 10.0, 40.0
#: Trials of a pion side by side, the pion that does not decay behind them.
ROWS = 16
#: Columns of a trial: its decay, with the direction of the azimuth, and true over drawn density.
Z, COSINE, ALONG_X, ALONG_Y, WEIGHT = range(5)
#: Of its track: the line before the magnet, the momentum, which is infinite where no selection takes the track,
#: and the share of the interest that the identification leaves, see `identities`: as in pi- mu+ mu+, and as the
#: other of pion and muon.
X, Y, SLOPE_X, SLOPE_Y, MOMENTUM, CHI_SQUARE, IDENTITY, OTHER_IDENTITY = range(5, 13)
#: Columns that follow from them (`prepare`): the four-momentum.
PX, PY, PZ, ENERGY = range(13, 17)
#: In x and in y: weight of the line at the usual distance of a vertex, and its moments.
_MOMENTS_X, _MOMENTS_Y = 17, 23
N_COLUMNS = 29
#: Distance from the first chamber at which a vertex is looked for first.
_DISTANCE_M = -60.0
#: Vertices whose chi-square is so large there are not looked at again.
_HOPELESS_CHI_SQUARE = 300.0


_ROWS = np.uint64(ROWS)
#: Where the columns of lanes begin.
_AT = tuple(np.uint64(column * ROWS) for column in range(N_COLUMNS))
_column_lanes = float_stack_array(N_COLUMNS * ROWS)


class InterestNumbers(NamedTuple):
    """What `interest` needs of detector and particles; GeV and m."""

    beam_momentum_gev: float
    beam_slope_x: float
    beam_slope_y: float
    first_chamber_z_m: float
    # Variance of position, covariance with the slope, variance of the slope: constant and 1/p^2.
    constant_x: tuple
    scattering_x: tuple
    constant_y: tuple
    scattering_y: tuple
    pion_mass: float
    muon_mass: float
    strength: float  # 1, or 0 for combinations all alike


def interest_numbers(response: Na62Response, strength: float = 1.0) -> InterestNumbers:
    """The numbers of a detector; with `strength` 0 no combination is preferred."""
    low = parameter_covariance(response.spectrometer, _LOW_GEV)
    high = parameter_covariance(response.spectrometer, _HIGH_GEV)
    scattering = (low - high) / (_LOW_GEV**-2 - _HIGH_GEV**-2)
    constant = high - scattering * _HIGH_GEV**-2

    def line(covariance: np.ndarray, position: int) -> tuple[float, ...]:
        slope = position + 2
        entries = (position, position), (position, slope), (slope, slope)
        return tuple(float(covariance[i, j]) for i, j in entries)

    return InterestNumbers(
        beam_momentum_gev=response.beam.momentum_gev,
        beam_slope_x=response.beam.slope_x,
        beam_slope_y=response.beam.slope_y,
        first_chamber_z_m=response.spectrometer.chamber_z_m[0],
        constant_x=line(constant, 0),
        scattering_x=line(scattering, 0),
        constant_y=line(constant, 1),
        scattering_y=line(scattering, 1),
        pion_mass=particles.mass_gev("pi+"),
        muon_mass=particles.mass_gev("mu+"),
        strength=strength,
    )


@inner_kernel(forceinline=True)
def _variance(constant, scattering, momentum, distance):
    """Variance of a line at a distance from the first chamber."""
    s = 1.0 / (momentum * momentum)
    return (constant[0] + s * scattering[0]
            + distance * (2.0 * (constant[1] + s * scattering[1])
                          + distance * (constant[2] + s * scattering[2])))  # fmt: skip


@inner_kernel(forceinline=True)
def _reduced(total, wx, ws, wxx, wxs, wss):
    """Second moments about the weighted mean, from sums of w, w x, w s, w x x, w x s, w s s."""
    return wxx - wx * wx / total, wxs - wx * ws / total, wss - ws * ws / total


@inner_kernel(forceinline=True)
def _projection(p, x, s, constant, scattering, distance):
    """Second moments of three lines in a projection, weighted as they are measured at a distance."""
    total, wx, ws, wxx, wxs, wss = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for t in range(3):
        w = 1.0 / _variance(constant, scattering, p[t], distance)
        total += w
        wx += w * x[t]
        ws += w * s[t]
        wxx += w * x[t] * x[t]
        wxs += w * x[t] * s[t]
        wss += w * s[t] * s[t]
    return _reduced(total, wx, ws, wxx, wxs, wss)


@inner_kernel(forceinline=True)
def _nearest_point(along_x, along_y):
    """(distance m, chi-square) of the point nearest to lines, from their moments in x and y."""
    distance = -(along_x[1] + along_y[1]) / (along_x[2] + along_y[2])
    chi_square = along_x[0] + along_y[0] + distance * (along_x[1] + along_y[1])
    return min(max(distance, -150.0), 0.0), chi_square


@njit(cache=True, error_model="numpy", forceinline=True)
def vertex(p, x, y, sx, sy, distance, numbers):
    """(distance m, chi-square) of the point nearest to three lines, weighted at a distance."""
    return _nearest_point(
        _projection(p, x, sx, numbers.constant_x, numbers.scattering_x, distance),
        _projection(p, y, sy, numbers.constant_y, numbers.scattering_y, distance),
    )


@inner_kernel(forceinline=True)
def _keep_moments(lanes, first, position, slope, w):
    """Weight and moments of a line at the usual distance; `first`: where the weight goes."""
    lanes[first] = w
    lanes[_AT[1] + first] = w * position
    lanes[_AT[2] + first] = w * slope
    lanes[_AT[3] + first] = w * position * position
    lanes[_AT[4] + first] = w * position * slope
    lanes[_AT[5] + first] = w * slope * slope


@inner_kernel(forceinline=True)
def _moments(trials, a, b, c, m):
    """Second moments of three prepared lines at the usual distance; `m`: their first column."""
    return _reduced(
        trials[0, m, a] + trials[1, m, b] + trials[2, m, c],
        trials[0, m + 1, a] + trials[1, m + 1, b] + trials[2, m + 1, c],
        trials[0, m + 2, a] + trials[1, m + 2, b] + trials[2, m + 2, c],
        trials[0, m + 3, a] + trials[1, m + 3, b] + trials[2, m + 3, c],
        trials[0, m + 4, a] + trials[1, m + 4, b] + trials[2, m + 4, c],
        trials[0, m + 5, a] + trials[1, m + 5, b] + trials[2, m + 5, c],
    )


@inner_kernel(forceinline=True)
def is_used(momentum):
    """Whether selections take a track of such a momentum, GeV."""
    return (momentum >= _MOMENTUM_GEV[0]) & (momentum <= _MOMENTUM_GEV[1])


@inner_kernel()
def prepare(trials, pion, is_negative, numbers):
    """Compute once for the trials of a pion what `interest` adds up in every combination with one.

    The pion of negative charge is taken for one, the others for muons.
    """
    lanes = _column_lanes()
    for column in range(X, CHI_SQUARE):
        for row in range(_ROWS):
            lanes[np.uint64(column) * _ROWS + row] = trials[pion, column, row]
    mass = numbers.pion_mass if is_negative else numbers.muon_mass
    for j in range(_ROWS):
        p, sx, sy = lanes[_AT[MOMENTUM] + j], lanes[_AT[SLOPE_X] + j], lanes[_AT[SLOPE_Y] + j]
        along = p / math.sqrt(1.0 + sx * sx + sy * sy)
        lanes[_AT[PX] + j] = along * sx
        lanes[_AT[PY] + j] = along * sy
        lanes[_AT[PZ] + j] = along
        lanes[_AT[ENERGY] + j] = math.sqrt(p * p + mass * mass)
        in_x = 1.0 / _variance(numbers.constant_x, numbers.scattering_x, p, _DISTANCE_M)
        in_y = 1.0 / _variance(numbers.constant_y, numbers.scattering_y, p, _DISTANCE_M)
        _keep_moments(lanes, _AT[_MOMENTS_X] + j, lanes[_AT[X] + j], sx, in_x)
        _keep_moments(lanes, _AT[_MOMENTS_Y] + j, lanes[_AT[Y] + j], sy, in_y)
    for column in range(PX, N_COLUMNS):
        for row in range(_ROWS):
            trials[pion, column, row] = lanes[np.uint64(column) * _ROWS + row]


@inner_kernel(forceinline=True)
def identities(momentum, x, y, muv):
    """Shares of the interest that the muon of a decay keeps as a pion and as a muon.

    `x`, `y`: its point (m) in the muon detector.  If it is to be a muon it must be seen there, if it is to be
    a pion it must not.
    """
    # Beyond zero the point itself is on the wrong side of the edge for a pion, in sigma of the scattering.
    wrong = (muv.half_width_m - max(abs(x), abs(y))) * momentum / muv.scattering_m_gev
    kept = max(exponential(-0.25 * wrong * wrong), _WRONGLY_IDENTIFIED)
    stops = momentum < muv.minimum_momentum_gev
    as_pion = 1.0 if stops | (wrong <= 0.0) else kept
    as_muon = kept if wrong < 0.0 else 1.0
    return as_pion, _WRONGLY_IDENTIFIED if stops else as_muon


@inner_kernel(forceinline=True)
def _identified(trials, a, b, c, negative):
    """Share of the interest that is left by what the three tracks are seen as, in either decay."""
    search = trials[0, IDENTITY, a] * trials[1, IDENTITY, b] * trials[2, IDENTITY, c]
    # In pi+ mu+ mu- the negative track is a muon and one of the positive ones a pion.
    rows = (a, b, c)
    exchanged = trials[negative, OTHER_IDENTITY, rows[negative]]
    one, other = (negative + 1) % 3, (negative + 2) % 3
    normalisation = exchanged * max(
        trials[one, OTHER_IDENTITY, rows[one]] * trials[other, IDENTITY, rows[other]],
        trials[one, IDENTITY, rows[one]] * trials[other, OTHER_IDENTITY, rows[other]],
    )
    return max(search, _NORMALISATION * normalisation)


@inner_kernel(forceinline=True)
def reaches_beam(low, high, numbers):
    """Whether totals from `low` to `high` come as near to the beam's momentum as `may_interest` asks."""
    return (
        low - numbers.beam_momentum_gev <= _TOTAL_END_GEV
        and high - numbers.beam_momentum_gev >= -_TOTAL_END_GEV
    )


@inner_kernel(forceinline=True)
def may_interest(trials, a, b, c, numbers):
    """Whether three tracks have the beam's momentum: false where `interest` is 0 for that alone."""
    total = trials[0, MOMENTUM, a] + trials[1, MOMENTUM, b] + trials[2, MOMENTUM, c]
    return abs(total - numbers.beam_momentum_gev) <= _TOTAL_END_GEV


@inner_kernel(forceinline=True)
def interest(trials, a, b, c, negative, numbers):
    """Interest above the floor of three tracks: rows a, b, c of the trials of three pions.

    `negative`: which of the pions has negative charge.  The trials are prepared (`prepare`).
    """
    p = (trials[0, MOMENTUM, a], trials[1, MOMENTUM, b], trials[2, MOMENTUM, c])
    away = abs(p[0] + p[1] + p[2] - numbers.beam_momentum_gev)
    if away > _TOTAL_END_GEV:
        return 0.0
    px = trials[0, PX, a] + trials[1, PX, b] + trials[2, PX, c]
    py = trials[0, PY, a] + trials[1, PY, b] + trials[2, PY, c]
    pz = trials[0, PZ, a] + trials[1, PZ, b] + trials[2, PZ, c]
    across_x, across_y = px - pz * numbers.beam_slope_x, py - pz * numbers.beam_slope_y
    if across_x * across_x + across_y * across_y > _TRANSVERSE_GEV * _TRANSVERSE_GEV:
        return 0.0
    energy = trials[0, ENERGY, a] + trials[1, ENERGY, b] + trials[2, ENERGY, c]
    squared = energy * energy - px * px - py * py - pz * pz
    if squared > _HIGHEST_MASS_GEV * _HIGHEST_MASS_GEV:
        return 0.0
    distance, chi_square = _nearest_point(
        _moments(trials, a, b, c, _MOMENTS_X), _moments(trials, a, b, c, _MOMENTS_Y)
    )
    if chi_square > _HOPELESS_CHI_SQUARE:
        return 0.0
    sx = (trials[0, SLOPE_X, a], trials[1, SLOPE_X, b], trials[2, SLOPE_X, c])
    sy = (trials[0, SLOPE_Y, a], trials[1, SLOPE_Y, b], trials[2, SLOPE_Y, c])
    x = (trials[0, X, a], trials[1, X, b], trials[2, X, c])
    y = (trials[0, Y, a], trials[1, Y, b], trials[2, Y, c])
    distance, chi_square = vertex(p, x, y, sx, sy, distance, numbers)
    z = numbers.first_chamber_z_m + distance
    outside = max(_VERTEX_Z_M[0] - z, z - _VERTEX_Z_M[1], 0.0)
    if chi_square > _VERTEX_CHI_SQUARE_END or outside > _VERTEX_MARGIN_M:
        return 0.0
    mass = math.sqrt(max(squared, 0.0))
    exponent = _RISE_PER_GEV * (min(max(mass, _RISES_FROM_GEV), _RISES_TO_GEV) - _RISES_FROM_GEV)
    exponent -= max(away - _TOTAL_WITHIN_GEV, 0.0) / _TOTAL_SCALE_GEV
    exponent -= max(chi_square - _VERTEX_CHI_SQUARE, 0.0) / _VERTEX_CHI_SQUARE_SCALE
    exponent -= outside / _VERTEX_SCALE_M
    kink = max(trials[0, CHI_SQUARE, a], trials[1, CHI_SQUARE, b], trials[2, CHI_SQUARE, c])
    share = _identified(trials, a, b, c, negative)
    share *= _KINKED if kink > _TRACK_CHI_SQUARE else 1.0
    return numbers.strength * share * math.exp(exponent)
