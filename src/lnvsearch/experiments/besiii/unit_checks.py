"""Whether recorded tracks have the units, signs and meanings of docs/events.md, as far as they tell.

Tracks of J/psi decays at rest, or near it, in the BESIII detector (Nucl. Instrum. Meth. A 614 (2010) 345): momenta
to 1.6 GeV that balance across the beam, as many charges of each sign, and resolutions of its drift chamber,
time-of-flight counters and calorimeter.  Limits are wide: they tell a wrong unit or column from a right one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lnvsearch.data_checks import check_all, check_bulk, check_median, check_no_placeholder, check_share, check_size
from lnvsearch.event_files import EventFileError

__all__ = ["check_directions", "check_units"]

#: No track has more, however badly it is measured.
_MOST = {"kappa": 1e4, "dr": 1e3, "dz": 1e3, "tan_lambda": 1e3, "emc_energy": 1e3}
#: Medians that no sample of tracks from J/psi decays reaches, but another unit does.
_MOMENTA_GEV = (0.02, 1.75)
_BULK_OF_MOMENTA_GEV = (0.01, 3.0)
#: A track of less does not reach the chamber, 6 cm from the beam in 1 T; none has a third of 10 GeV.
_POSSIBLE_MOMENTA_GEV = (0.005, 10.0)
_TAN_LAMBDA = (0.01, 3.0)
#: The chamber ends where it is 2.5.
_POSSIBLE_TAN_LAMBDA = (0.0, 10.0)
_ENERGIES_GEV = (0.005, 10.0)
#: Clusters begin with a crystal of 6 MeV.
_POSSIBLE_ENERGIES_GEV = (0.002, 10.0)
#: Minimum-ionising particles of the highest momentum leave 0.13 of it in the calorimeter, electrons all.
_ENERGY_OVER_MOMENTUM = (0.1, 2.0)
#: Standard deviations of the helix: medians of half a magnitude and more around those of the drift chamber.
_RESOLUTIONS = {
    "dr": ((0.001, 0.1), "cm", "write covariances, and dr and dz, in cm (from mm, dr divided by 10, cov_dr_dr by 100)"),
    "dz": ((0.02, 1.0), "cm", "write covariances, and dr and dz, in cm"),
    "phi0": ((2e-4, 0.06), "rad", "write covariances in rad"),
    "tan_lambda": ((3e-4, 0.1), "p_z over pT", "write covariances of that ratio"),
}
_RELATIVE_KAPPA = (5e-4, 0.1)
#: Longitudinally the beams overlap over a centimetre, some standard deviations of dz.
_PULLS = {"dr": (0.1, 5.0), "dz": (0.1, 20.0)}
#: The chamber reaches |cos(theta)| = 0.93, its barrel 0.8: tan(lambda) 2.5 and 1.33.  No angle in rad
#: and no cosine gets beyond 1.25.
_ENOUGH_FOR_THE_EDGE, _EDGE_OF_TAN_LAMBDA = 1000, 1.25
_ENOUGH = 60
_MOST_ASYMMETRY = 0.5
#: (sum of pT)^2 over the sum of pT^2: 1 where directions are random, about 0.2 in decays at rest.
_MOST_IMBALANCE, _TRACKS_THAT_BALANCE = 0.7, 4


def check_units(path: str | Path, track: Mapping[str, np.ndarray]) -> None:
    """Raise EventFileError, naming file, branch and fix, for tracks (m,) in other units or of other signs."""
    _check_placeholders(path, track)
    _check_momenta(path, track)
    check_all(
        path, "track_phi0", np.abs(track["phi0"]) <= 2.0 * np.pi + 1e-3, "write radians, 0 to 2 pi",
    )
    tan_lambda = np.abs(track["tan_lambda"])
    words = "ratios of p_z to pT", "write that ratio, no angle and no cosine"
    check_median(path, "track_tan_lambda", tan_lambda, _TAN_LAMBDA, *words)
    check_share(path, "track_tan_lambda", tan_lambda, _POSSIBLE_TAN_LAMBDA, *words)
    if len(tan_lambda) >= _ENOUGH_FOR_THE_EDGE and (edge := np.quantile(tan_lambda, 0.99)) < _EDGE_OF_TAN_LAMBDA:
        raise EventFileError(
            f"{path}: branch track_tan_lambda: 1 % of all {words[0]} are beyond {edge:.3g}, where tracks reach "
            f"2.5; {words[1]}"
        )
    _check_showers(path, track)
    _check_resolutions(path, track)
    for name, most in _MOST.items():
        check_size(path, f"track_{name}", track[name], most, "leave out what is no track")


def _check_placeholders(path: str | Path, track: Mapping[str, np.ndarray]) -> None:
    for name, values in track.items():
        if values.dtype.kind == "f":
            fix = "leave out what is no track"
            if "_chi_" in name:
                fix = "write NaN where there is no measurement"
            elif name == "emc_energy":
                fix = "write 0 where there is no shower"
            check_no_placeholder(path, f"track_{name}", values, fix)
    if "muon_counter" in track:
        counter = track["muon_counter"]
        check_all(path, "track_muon_counter", (counter == 0) | (counter == 1), "write 1 for a signal, else 0")


def _check_momenta(path: str | Path, track: Mapping[str, np.ndarray]) -> None:
    kappa = track["kappa"].astype(float)
    check_all(path, "track_kappa", kappa != 0.0, "write the charge over the transverse momentum, 1/GeV")
    check_all(
        path, "track_charge", track["charge"] * kappa > 0.0,
        "it is the sign of track_kappa: exchange one of the two",
    )
    words = (
        "transverse momenta in GeV",
        "write charge over transverse momentum in 1/GeV (from MeV, times 1000), not the momentum",
    )
    check_median(path, "track_kappa", 1.0 / np.abs(kappa), _MOMENTA_GEV, *words, fewest=1)
    check_bulk(path, "track_kappa", 1.0 / np.abs(kappa), _BULK_OF_MOMENTA_GEV, *words)
    check_share(path, "track_kappa", 1.0 / np.abs(kappa), _POSSIBLE_MOMENTA_GEV, *words)


def _check_showers(path: str | Path, track: Mapping[str, np.ndarray]) -> None:
    energy = track["emc_energy"].astype(float)
    momentum = np.hypot(1.0, track["tan_lambda"]) / np.abs(track["kappa"])
    fix = "write energies in GeV (from MeV, divided by 1000)"
    check_all(path, "track_emc_energy", energy >= 0.0, "write 0 where there is no shower")
    if len(energy) >= _ENOUGH and not np.any(energy > 0.0):
        raise EventFileError(
            f"{path}: branch track_emc_energy is 0 for all of {len(energy)} tracks; write the energies of the "
            "showers that belong to tracks"
        )
    there = energy > 0.0
    check_median(path, "track_emc_energy", energy[there], _ENERGIES_GEV, "showers in GeV", fix)
    check_bulk(path, "track_emc_energy", energy[there], _ENERGIES_GEV, "showers in GeV", fix)
    if np.count_nonzero(there) >= _ENOUGH:
        check_median(
            path, "track_emc_energy", (energy / momentum)[there], _ENERGY_OVER_MOMENTUM, "energies over momenta", fix
        )
    check_share(path, "track_emc_energy", energy[there], _POSSIBLE_ENERGIES_GEV, "showers in GeV", fix)


def _check_resolutions(path: str | Path, track: Mapping[str, np.ndarray]) -> None:
    for name, (limits, unit, fix) in _RESOLUTIONS.items():
        branch, sigma = f"cov_{name}_{name}", _sigma(track, name)
        known = sigma > 0.0
        check_median(
            path, f"track_{branch}", sigma[known], limits, f"standard deviations of {name} in {unit}", fix
        )
        if name in _PULLS:
            check_median(
                path, f"track_{name}", np.abs(track[name])[known] / sigma[known], _PULLS[name],
                f"distances {name} in their standard deviations",
                f"write {name} in cm, from the interaction point, in the units of its covariance",
            )
    relative = _sigma(track, "kappa") / np.abs(track["kappa"])
    check_median(
        path, "track_cov_kappa_kappa", relative[relative > 0.0], _RELATIVE_KAPPA,
        "relative standard deviations of kappa", "write covariances in the units of the helix",
    )


def _sigma(track: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    return np.sqrt(np.maximum(track[f"cov_{name}_{name}"].astype(float), 0.0))


def check_directions(path: str | Path, track: Mapping[str, np.ndarray], event_of_track: np.ndarray) -> None:
    """Raise EventFileError where tracks (m,) of many events prefer a charge or an end of the beam, or do not
    balance across it."""
    if len(event_of_track) < _ENOUGH:
        return
    charges, forward = np.mean(track["charge"]), np.mean(np.sign(track["tan_lambda"]))
    if abs(charges) > _MOST_ASYMMETRY:
        raise EventFileError(
            f"{path}: branch track_charge: the mean is {charges:.2g}, but decays of a neutral particle have as "
            "many negative tracks as positive ones; write the sign of the charge, in track_kappa too"
        )
    if abs(forward) > _MOST_ASYMMETRY:
        raise EventFileError(
            f"{path}: branch track_tan_lambda: {(1 + forward) / 2:.0%} are positive, but the beams are alike; "
            "write p_z over pT with its sign, no polar angle"
        )
    kappa = np.abs(track["kappa"].astype(float))
    is_slow = kappa > 1.0 / _BULK_OF_MOMENTA_GEV[1]  # not one that is measured wrongly and outweighs all
    pt = is_slow / kappa
    x, y = (np.bincount(event_of_track, part * pt) for part in (np.sin(track["phi0"]), np.cos(track["phi0"])))
    # Of two or three tracks the rest may be unseen: phi eta leaves a pair that flies one way.
    several = np.bincount(event_of_track) >= _TRACKS_THAT_BALANCE
    if np.count_nonzero(several) < _ENOUGH:
        return
    imbalance = np.sum((x**2 + y**2)[several]) / np.sum(np.bincount(event_of_track, pt**2)[several])
    if imbalance > _MOST_IMBALANCE:
        raise EventFileError(
            f"{path}: branch track_phi0: the tracks of an event balance no better ({imbalance:.2f}) than random "
            "directions (1) across the beam, those of decays about 0.2; write the azimuth of the point of "
            "closest approach in rad"
        )
