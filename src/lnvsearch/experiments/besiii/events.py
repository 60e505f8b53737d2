"""Recorded events, and the ROOT file that holds them.

`RecordedEvents` are what the detector (simulated or real) gives of each event: tracks with
covariances and particle-identification measurements.  docs/events.md describes the branches for whoever brings
a file of their own; `TRACK_BRANCHES` and its companions below are its source.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lnvsearch.data_checks import check_event_numbers
from lnvsearch.event_files import (
    AS_WRITTEN,
    EventFileError,
    check_event_tree,
    check_names,
    check_type,
    event_folder,
    folder_of,
    iterate_entries,
    open_event_file,
    tree_file,
)

__all__ = [
    "COVARIANCE_ELEMENTS",
    "EVENT_BRANCHES",
    "MUON_BRANCHES",
    "iterate_recorded",
    "read_events",
    "RecordedEvents",
    "TRACK_BRANCHES",
    "TRUTH_BRANCHES",
    "as_stored",
    "read_recorded",
    "write_events",
    "write_recorded",
]

_DOCUMENT = "docs/events.md"
#: Begin of the names of branches with the weights of variations.
_OTHER_WEIGHT = "weight_"
HELIX_PARAMETERS = ("dr", "phi0", "kappa", "dz", "tan_lambda")

#: Names of the 15 independent covariance elements: lower triangle of the 5 x 5 matrix, row by row.
COVARIANCE_ELEMENTS = tuple(
    f"cov_{row}_{column}"
    for i, row in enumerate(HELIX_PARAMETERS)
    for column in HELIX_PARAMETERS[: i + 1]
)

#: One value an event: branch -> (type, meaning).
EVENT_BRANCHES: dict[str, tuple[str, str]] = {
    "event_number": ("int64", "number of the generated (or recorded) event"),
    "weight": ("float64", "weight of the event; 1 for data and unweighted samples"),
}

#: One value a track, written as `track_<name>`: name -> (type, meaning).
TRACK_BRANCHES: dict[str, tuple[str, str]] = {
    "charge": ("int8", "sign of the charge, +1 or -1"),
    "dr": ("float64", "signed distance of closest approach to the interaction point in xy, cm"),
    "phi0": ("float64", "azimuth of the point of closest approach, seen from the helix axis, rad"),
    "kappa": ("float64", "charge over transverse momentum, 1/GeV"),
    "dz": ("float64", "z of the point of closest approach relative to the interaction point, cm"),
    "tan_lambda": ("float64", "p_z over transverse momentum"),
    **{
        name: ("float32", "covariance of two helix parameters, in their units")
        for name in COVARIANCE_ELEMENTS
    },
    "dedx_chi_electron": ("float32", "(measured - expected)/resolution of dE/dx as an electron"),
    "dedx_chi_pion": ("float32", "the same as a pion; NaN where there is no measurement"),
    "dedx_chi_kaon": ("float32", "the same as a kaon"),
    "tof_chi_electron": ("float32", "(measured - expected)/resolution of the flight time, electron"),
    "tof_chi_pion": ("float32", "the same as a pion; NaN where there is no hit"),
    "tof_chi_kaon": ("float32", "the same as a kaon"),
    "emc_chi_electron": ("float32", "(measured - expected)/resolution of the shower, electron"),
    "emc_chi_pion": ("float32", "the same as a pion; NaN where the shower tells nothing"),
    "emc_chi_kaon": ("float32", "the same as a kaon"),
    "emc_energy": ("float32", "energy of the matched shower, GeV; 0 where there is none"),
    "truth_index": ("int32", "position of the generated particle in the event; -1 if none (data)"),
}

#: The same of a file for searches with muons; other files have none of them.
MUON_BRANCHES: dict[str, tuple[str, str]] = {
    "dedx_chi_muon": ("float32", "(measured - expected)/resolution of dE/dx, as a muon"),
    "tof_chi_muon": ("float32", "the same of the flight time"),
    "emc_chi_muon": ("float32", "the same of the shower"),
    "muon_counter": ("int8", "1 for a signal in the muon counter that fits the track, else 0"),
}

#: One value a generated particle, written as `truth_<name>`; an empty list for data.
TRUTH_BRANCHES: dict[str, tuple[str, str]] = {
    "pdg_id": ("int32", "particle code of the Particle Data Group"),
    "px": ("float64", "momentum at production, GeV"),
    "py": ("float64", "momentum at production, GeV"),
    "pz": ("float64", "momentum at production, GeV"),
    "energy": ("float64", "energy at production, GeV"),
}

#: What cannot be missing from a file of recorded events; truth and its index may be.
REQUIRED_TRACK_BRANCHES = tuple(name for name in TRACK_BRANCHES if name != "truth_index")
_ALL_TRACK_BRANCHES = {**TRACK_BRANCHES, **MUON_BRANCHES}
MAY_BE_NAN = frozenset(name for name in _ALL_TRACK_BRANCHES if "_chi_" in name)


@dataclass(frozen=True)
class RecordedEvents:
    """Tracks of n events as flat arrays with offsets; see docs/events.md for the branches.

    `track`: name (as in TRACK_BRANCHES) -> array of shape (m,); `track_offsets`: (n + 1,).
    `truth` and `truth_offsets`: the same for generated particles, empty for data.
    `n_generated`: number of generated events that the file stands for (recorded ones for data).
    `weights`: by variation, (n,), those with which the same events stand for other decays; branches
    `weight_<variation>`.
    """

    event_number: np.ndarray
    weight: np.ndarray
    track_offsets: np.ndarray
    track: Mapping[str, np.ndarray]
    truth_offsets: np.ndarray
    truth: Mapping[str, np.ndarray]
    n_generated: int
    metadata: Mapping[str, object] = field(default_factory=dict)
    weights: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.event_number)

    def __repr__(self) -> str:
        tracks = self.track_offsets[-1] if len(self.track_offsets) else 0
        return f"<{len(self)} recorded events, {tracks} tracks, of {self.n_generated} generated>"

    def track_covariance(self) -> np.ndarray:
        """Covariance matrices of all tracks, shape (m, 5, 5), order of HELIX_PARAMETERS."""
        rows, columns = np.tril_indices(5)
        matrix = np.empty((len(self.track["charge"]), 5, 5))
        for name, i, j in zip(COVARIANCE_ELEMENTS, rows, columns, strict=True):
            matrix[:, i, j] = matrix[:, j, i] = self.track[name]
        return matrix


def as_stored(events: RecordedEvents) -> RecordedEvents:
    """The same events with the precision in which a file holds them."""
    return replace(
        events,
        track={
            name: events.track[name].astype(kind, copy=False)
            for name, (kind, _) in _branches_of(events.track).items()
        },
        truth={k: events.truth[k].astype(t, copy=False) for k, (t, _) in TRUTH_BRANCHES.items()},
    )


def _branches_of(track: Mapping[str, np.ndarray]) -> dict[str, tuple[str, str]]:
    """The branches of tracks, those of muons where the tracks have them."""
    return TRACK_BRANCHES | {k: v for k, v in MUON_BRANCHES.items() if k in track}


def write_recorded(path: str | Path, events: RecordedEvents | Iterable[RecordedEvents]) -> None:
    """Write recorded events, or their chunks in order, as a ROOT file; see `write_events`."""
    chunks = [events] if isinstance(events, RecordedEvents) else events
    write_events(path, ({"nominal": chunk} for chunk in chunks))


def write_events(path: str | Path, chunks: Iterable[Mapping[str, RecordedEvents]]) -> None:
    """Write recorded events by variation as a ROOT file (LZ4), whole or not at all.

    `chunks`: one at a time is in memory.  The first variation has the tree `Events`, with branches
    as in docs/events.md, and the JSON string `metadata`, which holds `n_generated` (every chunk
    carries that of the whole sample); the others have the same in a folder of their name.
    """
    with tree_file(path) as write:
        headers = {}
        n_events: Counter[str] = Counter()
        for parts in chunks:
            for variation, chunk in parts.items():
                if variation not in headers:
                    headers[variation] = {
                        "n_generated": int(chunk.n_generated), "metadata": dict(chunk.metadata),
                    }  # fmt: skip
                n_events[variation] += len(chunk)
                folder = folder_of(variation, next(iter(headers)))
                write(f"{folder}Events", _branches(chunk))
        for variation, header in headers.items():
            folder = folder_of(variation, next(iter(headers)))
            header = {**header, "n_events": n_events[variation]}
            write.write_text(f"{folder}metadata", json.dumps(header))


def _branches(events: RecordedEvents) -> dict:
    """What uproot writes: flat columns, and jagged records of tracks and of true particles."""
    import awkward as ak

    def jagged(offsets: np.ndarray, columns: Mapping[str, np.ndarray], schema: Mapping) -> ak.Array:
        contents = [ak.contents.NumpyArray(columns[k].astype(t)) for k, (t, _) in schema.items()]
        record = ak.contents.RecordArray(contents, list(schema))
        return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), record))

    return {
        "event_number": events.event_number.astype("int64"),
        "weight": events.weight.astype("float64"),
        **{f"{_OTHER_WEIGHT}{name}": one for name, one in events.weights.items()},
        "track": jagged(events.track_offsets, events.track, _branches_of(events.track)),
        "truth": jagged(events.truth_offsets, events.truth, TRUTH_BRANCHES),
    }


def read_recorded(path: str | Path) -> RecordedEvents:
    """Read and check a whole ROOT file of recorded events; see `iterate_recorded`."""
    chunks = list(iterate_recorded(path, events_per_chunk=None))
    return chunks[0]


def iterate_recorded(
    path: str | Path, events_per_chunk: int | None = 50_000, *, variation: str | None = None,
    tree_name: str = "Events", branches: Mapping[str, str] | None = None, weighted: bool = True,
) -> Iterator[RecordedEvents]:
    """Read a ROOT file of recorded events in chunks, each checked.

    Every chunk carries the whole file's `n_generated`.  Truth branches may be missing (data).
    `events_per_chunk`: also None (all at once) or AS_WRITTEN; `variation`: whose folder is read;
    `branches`: what the file calls some of the branches of docs/events.md; `weighted`: whether branches
    `weight_<name>` are weights of variations, as in files that `write_events` wrote.
    Raises EventFileError, naming the file and the branch, for a file that is missing, truncated
    or of another kind, a missing branch, an empty tree, or NaN where a number is needed.
    """
    required = [*EVENT_BRANCHES, *(f"track_{name}" for name in REQUIRED_TRACK_BRANCHES)]
    check_names(path, branches, _wanted_branches())
    with open_event_file(path) as file:
        folder = event_folder(path, file, variation)
        tree, header = check_event_tree(path, folder, required, _DOCUMENT, tree_name, branches)
        if tree.num_entries == 0:
            raise EventFileError(
                f"{path}: tree {tree_name} is empty; give a file with at least one event"
            )
        header.setdefault("n_generated", tree.num_entries)
        header.setdefault("metadata", {})
        if unknown := set(header) - {"n_generated", "metadata"}:
            raise EventFileError(
                f"{path}: `metadata` has {', '.join(sorted(unknown))}, which nothing reads; put it "
                "inside its object `metadata`"
            )
        names = [name for name in _wanted_branches() if name in tree]
        if weighted:
            names += [name for name in tree.keys(recursive=False) if name.startswith(_OTHER_WEIGHT)]
        for arrays in iterate_entries(path, tree, names, events_per_chunk):
            yield _recorded_from_awkward(path, arrays, header)


def read_events(
    path: str | Path, variations: Sequence[str]
) -> Iterator[Mapping[str, RecordedEvents]]:
    """Events of a file that `write_events` wrote, in its chunks, one variation after the other."""
    for variation in variations:
        folder = None if variation == variations[0] else variation
        for chunk in iterate_recorded(path, AS_WRITTEN, variation=folder):
            yield {variation: chunk}


def _wanted_branches() -> list[str]:
    return [
        *EVENT_BRANCHES,
        *(f"track_{name}" for name in _ALL_TRACK_BRANCHES),
        *(f"truth_{name}" for name in TRUTH_BRANCHES),
    ]


def _recorded_from_awkward(path: str | Path, arrays, header: Mapping) -> RecordedEvents:
    """Flat arrays and offsets from an awkward record array, checked for NaN and for shape."""
    import awkward as ak

    n_events = len(arrays)

    def flat(prefix: str, schema: Mapping) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        present = [name for name in schema if f"{prefix}_{name}" in arrays.fields]
        if not present:
            return np.zeros(n_events + 1, dtype=np.int64), {
                name: np.empty(0, dtype=kind) for name, (kind, _) in schema.items()
            }
        for name in present:
            branch = f"{prefix}_{name}"
            check_type(path, branch, arrays[branch], f"a {prefix} in a list", 2, _DOCUMENT, schema[name][0])
        counts = ak.to_numpy(ak.num(arrays[f"{prefix}_{present[0]}"]))
        columns = {}
        for name in present:
            branch = arrays[f"{prefix}_{name}"]
            if not np.array_equal(ak.to_numpy(ak.num(branch)), counts):
                raise EventFileError(
                    f"{path}: branch {prefix}_{name} has another number of entries in an event "
                    f"than {prefix}_{present[0]}; write one value for each"
                )
            columns[name] = ak.to_numpy(ak.flatten(branch))
        return np.concatenate([[0], np.cumsum(counts)]), columns

    track_offsets, track = flat("track", _ALL_TRACK_BRANCHES)
    truth_offsets, truth = flat("truth", TRUTH_BRANCHES)
    track.setdefault("truth_index", np.full(track_offsets[-1], -1, dtype=np.int32))
    for name, (kind, _) in EVENT_BRANCHES.items():
        check_type(path, name, arrays[name], "an event", 1, _DOCUMENT, kind)
    event = {name: ak.to_numpy(arrays[name]) for name in EVENT_BRANCHES}
    check_event_numbers(path, event["event_number"])
    weights = {
        name.removeprefix(_OTHER_WEIGHT): ak.to_numpy(arrays[name])
        for name in arrays.fields if name.startswith(_OTHER_WEIGHT)
    }  # fmt: skip
    checked = [*event.items(), *weights.items(), *((f"track_{k}", v) for k, v in track.items() if k not in MAY_BE_NAN)]
    for name, values in checked:
        if not np.all(np.isfinite(values)):
            raise EventFileError(
                f"{path}: branch {name} holds NaN or infinity in {np.sum(~np.isfinite(values))} "
                "places; only the *_chi_* branches may (no measurement): fix or drop these tracks"
            )
    if np.any(np.abs(track["charge"]) != 1):
        raise EventFileError(f"{path}: branch track_charge must be +1 or -1 everywhere")
    return RecordedEvents(
        **event, track_offsets=track_offsets, track=track,
        truth_offsets=truth_offsets, truth=truth, weights=weights, **header,
    )
