"""Tables as columns of cells, and their text in CSV and Markdown.

A table is a mapping from column name to a list; all lists have the same length; `None` is an empty
cell.  How a table is printed, in LaTeX and with words for keys, says `lnvsearch.publication.printing`.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lnvsearch.files import MAKE_AGAIN, open_text

__all__ = [
    "Table",
    "cell_text",
    "find_rows",
    "number_of_rows",
    "read_csv",
    "same_mass",
    "table_from_rows",
    "table_rows",
    "text_table",
    "to_csv",
    "to_markdown",
]

Table = Mapping[str, Sequence[Any]]
#: Column -> its heading for print, or one for Markdown and one for LaTeX.
Headings = Mapping[str, "str | tuple[str, str]"]


def read_csv(path: str | Path) -> dict[str, list[Any]]:
    """Read a CSV file with a header into a table.

    A column all of whose filled cells are integers (numbers, `true`/`false`) becomes int (float,
    bool); every other one stays text.  Empty cells become None.  Raises ValueError, naming the
    file, if there is no header, a column appears twice, or a line has too few or many cells.
    """
    with open_text(path, MAKE_AGAIN) as stream:
        try:
            lines = list(csv.reader(stream))
        except csv.Error as error:
            raise ValueError(f"{path}: not a CSV text ({error}); make or copy it again") from error
    if not lines or not any(lines[0]):
        raise ValueError(f"{path}: no header line; the first line must name the columns")
    header = lines[0]
    if len(set(header)) != len(header):
        raise ValueError(f"{path}: a column name appears twice in the header {header}")
    for line_number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            raise ValueError(
                f"{path}, line {line_number}: {len(line)} cells, but the header has {len(header)}; "
                "make or copy it again"
            )
    return {
        name: _typed([line[index] for line in lines[1:]]) for index, name in enumerate(header)
    }


def number_of_rows(table: Table) -> int:
    """Return the common length of the columns; ValueError if they differ."""
    lengths = {name: len(column) for name, column in table.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"the columns of a table must have one length, not {lengths}")
    return next(iter(lengths.values()), 0)


def table_rows(table: Table) -> list[dict[str, Any]]:
    """Return the table as a list of rows, each a mapping from column name to cell."""
    return [
        {name: column[index] for name, column in table.items()}
        for index in range(number_of_rows(table))
    ]


def table_from_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, list]:
    """Return the table of these columns; a cell that a row lacks is empty."""
    listed = list(rows)
    return {name: [row.get(name) for row in listed] for name in columns}


def text_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> dict[str, list[str]]:
    """Return the table of these columns with cells of text, as they stand in its CSV file."""
    table = table_from_rows(rows, columns)
    return {name: [cell_text(cell) for cell in column] for name, column in table.items()}


def find_rows(table: Table, **wanted: Any) -> list[dict[str, Any]]:
    """Return the rows in which every named column has the wanted value.

    `mass_gev` matches within half a keV, and None matches an empty cell.
    """
    return [
        row
        for row in table_rows(table)
        if all(
            same_mass(row[name], value) if name == "mass_gev" else row[name] == value
            for name, value in wanted.items()
        )
    ]


def same_mass(first: float | None, second: float | None) -> bool:
    """Tell whether two masses (GeV) are the same hypothesis; an empty one only equals an empty."""
    if first is None or second is None:
        return first is None and second is None
    return abs(float(first) - float(second)) < 5e-7


def cell_text(cell: Any) -> str:
    """Return a cell as it stands in the CSV text: numbers in full, `true`/`false`, empty for None.

    Not-a-number is an empty cell too: there is nothing to print.
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if hasattr(cell, "item"):  # numpy scalars print their type otherwise
        cell = cell.item()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return "" if math.isnan(cell) else repr(cell)
    return str(cell)


def to_csv(table: Table) -> str:
    """Return the table as CSV text: a header, commas, a line feed after every line."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table)
    for row in table_rows(table):
        writer.writerow([cell_text(cell) for cell in row.values()])
    return stream.getvalue()


def to_markdown(table: Table, headings: Mapping[str, str] | None = None) -> str:
    """Return the table as a Markdown table; `headings` replaces column names for print."""
    headings = headings or {}
    lines = [
        _markdown_line(headings.get(name, name) for name in table),
        _markdown_line("---" for _ in table),
    ]
    lines += [_markdown_line(cell_text(cell) for cell in row.values()) for row in table_rows(table)]
    return "\n".join(lines) + "\n"


def _typed(cells: list[str]) -> list[Any]:
    filled = [cell for cell in cells if cell != ""]
    if not filled:
        return [None] * len(cells)
    if all(cell in ("true", "false") for cell in filled):
        return [None if cell == "" else cell == "true" for cell in cells]
    for convert in (int, float):
        try:
            return [None if cell == "" else convert(cell) for cell in cells]
        except ValueError:
            continue
    return [None if cell == "" else cell for cell in cells]


def _markdown_line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
