"""Summaries of comparisons: counts, listings and reasons follow from the rows, for every paper."""

import re

import pytest

from lnvsearch.publication.comparison import comparison_row, comparison_table
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.agreement import AGREEMENTS, BOUNDED, agreement, agreement_of
from lnvsearch.publication.disagreements import Explanations
from lnvsearch.publication.inconsistencies import Inconsistency
from lnvsearch.publication.reasons import COLUMNS, Reason, read_reasons
from lnvsearch.publication.summary import comparison_summary, joined


def number(quantity, channel, value, uncertainty=None, note=""):
    return PublishedNumber(
        quantity, channel, None, f"{value:g}", value, uncertainty, 1.0, "1", "high", f"{value:g}",
        "", note,
    )


@pytest.fixture
def two_channels():
    """Three published numbers of two channels, and a comparison with a row of each agreement."""
    published = PublishedNumbers(
        [
            number("events", "a", 10.0, 0.1), number("events", "b", 20.0, 0.1),
            number("other", "a", 30.0),
        ]
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
        "explanations": Explanations(
            changes.pop("reasons", []), changes.pop("inconsistencies", []),
            changes.pop("known_factor", None),
        ),
    }
    return comparison_summary(*two_channels, **arguments | changes).text()


def lines_with(text, start):
    return [line for line in text.splitlines() if line.startswith(start)]


def test_the_callers_words_are_there(two_channels):
    text = summary_of(two_channels, remark="A remark.")
    assert text.startswith("# A title\n\nAn introduction.\n\n## The answer\n\n| paper |")
    assert "The paper prints 3 numbers" in text
    for words in ("What sigmas are.", "not legible, and what no test is.", "\n\nA remark.\n\n"):
        assert words in text
    assert "## Inconsistencies of the published numbers\n\nNone is known.\n" in text


def test_channels_are_counted_apart(two_channels):
    counted = lines_with(summary_of(two_channels), "| derived |")[:2]
    assert counted == [
        "| derived | a | other | event counts | 2 | 1 | 0 | 1 | 0 | 0 | 0 | 0 |",
        "| derived | a | other | other numbers | 1 | 0 | 0 | 0 | 0 | 0 | 0 | 1 |",
    ]
    (line,) = lines_with(summary_of(two_channels), "| simulated | b | nominal |")
    assert line.endswith("| event counts | 1 | 0 | 0 | 0 | 1 | 0 | 0 | 0 |")


def test_what_is_listed_can_be_chosen(two_channels):
    def listed(text):
        part = text.split("## All that does not agree")[1].split("## Columns")[0]
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
    assert "No test counts as one of: beyond 2 sigma, beyond printed digits." in text


def test_the_first_reason_that_explains_a_row_counts(two_channels):
    trouble = Inconsistency("A trouble", "1", "2", "Evidence.")
    text = summary_of(
        two_channels,
        reasons=[
            Reason("events", "never", channel="a"),
            Reason("events", "never", kind="derived"),
            Reason("events", "never", with_mass=True),
            Reason("ev*", "because", variant="shi*", inconsistency="A trouble", known_factor=True),
            Reason("events", "too late"),
        ],
        inconsistencies=[Inconsistency("Another", "0", "0", ""), trouble],
        known_factor=0.5,
    )
    line = lines_with(text, "| events | b | simulated | shifted |")[-1]
    # 0.5 * 30/20
    assert line.endswith(
        "| because: inconsistency 2; with that factor taken out the ratio is 0.75, from the "
        "efficiency |"
    )
    assert "2. **A trouble.** Printed: 1. From other published numbers: 2. Evidence." in text
    line = lines_with(text, "| other | a |")[-1]
    assert line.endswith("| not known |")


def test_the_note_of_a_row_can_be_the_reason(two_channels):
    for reasons in ([], [Reason("events", "another", note_first=True)]):
        (line,) = lines_with(summary_of(two_channels, reasons=reasons), "| events | b | simulated")
        assert line.endswith("| a note |")


def test_a_row_of_an_unknown_number_is_refused(two_channels):
    comparison, published = two_channels
    only_a = PublishedNumbers([number for number in published if number.channel == "a"])
    with pytest.raises(ValueError, match="'events', 'b'.*not published"):
        summary_of((comparison, only_a))


