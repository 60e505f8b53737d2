"""How interesting a combination of three tracks is to the search for K+ -> pi- mu+ mu+.

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

__all__ = [
    "CHI_SQUARE",
    "INTEREST_FLOOR",
    "MOMENTUM",
    "SLOPE_X",
    "SLOPE_Y",
    "X",
    "Y",
    "InterestNumbers",
    "interest",
    "interest_numbers",
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
_LOW_GEV, _HIGH_GEV = 10.0, 40.0
#: Columns of a trial's track; a track that is not found has an infinite momentum.
X, Y, SLOPE_X, SLOPE_Y, MOMENTUM, CHI_SQUARE = range(4, 10)


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


@njit(cache=True, error_model="numpy", forceinline=True)
def _variance(constant, scattering, momentum, distance):
    """Variance of a line at a distance from the first chamber."""
    s = 1.0 / (momentum * momentum)
    return (constant[0] + s * scattering[0]
            + distance * (2.0 * (constant[1] + s * scattering[1])
                          + distance * (constant[2] + s * scattering[2])))  # fmt: skip


@njit(cache=True, error_model="numpy", forceinline=True)
def _projection(p, x, s, constant, scattering, distance):
    """Moments of three lines in a projection: (sum w, w x, w s, w x x, w x s, w s s)."""
    total, wx, ws, wxx, wxs, wss = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for t in range(3):
        w = 1.0 / _variance(constant, scattering, p[t], distance)
        total += w
        wx += w * x[t]
        ws += w * s[t]
        wxx += w * x[t] * x[t]
        wxs += w * x[t] * s[t]
        wss += w * s[t] * s[t]
    return wxx - wx * wx / total, wxs - wx * ws / total, wss - ws * ws / total


@njit(cache=True, error_model="numpy", forceinline=True)
def vertex(p, x, y, sx, sy, numbers):
    """(z m, chi-square) of the point nearest to three lines, by two steps of reweighting."""
    distance, chi_square = -60.0, 0.0
    for _ in range(3):
        xx, xs, ss = _projection(p, x, sx, numbers.constant_x, numbers.scattering_x, distance)
        yy, ys, tt = _projection(p, y, sy, numbers.constant_y, numbers.scattering_y, distance)
        distance = -(xs + ys) / (ss + tt)
        chi_square = xx + yy + distance * (xs + ys)
        distance = min(max(distance, -150.0), 0.0)
    return numbers.first_chamber_z_m + distance, chi_square


@njit(cache=True, error_model="numpy", forceinline=True)
def interest(trials, a, b, c, negative, numbers):
    """Interest above the floor of three tracks: rows a, b, c of the trials of three pions.

    `negative`: which of the pions has negative charge; the others are taken for muons.
    """
    p = (trials[0, a, MOMENTUM], trials[1, b, MOMENTUM], trials[2, c, MOMENTUM])
    away = abs(p[0] + p[1] + p[2] - numbers.beam_momentum_gev)
    if away > _TOTAL_END_GEV:
        return 0.0
    if min(p[0], p[1], p[2]) < _MOMENTUM_GEV[0] or max(p[0], p[1], p[2]) > _MOMENTUM_GEV[1]:
        return 0.0
    sx = (trials[0, a, SLOPE_X], trials[1, b, SLOPE_X], trials[2, c, SLOPE_X])
    sy = (trials[0, a, SLOPE_Y], trials[1, b, SLOPE_Y], trials[2, c, SLOPE_Y])
    px, py, pz, energy = 0.0, 0.0, 0.0, 0.0
    for t in range(3):
        along = p[t] / math.sqrt(1.0 + sx[t] * sx[t] + sy[t] * sy[t])
        mass = numbers.pion_mass if t == negative else numbers.muon_mass
        px += along * sx[t]
        py += along * sy[t]
        pz += along
        energy += math.sqrt(p[t] * p[t] + mass * mass)
    across_x, across_y = px - pz * numbers.beam_slope_x, py - pz * numbers.beam_slope_y
    if across_x * across_x + across_y * across_y > _TRANSVERSE_GEV * _TRANSVERSE_GEV:
        return 0.0
    squared = energy * energy - px * px - py * py - pz * pz
    if squared > _HIGHEST_MASS_GEV * _HIGHEST_MASS_GEV:
        return 0.0
    x = (trials[0, a, X], trials[1, b, X], trials[2, c, X])
    y = (trials[0, a, Y], trials[1, b, Y], trials[2, c, Y])
    z, chi_square = vertex(p, x, y, sx, sy, numbers)
    outside = max(_VERTEX_Z_M[0] - z, z - _VERTEX_Z_M[1], 0.0)
    if chi_square > _VERTEX_CHI_SQUARE_END or outside > _VERTEX_MARGIN_M:
        return 0.0
    mass = math.sqrt(max(squared, 0.0))
    exponent = _RISE_PER_GEV * (min(max(mass, _RISES_FROM_GEV), _RISES_TO_GEV) - _RISES_FROM_GEV)
    exponent -= max(away - _TOTAL_WITHIN_GEV, 0.0) / _TOTAL_SCALE_GEV
    exponent -= max(chi_square - _VERTEX_CHI_SQUARE, 0.0) / _VERTEX_CHI_SQUARE_SCALE
    exponent -= outside / _VERTEX_SCALE_M
    kink = max(trials[0, a, CHI_SQUARE], trials[1, b, CHI_SQUARE], trials[2, c, CHI_SQUARE])
    return numbers.strength * math.exp(exponent) * (_KINKED if kink > _TRACK_CHI_SQUARE else 1.0)
