"""Files of recorded events: a ROOT tree `Events` with the momenta of two tracks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lnvsearch.event_files import check_event_tree, iterate_entries, open_event_file

__all__ = ["COLUMNS", "EVENTS_PER_CHUNK", "read_events"]

#: The branches, in GeV; NaN where a track is not found.
COLUMNS = tuple(f"track_{i}_p{axis}_gev" for i in (0, 1) for axis in "xyz")
#: Events in memory at a time.
EVENTS_PER_CHUNK = 100_000


def read_events(path: str | Path) -> Iterator[np.ndarray]:
    """Momenta of a file's tracks in GeV, chunk by chunk, (n, 2, 3).

    Raises EventFileError for a file that cannot be used.
    """
    with open_event_file(path) as file:
        tree, _ = check_event_tree(path, file, COLUMNS, "docs/adding-an-experiment.md")
        for columns in iterate_entries(path, tree, list(COLUMNS), EVENTS_PER_CHUNK):
            momenta = np.stack([columns[name].to_numpy() for name in COLUMNS], axis=-1)
            yield momenta.reshape(-1, 2, 3)
