"""ROOT files of events, for all experiments: open, check and read them in chunks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lnvsearch.files import written_whole
from lnvsearch.nesting import json_of

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "AS_WRITTEN",
    "EventFileError",
    "TreeFile",
    "Write",
    "check_event_tree",
    "check_names",
    "check_type",
    "event_folder",
    "folder_of",
    "iterate_entries",
    "named_tree",
    "join_tree_files",
    "open_event_file",
    "read_tree",
    "read_tree_of",
    "tree_file",
]

#: Adds columns to a tree of a file of candidates, by the tree's name.
Write = Callable[[str, "Mapping[str, np.ndarray]"], None]
#: For `events_per_chunk`: the chunks in which the events were written.
AS_WRITTEN = 0


class EventFileError(ValueError):
    """A file of events that cannot be used; the message names file, branch and fix."""


def open_event_file(path: str | Path) -> Any:
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


def check_event_tree(
    path: str | Path,
    file: Any,
    required: Iterable[str],
    document: str,
    name: str = "Events",
    branches: Mapping[str, str] | None = None,
) -> tuple:
    """The tree of events and the header of an open file, after the checks that need no data.

    `required`: names of branches; `document`: where they are described; `name`: of the tree;
    `branches`: what the file calls some of them.  Raises EventFileError, also
    for a header that does not tell of the entries that are there: of a part of them, of one of two
    merged files.
    """
    if name not in file:
        raise EventFileError(
            f"{path}: no tree named {name} (it holds: {', '.join(file.keys()) or 'nothing'}); "
            f"write one as {document} describes"
        )
    try:
        tree = file[name]
    except Exception as error:
        raise EventFileError(
            f"{path}: tree {name} cannot be opened ({type(error).__name__}); "
            "the file is truncated or damaged: make or copy it again"
        ) from error
    if not hasattr(tree, "num_entries"):
        raise EventFileError(f"{path}: {name} is a {type(tree).__name__.split('_')[-1]}, no tree of events")
    tree = named_tree(path, tree, branches or {})
    missing = [branch for branch in required if branch not in tree]
    if missing:
        raise EventFileError(
            f"{path}: tree {name} has no branch {', '.join(missing)}; "
            f"add what {document} lists as required, or say under `branches` what the file calls it"
        )
    return tree, _header(path, file, tree.num_entries) if "metadata" in file else {}


class NamedTree:
    """A tree or an RNTuple whose branches have other names than this project's.

    `track_kappa` stands for the branch that `branches` gives for it, or for the field `track.kappa` of
    a structure where there is one.
    """

    def __init__(self, tree, branches: Mapping[str, str]):
        self._tree, self._branches = tree, branches
        self.name, self.num_entries = tree.name, tree.num_entries

    def __contains__(self, name: str) -> bool:
        return self.place(name) in self._tree

    def place(self, name: str) -> str:
        """What the file calls a branch."""
        dotted = name.replace("_", ".", 1)
        if name in self._branches or name in self._tree or dotted not in self._tree:
            return self._branches.get(name, name)
        return dotted

    def arrays(self, names: Iterable[str], *, entry_start: int, entry_stop: int) -> Any:
        """An awkward record array of the branches, by this project's names."""
        import awkward as ak

        return ak.zip(
            {
                name: self._tree[self.place(name)].array(entry_start=entry_start, entry_stop=entry_stop)
                for name in names
            },
            depth_limit=1,
        )


def named_tree(path: str | Path, tree: Any, branches: Mapping[str, str]) -> Any:
    """The tree, with the names of `branches` where it needs them.

    Raises EventFileError for a name that the file does not have.
    """
    for name, place in branches.items():
        if place not in tree:
            raise EventFileError(
                f"{path}: tree {tree.name} has no branch {place}, which `branches` gives for {name}; "
                f"give one of {', '.join(list(tree.keys())[:40])}"
            )
    is_plain = not branches and not any("." in name for name in tree.keys())
    return tree if is_plain and hasattr(tree, "common_entry_offsets") else NamedTree(tree, branches)


