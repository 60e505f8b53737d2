"""Tables for print: the texts of one table, with words for keys, a caption and a label.

`texts` gives CSV with the keys, every column and all digits, Markdown with words and the digits that
uncertainties leave (`digits`), and two in LaTeX: the short one pastes into a paper (the columns that are declared, at most as wide as a line of text); the long one
has every column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from lnvsearch.publication import long_tables, short_tables
from lnvsearch.publication.columns import Column, columns_of
from lnvsearch.publication.digits import in_digits
from lnvsearch.publication.latex import tex
from lnvsearch.publication.words import Words, plain, quantity_in_words, worded
from lnvsearch.tables import (
    Headings,
    Table, find_rows, table_from_rows, table_rows,
    to_csv, to_markdown,
)  # fmt: skip

__all__ = ["FORMATS", "Printing", "texts"]

#: What `texts` makes, by the key of the workflow's outputs.
FORMATS = ("csv", "tex", "long", "md")


@dataclass(frozen=True)
class Printing:
    """How a table is printed.

    headings : column -> its heading, or one for Markdown and one for LaTeX; else its name in words
    words : column -> key -> its label, see `lnvsearch.publication.words`
    caption, label : of the LaTeX environments; the long one's label ends in `-long`
    short : columns of the short version, in order, `simulated_*` for all whose names begin so; those
        that the table lacks are left out; none: as many of the first as a line holds
    rows : of the short version: column -> the value that its rows have
    note : a line below the printed texts
    """

    headings: Headings = field(default_factory=dict)
    words: Words = field(default_factory=dict)
    caption: str = ""
    label: str = "table"
    short: Sequence[str] = ()
    rows: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    def heading(self, column: str) -> tuple[str, str]:
        """The heading in Markdown and in LaTeX."""
        found = self.headings.get(column, quantity_in_words(column))
        return (found, tex(found)) if isinstance(found, str) else found

    def in_words(self, table: Table) -> dict[str, list[str]]:
        """The table of text in which keys are labels, with the digits that uncertainties leave."""
        return {
            name: [worded(cell, name, self.words) for cell in cells]
            for name, cells in in_digits(table).items()
        }

    def plain(self, table: Table) -> dict[str, list[str]]:
        """The same without mathematics, for Markdown and pages."""
        return {name: list(map(plain, cells)) for name, cells in self.in_words(table).items()}

    def columns(self, table: Table) -> list[Column]:
        """The columns as LaTeX."""
        headings = {name: self.heading(name)[1] for name in table}
        return columns_of(self.in_words(table), headings)


def texts(table: Table, printing: Printing) -> dict[str, str]:
    """Return the texts of a table by format, FORMATS; they depend on nothing but the arguments."""
    return {
        "csv": to_csv(table),
        "tex": _short(table, printing),
        "long": long_tables.long_table(
            printing.columns(table), tex(printing.caption), f"{printing.label}-long",
            tex(printing.note),
        ),
        "md": _markdown(table, printing),
    }  # fmt: skip


def _short(table: Table, printing: Printing) -> str:
    names = [name for pattern in printing.short for name in table if fnmatchcase(name, pattern)]
    shown = {name: table[name] for name in names or table}
    wanted = {name: value for name, value in printing.rows.items() if name in table}
    rows = find_rows(table, **wanted) or table_rows(table)
    columns = printing.columns(table_from_rows(rows, list(shown)))
    left_out = len(shown) < len(table) or bool(wanted)
    return short_tables.short_table(
        columns, tex(printing.caption), printing.label, tex(printing.note),
        left_out=left_out,
    )  # fmt: skip


def _markdown(table: Table, printing: Printing) -> str:
    text = to_markdown(printing.plain(table), {name: printing.heading(name)[0] for name in table})
    return f"{text}\n*{printing.note}*\n" if printing.note else text
