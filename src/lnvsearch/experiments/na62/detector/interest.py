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
from lnvsearch.experiments.na62.detector.response import Na62Response
from lnvsearch.experiments.na62.detector.track_fit import parameter_covariance
from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "CHI_SQUARE",
    "IDENTITY",
    "INTEREST_FLOOR",
    "MOMENTUM",
    "NEGATIVE",
    "N_COLUMNS",
    "OTHER_IDENTITY",
    "SLOPE_X",
    "SLOPE_Y",
    "UNDECAYED",
    "USED_MOMENTUM",
    "X",
    "Y",
    "InterestNumbers",
    "identity",
    "interest",
    "interest_numbers",
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
#: Columns of a trial's track; a track that is not found has an infinite momentum.
X, Y, SLOPE_X, SLOPE_Y, MOMENTUM, CHI_SQUARE = range(4, 10)
#: Share of the interest that the identification leaves to a track, see `identity`: as in pi- mu+ mu+, and
#: as the other of pion and muon; and whether its charge is negative.
IDENTITY, OTHER_IDENTITY, NEGATIVE = 27, 28, 29
#: Columns that follow from them (`prepare`): the four-momentum, and the momentum as it enters the
#: total, infinite where no selection takes the track.
PX, PY, PZ, ENERGY, USED_MOMENTUM = range(10, 15)
#: In x and in y: weight of the line at the usual distance of a vertex, and its moments.
_MOMENTS_X, _MOMENTS_Y = 15, 21
N_COLUMNS = 30
#: Distance from the first chamber at which a vertex is looked for first.
_DISTANCE_M = -60.0
#: Vertices whose chi-square is so large there are not looked at again.
_HOPELESS_CHI_SQUARE = 300.0


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
def _keep_moments(trials, pion, row, column, position, slope, constant, scattering):
    """Weight and moments of a line at the usual distance, from `column` on."""
    w = 1.0 / _variance(constant, scattering, trials[pion, row, MOMENTUM], _DISTANCE_M)
    trials[pion, row, column] = w
    trials[pion, row, column + 1] = w * position
    trials[pion, row, column + 2] = w * slope
    trials[pion, row, column + 3] = w * position * position
    trials[pion, row, column + 4] = w * position * slope
    trials[pion, row, column + 5] = w * slope * slope


@inner_kernel(forceinline=True)
def _moments(trials, a, b, c, m):
    """Second moments of three prepared lines at the usual distance; `m`: their first column."""
    return _reduced(
        trials[0, a, m] + trials[1, b, m] + trials[2, c, m],
        trials[0, a, m + 1] + trials[1, b, m + 1] + trials[2, c, m + 1],
        trials[0, a, m + 2] + trials[1, b, m + 2] + trials[2, c, m + 2],
        trials[0, a, m + 3] + trials[1, b, m + 3] + trials[2, c, m + 3],
        trials[0, a, m + 4] + trials[1, b, m + 4] + trials[2, c, m + 4],
        trials[0, a, m + 5] + trials[1, b, m + 5] + trials[2, c, m + 5],
    )


@inner_kernel(forceinline=True)
def prepare(trials, pion, row, is_negative, numbers):
    """Compute once for a trial what `interest` adds up in every combination with it.

    The pion of negative charge is taken for one, the others for muons.
    """
    p = trials[pion, row, MOMENTUM]
    trials[pion, row, NEGATIVE] = 1.0 if is_negative else 0.0
    trials[pion, row, USED_MOMENTUM] = np.inf
    if p < _MOMENTUM_GEV[0] or p > _MOMENTUM_GEV[1]:
        return
    sx, sy = trials[pion, row, SLOPE_X], trials[pion, row, SLOPE_Y]
    along = p / math.sqrt(1.0 + sx * sx + sy * sy)
    mass = numbers.pion_mass if is_negative else numbers.muon_mass
    trials[pion, row, PX] = along * sx
    trials[pion, row, PY] = along * sy
    trials[pion, row, PZ] = along
    trials[pion, row, ENERGY] = math.sqrt(p * p + mass * mass)
    trials[pion, row, USED_MOMENTUM] = p
    _keep_moments(trials, pion, row, _MOMENTS_X, trials[pion, row, X], sx, numbers.constant_x,
                  numbers.scattering_x)  # fmt: skip
    _keep_moments(trials, pion, row, _MOMENTS_Y, trials[pion, row, Y], sy, numbers.constant_y,
                  numbers.scattering_y)  # fmt: skip


