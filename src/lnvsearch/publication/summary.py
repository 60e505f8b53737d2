"""A comparison in words: the answer, what is inconsistent in the paper, and then the tables.

`comparison_summary` makes it for any paper.  What is particular to one (its title, what the
uncertainties mean, the reasons for disagreements) is given.  `joined` makes one text of several.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lnvsearch.publication.agreement import (
    AGREEMENTS,
    BOUNDED,
    DISAGREEMENTS,
    Row,
    Tested,
    numbers_tested,
    tests_of,
)
from lnvsearch.publication.comparison import EXPLANATIONS
from lnvsearch.publication.disagreements import Explanations, disagreements_table, worst_text
from lnvsearch.publication.inconsistencies import inconsistencies_text
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table, table_from_rows, table_rows, to_markdown

__all__ = ["Summary", "comparison_summary", "joined"]

_AGREE = tuple(name for name in AGREEMENTS if name not in (*DISAGREEMENTS, BOUNDED))
_ANSWER = ("paper", "numbers", "tested", *_AGREE, BOUNDED, "not")
_N_WORST = 10
_HOW = {"derived": "derived from its other numbers", "simulated": "simulated here"}
_READ = """\
All simulated numbers come from this project's fast simulation, not from a collaboration's software or
data.  A number is *derived* where it follows from other numbers of its paper by arithmetic or by the paper's
limit method, *simulated* where this project's own events give it; some are both.  It counts once in
each, in the first column that holds: **printed digits** (the difference is at most half a unit of
the last printed digit; a printed bound holds), **rounded inputs** (of a derived number: the printed
digits of what it follows from leave room for the difference), **within 1 sigma** or **2 sigma** of
the uncertainties of both sides, or **not**.  Rounding is no standard deviation and makes no pull: where
the paper states no uncertainty, a number is within so many sigma if so many of this project's own
reach the printed digits, and otherwise *beyond printed digits*, of which the ratio says how far.
**Bounded only**: decays without a simulated event left might make the difference, or hide one.  What
follows from the size of a simulated sample tests nothing.  The variant `nominal` counts; a derived
number that has none counts with the variant that agrees least.  A simulated number that agrees only
under a hypothesis does not count as agreeing."""
_WORST = (
    "The lines of what does not agree, by the factor between the value and the nearest number with the "
    f"printed digits, at most {_N_WORST}; all masses of a scan share a line. The pull is empty where the "
    "paper states no uncertainty."
)


@dataclass(frozen=True)
class Summary:
    """The parts of the text about one paper, as Markdown; `counts`: lines of the answer's table."""

    title: str
    introduction: str
    counts: list[dict[str, Any]]
    untested: str
    worst: str
    inconsistencies: str
    details: str

    def text(self) -> str:
        """Return the text of the paper alone."""
        return _sections([
            f"# {self.title}", self.introduction,
            "## The answer", _counted(self.counts), self.untested, _READ,
            "## What disagrees most, and why", _WORST, self.worst,
            "## Inconsistencies of the published numbers", self.inconsistencies,
            self.details,
            "## Columns of comparison.csv", _columns(),
        ])

    def parts(self) -> dict[str, Any]:
        """Return the parts as plain values, which `joined` takes."""
        return asdict(self)


def joined(papers: Iterable[Mapping[str, Any]]) -> str:
    """Return one text about several papers from the `parts` of each: the answer of all comes first."""
    summaries = [Summary(**parts) for parts in papers]
    counts = [line for summary in summaries for line in summary.counts]
    chapters = ["# What agrees with the papers", _counted(counts), _READ]
    chapters += [f"**{summary.title}.** {summary.untested}" for summary in summaries]
    chapters += ["## What disagrees most, and why", _WORST]
    for summary in summaries:
        chapters += [f"### {summary.title}", summary.worst]
    chapters.append("## Inconsistencies of the published numbers")
    for summary in summaries:
        chapters += [f"### {summary.title}", summary.inconsistencies]
    for summary in summaries:
        chapters += [
            f"# {summary.title}: all tests", summary.introduction, summary.details,
        ]
    return _sections([*chapters, "# Columns of comparison.csv", _columns()])


def comparison_summary(
    comparison: Table,
    published: PublishedNumbers,
    *,
    title: str,
    introduction: str,
    sigmas: str,
    not_tests: str,
    groups: Mapping[str, str],
    explanations: Explanations,
    explained: str = "",
    remark: str = "",
    listed: Sequence[str] = DISAGREEMENTS,
) -> Summary:
    """Return the summary of a comparison, made from the numbers alone.

    title, introduction : of the paper, and what is said of the comparison as a whole
    sigmas : what the two uncertainties of a pull are in this comparison
    not_tests : what, beside the general cases, tests nothing ("and the efficiency to which ...")
    groups : {beginning of a quantity's name: heading}, how the counts are grouped
    explanations : why rows disagree, and the paper's inconsistencies
    explained : paragraphs after the worst disagreements
    remark : paragraphs after the counts
    listed : the agreements whose rows are listed with their reasons, of `AGREEMENTS`

    Raises ValueError if `listed` names an unknown agreement or a row a number not in `published`.
    """
    unknown = [name for name in listed if name not in AGREEMENTS]
    if unknown:
        raise ValueError(f"listed holds {unknown}; each must be one of {AGREEMENTS}")
    rows = table_rows(comparison)
    tests = tests_of(comparison, published)
    chosen = {kind: numbers_tested(tests, kind) for kind in _HOW}
    return Summary(
        title=title,
        introduction=introduction,
        counts=_answer(title, chosen, published),
        untested=_untested(rows, chosen, published),
        worst=_sections([
            worst_text((t for found in chosen.values() for t in found), explanations, _N_WORST),
            explained,
        ]).rstrip(),
        inconsistencies=inconsistencies_text(explanations.inconsistencies),
        details=_sections([
            "## All tests, counted", _rules(sigmas, not_tests), _counts(tests, published, groups),
            remark,
            "## All that does not agree, and why", _disagreements(tests, listed, explanations),
        ]).rstrip(),
    )


