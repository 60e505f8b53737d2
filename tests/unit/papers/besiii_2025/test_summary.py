"""Summaries of comparisons: counts, listings and reasons follow from the rows, for every paper."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from lnvsearch.experiments.na62.publication.inconsistencies import inconsistencies_na62

from lnvsearch.experiments.na62.publication.comparison import comparison_for_na62, summary_for_na62
from lnvsearch.experiments.na62.publication.numbers import rounding_sigma
from lnvsearch.experiments.na62.publication.summary import REASONS
from lnvsearch.papers.besiii_2025.inconsistencies import inconsistencies_of_besiii
from lnvsearch.papers.besiii_2025.summary import reasons_of_besiii
from lnvsearch.publication.comparison import comparison_row, comparison_table, is_test
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers, read_published
from lnvsearch.publication.summary import (
    AGREEMENTS,
    Inconsistency,
    Reason,
    agreement,
    comparison_summary,
)
from lnvsearch.tables import table_rows

FOLDER = Path(__file__).parents[4] / "resources" / "published"
PAPERS = ("na62_2019", "na62_2022")
LIMIT = "upper_limit_branching_fraction"


# ------------------------------------------------------------------ the text for any paper


def number(quantity, channel, value):
    return PublishedNumber(
        quantity, channel, None, f"{value:g}", value, None, 1.0, "1", "high", f"{value:g}", "", ""
    )


@pytest.fixture
def two_channels():
    """Three published numbers of two channels, and a comparison with a row of each agreement."""
    published = PublishedNumbers(
        [number("events", "a", 10.0), number("events", "b", 20.0), number("other", "a", 30.0)]
    )
    a, b, other = published
    rows = [
        comparison_row(a, "derived", "exact", 10.4),
        comparison_row(a, "derived", "near", 11.0, 2.0),
        comparison_row(b, "simulated", "nominal", 23.0, 2.0),
        comparison_row(b, "simulated", "shifted", 30.0, 2.0, note="a note"),
        comparison_row(b, "external", "nominal", 20.0),
        comparison_row(other, "derived", "exact", 33.0),
    ]
    return comparison_table(rows, published), published


def summary_of(two_channels, **changes):
    arguments = {
        "title": "A title",
        "introduction": "An introduction.",
        "sigmas": "What sigmas are.",
        "not_tests": "and what no test is",
        "groups": {"events": "event counts"},
        "reasons": [],
        "inconsistencies": [],
    }
    return comparison_summary(*two_channels, **arguments | changes)


def lines_with(text, start):
    return [line for line in text.splitlines() if line.startswith(start)]


def test_the_callers_words_are_there(two_channels):
    text = summary_of(two_channels, remark="A remark.")
    assert text.startswith("# A title\n\nAn introduction.\n\nThe paper prints 3 numbers")
    for words in ("What sigmas are.", "not legible, and what no test is.", "\n\nA remark.\n\n"):
        assert words in text
    assert text.endswith("None is known.\n")


def test_channels_are_counted_apart(two_channels):
    counted = lines_with(summary_of(two_channels), "| derived |")[:2]
    assert counted == [
        "| derived | a | other | event counts | 2 | 1 | 1 | 0 | 0 | 0 |",
        "| derived | a | other | other numbers | 1 | 0 | 0 | 0 | 0 | 1 |",
    ]
    (line,) = lines_with(summary_of(two_channels), "| simulated | b | nominal |")
    assert line.endswith("| event counts | 1 | 0 | 0 | 1 | 0 | 0 |")


def test_what_is_listed_can_be_chosen(two_channels):
    def listed(text):
        part = text.split("## What does not agree")[1].split("## Inconsistencies")[0]
        return re.findall(r"^\| (events|other) \| (\w) \| \w+ \| (\w+)", part, re.MULTILINE)

    assert listed(summary_of(two_channels)) == [("events", "b", "shifted"), ("other", "a", "exact")]
    everything = listed(summary_of(two_channels, listed=AGREEMENTS[1:]))
    assert everything == [
        ("events", "a", "near"), ("events", "b", "nominal"), ("events", "b", "shifted"),
        ("other", "a", "exact"),
    ]  # fmt: skip
    with pytest.raises(ValueError, match="perhaps"):
        summary_of(two_channels, listed=["perhaps"])


def test_which_rows_are_tests_can_be_chosen(two_channels):
    text = summary_of(two_channels, is_test=lambda row: is_test(row) and row["channel"] == "b")
    assert "of 1 tests" in text and not lines_with(text, "| derived |")
    text = summary_of(two_channels, is_test=lambda row: False)
    assert "no number that tests a published one" in text
    assert "No test counts as one of: beyond 2 sigma, no uncertainty." in text


def test_the_first_reason_that_explains_a_row_counts(two_channels):
    trouble = Inconsistency("A trouble", "1", "2", "Evidence.")
    text = summary_of(
        two_channels,
        reasons=[
            Reason("events", "never", channel="a"),
            Reason("events", "never", kind="derived"),
            Reason("events", "never", with_mass=True),
            Reason("ev*", "because", variant="shi*", inconsistency="A trouble", known_factor=0.5),
            Reason("events", "too late"),
        ],
        inconsistencies=[Inconsistency("Another", "0", "0", ""), trouble],
    )
    (line,) = lines_with(text, "| events | b | simulated | shifted |")
    # 0.5 * 30/20
    assert line.endswith(
        "| because: inconsistency 2; with that factor taken out the ratio is 0.75, from the "
        "efficiency |"
    )
    assert "2. **A trouble.** Printed: 1. From other published numbers: 2. Evidence." in text
    (line,) = lines_with(text, "| other | a |")
    assert line.endswith("| not known |")


def test_the_note_of_a_row_can_be_the_reason(two_channels):
    for reasons in ([], [Reason("events", "another", prefer_note=True)]):
        (line,) = lines_with(summary_of(two_channels, reasons=reasons), "| events | b | simulated")
        assert line.endswith("| a note |")


def test_a_row_of_an_unknown_number_is_refused(two_channels):
    comparison, published = two_channels
    only_a = PublishedNumbers([number for number in published if number.channel == "a"])
    with pytest.raises(ValueError, match="'events', 'b'.*not published"):
        summary_of((comparison, only_a))


# ---------------------------------------------------------------------------------- BESIII


def test_every_reason_of_besiii_refers_to_an_inconsistency_that_is_listed(published, results):
    titles = {item.title for item in inconsistencies_of_besiii(published, results)}
    reasons = reasons_of_besiii(published, results)
    assert {reason.inconsistency for reason in reasons} - {""} <= titles
    (factor,) = {reason.known_factor for reason in reasons} - {None}
    assert factor == pytest.approx(2.04e-9 / 2.2357e-9)
    assert {reason.known_factor for reason in reasons_of_besiii(published)} == {None}


def test_every_reason_of_besiii_explains_a_number(published, results):
    for reason in reasons_of_besiii(published, results):
        rows = [
            comparison_row(n, kind, "nominal")
            for n in published
            for kind in ("derived", "simulated")
        ]
        assert any(reason.explains(row) for row in rows), reason


# ------------------------------------------------------------------------------------ NA62


@pytest.fixture(scope="module")
def na62():
    """{paper: (comparison, published, results)}, with limits that need no computing."""
    published = {paper: read_published(FOLDER / paper / "numbers.csv") for paper in PAPERS}
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
        made[paper] = (comparison_for_na62(published[paper], results), published[paper], results)
    return made


@pytest.mark.parametrize("paper", PAPERS)
def test_na62_summary_counts_every_test_and_lists_all_that_miss_the_printed_digits(na62, paper):
    comparison, published, results = na62[paper]
    text = summary_for_na62(comparison, published, results)
    assert text == summary_for_na62(comparison, published, results)
    tests = [row for row in table_rows(comparison) if is_test(row)]
    counts, listing = text.split("## What does not agree")
    counted = [int(line.split("|")[4]) for line in lines_with(counts, "| derived |")]
    assert sum(counted) == len(tests) > 20
    missing = [
        row
        for row in tests
        if agreement(
            row, published.find(row["quantity"], channel=row["channel"]).resolution
        ) != "printed digits"
    ]
    listed = re.findall(r"^\| (\w+) \| (\w+) \| derived \| (\w+) \|", listing, re.MULTILINE)
    assert listed == [(row["quantity"], row["channel"], row["variant"]) for row in missing]
    assert "not known" not in listing
    assert "No NA62 events are simulated" in text


@pytest.mark.parametrize("paper", PAPERS)
def test_na62_limits_have_the_uncertainties_of_rounding_and_the_summary_says_so(na62, paper):
    comparison, published, results = na62[paper]
    limits = [row for row in table_rows(comparison) if row["quantity"] == LIMIT and is_test(row)]
    for row in limits:
        number = published.find(LIMIT, channel=row["channel"])
        assert row["published_uncertainty"] == pytest.approx(number.resolution / math.sqrt(12))
    text = summary_for_na62(comparison, published, results)
    assert f"all {len(limits)} tests of limits: there both σ are rounding alone, unit/√12" in text
    table = text.split("The limits:")[1].split("##")[0]
    assert len(lines_with(table, "| p")) == len(limits)


def test_na62_limits_with_another_uncertainty_are_not_called_rounding(na62):
    comparison, published, results = na62["na62_2022"]
    rows = table_rows(comparison)
    first = next(row for row in rows if row["quantity"] == LIMIT and is_test(row))
    first["published_uncertainty"] = 2 * rounding_sigma(
        published.find(LIMIT, channel=first["channel"])
    )
    n_limits = sum(row["quantity"] == LIMIT and is_test(row) for row in rows)
    text = summary_for_na62(comparison_table(rows, published), published, results)
    assert f"Not so for {n_limits - 1} of the {n_limits} tests of limits" in text


def test_na62_reasons_refer_to_inconsistencies_that_are_listed_and_to_printed_numbers(na62):
    titles, quantities = set(), set()
    for _, published, results in na62.values():
        titles |= {item.title for item in inconsistencies_na62(published, results)}
        quantities |= {(number.quantity, number.channel) for number in published}
    for reason in REASONS:
        assert reason.inconsistency in titles | {""}
        rows = [
            {"quantity": q, "channel": c, "kind": reason.kind, "variant": "", "mass_gev": None}
            for q, c in quantities
        ]
        assert any(reason.explains(row) for row in rows), reason


def test_na62_summary_without_results_and_with_a_simulated_number(na62):
    _, published, _ = na62["na62_2019"]
    text = summary_for_na62(comparison_for_na62(published, {}), published)
    assert "2017 data" in text and "0 simulated" in text
    record = {"quantity": "mass_resolution_mev", "channel": "piee", "value": 1.6}
    comparison = comparison_for_na62(published, {"simulated_numbers": [record]})
    assert "No NA62 events are simulated" not in summary_for_na62(comparison, published)


def test_na62_summary_follows_the_numbers(na62):
    """A paper that printed another limit would disagree."""
    _, published, _ = na62["na62_2022"]
    changed = PublishedNumbers([
        replace(n, value=9e-10, digits="9.0e-10")
        if (n.quantity, n.channel) == (LIMIT, "pipi0ee") else n
        for n in published
    ])
    before, after = (
        summary_for_na62(comparison_for_na62(numbers, {}), numbers)
        for numbers in (published, changed)
    )
    start = f"| {LIMIT} | pipi0ee |"
    assert not lines_with(before, start)
    assert len(lines_with(after, start)) == 2 and "| 9.0e-10 |" in lines_with(after, start)[0]
