"""The user's own files of recorded events: read as any other, checked, and nothing of what is true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from lnvsearch.data_checks import EventsSeen, check_all
from lnvsearch.event_files import EventFileError
from lnvsearch.experiments.besiii.chi_checks import check_deviations
from lnvsearch.experiments.besiii.events import (
    COVARIANCE_ELEMENTS,
    HELIX_PARAMETERS,
    RecordedEvents,
    iterate_recorded,
)
from lnvsearch.experiments.besiii.unit_checks import check_directions, check_units

__all__ = ["iterate_data"]

#: Most tracks that an event may have: two pairs of them are combined.
_MOST_TRACKS = 40
#: Events of fewer tracks have no two pairs, and as many events with none among them are no sample.
_FEWEST_TRACKS, _FEW_EVENTS = 4, 10
#: Share of tracks without a usable covariance above which a file is refused.
_MOST_UNUSABLE = 0.01
#: A correlation matrix is not positive definite by rounding (float32) down to here, and is raised to.
_ROUNDING, _RAISED_TO = -1e-5, 1e-6
#: Standard deviations of dr, phi0, kappa, dz and tan(lambda), in their units, of what was not measured.
_NOT_MEASURED = (100.0, 10.0, 1e4, 300.0, 100.0)
#: Of as many tracks some must have dE/dx or a time of flight.
_ENOUGH_TRACKS = 60


def iterate_data(
    path: str | Path, events_per_chunk: int | None = 50_000, *, tree_name: str = "Events",
    branches: Mapping[str, str] | None = None,
) -> Iterator[RecordedEvents]:
    """Read a file of recorded events in chunks, as `iterate_recorded` does, without any truth.

    Simulated events may stand in for data: what is true of them must not reach any output.
    Raises EventFileError also for weights, other units, charges that contradict kappa, deviations in
    other than standard deviations, unusable covariances of more than 1 % of the tracks, events or
    tracks that are there twice, and where none has the tracks of two pairs, or any identification.  What is
    done with fewer unusable covariances is printed.
    """
    seen, n_events, n_tracks, most_tracks, measured = EventsSeen(), 0, 0, 0, set()
    for chunk in iterate_recorded(
        path, events_per_chunk, tree_name=tree_name, branches=branches, weighted=False
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
        check_units(path, track)
        check_directions(path, track, event_of_track)
        measured |= check_deviations(path, track)
        n_tracks += len(event_of_track)
        seen.add(chunk.event_number, event_of_track, *(track[name] for name in HELIX_PARAMETERS))
        yield _without_truth(_with_usable_covariances(path, chunk))
    seen.check(path)
    if n_events >= _FEW_EVENTS and most_tracks < _FEWEST_TRACKS:
        raise EventFileError(
            f"{path}: none of {n_events} events has more than {most_tracks} tracks, where {_FEWEST_TRACKS} are "
            "needed; write all good tracks of an event"
        )
    if n_tracks >= _ENOUGH_TRACKS and not measured & {"dedx", "tof"}:
        raise EventFileError(
            f"{path}: branches track_dedx_chi_* and track_tof_chi_* are NaN for all of {n_tracks} tracks: no kaon "
            "can be told from a pion; write what was measured"
        )


def _with_usable_covariances(path: str | Path, events: RecordedEvents) -> RecordedEvents:
    """The same events; correlations that are not positive definite by rounding are raised, and tracks
    without a usable covariance dropped."""
    covariance = events.track_covariance()
    sigma = np.sqrt(np.maximum(np.einsum("nii->ni", covariance), 0.0))
    usable = np.all((sigma > 0.0) & (sigma < _NOT_MEASURED), axis=1)
    scale = np.where(usable[:, np.newaxis], sigma, 1.0)
    correlation = covariance / scale[:, :, np.newaxis] / scale[:, np.newaxis, :]
    correlation[~usable] = np.eye(len(HELIX_PARAMETERS))
    lowest = np.linalg.eigvalsh(correlation)[:, 0]
    by_rounding = (lowest <= 0.0) & (lowest > _ROUNDING)
    usable &= lowest > _ROUNDING
    n_tracks, n_unusable = len(usable), np.count_nonzero(~usable)
    said = f"{path}: the covariance of {n_unusable} of {n_tracks} tracks is not positive definite, or without bounds"
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
