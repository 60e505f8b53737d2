"""Flight of a charged particle through the straw spectrometer to the calorimeter of NA62.

Straight lines, a thin magnet, multiple scattering and bremsstrahlung in the chambers, and the
decay in flight of pions into a muon and a neutrino.  Bremsstrahlung behind the magnet ends in the
electron's own calorimeter cluster and scattering in the last chamber moves nothing that is
measured: both are left out.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.detector.gaussian import normal_quantile
from lnvsearch.detector.material import photon_number, radiate_in_walls
from lnvsearch.experiments.na62.detector.kinematics import (
    DECAYS_NATURALLY,
    DECAYS_NEVER,
    decay_pion,
    decay_pion_towards,
    kicked,
    sample_decay_z,
)
from lnvsearch.experiments.na62.detector.upstream import pass_beam_line
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = [
    "CHAMBERS_PER_SLOT",
    "DECAYS_NATURALLY",
    "DECAYS_NEVER",
    "ELECTRON",
    "END_MOMENTUM",
    "END_SLOPE_X",
    "END_SLOPE_Y",
    "END_SPECIES",
    "END_X",
    "END_Y",
    "INVISIBLE",
    "MUON",
    "N_FLOWN",
    "N_HITS",
    "PHOTON",
    "PION",
    "add_photon",
    "decay_pion",
    "fly",
    "in_chamber",
    "sample_decay_z",
]

#: Species, numbers of the kernels' own.
INVISIBLE, ELECTRON, MUON, PION, PHOTON = -1, 0, 1, 2, 3

#: Rows of a particle that has flown: its place in the chambers, four x and four y; its place and slopes,
#: momentum and species at the front of the calorimeter.
N_HITS = 8
END_X, END_Y, END_SLOPE_X, END_SLOPE_Y, END_MOMENTUM, END_SPECIES = range(N_HITS, 14)
N_FLOWN = 14

#: Planes in the order of flight; the calorimeter is the last.
_MAGNET, _CALORIMETER = 2, 5
_N_PLANES = 6
_SECOND_CHAMBER, _LAST_CHAMBER = 1, 3
CHAMBERS_PER_SLOT = 8
_ROOT_2 = math.sqrt(2.0)


@inner_kernel(forceinline=True)
def in_chamber(x, y, chamber, spectrometer):
    """Whether two views of a chamber (0 to 3) at least have straws at a point.

    In the gap of x and y, a square, and in that of u and v, the same turned by 45 degrees, there
    are too few.
    """
    radius = spectrometer.outer_radius_m
    half = spectrometer.hole_half_size_m
    across, up = abs(x - spectrometer.hole_centre_x_m[chamber]), abs(y)
    in_hole = (across < half and up < half) or across + up < _ROOT_2 * half
    return x * x + y * y < radius * radius and not in_hole


@inner_kernel(forceinline=True)
def _radiate(key, event, slot, chamber, uniform, momentum, thickness, slope_x, slope_y):
    """Momentum of an electron behind a chamber."""
    path = thickness * math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    photons = photon_number(path, uniform)
    return radiate_in_walls(key, event, CHAMBERS_PER_SLOT * slot + chamber, momentum, photons)


@inner_kernel(forceinline=True)
def add_photon(photons, n_photons, x, y, z, slope_x, slope_y, energy):
    """Append a photon to the rows (x, y, z, slope_x, slope_y, E); returns their number."""
    photons[n_photons, 0] = x
    photons[n_photons, 1] = y
    photons[n_photons, 2] = z
    photons[n_photons, 3] = slope_x
    photons[n_photons, 4] = slope_y
    photons[n_photons, 5] = energy
    return n_photons + 1


@inner_kernel(forceinline=True)
def _plane_z(plane, straws, end_z):
    """z of a plane: two chambers, the magnet, two chambers, the calorimeter."""
    if plane == _MAGNET:
        return straws.magnet_z_m
    if plane == _CALORIMETER:
        return end_z
    return straws.chamber_z_m[plane if plane < _MAGNET else plane - 1]


@inner_kernel(forceinline=True)
def _scatter(key, event, slot, chamber, momentum, mass, scattering_gev, slope_x, slope_y, next_x,
             next_y):  # fmt: skip
    """Slopes behind a chamber, and the two uniform numbers that are left for the next one.

    The four numbers of the first chamber's block serve the second one, too.
    """
    energy = math.sqrt(momentum * momentum + mass * mass)
    theta = scattering_gev * energy / (momentum * momentum)
    if chamber != _SECOND_CHAMBER:
        u_x, u_y, next_x, next_y = uniform4(key, event, slot, 0, chamber // 2)
    else:
        u_x, u_y = next_x, next_y
    slope_x += theta * normal_quantile(u_x)
    slope_y += theta * normal_quantile(u_y)
    return slope_x, slope_y, next_x, next_y


@inner_kernel(forceinline=True)
def _note_end(flown, track, x, y, slope_x, slope_y, momentum, species):
    """How a particle arrives at the calorimeter, into its column of `flown`."""
    flown[END_X, track], flown[END_Y, track] = x, y
    flown[END_SLOPE_X, track], flown[END_SLOPE_Y, track] = slope_x, slope_y
    flown[END_MOMENTUM, track], flown[END_SPECIES, track] = momentum, species


@inner_kernel(forceinline=True)
def fly(keys, event, slot, species, charge, four_momentum, vertex, decay, radiation, constants,
        response, flown, track, photons, n_photons):  # fmt: skip
    """Carry a charged particle from its vertex to the front of the calorimeter.

    `decay`: (z in m, cosine, azimuth) of a pion's decay, see `kinematics`; `radiation`: two uniform
    numbers that say how many photons an electron has in the first two chambers.  Writes the true positions in the chambers, four x and four y, and how it arrives to
    `flown[:, track]`, and bremsstrahlung photons as rows (x, y, z, slope_x, slope_y, E) to `photons`.
    Returns (found in all chambers, species at the end, n_photons).
    """
    px, py, pz, _ = four_momentum
    x, y, z = vertex
    if pz <= 0.0:
        return False, species, n_photons
    straws, end_z = response.spectrometer, response.lkr.z_m
    slope_x, slope_y = px / pz, py / pz
    momentum = math.sqrt(px * px + py * py + pz * pz)
    decay_z, cosine, azimuth = decay
    if z < response.upstream.trim5_z_m:
        passes, decays, momentum, x, y, z, slope_x, slope_y = pass_beam_line(
            momentum, x, y, z, slope_x, slope_y, charge, decay, constants.masses,
            response.upstream,
        )  # fmt: skip
        if decays:
            species, decay_z = MUON, np.inf
        if not passes:
            return False, species, n_photons
    next_x, next_y = 0.5, 0.5  # what `_scatter` has left
    for plane in range(_N_PLANES):
        plane_z = _plane_z(plane, straws, end_z)
        if decay_z < plane_z:
            x, y = x + slope_x * (decay_z - z), y + slope_y * (decay_z - z)
            z = decay_z
            momentum, slope_x, slope_y = decay_pion_towards(
                cosine, azimuth, momentum, slope_x, slope_y, constants.masses[PION],
                constants.masses[MUON],
            )  # fmt: skip
            species, decay_z = MUON, np.inf
        x, y = x + slope_x * (plane_z - z), y + slope_y * (plane_z - z)
        z = plane_z
        if plane == _MAGNET:
            slope_x, slope_y = kicked(momentum, slope_x, slope_y, charge * straws.magnet_kick_gev)
        elif plane != _CALORIMETER:
            chamber = plane if plane < _MAGNET else plane - 1
            if not in_chamber(x, y, chamber, straws):
                return False, species, n_photons
            flown[chamber, track], flown[4 + chamber, track] = x, y
            if species == ELECTRON and plane < _MAGNET:
                left = _radiate(keys.bremsstrahlung, event, slot, chamber, radiation[chamber],
                                momentum, straws.thickness_x0, slope_x, slope_y)  # fmt: skip
                if left < momentum:
                    n_photons = add_photon(photons, n_photons, x, y, z, slope_x, slope_y,
                                           momentum - left)  # fmt: skip
                momentum = left
            if chamber < _LAST_CHAMBER:
                slope_x, slope_y, next_x, next_y = _scatter(
                    keys.scattering, event, slot, chamber, momentum, constants.masses[species],
                    constants.scattering_gev, slope_x, slope_y, next_x, next_y,
                )  # fmt: skip
    _note_end(flown, track, x, y, slope_x, slope_y, momentum, species)
    return True, species, n_photons
