"""Limits of tables by columns, and the text that `lnvsearch limit --table` prints of them.

The numbers and the text are those of `limit_answers` and `limit_command` for one row at a time.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lnvsearch.computing_budget import budget
from lnvsearch.limit_answers import group_key, group_limits, quantity_of, refusal, shown
from lnvsearch.limit_columns import Block, Columns
from lnvsearch.limit_experiments import measured_numbers, scale_of
from lnvsearch.statistics.note_columns import NoteColumns

__all__ = ["table_text"]

# Rows that are written together.
_CHUNK = 20_000
# Rows that are computed together by the methods that treat each row by itself; others find equal rows.
_PIECE = 62_500
_ROW_BY_ROW = ("rolke", "cls", "bayesian")
# Numbers of a column that are looked at for equal ones.
_PROBED = 256
_PLAIN_CELL = re.compile(r"[\w.+-]+")
_COMPUTED = ("lower", "upper", "p_value", "significance")


@dataclass
class _Limits:
    """What was computed of the whole table, and the notes of its parts by their rows."""

    columns: dict[str, np.ndarray]
    notes: list[tuple[np.ndarray, NoteColumns]]


def table_text(table: Columns, name: str, as_json: bool) -> Iterator[str]:
    """Return pieces of the text for the limits of all rows, as CSV or JSON.

    All is computed before the first piece.  Raises UsageError with the table's `name` and the line
    of a row that has no limit.
    """
    limits = _limits(table, name)
    return (_json_text if as_json else _csv_text)(table, limits)


# --- limits --------------------------------------------------------------------------------------


def _limits(table: Columns, name: str) -> _Limits:
    size = table.lines.size
    found = _Limits({column: np.empty(size) for column in _COMPUTED}, [])
    scale = np.ones(size)
    for block in table.blocks:
        scale[block.rows] = block.columns.get("normalisation", scale_of({}))
    groups: dict[tuple, list[Block]] = {}
    for block in table.blocks:
        groups.setdefault(group_key(block.first), []).append(block)
    for blocks in groups.values():
        rows = _joined([block.rows for block in blocks])
        pieces = [measured_numbers(block.columns) for block in blocks]
        numbers = {key: _joined([piece[key] for piece in pieces]) for key in pieces[0]}
        level = _joined([block.columns["cl"] for block in blocks])
        if len(blocks) > 1:
            order = np.argsort(rows, kind="stable")
            numbers = {key: values[order] for key, values in numbers.items()}
            level, rows = level[order], rows[order]
        first = blocks[0].first
        n_parts = -(-rows.size // _PIECE) if first["method"] in _ROW_BY_ROW else 1
        for part in np.array_split(np.arange(rows.size), n_parts):
            piece = slice(part[0], part[-1] + 1)
            some = {key: values[piece] for key, values in numbers.items()}
            _fill(found, first, some, level[piece], rows[piece], table, name, scale)
    return found


def _joined(pieces: Sequence[Any]) -> np.ndarray:
    """All pieces in one; a single one is not copied."""
    return np.asarray(pieces[0]) if len(pieces) == 1 else np.concatenate(pieces)


def _fill(found, first, numbers, level, rows, table: Columns, name: str, scale) -> None:
    """Put the limits of the rows in their places; by halves, to name the first row without one."""
    try:
        with budget(rows.size):
            limits, notes = group_limits(first, numbers, level, scale[rows])
    except (ValueError, RuntimeError, ArithmeticError, MemoryError) as error:
        if rows.size == 1:
            place = f"{name}, line {table.lines[rows[0]]}: "
            raise refusal(place, first["method"], float(numbers["observed"][0]), error) from error
        half = rows.size // 2
        for part in (slice(0, half), slice(half, None)):
            some = {key: values[part] for key, values in numbers.items()}
            _fill(found, first, some, level[part], rows[part], table, name, scale)
        return
    for column in _COMPUTED:
        found.columns[column][rows] = limits[column]
    found.notes.append((rows, notes))


# --- text ----------------------------------------------------------------------------------------


def _csv_text(table: Columns, limits: _Limits) -> Iterator[str]:
    of_blocks = [_answer_columns(block, table, limits) for block in table.blocks]
    head = [*dict.fromkeys(key for columns in of_blocks for key in columns), "notes"]
    yield ",".join(head)

    def lines(block: int, part: slice, notes: list[str]) -> list[str]:
        columns, size = of_blocks[block], len(notes)
        cells = [
            _written(columns[key], part, repr, _csv_cell) if key in columns else [""] * size
            for key in head[:-1]
        ]
        return list(map(",".join, zip(*cells, notes, strict=True)))

    for piece in _pieces(table, limits, lines, _csv_notes):
        yield "\n" + "\n".join(piece)


def _json_text(table: Columns, limits: _Limits) -> Iterator[str]:
    of_blocks = [_answer_columns(block, table, limits) for block in table.blocks]

    def objects(block: int, part: slice, notes: list[str]) -> list[str]:
        entries = [
            _labelled(key, _written(values, part, _json_number, _json_cell))
            for key, values in of_blocks[block].items()
        ]
        entries.append(_labelled("notes", notes))
        return [" {\n" + ",\n".join(row) + "\n }" for row in zip(*entries, strict=True)]

    def listed(texts: Sequence[str]) -> str:
        return "[\n   " + ",\n   ".join(map(json.dumps, texts)) + "\n  ]"

    before = "[\n"
    for piece in _pieces(table, limits, objects, listed):
        yield before + ",\n".join(piece)
        before = ",\n"
    yield "\n]"


def _labelled(key: str, values: Iterable[str]) -> list[str]:
    return [f'  "{key}": {value}' for value in values]


def _answer_columns(block: Block, table: Columns, limits: _Limits) -> dict[str, Any]:
    """The columns of a block's answers in their order, without the notes."""
    words = shown(block.first, dict.fromkeys((*_COMPUTED, "notes"), 0.0))
    scale = block.columns.get("normalisation", scale_of({}))
    columns: dict[str, Any] = {}
    for key, word in words.items():
        if key == "label" and table.labels is not None:
            columns[key] = _OfRows(block.rows, table.labels.at)
        elif key in ("lower", "upper"):
            columns[key] = _OfRows(block.rows, limits.columns[key].__getitem__, scale)
        elif key in _COMPUTED:
            columns[key] = _OfRows(block.rows, limits.columns[key].__getitem__)
        elif key == "confidence_level":
            columns[key] = block.columns["cl"]
        elif key == "observed":
            columns[key] = block.columns[key].astype(np.int64)
        elif key in block.columns:
            columns[key] = block.columns[key]
        elif key == "quantity" and "efficiency" in block.columns:
            columns[key] = _quantities(block, str(word))
        elif key != "notes":
            columns[key] = _Same(word)
    return columns