def test_the_answer_counts_each_number_once_and_a_hypothesis_not_at_all(two_channels):
    text = summary_of(two_channels)
    lines = lines_with(text, "| A title: ")
    # Of a, both variants of which are derived, the one that agrees least counts; `shifted` does not.
    assert lines == [
        "| A title: derived from its other numbers | 3 | 2 | 0 | 0 | 1 | 0 | 0 | 1 |",
        "| A title: simulated here | 3 | 1 | 0 | 0 | 0 | 1 | 0 | 0 |",
    ]
    assert "the 6 of the comparison, and 3 are tested" in text


def test_the_answer_comes_before_the_inconsistencies_and_these_before_the_tables(two_channels):
    headings = lines_with(summary_of(two_channels), "## ")
    assert [heading[3:15] for heading in headings] == [
        "The answer", "What disagre", "Inconsistenc", "All tests, c", "All that doe", "Columns of c",
    ]


def test_the_worst_have_the_largest_factors_and_agreeing_ones_are_no_worst():
    numbers = [number(f"n{i}", "a", 100.0) for i in range(14)]
    published = PublishedNumbers(numbers)
    rows = [
        comparison_row(n, "derived", "nominal", 100.0 * 1.5 ** (i - 6), 1.0, note=f"note {i}")
        for i, n in enumerate(numbers)
    ]
    text = summary_of((comparison_table(rows, published), published))
    worst = text.split("## What disagrees most")[1].split("## Incons")[0]
    listed = re.findall(r"^\| (n\d+) \|.*\| (note \d+) \|$", worst, re.MULTILINE)
    assert [name for name, _ in listed] == [
        "n13", "n12", "n0", "n11", "n1", "n10", "n2", "n9", "n3", "n8"
    ]
    assert all(name[1:] == note[5:] for name, note in listed)
    assert "| n6 |" not in text


def worst_of(rows, published, **explained):
    text = summary_of((comparison_table(rows, published), published), **explained)
    return text.split("## What disagrees most")[1].split("## Incons")[0]


def test_rounding_makes_no_pull_and_the_worst_are_counted_from_the_printed_digits():
    """500 is printed, 499.5 to 500.5 reads so; 1 reads 0.5 to 1.5, which 2 is near."""
    published = PublishedNumbers([number("large", "a", 500.0), number("small", "a", 1.0)])
    rows = [
        comparison_row(published[0], "simulated", "nominal", 700.0, 0.1),
        comparison_row(published[1], "simulated", "nominal", 2.0, 0.1),
    ]
    assert [(row["pull"], row["rounding"]) for row in rows] == [(None, 0.5), (None, 0.5)]
    worst = worst_of(rows, published)
    assert re.findall(r"^\| (large|small) ", worst, re.MULTILINE) == ["large", "small"]
    assert "| 700.00 ± 0.10 | 1.400 |  |" in worst


@pytest.mark.parametrize(
    ("value", "sigma", "stated", "rounding", "expected"),
    [
        (10.5, None, None, 0.5, "printed digits"),
        (10.6, 0.1, None, 0.5, "within 1 sigma"),
        (10.7, 0.1, None, 0.5, "within 2 sigma"),
        (10.8, 0.1, None, 0.5, "beyond printed digits"),
        (10.6, None, None, 0.5, "beyond printed digits"),
        (10.9, None, None, 0.9, "rounded inputs"),
        (11.0, 0.1, 1.0, 0.5, "within 1 sigma"),
        (13.0, 0.1, 1.0, 0.5, "beyond 2 sigma"),
    ],
)
def test_a_value_reaches_the_printed_digits_with_its_own_uncertainty(
    value, sigma, stated, rounding, expected
):
    assert agreement_of(value, 10.0, sigma, stated, 0.5, rounding) == expected


@pytest.mark.parametrize(
    ("note", "value", "expected"),
    [
        ("upper bound", 0.2, "printed digits"), ("upper bound; more", 1.1, "rounded inputs"),
        ("upper bound", 1.3, "beyond printed digits"), ("lower bound", 1.3, "printed digits"),
        ("lower bound", 0.2, "beyond printed digits"),
    ],
)
def test_a_printed_bound_holds_or_not(note, value, expected):
    bound = number("events", "a", 1.0, note=note)
    row = comparison_row(bound, "derived", "nominal", value, input_rounding=0.2)
    assert agreement(row, bound) == expected


