"""ROOT files of events: opened, checked and read in chunks, whatever the experiment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lnvsearch.files import written_whole

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "EventFileError",
    "Write",
    "candidate_file",
    "check_event_tree",
    "iterate_entries",
    "open_event_file",
]


#: Adds columns to a tree of a file of candidates, by the tree's name.
Write = Callable[[str, "Mapping[str, np.ndarray]"], None]


class EventFileError(ValueError):
    """A file of events that cannot be used; the message names file, branch and fix."""


def open_event_file(path: str | Path):
    """An open ROOT file (uproot); raises EventFileError for one that is missing or not whole."""
    import uproot

    try:
        file = uproot.open(path)
        expected = file.file.fEND
    except FileNotFoundError as error:
        raise EventFileError(f"{path}: no such file; check the path of the events") from error
    except Exception as error:  # uproot raises many types for a file that is not whole
        raise EventFileError(
            f"{path}: not a whole ROOT file ({type(error).__name__}); make or copy it again"
        ) from error
    size = Path(path).stat().st_size if Path(path).is_file() else expected
    if size < expected:
        file.close()
        raise EventFileError(
            f"{path}: not a whole ROOT file ({size} of {expected} bytes); make or copy it again"
        )
    return file


def check_event_tree(path: str | Path, file, required: Iterable[str], document: str) -> tuple:
    """The tree `Events` and the header of an open file, after the checks that need no data.

    `required`: names of branches; `document`: where they are described.  Raises EventFileError.
    """
    if "Events" not in file:
        raise EventFileError(
            f"{path}: no tree named Events (it holds: {', '.join(file.keys()) or 'nothing'}); "
            f"write one as {document} describes"
        )
    try:
        tree = file["Events"]
    except Exception as error:
        raise EventFileError(
            f"{path}: tree Events cannot be opened ({type(error).__name__}); "
            "the file is truncated or damaged: make or copy it again"
        ) from error
    missing = [name for name in required if name not in tree]
    if missing:
        raise EventFileError(
            f"{path}: tree Events has no branch {', '.join(missing)}; "
            f"add what {document} lists as required"
        )
    try:
        header = json.loads(str(file["metadata"])) if "metadata" in file else {}
    except ValueError as error:
        raise EventFileError(f"{path}: `metadata` is not JSON ({error}); write it again") from error
    return tree, header


def iterate_entries(
    path: str | Path, tree, names: list[str], events_per_chunk: int | None
) -> Iterator:
    """Awkward arrays of the branches `names`, chunk by chunk (None: all at once).

    Raises EventFileError where a basket cannot be read.
    """
    total = tree.num_entries
    step = total if events_per_chunk is None else events_per_chunk
    for start in range(0, total, step):
        try:
            arrays = tree.arrays(names, entry_start=start, entry_stop=start + step)
        except Exception as error:
            raise EventFileError(
                f"{path}: tree Events cannot be read ({type(error).__name__}); "
                "the file is truncated or damaged: make or copy it again"
            ) from error
        yield arrays


@contextmanager
def candidate_file(path: str | Path) -> Iterator[Write]:
    """Give a function that adds columns to a tree of a ROOT file (LZ4), chunk by chunk.

    The file is written whole or not at all.

    >>> with candidate_file("selected.root") as write:       # doctest: +SKIP
    ...     write("Candidates", {"mass_gev": masses})
    """
    import uproot

    with written_whole(path) as temporary:
        with uproot.recreate(temporary, compression=uproot.LZ4(1)) as file:
            trees = {}

            def write(name: str, columns: Mapping[str, np.ndarray]) -> None:
                if name not in trees:
                    trees[name] = file.mktree(name, {k: v.dtype for k, v in columns.items()})
                trees[name].extend(columns)

            yield write