def _quantities(block: Block, word: str) -> Sequence | _Same:
    efficiencies = block.columns["efficiency"]
    if efficiencies.min() > 1.0 or efficiencies.max() <= 1.0:
        return _Same(word)
    return [quantity_of(efficiency, block.first) for efficiency in efficiencies.tolist()]


@dataclass
class _OfRows:
    """A column that is taken from the whole table's, over `scale` if there is one, part by part."""

    rows: np.ndarray
    take: Callable[[np.ndarray], Any]
    scale: np.ndarray | float | None = None

    def __getitem__(self, part: slice) -> Any:
        values = self.take(self.rows[part])
        if self.scale is None:
            return values
        return values / (self.scale if isinstance(self.scale, float) else self.scale[part])


@dataclass
class _Same:
    """A column of one word."""

    word: object


def _pieces(
    table: Columns,
    limits: _Limits,
    texts_of: Callable[[int, slice, list[str]], list[str]],
    render: Callable[[Sequence[str]], str],
) -> Iterator[list[str]]:
    """The texts of many rows at a time, in the order of the table."""
    for first in range(0, table.lines.size, _CHUNK):
        last = min(first + _CHUNK, table.lines.size)
        notes: list[str] = [""] * (last - first)
        for rows, found in limits.notes:
            part, places = _inside(rows, first, last)
            before = _before(table.questions, part, first + places)
            _put(notes, places, found.rendered(part.start, part.stop, render, before))
        piece: list[str] = [""] * (last - first)
        for number, block in enumerate(table.blocks):
            part, places = _inside(block.rows, first, last)
            own = notes
            if places.size < len(notes):
                own = [notes[place] for place in places.tolist()]
            _put(piece, places, texts_of(number, part, own))
        yield piece


def _inside(rows: np.ndarray, first: int, last: int) -> tuple[slice, np.ndarray]:
    """The part of rising rows from `first` to `last` (excluded), and their places from `first`."""
    start, stop = np.searchsorted(rows, (first, last)).tolist()
    return slice(start, stop), rows[start:stop] - first


def _before(questions: dict, part: slice, rows: np.ndarray) -> dict[int, list[str]]:
    if not questions:
        return {}
    places = zip(range(part.start, part.stop), rows.tolist(), strict=True)
    return {place: questions[row] for place, row in places if row in questions}


def _put(target: list[str], places: np.ndarray, texts: list[str]) -> None:
    if places.size == len(target):
        target[:] = texts
        return
    for place, text in zip(places.tolist(), texts, strict=True):
        target[place] = text


def _written(
    column: Sequence | _OfRows | _Same,
    part: slice,
    number: Callable[[float], str],
    word: Callable[[object], str],
) -> list[str]:
    """The texts of a part of a column; equal numbers are written once where there are many."""
    if isinstance(column, _Same):
        return [word(column.word)] * (part.stop - part.start)
    values = column[part]
    if not isinstance(values, np.ndarray):
        return list(map(word, values))
    bits = values.view(np.int64)
    if (bits == bits[0]).all():
        return [number(values[0].item())] * bits.size
    if np.unique(bits[:_PROBED]).size > _PROBED // 4:
        return list(map(number, values.tolist()))
    different, place = np.unique(bits, return_inverse=True)
    texts = list(map(number, different.view(values.dtype).tolist()))
    return list(map(texts.__getitem__, place.tolist()))


def _csv_cell(value: object) -> str:
    """A cell as the csv module writes it."""
    text = str(value)
    if _PLAIN_CELL.fullmatch(text):
        return text
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow([text, ""])
    return written.getvalue()[:-2]


def _csv_notes(texts: Sequence[str]) -> str:
    """The cell of the notes, which hold commas but no line ends."""
    return '"' + " | ".join(texts).replace('"', '""') + '"'


def _json_number(value: float) -> str:
    return repr(value) if np.isfinite(value) else "null"


def _json_cell(value: object) -> str:
    return json.dumps(value if isinstance(value, (str, bool)) else str(value))
