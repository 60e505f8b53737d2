"""Beam kaons of NA62: momentum, direction, place of decay, and the way to the laboratory."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.detector.gaussian import normal4, normal_quantile, to_normals
from lnvsearch.random_streams import uniform4

__all__ = ["N_KAON_NUMBERS", "draw_kaon", "draw_kaons", "to_laboratory"]

#: What `draw_kaon` gives of a kaon.
N_KAON_NUMBERS = 6
#: Normal numbers of a kaon: momentum, place and slope in x and y.
_N_NORMALS = 5


@njit(cache=True, error_model="numpy", forceinline=True)
def _kaon(along, normals, beam, volume, mass_gev, ctau_m):
    """`draw_kaon` from a uniform number and five normal ones."""
    spread, spot_x, spot_y, angle_x, angle_y = normals
    momentum = beam.momentum_gev * (1.0 + beam.momentum_spread * spread)
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
def draw_kaon(key, event, beam, volume, mass_gev, ctau_m):
    """Momentum and point of decay of the kaon of an event.

    The decay lies in the fiducial volume, exponential with the kaon's mean flight length.
    Returns (momentum GeV, slope_x, slope_y, x m, y m, z m).
    """
    along, spread, _, _ = uniform4(key, event, 0, 0, 0)
    spot_x, spot_y, angle_x, angle_y = normal4(key, event, 0, 1)
    normals = (normal_quantile(spread), spot_x, spot_y, angle_x, angle_y)
    return _kaon(along, normals, beam, volume, mass_gev, ctau_m)


@njit(cache=True, error_model="numpy")
def draw_kaons(key, events, beam, volume, mass_gev, ctau_m, kaons):
    """`draw_kaon` of many events: (n,) numbers in, rows of `kaons` (n, N_KAON_NUMBERS) out."""
    n = len(events)
    along, normals = np.empty(n), np.empty(_N_NORMALS * n)
    for i in range(n):
        k = _N_NORMALS * i
        along[i], normals[k], _, _ = uniform4(key, events[i], 0, 0, 0)
        normals[k + 1], normals[k + 2], normals[k + 3], normals[k + 4] = uniform4(
            key, events[i], 0, 0, 1
        )
    to_normals(normals)
    for i in range(n):
        k = _N_NORMALS * i
        of_event = (normals[k], normals[k + 1], normals[k + 2], normals[k + 3], normals[k + 4])
        kaons[i, 0], kaons[i, 1], kaons[i, 2], kaons[i, 3], kaons[i, 4], kaons[i, 5] = _kaon(
            along[i], of_event, beam, volume, mass_gev, ctau_m
        )


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
