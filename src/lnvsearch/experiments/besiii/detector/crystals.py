"""Crystals of the calorimeter: how a shower spreads over them, and what is found in them again.

The radial profile of an electromagnetic shower is 2 r R^2/(r^2 + R^2)^2 (G. Grindhammer and S. Peters,
hep-ex/0001020) with R a third of the Moliere radius, so that 90 % of the energy lie within this.

What is found follows the experiment's own reconstruction (package EmcRec):

* crystals above the noise that touch one another, also at a corner, are a cluster;
* its seeds are the local maxima above a threshold;
* with one seed, or if the second moment of its energy is below what a pi0 would have, it is one
  shower; else each crystal is shared between the seeds with the weights
  E_seed exp(-slope distance/radius), again and again until the centres rest;
* the energy of a shower is that of the 5 x 5 crystals around its seed.

A field is an array of energies in GeV; crystal (i, j) is [i, i + 1) x [j, j + 1).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import azimuth_of
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import float_stack_array

__all__ = ["MOST_SHOWERS", "find_showers", "share_of_square", "spread"]

#: Showers of a field, at most.
MOST_SHOWERS = 8
#: Crystals on each side of an impact over which its energy is spread.
_SPREAD = 4
#: Corners of the crystals in a row, and as many more as fill vectors.
_CORNERS = 12
_HALF_FIELD = 2  # of 5 x 5 crystals
_TWO_PI = 2.0 * math.pi
_MOST_ROUNDS, _AT_REST_M = 8, 1e-4
#: A shower's place: crystals weighted with 4 + ln(E/E_5x5), where that is positive.
_LOGARITHMIC_OFFSET = 4.0


@inner_kernel(forceinline=True)
def _share_of_corner(x, y, radius):
    """Share of a shower at the origin in the rectangle from there to (x, y), with its sign."""
    across = math.sqrt(x * x + radius * radius)
    along = math.sqrt(y * y + radius * radius)
    return (x / across * azimuth_of(across, y) + y / along * azimuth_of(along, x)) / _TWO_PI


@inner_kernel()
def share_of_square(x, y, half_width, radius):
    """Share of a shower's energy in a square; the shower lies at the origin, the square at (x, y).

    `radius`: of the profile, in the unit of the lengths.
    """
    left, right, low, high = x - half_width, x + half_width, y - half_width, y + half_width
    return (
        _share_of_corner(right, high, radius) - _share_of_corner(left, high, radius)
        - _share_of_corner(right, low, radius) + _share_of_corner(left, low, radius)
    )  # fmt: skip


_shares_of_corners = float_stack_array(_CORNERS * _CORNERS)


@inner_kernel(forceinline=True)
def _fill_corners(first_u, first_v, radius, energy, corners):
    """Energies of a shower at the origin between there and the corners of crystals, row by row."""
    for i in range(np.uint64(_CORNERS)):
        u = first_u + i
        for j in range(np.uint64(_CORNERS)):
            corners[i * np.uint64(_CORNERS) + j] = energy * _share_of_corner(u, first_v + j, radius)


@njit(cache=True, error_model="numpy")
def spread(cells, place, energy, is_wide, clusters):
    """Add a shower to the crystals; crystal (i, j) is [i, i + 1) x [j, j + 1).

    Returns the energy that the 5 x 5 crystals would give if the shower were alone.
    """
    at_u, at_v = int(place[0]), int(place[1])
    if not is_wide:
        cells[at_u, at_v] += energy
        return energy
    radius = clusters.moliere_radius_m / 3.0 / clusters.crystal_width_m
    first_u, first_v, n = at_u - _SPREAD, at_v - _SPREAD, 2 * _SPREAD + 1
    corners = _shares_of_corners()
    _fill_corners(first_u - place[0], first_v - place[1], radius, energy, corners)
    alone = 0.0
    for i in range(n):
        for j in range(n):
            here, next_row = i * _CORNERS + j, (i + 1) * _CORNERS + j
            part = (
                corners[next_row + 1] - corners[here + 1] - corners[next_row] + corners[here]
            )
            cells[first_u + i, first_v + j] += part
            is_near = max(abs(i - _SPREAD), abs(j - _SPREAD)) <= _HALF_FIELD
            if is_near and part > clusters.crystal_noise_gev:
                alone += part
    return alone


@inner_kernel()
def find_showers(cells, clusters, found):
    """Fill rows (centre u, v in crystals, energy, seed u, v) of `found`; returns how many."""
    label = np.zeros(cells.shape, dtype=np.int8)
    members = np.empty((cells.size, 2), dtype=np.int64)
    seeds = np.empty((MOST_SHOWERS, 2), dtype=np.int64)
    n_found, number = 0, 0
    for i in range(1, cells.shape[0] - 1):
        for j in range(1, cells.shape[1] - 1):
            if label[i, j] != 0 or cells[i, j] <= clusters.crystal_noise_gev:
                continue
            number += 1
            n = _collect(cells, label, i, j, number, clusters.crystal_noise_gev, members)
            cluster = members[:n]
            total, moment = _moments(cells, cluster)
            if total <= clusters.cluster_threshold_gev:
                continue
            n_seeds = _find_seeds(cells, cluster, clusters.seed_threshold_gev, seeds)
            if n_seeds > 1 and moment * clusters.crystal_width_m**2 <= _largest_moment(total, clusters):
                n_seeds = 1
            n_seeds = min(n_seeds, len(found) - n_found)
            fractions = np.ones((n_seeds, n))
            centres = np.empty((n_seeds, 2))
            for s in range(n_seeds):
                centres[s, 0], centres[s, 1] = seeds[s, 0] + 0.5, seeds[s, 1] + 0.5
            if n_seeds > 1:
                _share_between_seeds(cells, cluster, seeds, centres, fractions, clusters)
            for s in range(n_seeds):
                energy, u, v = _field(cells, cluster, seeds[s], fractions[s], clusters)
                found[n_found, 0], found[n_found, 1], found[n_found, 2] = u, v, energy
                found[n_found, 3], found[n_found, 4] = seeds[s, 0], seeds[s, 1]
                n_found += 1
    return n_found


@inner_kernel()
def _collect(cells, label, i, j, number, noise, members):
    """Label the cluster of crystal (i, j) and write its crystals to `members`; returns how many."""
    members[0, 0], members[0, 1] = i, j
    label[i, j] = number
    n, looked = 1, 0
    while looked < n:
        here_i, here_j = members[looked]
        looked += 1
        for next_i in range(max(here_i - 1, 0), min(here_i + 2, cells.shape[0])):
            for next_j in range(max(here_j - 1, 0), min(here_j + 2, cells.shape[1])):
                if label[next_i, next_j] == 0 and cells[next_i, next_j] > noise:
                    label[next_i, next_j] = number
                    members[n, 0], members[n, 1] = next_i, next_j
                    n += 1
    return n


@inner_kernel()
def _moments(cells, cluster):
    """(Energy of a cluster, second moment about its centre in squares of crystals)."""
    total = u = v = square = 0.0
    for i, j in cluster:
        energy = cells[i, j]
        total += energy
        u += energy * i
        v += energy * j
        square += energy * (i * i + j * j)
    return total, square / total - (u * u + v * v) / (total * total)


@inner_kernel()
def _largest_moment(energy, clusters):
    """Second moment below which a cluster is one shower, m^2."""
    energy = max(energy, clusters.moment_lowest_energy_gev)
    falling = clusters.moment_falling_m2 * math.exp(-energy / clusters.moment_scale_gev)
    return falling + clusters.moment_constant_m2


@inner_kernel()
def _find_seeds(cells, cluster, threshold, seeds):
    """Local maxima of a cluster, the highest first, to `seeds`; returns how many."""
    n = 0
    for i, j in cluster:
        energy = cells[i, j]
        is_seed = energy > threshold
        for next_i in range(i - 1, i + 2):
            for next_j in range(j - 1, j + 2):
                is_seed = is_seed and cells[next_i, next_j] <= energy
        for s in range(n):  # of equal neighbours, the first
            is_seed = is_seed and max(abs(i - seeds[s, 0]), abs(j - seeds[s, 1])) > 1
        if not is_seed or n == len(seeds):
            continue
        place = n
        while place > 0 and cells[seeds[place - 1, 0], seeds[place - 1, 1]] < energy:
            seeds[place, 0], seeds[place, 1] = seeds[place - 1, 0], seeds[place - 1, 1]
            place -= 1
        seeds[place, 0], seeds[place, 1] = i, j
        n += 1
    return n


@inner_kernel()
def _share_between_seeds(cells, cluster, seeds, centres, fractions, clusters):
    """Write what share of each crystal (columns) each seed (rows) gets; moves `centres`."""
    slope = clusters.sharing_slope * clusters.crystal_width_m / clusters.sharing_radius_m
    n_seeds = len(fractions)
    for _ in range(_MOST_ROUNDS):
        moved = 0.0
        for k in range(len(cluster)):
            total = 0.0
            for s in range(n_seeds):
                u = cluster[k, 0] + 0.5 - centres[s, 0]
                v = cluster[k, 1] + 0.5 - centres[s, 1]
                is_seed = cluster[k, 0] == seeds[s, 0] and cluster[k, 1] == seeds[s, 1]
                distance = 0.0 if is_seed else math.sqrt(u * u + v * v)
                weight = cells[seeds[s, 0], seeds[s, 1]] * math.exp(-slope * distance)
                fractions[s, k] = weight
                total += weight
            for s in range(n_seeds):
                fractions[s, k] /= total
        for s in range(n_seeds):
            _, u, v = _field(cells, cluster, seeds[s], fractions[s], clusters)
            moved += math.sqrt((u - centres[s, 0]) ** 2 + (v - centres[s, 1]) ** 2)
            centres[s, 0], centres[s, 1] = u, v
        if moved * clusters.crystal_width_m < _AT_REST_M * n_seeds:
            break


@inner_kernel()
def _field(cells, cluster, seed, fraction, clusters):
    """(Energy, centre u, v) of the 5 x 5 crystals around a seed, with logarithmic weights."""
    energy = 0.0
    for k in range(len(cluster)):
        energy += _in_field(cells, cluster[k], seed, fraction[k], clusters.crystal_noise_gev)
    total = u = v = 0.0
    for k in range(len(cluster)):
        part = _in_field(cells, cluster[k], seed, fraction[k], clusters.crystal_noise_gev)
        if part > 0.0:
            weight = max(_LOGARITHMIC_OFFSET + math.log(part / energy), 0.0)
            total += weight
            u += weight * (cluster[k, 0] + 0.5)
            v += weight * (cluster[k, 1] + 0.5)
    return energy, u / total, v / total


@inner_kernel(forceinline=True)
def _in_field(cells, crystal, seed, fraction, noise):
    """What a crystal adds to the energy of a seed: nothing far from it, or below the noise."""
    part = cells[crystal[0], crystal[1]] * fraction
    is_near = max(abs(crystal[0] - seed[0]), abs(crystal[1] - seed[1])) <= _HALF_FIELD
    return part if is_near and part > noise else 0.0
