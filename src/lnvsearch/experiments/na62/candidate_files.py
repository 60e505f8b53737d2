"""ROOT files of selected candidates: one tree a selection, and the sums over generated events.

The tree of a selection is called `<channel>_<selection>`; it is there even if it has no entry.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from lnvsearch.files import written_whole

__all__ = ["GENERATED", "candidate_writer", "read_candidates", "read_generated", "tree_name"]

#: The tree with the sums of weights of all generated events.
GENERATED = "Generated"

Write = Callable[[str, Mapping[str, np.ndarray]], None]


def tree_name(channel: str, selection: str) -> str:
    """The tree of a selection."""
    return f"{channel}_{selection}"


@contextlib.contextmanager
def candidate_writer(path: str | Path) -> Iterator[Write]:
    """Give a function of a tree's name and columns that adds rows; the file is written whole."""
    import uproot

    with written_whole(path) as temporary:
        with uproot.recreate(temporary, compression=uproot.LZ4(1)) as file:
            trees = {}

            def write(name: str, columns: Mapping[str, np.ndarray]) -> None:
                if name not in trees:
                    trees[name] = file.mktree(name, {k: v.dtype for k, v in columns.items()})
                trees[name].extend(columns)

            yield write


def read_candidates(
    path: str | Path, channel: str, selection: str, columns: Sequence[str] | None = None
) -> dict[str, np.ndarray] | None:
    """Columns (r,) of a selection's candidates, by default all; None where it was not run."""
    import uproot

    with uproot.open(path) as file:
        name = tree_name(channel, selection)
        return file[name].arrays(columns, library="np") if name in file else None


def read_generated(path: str | Path) -> dict[str, float]:
    """`sum_weight` and `sum_squared_weight` of all generated events."""
    import uproot

    with uproot.open(path) as file:
        sums = file[GENERATED].arrays(["sum_weight", "sum_squared_weight"], library="np")
    return {name: float(values[0]) for name, values in sums.items()}
