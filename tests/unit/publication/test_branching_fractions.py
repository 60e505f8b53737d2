"""Other editions' branching fractions: what is shown, and what they would change."""

import pytest

from lnvsearch.papers.besiii_2025.branching_fractions import branching_fractions
from lnvsearch.publication.branching_fractions import Fraction, differences, limit_ratio
from lnvsearch.tables import find_rows, table_from_rows

PDG = table_from_rows(
    [
        {"pdg_identifier": f"M070.{i}", "decay": f"decay {i}", "branching_fraction": 0.1,
         "uncertainty": 0.01, "edition": 2024}
        for i in range(4)
    ],
    ("pdg_identifier", "decay", "branching_fraction", "uncertainty", "edition"),
)  # fmt: skip
OTHERS = table_from_rows(
    [
        {"pdg_identifier": name, "branching_fraction": value, "uncertainty": 0.0, "source": "old"}
        for name, value in (("M070.0", 0.12), ("M070.1", 0.1005), ("M070.2", 0.09))
    ],
    ("pdg_identifier", "branching_fraction", "uncertainty", "source"),
)
RECORD = {
    "kind": "simulated", "variant": "nominal", "method": "rolke", "prior": None,
    "is_paper_method": True, "observed": 1, "background": 0.5, "background_uncertainty": 0.0,
    "efficiency": 0.15, "efficiency_uncertainty": 0.01, "confidence_level": 0.9,
}  # fmt: skip


def test_what_differs_by_a_percent_or_a_standard_deviation_is_shown():
    found = list(differences(["M070.0", "M070.1", "M070.2", "M070.3"], PDG, OTHERS, {}))
    assert [one.identifier for one in found] == ["M070.0", "M070.2"]
    assert found[0].ratio == pytest.approx(1.2) and found[0].sigmas == pytest.approx(2.0)


def test_what_the_paper_states_is_in_use_and_the_pdg_stands_beside_it():
    stated = {"M070.3": Fraction(0.11, 0.01, "the paper")}
    (found,) = differences(["M070.3"], PDG, OTHERS, stated)
    assert (found.used.source, found.other.source) == ("the paper", "PDG 2024")
    assert found.ratio == pytest.approx(0.1 / 0.11)


def test_more_background_makes_a_lower_limit():
    """With one event observed and Rolke's method, unlike without any event and CLs."""
    assert limit_ratio(RECORD, 0.5) == 1.0
    assert limit_ratio(RECORD, 0.7) < 1.0 < limit_ratio(RECORD, 0.3)
    no_event = RECORD | {"method": "cls", "prior": "none", "observed": 0}
    assert limit_ratio(no_event, 3.0) == pytest.approx(1.0, rel=1e-6)


def test_every_background_scales_with_its_own_numbers():
    background = table_from_rows(
        [
            {"sample": "bkg_a", "expected_events": 0.3, "source": "PDG 2024 (M070.0)"},
            {"sample": "bkg_b", "expected_events": 0.1, "source": "PDG 2024 (M070.0 x M070.2), derived"},
            {"sample": "bkg_c", "expected_events": 0.1, "source": "estimate"},
        ],
        ("sample", "expected_events", "source"),
    )
    table = branching_fractions(PDG, OTHERS, background, {"kkee": [RECORD]})
    (both,) = find_rows(table, note="in bkg_a, bkg_b")
    assert (both["mode"], both["used_source"], both["other_source"]) == (
        "decay 0 (M070.0)", "PDG 2024", "old"
    )
    assert (both["background_used"], both["background_with_other"]) == ("0.5", "0.58")
    (one,) = find_rows(table, note="in bkg_b")
    assert one["background_with_other"] == "0.49"
    (total,) = find_rows(table, mode="all of them")
    assert total["background_with_other"] == "0.57"
    assert float(total["limit_change_percent"]) < 0.0
