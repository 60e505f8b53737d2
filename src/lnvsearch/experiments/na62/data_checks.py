"""What recorded events of a user's own cannot be: in other units, or without the tracks of a decay."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lnvsearch.data_checks import check_all, check_median, check_no_placeholder, check_share
from lnvsearch.experiments.na62.events import SpectrometerEvents

__all__ = ["check_recorded"]

#: Medians that tracks of kaons of 75 GeV do not reach, but another unit does.
_MOMENTA_GEV = (0.5, 500.0)
_POSITIONS_M = (0.0, 1.5)
_SLOPES = (0.0, 0.05)
_PHOTONS_GEV = (0.05, 150.0)
_ENERGY_OVER_MOMENTUM = (0.001, 50.0)
#: What no track or cluster has: the beam has 75 GeV, and what the magnet gives 0.27 GeV turns less away.
_POSSIBLE_MOMENTA_GEV, _POSSIBLE_ENERGIES_GEV = (0.27, 500.0), (0.0, 500.0)
#: Chambers have a radius of 1 m, the last is 22 m behind the magnet.
_POSSIBLE_SLOPES, _POSSIBLE_POSITIONS_M = (0.0, 0.15), (0.0, 2.0)


def check_recorded(path: str | Path, events: SpectrometerEvents) -> None:
    """Raise EventFileError, naming file, branch and fix, for numbers that data cannot have."""
    track = events.track
    there = track["charge"] != 0
    check_all(
        path, "track_charge", there.sum(axis=1) >= 3, "every event needs three tracks; leave out others"
    )
    _check_placeholders(path, events, there)
    momentum, energy = track["momentum_gev"][there], track["lkr_energy_gev"][there]
    words = "momenta in GeV", "write GeV (from MeV, divided by 1000)"
    check_median(path, "track_momentum_gev", momentum, _MOMENTA_GEV, *words, fewest=1)
    check_share(path, "track_momentum_gev", momentum, _POSSIBLE_MOMENTA_GEV, *words)
    check_all(path, "track_lkr_energy_gev", energy >= 0.0, "write 0 outside the calorimeter")
    check_median(
        path, "track_lkr_energy_gev", (energy / momentum)[energy > 0.0], _ENERGY_OVER_MOMENTUM,
        "energies over momenta", "write both in GeV",
    )
    energies = "energies in GeV", "write GeV (from MeV, divided by 1000)"
    check_share(path, "track_lkr_energy_gev", energy, _POSSIBLE_ENERGIES_GEV, *energies)
    distances = "distances in m", "write m (from mm, divided by 1000)"
    for name in ("x_m", "y_m", "downstream_x_m", "downstream_y_m"):
        distance = np.abs(track[name][there])
        check_median(path, f"track_{name}", distance, _POSITIONS_M, *distances)
        check_share(path, f"track_{name}", distance, _POSSIBLE_POSITIONS_M, *distances)
    for name in ("slope_x", "slope_y", "downstream_slope_x", "downstream_slope_y"):
        slope = np.abs(track[name][there])
        words = "slopes", "write dx/dz or dy/dz (from mrad, divided by 1000)"
        check_median(path, f"track_{name}", slope, _SLOPES, *words)
        check_share(path, f"track_{name}", slope, _POSSIBLE_SLOPES, *words)
    check_all(path, "track_chi_square", track["chi_square"][there] >= 0.0, "it is a sum of squares")
    photon = events.cluster["energy_gev"] > 0.0
    energy = events.cluster["energy_gev"][photon]
    check_median(path, "cluster_energy_gev", energy, _PHOTONS_GEV, *energies)
    check_share(path, "cluster_energy_gev", energy, _POSSIBLE_ENERGIES_GEV, *energies)
    for name in ("x_m", "y_m"):
        distance = np.abs(events.cluster[name][photon])
        check_median(path, f"cluster_{name}", distance, _POSITIONS_M, *distances)
        check_share(path, f"cluster_{name}", distance, _POSSIBLE_POSITIONS_M, *distances)
    lav = events.event["lav_energy_gev"]
    check_median(path, "lav_energy_gev", lav[lav > 0.0], (0.0, 150.0), *energies)
    check_share(path, "lav_energy_gev", lav[lav > 0.0], _POSSIBLE_ENERGIES_GEV, *energies)
    check_all(path, "lav_energy_gev", lav >= 0.0, "write 0 for no photon")


def _check_placeholders(path: str | Path, events: SpectrometerEvents, there: np.ndarray) -> None:
    for name, values in events.track.items():
        if values.dtype.kind == "f" and not name.startswith("true_"):
            fix = "write 0 outside the calorimeter" if name == "lkr_energy_gev" else "leave out what is no track"
            check_no_placeholder(path, f"track_{name}", values[there], fix)
    photon = events.cluster["energy_gev"] != 0.0
    for name, values in events.cluster.items():
        check_no_placeholder(path, f"cluster_{name}", values[photon], "leave out what is no cluster")
    check_no_placeholder(path, "lav_energy_gev", events.event["lav_energy_gev"], "write 0 for no photon")
