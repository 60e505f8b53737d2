"""Beam kaons of NA62: momentum, direction, place of decay, and the way to the laboratory."""

from __future__ import annotations

import math

from numba import njit

from lnvsearch.detector.gaussian import normal4, normal_quantile
from lnvsearch.random_streams import uniform4

__all__ = ["draw_kaon", "to_laboratory"]


@njit(cache=True, error_model="numpy", forceinline=True)
def draw_kaon(key, event, beam, volume, mass_gev, ctau_m):
    """Momentum and point of decay of the kaon of an event.

    The decay lies in the fiducial volume, exponential with the kaon's mean flight length.
    Returns (momentum GeV, slope_x, slope_y, x m, y m, z m).
    """
    along, spread, _, _ = uniform4(key, event, 0, 0, 0)
    spot_x, spot_y, angle_x, angle_y = normal4(key, event, 0, 1)
    momentum = beam.momentum_gev * (1.0 + beam.momentum_spread * normal_quantile(spread))
    flight = momentum * ctau_m / mass_gev
    length = volume.end_z_m - volume.begin_z_m
    path = -flight * math.log1p(along * math.expm1(-length / flight))
    z = volume.begin_z_m + path
    angle_x *= beam.divergence_rad
    angle_y *= beam.divergence_rad
    x = beam.slope_x * (z - beam.axis_origin_z_m) + beam.spot_x_m * spot_x + angle_x * path
    y = beam.slope_y * (z - beam.axis_origin_z_m) + beam.spot_y_m * spot_y + angle_y * path
    return momentum, beam.slope_x + angle_x, beam.slope_y + angle_y, x, y, z


@njit(cache=True, error_model="numpy", forceinline=True)
def to_laboratory(px, py, pz, energy, kaon_momentum, kaon_mass, slope_x, slope_y):
    """(px, py, pz, E) in the laboratory of a four-momentum in the kaon's rest frame.

    A boost along z, then the rotation that turns z into the kaon's direction by the smallest angle.
    """
    beta_gamma = kaon_momentum / kaon_mass
    gamma = math.sqrt(1.0 + beta_gamma * beta_gamma)
    along = gamma * pz + beta_gamma * energy
    nz = 1.0 / math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    nx, ny = slope_x * nz, slope_y * nz
    tilt = (nx * px + ny * py) / (1.0 + nz)
    return (
        px - nx * tilt + nx * along,
        py - ny * tilt + ny * along,
        nz * along - nx * px - ny * py,
        gamma * energy + beta_gamma * pz,
    )
