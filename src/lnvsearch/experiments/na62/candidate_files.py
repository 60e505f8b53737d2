"""ROOT files of selected candidates: one tree a selection, and the sums over generated events.

The tree of a selection is called `<channel>_<selection>`; it is there even if it has no entry.
Candidates of the first variation are at the top, those of others in a folder of their name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lnvsearch.event_files import open_event_file, read_tree, read_tree_of

__all__ = ["GENERATED", "read_candidates", "read_generated", "tree_name"]

#: The tree with the sums of weights of all generated events, a row a chunk.
GENERATED = "Generated"


def tree_name(channel: str, selection: str) -> str:
    """The tree of a selection."""
    return f"{channel}_{selection}"


def read_candidates(
    path: str | Path,
    channel: str,
    selection: str,
    columns: Sequence[str] | None = None,
    folder: str = "",
) -> dict[str, np.ndarray] | None:
    """Columns (r,) of a selection's candidates, by default all; None where it was not run."""
    with open_event_file(path) as file:
        name = folder + tree_name(channel, selection)
        return read_tree_of(path, file, name, columns) if name in file else None


def read_generated(path: str | Path) -> dict[str, float]:
    """`sum_weight` and `sum_squared_weight` of all generated events; a row is that of a chunk."""
    sums = read_tree(path, GENERATED, ["sum_weight", "sum_squared_weight"])
    # Chunk by chunk, as the tables add them up.
    return {name: float(np.cumsum(values)[-1]) for name, values in sums.items()}