def _sections(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _answer(
    title: str, chosen: Mapping[str, Sequence[Tested]], published: PublishedNumbers
) -> list[dict[str, Any]]:
    """How many numbers are tested in each of the two ways, and how well they agree."""
    lines = []
    for kind, tests in chosen.items():
        found = [test.agreement for test in tests]
        lines.append({
            "paper": f"{title}: {_HOW[kind]}",
            "numbers": len(published),
            "tested": len(found),
            **{name: found.count(name) for name in (*_AGREE, BOUNDED)},
            "not": sum(map(found.count, DISAGREEMENTS)),
        })
    return lines


def _counted(counts: Sequence[Mapping[str, Any]]) -> str:
    return to_markdown(table_from_rows(counts, _ANSWER), {"numbers": "numbers in the paper"})


def _untested(
    rows: Sequence[Row], chosen: Mapping[str, Sequence[Tested]], published: PublishedNumbers
) -> str:
    """How many numbers are not tested, each counted with the first reason that holds."""
    tested = {test.number.key for found in chosen.values() for test in found}
    kinds: dict[tuple, set[str]] = {}
    for row in rows:
        key = (row["quantity"], row["channel"], row["mass_gev"])
        kinds.setdefault(key, set()).add(row["kind"])
    counts = {"illegible": 0, "external": 0, "not_simulated": 0, "no_test": 0}
    for number in published:
        if number.key in tested:
            continue
        found = kinds.get(number.key, set())
        if not number.legible:
            counts["illegible"] += 1
        elif found & {"derived", "simulated"}:
            counts["no_test"] += 1
        else:
            counts["external" if "external" in found else "not_simulated"] += 1
    return (
        f"The paper prints {len(published)} numbers; each has a row at least among the {len(rows)} "
        f"of the comparison, and {len(tested)} are tested. Of the others {counts['external']} are "
        f"entered as published (`external`), {counts['illegible']} are not legible in the text that "
        f"was read, {counts['not_simulated']} have no value here (`not_simulated`, with the reason), "
        f"and {counts['no_test']} have one that tests nothing, as the row's note says."
    )


def _columns() -> str:
    return to_markdown(table_from_rows(
        [{"column": f"`{name}`", "what it is": text} for name, text in EXPLANATIONS.items()],
        ("column", "what it is"),
    ))


def _rules(sigmas: str, not_tests: str) -> str:
    return (
        "Here every row counts, all variants among them. The pull is "
        "(value − published)/√(σ² published + σ² value), where the paper states an uncertainty. "
        f"{sigmas}\n\n"
        "No test at all: numbers entered as published (`external`), numbers without a value "
        f"(`not_simulated`), cells of the paper that are not legible, {not_tests}."
    )


def _counts(
    tests: Sequence[Tested], published: PublishedNumbers, groups: Mapping[str, str]
) -> str:
    if not tests:
        return "This run made no number that tests a published one."
    counts: dict[tuple[str, ...], dict[str, int]] = {}
    for test in tests:
        row = test.row
        variant = row["variant"] if row["variant"] in ("nominal", "uncalibrated") else "other"
        group = (row["kind"], row["channel"], variant, _quantity_group(row, published, groups))
        counts.setdefault(group, dict.fromkeys(AGREEMENTS, 0))[test.agreement] += 1
    names = ("kind", "channel", "variant", "quantity")
    columns = [*names, "tests", *AGREEMENTS]
    if len(published.channels()) == 1:
        columns.remove("channel")
    if len({variant for _, _, variant, _ in counts}) == 1:
        columns.remove("variant")
    listed = [
        {**dict(zip(names, group, strict=True)), "tests": sum(found.values()), **found}
        for group, found in counts.items()
    ]
    return to_markdown(table_from_rows(listed, columns))


def _quantity_group(row: Row, published: PublishedNumbers, groups: Mapping[str, str]) -> str:
    names = (name for start, name in groups.items() if row["quantity"].startswith(start))
    name = next(names, None)
    if name is None:
        return "other numbers"
    if not published.masses_gev():
        return name
    return f"{name}, {'overall' if row['mass_gev'] is None else 'mass scan'}"


def _disagreements(
    tests: Sequence[Tested], listed: Sequence[str], explanations: Explanations
) -> str:
    classes = ", ".join(listed)
    found = [test for test in tests if test.agreement in listed]
    if not found:
        return f"No test counts as one of: {classes}."
    text = f"Listed are the tests that count as: {classes}."
    if any(test.row["mass_gev"] is not None for test in found):
        text += (
            " Values at several masses are given as smallest to largest; each is a row of the "
            "comparison table."
        )
    return text + "\n\n" + disagreements_table(found, explanations)
