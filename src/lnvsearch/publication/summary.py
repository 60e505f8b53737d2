"""A comparison in words: how much agrees, what does not, and why.

`comparison_summary` writes the text for any paper.  What is particular to one (its title, what the
uncertainties mean, the reasons for disagreements) is data that `summary_besiii` and `summary_na62`
give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from lnvsearch.publication.comparison import is_test, row_key
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.rounding import round_significant
from lnvsearch.tables import Table, table_from_rows, table_rows, to_markdown

__all__ = ["AGREEMENTS", "DISAGREEMENTS", "Reason", "agreement", "comparison_summary"]

Row = Mapping[str, Any]

# From best to worst; each row that tests something falls into the first that holds.
AGREEMENTS = (
    "printed digits",
    "within 1 sigma",
    "within 2 sigma",
    "beyond 2 sigma",
    "no uncertainty",
)
#: What is listed with its reason unless the caller wants more.
DISAGREEMENTS = ("beyond 2 sigma", "no uncertainty")


@dataclass(frozen=True)
class Reason:
    """Why some rows of a comparison disagree.

    quantity, kind, variant, channel : shell patterns that a row must match (`upper_limit_*`)
    with_mass : True for rows of a mass hypothesis only, False for those without, None for both
    text : the reason; after it comes the number of the inconsistency with the title
        `inconsistency`, if that one is listed
    prefer_note : the row's own note, where it has one, is the reason and not `text`
    known_factor : published/derived, known from elsewhere: what is left of the ratio is stated too
    """

    quantity: str
    text: str
    kind: str = "*"
    variant: str = "*"
    channel: str = "*"
    with_mass: bool | None = None
    inconsistency: str = ""
    prefer_note: bool = False
    known_factor: float | None = None

    def explains(self, row: Row) -> bool:
        """Tell whether this is a reason for the row."""
        has_mass = row["mass_gev"] is not None
        return self.with_mass in (None, has_mass) and all(
            fnmatchcase(row[name], getattr(self, name))
            for name in ("quantity", "kind", "variant", "channel")
        )


def agreement(row: Row, resolution: float) -> str:
    """Return how well a test row agrees, one of `AGREEMENTS`.

    `resolution` is one unit of the last published digit, in the row's unit.
    """
    difference = abs(row["value"] - row["published"])
    # A relative hair, because a half in decimal digits is not one in binary.
    if difference <= 0.5 * resolution * (1 + 1e-9):
        return "printed digits"
    if row["pull"] is None:
        return "no uncertainty"
    if abs(row["pull"]) <= 1:
        return "within 1 sigma"
    return "within 2 sigma" if abs(row["pull"]) <= 2 else "beyond 2 sigma"


def comparison_summary(
    comparison: Table,
    published: PublishedNumbers,
    *,
    title: str,
    introduction: str,
    sigmas: str,
    not_tests: str,
    groups: Mapping[str, str],
    reasons: Sequence[Reason],
    inconsistencies: Sequence[Inconsistency],
    remark: str = "",
    listed: Sequence[str] = DISAGREEMENTS,
) -> str:
    """Return the summary of a comparison as Markdown, made from the numbers alone.

    title, introduction : heading without its `#`, and what is said below it
    sigmas : what the two uncertainties of a pull are in this comparison
    not_tests : what, beside the general cases, tests nothing ("the efficiency to which ...")
    groups : {beginning of a quantity's name: heading}, how the counts are grouped
    reasons : why rows disagree; the first that explains a row counts
    inconsistencies : those of the paper, the weightiest first
    remark : a paragraph after the counts
    listed : the agreements whose rows are listed with their reasons, of `AGREEMENTS`

    Raises ValueError if `listed` names an unknown agreement or a row a number not in `published`.
    """
    unknown = [name for name in listed if name not in AGREEMENTS]
    if unknown:
        raise ValueError(f"listed holds {unknown}; each must be one of {AGREEMENTS}")
    rows = table_rows(comparison)
    tests = [_Test(row, _number(published, row)) for row in rows if is_test(row)]
    parts = [
        f"# {title}",
        introduction,
        _coverage(rows, published),
        "## How much agrees",
        _rules(sigmas, not_tests),
        _counts(tests, published, groups),
        remark,
        "## What does not agree, and why",
        _disagreements(tests, published, listed, reasons, inconsistencies),
        "## Inconsistencies of the published numbers",
        _inconsistencies(inconsistencies),
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


class _Test:
    """A row that tests something, the number that it tests, and how well the two agree."""

    def __init__(self, row: Row, number: PublishedNumber):
        self.row = row
        self.number = number
        self.agreement = agreement(row, number.resolution)


def _number(published: PublishedNumbers, row: Row) -> PublishedNumber:
    number = published.find(row["quantity"], row["mass_gev"], channel=row["channel"])
    if number is None:
        raise ValueError(f"the comparison has a row for {row_key(row)}, which is not published")
    return number


def _coverage(rows: Sequence[Row], published: PublishedNumbers) -> str:
    kinds = {
        kind: len({row_key(row) for row in rows if row["kind"] == kind})
        for kind in ("derived", "simulated", "external", "not_simulated")
    }
    illegible = sum(not number.legible for number in published)
    reading = "All are legible in the text that was read."
    if illegible:
        reading = f"{illegible} are not legible in the text that was read, and test nothing."
    return (
        f"The paper prints {len(published)} numbers; each has at least one of the {len(rows)} rows "
        f"of the comparison. {kinds['derived']} are derived from other published numbers, "
        f"{kinds['simulated']} simulated, {kinds['external']} entered as published, "
        f"{kinds['not_simulated']} neither (a number may be more than one of these). {reading}"
    )


def _rules(sigmas: str, not_tests: str) -> str:
    return (
        "How a row counts, the first that holds:\n\n"
        "1. **printed digits**: the value, rounded to the last digit that the paper prints, is the "
        "published one (the difference is at most half a unit of that digit).\n"
        "2. **within 1 sigma**, **within 2 sigma**, **beyond 2 sigma**: the pull, "
        "(value − published)/√(σ² published + σ² value), is at most 1, at most 2, or larger. "
        f"{sigmas}\n"
        "3. **no uncertainty**: other digits, and neither side states an uncertainty.\n\n"
        "No test at all: numbers entered as published (`external`), numbers without a value "
        f"(`not_simulated`), cells of the paper that are not legible, {not_tests}."
    )


def _counts(
    tests: Sequence[_Test], published: PublishedNumbers, groups: Mapping[str, str]
) -> str:
    if not tests:
        return "This run made no number that tests a published one."
    counts: dict[tuple[str, ...], dict[str, int]] = {}
    for test in tests:
        row = test.row
        variant = row["variant"] if row["variant"] in ("nominal", "uncalibrated") else "other"
        group = (row["kind"], row["channel"], variant, _quantity_group(row, published, groups))
        counts.setdefault(group, dict.fromkeys(AGREEMENTS, 0))[test.agreement] += 1
    sentences = [
        _count_sentence(label, [found for group, found in counts.items() if belongs(group)])
        for label, belongs in (
            ("Derived from published inputs", lambda group: group[0] == "derived"),
            (
                "Simulated, nominal",
                lambda group: group[0] == "simulated" and group[2] == "nominal",
            ),
            (
                "Simulated, uncalibrated and other variants",
                lambda group: group[0] == "simulated" and group[2] != "nominal",
            ),
        )
    ]
    names = ("kind", "channel", "variant", "quantity")
    columns = [*names, "tests", *AGREEMENTS]
    if len(published.channels()) == 1:
        columns.remove("channel")
    if len({variant for _, _, variant, _ in counts}) == 1:
        columns.remove("variant")
    listed = [
        dict(zip(names, group, strict=True)) | {"tests": sum(found.values())} | found
        for group, found in counts.items()
    ]
    table = to_markdown(table_from_rows(listed, columns))
    return "\n".join(filter(None, sentences)) + "\n\n" + table


def _quantity_group(row: Row, published: PublishedNumbers, groups: Mapping[str, str]) -> str:
    names = (name for start, name in groups.items() if row["quantity"].startswith(start))
    name = next(names, None)
    if name is None:
        return "other numbers"
    if not published.masses_gev():
        return name
    return f"{name}, {'overall' if row['mass_gev'] is None else 'mass scan'}"


def _count_sentence(label: str, found: Sequence[Mapping[str, int]]) -> str:
    totals = {name: sum(counts[name] for counts in found) for name in AGREEMENTS}
    n_tests = sum(totals.values())
    if not n_tests:
        return ""
    return (
        f"- {label}: of {n_tests} tests, {totals['printed digits']} agree at the printed digits, "
        f"{totals['within 1 sigma']} more within one and {totals['within 2 sigma']} more within "
        f"two standard deviations; {totals['beyond 2 sigma']} are beyond two, and "
        f"{totals['no uncertainty']} differ without a stated uncertainty."
    )


def _disagreements(
    tests: Sequence[_Test],
    published: PublishedNumbers,
    listed: Sequence[str],
    reasons: Sequence[Reason],
    inconsistencies: Sequence[Inconsistency],
) -> str:
    """List what disagrees: one line a number; all masses of one quantity and variant share one."""
    classes = ", ".join(listed)
    groups: dict[tuple, list[_Test]] = {}
    for test in tests:
        if test.agreement in listed:
            row = test.row
            key = (
                row["quantity"], row["channel"], row["mass_gev"] is None, row["kind"],
                row["variant"],
            )
            groups.setdefault(key, []).append(test)
    if not groups:
        return f"No test counts as one of: {classes}."
    columns = [
        "quantity", "channel", "mass_gev", "kind", "variant", "published", "value", "ratio",
        "pull", "why",
    ]
    if len(published.channels()) == 1:
        columns.remove("channel")
    scanned = bool(published.masses_gev())
    if not scanned:
        columns.remove("mass_gev")
    lines = [_disagreement(group, reasons, inconsistencies) for group in groups.values()]
    text = f"Listed are the tests that count as: {classes}."
    if scanned:
        text += (
            " Values at several masses are given as smallest to largest; each is a row of the "
            "comparison table."
        )
    return text + "\n\n" + to_markdown(table_from_rows(lines, columns))


def _disagreement(
    group: Sequence[_Test], reasons: Sequence[Reason], inconsistencies: Sequence[Inconsistency]
) -> dict[str, str]:
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
        "why": _why(rows, reasons, inconsistencies),
    }


def _why(
    rows: Sequence[Row], reasons: Sequence[Reason], inconsistencies: Sequence[Inconsistency]
) -> str:
    """Say why rows of one quantity, kind and variant disagree, as far as it is known."""
    row = rows[0]
    note = row["note"] or ""
    reason = next((reason for reason in reasons if reason.explains(row)), None)
    if reason is None:
        return note or "not known"
    if reason.prefer_note and note:
        return note
    text = reason.text
    titles = [item.title for item in inconsistencies]
    if reason.inconsistency in titles:
        text += f": inconsistency {titles.index(reason.inconsistency) + 1}"
    if reason.known_factor is not None:
        rest = _range([f"{reason.known_factor * row['ratio']:.2f}" for row in rows if row["ratio"]])
        text += f"; with that factor taken out the ratio is {rest}, from the efficiency"
    return text


def _inconsistencies(inconsistencies: Sequence[Inconsistency]) -> str:
    return "\n".join(
        f"{index}. **{item.title}.** Printed: {item.printed}. From other published numbers: "
        f"{item.computed}. {item.evidence}"
        for index, item in enumerate(inconsistencies, start=1)
    ) or "None is known."


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


@dataclass(frozen=True)
class Inconsistency:
    """One place where the paper's numbers do not fit each other.

    `printed` is what stands in the paper, `computed` what follows from its other numbers, and
    `evidence` how.
    """

    title: str
    printed: str
    computed: str
    evidence: str
