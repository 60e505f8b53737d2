"""What does not agree with a paper, as a table with the reasons: all of it, or the worst."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lnvsearch.publication.agreement import DISAGREEMENTS, Row, Tested
from lnvsearch.publication.inconsistencies import Inconsistency
from lnvsearch.publication.reasons import Reason
from lnvsearch.publication.rounding import round_significant
from lnvsearch.tables import table_from_rows, to_markdown

__all__ = ["Explanations", "disagreements_table", "worst_table"]

_COLUMNS = (
    "quantity", "channel", "mass_gev", "kind", "variant", "published", "value", "ratio", "pull",
    "why",
)


@dataclass(frozen=True)
class Explanations:
    """Why numbers of one paper disagree.

    reasons : the first that explains a row counts
    inconsistencies : those of the paper, the weightiest first
    known_factor : published/derived limit where that is known: reasons can ask to take it out
    """

    reasons: Sequence[Reason]
    inconsistencies: Sequence[Inconsistency]
    known_factor: float | None = None

    def why(self, rows: Sequence[Row]) -> str:
        """Say why rows of one quantity, kind and variant disagree, as far as it is known."""
        row = rows[0]
        note = row["note"] or ""
        reason = next((reason for reason in self.reasons if reason.explains(row)), None)
        if reason is None:
            return note or "not known"
        if reason.note_first and note:
            return note
        text = reason.text
        titles = [item.title for item in self.inconsistencies]
        if reason.inconsistency in titles:
            text += f": inconsistency {titles.index(reason.inconsistency) + 1}"
        if reason.known_factor and self.known_factor is not None:
            rest = _range(
                [f"{self.known_factor * row['ratio']:.2f}" for row in rows if row["ratio"]]
            )
            text += f"; with that factor taken out the ratio is {rest}, from the efficiency"
        return text


def disagreements_table(tests: Iterable[Tested], explanations: Explanations) -> str:
    """Return the tests with their reasons; all masses of one quantity and variant share a line."""
    return _table(_grouped(tests), explanations)


def worst_table(tests: Iterable[Tested], explanations: Explanations, number: int) -> str:
    """Return the `number` worst lines of what does not agree, the largest factor first.

    The factor of a line is value/published or its inverse, of the mass where it is largest.
    """
    groups = _grouped(test for test in tests if test.agreement in DISAGREEMENTS)
    groups.sort(key=lambda group: -max(test.factor for test in group))
    if not groups:
        return "Nothing that is tested disagrees."
    return _table(groups[:number], explanations)


def _grouped(tests: Iterable[Tested]) -> list[list[Tested]]:
    groups: dict[tuple, list[Tested]] = {}
    for test in tests:
        row = test.row
        key = (
            row["quantity"], row["channel"], row["mass_gev"] is None, row["kind"], row["variant"],
        )
        groups.setdefault(key, []).append(test)
    return list(groups.values())


def _table(groups: Sequence[Sequence[Tested]], explanations: Explanations) -> str:
    """The column of the mass is left out where no line has one."""
    lines = [_line(group, explanations) for group in groups]
    columns = list(_COLUMNS)
    if not any(line["mass_gev"] for line in lines):
        columns.remove("mass_gev")
    return to_markdown(table_from_rows(lines, columns))


def _line(group: Sequence[Tested], explanations: Explanations) -> dict[str, str]:
    rows = [test.row for test in group]
    first = rows[0]
    return {
        "quantity": first["quantity"],
        "channel": first["channel"],
        "mass_gev": _masses(rows),
        "kind": first["kind"],
        "variant": first["variant"],
        "published": _range([test.number.digits for test in group]),
        "value": _range([round_significant(row["value"], 4) for row in rows]),
        "ratio": _range(["" if row["ratio"] is None else f"{row['ratio']:.3f}" for row in rows]),
        "pull": _range(["" if row["pull"] is None else f"{row['pull']:+.1f}" for row in rows]),
        "why": explanations.why(rows),
    }


def _masses(rows: Sequence[Row]) -> str:
    masses = [row["mass_gev"] for row in rows if row["mass_gev"] is not None]
    if len(masses) <= 3:
        return ", ".join(f"{mass:.3f}" for mass in masses)
    return f"{len(masses)} masses, {min(masses):.3f} to {max(masses):.3f}"


def _range(texts: Sequence[str]) -> str:
    filled = sorted((text for text in texts if text), key=float)
    if not filled:
        return ""
    return filled[0] if filled[0] == filled[-1] else f"{filled[0]} to {filled[-1]}"
