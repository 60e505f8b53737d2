"""ROOT files of spectrometer events; docs/kaon_events.md describes them.

Jagged branches in the file, arrays padded to the largest number of tracks and clusters in memory.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from lnvsearch.data_checks import EventsSeen, check_event_numbers
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
from lnvsearch.experiments.na62.data_checks import check_recorded
from lnvsearch.experiments.na62.events import (
    CLUSTER_BRANCHES,
    EVENT_BRANCHES,
    MUV3_INNER_TILES,
    MUV3_OUTER_TILES,
    NO_SUMS,
    OPTIONAL_EVENT_BRANCHES,
    OPTIONAL_TRACK_BRANCHES,
    TRACK_BRANCHES,
    SpectrometerEvents,
)
from lnvsearch.experiments.na62.unit_checks import check_agreement

__all__ = [
    "EVENTS_PER_CHUNK",
    "as_stored",
    "iterate_data",
    "iterate_spectrometer",
    "read_events",
    "without_truth",
    "write_events",
    "write_spectrometer",
]

#: Recorded events that a selection has in memory at a time.
EVENTS_PER_CHUNK = 25_000

#: Branches that simulated events alone have, with the values that data get instead.
_TRUTH = {
    "n_decays_in_flight": -1,
    "true_z_vertex_m": np.nan,
    "true_mass_1_gev": np.nan,
    "true_mass_2_gev": np.nan,
    "track_true_pdg_id": 0,
}
_DOCUMENT = "docs/kaon_events.md"
_SUMS = ("n_generated", "sum_weight", "sum_squared_weight")
#: Smallest width of the padded arrays: three tracks, and one cluster that may not be there.
_AT_LEAST = {"track": 3, "cluster": 1}
#: Largest numbers that an event may have: every three tracks are combined.
_AT_MOST = {"track": 40, "cluster": 200}
#: The column that is 0 beyond an event's own tracks or clusters.
_PRESENT = {"track": "charge", "cluster": "energy_gev"}
_SCHEMA = {"track": TRACK_BRANCHES, "cluster": CLUSTER_BRANCHES}
_OPTIONAL = {"event": OPTIONAL_EVENT_BRANCHES, "track": OPTIONAL_TRACK_BRANCHES, "cluster": {}}
_RICH = "rich_positron"


def as_stored(events: SpectrometerEvents) -> SpectrometerEvents:
    """The same events with the precision in which a file holds them."""
    parts: dict[str, Any] = {"event": _in_types(events.event, _schema("event", events.event))}
    for part in _SCHEMA:
        columns = getattr(events, part)
        parts[part] = _in_types(columns, _schema(part, columns))
    return replace(events, **parts)


def _in_types(columns: Mapping[str, np.ndarray], schema: Mapping) -> dict[str, np.ndarray]:
    return {name: columns[name].astype(kind, copy=False) for name, (kind, _) in schema.items()}


def write_spectrometer(
    path: str | Path, events: SpectrometerEvents | Iterable[SpectrometerEvents]
) -> None:
    """Write spectrometer events, or parts of them in order, as a ROOT file; see `write_events`.

    >>> write_spectrometer("events.root", chunks)               # doctest: +SKIP
    """
    chunks = [events] if isinstance(events, SpectrometerEvents) else events
    write_events(path, ({"nominal": chunk} for chunk in chunks))


def write_events(path: str | Path, chunks: Iterable[Mapping[str, SpectrometerEvents]]) -> None:
    """Write spectrometer events by variation as a ROOT file (LZ4), whole or not at all.

    `chunks`: one at a time is in memory.  The first variation has the tree `Events` and the JSON
    string `metadata`; the others have the same in a folder of their name.  The sums
    over generated events (`n_generated` and the weights) of the parts are added up, as for parts
    that were simulated one after the other.  Raises ValueError where there is no part at all.
    """
    sums: dict[str, dict] = {}
    metadata: dict[str, Any] = {}
    n_events: Counter[str] = Counter()
    with tree_file(path) as write:
        for parts in chunks:
            for variation, chunk in parts.items():
                known = sums.setdefault(variation, dict.fromkeys(_SUMS, 0))
                for name in _SUMS:
                    known[name] += getattr(chunk, name)
                n_events[variation] += len(chunk)
                metadata.setdefault(variation, dict(chunk.metadata))
                folder = folder_of(variation, next(iter(sums)))
                write(f"{folder}Events", _branches(chunk))
        if not sums:
            raise ValueError(
                f"{path}: no events to write; give one part at least, which may be empty"
            )
        for variation, known in sums.items():
            header = {**known, "n_events": n_events[variation], "metadata": metadata[variation]}
            write.write_text(f"{folder_of(variation, next(iter(sums)))}metadata", json.dumps(header))


def _branches(events: SpectrometerEvents) -> dict:
    """What uproot writes: flat columns, and jagged records of tracks and of clusters."""
    return {
        **_in_types(events.event, _schema("event", events.event)),
        "track": _jagged(events.track, "track"),
        "cluster": _jagged(events.cluster, "cluster"),
    }


def _jagged(columns: Mapping[str, np.ndarray], part: str):
    """Awkward record array of the rows that are not empty."""
    import awkward as ak

    there = columns[_PRESENT[part]] != 0
    offsets = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    schema = _schema(part, columns)
    contents = [
        ak.contents.NumpyArray(columns[name][there].astype(kind))
        for name, (kind, _) in schema.items()
    ]
    record = ak.contents.RecordArray(contents, list(schema))
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), record))


def _schema(part: str, known: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The branches of events, tracks or clusters: all required ones, and those optional ones in `known`."""
    known = set(known)
    return {"event": EVENT_BRANCHES, **_SCHEMA}[part] | {k: v for k, v in _OPTIONAL[part].items() if k in known}


