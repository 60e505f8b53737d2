"""Simulated numbers in the NA62 comparison: right values, right tests, reasons that stay true."""

import math
import re
from pathlib import Path

import invented_na62 as invented
import pytest

from lnvsearch.publication.comparison import is_bound, is_test
from lnvsearch.publication.entered import Entered
from lnvsearch.publication.reasons import read_reasons
from lnvsearch.tables import table_rows


def results_of(paper):
    other = invented.PAPERS[1 - invented.PAPERS.index(paper)]
    return {
        "companion": invented.published(other),
        "acceptance": invented.acceptance(paper),
        "background": invented.backgrounds(paper),
        "sensitivity": invented.sensitivity(paper),
        "validation": invented.measurements(paper),
        "limits": {"piee": [limit("simulated", "nominal"), limit("simulated", "harder_cut")]},
    }


def limit(kind, variant, prior="posterior-gamma", method="cls"):
    return {"kind": kind, "variant": variant, "method": method, "prior": prior,
            "is_paper_method": method == "cls", "upper_branching_fraction": 2.5e-10}


@pytest.fixture(scope="module")
def made():
    """{paper: (published, results, rows of the comparison)}"""
    made = {}
    for paper in invented.PAPERS:
        published, results = invented.published(paper), results_of(paper)
        made[paper] = (published, results, table_rows(invented.comparison(paper, results)))
    return made


def simulated(rows, quantity, channel):
    return {
        row["variant"]: row
        for row in rows
        if (row["quantity"], row["channel"], row["kind"]) == (quantity, channel, "simulated")
    }


@pytest.mark.parametrize("paper", [*invented.PAPERS, "besiii_2025"])
def test_reasons_are_reasons_and_no_places(paper):
    path = Path(__file__).parents[5] / "resources" / "published" / paper / "reasons.csv"
    for reason in read_reasons(path):
        assert not re.search(r"\bsee\b|docs/|\.md|tables/|stands under", reason.text), reason.text


def test_every_number_still_has_a_row_and_a_reason_only_without_a_value(made):
    for published, _, rows in made.values():
        assert {(r["quantity"], r["channel"]) for r in rows} == {
            (n.quantity, n.channel) for n in published}
        kinds = {}
        for row in rows:
            kinds.setdefault((row["quantity"], row["channel"]), set()).add(row["kind"])
        assert all(len(k) == 1 for k in kinds.values() if "not_simulated" in k)


def test_signal_acceptance_and_sensitivity_by_hypothesis(made):
    published, results, rows = made["na62_2019"]
    found = simulated(rows, "signal_acceptance_percent", "piee")
    assert set(found) == {"nominal", "physical_radiation", "uncalibrated"}
    assert found["nominal"]["value"] == pytest.approx(3.87 * 0.066 / 0.060)
    assert is_test(found["nominal"]) and not is_test(found["uncalibrated"])
    single = simulated(rows, "single_event_sensitivity", "piee")["nominal"]
    assert single["published_uncertainty"] == pytest.approx(0.03e-10)
    assert single["value"] == pytest.approx(1e2 / (2.14e11 * found["nominal"]["value"]))
    assert "harder_cut" not in {row["variant"] for row in rows}


def test_acceptances_without_the_factor_test_nothing(made):
    _, _, rows = made["na62_2022"]
    for quantity, channel in (
        ("normalisation_acceptance_percent", "piee"), ("n_kaon_decays", "all"),
        ("signal_acceptance_percent", "pipi0ee"),
    ):
        row = simulated(rows, quantity, channel)["uncalibrated"]
        assert not is_test(row) and "pileup" in row["note"]
    decays = simulated(rows, "n_kaon_decays", "all")["uncalibrated"]
    assert decays["value"] == pytest.approx(1.015e12 * 3.62 / 6.0)


def test_a_factor_fitted_to_the_signal_tests_no_acceptance_but_backgrounds(made):
    _, _, rows = made["na62_2022"]
    found = simulated(rows, "signal_acceptance_percent", "pipi0ee")
    assert found["with_pi0_factor"]["value"] == pytest.approx(0.271)
    assert not is_test(found["with_pi0_factor"]) and is_test(found["nominal"])
    ratio = simulated(rows, "acceptance_ratio_pipi0ee_to_piee", "all")
    assert not is_test(ratio["with_pi0_factor"])
    background = simulated(rows, "background_pipi0pi0_dalitz_control_region_events", "pipi0ee")
    factor = background["with_pi0_factor"]["value"] / background["nominal"]["value"]
    assert factor == pytest.approx(
        found["with_pi0_factor"]["value"] / found["nominal"]["value"])
    assert is_test(background["with_pi0_factor"])


