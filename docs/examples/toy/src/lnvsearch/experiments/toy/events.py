"""Files of recorded events: a ROOT tree `Events` with the momenta of two tracks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from lnvsearch.event_files import (
    AS_WRITTEN,
    check_event_tree,
    event_folder,
    folder_of,
    iterate_entries,
    open_event_file,
    tree_file,
)

__all__ = ["COLUMNS", "EVENTS_PER_CHUNK", "iterate_tracks", "read_events", "write_events"]

#: The branches, in GeV; NaN where a track is not found.
COLUMNS = tuple(f"track_{i}_p{axis}_gev" for i in (0, 1) for axis in "xyz")
#: Events in memory at a time.
EVENTS_PER_CHUNK = 100_000


def write_events(path: str | Path, chunks: Iterable[Mapping[str, np.ndarray]]) -> None:
    """Write momenta of tracks by variation, (n, 2, 3) in GeV; the first at the top of the file."""
    with tree_file(path) as write:
        first = None
        for parts in chunks:
            first = first or next(iter(parts))
            for variation, tracks in parts.items():
                columns = dict(zip(COLUMNS, tracks.reshape(len(tracks), -1).T, strict=True))
                write(f"{folder_of(variation, first)}Events", columns)


def read_events(
    path: str | Path, variations: Sequence[str]
) -> Iterator[dict[str, np.ndarray]]:
    """What `write_events` wrote, one variation after the other."""
    for variation in variations:
        folder = None if variation == variations[0] else variation
        for tracks in iterate_tracks(path, AS_WRITTEN, folder):
            yield {variation: tracks}


def iterate_tracks(
    path: str | Path, events_per_chunk: int = EVENTS_PER_CHUNK, variation: str | None = None
) -> Iterator[np.ndarray]:
    """Momenta of a file's tracks in GeV, chunk by chunk, (n, 2, 3).

    Raises EventFileError for a file that cannot be used.
    """
    with open_event_file(path) as file:
        folder = event_folder(path, file, variation)
        tree, _ = check_event_tree(path, folder, COLUMNS, "docs/adding-an-experiment.md")
        for columns in iterate_entries(path, tree, list(COLUMNS), events_per_chunk):
            momenta = np.stack([columns[name].to_numpy() for name in COLUMNS], axis=-1)
            yield momenta.reshape(-1, 2, 3)
