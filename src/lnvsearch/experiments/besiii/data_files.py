"""The user's own files of recorded events: read as any other, checked, and nothing of what is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from lnvsearch.data_checks import EventsSeen, check_all, check_median
from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.besiii.events import (
    COVARIANCE_ELEMENTS,
    HELIX_PARAMETERS,
    RecordedEvents,
    iterate_recorded,
)

__all__ = ["iterate_data"]

#: Medians that no sample of tracks from J/psi decays reaches, but another unit does.
_MOMENTA_GEV = (0.02, 1.75)
_MOST_TAN_LAMBDA = 3.0
#: Longitudinally the beams overlap over a centimetre, some standard deviations of dz.
_MOST_PULL_Z = 20.0
_ENERGIES_GEV = (0.005, 10.0)
_RESOLUTION_CM = (0.001, 0.1)
_RESOLUTION_Z_CM = (0.001, 5.0)
_MOST_PULL = 5.0
#: Most tracks that an event may have: two pairs of them are combined.
_MOST_TRACKS = 40
#: Events of fewer tracks have no two pairs, and as many events with none among them are no sample.
_FEWEST_TRACKS, _FEW_EVENTS = 4, 10
#: Share of tracks without a usable covariance above which a file is refused.
_MOST_UNUSABLE = 0.01
#: A correlation matrix is not positive definite by rounding (float32) down to here, and is raised to.
_ROUNDING, _RAISED_TO = -1e-5, 1e-6


def iterate_data(
    path: str | Path, events_per_chunk: int | None = 50_000, *, tree_name: str = "Events",
    branches: Mapping[str, str] | None = None,
) -> Iterator[RecordedEvents]:
    """Read a file of recorded events in chunks, as `iterate_recorded` does, without any truth.

    Simulated events may stand in for data: what is true of them must not reach any output.
    Raises EventFileError also for weights, other units, charges that contradict kappa, unusable
    covariances of more than 1 % of the tracks, events that are there twice, and where none has the tracks
    of two pairs.  What is done with fewer unusable covariances is printed.
    """
    seen, n_events, most_tracks = EventsSeen(), 0, 0
    for chunk in iterate_recorded(
        path, events_per_chunk, tree_name=tree_name, branches=branches
    ):
        most = int(np.diff(chunk.track_offsets).max(initial=0))
        if most > _MOST_TRACKS:
            raise EventFileError(
                f"{path}: an event has {most} tracks, of which memory and time grow with the fourth power; "
                f"at most {_MOST_TRACKS} are taken: leave out such events, or what is no track"
            )
        n_events, most_tracks = n_events + len(chunk), max(most_tracks, most)
        track, event_of_track = chunk.track, np.repeat(np.arange(len(chunk)), np.diff(chunk.track_offsets))
        check_all(path, "weight", chunk.weight == 1.0, "data have a weight of 1")
        _check_units(path, track)
        sums = (np.bincount(event_of_track, track[name], len(chunk)) for name in ("kappa", "phi0", "dz"))
        seen.add(chunk.event_number, *sums)
        yield _without_truth(_with_usable_covariances(path, chunk))
    seen.check(path)
    if n_events >= _FEW_EVENTS and most_tracks < _FEWEST_TRACKS:
        raise EventFileError(
            f"{path}: none of {n_events} events has more than {most_tracks} tracks, where {_FEWEST_TRACKS} are "
            "needed; write all good tracks of an event"
        )


def _check_units(path: str | Path, track: Mapping[str, np.ndarray]) -> None:
    kappa, energy = track["kappa"].astype(float), track["emc_energy"].astype(float)
    check_all(path, "track_kappa", kappa != 0.0, "write the charge over the transverse momentum, 1/GeV")
    check_all(
        path, "track_charge", track["charge"] * kappa > 0.0,
        "it is the sign of track_kappa: exchange one of the two",
    )
    check_median(
        path, "track_kappa", 1.0 / np.abs(kappa), _MOMENTA_GEV, "transverse momenta in GeV",
        "write charge over transverse momentum in 1/GeV (from MeV, times 1000), not the momentum",
    )
    check_all(path, "track_emc_energy", energy >= 0.0, "write 0 where there is no shower")
    check_median(
        path, "track_emc_energy", energy[energy > 0.0], _ENERGIES_GEV, "showers in GeV",
        "write energies in GeV (from MeV, divided by 1000)",
    )
    check_all(
        path, "track_phi0", np.abs(track["phi0"]) <= 2.0 * np.pi + 1e-3, "write radians, 0 to 2 pi",
    )
    check_median(
        path, "track_tan_lambda", np.abs(track["tan_lambda"]), (0.0, _MOST_TAN_LAMBDA),
        "ratios of p_z to pT", "write that ratio, no angle",
    )
    variance = track["cov_dr_dr"].astype(float)
    known = variance > 0.0
    resolution = np.sqrt(variance[known])
    check_median(
        path, "track_cov_dr_dr", resolution, _RESOLUTION_CM, "standard deviations of dr in cm",
        "write covariances, and dr and dz, in cm (from mm, dr divided by 10, cov_dr_dr by 100)",
    )
    check_median(
        path, "track_dr", np.abs(track["dr"][known]) / resolution, (0.0, _MOST_PULL),
        "distances dr in their standard deviations",
        "write dr in cm, from the interaction point, in the units of its covariance",
    )
    sigma_z = np.sqrt(np.maximum(track["cov_dz_dz"].astype(float), 0.0))
    check_median(
        path, "track_cov_dz_dz", sigma_z[sigma_z > 0.0], _RESOLUTION_Z_CM, "standard deviations of dz in cm",
        "write covariances, and dr and dz, in cm",
    )
    check_median(
        path, "track_dz", np.abs(track["dz"])[sigma_z > 0.0] / sigma_z[sigma_z > 0.0], (0.0, _MOST_PULL_Z),
        "distances dz in their standard deviations",
        "write dz in cm, from the interaction point, in the units of its covariance",
    )
    check_median(
        path, "track_cov_kappa_kappa",
        np.sqrt(np.maximum(track["cov_kappa_kappa"].astype(float), 0.0)) / np.abs(kappa), (0.0, 0.5),
        "relative standard deviations of kappa", "write covariances in the units of the helix",
    )


def _with_usable_covariances(path: str | Path, events: RecordedEvents) -> RecordedEvents:
    """The same events; correlations that are not positive definite by rounding are raised, and tracks
    without a usable covariance dropped."""
    covariance = events.track_covariance()
    sigma = np.sqrt(np.maximum(np.einsum("nii->ni", covariance), 0.0))
    usable = np.all(sigma > 0.0, axis=1)
    scale = np.where(usable[:, np.newaxis], sigma, 1.0)
    correlation = covariance / scale[:, :, np.newaxis] / scale[:, np.newaxis, :]
    correlation[~usable] = np.eye(len(HELIX_PARAMETERS))
    lowest = np.linalg.eigvalsh(correlation)[:, 0]
    by_rounding = (lowest <= 0.0) & (lowest > _ROUNDING)
    usable &= lowest > _ROUNDING
    n_tracks, n_unusable = len(usable), np.count_nonzero(~usable)
    said = f"{path}: the covariance of {n_unusable} of {n_tracks} tracks is not positive definite"
    if n_unusable > _MOST_UNUSABLE * n_tracks:
        raise EventFileError(f"{said} ({n_unusable / n_tracks:.1%}); write those of the track fit")
    if n_unusable:
        print(f"{said}: these tracks are dropped")
    if np.any(by_rounding):
        print(
            f"{path}: the covariance of {np.count_nonzero(by_rounding)} of {n_tracks} tracks is not positive "
            f"definite by rounding: its lowest eigenvalue was raised to {_RAISED_TO:g} of the variances"
        )
        values, vectors = np.linalg.eigh(correlation[by_rounding])
        raised = np.einsum("nij,nj,nkj->nik", vectors, np.maximum(values, _RAISED_TO), vectors)
        s = scale[by_rounding]
        covariance[by_rounding] = raised * s[:, :, np.newaxis] * s[:, np.newaxis, :]
        rows, columns = np.tril_indices(len(HELIX_PARAMETERS))
        elements = zip(COVARIANCE_ELEMENTS, rows, columns, strict=True)
        track = {**events.track, **{name: covariance[:, i, j] for name, i, j in elements}}
        events = replace(events, track=track)
    return events if usable.all() else _with_tracks(events, usable)


def _with_tracks(events: RecordedEvents, keep: np.ndarray) -> RecordedEvents:
    """The same events with the tracks of a mask (m,) alone."""
    before = np.concatenate([[0], np.cumsum(keep)])
    track = {name: values[keep] for name, values in events.track.items()}
    return replace(events, track=track, track_offsets=before[events.track_offsets])


def _without_truth(events: RecordedEvents) -> RecordedEvents:
    unknown = np.full(len(events.track["charge"]), -1, dtype=np.int32)
    return replace(
        events,
        track={**events.track, "truth_index": unknown},
        truth={name: values[:0] for name, values in events.truth.items()},
        truth_offsets=np.zeros(len(events) + 1, dtype=np.int64),
    )
