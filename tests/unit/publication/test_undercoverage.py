"""Where methods under-cover: from curves whose answer is known, and from real methods."""

import math

import numpy as np
import pytest

from lnvsearch.publication.printing import Printing, texts
from lnvsearch.publication.undercoverage import (
    HEADINGS,
    SHORT,
    UNDERCOVERAGE_COLUMNS,
    coverage_curves,
    is_undercovered,
    undercoverage,
)
from lnvsearch.tables import table_rows

NAMES = ("paper", "channel", "method", "true_signal", "coverage", "nominal")


def table_of(*rows):
    return {name: [row[i] for row in rows] for i, name in enumerate(NAMES)}


def curve(method, covered, nominal=0.9, channel="kkee"):
    return [("p", channel, method, 0.5 * i, c, nominal) for i, c in enumerate(covered)]


def test_lowest_coverage_and_ranges():
    table = table_of(
        *reversed(curve("rolke", [1.0, 0.89, 0.8, 0.95, 0.9, 0.85, 0.99, 0.95])),
        *curve("cls", [1.0, 0.9, 0.95]),
    )
    first, second = table_rows(undercoverage(table))
    assert first == {
        "paper": "p", "channel": "kkee", "method": "rolke", "nominal": "0.9",
        "lowest_coverage": "0.8000", "true_signal_at_lowest": "1",
        "undercovered_from": "0.5", "undercovered_to": "2.5",
        "undercovered_ranges": "2", "undercovered_percent": "37.5", "scanned_to": "3.5",
    }  # fmt: skip
    # Exactly nominal is not below it.
    assert second["lowest_coverage"] == "0.9000"
    assert (second["undercovered_from"], second["undercovered_to"]) == ("", "")
    assert (second["undercovered_ranges"], second["undercovered_percent"]) == ("0", "0.0")


def test_each_curve_has_its_own_nominal_level():
    rows = curve("rolke", [0.93, 0.96], 0.95) + curve("cls", [0.93, 0.96], 0.9)
    table = undercoverage(table_of(*rows))
    assert table["undercovered_ranges"] == ["1", "0"]


def test_a_drawn_coverage_is_below_only_if_by_more_than_it_fluctuates():
    row = {"coverage": 0.897, "nominal": 0.9}
    assert is_undercovered(row)
    assert is_undercovered(row | {"coverage_uncertainty": None})
    assert is_undercovered(row | {"coverage_uncertainty": 0.001})
    assert not is_undercovered(row | {"coverage_uncertainty": 0.002})


def test_rounding_is_no_undercoverage():
    assert not is_undercovered({"coverage": 0.9 - 1e-12, "nominal": 0.9})


def test_of_real_methods_only_rolke_undercovers():
    """CLs covers at least nominally by construction; the profile likelihood does not."""
    from lnvsearch.statistics import CountingExperiment, KnownBackground, KnownEfficiency
    from lnvsearch.statistics.coverage import coverage

    experiment = CountingExperiment(0, KnownBackground(0.0), KnownEfficiency(1.0))
    signal = np.linspace(0.0, 5.0, 51)
    covered = {
        "rolke": coverage(experiment, signal, "rolke").interval,
        "cls": coverage(experiment, signal, "cls").upper,
    }
    rows = [
        ("p", "kkee", method, s, c, 0.9)
        for method, values in covered.items()
        for s, c in zip(signal.tolist(), values.tolist(), strict=True)
    ]
    rolke, cls = table_rows(undercoverage(table_of(*rows)))
    assert cls["undercovered_ranges"] == "0"
    # The same as counted by hand from the arrays.
    below = covered["rolke"] < 0.9 - 1e-9
    assert rolke["lowest_coverage"] == f"{covered['rolke'].min():.4f}"
    assert float(rolke["true_signal_at_lowest"]) == signal[covered["rolke"].argmin()].round(9)
    assert float(rolke["undercovered_from"]) == pytest.approx(signal[below][0])
    assert float(rolke["undercovered_to"]) == pytest.approx(signal[below][-1])
    begins = np.count_nonzero(np.diff(np.concatenate([[0], below.astype(int)])) == 1)
    assert int(rolke["undercovered_ranges"]) == begins > 1
    # Above the limit of an empty experiment, about 2, only counts of 1 and more cover s.
    at = float(rolke["true_signal_at_lowest"])
    assert float(rolke["lowest_coverage"]) < 1 - math.exp(-at) < 0.9


def test_the_table_can_be_printed_in_all_formats():
    table = undercoverage(table_of(*curve("rolke", [0.8, 1.0])))
    found = texts(table, Printing(headings=HEADINGS, short=SHORT))
    assert found["csv"].splitlines()[0] == ",".join(UNDERCOVERAGE_COLUMNS)
    for text_format in ("tex", "long", "md"):
        assert not [name for name in table if "_" in name and name in found[text_format]]


GOOD = curve("rolke", [0.9, 0.95])


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no rows"),
        (curve("rolke", [0.9, 1.1]), "coverage must be between 0 and 1; got 1.1"),
        (curve("rolke", [0.9, math.nan]), "coverage must be"),
        (curve("rolke", [0.9, None]), "coverage must be"),
        (curve("rolke", [0.9, 0.9], nominal=90.0), "nominal must be between 0 and 1; got 90.0"),
        ([(*row[:3], -row[3] - 1, *row[4:]) for row in GOOD], "true_signal must be"),
        (GOOD + GOOD, "each once"),
        (GOOD[:1], "at least two values"),
        ([GOOD[0], (*GOOD[1][:5], 0.95)], "several nominal levels"),
    ],
)
def test_a_bad_table_is_refused(rows, message):
    with pytest.raises(ValueError, match=message):
        coverage_curves(table_of(*rows))


def test_a_missing_column_is_named():
    table = table_of(*GOOD)
    del table["nominal"]
    with pytest.raises(ValueError, match=r"lacks \['nominal'\]"):
        undercoverage(table)
