"""Tables of `lnvsearch limit` by columns, for a million lines.

Lines with the same settings (the same cells filled, the same words in them) are a `Block`: one
array a number.  What is allowed is decided by `limit_settings.completed` alone: it sees one line of
each block, and every line with a number that `_plain` does not recognise as harmless at once.  So
answers and messages are those of `limit_table.read_table`, which reads line by line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lnvsearch.cli import UsageError
from lnvsearch.limit_labels import Labels
from lnvsearch.limit_number_rows import NumberRows
from lnvsearch.limit_quantities import Uncertainty, parse_number, parse_uncertainty
from lnvsearch.limit_ranges import most_events, most_relative
from lnvsearch.limit_settings import BY_NAME, Request, looks_like_per_cent, looks_relative, parsed
from lnvsearch.limit_table import MISSING_WORDS, Rows, row_request

__all__ = ["Block", "Columns", "columns_of"]

# Bounds that are inside those of every setting and method, or hold exactly.
_SMALLEST, _LARGEST = 1e-90, 1e90
_LEVELS = (0.02, 0.999)
_WHOLE = ("observed", "sideband")
_MAY_BE_ZERO = ("observed", "background", "sideband")


@dataclass
class Block:
    """Lines with the same settings.

    first : the complete request of one of them
    rows : their places in the table, rising
    columns : one array a number of the requests, or a list of `Uncertainty`
    """

    first: Request
    rows: np.ndarray
    columns: dict[str, Any]


@dataclass
class Columns:
    """A table: its blocks, in the order of their first lines.

    lines : line of the file of each row
    labels : texts of the rows' labels, None without such a column
    questions : notes of single rows, by row
    """

    blocks: list[Block]
    lines: np.ndarray
    labels: Labels | None
    questions: dict[int, list[str]]


@dataclass
class _Growing:
    first: Request
    rows: list[np.ndarray] = field(default_factory=list)
    columns: dict[str, list] = field(default_factory=dict)


class _Collector:
    """Blocks while the table is read."""

    def __init__(self) -> None:
        self.growing: dict[tuple, _Growing] = {}
        self.questions: dict[int, list[str]] = {}

    def add(self, request: Request, rows: np.ndarray, columns: dict) -> None:
        """Add rows of the request's settings."""
        words = tuple(
            (name, None if name in columns else value)
            for name, value in request.items()
            if name not in ("questions", "label")
        )
        asymmetric = isinstance(request.get("background_uncertainty"), Uncertainty)
        block = self.growing.setdefault((words, asymmetric), _Growing(request))
        block.rows.append(rows)
        for name, values in columns.items():
            block.columns.setdefault(name, []).append(values)

    def add_single(self, request: Request, row: int) -> None:
        """Add a row that was read by itself."""
        if "questions" in request:
            self.questions[row] = request.pop("questions")
        columns = {
            name: [value] if isinstance(value, Uncertainty) else np.array([value])
            for name, value in request.items()
            if isinstance(value, (float, Uncertainty)) and name != "correlation"
        }
        self.add(request, np.array([row]), columns)

    def blocks(self) -> list[Block]:
        """The blocks, each with its rows in their order."""
        made = []
        for block in self.growing.values():
            rows = np.concatenate(block.rows)
            order = np.argsort(rows, kind="stable")
            in_order = bool((rows[1:] > rows[:-1]).all())
            columns: dict[str, Any] = {}
            for name, pieces in block.columns.items():
                if isinstance(pieces[0], list):
                    values = [value for piece in pieces for value in piece]
                    columns[name] = [values[place] for place in order.tolist()]
                else:
                    columns[name] = np.concatenate(pieces)
                    if not in_order:
                        columns[name] = columns[name][order]
                pieces.clear()
            made.append(Block(block.first, rows[order], columns))
        return sorted(made, key=lambda block: block.rows[0])


def columns_of(
    head: list[str], rows: Iterable[Rows], given: Request, name: str
) -> Columns:
    """Return the table of the rows that `limit_table.open_table` gives.

    `head`: the columns' settings; `given`: the settings of the command line; `name` of the table,
    for messages.  Raises UsageError for the first wrong line.
    """
    collector = _Collector()
    labels = Labels() if "label" in head else None
    lines: list[np.ndarray] = []
    start = 0
    for cells, numbers in rows:
        # What overflows is not plain, and is read by itself.
        with np.errstate(all="ignore"):
            _read_chunk(_Chunk(head, cells, numbers, given, name, start, collector))
        if labels is not None:
            place = head.index("label")
            labels.add([row[place].strip() for row in cells])
        lines.append(np.array(numbers))
        start += len(cells)
    found = np.concatenate(lines) if lines else np.zeros(0, dtype=int)
    return Columns(collector.blocks(), found, labels, collector.questions)