def test_backgrounds_by_process_and_region(made):
    _, _, rows = made["na62_2022"]
    row = simulated(rows, "background_ke3_dalitz_upper_region_events", "piee")
    assert row["nominal"]["value"] == 1.35
    assert row["nominal"]["uncertainty"] == pytest.approx(math.hypot(0.135, 0.27))
    assert row["nominal"]["published_uncertainty"] == 0.24
    scaled = row["normalised_in_lower_region"]
    assert scaled["value"] == pytest.approx(1.35 * 3.7 / 4.4)
    total = simulated(rows, "background_events", "pipi0ee")["nominal"]
    assert total["value"] == pytest.approx(0.027 + 0.02)
    assert "with pileup, derived and not simulated" in total["note"]
    lower = simulated(rows, "background_ke3_dalitz_lower_region_events", "piee")
    assert set(lower) == {"nominal"}


def test_what_the_assumed_edge_of_the_lower_region_decides_is_no_test(made):
    _, _, rows = made["na62_2022"]
    for process in ("k3pi", "ke4"):
        row = simulated(rows, f"background_{process}_lower_region_events", "piee")["nominal"]
        assert not is_test(row) and "lower edge" in row["note"]
    total = simulated(rows, "background_total_lower_region_events", "piee")["nominal"]
    assert not is_test(total)
    others = simulated(rows, "background_ke3_dalitz_lower_region_events", "piee")["nominal"]
    assert is_test(others)


def test_the_first_papers_masked_region_is_without_the_signal_region(made):
    _, _, rows = made["na62_2019"]
    row = simulated(rows, "background_events_masked_region", "piee")["nominal"]
    assert row["value"] == pytest.approx(0.5 + 0.18 - 0.13 - 0.05)
    (second,) = [r for r in made["na62_2022"][2]
                 if r["quantity"] == "background_total_masked_region_events"
                 and (r["kind"], r["variant"]) == ("simulated", "nominal")]
    assert second["value"] == pytest.approx(0.02 + 1.5 + 0.5)


def test_the_first_papers_control_region_normalises_with_one_factor(made):
    _, _, rows = made["na62_2019"]
    row = simulated(rows, "background_events", "piee")["normalised_in_lower_region"]
    assert row["value"] == pytest.approx(0.18 * 5.58 / 5.7)


def test_an_empty_background_is_no_measurement_of_zero():
    results = results_of("na62_2022")
    table = results["background"]["piee"]
    for index, sample in enumerate(table["sample"]):
        if sample == "bkg_k3pi":
            table["expected_events"][index] = 0.0
            table["effective_events"][index] = 0.0
    rows = table_rows(invented.comparison("na62_2022", results))
    row = simulated(rows, "background_k3pi_lower_region_events", "piee")["nominal"]
    assert row["value"] is None and not is_test(row)
    assert is_bound(row) and row["upper_bound"] > 0 and row["pull"] is None


def test_suppressions_fractions_and_contamination(made):
    _, _, rows = made["na62_2019"]
    # Over all masses below the signal's, as the paper names no range; the lower region beside it.
    found = simulated(rows, "k3pi_rich_suppression_normalisation", "piee")
    assert found["nominal"]["value"] == pytest.approx(1000)
    assert found["nominal"]["uncertainty"] == pytest.approx(1000 * 0.1 * math.sqrt(2))
    assert "all masses below" in found["nominal"]["note"]
    assert found["lower_region"]["value"] == pytest.approx(600)
    assert simulated(rows, "k3pi_rich_suppression_signal", "piee")["nominal"]["value"] == 5e4
    share = simulated(rows, "two_decay_fraction_of_control_background_percent", "pimumu")["nominal"]
    assert share["value"] == pytest.approx(100 * 150 / 246.3)
    negligible = simulated(rows, "normalisation_contamination", "piee")["nominal"]
    assert not is_test(negligible)
    row = simulated(rows, "normalisation_contamination", "pimumu")["nominal"]
    assert row["value"] == pytest.approx(5 / 8357)
    upstream = simulated(rows, "normalisation_contamination", "pimumu")["with_upstream_decays"]
    assert upstream["value"] == pytest.approx(205 / 8357)
    assert upstream["published"] == 7e-4 and upstream["ratio"] == pytest.approx(205 / 8357 / 7e-4)


