"""Showers that overlap in the calorimeter: what each track then gets.

A shower that is alone keeps its energy, to the bit.  Where two may touch, they are spread over the
crystals and found again (`crystals`).  Particles that do not shower leave all in one crystal.  Then
one track after the other takes the nearest shower that is still free, if it is near enough, as the
experiment's reconstruction does (package EventAssembly): of two tracks in one shower, the second
has none.

Places on the face are lengths: R eta and R phi in the barrel, where crystals that point to the
collision point are squares of one size everywhere, x and y in an end cap.  No random number is drawn.
Left out: fluctuations of the profile, and particles without a track, but for the photons that add to
a track's shower within `emc.merging_angle_rad`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.experiments.besiii.detector.crystals import (
    MOST_SHOWERS,
    find_showers,
    share_of_square,
    spread,
)
from lnvsearch.experiments.besiii.detector.tracks import BARREL, CURVATURE_GEV_PER_T_M, MISSED
from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "BARREL_PART", "ENERGY_ROW", "MOMENTUM_ROW", "PART_ROW", "SHOWER", "place_shower", "share_showers",
    "shower_of", "some_touch",
]  # fmt: skip

#: What a track leaves: part of the calorimeter (0 for none), place on its face, energy, whether it
#: showers, measured momentum, transverse momentum; length in xy of its way to the shower, and the
#: angle between its chord and its direction, 0 once u is known (see `place_shower`).
SHOWER = (
    "part", "u_m", "v_m", "energy_gev", "is_wide", "momentum_gev", "pt_gev", "arc_m", "half_turn_rad",
)  # fmt: skip
_PART, _U, _V, _ENERGY, _WIDE, _MOMENTUM, _PT, _ARC, _TURN = range(len(SHOWER))
PART_ROW, ENERGY_ROW, MOMENTUM_ROW = _PART, _ENERGY, _MOMENTUM
_NO_PART, BARREL_PART, _FORWARD, _BACKWARD = 0.0, 1.0, 2.0, 3.0
#: Crystals of the field that is looked at, on a side; around the impacts it has a margin.
_CELLS, _MARGIN = 36, 5
#: Crystals between the impacts of two showers that touch, at most; 8 for two of 3 GeV.
_FARTHEST = 12
_SQRT_2 = math.sqrt(2.0)
_TWO_PI = 2.0 * math.pi
#: Matching windows stay as they are below this momentum.
_LOWEST_MATCHED_GEV = 0.3


@njit(cache=True, error_model="numpy", forceinline=True)
def shower_of(energy_gev, is_wide, azimuth, pt, pz, charge, region, arc_m, measured_p, field_t,
              radius_m, clusters):  # fmt: skip
    """What a track from the origin leaves, in the order of SHOWER.

    `azimuth`, `pt`, `pz`: of the track where it begins; `arc_m`: length in xy to the calorimeter of
    `radius_m`; the shower lies `shower_depth_m` further along the track.  In the barrel, u is left
    to `place_shower`: most showers have no other near them in v.
    """
    is_barrel, is_missed = region == BARREL, region == MISSED
    arc = (0.0 if is_missed else arc_m) + clusters.shower_depth_m * pt / math.sqrt(pt * pt + pz * pz)
    half_turn = 0.5 * arc * CURVATURE_GEV_PER_T_M * field_t / pt
    turned = (azimuth - charge * half_turn) / _TWO_PI  # positive charges turn clockwise
    _, sine = cosine_and_sine_of_turn(half_turn / _TWO_PI)
    cos_azimuth, sin_azimuth = cosine_and_sine_of_turn(turned - np.floor(turned))
    chord = arc * sine / half_turn
    part = _FORWARD if pz > 0.0 else _BACKWARD
    part = BARREL_PART if is_barrel else part
    u = arc * pz / pt if is_barrel else chord * cos_azimuth
    v = radius_m * (azimuth - charge * half_turn) if is_barrel else chord * sin_azimuth
    return (
        _NO_PART if is_missed else part, u, v, energy_gev, is_wide, measured_p, pt, arc,
        half_turn if is_barrel else 0.0,
    )  # fmt: skip


@inner_kernel(forceinline=True)
def place_shower(showers, track, radius_m):
    """Write u of a shower in the barrel where `shower_of` has left it open.

    Until then, it is the length along the beam.
    """
    half_turn = showers[_TURN, track]
    if half_turn != 0.0:
        chord = showers[_ARC, track] * math.sin(half_turn) / half_turn
        showers[_U, track] = radius_m * math.asinh(showers[_U, track] / chord)
        showers[_TURN, track] = 0.0


@inner_kernel(forceinline=True)
def _extent(energy, is_wide, clusters):
    """Distance from an impact to the centres of its crystals above the noise, at most, m."""
    width, radius = clusters.crystal_width_m, clusters.moliere_radius_m / 3.0
    if is_wide == 0.0:
        return width / _SQRT_2
    density = energy / (math.pi * clusters.crystal_noise_gev)
    reach = math.sqrt(max(density, 0.0)) * radius * width - radius * radius
    return max(math.sqrt(max(reach, 0.0)), width / _SQRT_2)


@inner_kernel(forceinline=True)
def _distance_in_v(showers, one, other, radius_m):
    """v of a shower relative to another in the same part; the short way round the barrel."""
    v = showers[_V, one] - showers[_V, other]
    if showers[_PART, one] == BARREL_PART:
        around = _TWO_PI * radius_m
        v -= around * math.floor(v / around + 0.5)
    return v


@inner_kernel(forceinline=True)
def _may_touch(showers, one, other, radius_m, clusters):
    """Whether two showers may have crystals that touch; if so, both are placed."""
    if showers[_PART, one] != showers[_PART, other] or showers[_PART, one] == _NO_PART:
        return False
    farthest = _FARTHEST * clusters.crystal_width_m
    v = _distance_in_v(showers, one, other, radius_m)
    if abs(v) > farthest:
        return False
    reach = _SQRT_2 * clusters.crystal_width_m
    reach += _extent(showers[_ENERGY, one], showers[_WIDE, one], clusters)
    reach += _extent(showers[_ENERGY, other], showers[_WIDE, other], clusters)
    if v * v >= reach * reach:
        return False
    place_shower(showers, one, radius_m)
    place_shower(showers, other, radius_m)
    u = showers[_U, one] - showers[_U, other]
    return abs(u) <= farthest and u * u + v * v < reach * reach


@inner_kernel(forceinline=True)
def some_touch(showers, first, last, radius_m, clusters):
    """Whether some of the showers [first, last) of an event may touch; see `share_showers`."""
    for one in range(first, last):
        for other in range(first, one):
            if _may_touch(showers, one, other, radius_m, clusters):
                return True
    return False


@inner_kernel()
def share_showers(showers, first, last, radius_m, end_cap_z_m, clusters):
    """Share the energies of the showers [first, last) of an event.

    `showers`: rows SHOWER, one column a track; `radius_m`, `end_cap_z_m`: of the calorimeter;
    `clusters`: the response's section overlapping_showers.  Each group of showers that may touch,
    directly or through others, is reconstructed.
    """
    done = np.zeros(last - first, dtype=np.bool_)
    members = np.empty(MOST_SHOWERS, dtype=np.int64)
    for start in range(first, last):
        if done[start - first]:
            continue
        done[start - first] = True
        members[0] = start
        n_members, looked = 1, 0
        while looked < n_members:
            for other in range(first, last):
                if (
                    not done[other - first] and n_members < MOST_SHOWERS
                    and _may_touch(showers, members[looked], other, radius_m, clusters)
                ):  # fmt: skip
                    done[other - first] = True
                    members[n_members] = other
                    n_members += 1
            looked += 1
        if n_members > 1:
            _reconstruct(showers, members[:n_members], radius_m, end_cap_z_m, clusters)


@inner_kernel()
def _reconstruct(showers, members, radius_m, end_cap_z_m, clusters):
    """Spread the energies of some showers, find clusters in them, and give them to their tracks."""
    n, width = len(members), clusters.crystal_width_m
    places = np.empty((n, 2))
    for k in range(n):
        u = showers[_U, members[k]] - showers[_U, members[0]]
        v = _distance_in_v(showers, members[k], members[0], radius_m)
        places[k, 0] = (showers[_U, members[0]] + u) / width
        places[k, 1] = (showers[_V, members[0]] + v) / width
    origin = math.floor(places[:, 0].min()) - _MARGIN, math.floor(places[:, 1].min()) - _MARGIN
    size_u = min(int(places[:, 0].max() - origin[0]) + _MARGIN + 1, _CELLS)
    size_v = min(int(places[:, 1].max() - origin[1]) + _MARGIN + 1, _CELLS)
    cells = np.zeros((size_u, size_v))
    scale = np.empty(n)
    for k in range(n):
        places[k, 0] -= origin[0]
        places[k, 1] -= origin[1]
        energy = showers[_ENERGY, members[k]]
        if max(places[k, 0], places[k, 1]) >= _CELLS - _MARGIN or energy <= 0.0:
            scale[k] = 0.0  # too far for the field, or nothing there
            continue
        alone = spread(cells, places[k], energy, showers[_WIDE, members[k]] != 0.0, clusters)
        scale[k] = energy / alone if alone > 0.0 else 1.0
    found = np.empty((MOST_SHOWERS, 5))
    n_found = find_showers(cells, clusters, found)
    for s in range(n_found):
        found[s, 2] *= scale[_main_source(found[s], places, showers, members, clusters)]
        found[s, 0] = (found[s, 0] + origin[0]) * width
        found[s, 1] = (found[s, 1] + origin[1]) * width
    _match(showers, members, scale, found[:n_found], radius_m, end_cap_z_m, clusters)


@inner_kernel()
def _main_source(shower, places, showers, members, clusters):
    """Which of the members gives most energy to the seed of a shower."""
    radius = clusters.moliere_radius_m / 3.0 / clusters.crystal_width_m
    best, most = 0, -1.0
    for k in range(len(members)):
        u, v = shower[3] + 0.5 - places[k, 0], shower[4] + 0.5 - places[k, 1]
        if showers[_WIDE, members[k]] != 0.0:
            share = share_of_square(u, v, 0.5, radius)
        else:
            share = 1.0 if max(abs(u), abs(v)) <= 0.5 else 0.0
        energy = share * showers[_ENERGY, members[k]]
        if energy > most:
            best, most = k, energy
    return best


@inner_kernel()
def _angles(part, u, v, radius_m, end_cap_z_m):
    """(theta, phi) of a place on the face."""
    if part == BARREL_PART:
        return 2.0 * math.atan(math.exp(-u / radius_m)), v / radius_m
    return math.atan2(math.sqrt(u * u + v * v), end_cap_z_m), math.atan2(v, u)


@inner_kernel()
def _window(momentum_gev, shape):
    """Half width of a matching window, rad: a + b e^(-c p) + d e^(-e p)."""
    p = max(momentum_gev, _LOWEST_MATCHED_GEV)
    return shape[0] + shape[1] * math.exp(-shape[2] * p) + shape[3] * math.exp(-shape[4] * p)


@inner_kernel()
def _separation(showers, track, shower, radius_m, end_cap_z_m, clusters):
    """Angle between a track's impact and a shower; infinite outside the matching window."""
    part = showers[_PART, track]
    theta, phi = _angles(part, showers[_U, track], showers[_V, track], radius_m, end_cap_z_m)
    other_theta, other_phi = _angles(part, shower[0], shower[1], radius_m, end_cap_z_m)
    across = other_phi - phi
    across -= _TWO_PI * math.floor(across / _TWO_PI + 0.5)
    along = other_theta - theta
    momentum = showers[_MOMENTUM, track]
    if (
        abs(along) >= _window(momentum, clusters.matching_theta)
        or abs(across) >= _window(momentum, clusters.matching_phi)
    ):  # fmt: skip
        return np.inf
    return math.sqrt(along * along + (across * math.sin(theta)) ** 2)


@inner_kernel()
def _match(showers, members, scale, found, radius_m, end_cap_z_m, clusters):
    """Give each track the energy of its shower, or none.

    `matching_in_order`: tracks of higher transverse momentum choose first; else the closest pair.
    """
    taken = np.zeros(len(found), dtype=np.bool_)
    waiting = scale > 0.0
    for _ in range(len(members)):
        turn = -1
        for k in range(len(members)):
            if waiting[k] and (turn < 0 or showers[_PT, members[k]] > showers[_PT, members[turn]]):
                turn = k
        if turn < 0:
            break
        track, shower, nearest = turn, -1, np.inf
        for k in range(len(members)):
            if not waiting[k] or (clusters.matching_in_order and k != turn):
                continue
            for s in range(len(found)):
                distance = _separation(showers, members[k], found[s], radius_m, end_cap_z_m, clusters)
                if not taken[s] and distance < nearest:
                    track, shower, nearest = k, s, distance
        waiting[track] = False
        if shower >= 0:
            taken[shower] = True
        showers[_ENERGY, members[track]] = found[shower, 2] if shower >= 0 else 0.0