def iterate_spectrometer(
    path: str | Path, events_per_chunk: int | None = 200_000, *, variation: str | None = None,
    tree_name: str = "Events", branches: Mapping[str, str] | None = None,
) -> Iterator[SpectrometerEvents]:
    """Read a ROOT file of spectrometer events in chunks, each checked.

    Every chunk carries the whole file's sums over generated events.  Truth may be missing (data).
    `events_per_chunk`: also None (all at once) or AS_WRITTEN; `variation`: whose folder is read;
    `branches`: what the file calls some of the branches of docs/kaon_events.md.
    A simulated file without any recorded event gives one chunk without any.
    Raises EventFileError, naming the file, the branch and the fix, for a file that is missing,
    truncated or of another kind, a missing branch, an empty tree of data, or a number that cannot
    be: NaN, a charge that is not +1 or -1, a momentum that is not positive, an unknown tile.

    >>> sum(len(chunk) for chunk in iterate_spectrometer("events.root"))    # doctest: +SKIP
    """
    required = [name for name in _all_branches() if name not in _TRUTH]
    check_names(path, branches, _all_branches(optional=True))
    with open_event_file(path) as file:
        folder = event_folder(path, file, variation)
        tree, header = check_event_tree(path, folder, required, _DOCUMENT, tree_name, branches)
        sums = _sums(path, header)
        if tree.num_entries == 0:
            if "n_generated" not in header:
                raise _empty(path)
            yield _nothing(sums)
            return
        names = [name for name in _all_branches(optional=True) if name in tree]
        for arrays in iterate_entries(path, tree, names, events_per_chunk):
            yield _from_awkward(path, arrays, sums)


def read_events(
    path: str | Path, variations: Sequence[str]
) -> Iterator[Mapping[str, SpectrometerEvents]]:
    """Events of a file that `write_events` wrote, in its chunks, one variation after the other.

    The first chunk of a variation has its sums over generated events, the others none.
    """
    for variation in variations:
        folder = None if variation == variations[0] else variation
        chunks = iterate_spectrometer(path, AS_WRITTEN, variation=folder)
        for i, chunk in enumerate(chunks):
            yield {variation: chunk if i == 0 else replace(chunk, **NO_SUMS)}


def _empty(path: str | Path) -> EventFileError:
    return EventFileError(f"{path}: tree Events is empty; give a file with at least one event")