@njit(cache=True, error_model="numpy", forceinline=True)
def identity(is_muon, momentum, x, y, muv):
    """Share of the interest that the muon of a decay keeps, from its point (m) in the muon detector.

    If it is to be a muon it must be seen there, if it is to be a pion it must not.
    """
    if momentum < muv.minimum_momentum_gev:
        return _WRONGLY_IDENTIFIED if is_muon else 1.0
    # Beyond zero the point itself is on the wrong side of the edge, in sigma of the scattering.
    wrong = (muv.half_width_m - max(abs(x), abs(y))) * momentum / muv.scattering_m_gev
    if is_muon:
        wrong = -wrong
    return max(math.exp(-0.25 * wrong * wrong), _WRONGLY_IDENTIFIED) if wrong > 0.0 else 1.0


@inner_kernel(forceinline=True)
def _identified(trials, a, b, c):
    """Share of the interest that is left by what the three tracks are seen as, in either decay."""
    search = trials[0, a, IDENTITY] * trials[1, b, IDENTITY] * trials[2, c, IDENTITY]
    # In pi+ mu+ mu- the negative track is a muon and one of the positive ones a pion.
    normalisation = 0.0
    for pion in range(3):
        is_positive = trials[pion, (a, b, c)[pion], NEGATIVE] == 0.0
        share = 1.0
        for i in range(3):
            row = (a, b, c)[i]
            exchanged = i == pion or trials[i, row, NEGATIVE] == 1.0
            share *= trials[i, row, OTHER_IDENTITY] if exchanged else trials[i, row, IDENTITY]
        normalisation = max(normalisation, share) if is_positive else normalisation
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
    total = trials[0, a, USED_MOMENTUM] + trials[1, b, USED_MOMENTUM] + trials[2, c, USED_MOMENTUM]
    return abs(total - numbers.beam_momentum_gev) <= _TOTAL_END_GEV


@inner_kernel(forceinline=True)
def interest(trials, a, b, c, numbers):
    """Interest above the floor of three tracks: rows a, b, c of the trials of three pions.

    The trials are prepared (`prepare`).
    """
    p = (trials[0, a, USED_MOMENTUM], trials[1, b, USED_MOMENTUM], trials[2, c, USED_MOMENTUM])
    away = abs(p[0] + p[1] + p[2] - numbers.beam_momentum_gev)
    if away > _TOTAL_END_GEV:
        return 0.0
    px = trials[0, a, PX] + trials[1, b, PX] + trials[2, c, PX]
    py = trials[0, a, PY] + trials[1, b, PY] + trials[2, c, PY]
    pz = trials[0, a, PZ] + trials[1, b, PZ] + trials[2, c, PZ]
    across_x, across_y = px - pz * numbers.beam_slope_x, py - pz * numbers.beam_slope_y
    if across_x * across_x + across_y * across_y > _TRANSVERSE_GEV * _TRANSVERSE_GEV:
        return 0.0
    energy = trials[0, a, ENERGY] + trials[1, b, ENERGY] + trials[2, c, ENERGY]
    squared = energy * energy - px * px - py * py - pz * pz
    if squared > _HIGHEST_MASS_GEV * _HIGHEST_MASS_GEV:
        return 0.0
    distance, chi_square = _nearest_point(
        _moments(trials, a, b, c, _MOMENTS_X), _moments(trials, a, b, c, _MOMENTS_Y)
    )
    if chi_square > _HOPELESS_CHI_SQUARE:
        return 0.0
    sx = (trials[0, a, SLOPE_X], trials[1, b, SLOPE_X], trials[2, c, SLOPE_X])
    sy = (trials[0, a, SLOPE_Y], trials[1, b, SLOPE_Y], trials[2, c, SLOPE_Y])
    x = (trials[0, a, X], trials[1, b, X], trials[2, c, X])
    y = (trials[0, a, Y], trials[1, b, Y], trials[2, c, Y])
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
    kink = max(trials[0, a, CHI_SQUARE], trials[1, b, CHI_SQUARE], trials[2, c, CHI_SQUARE])
    share = _identified(trials, a, b, c)
    share *= _KINKED if kink > _TRACK_CHI_SQUARE else 1.0
    return numbers.strength * share * math.exp(exponent)
