"""Tables as columns of cells, and their text in CSV, LaTeX and Markdown.

A table is a mapping from column name to a list; all lists have the same length; `None` is an empty
cell.  The three texts of a table show the same cells in the same order: only the headings and the
typography (powers of ten, special characters) differ.  They depend on nothing but the table.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = [
    "Table",
    "cell_text",
    "find_rows",
    "number_of_rows",
    "read_csv",
    "render",
    "same_mass",
    "table_from_rows",
    "table_rows",
    "text_table",
    "to_csv",
    "to_markdown",
    "to_tex",
    "with_note",
]

Table = Mapping[str, Sequence[Any]]
#: Column -> its heading for print, or one for Markdown and one for LaTeX.
Headings = Mapping[str, "str | tuple[str, str]"]

_NUMBER_WITH_EXPONENT = re.compile(r"^([+-]?\d+(?:\.\d+)?)e([+-]?\d+)$")
_NUMBER = re.compile(r"^[+-]?\d+(?:\.\d+)?$")
_TEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "√": r"$\surd$",
    "→": r"$\to$",
    "Δ": r"$\Delta$",
    "ε": r"$\varepsilon$",
    "θ": r"$\theta$",
    "χ": r"$\chi$",
    "ν": r"$\nu$",
    "ψ": r"$\psi$",
    "²": r"$^2$",
    "−": r"$-$",
}


def read_csv(path: str | Path) -> dict[str, list[Any]]:
    """Read a CSV file with a header into a table.

    A column all of whose filled cells are integers (numbers, `true`/`false`) becomes int (float,
    bool); every other one stays text.  Empty cells become None.  Raises ValueError, naming the
    file, if there is no header, a column appears twice, or a line has too few or many cells.
    """
    with open(path, newline="", encoding="utf-8") as stream:
        try:
            lines = list(csv.reader(stream))
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(f"{path}: not a CSV text ({error}); make or copy it again") from error
    if not lines or not any(lines[0]):
        raise ValueError(f"{path}: no header line; the first line must name the columns")
    header = lines[0]
    if len(set(header)) != len(header):
        raise ValueError(f"{path}: a column name appears twice in the header {header}")
    for line_number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            raise ValueError(
                f"{path}, line {line_number}: {len(line)} cells, but the header has {len(header)}"
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


def render(table: Table, text_format: str, headings: Headings | None = None) -> str:
    """Return the table as text in the format `csv`, `tex` or `md`; ValueError for any other.

    The CSV has the column names as they are, the others `headings`; a column without one has its
    name with blanks.
    """
    if text_format == "csv":
        return to_csv(table)
    if text_format not in ("tex", "md"):
        raise ValueError(f"text_format is {text_format!r}; it must be csv, tex or md")
    texts = {}
    for name in table:
        heading = (headings or {}).get(name, name.replace("_", " "))
        if isinstance(heading, str):
            heading = heading, heading.replace("%", r"\%")
        texts[name] = heading[text_format == "tex"]
    return to_tex(table, texts) if text_format == "tex" else to_markdown(table, texts)


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


def to_tex(table: Table, headings: Mapping[str, str] | None = None) -> str:
    """Return the table as a LaTeX `tabular` with booktabs rules.

    `headings` replaces column names and is LaTeX already; cells are escaped, and numbers set in
    mathematics with `\\times 10^{n}` for an exponent.  A column of numbers is right-aligned.
    """
    headings = headings or {}
    alignment = "".join("r" if _is_numeric(column) else "l" for column in table.values())
    lines = [
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        _tex_line(headings.get(name, _tex_escaped(name)) for name in table),
        r"\midrule",
    ]
    lines += [
        _tex_line(_tex_cell(cell_text(cell)) for cell in row.values()) for row in table_rows(table)
    ]
    lines += [r"\bottomrule", r"\end{tabular}"]
    return "\n".join(lines) + "\n"


def with_note(text: str, text_format: str, note: str) -> str:
    """Return the text of a table in `tex` or `md` with a line below it; unchanged for `csv` or ''."""
    if not note or text_format == "csv":
        return text
    if text_format == "md":
        return f"{text}\n*{note}*\n"
    return f"{text}\\par{{\\footnotesize {_tex_escaped(note)}}}\n"


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


def _tex_line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _tex_cell(text: str) -> str:
    exponent = _NUMBER_WITH_EXPONENT.match(text)
    if exponent:
        return rf"${exponent[1]}\times 10^{{{int(exponent[2])}}}$"
    if _NUMBER.match(text):
        return f"${text}$"
    return _tex_escaped(text)


def _tex_escaped(text: str) -> str:
    return "".join(_TEX_SPECIAL.get(character, character) for character in text)


def _is_numeric(column: Sequence[Any]) -> bool:
    texts = [text for text in map(cell_text, column) if text]
    return bool(texts) and all(
        _NUMBER.match(text) or _NUMBER_WITH_EXPONENT.match(text) for text in texts
    )