def iterate_data(
    path: str | Path,
    events_per_chunk: int | None = 200_000,
    *,
    rich_for: Sequence[str] = (),
    tree_name: str = "Events",
    branches: Mapping[str, str] | None = None,
) -> Iterator[SpectrometerEvents]:
    """Read a ROOT file as data, whoever made it: checked chunks without any truth.

    What a file says of true particles is put aside, and so are its sums over generated events: the
    three sums are the number of events in the file.  `rich_for`: names of what needs the decision
    of the RICH, for the message where there is none.
    Raises EventFileError as `iterate_spectrometer` does, and for an empty tree, a weight that is
    not 1, other units, fewer than three tracks, an event that is there twice, or, with `rich_for`, a
    file in which the RICH decides nothing.

    >>> sum(len(chunk) for chunk in iterate_data("recorded.root"))    # doctest: +SKIP
    """
    with open_event_file(path) as file:
        tree, _ = check_event_tree(path, file, [], _DOCUMENT, tree_name, branches)
        total = tree.num_entries
        if rich_for and f"track_{_RICH}" not in tree:
            raise EventFileError(
                f"{path}: tree {tree_name} has no branch track_{_RICH}, which these selections need: "
                f"{', '.join(rich_for)}; add it as {_DOCUMENT} describes"
            )
    if total == 0:
        raise _empty(path)
    rich_decides = False
    seen = EventsSeen()
    for chunk in iterate_spectrometer(
        path, events_per_chunk, tree_name=tree_name, branches=branches
    ):
        check_recorded(path, chunk)
        check_agreement(path, chunk)
        there = chunk.track["charge"] != 0
        columns = (chunk.track[name][there] for name in ("momentum_gev", "x_m", "y_m", "slope_x", "slope_y"))
        seen.add(chunk.event["event_number"], np.nonzero(there)[0], *columns)
        if np.any(chunk.event["weight"] != 1.0):
            raise EventFileError(
                f"{path}: branch weight must be 1 everywhere in data; make simulated events to "
                "data with lnvsearch.experiments.na62.selection.pseudo_data"
            )
        if rich_for:
            known = (chunk.track[_RICH] >= 0) & (chunk.track["charge"] != 0)
            rich_decides = rich_decides or bool(np.any(known))
        yield without_truth(replace(
            chunk, n_generated=total, sum_weight=float(total), sum_squared_weight=float(total)
        ))
    seen.check(path)
    if rich_for and not rich_decides:
        raise EventFileError(
            f"{path}: branch track_{_RICH} is -1, not known, for every track, but these "
            f"selections need it: {', '.join(rich_for)}; fill it as {_DOCUMENT} describes"
        )


def without_truth(events: SpectrometerEvents) -> SpectrometerEvents:
    """The same events with the values of data where simulation tells what is true."""
    event, track = {name: events.event[name] for name in EVENT_BRANCHES}, dict(events.track)
    track.pop("true_from_pion", None)
    for branch, value in _TRUTH.items():
        part = track if branch.startswith("track_") else event
        name = branch.removeprefix("track_")
        part[name] = np.full_like(part[name], value)
    return replace(events, event=event, track=track)


def _all_branches(*, optional: bool = False) -> list[str]:
    parts = [_SCHEMA, _OPTIONAL] if optional else [_SCHEMA]
    return [
        *EVENT_BRANCHES, *(OPTIONAL_EVENT_BRANCHES if optional else ()),
        *(f"{part}_{name}" for known in parts for part, schema in known.items() for name in schema),
    ]


def _sums(path: str | Path, header: Mapping) -> dict:
    """Sums over generated events and metadata of a file; all sums are 1 for data."""
    sums = {"n_generated": 1, "sum_weight": 1.0, "sum_squared_weight": 1.0, "metadata": {}}
    if header and (missing := [name for name in _SUMS if name not in header]):
        raise EventFileError(
            f"{path}: `metadata` has no {', '.join(missing)}; add it, or leave out all of "
            "`metadata` (data)"
        )
    if unknown := set(header) - set(sums):
        raise EventFileError(
            f"{path}: `metadata` has {', '.join(sorted(unknown))}, which nothing reads; put it inside its "
            "object `metadata`"
        )
    for name in _SUMS if header else ():
        number = header[name]
        if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number < 1e300:
            raise EventFileError(f"{path}: `metadata`: {name} is {number!r}, no number >= 0; write it again")
    return {**sums, **{name: header[name] for name in sums if name in header}}


