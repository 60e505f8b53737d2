"""Reasons of BESIII's summary refer to what is listed, and explain numbers that are printed."""

import pytest

from lnvsearch.papers.besiii_2025.summary import explanations_of_besiii
from lnvsearch.publication.comparison import comparison_row
from lnvsearch.publication.reasons import read_reasons


@pytest.fixture
def reasons(published_folder):
    return read_reasons(published_folder / "reasons.csv")


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
                              ("simulated", "pair_v_minus_a"))
    ]
    for reason in reasons:
        assert any(reason.explains(row) for row in rows), reason
