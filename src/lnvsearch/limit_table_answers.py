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

import numpy as np

from lnvsearch.limit_answers import group_key, group_limits, refusal, shown
from lnvsearch.limit_columns import Block, Columns
from lnvsearch.limit_experiments import measured_numbers, scale_of
from lnvsearch.statistics.note_columns import NoteColumns

__all__ = ["table_text"]

# Rows that are written together.
_CHUNK = 20_000
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
    groups: dict[tuple, list[Block]] = {}
    for block in table.blocks:
        groups.setdefault(group_key(block.first), []).append(block)
    for blocks in groups.values():
        rows = np.concatenate([block.rows for block in blocks])
        pieces = [measured_numbers(block.columns) for block in blocks]
        order = np.argsort(rows, kind="stable")
        numbers = {
            key: np.concatenate([piece[key] for piece in pieces])[order] for key in pieces[0]
        }
        level = np.concatenate([block.columns["cl"] for block in blocks])[order]
        _fill(found, blocks[0].first, numbers, level, rows[order], table, name)
    return found


def _fill(found, first, numbers, level, rows, table: Columns, name: str) -> None:
    """Put the limits of the rows in their places; by halves, to name the first row without one."""
    try:
        limits, notes = group_limits(first, numbers, level)
    except (ValueError, RuntimeError, ArithmeticError, MemoryError) as error:
        if rows.size == 1:
            place = f"{name}, line {table.lines[rows[0]]}: "
            raise refusal(place, first["method"], float(numbers["observed"][0]), error) from error
        half = rows.size // 2
        for part in (slice(0, half), slice(half, None)):
            some = {key: values[part] for key, values in numbers.items()}
            _fill(found, first, some, level[part], rows[part], table, name)
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
            _written(columns[key][part], repr, _csv_cell) if key in columns else [""] * size
            for key in head[:-1]
        ]
        return list(map(",".join, zip(*cells, notes, strict=True)))

    for piece in _pieces(table, limits, lines, lambda texts: _csv_cell(" | ".join(texts))):
        yield "\n" + "\n".join(piece)


def _json_text(table: Columns, limits: _Limits) -> Iterator[str]:
    of_blocks = [_answer_columns(block, table, limits) for block in table.blocks]

    def objects(block: int, part: slice, notes: list[str]) -> list[str]:
        entries = [
            _labelled(key, _written(values[part], _json_number, _json_cell))
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


def _answer_columns(block: Block, table: Columns, limits: _Limits) -> dict[str, Sequence]:
    """The columns of a block's answers in their order, without the notes."""
    words = shown(block.first, dict.fromkeys((*_COMPUTED, "notes"), 0.0))
    scale = block.columns.get("normalisation", scale_of({}))
    columns: dict[str, Sequence] = {}
    for key, word in words.items():
        if key == "label":
            columns[key] = [table.labels[row] for row in block.rows.tolist()]
        elif key in ("lower", "upper"):
            columns[key] = limits.columns[key][block.rows] / scale
        elif key in _COMPUTED:
            columns[key] = limits.columns[key][block.rows]
        elif key == "confidence_level":
            columns[key] = block.columns["cl"]
        elif key == "observed":
            columns[key] = block.columns[key].astype(np.int64)
        elif key in block.columns:
            columns[key] = block.columns[key]
        elif key != "notes":
            columns[key] = _Same(word)
    return columns


class _Same:
    """A column of one word."""

    def __init__(self, word: object) -> None:
        self.word = word

    def __getitem__(self, part: slice) -> list:
        return [self.word] * (part.stop - part.start)


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
            start, stop = np.searchsorted(rows, (first, last)).tolist()
            chosen = rows[start:stop].tolist()
            before = {
                start + place: table.questions[row]
                for place, row in enumerate(chosen if table.questions else [])
                if row in table.questions
            }
            for row, text in zip(chosen, found.rendered(start, stop, render, before), strict=True):
                notes[row - first] = text
        piece: list[str] = [""] * (last - first)
        for place, block in enumerate(table.blocks):
            start, stop = np.searchsorted(block.rows, (first, last)).tolist()
            chosen = (block.rows[start:stop] - first).tolist()
            own = [notes[row] for row in chosen]
            for row, text in zip(chosen, texts_of(place, slice(start, stop), own), strict=True):
                piece[row] = text
        yield piece


def _written(
    values: Sequence, number: Callable[[float], str], word: Callable[[object], str]
) -> list[str]:
    """The texts of a part of a column; equal ones are written once."""
    if not isinstance(values, np.ndarray):
        known = {value: word(value) for value in set(values)}
        return list(map(known.__getitem__, values))
    if values.size and (values.view(np.int64) == values.view(np.int64)[0]).all():
        return [number(values[0].item())] * values.size
    return list(map(number, values.tolist()))


def _csv_cell(value: object) -> str:
    """A cell as the csv module writes it."""
    text = str(value)
    if _PLAIN_CELL.fullmatch(text):
        return text
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow([text, ""])
    return written.getvalue()[:-2]


def _json_number(value: float) -> str:
    return repr(value) if np.isfinite(value) else "null"


def _json_cell(value: object) -> str:
    return json.dumps(value if isinstance(value, (str, bool)) else str(value))