def check_names(path: str | Path, branches: Mapping[str, str] | None, known: Iterable[str]) -> None:
    """Raise EventFileError where `branches` names something that no file of events has."""
    if wrong := sorted(set(branches or ()) - set(known)):
        raise EventFileError(
            f"{path}: `branches`: {', '.join(wrong)} is not the name of a branch of such files; write "
            "the name in the document on the left, that in the file on the right"
        )


def _header(path: str | Path, file, n_entries: int) -> dict:
    """What `metadata` says of a file with so many entries, without `n_events`, their number."""
    try:
        header = json_of(str(file["metadata"]))
    except ValueError as error:
        raise EventFileError(f"{path}: `metadata` is not JSON ({error}); write it again") from error
    again = "write it again as the document of such files describes, or leave it out (data)"
    if not isinstance(header, dict) or not isinstance(header.get("metadata", {}), dict):
        raise EventFileError(f"{path}: `metadata` is no JSON object, or holds none; {again}")
    n_events, n_generated = header.pop("n_events", n_entries), header.get("n_generated", n_entries)
    for name, number in (("n_events", n_events), ("n_generated", n_generated)):
        if not isinstance(number, int) or isinstance(number, bool) or abs(number) >= 2**63:
            raise EventFileError(f"{path}: `metadata`: {name} {number!r:.40} is no integer (of 64 bits); {again}")
        if number < 0 or (number == 0 and n_entries):
            raise EventFileError(
                f"{path}: `metadata`: {name} {number} is no number of events for a tree with {n_entries}; {again}"
            )
    if n_entries < n_events:
        raise EventFileError(
            f"{path}: the tree has {n_entries} of {n_events} events that were written; make or copy "
            "it again"
        )
    if n_entries > n_events:
        raise EventFileError(
            f"{path}: the tree has {n_entries} entries, but `metadata` tells of {n_events}: a merged file "
            "(hadd), which has that of one part only; write `metadata` with the sums over all parts"
        )
    if n_entries > n_generated:
        raise EventFileError(
            f"{path}: `metadata`: n_generated {n_generated} is less than the {n_entries} entries of the tree, "
            "which are some of the generated events; give their number, of all parts if files were merged"
        )
    return header


def check_type(
    path: str | Path, branch: str, values: Any, each: str, dimensions: int, document: str, kind: str
) -> None:
    """Raise EventFileError unless a branch holds numbers of a kind, one for each event or a list of them.

    `values`: an awkward array; `each`: what has one number, in words; `dimensions`: 1, or 2 for lists;
    `kind`: the type in the document: integers, or floating-point numbers, of any width.
    """
    import awkward as ak

    inner, depth = values.type.content, 1
    while hasattr(inner, "content"):
        inner, depth = inner.content, depth + 1
    is_number = isinstance(inner, ak.types.NumpyType) and not inner.parameters
    if depth != dimensions or not is_number:
        raise EventFileError(
            f"{path}: branch {branch} holds values of the type {values.type.content}; write one "
            f"number for {each}, as {document} describes"
        )
    if inner.primitive == "bool" or _is_integer(inner.primitive) != _is_integer(kind):
        words = "integers" if _is_integer(kind) else "floating-point numbers"
        raise EventFileError(
            f"{path}: branch {branch} holds values of the type {inner.primitive}; write {words} ({kind}), as "
            f"{document} describes"
        )


def _is_integer(kind: str) -> bool:
    return kind.startswith(("int", "uint"))


