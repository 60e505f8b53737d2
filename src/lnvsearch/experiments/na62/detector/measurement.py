"""Measured tracks of the recorded events of a block, all at once: hits smeared and fitted.

A block at a time, LANES tracks at once.
"""

from __future__ import annotations

import numpy as np

from lnvsearch.experiments.na62.detector.flight import N_HITS
from lnvsearch.experiments.na62.detector.track_fit import fit_track
from lnvsearch.experiments.na62.events import TRACK_BRANCHES
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_lanes, store_lanes
from lnvsearch.random_lanes import draw_normals

__all__ = ["TRACK_COLUMNS", "keep_rows_near", "measure_tracks"]

#: Columns of a track, in the order of the kernels.
TRACK_COLUMNS = (*TRACK_BRANCHES, "true_from_pion")

(
    _CHARGE, _MOMENTUM, _X, _Y, _SLOPE_X, _SLOPE_Y, _BEHIND_X, _BEHIND_Y, _BEHIND_SLOPE_X,
    _BEHIND_SLOPE_Y, _CHI_SQUARE,
) = range(11)  # fmt: skip
_N_MEASURED = 11
_ZERO, _ONE = np.uint64(0), np.uint64(1)
#: Where the rows of lanes begin.
_AT = tuple(np.uint64(row * int(LANES)) for row in range(_N_MEASURED))
_hit_lanes = float_stack_array(N_HITS * int(LANES))
_measured_lanes = float_stack_array(_N_MEASURED * int(LANES))


@inner_kernel(forceinline=True)
def _measure_lane(at, noise, j, resolution, fit, measured):
    """Smear and fit the track of lane j: rows of hits `at`, of normal numbers, and of TRACK_COLUMNS."""
    # Numbers: x and y of a chamber in turn.
    hits_x = (
        at[_AT[0] + j] + resolution * noise[_AT[0] + j],
        at[_AT[1] + j] + resolution * noise[_AT[2] + j],
        at[_AT[2] + j] + resolution * noise[_AT[4] + j],
        at[_AT[3] + j] + resolution * noise[_AT[6] + j],
    )
    hits_y = (
        at[_AT[4] + j] + resolution * noise[_AT[1] + j],
        at[_AT[5] + j] + resolution * noise[_AT[3] + j],
        at[_AT[6] + j] + resolution * noise[_AT[5] + j],
        at[_AT[7] + j] + resolution * noise[_AT[7] + j],
    )
    x, y, slope_x, slope_y, momentum, charge, chi_square = fit_track(hits_x, hits_y, fit)
    measured[_AT[_CHARGE] + j], measured[_AT[_MOMENTUM] + j] = charge, momentum
    measured[_AT[_X] + j], measured[_AT[_Y] + j] = x, y
    measured[_AT[_SLOPE_X] + j], measured[_AT[_SLOPE_Y] + j] = slope_x, slope_y
    measured[_AT[_BEHIND_X] + j], measured[_AT[_BEHIND_Y] + j] = hits_x[3], hits_y[3]
    measured[_AT[_BEHIND_SLOPE_X] + j] = (hits_x[3] - hits_x[2]) / fit.arm_m
    measured[_AT[_BEHIND_SLOPE_Y] + j] = (hits_y[3] - hits_y[2]) / fit.arm_m
    measured[_AT[_CHI_SQUARE] + j] = chi_square


@inner_kernel()
def measure_tracks(key, n, which, source, events, slots, resolution, fit, flown, drawn, tracks):
    """Smear the hits of n tracks and fit them.

    `which`: (n,), their columns in `tracks`, (TRACK_COLUMNS, ...), of which the first eleven rows
    are written; `source`: (n,), their columns in `flown`, true positions in the first N_HITS rows;
    `events`, `slots`: (n,), event numbers and columns of the particles; `drawn`: (N_HITS, n) at
    least, room.
    """
    draw_normals(key, events[:n], slots, 0, drawn)
    draw_normals(key, events[:n], slots, 1, drawn[4:])
    at, noise, measured = _hit_lanes(), _hit_lanes(), _measured_lanes()
    total = np.uint64(n)
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for row in range(N_HITS):
            for j in range(lanes):
                at[np.uint64(row) * LANES + j] = flown[row, source[start + j]]
        for row in range(N_HITS):
            load_lanes(drawn, row, start, lanes, noise, np.uint64(row) * LANES)
        for j in range(LANES):
            _measure_lane(at, noise, j, resolution, fit, measured)
        place = np.uint64(which[start])
        are_side_by_side = np.uint64(which[start + lanes - _ONE]) - place == lanes - _ONE
        for row in range(_N_MEASURED):
            if are_side_by_side:
                store_lanes(measured, np.uint64(row) * LANES, lanes, tracks, row, place)
            else:
                for j in range(lanes):
                    tracks[row, which[start + j]] = measured[np.uint64(row) * LANES + j]


@inner_kernel()
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