def _nothing(sums: Mapping) -> SpectrometerEvents:
    """No recorded event, with the sums of the generated ones."""
    event = {name: np.empty(0, dtype=kind) for name, (kind, _) in EVENT_BRANCHES.items()}
    parts: dict[str, Any] = {
        part: {
            name: np.empty((0, _AT_LEAST[part]), dtype=kind) for name, (kind, _) in schema.items()
        }
        for part, schema in _SCHEMA.items()
    }
    return SpectrometerEvents(event=event, **parts, **sums)


def _from_awkward(path: str | Path, arrays, sums: Mapping) -> SpectrometerEvents:
    """Padded arrays from an awkward record array, checked."""
    import awkward as ak

    event = {}
    for name, (kind, _) in _schema("event", arrays.fields).items():
        if name in arrays.fields:
            check_type(path, name, arrays[name], "an event", 1, _DOCUMENT, kind)
            values = ak.to_numpy(arrays[name])
            if name == "event_number":
                check_event_numbers(path, values)
            event[name] = values.astype(kind)
        else:
            event[name] = np.full(len(arrays), _TRUTH[name], dtype=kind)
        if name not in _TRUTH:
            _check_finite(path, name, event[name])
    parts: dict[str, Any] = {part: _padded(path, arrays, part) for part in _SCHEMA}
    return SpectrometerEvents(event=event, **parts, **sums)


def _padded(path: str | Path, arrays, part: str) -> dict[str, np.ndarray]:
    """Columns (n, width) of tracks or clusters; rows that are not there hold 0."""
    import awkward as ak

    known = [name for name in _OPTIONAL[part] if f"{part}_{name}" in arrays.fields]
    schema = _schema(part, known)
    leading = f"{part}_{_PRESENT[part]}"
    check_type(path, leading, arrays[leading], f"a {part} in a list", 2, _DOCUMENT, schema[_PRESENT[part]][0])
    counts = ak.to_numpy(ak.num(arrays[leading]))
    if (most := int(counts.max())) > _AT_MOST[part]:
        raise EventFileError(
            f"{path}: an event has {most} {part}s, of which memory and time grow with the third power; "
            f"at most {_AT_MOST[part]} are taken: leave out such events, or what is no {part}"
        )
    width = max(most, _AT_LEAST[part])
    there = np.arange(width) < counts[:, np.newaxis]
    columns = {}
    for name, (kind, _) in schema.items():
        branch = f"{part}_{name}"
        columns[name] = np.zeros(there.shape, dtype=kind)
        if branch not in arrays.fields:
            columns[name][there] = _TRUTH[branch]
            continue
        check_type(path, branch, arrays[branch], f"a {part} in a list", 2, _DOCUMENT, kind)
        if not np.array_equal(ak.to_numpy(ak.num(arrays[branch])), counts):
            raise EventFileError(
                f"{path}: branch {branch} has another number of entries in an event than "
                f"{leading}; write one value for each"
            )
        values = ak.to_numpy(ak.flatten(arrays[branch]))
        _check_finite(path, branch, values)
        _check_range(path, branch, values)
        columns[name][there] = values
    return columns


def _check_finite(path: str | Path, branch: str, values: np.ndarray) -> None:
    bad = np.count_nonzero(~np.isfinite(values))
    if bad:
        raise EventFileError(
            f"{path}: branch {branch} holds NaN or infinity in {bad} places; only the true_ "
            "branches may: fix or drop these events"
        )


def _check_range(path: str | Path, branch: str, values: np.ndarray) -> None:
    """The few branches whose values the reconstruction could not use."""
    if branch == "track_charge" and np.any(np.abs(values) != 1):
        raise EventFileError(f"{path}: branch track_charge must be +1 or -1 everywhere")
    if branch in ("track_momentum_gev", "cluster_energy_gev") and np.any(values <= 0):
        raise EventFileError(f"{path}: branch {branch} must be above 0 everywhere, in GeV")
    last = MUV3_OUTER_TILES + MUV3_INNER_TILES - 1
    if branch == "track_muv3_tile" and np.any((values < -1) | (values > last)):
        raise EventFileError(
            f"{path}: branch track_muv3_tile must be a tile from 0 to {last}, or -1 for none"
        )
    if branch == f"track_{_RICH}" and not np.all(np.isin(values, (-1, 0, 1))):
        raise EventFileError(f"{path}: branch {branch} must be 1, 0 or -1 everywhere")
