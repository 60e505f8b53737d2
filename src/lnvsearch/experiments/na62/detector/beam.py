"""Beam kaons of NA62: momentum, direction, place of decay, and the way to the laboratory."""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.elementary_functions import exponential, logarithm
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_lanes, store_lanes
from lnvsearch.random_lanes import draw_normals, draw_normals_and_uniforms

__all__ = ["N_KAON_NUMBERS", "boost_of", "boosted", "draw_kaons", "kaon_from", "to_laboratory"]

#: What `draw_kaons` gives of a kaon.
N_KAON_NUMBERS = 6
_ZERO, _TWO = np.uint64(0), np.uint64(2)
#: Where the rows of lanes begin.
_AT = tuple(np.uint64(row * int(LANES)) for row in range(N_KAON_NUMBERS))
_kaon_lanes = float_stack_array(N_KAON_NUMBERS * int(LANES))


@inner_kernel(forceinline=True)
def kaon_from(along, normals, beam, volume, mass_gev, ctau_m):
    """Momentum and point of decay of a kaon: (momentum GeV, slope_x, slope_y, x m, y m, z m).

    The decay lies in the fiducial volume, exponential with the kaon's mean flight length.  `along`:
    uniform number; `normals`: five, of momentum, place and slope in x and y.
    """
    spread, spot_x, spot_y, angle_x, angle_y = normals
    momentum = beam.momentum_gev * (1.0 + beam.momentum_spread * spread)
    flight = momentum * ctau_m / mass_gev
    length = volume.end_z_m - volume.begin_z_m
    path = -flight * logarithm(1.0 + along * (exponential(-length / flight) - 1.0))
    z = volume.begin_z_m + path
    angle_x *= beam.divergence_rad
    angle_y *= beam.divergence_rad
    x = beam.slope_x * (z - beam.axis_origin_z_m) + beam.spot_x_m * spot_x + angle_x * path
    y = beam.slope_y * (z - beam.axis_origin_z_m) + beam.spot_y_m * spot_y + angle_y * path
    return momentum, beam.slope_x + angle_x, beam.slope_y + angle_y, x, y, z


@inner_kernel()
def draw_kaons(key, events, beam, volume, mass_gev, ctau_m, kaons):
    """`kaon_from` of n events: (n,) numbers in, columns of `kaons`, (N_KAON_NUMBERS, ...), out."""
    n = len(events)
    first, slots = np.empty((4, n)), np.zeros(n, dtype=np.int64)
    draw_normals_and_uniforms(key, events, slots, 0, first)
    draw_normals(key, events, slots, 1, kaons)
    drawn, kaon = _kaon_lanes(), _kaon_lanes()
    total = np.uint64(n)
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        load_lanes(first, 2, start, lanes, drawn, _AT[0])
        load_lanes(first, 0, start, lanes, drawn, _AT[1])
        for row in range(4):
            load_lanes(kaons, row, start, lanes, drawn, (np.uint64(row) + _TWO) * LANES)
        for j in range(LANES):
            normals = (drawn[_AT[1] + j], drawn[_AT[2] + j], drawn[_AT[3] + j], drawn[_AT[4] + j],
                       drawn[_AT[5] + j])  # fmt: skip
            (
                kaon[_AT[0] + j], kaon[_AT[1] + j], kaon[_AT[2] + j], kaon[_AT[3] + j],
                kaon[_AT[4] + j], kaon[_AT[5] + j],
            ) = kaon_from(drawn[_AT[0] + j], normals, beam, volume, mass_gev, ctau_m)  # fmt: skip
        for row in range(N_KAON_NUMBERS):
            store_lanes(kaon, np.uint64(row) * LANES, lanes, kaons, row, start)


@inner_kernel(forceinline=True)
def boost_of(kaon_momentum, kaon_mass, slope_x, slope_y):
    """The way from a kaon's rest frame to the laboratory: gamma, beta gamma, the kaon's direction."""
    beta_gamma = kaon_momentum / kaon_mass
    gamma = math.sqrt(1.0 + beta_gamma * beta_gamma)
    nz = 1.0 / math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    return gamma, beta_gamma, slope_x * nz, slope_y * nz, nz


@inner_kernel(forceinline=True)
def boosted(px, py, pz, energy, gamma, beta_gamma, nx, ny, nz):
    """`to_laboratory` after `boost_of`."""
    along = gamma * pz + beta_gamma * energy
    tilt = (nx * px + ny * py) / (1.0 + nz)
    return (
        px - nx * tilt + nx * along,
        py - ny * tilt + ny * along,
        nz * along - nx * px - ny * py,
        gamma * energy + beta_gamma * pz,
    )


@inner_kernel(forceinline=True)
def to_laboratory(px, py, pz, energy, kaon_momentum, kaon_mass, slope_x, slope_y):
    """(px, py, pz, E) in the laboratory of a four-momentum in the kaon's rest frame.

    A boost along z, then the rotation that turns z into the kaon's direction by the smallest angle.
    """
    gamma, beta_gamma, nx, ny, nz = boost_of(kaon_momentum, kaon_mass, slope_x, slope_y)
    return boosted(px, py, pz, energy, gamma, beta_gamma, nx, ny, nz)
