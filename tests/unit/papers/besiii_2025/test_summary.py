"""Reasons of BESIII's summary refer to what is listed, and explain numbers that are printed."""

import pytest

from lnvsearch.papers.besiii_2025.inconsistencies import inconsistencies_of_besiii
from lnvsearch.papers.besiii_2025.summary import reasons_of_besiii
from lnvsearch.publication.comparison import comparison_row


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
            comparison_row(n, kind, variant)
            for n in published
            for kind, variant in (("derived", "nominal"), ("simulated", "nominal"),
                                  ("simulated", "pair_v_minus_a"))
        ]
        assert any(reason.explains(row) for row in rows), reason
