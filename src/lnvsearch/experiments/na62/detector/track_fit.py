"""Fit of a straw-spectrometer track: four hits a coordinate, a thin magnet, multiple scattering.

Model of the hits in the bending plane, h_i = x + s (z_i - z_1) + k (z_i - z_M)+, with x and s the
line before the first chamber and k the change of slope in the magnet; without k in the other
plane.  Their covariance is V = sigma^2 1 + theta^2 S, S_ij = sum_k (z_i - z_k)+ (z_j - z_k)+, with
the hit resolution sigma and the scattering angle theta ~ 1/p of a chamber.

The least-squares solution for any theta follows from the one for theta = 0 without inverting V:
let A be the pseudo-inverse of the design matrix, and c_j an orthonormal basis of the hits'
combinations that the design cannot produce, chosen such that c_i S c_j = lambda_j delta_ij.  Then

    parameters = A h - sum_j theta^2 g_j (c_j h)/(sigma^2 + theta^2 lambda_j),   g_j = A S c_j,
    chi-square = sum_j (c_j h)^2/(sigma^2 + theta^2 lambda_j),

one degree of freedom in x and two in y (generalised least squares with the residuals as
measurements of zero; A. C. Aitken, Proc. R. Soc. Edinburgh 55 (1935) 42).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lnvsearch.experiments.na62.detector.response import N_CHAMBERS, Spectrometer
from lnvsearch.inner_kernel import inner_kernel

__all__ = ["FitNumbers", "fit_numbers", "fit_track", "parameter_covariance", "scattering_gev"]

#: Highland's formula in the form of Lynch and Dahl (PDG, "Passage of particles through matter").
_HIGHLAND_GEV = 0.0136
_HIGHLAND_LOGARITHM = 0.038


class FitNumbers(NamedTuple):
    """What a fit needs of the geometry, as tuples of numbers; see the module for the letters."""

    inverse_x: tuple  # A, three rows of four
    residual_x: tuple  # c, one row of four
    gain_x: tuple  # g, one row of three
    spread_x: tuple  # lambda, one number
    inverse_y: tuple  # two rows of four
    residual_y: tuple  # two rows of four
    gain_y: tuple  # two rows of two
    spread_y: tuple  # two numbers
    variance: float  # sigma^2, m^2
    scattering_gev: float  # theta times momentum
    kick_gev: float
    arm_m: float  # from the third chamber to the fourth


def scattering_gev(thickness_x0: float) -> float:
    """rms scattering angle (one plane) times beta times momentum, GeV, of a layer in X0.

    >>> round(1e3 * scattering_gev(0.0045), 3)
    0.725
    """
    if thickness_x0 <= 0.0:
        return 0.0
    logarithm = 1.0 + _HIGHLAND_LOGARITHM * math.log(thickness_x0)
    return _HIGHLAND_GEV * math.sqrt(thickness_x0) * max(logarithm, 0.0)


def _design(z: np.ndarray, magnet_z: float, bends: bool) -> np.ndarray:
    columns = [np.ones_like(z), z - z[0]]
    if bends:
        columns.append(np.maximum(z - magnet_z, 0.0))
    return np.stack(columns, axis=1)


def _scattering_matrix(z: np.ndarray) -> np.ndarray:
    """S of the module, m^2."""
    lever = np.maximum(z[:, np.newaxis] - z, 0.0)
    return lever @ lever.T


def _solution(design: np.ndarray, scatter: np.ndarray) -> tuple[np.ndarray, ...]:
    """(A, c, g, lambda) of the module."""
    inverse = np.linalg.pinv(design)
    left, _, _ = np.linalg.svd(design, full_matrices=True)
    basis = left[:, design.shape[1] :]
    spread, rotation = np.linalg.eigh(basis.T @ scatter @ basis)
    residual = (basis @ rotation).T
    return inverse, residual, residual @ scatter @ inverse.T, spread


def _as_tuples(array: np.ndarray) -> tuple:
    """Nested tuples: a kernel that runs through arrays spends its time on counting references."""
    return tuple(_as_tuples(part) if part.ndim else float(part) for part in array)


def fit_numbers(spectrometer: Spectrometer) -> FitNumbers:
    """The constants of the fit for a geometry."""
    z = np.array(spectrometer.chamber_z_m)
    scatter = _scattering_matrix(z)
    bending = _solution(_design(z, spectrometer.magnet_z_m, True), scatter)
    straight = _solution(_design(z, spectrometer.magnet_z_m, False), scatter)
    return FitNumbers(
        *(_as_tuples(part) for part in (*bending, *straight)),
        variance=spectrometer.hit_resolution_m**2,
        scattering_gev=scattering_gev(spectrometer.thickness_x0),
        kick_gev=spectrometer.magnet_kick_gev,
        arm_m=float(z[3] - z[2]),
    )


def parameter_covariance(spectrometer: Spectrometer, momentum_gev: float) -> np.ndarray:
    """Covariance (5, 5) of (x, y, slope_x, slope_y, charge/p) of a fitted track at chamber 1.

    Units m, 1 and 1/GeV.  `momentum_gev` > 0.  Small slopes: charge/p = -k/kick.
    """
    z = np.array(spectrometer.chamber_z_m)
    theta = scattering_gev(spectrometer.thickness_x0) / momentum_gev
    hits = spectrometer.hit_resolution_m**2 * np.eye(N_CHAMBERS)
    hits += theta**2 * _scattering_matrix(z)
    weight = np.linalg.inv(hits)
    covariance = np.zeros((5, 5))
    for bends, rows in ((True, [0, 2, 4]), (False, [1, 3])):
        design = _design(z, spectrometer.magnet_z_m, bends)
        covariance[np.ix_(rows, rows)] = np.linalg.inv(design.T @ weight @ design)
    to_curvature = np.array([1.0, 1.0, 1.0, 1.0, -1.0 / spectrometer.magnet_kick_gev])
    return covariance * np.outer(to_curvature, to_curvature)


@inner_kernel(forceinline=True)
def _momentum(slope_before, slope_behind, slope_y, kick_gev):
    """(momentum, charge) from the slopes around the magnet, which changes p_x by the kick."""
    # Products: behind a power, the compiler does not see a square, and calls a function for the root.
    up = slope_y * slope_y
    sine_before = slope_before / math.sqrt(1.0 + slope_before * slope_before + up)
    sine_behind = slope_behind / math.sqrt(1.0 + slope_behind * slope_behind + up)
    change = sine_before - sine_behind
    return kick_gev / abs(change), 1.0 if change > 0.0 else -1.0


@inner_kernel(forceinline=True)
def _combination(row, hits):
    return row[0] * hits[0] + row[1] * hits[1] + row[2] * hits[2] + row[3] * hits[3]


@inner_kernel(forceinline=True)
def fit_track(hits_x, hits_y, numbers):
    """Fit measured hits (tuples of four, m).

    Returns (x, y, slope_x, slope_y before the magnet at chamber 1, momentum GeV, charge,
    chi-square).  The scattering in the weights is that of the momentum fitted without it.
    """
    x = _combination(numbers.inverse_x[0], hits_x)
    slope_x = _combination(numbers.inverse_x[1], hits_x)
    bend = _combination(numbers.inverse_x[2], hits_x)
    y = _combination(numbers.inverse_y[0], hits_y)
    slope_y = _combination(numbers.inverse_y[1], hits_y)
    momentum, _ = _momentum(slope_x, slope_x + bend, slope_y, numbers.kick_gev)
    theta = numbers.scattering_gev / momentum
    theta_squared = theta * theta

    miss = _combination(numbers.residual_x[0], hits_x)
    pull = miss / (numbers.variance + theta_squared * numbers.spread_x[0])
    chi_square = miss * pull
    pull *= theta_squared
    x -= pull * numbers.gain_x[0][0]
    slope_x -= pull * numbers.gain_x[0][1]
    bend -= pull * numbers.gain_x[0][2]
    for j in range(2):
        miss = _combination(numbers.residual_y[j], hits_y)
        pull = miss / (numbers.variance + theta_squared * numbers.spread_y[j])
        chi_square += miss * pull
        pull *= theta_squared
        y -= pull * numbers.gain_y[j][0]
        slope_y -= pull * numbers.gain_y[j][1]
    momentum, charge = _momentum(slope_x, slope_x + bend, slope_y, numbers.kick_gev)
    return x, y, slope_x, slope_y, momentum, charge, chi_square