def read_tree(
    path: str | Path, name: str, columns: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Flat columns (n,) of a tree of a ROOT file that the workflow wrote, by default all of them.

    Raises EventFileError, naming the file and the fix, where file, tree or a column is missing or
    cannot be read whole.
    """
    with open_event_file(path) as file:
        return read_tree_of(path, file, name, columns)


def read_tree_of(
    path: str | Path, file: Any, name: str, columns: Sequence[str] | None = None
) -> dict[str, np.ndarray]:
    """Flat columns (n,) of a tree of an open file, as `read_tree`."""
    again = "delete it and run the workflow again"
    if name not in file:
        held = ", ".join(file.keys(cycle=False)) or "nothing"
        raise EventFileError(f"{path}: no tree {name} (it holds: {held}); {again}")
    try:
        tree = file[name]
        missing = sorted(set(columns or ()) - set(tree.keys()))
        arrays = {} if missing else tree.arrays(columns, library="np")
    except Exception as error:  # uproot raises many types for what is damaged
        problem = f"tree {name} cannot be read ({type(error).__name__}): damaged"
        raise EventFileError(f"{path}: {problem}; {again}") from error
    if missing:
        raise EventFileError(f"{path}: tree {name} has no {', '.join(missing)}; {again}")
    return arrays


def folder_of(variation: str, first: str) -> str:
    """Folder with the trees of one variation in a file of several; those of the first are at the top.

    It is what their names begin with.
    """
    return "" if variation == first else f"{variation}/"


def event_folder(path: str | Path, file: Any, variation: str | None) -> Any:
    """The folder of an open file with the events of a variation; None: those at the top.

    Raises EventFileError where there is none.
    """
    if variation is None:
        return file
    if f"{variation}/Events" not in file:
        raise EventFileError(f"{path}: no events of the variation {variation}; simulate them")
    return file[variation]


def iterate_entries(
    path: str | Path, tree: Any, names: list[str], events_per_chunk: int | None
) -> Iterator:
    """Awkward arrays of the branches `names`, chunk by chunk.

    `events_per_chunk` None: all at once; AS_WRITTEN: the chunks in which the file was written.
    Raises EventFileError where a basket cannot be read.
    """
    total = tree.num_entries
    if events_per_chunk == AS_WRITTEN:
        edges = tree.common_entry_offsets(filter_name=names)
    else:
        edges = [*range(0, total, events_per_chunk or max(total, 1)), total]
    for start, stop in itertools.pairwise(edges):
        try:
            arrays = tree.arrays(names, entry_start=start, entry_stop=stop)
        except Exception as error:
            raise EventFileError(
                f"{path}: tree {tree.name} cannot be read ({type(error).__name__}); "
                "the file is truncated or damaged: make or copy it again"
            ) from error
        yield arrays


class TreeFile:
    """Trees of an open ROOT file that grow by columns, flat or jagged (awkward), and texts."""

    def __init__(self, file):
        self._file = file
        self._trees = {}

    def __call__(self, name: str, columns: Mapping) -> None:
        """Add columns to the tree `name`; a tree is there even if nothing is added to it."""
        if name not in self._trees:
            types = {key: _branch_type(values) for key, values in columns.items()}
            self._trees[name] = self._file.mktree(name, types)
        if len(next(iter(columns.values()))):
            self._trees[name].extend(columns)

    def write_text(self, name: str, text: str) -> None:
        """Add a text."""
        self._file[name] = text


def _branch_type(values):
    """Type of a branch: a numpy dtype, or awkward's for a jagged one."""
    import numpy as np

    if isinstance(values, np.ndarray):
        return values.dtype
    import awkward as ak

    return ak.type(values)


@contextmanager
def tree_file(path: str | Path) -> Iterator[TreeFile]:
    """Give a function that adds columns to a tree of a ROOT file (LZ4), chunk by chunk.

    The file is written whole or not at all; equal contents are equal bytes.

    >>> with tree_file("selected.root") as write:       # doctest: +SKIP
    ...     write("Candidates", {"mass_gev": masses})
    """
    import uproot

    from lnvsearch.equal_bytes import PLACEHOLDER, name_by_content, without_clock

    # Through an open file, uproot does not write its name, which is that of this process.
    options = {"compression": uproot.LZ4(1), "uuid_function": lambda: PLACEHOLDER}
    with written_whole(path) as temporary:
        with open(temporary, "w+b") as stream, without_clock(), uproot.recreate(stream, **options) as file:
            yield TreeFile(file)
        name_by_content(temporary)


def join_tree_files(parts: Iterable[str | Path], path: str | Path) -> None:
    """Write the trees of several files below one another, in the order of the files.

    Raises EventFileError for a file that cannot be read.
    """
    with tree_file(path) as write:
        for part in parts:
            with open_event_file(part) as file:
                for name in file.keys(filter_classname="TTree", cycle=False):
                    write(name, read_tree_of(part, file, name))