def test_measurements_stand_for_themselves_and_win_over_what_tables_give(made):
    published, results, rows = made["na62_2022"]
    row = simulated(rows, "neutral_vertex_z_resolution_m", "pipi0ee")["nominal"]
    assert row["value"] == 1.7 and row["source"] == "validation"
    assert row["published_uncertainty"] is None and row["pull"] is None
    assert row["rounding"] == pytest.approx(0.05)
    measured = {
        "quantity": ["background_events", "unprinted_quantity"], "channel": ["piee", "piee"],
        "variant": ["nominal", "nominal"], "value": [0.40, 1.0], "uncertainty": [0.1, 0.1],
        "note": [None, None],
    }
    rows = table_rows(invented.comparison("na62_2022", {**results, "validation": measured}))
    assert simulated(rows, "background_events", "piee")["nominal"]["value"] == 0.40


def test_same_sign_controls_are_simulated_where_the_table_has_them():
    results = results_of("na62_2022")
    table = results["background"]["piee"]
    # Samples of controls count here, by whatever name; nothing else does.
    for sample, selection, events in (
        ("control_pipi0_double_dalitz", "same_sign_pi_plus_e_minus_e_minus", 440.0),
        ("control_pipi0_two_conversions", "same_sign_pi_plus_e_minus_e_minus", 200.0),
        ("control_pipi0_two_conversions", "same_sign_pi_minus_e_minus_e_minus", 0.0),
        ("control_pipi0_double_dalitz", "same_sign_pi_plus_e_plus_e_plus", 900.0),
        ("control_pipi0_double_dalitz", "lnv", 7.0),
    ):
        for name, value in zip(table, (
            sample, "label", "control", "nominal", selection, "control", events, 15.0, 0.0, 1000.0,
        ), strict=True):
            table[name].append(value)
    rows = table_rows(invented.comparison("na62_2022", results))
    row = simulated(rows, "control_events_pi_plus_e_minus_e_minus", "piee")["nominal"]
    assert (row["value"], row["published"]) == (640.0, 676)
    bound = simulated(rows, "control_events_pi_plus_e_plus_e_plus", "piee")["nominal"]
    assert (bound["value"], bound["published"]) == (900.0, 326)
    assert bound["note"].startswith("no test") and "taken for certain" in bound["note"]
    assert "control_events_pi_minus_e_minus_e_minus" not in {
        row["quantity"] for row in rows if row["kind"] == "simulated"
    }


def test_simulated_limits_are_those_of_the_papers_method_at_named_variants(made):
    published, results, rows = made["na62_2019"]
    found = simulated(rows, "upper_limit_branching_fraction", "piee")
    assert set(found) == {"nominal"}
    relative = 0.03 / 0.94
    assert found["nominal"]["published_uncertainty"] == pytest.approx(relative * 2.2e-10)
    others = [limit("simulated", "nominal", prior="gamma"),
              limit("simulated", "nominal", method="rolke", prior=None)]
    rows = table_rows(invented.comparison("na62_2019", {"limits": {"piee": others}}))
    assert not simulated(rows, "upper_limit_branching_fraction", "piee")


def test_another_setting_than_the_papers_says_so_and_unknown_ones_are_refused():
    entered = {("track_momentum_minimum_gev", "all", None): Entered(7.0, "settings")}
    rows = table_rows(invented.comparison("na62_2022", {"entered": entered}))
    (row,) = [r for r in rows if r["quantity"] == "track_momentum_minimum_gev"]
    assert row["value"] == 7.0 and "another value" in row["note"]
    (row,) = [r for r in rows if r["quantity"] == "electrons"]
    assert row["kind"] == "not_simulated"
    unknown = {("mass_of_the_moon", "all", None): Entered(1.0, "settings")}
    with pytest.raises(ValueError, match="mass_of_the_moon"):
        invented.comparison("na62_2022", {"entered": unknown})


def test_summary_shows_the_ratios_and_says_why_simulated_numbers_disagree(made):
    for paper, (published, results, _) in made.items():
        comparison = invented.comparison(paper, results)
        text = invented.summary(paper, comparison, results)
        assert text == invented.summary(paper, comparison, results)
        assert "No NA62 events are simulated" not in text
        assert "not known" not in text
        assert "| piee | physical_radiation |" in text
        assert ("| pimumu | hypothesis_b_outer_tiles |" in text) == (paper == "na62_2019")
        # A_LNV is 0.076 then and 0.066 nominally: the published limit times their ratio.
        limit = published.find("upper_limit_branching_fraction", channel="piee").value
        (line,) = [
            line for line in text.splitlines() if line.startswith("| piee | physical_radiation")
            and line.split(" | ")[4] == "-13.2 %"
        ]
        assert float(line.split(" | ")[3]) == pytest.approx(limit * 0.066 / 0.076, rel=5e-3)
        listing = text.split("## All that does not agree")[1]
        assert "| signal_acceptance_percent | piee | simulated | nominal |" in listing
