"""Measured tracks of the recorded events of a block, all at once: hits smeared and fitted.

A block at a time, as normal numbers are then made without branches (gaussian.to_normals).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lnvsearch.detector.gaussian import to_normals
from lnvsearch.experiments.na62.detector.track_fit import fit_track
from lnvsearch.experiments.na62.events import TRACK_BRANCHES
from lnvsearch.random_streams import uniform4

__all__ = ["N_HITS", "TRACK_COLUMNS", "keep_rows_near", "measure_tracks"]

#: Columns of a track, in the order of the kernels.
TRACK_COLUMNS = tuple(TRACK_BRANCHES)
#: Measured coordinates of a track: four x, then four y.
N_HITS = 8

(
    _CHARGE, _MOMENTUM, _X, _Y, _SLOPE_X, _SLOPE_Y, _BEHIND_X, _BEHIND_Y, _BEHIND_SLOPE_X,
    _BEHIND_SLOPE_Y, _CHI_SQUARE,
) = range(11)  # fmt: skip


@njit(cache=True, error_model="numpy")
def _smear(key, numbers, slots, n_tracks, recorded, resolution, hits):
    """Add the resolution to the hits (tracks, N_HITS) of the recorded events."""
    width = len(slots) // len(numbers)
    normals = np.full(N_HITS * width * recorded, 0.5)
    for i in range(recorded):
        for t in range(n_tracks[i]):
            k = width * i + t
            n = N_HITS * k
            normals[n], normals[n + 1], normals[n + 2], normals[n + 3] = uniform4(
                key, numbers[i], slots[k], 0, 0
            )
            normals[n + 4], normals[n + 5], normals[n + 6], normals[n + 7] = uniform4(
                key, numbers[i], slots[k], 0, 1
            )
    to_normals(normals)
    for k in range(width * recorded):
        for chamber in range(N_HITS // 2):
            # x and y of a chamber in turn.
            n = N_HITS * k + 2 * chamber
            hits[k, chamber] += resolution * normals[n]
            hits[k, N_HITS // 2 + chamber] += resolution * normals[n + 1]


@njit(cache=True, error_model="numpy")
def measure_tracks(key, numbers, slots, n_tracks, recorded, resolution, fit, hits, tracks):
    """Smear the hits of the first `recorded` events and fit their tracks.

    `numbers`: (m,) event numbers; `slots`: (m t,) columns of the particles, t tracks an event;
    `hits`: (m t, N_HITS) true positions, m; `tracks`: (TRACK_COLUMNS, m t), of which the first
    eleven are written.  All columns of tracks that an event does not have become 0.
    """
    width = len(slots) // len(numbers)
    _smear(key, numbers, slots, n_tracks, recorded, resolution, hits)
    for k in range(width * recorded):
        hits_x = (hits[k, 0], hits[k, 1], hits[k, 2], hits[k, 3])
        hits_y = (hits[k, 4], hits[k, 5], hits[k, 6], hits[k, 7])
        x, y, slope_x, slope_y, momentum, charge, chi_square = fit_track(hits_x, hits_y, fit)
        tracks[_CHARGE, k] = charge
        tracks[_MOMENTUM, k] = momentum
        tracks[_X, k], tracks[_Y, k] = x, y
        tracks[_SLOPE_X, k], tracks[_SLOPE_Y, k] = slope_x, slope_y
        tracks[_CHI_SQUARE, k] = chi_square
        tracks[_BEHIND_X, k], tracks[_BEHIND_Y, k] = hits_x[3], hits_y[3]
        tracks[_BEHIND_SLOPE_X, k] = (hits_x[3] - hits_x[2]) / fit.arm_m
        tracks[_BEHIND_SLOPE_Y, k] = (hits_y[3] - hits_y[2]) / fit.arm_m
    for i in range(recorded):
        for t in range(n_tracks[i], width):
            for column in range(tracks.shape[0]):
                tracks[column, width * i + t] = 0.0


@njit(cache=True, error_model="numpy")
def keep_rows_near(
    total_gev, within_gev, recorded, numbers, events, tracks, n_tracks, clusters, n_clusters
):
    """Drop rows of which the momenta of the first three tracks add up to another total.

    Later rows move up; returns how many are left.
    """
    width, kept = tracks.shape[1] // len(numbers), 0
    for i in range(recorded):
        k = width * i
        total = tracks[_MOMENTUM, k] + tracks[_MOMENTUM, k + 1] + tracks[_MOMENTUM, k + 2]
        if abs(total - total_gev) > within_gev:
            continue
        numbers[kept], n_tracks[kept], n_clusters[kept] = numbers[i], n_tracks[i], n_clusters[i]
        for column in range(events.shape[0]):
            events[column, kept] = events[column, i]
        for column in range(tracks.shape[0]):
            for t in range(width):
                tracks[column, width * kept + t] = tracks[column, k + t]
        for c in range(clusters.shape[1]):
            for column in range(clusters.shape[2]):
                clusters[kept, c, column] = clusters[i, c, column]
        kept += 1
    return kept
