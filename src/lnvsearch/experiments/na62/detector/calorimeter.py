"""What particles leave in the calorimeter, the large-angle veto and the muon detector of NA62."""

from __future__ import annotations

import math

from numba import njit

from lnvsearch.detector.gaussian import normal4
from lnvsearch.experiments.na62.detector.flight import ELECTRON, MUON
from lnvsearch.experiments.na62.events import MUV3_INNER_TILES, MUV3_OUTER_TILES
from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "GONE",
    "PASSED",
    "SEEN",
    "end_photons",
    "in_lkr",
    "muv3_tile",
    "smeared_energy",
    "tile_at",
    "track_energy",
    "veto_passage",
]

#: How a photon leaves the large-angle veto.
PASSED, SEEN, GONE = 0, 1, 2

_SQRT_2 = math.sqrt(2.0)
_TILES_A_SIDE = 12
_INNER_A_SIDE = 3
#: Slots of clusters follow those of tracks, of which there are fewer.
_FIRST_CLUSTER_SLOT = 16


@inner_kernel(forceinline=True)
def in_lkr(x, y, lkr):
    """Whether a point at the front lies in the octagon and outside the beam pipe's circle, without a branch."""
    x, y, apothem = abs(x), abs(y), lkr.apothem_m
    outside_pipe = x * x + y * y > lkr.inner_radius_m * lkr.inner_radius_m
    return outside_pipe & (x < apothem) & (y < apothem) & (x + y < _SQRT_2 * apothem)


@inner_kernel(forceinline=True)
def smeared_energy(energy, normal, lkr):
    """Measured energy, GeV, not below zero, of an electromagnetic shower."""
    stochastic = lkr.stochastic_term * math.sqrt(energy)
    constant = lkr.constant_term * energy
    noise = lkr.noise_term_gev
    sigma = math.sqrt(stochastic * stochastic + noise * noise + constant * constant)
    return max(energy + sigma * normal, 0.0)


@inner_kernel(forceinline=True)
def track_energy(numbers, species, momentum, nearby_gev, lkr):
    """Energy (GeV) of the cluster of a track inside the calorimeter.

    `numbers`: two normal ones (resolution, energy that is lost) and two uniform ones (whether a pion
    showers, its share); `momentum`: of the particle there; `nearby_gev`: photons that merge with it.
    """
    normal, lost, interacts, share = numbers
    if species == ELECTRON:
        return smeared_energy(momentum + nearby_gev, normal, lkr)
    if species != MUON and interacts < lkr.pion_interaction_probability:
        deposit = share * lkr.pion_largest_fraction * momentum
    else:
        spread = 1.0 + lkr.minimum_ionising_spread * lost
        deposit = min(lkr.minimum_ionising_energy_gev * max(spread, 0.0), momentum)
    return smeared_energy(deposit + nearby_gev, normal, lkr)


@inner_kernel(forceinline=True)
def veto_passage(x, y, z, slope_x, slope_y, lav):
    """How a photon that starts at a point leaves the large-angle veto.

    It meets the stations that end behind its origin, first to last.  A station is a ring of glass of
    some depth: a photon in the ring at its front, or that reaches the ring's inside before its back,
    is seen (SEEN); one within the bore all along goes on; outside the ring it has left the detector
    (GONE).  PASSED is the way through all of them.
    """
    for station in range(len(lav.front_z_m)):
        to_front = lav.front_z_m[station] - z
        to_back = to_front + lav.depth_m[station]
        if to_back <= 0.0:
            continue
        inner = lav.inner_radius_m[station]
        if to_front > 0.0:
            at_x, at_y = x + to_front * slope_x, y + to_front * slope_y
            radius_squared = at_x * at_x + at_y * at_y
            if radius_squared >= inner * inner:
                outer = inner + lav.radial_width_m
                return SEEN if radius_squared < outer * outer else GONE
        at_x, at_y = x + to_back * slope_x, y + to_back * slope_y
        if at_x * at_x + at_y * at_y >= inner * inner:
            return SEEN
    return PASSED


@inner_kernel(forceinline=True)
def end_photons(key, event, photons, n_photons, flown, n_tracks, lkr, lav, clusters, recorded):
    """Carry the photons of an event to the calorimeter or the large-angle veto.

    `photons`: rows (x, y, z, slope_x, slope_y, E).  `flown`: of each track x, y at the calorimeter
    and, third, the energy that merges with its cluster, which is added to.  Clusters above
    threshold are written as rows (E, x, y), smeared, to `clusters[recorded]`; the others are 0.
    Returns (their number, largest energy of a photon in the veto in GeV, 0 for none).
    """
    n_clusters, in_veto = 0, 0.0
    for i in range(n_photons):
        x, y, z = photons[i, 0], photons[i, 1], photons[i, 2]
        slope_x, slope_y, energy = photons[i, 3], photons[i, 4], photons[i, 5]
        passage = veto_passage(x, y, z, slope_x, slope_y, lav)
        if passage == SEEN:
            in_veto = max(in_veto, energy)
        if passage != PASSED:
            continue
        x += slope_x * (lkr.z_m - z)
        y += slope_y * (lkr.z_m - z)
        if in_lkr(x, y, lkr) and not _merges(x, y, energy, flown, n_tracks, lkr):
            n_clusters = _add_cluster(x, y, energy, clusters, recorded, n_clusters, lkr)
    n_clusters = _measure_clusters(key, event, clusters, recorded, n_clusters, lkr)
    for c in range(n_clusters, clusters.shape[1]):
        for column in range(3):
            clusters[recorded, c, column] = 0.0
    return n_clusters, in_veto


