"""Summaries of comparisons: counts, listings and reasons follow from the rows, for every paper."""

import re

import pytest

from lnvsearch.publication.comparison import comparison_row, comparison_table
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.summary import (
    AGREEMENTS,
    Inconsistency,
    Reason,
    comparison_summary,
)


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


def test_a_comparison_without_tests_says_so(two_channels):
    _, published = two_channels
    rows = [comparison_row(number, "external", "nominal", number.value) for number in published]
    text = summary_of((comparison_table(rows, published), published))
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