@pytest.mark.parametrize(
    ("value", "upper_bound", "expected"),
    [
        (None, 30.0, BOUNDED),  # may agree
        (None, 5.0, "beyond 2 sigma"),  # cannot
        (11.0, 0.1, "within 1 sigma"),  # with or without what is left out
        (2.0, 30.0, BOUNDED),  # what is left out may make up for it
        (2.0, 0.1, "beyond 2 sigma"),
        (20.0, 30.0, "beyond 2 sigma"),  # more only makes it worse
        (11.0, 30.0, BOUNDED),  # agrees only without what is left out
    ],
)
def test_what_a_simulated_bound_says_of_a_number(value, upper_bound, expected):
    printed = number("events", "a", 10.0, 2.0)
    sigma = None if value is None else 0.1
    row = comparison_row(printed, "simulated", "nominal", value, sigma, upper_bound=upper_bound)
    assert agreement(row, printed) == expected


def test_bounds_stand_among_the_worst_or_say_that_they_leave_it_open():
    published = PublishedNumbers([
        number("too_small", "a", 100.0, 1.0), number("open", "a", 100.0, 1.0),
        number("half_open", "a", 100.0, 1.0), number("wrong", "a", 100.0, 1.0),
    ])
    rows = [
        comparison_row(published[0], "simulated", "nominal", upper_bound=10.0),
        comparison_row(published[1], "simulated", "nominal", upper_bound=900.0),
        comparison_row(published[2], "simulated", "nominal", 20.0, 1.0, upper_bound=300.0),
        comparison_row(published[3], "simulated", "nominal", 200.0, 1.0, upper_bound=1e-3),
    ]
    worst, bounded = worst_of(rows, published).split("Only bounded")
    assert re.findall(r"^\| (\w+) \| a", worst, re.MULTILINE) == ["too_small", "wrong"]
    assert "| < 10 | < 0.100 |  |" in worst and "| 200.0 ± 1.0 and < 0.0010 | 2.000 |" in worst
    assert re.findall(r"^\| (\w+) \| a", bounded, re.MULTILINE) == ["open", "half_open"]
    assert "| < 900 | < 9.00 |  |" in bounded
    assert "| 20.0 ± 1.0 and < 300 | 0.200 to 3.20 | -56.6 |" in bounded


def test_what_the_paper_contradicts_itself_is_no_disagreement_of_this_projects():
    published = PublishedNumbers([number("limit", "a", 100.0), number("other", "a", 100.0)])
    reasons = [Reason("limit", "its own inputs", inconsistency="A trouble", known_factor=True)]
    rows = [
        comparison_row(published[0], "derived", "nominal", 200.0),
        comparison_row(published[0], "simulated", "nominal", 210.0),
        comparison_row(published[1], "simulated", "nominal", 130.0),
    ]
    worst = worst_of(
        rows, published, reasons=reasons, known_factor=0.5,
        inconsistencies=[Inconsistency("A trouble", "1", "2", "")],
    )
    # The simulated limit is off by 1.05 without the factor that is known.
    assert re.findall(r"^\| (\w+) \| a \| (\w+)", worst, re.MULTILINE) == [
        ("other", "simulated"), ("limit", "simulated")
    ]
    assert "numbers do: 1 (inconsistency 1 below)." in worst


def test_several_papers_are_answered_together_first(two_channels):
    parts = [
        comparison_summary(
            *two_channels, title=title, introduction="", sigmas="", not_tests="", groups={},
            explanations=Explanations([], [Inconsistency(f"Trouble of {title}", "1", "2", "")]),
        ).parts()
        for title in ("One", "Two")
    ]
    text = joined(parts)
    order = [
        "# What agrees", "| One: simulated", "| Two: derived", "## What disagrees most",
        "Trouble of One", "Trouble of Two", "# One: all tests", "# Two: all tests", "# Columns",
    ]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_reasons_are_read_from_a_file_and_slips_in_it_are_named(tmp_path):
    path = tmp_path / "reasons.csv"
    head = ",".join(COLUMNS) + "\n"
    path.write_text(head + "ev*,,derived,,with,because,,true,\n")
    (reason,) = read_reasons(path)
    assert reason == Reason("ev*", "because", kind="derived", with_mass=True, note_first=True)
    for line, message in (
        ("ev*,,,,perhaps,because,,,", "line 2: mass is 'perhaps'"),
        ("ev*,,,,,,,,", "line 2: reason is empty"),
        ("ev*,,,,,a,b,,,c", "line 2: more cells"),
    ):
        path.write_text(head + line + "\n")
        with pytest.raises(ValueError, match=message):
            read_reasons(path)
    path.write_text("quantity,reason\n")
    with pytest.raises(ValueError, match="the columns must be quantity, channel"):
        read_reasons(path)
