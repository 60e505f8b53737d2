"""Why numbers of a comparison disagree, as data: `resources/published/<paper>/reasons.csv`.

A line is a reason; the first whose patterns match a row counts.  Columns:

`quantity`, `channel`, `kind`, `variant`   shell patterns (`upper_limit_*`); an empty cell matches all
`mass`            `with` for rows of a mass hypothesis alone, `without` for all others, empty for both
`reason`          the text
`inconsistency`   title of one of the paper's inconsistencies, whose number is added to the text
`note_first`      `true`: where the row has a note of its own, that is the reason
`known_factor`    `true`: what is left of the ratio without the factor that is known is added
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from lnvsearch.files import open_text

__all__ = ["COLUMNS", "Reason", "read_reasons"]

COLUMNS = (
    "quantity", "channel", "kind", "variant", "mass", "reason", "inconsistency", "note_first",
    "known_factor",
)
_WORDS = {
    "mass": {"": None, "with": True, "without": False},
    "note_first": {"": False, "true": True},
    "known_factor": {"": False, "true": True},
}


@dataclass(frozen=True)
class Reason:
    """Why some rows of a comparison disagree; the fields are the columns of its file.

    `with_mass`: True for rows of a mass hypothesis only, False for those without, None for both.
    """

    quantity: str
    text: str
    kind: str = "*"
    variant: str = "*"
    channel: str = "*"
    with_mass: bool | None = None
    inconsistency: str = ""
    note_first: bool = False
    known_factor: bool = False

    def explains(self, row: Mapping[str, Any]) -> bool:
        """Tell whether this is a reason for the row."""
        has_mass = row["mass_gev"] is not None
        return self.with_mass in (None, has_mass) and all(
            fnmatchcase(row[name], getattr(self, name))
            for name in ("quantity", "kind", "variant", "channel")
        )


def read_reasons(path: str | Path) -> list[Reason]:
    """Read the reasons of a paper, in their order.

    Raises ValueError, naming file and line, for other columns, an unknown word or an empty text.
    """
    with open_text(path) as stream:
        reader = csv.DictReader(stream, restval="")
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path}: the columns must be {', '.join(COLUMNS)}")
        return [_reason(row, f"{path}, line {number}") for number, row in enumerate(reader, 2)]


def _reason(row: dict[str, str], place: str) -> Reason:
    if None in row:
        raise ValueError(f"{place}: more cells than columns; quote a text with commas")
    if not row["reason"]:
        raise ValueError(f"{place}: reason is empty; write it or remove the line")
    for column, words in _WORDS.items():
        if row[column] not in words:
            raise ValueError(
                f"{place}: {column} is {row[column]!r}; it must be empty or one of "
                f"{', '.join(filter(None, words))}"
            )
    patterns = {name: row[name] or "*" for name in ("quantity", "channel", "kind", "variant")}
    return Reason(
        **patterns,
        text=row["reason"],
        with_mass=_WORDS["mass"][row["mass"]],
        inconsistency=row["inconsistency"],
        note_first=row["note_first"] == "true",
        known_factor=row["known_factor"] == "true",
    )