# --- one chunk -----------------------------------------------------------------------------------


@dataclass
class _Cells:
    """A column of a chunk: values, which cells are filled, and which are understood.

    Of a number `values` are floats, of an uncertainty the errors, fractions where `relative`.  Of
    words they are places in `words`.
    """

    values: np.ndarray
    filled: np.ndarray
    good: np.ndarray
    relative: np.ndarray | None = None
    words: list[str] = field(default_factory=list)


@dataclass
class _Chunk:
    """Rows that are read together; `start` is the place of the first in the table."""

    head: list[str]
    cells: Sequence[list[str]]
    lines: list[int]
    given: Request
    name: str
    start: int
    collector: _Collector

    def request(self, row: int) -> Request:
        """The complete request of one row; UsageError, with the line, where it is wrong."""
        place = f"{self.name}, line {self.lines[row]}: "
        return row_request(self.head, self.cells[row], self.given, place)


def _read_chunk(chunk: _Chunk) -> None:
    cells, width = chunk.cells, len(chunk.head)
    single: list[int] = []
    read = _number_columns(chunk.head, cells) if isinstance(cells, NumberRows) else {}
    if read or set(map(len, cells)) == {width}:
        read = read or {
            name: _read_column(name, column)
            for name, column in zip(chunk.head, zip(*cells, strict=True), strict=True)
            if name in BY_NAME
        }
        good = np.logical_and.reduce([part.good for part in read.values()])
        kinds, kind_of_row = _kinds(read, len(cells))
        for kind in range(kinds):
            rows = np.flatnonzero((kind_of_row == kind) & good)
            single += _read_kind(rows, chunk, read)
        single += np.flatnonzero(~good).tolist()
    else:
        single = list(range(len(cells)))
    for row in sorted(single):
        chunk.collector.add_single(chunk.request(row), chunk.start + row)


def _read_kind(rows: np.ndarray, chunk: _Chunk, read: dict[str, _Cells]) -> list[int]:
    """Add rows with the same settings to the blocks; return those to be read by themselves."""
    if rows.size == 0:
        return []
    try:
        request = chunk.request(int(rows[0]))
    except UsageError:
        return rows.tolist()
    request.pop("questions", None)
    if isinstance(request.get("background_uncertainty"), Uncertainty):
        return rows.tolist()
    columns: dict[str, np.ndarray] = {}
    relative: dict[str, np.ndarray | bool] = {}
    for name, value in request.items():
        if not isinstance(value, float) or name == "correlation":
            continue
        cells = read.get(name)
        if cells is not None and cells.filled[rows[0]]:
            columns[name] = cells.values[rows]
            if cells.relative is not None:
                relative[name] = cells.relative[rows]
        elif BY_NAME[name].kind == "uncertainty":
            columns[name] = np.full(rows.size, chunk.given[name].up)
            relative[name] = chunk.given[name].relative
        else:
            columns[name] = np.full(rows.size, value)
    for name, is_relative in relative.items():
        value = columns[name.removesuffix("_uncertainty")]
        columns[name] = np.where(is_relative, columns[name] * value, columns[name])
    plain = _plain(request, columns, relative)
    chosen = slice(None) if plain.all() else plain
    if plain.any():
        chunk.collector.add(
            request,
            chunk.start + rows[chosen],
            {name: values[chosen] for name, values in columns.items()},
        )
    return rows[~plain].tolist()


