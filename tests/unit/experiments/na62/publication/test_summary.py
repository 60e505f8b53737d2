"""Summaries of NA62's comparisons: every test counted, what disagrees listed with its reason."""

import re
from dataclasses import replace

import invented_na62 as invented
import pytest

from lnvsearch.publication.comparison import is_test
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.agreement import agreement
from lnvsearch.tables import table_rows

PAPERS = invented.PAPERS
LIMIT = "upper_limit_branching_fraction"


def lines_with(text, start):
    return [line for line in text.splitlines() if line.startswith(start)]


@pytest.fixture(scope="module")
def na62():
    """{paper: (comparison, published, results)}, with limits that need no computing."""
    published = {paper: invented.published(paper) for paper in PAPERS}
    made = {}
    for paper, other in (PAPERS, PAPERS[::-1]):
        channel = "pimumu" if paper == "na62_2019" else "piee"
        printed = published[paper].value(LIMIT, channel=channel)
        records = [
            {
                "kind": "derived", "variant": "printed_sensitivity", "method": "cls",
                "prior": prior, "is_paper_method": True,
                "upper_branching_fraction": factor * printed,
            }
            for prior, factor in (("posterior-gamma", 1.005), ("lognormal", 1.03))
        ]  # fmt: skip
        results = {"limits": {channel: records}, "companion": published[other]}
        made[paper] = (invented.comparison(paper, results), published[paper], results)
    return made


@pytest.mark.parametrize("paper", PAPERS)
def test_na62_summary_counts_every_test_and_lists_all_that_miss_the_printed_digits(na62, paper):
    comparison, published, results = na62[paper]
    text = invented.summary(paper, comparison, results)
    assert text == invented.summary(paper, comparison, results)
    tests = [row for row in table_rows(comparison) if is_test(row)]
    counts, listing = text.split("## All that does not agree")
    counts = counts.split("## All tests, counted")[1]
    counted = [int(line.split("|")[4]) for line in lines_with(counts, "| derived |")]
    assert sum(counted) == len(tests) > 20
    missing = [
        row
        for row in tests
        if agreement(
            row, published.find(row["quantity"], channel=row["channel"])
        ) != "printed digits"
    ]
    listed = re.findall(r"^\| (\w+) \| (\w+) \| derived \| (\w+) \|", listing, re.MULTILINE)
    assert listed == [(row["quantity"], row["channel"], row["variant"]) for row in missing]
    assert "not known" not in listing
    assert "No NA62 events are simulated" in text


@pytest.mark.parametrize("paper", PAPERS)
def test_na62_limits_from_printed_numbers_have_rounding_and_no_pull(na62, paper):
    comparison, published, results = na62[paper]
    limits = [row for row in table_rows(comparison) if row["quantity"] == LIMIT and is_test(row)]
    assert limits
    for row in limits:
        number = published.find(LIMIT, channel=row["channel"])
        assert row["pull"] is None and row["published_uncertainty"] is None
        # That of the limit itself, and of the sensitivity or its inputs.
        assert row["rounding"] > 0.5 * number.resolution
    text = invented.summary(paper, comparison, results)
    assert "A limit from published inputs has no σ" in text
    table = text.split("The limits:")[1].split("##")[0]
    assert len(lines_with(table, "| p")) == len(limits)


def test_na62_reasons_refer_to_inconsistencies_that_are_listed_and_to_printed_numbers(na62):
    for paper, (_, published, results) in na62.items():
        titles = invented.inconsistencies(paper, results)
        for reason in invented.reasons(paper):
            assert reason.inconsistency in {*titles, ""}
            rows = [
                {"quantity": n.quantity, "channel": n.channel, "kind": kind, "mass_gev": None,
                 "variant": "nominal" if reason.variant == "*" else reason.variant.strip("*")}
                for n in published for kind in ("derived", "simulated")
            ]
            assert any(reason.explains(row) for row in rows), reason


def test_na62_summary_without_results_and_with_a_simulated_number():
    text = invented.summary("na62_2019", invented.comparison("na62_2019", {}), {})
    printed = len(invented.published("na62_2019"))
    assert "2017 data" in text
    assert f": simulated here | {printed} | 0 | 0 | 0 | 0 | 0 | 0 | 0 |" in text
    measured = {"validation": invented.measurements("na62_2019")}
    comparison = invented.comparison("na62_2019", measured)
    assert "No NA62 events are simulated" not in invented.summary("na62_2019", comparison, {})


def test_na62_summary_follows_the_numbers(na62):
    """A paper that printed another limit would disagree."""
    _, published, _ = na62["na62_2022"]
    changed = PublishedNumbers([
        replace(n, value=9e-10, digits="9.0e-10")
        if (n.quantity, n.channel) == (LIMIT, "pipi0ee") else n
        for n in published
    ])
    before, after = (
        invented.summary("na62_2022", invented.comparison("na62_2022", {}, numbers), {}, numbers)
        for numbers in (published, changed)
    )
    start = f"| {LIMIT} | pipi0ee |"
    assert not lines_with(before, start)
    # Of the two that miss it one counts for the number; all are listed below.
    worst, listed = (lines_with(part, start) for part in after.split("## All that does not agree"))
    assert len(worst) == 1 and len(listed) == 2
    assert all("| 9.0e-10 |" in line for line in (*worst, *listed))
