"""ROOT files of selected candidates: one tree a selection, and the sums over generated events.

The tree of a selection is called `<channel>_<selection>`; it is there even if it has no entry.
Candidates of the first variation are at the top, those of others in a folder of their name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from lnvsearch.event_files import Write, open_event_file, read_tree, read_tree_of, tree_file

__all__ = ["GENERATED", "candidate_file", "read_candidates", "read_generated", "tree_name"]

#: The tree with the sums of weights of all generated events, a row a chunk.
GENERATED = "Generated"

#: Rows of a tree that are written at a time, at least.
_ROWS_AT_A_TIME = 10_000


@contextmanager
def candidate_file(path: str | Path) -> Iterator[Write]:
    """A new file of candidates: a function of a tree's name and columns, which it writes in large pieces.

    To write a piece takes as long as to list all earlier ones: the few candidates of a chunk are
    collected first.
    """
    held: dict[str, list[Mapping[str, np.ndarray]]] = {}
    with tree_file(path) as write:

        def flush(tree: str) -> None:
            pieces = held.pop(tree)
            write(tree, {name: np.concatenate([one[name] for one in pieces]) for name in pieces[0]})

        def add(tree: str, columns: Mapping[str, np.ndarray]) -> None:
            pieces = held.setdefault(tree, [])
            pieces.append(columns)
            if sum(len(next(iter(one.values()))) for one in pieces) >= _ROWS_AT_A_TIME:
                flush(tree)

        yield add
        for tree in list(held):
            flush(tree)


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