def _plain(
    request: Request, columns: dict[str, np.ndarray], relative: dict[str, np.ndarray | bool]
) -> np.ndarray:
    """Which rows hold only numbers that every check accepts without a question.

    Rows of unusual numbers that a check would accept may be missing.
    """
    good = np.ones(columns["observed"].size, dtype=bool)
    for name, values in columns.items():
        if name in relative:
            value = columns[name.removesuffix("_uncertainty")]
            good &= values <= most_relative(name) * value
            good &= (value > 0.0) | ~np.asarray(relative[name])
        elif name == "cl":
            good &= (values >= _LEVELS[0]) & (values <= _LEVELS[1])
        else:
            inside = (values >= _SMALLEST) & (values <= _LARGEST)
            good &= inside | (values == 0.0) if name in _MAY_BE_ZERO else inside
        if name in _WHOLE:
            good &= values == np.floor(values)
    most = min(most_events(request, uncertain) for uncertain in (False, True))
    background = columns["sideband"] / columns["tau"] if "tau" in columns else columns["background"]
    for values in (columns["observed"], columns.get("sideband", background), background):
        good &= values <= most
    if "passed" in columns:
        good &= columns["passed"] <= columns["generated"]
    if "single_event_sensitivity" in columns:
        good &= columns["single_event_sensitivity"] <= 1.0
    if "normalisation" in columns and "efficiency" in columns:
        good &= columns["efficiency"] <= 1.0
    if "efficiency_uncertainty" in columns:
        asked = looks_relative(columns["efficiency"], columns["efficiency_uncertainty"])
        good &= np.asarray(relative["efficiency_uncertainty"]) | ~asked
    if "normalisation_uncertainty" in columns:
        asked = looks_like_per_cent(columns["normalisation"], columns["normalisation_uncertainty"])
        good &= np.asarray(relative["normalisation_uncertainty"]) | ~asked
    return good


def _kinds(read: dict[str, _Cells], size: int) -> tuple[int, np.ndarray]:
    """Number the combinations of words and filled cells of the rows."""
    kinds, kind_of_row = 1, np.zeros(size, dtype=np.int64)
    for cells in read.values():
        number = cells.values if cells.words else cells.filled
        if (number != number[0]).any():
            combined = kind_of_row * (len(cells.words) or 2) + number
            different, kind_of_row = np.unique(combined, return_inverse=True)
            kinds = different.size
    return kinds, kind_of_row


# --- one column of cells --------------------------------------------------------------------------


def _number_columns(head: list[str], cells: NumberRows) -> dict[str, _Cells]:
    """Columns of rows of numbers; none where a column is one of words."""
    read = {}
    for name, values in zip(head, np.ascontiguousarray(cells.numbers.T), strict=True):
        if name == "label":
            continue
        if BY_NAME[name].kind not in ("number", "uncertainty"):
            return {}
        filled = np.ones(values.size, dtype=bool)
        read[name] = _checked(name, _Cells(values, filled, np.isfinite(values)))
    return read


def _checked(name: str, read: _Cells) -> _Cells:
    """Mark what one number for all that is computed together, or an error, must not be."""
    if name == "correlation":
        read.good &= ~read.filled
    if BY_NAME[name].kind == "uncertainty":
        read.good &= read.values >= 0.0
        if read.relative is None:
            read.relative = np.zeros(read.values.size, dtype=bool)
    return read


def _read_column(name: str, cells: tuple[str, ...]) -> _Cells:
    kind = BY_NAME[name].kind
    if kind == "number":
        return _checked(name, _numbers(cells, _number))
    if kind == "uncertainty":
        plain = "%" not in (joined := "".join(cells)) and "+" not in joined
        return _checked(name, _numbers(cells, _number if plain else _error))
    words = {word: place for place, word in enumerate(dict.fromkeys(map(str.strip, cells)))}
    values = np.array([words[cell.strip()] for cell in cells])
    understood = np.array([_understood(name, word) for word in words])
    return _Cells(values, np.ones(len(cells), dtype=bool), understood[values], words=list(words))


def _numbers(
    cells: tuple[str, ...], read_cell: Callable[[str], tuple[float, bool]]
) -> _Cells:
    """Numbers of a column: by `float` where it takes all cells, else cell by cell."""
    size = len(cells)
    if read_cell is _number:
        try:
            values = np.fromiter(map(float, cells), float, size)
            return _Cells(values, np.ones(size, dtype=bool), np.isfinite(values))
        except ValueError:
            pass
    known = {
        cell: (*read_cell(cell.strip()), True) if cell.strip() else (0.0, False, False)
        for cell in set(cells)
    }
    values, relative, filled = map(np.array, zip(*map(known.__getitem__, cells), strict=True))
    return _Cells(values, filled, np.isfinite(values), relative)


def _number(cell: str) -> tuple[float, bool]:
    try:
        return parse_number(cell), False
    except ValueError:
        return np.nan, False


def _error(cell: str) -> tuple[float, bool]:
    """Errors of one size, and whether they are relative; NaN for others."""
    try:
        errors = parse_uncertainty(cell)
    except ValueError:
        return np.nan, False
    return (errors.up if errors.symmetric else np.nan), errors.relative


def _understood(name: str, word: str) -> bool:
    try:
        parsed(name, word) if word else None
    except ValueError:
        return False
    return word.lower() not in MISSING_WORDS
