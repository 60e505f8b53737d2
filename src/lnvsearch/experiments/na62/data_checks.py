"""What recorded events of a user's own cannot be: in other units, or without the tracks of a decay."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lnvsearch.data_checks import check_all, check_median
from lnvsearch.experiments.na62.events import SpectrometerEvents

__all__ = ["check_recorded"]

#: Medians that tracks of kaons of 75 GeV do not reach, but another unit does.
_MOMENTA_GEV = (0.5, 500.0)
_POSITIONS_M = (0.0, 1.5)
_SLOPES = (0.0, 0.05)
_PHOTONS_GEV = (0.05, 150.0)
_ENERGY_OVER_MOMENTUM = (0.001, 50.0)


def check_recorded(path: str | Path, events: SpectrometerEvents) -> None:
    """Raise EventFileError, naming file, branch and fix, for numbers that data cannot have."""
    track = events.track
    there = track["charge"] != 0
    check_all(
        path, "track_charge", there.sum(axis=1) >= 3, "every event needs three tracks; leave out others"
    )
    momentum, energy = track["momentum_gev"][there], track["lkr_energy_gev"][there]
    check_median(
        path, "track_momentum_gev", momentum, _MOMENTA_GEV, "momenta in GeV",
        "write GeV (from MeV, divided by 1000)", fewest=1,
    )
    check_all(path, "track_lkr_energy_gev", energy >= 0.0, "write 0 outside the calorimeter")
    check_median(
        path, "track_lkr_energy_gev", (energy / momentum)[energy > 0.0], _ENERGY_OVER_MOMENTUM,
        "energies over momenta", "write both in GeV",
    )
    for name in ("x_m", "y_m", "downstream_x_m", "downstream_y_m"):
        check_median(
            path, f"track_{name}", np.abs(track[name][there]), _POSITIONS_M, "distances in m",
            "write m (from mm, divided by 1000)",
        )
    for name in ("slope_x", "slope_y", "downstream_slope_x", "downstream_slope_y"):
        check_median(
            path, f"track_{name}", np.abs(track[name][there]), _SLOPES, "slopes",
            "write dx/dz or dy/dz (from mrad, divided by 1000)",
        )
    check_all(path, "track_chi_square", track["chi_square"][there] >= 0.0, "it is a sum of squares")
    photon = events.cluster["energy_gev"] > 0.0
    check_median(
        path, "cluster_energy_gev", events.cluster["energy_gev"][photon], _PHOTONS_GEV, "energies in GeV",
        "write GeV (from MeV, divided by 1000)",
    )
    for name in ("x_m", "y_m"):
        check_median(
            path, f"cluster_{name}", np.abs(events.cluster[name][photon]), _POSITIONS_M, "distances in m",
            "write m (from mm, divided by 1000)",
        )
    lav = events.event["lav_energy_gev"]
    check_median(
        path, "lav_energy_gev", lav[lav > 0.0], (0.0, 150.0), "energies in GeV",
        "write GeV (from MeV, divided by 1000)",
    )
    check_all(path, "lav_energy_gev", events.event["lav_energy_gev"] >= 0.0, "write 0 for no photon")
