"""Table of the numbers that disagree with a paper, with reasons: all of them, or the worst."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lnvsearch.publication.agreement import BOUNDED, DISAGREEMENTS, Row, Tested
from lnvsearch.publication.inconsistencies import Inconsistency
from lnvsearch.publication.reasons import Reason
from lnvsearch.publication.rounding import pdg_round_pair, round_significant, with_uncertainty
from lnvsearch.tables import table_from_rows, to_markdown

__all__ = ["Explanations", "disagreements_table", "worst_text"]

_COLUMNS = (
    "quantity", "channel", "mass_gev", "kind", "variant", "published", "value", "ratio", "pull",
    "why",
)


# A bound of less than this share of the value beside it does not change what is said of the ratio.
_NEGLIGIBLE = 0.005


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

    def reason(self, row: Row) -> Reason | None:
        """Return the reason that counts for a row, if there is one."""
        return next((reason for reason in self.reasons if reason.explains(row)), None)

    def inconsistency(self, row: Row) -> int | None:
        """Return the number, from 1 on, of the paper's inconsistency behind a row, if it is one."""
        reason = self.reason(row)
        titles = [item.title for item in self.inconsistencies]
        if reason is None or reason.inconsistency not in titles:
            return None
        return titles.index(reason.inconsistency) + 1

    def factor(self, test: Tested) -> float:
        """Return how far a test is off, without the factor that is known."""
        reason = self.reason(test.row)
        if reason is None or not reason.known_factor or self.known_factor is None:
            return test.factor()
        return test.factor(self.known_factor)

    def why(self, rows: Sequence[Row]) -> str:
        """Say why rows of one quantity, kind and variant disagree, as far as it is known."""
        row = rows[0]
        note = row["note"] or ""
        reason = self.reason(row)
        if reason is None:
            return note or "not known"
        if reason.note_first and note:
            return note
        text, number = reason.text, self.inconsistency(row)
        if number is not None:
            text += f": inconsistency {number}"
        if reason.known_factor and self.known_factor is not None:
            rest = _range(
                [f"{self.known_factor * row['ratio']:.2f}" for row in rows if row["ratio"]]
            )
            text += f"; with that factor taken out the ratio is {rest}, from the efficiency"
        return text


def disagreements_table(tests: Iterable[Tested], explanations: Explanations) -> str:
    """Return the tests with their reasons; all masses of one quantity and variant share a line."""
    return _table(_grouped(tests), explanations)


def worst_text(tests: Iterable[Tested], explanations: Explanations, number: int) -> str:
    """Return the `number` worst lines of what does not agree, and what is only bounded.

    The largest factor comes first: of a line, that of the mass where it is largest, without what is
    known (`Explanations.known_factor`).  A derived number that disagrees because the paper contradicts
    itself has no line: its inconsistency says so.  Bounds that the published number exceeds are among
    the worst; the others leave open whether they agree, and follow in a table of their own, those
    that leave most open first.
    """
    wrong: list[Tested] = []
    contradicted: list[Tested] = []
    bounded: list[Tested] = []
    for test in tests:
        if test.agreement == BOUNDED:
            bounded.append(test)
        elif test.agreement in DISAGREEMENTS:
            own = test.row["kind"] == "derived" and explanations.inconsistency(test.row)
            (contradicted if own else wrong).append(test)
    parts = ["Nothing that is tested disagrees." if not contradicted else ""]
    if wrong:
        groups = sorted(_grouped(wrong), key=lambda group: -max(map(explanations.factor, group)))
        parts = [_table(groups[:number], explanations)]
    if contradicted:
        found = sorted({explanations.inconsistency(test.row) for test in contradicted})
        parts.append(
            "Not listed are derived numbers that disagree because the paper's own numbers do: "
            f"{len(contradicted)} (inconsistency {', '.join(map(str, found))} below)."
        )
    if bounded:
        groups = sorted(_grouped(bounded), key=lambda group: -max(map(_open_factor, group)))
        parts += [
            "Only bounded, at 90 % confidence level, because decays have no simulated event left: "
            "whether these agree is open.",
            _table(groups[:number], explanations),
        ]
    return "\n\n".join(part.strip() for part in parts if part)


def _open_factor(test: Tested) -> float:
    published = test.row["published"]
    return test.ends[1] / published if published else math.inf


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
        "value": _values([row for row in rows if row["value"] is not None]),
        "ratio": _range(["" if row["ratio"] is None else f"{row['ratio']:.3f}" for row in rows]),
        "pull": _range(["" if row["pull"] is None else f"{row['pull']:+.1f}" for row in rows]),
        "why": explanations.why(rows),
    } | (_bounded_cells(group[0]) if len(group) == 1 else {})


def _bounded_cells(test: Tested) -> dict[str, str]:
    """Return value and ratio of a number that is bounded, or that leaves out what is only bounded."""
    row = test.row
    if row["upper_bound"] is None:
        return {}
    high = test.ends[1]
    cells = {"value": f"< {round_significant(row['upper_bound'], 2)}"}
    if row["value"] is not None:
        cells["value"] = f"{_values([row])} and {cells['value']}"
    if row["published"]:
        end = round_significant(high / row["published"], 3)
        if row["ratio"] is None:
            cells["ratio"] = f"< {end}"
        elif row["upper_bound"] > _NEGLIGIBLE * row["value"]:
            cells["ratio"] = f"{row['ratio']:.3f} to {end}"
    return cells


def _masses(rows: Sequence[Row]) -> str:
    masses = [row["mass_gev"] for row in rows if row["mass_gev"] is not None]
    if len(masses) <= 3:
        return ", ".join(f"{mass:.3f}" for mass in masses)
    return f"{len(masses)} masses, {min(masses):.3f} to {max(masses):.3f}"


def _values(rows: Sequence[Row]) -> str:
    """A value with its uncertainty, or the range of several; the uncertainties decide the digits."""
    if len(rows) == 1:
        return with_uncertainty(rows[0]["value"], rows[0]["uncertainty"])
    return _range([
        pdg_round_pair(row["value"], row["uncertainty"])[0] if row["uncertainty"]
        else round_significant(row["value"], 4)
        for row in rows
    ])


def _range(texts: Sequence[str]) -> str:
    filled = sorted((text for text in texts if text), key=float)
    if not filled:
        return ""
    return filled[0] if filled[0] == filled[-1] else f"{filled[0]} to {filled[-1]}"
