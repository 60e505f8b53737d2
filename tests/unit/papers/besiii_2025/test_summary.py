"""Reasons of BESIII's summary refer to what is listed, and explain numbers that are printed."""

import re

import pytest

from lnvsearch.papers.besiii_2025.comparison import comparison_for_besiii
from lnvsearch.papers.besiii_2025.summary import explanations_of_besiii, summary_of_besiii
from lnvsearch.publication.comparison import comparison_row
from lnvsearch.publication.reasons import read_reasons
from lnvsearch.tables import find_rows


@pytest.fixture
def reasons(published_folder):
    return read_reasons(published_folder / "reasons.csv")


def test_the_largest_deviation_of_the_scan_is_shown_with_its_reason(published, results, reasons):
    results = results | {"reasons": reasons}
    comparison = comparison_for_besiii(published, results)
    text = summary_of_besiii(comparison, published, results).worst
    rows = [
        row for row in find_rows(comparison, quantity="efficiency_percent",
                                 variant="nominal_in_mass_bin")
        if row["ratio"] is not None
    ]  # fmt: skip
    worst = max(rows, key=lambda row: abs(row["ratio"] - 1))
    assert f"The largest deviation is that at {worst['mass_gev']:.3f} GeV. Why: understood" in text
    assert f"| {100 * (worst['ratio'] - 1):+.1f} ± " in text
    assert len(re.findall(r"^\| [01]\.\d{3} \| [\d.]+ % \|", text, re.MULTILINE)) == len(rows)


def test_every_reason_of_besiii_refers_to_an_inconsistency_that_is_listed(
    published, results, reasons
):
    found = explanations_of_besiii(published, results | {"reasons": reasons})
    titles = {item.title for item in found.inconsistencies}
    assert {reason.inconsistency for reason in found.reasons} - {""} <= titles
    assert found.known_factor == pytest.approx(2.04e-9 / 2.2357e-9)
    assert explanations_of_besiii(published).known_factor is None


def test_every_reason_of_besiii_explains_a_number(published, reasons):
    rows = [
        comparison_row(n, kind, variant)
        for n in published
        for kind, variant in (("derived", "nominal"), ("simulated", "nominal"),
                              ("simulated", "uncalibrated"), ("simulated", "pair_v_minus_a"))
    ]
    for reason in reasons:
        assert any(reason.explains(row) for row in rows), reason
