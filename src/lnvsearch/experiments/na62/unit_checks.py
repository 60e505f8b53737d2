"""Whether the columns of recorded tracks and clusters agree with one another, as they do in one set of units.

Tracks come from a decay some tens of metres before the first chamber, are straight but for the magnet, which
changes their momentum by 0.27 GeV, and cross four chambers within 35 m (The beam and detector of the NA62
experiment, JINST 12 (2017) P05025).  Limits are wide: they tell a wrong unit, sign or column from a right one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lnvsearch.data_checks import check_all, check_bulk, check_median, check_size
from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.na62.events import SpectrometerEvents

__all__ = ["check_agreement"]

#: Fewest values of which a median is used.
_ENOUGH = 60
_DISTANCE_TO_DECAY_M = (8.0, 150.0)
_CHAMBERS_APART_M = (20.0, 60.0)
_MAGNET_GEV = (0.22, 0.33)
_SLOPES_ALIKE = (0.5, 2.0)
_ENERGY_OVER_MOMENTUM = (0.01, 10.0)
#: Of the most energetic showers, those of electrons or of pions that left nearly everything.
_HIGHEST_ENERGY_OVER_MOMENTUM = (0.25, 3.0)
#: No calorimeter gives so many tracks the energy that is their momentum, to so many digits.
_MOST_EQUAL, _EQUAL = 0.9, 1e-6
#: Chambers 1 and 4 are 35.4 m apart, in y along one line.
_CHAMBERS_APART_IN_Y_M = (32.0, 39.0)
#: The median of three degrees of freedom is 2.4.
_CHI_SQUARE = (0.9, 15.0)
_BULK_OF_MOMENTA_GEV = (1.0, 150.0)
#: No track or cluster has more.
_MOST = {"momentum_gev": 1e5, "lkr_energy_gev": 1e5, "x_m": 10.0, "y_m": 10.0, "downstream_x_m": 10.0,
         "downstream_y_m": 10.0, "slope_x": 1.0, "slope_y": 1.0, "downstream_slope_x": 1.0,
         "downstream_slope_y": 1.0}  # fmt: skip
#: Share of tracks that bend to the wrong side, and of signals in one tile of the muon detector.
_MOST_WRONG, _MOST_IN_ONE_TILE = 0.03, 0.3
_CLUSTER_GEV = (0.3, 80.0)
_LAV_GEV = (0.01, 100.0)
_CALORIMETER_M = 1.5
#: From chamber 4 to the front of the calorimeter; what is as near to a track belongs to it.
_TO_CALORIMETER_M, _NEAR_M = 22.2, 0.03
#: Half of all clusters lie further out than the beam's hole, and some far out.
_CLUSTERS_M, _OUTERMOST_M = (0.03, _CALORIMETER_M), (0.3, _CALORIMETER_M)


def check_agreement(path: str | Path, events: SpectrometerEvents) -> None:
    """Raise EventFileError, naming file, branch and fix, where columns contradict one another."""
    there = events.track["charge"] != 0
    track = {name: values[there].astype(float) for name, values in events.track.items()}
    cluster = {name: values[events.cluster["energy_gev"] != 0.0].astype(float)
               for name, values in events.cluster.items()}  # fmt: skip
    if len(track["charge"]) >= _ENOUGH:
        _check_charge(path, events.track["charge"])
        with np.errstate(divide="ignore", invalid="ignore"):
            _check_lines(path, track)
            _check_bending(path, track)
        _check_energies(path, track)
        _check_tiles(path, track["muv3_tile"])
        _check_clusters_of_tracks(path, events)
    for name, most in _MOST.items():
        check_size(path, f"track_{name}", track[name], most, "leave out what is no track")
    check_size(path, "cluster_energy_gev", cluster["energy_gev"], 1e5, "leave out what is no cluster")
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
    in_y = (track["downstream_y_m"] - track["y_m"]) / track["slope_y"]
    check_median(
        path, "track_y_m", in_y, _CHAMBERS_APART_IN_Y_M,
        "downstream_y_m - y_m over slope_y, distances of chambers 1 and 4 in m,", units,
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
    check_bulk(
        path, "track_momentum_gev", track["momentum_gev"], _BULK_OF_MOMENTA_GEV, "momenta in GeV",
        "write GeV (from MeV, divided by 1000)",
    )
    wrong = np.mean(kick * track["charge"] > 0.0)
    if wrong > 1.0 - _MOST_WRONG:
        raise EventFileError(
            f"{path}: branch track_slope_x: {wrong:.0%} of the tracks bend as if the magnet bent positive ones "
            "towards +x, it is -x in these files; exchange the signs of x, and of slopes in x, everywhere"
        )
    if wrong > _MOST_WRONG:
        raise EventFileError(
            f"{path}: branch track_charge contradicts how {wrong:.0%} of the tracks bend: positive ones go towards "
            "-x; write the charge of the track's fit"
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
    ratio = (energy / track["momentum_gev"])[energy > 0.0]
    share = np.mean(np.abs(ratio - 1.0) < _EQUAL)
    if len(ratio) >= _ENOUGH and share > _MOST_EQUAL:
        raise EventFileError(
            f"{path}: branch track_lkr_energy_gev is track_momentum_gev for {share:.0%} of {len(ratio)} tracks; write "
            "the energies of the clusters that belong to tracks"
        )
    check_median(
        path, "track_lkr_energy_gev", ratio, _ENERGY_OVER_MOMENTUM, "energies over momenta", "write both in GeV",
    )
    check_median(
        path, "track_lkr_energy_gev", _highest(ratio),
        _HIGHEST_ENERGY_OVER_MOMENTUM, "of the highest tenth of energies over momenta",
        "write energies of all of the shower, in GeV, not over the momentum", fewest=1,
    )


def _highest(values: np.ndarray) -> np.ndarray:
    """The highest tenth of values (n,), where there are enough."""
    return values[values >= np.quantile(values, 0.9)] if len(values) >= _ENOUGH else values[:0]


def _check_tiles(path: str | Path, tile: np.ndarray) -> None:
    """Signals of the muon detector are spread over its tiles."""
    signals = tile[tile >= 0].astype(int)
    if len(signals) < _ENOUGH:
        return
    counts = np.bincount(signals)
    if counts.max() > _MOST_IN_ONE_TILE * len(signals):
        raise EventFileError(
            f"{path}: branch track_muv3_tile is {counts.argmax()} in {counts.max()} of {len(signals)} signals; "
            "write the number of the tile, and -1 where there is no signal"
        )


def _check_clusters_of_tracks(path: str | Path, events: SpectrometerEvents) -> None:
    """Clusters that belong to tracks are not among the photons'."""
    track, cluster = events.track, events.cluster
    there = (track["charge"] != 0) & (track["lkr_energy_gev"] > 0.0)
    is_near: np.ndarray = (cluster["energy_gev"] > 0.0)[:, np.newaxis, :]
    for axis in "xy":
        impact = track[f"downstream_{axis}_m"] + _TO_CALORIMETER_M * track[f"downstream_slope_{axis}"]
        is_near = is_near & (np.abs(cluster[f"{axis}_m"][:, np.newaxis, :] - impact[:, :, np.newaxis]) < _NEAR_M)
    share = np.mean(np.any(is_near, axis=2)[there]) if np.any(there) else 0.0
    if share > 0.5:
        raise EventFileError(
            f"{path}: branch cluster_energy_gev: {share:.0%} of the tracks have a cluster where they reach the "
            "calorimeter; write the clusters that belong to no track"
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
        check_median(
            path, f"cluster_{name}", _highest(position), _OUTERMOST_M,
            "of the tenth that is furthest from the beam, in m,", "write m", fewest=1,
        )