@inner_kernel(forceinline=True)
def _merges(x, y, energy, flown, n_tracks, lkr):
    """Whether a photon ends in the cluster of a track, to which its energy is then added."""
    reach = lkr.merging_distance_m * lkr.merging_distance_m
    for t in range(n_tracks):
        dx, dy = x - flown[t, 0], y - flown[t, 1]
        if dx * dx + dy * dy < reach:
            flown[t, 2] += energy
            return True
    return False


@inner_kernel(forceinline=True)
def _add_cluster(x, y, energy, clusters, i, n_clusters, lkr):
    """Add a photon to a near cluster, or as a new one; returns the number of clusters."""
    reach = lkr.photon_merging_distance_m * lkr.photon_merging_distance_m
    for c in range(n_clusters):
        dx, dy = x - clusters[i, c, 1], y - clusters[i, c, 2]
        if dx * dx + dy * dy < reach:
            total = clusters[i, c, 0] + energy
            clusters[i, c, 1] += dx * energy / total
            clusters[i, c, 2] += dy * energy / total
            clusters[i, c, 0] = total
            return n_clusters
    clusters[i, n_clusters, 0] = energy
    clusters[i, n_clusters, 1] = x
    clusters[i, n_clusters, 2] = y
    return n_clusters + 1


@inner_kernel(forceinline=True)
def _measure_clusters(key, event, clusters, i, n_clusters, lkr):
    """Smear the clusters of a row, drop those below threshold; returns how many are left."""
    kept = 0
    for c in range(n_clusters):
        normal, normal_x, normal_y, _ = normal4(key, event, _FIRST_CLUSTER_SLOT + c, 0)
        true_energy = clusters[i, c, 0]
        energy = smeared_energy(true_energy, normal, lkr)
        if energy < lkr.cluster_threshold_gev:
            continue
        stochastic, constant = lkr.position_stochastic_m, lkr.position_constant_m
        sigma = math.sqrt(stochastic * stochastic / true_energy + constant * constant)
        clusters[i, kept, 1] = clusters[i, c, 1] + sigma * normal_x
        clusters[i, kept, 2] = clusters[i, c, 2] + sigma * normal_y
        clusters[i, kept, 0] = energy
        kept += 1
    return kept


@inner_kernel(forceinline=True)
def tile_at(x, y, half_width):
    """Number of the tile of the muon detector at a point; -1 outside and in the beam's hole.

    Outer tiles, 12 x 12 without the middle four, are numbered from -x, -y along x; then follow the
    inner ones, 3 x 3 without the middle one in the place of those four.
    """
    side = 2.0 * half_width / _TILES_A_SIDE
    if abs(x) >= half_width or abs(y) >= half_width:
        return -1
    if abs(x) < side and abs(y) < side:
        small = 2.0 * side / _INNER_A_SIDE
        column = int((x + side) / small)
        row = int((y + side) / small)
        cell = _INNER_A_SIDE * row + column
        middle = MUV3_INNER_TILES // 2
        if cell == middle:
            return -1
        return MUV3_OUTER_TILES + (cell if cell < middle else cell - 1)
    column = int((x + half_width) / side)
    row = int((y + half_width) / side)
    cell = _TILES_A_SIDE * row + column
    # Four cells of the middle have no tile: (5, 5), (5, 6), (6, 5) and (6, 6).
    if row < 5 or (row == 5 and column < 5):
        return cell
    if row == 5 or (row == 6 and column < 5):
        return cell - 2
    return cell - 4


@njit(cache=True, error_model="numpy", forceinline=True)
def muv3_tile(numbers, momentum, x, y, slope_x, slope_y, lkr_z, muv):
    """Tile of the muon detector that a muon at the calorimeter's front fires; -1 for none.

    `numbers`: two normal ones (scattering in x and y) and a uniform one (whether it is found).
    """
    normal_x, normal_y, found = numbers
    if momentum < muv.minimum_momentum_gev or found >= muv.efficiency:
        return -1
    path = muv.muv3_z_m - lkr_z
    spread = muv.scattering_m_gev / momentum
    x += slope_x * path + spread * normal_x
    y += slope_y * path + spread * normal_y
    if x * x + y * y < muv.hole_radius_m * muv.hole_radius_m:
        return -1
    return tile_at(x, y, muv.half_width_m)
