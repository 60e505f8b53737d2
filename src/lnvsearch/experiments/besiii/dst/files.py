"""DST files through pybes3, chunk by chunk, into one file of recorded events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lnvsearch.event_files import EventFileError, open_event_file
from lnvsearch.experiments.besiii.dst.conversion import (
    COLLECTIONS,
    TRUTH_COLLECTIONS,
    Shower,
    linked_tracks,
    recorded_events,
)
from lnvsearch.experiments.besiii.dst.helix import vertex_of_tracks
from lnvsearch.experiments.besiii.events import RecordedEvents, write_recorded

__all__ = ["Converted", "convert"]

EVENTS_PER_CHUNK = 20_000
#: Share of covariances that are not positive definite above which the reading is at fault.
_MOST_UNUSABLE = 0.01
#: Tracks of a run from which its interaction point is taken.
_TRACKS_FOR_VERTEX = 200_000


@dataclass
class Converted:
    """What was read and written, counted."""

    n_events: int = 0
    n_tracks: int = 0
    #: Charged tracks of which the Kalman fit failed, which are left out.
    n_without_fit: int = 0
    #: Tracks with each of the measurements.
    measured: Counter = field(default_factory=Counter)
    has_truth: bool = False
    vertex_cm: dict[int, list[float]] = field(default_factory=dict)


def convert(
    files: Sequence[str | Path],
    output: str | Path,
    *,
    vertex_cm: Sequence[float] | None = None,
    field_z_t: float = -1.0,
    shower: Shower | None = None,
) -> Converted:
    """Write the events of DST files as one file of docs/events.md, whole or not at all.

    `vertex_cm`: the interaction point; without it, that from which the tracks of each run come.
    Raises EventFileError, also for a file that is given twice, where a run has too few tracks for that, and for
    covariances that are not positive definite for more than 1 % of the tracks.
    """
    _check_once(files, output)
    done = Converted()
    points = _vertices(files) if vertex_cm is None else None
    n_total = sum(_number_of_events(path) for path in files)
    metadata = {
        "converted_from": [Path(path).name for path in files],
        "interaction_point_cm": {str(k): v for k, v in points.items()} if points else list(vertex_cm or ()),
        "mirrored": "y -> -y",
    }

    def chunks() -> Iterator[RecordedEvents]:
        for path in files:
            for arrays in _chunks(path):
                tracks = linked_tracks(arrays)
                run = np.asarray(arrays["run"])
                at = np.array([vertex_cm if points is None else points[int(one)] for one in run])
                events = recorded_events(
                    arrays, tracks, at.reshape(-1, 3), field_z_t=field_z_t, n_generated=n_total,
                    shower=shower,
                )  # fmt: skip
                _check_covariances(path, events)
                _count(done, events, tracks.n_without_fit)
                yield replace(events, metadata=metadata)

    write_recorded(output, chunks())
    done.vertex_cm = points or {}
    return done


def _check_once(files: Sequence[str | Path], output: str | Path) -> None:
    """Refuse a file that is there twice, by whatever name or link, or is to be written as well."""
    places: dict[Path, str | Path] = {}
    for path in files:
        place = Path(path).resolve()
        if place in places:
            also = "" if str(places[place]) == str(path) else f" as {places[place]}"
            raise EventFileError(f"{path}: given before{also}, and its events would count twice; give it once")
        places[place] = path
    if Path(output).resolve() in places:
        raise EventFileError(f"{output}: is one of the files to read; give another name for the file to write")


def _count(done: Converted, events: RecordedEvents, n_without_fit: int) -> None:
    track = events.track
    done.n_events += len(events)
    done.n_tracks += len(track["charge"])
    done.n_without_fit += n_without_fit
    done.has_truth |= len(events.truth["pdg_id"]) > 0
    for name, there in (
        ("dE/dx", np.isfinite(track["dedx_chi_pion"])), ("time of flight", np.isfinite(track["tof_chi_pion"])),
        ("a shower", track["emc_energy"] > 0.0), ("a true particle", track["truth_index"] >= 0),
    ):  # fmt: skip
        done.measured[name] += int(np.count_nonzero(there))


def _check_covariances(path: str | Path, events: RecordedEvents) -> None:
    """Refuse matrices that no fit gives: the file was unpacked wrongly."""
    covariance = events.track_covariance()
    scale = np.sqrt(np.abs(np.einsum("nii->ni", covariance))) + 1e-300
    correlation = covariance / scale[:, :, np.newaxis] / scale[:, np.newaxis, :]
    n_bad = int(np.count_nonzero(np.linalg.eigvalsh(correlation)[:, 0] <= 0.0)) if len(scale) else 0
    if n_bad > _MOST_UNUSABLE * len(scale):
        raise EventFileError(
            f"{path}: the Kalman covariance of {n_bad} of {len(scale)} tracks is not positive definite: "
            "this version of pybes3 does not unpack m_zerror as 0.5.6 does; install that one"
        )


def _vertices(files: Sequence[str | Path]) -> dict[int, list[float]]:
    """Interaction point of each run, cm, from its first tracks."""
    helices: dict[int, list[np.ndarray]] = {}
    for path in files:
        for arrays in _chunks(path, with_truth=False):
            tracks = linked_tracks(arrays)
            run = np.asarray(arrays["run"])
            for one in np.unique(run):
                known = helices.setdefault(int(one), [])
                if sum(map(len, known)) < _TRACKS_FOR_VERTEX:
                    known.append(tracks.helix[run[tracks.event] == one])
    points = {}
    for number, parts in helices.items():
        point = vertex_of_tracks(np.concatenate(parts))
        if point is None:
            raise EventFileError(
                f"{files[0]}: run {number} has too few tracks from one point to find where the beams met; "
                "give the interaction point as --vertex-cm X Y Z"
            )
        points[number] = [round(float(value), 4) for value in point]
    return points


def _number_of_events(path: str | Path) -> int:
    with open_event_file(path) as file:
        return _tree(path, file).num_entries


def _tree(path: str | Path, file):
    """The tree `Event` of an open file, with all that is needed in it."""
    if "Event" not in file:
        held = ", ".join(file.keys(cycle=False)) or "nothing"
        raise EventFileError(f"{path}: no tree Event, so no BESIII DST (it holds: {held})")
    tree = file["Event"]
    missing = [name for name in COLLECTIONS.values() if name not in tree]
    if missing:
        raise EventFileError(
            f"{path}: tree Event has no {', '.join(missing)}; give a DST (not raw data) of the experiment"
        )
    return tree


def _chunks(path: str | Path, *, with_truth: bool = True) -> Iterator[dict]:
    """Arrays by the names of COLLECTIONS, chunk by chunk; truth where there is any."""
    try:
        import pybes3  # noqa: F401  (it teaches uproot the experiment's classes)
    except ImportError as error:
        raise EventFileError(
            "DST files are read with pybes3, which is not installed; install the extra [dst] (`make dst`)"
        ) from error
    with open_event_file(path) as file:
        tree = _tree(path, file)
        wanted = dict(COLLECTIONS)
        if with_truth:
            wanted |= {name: branch for name, branch in TRUTH_COLLECTIONS.items() if branch in tree}
        for start in range(0, tree.num_entries, EVENTS_PER_CHUNK):
            stop = min(start + EVENTS_PER_CHUNK, tree.num_entries)
            try:
                arrays = {
                    name: tree[branch].array(entry_start=start, entry_stop=stop)
                    for name, branch in wanted.items()
                }
            except Exception as error:  # uproot and pybes3 raise many types
                raise EventFileError(
                    f"{path}: events {start} to {stop} cannot be read ({type(error).__name__}: {error}); "
                    "the file is damaged, or of a version of the format that pybes3 does not know"
                ) from error
            if "particles" in arrays and not any(len(one) for one in arrays["particles"]):
                del arrays["particles"]
            yield arrays
