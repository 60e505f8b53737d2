"""Whether the columns of recorded tracks and clusters agree with one another, as they do in one set of units.

Tracks come from a decay some tens of metres before the first chamber, are straight but for the magnet, which
changes their momentum by 0.27 GeV, and cross four chambers within 35 m (The beam and detector of the NA62
experiment, JINST 12 (2017) P05025).  Limits are wide: they tell a wrong unit, sign or column from a right one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lnvsearch.data_checks import check_all, check_median
from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.na62.events import SpectrometerEvents

__all__ = ["check_agreement"]

#: Of fewer values a median says nothing.
_ENOUGH = 60
_DISTANCE_TO_DECAY_M = (8.0, 150.0)
_CHAMBERS_APART_M = (20.0, 60.0)
_MAGNET_GEV = (0.15, 0.5)
_SLOPES_ALIKE = (0.5, 2.0)
_ENERGY_OVER_MOMENTUM = (0.01, 10.0)
_CHI_SQUARE = (0.03, 30.0)
_CLUSTER_GEV = (0.1, 80.0)
_LAV_GEV = (0.01, 100.0)
_CALORIMETER_M = 1.5
#: Half of all clusters lie further out than the beam's hole.
_CLUSTERS_M = (0.03, _CALORIMETER_M)


def check_agreement(path: str | Path, events: SpectrometerEvents) -> None:
    """Raise EventFileError, naming file, branch and fix, where columns contradict one another."""
    there = events.track["charge"] != 0
    track = {name: values[there].astype(float) for name, values in events.track.items()}
    cluster = {name: values[events.cluster["energy_gev"] != 0.0].astype(float)
               for name, values in events.cluster.items()}  # fmt: skip
    if len(track["charge"]) >= _ENOUGH:
        with np.errstate(divide="ignore", invalid="ignore"):
            _check_lines(path, track)
            _check_bending(path, track)
        _check_charge(path, events.track["charge"])
        _check_energies(path, track)
    if len(cluster["x_m"]) >= _ENOUGH:
        _check_clusters(path, cluster)
    photons = events.event["lav_energy_gev"][events.event["lav_energy_gev"] > 0.0]
    if len(photons) >= _ENOUGH:
        check_median(path, "lav_energy_gev", photons, _LAV_GEV, "photons in GeV", "write GeV")


def _check_lines(path: str | Path, track: dict) -> None:
    units = "write both in m and as dx/dz (not in mm, mrad or degrees), at the plane that the document says"
    for axis in "xy":
        slope, behind = track[f"slope_{axis}"], track[f"downstream_slope_{axis}"]
        check_median(
            path, f"track_{axis}_m", track[f"{axis}_m"] / slope, _DISTANCE_TO_DECAY_M,
            f"{axis}_m over slope_{axis}, distances to the decay in m,", units,
        )
        travelled = track[f"downstream_{axis}_m"] - track[f"{axis}_m"]
        check_median(
            path, f"track_downstream_{axis}_m", travelled / ((slope + behind) / 2.0), _CHAMBERS_APART_M,
            f"downstream_{axis}_m - {axis}_m over the slope, distances of the chambers in m,", units,
        )
    check_median(
        path, "track_downstream_slope_y", track["downstream_slope_y"] / track["slope_y"], _SLOPES_ALIKE,
        "downstream_slope_y over slope_y, which the magnet does not change,", units,
    )
    check_median(
        path, "track_chi_square", track["chi_square"], _CHI_SQUARE, "chi squares of three degrees of freedom",
        "write that of the track's fit",
    )


def _check_bending(path: str | Path, track: dict) -> None:
    """The magnet gives all tracks one transverse momentum, to each side by the charge."""
    kick = (track["downstream_slope_x"] - track["slope_x"]) * track["momentum_gev"]
    check_median(
        path, "track_momentum_gev", np.abs(kick), _MAGNET_GEV,
        "changes of slope_x in the magnet, times momentum_gev, in GeV,",
        "write momenta in GeV, and slopes as dx/dz on both sides of the magnet",
    )
    to_one_side = np.mean(kick * track["charge"] > 0.0)
    if 0.1 < to_one_side < 0.9:
        raise EventFileError(
            f"{path}: branch track_charge contradicts how the tracks bend: {to_one_side:.0%} of the positive "
            "ones (and of the negative ones the other way) to one side; write the charge of the track's fit"
        )


def _check_charge(path: str | Path, charge: np.ndarray) -> None:
    if np.median(charge.sum(axis=1)) < 0:
        raise EventFileError(
            f"{path}: branch track_charge: half of all events have a negative total charge, but the beam is of "
            "positive kaons; exchange the signs"
        )


def _check_energies(path: str | Path, track: dict) -> None:
    energy = track["lkr_energy_gev"]
    if not np.any(energy > 0.0):
        raise EventFileError(
            f"{path}: branch track_lkr_energy_gev is 0 for all of {len(energy)} tracks; write the energies of "
            "the clusters that belong to tracks"
        )
    check_median(
        path, "track_lkr_energy_gev", (energy / track["momentum_gev"])[energy > 0.0], _ENERGY_OVER_MOMENTUM,
        "energies over momenta", "write both in GeV",
    )


def _check_clusters(path: str | Path, cluster: dict) -> None:
    check_median(
        path, "cluster_energy_gev", cluster["energy_gev"], _CLUSTER_GEV, "clusters in GeV",
        "write GeV (from MeV, divided by 1000)",
    )
    for name in ("x_m", "y_m"):
        position = np.abs(cluster[name])
        check_all(
            path, f"cluster_{name}", position <= _CALORIMETER_M,
            f"the calorimeter ends before {_CALORIMETER_M:g} m: write m (from mm, divided by 1000)",
        )
        check_median(
            path, f"cluster_{name}", position, _CLUSTERS_M, "distances from the beam in m", "write m",
        )
