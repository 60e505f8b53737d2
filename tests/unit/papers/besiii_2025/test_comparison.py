"""The comparison covers every number of the paper once; its summary follows from the numbers."""

import copy

import pytest

from lnvsearch.papers.besiii_2025.comparison import comparison_for_besiii
from lnvsearch.papers.besiii_2025.inconsistencies import inconsistencies_of_besiii
from lnvsearch.papers.besiii_2025.summary import summary_of_besiii
from lnvsearch.publication.comparison import (
    KINDS,
    check_coverage,
    comparison_row,
    comparison_table,
    is_test,
)
from lnvsearch.publication.entered import Entered
from lnvsearch.publication.agreement import agreement
from lnvsearch.tables import find_rows, table_rows


@pytest.fixture
def compared(published, results):
    return comparison_for_besiii(published, results)


def test_columns_are_the_agreed_ones(compared):
    assert ", ".join(compared) == (
        "quantity, channel, mass_gev, kind, variant, published, published_uncertainty, value, "
        "uncertainty, ratio, pull, rounding, upper_bound, source, note"
    )


@pytest.mark.parametrize("empty", [True, False])
def test_every_published_number_has_a_row(published, results, empty):
    compared = comparison_for_besiii(published, {} if empty else results)
    keys = set(
        zip(compared["quantity"], compared["channel"], compared["mass_gev"], strict=True)
    )
    assert keys == {number.key for number in published}
    check_coverage(compared, published)
    assert set(compared["kind"]) <= set(KINDS)


def test_keys_are_unique(compared):
    names = ("quantity", "channel", "mass_gev", "kind", "variant")
    keys = list(zip(*(compared[name] for name in names), strict=True))
    assert len(keys) == len(set(keys))


def test_a_row_given_twice_is_refused(published, results):
    results["overall_limits"] *= 2
    with pytest.raises(ValueError, match="two rows .*upper_limit"):
        comparison_for_besiii(published, results)


def test_a_number_without_a_row_is_refused(published, compared):
    rows = [row for row in table_rows(compared) if row["quantity"] != "observed_events"]
    with pytest.raises(ValueError, match="observed_events"):
        comparison_table(rows, published)


def test_published_is_empty_exactly_where_illegible(published, compared):
    for row in table_rows(compared):
        number = published.find(row["quantity"], row["mass_gev"])
        assert row["published"] == (number.value if number.legible else None)
        if not number.legible:
            assert row["ratio"] is None and row["pull"] is None
            assert "published digits" in row["note"]


def test_ratio_and_pull_are_what_they_say(compared):
    tests = [row for row in table_rows(compared) if is_test(row)]
    assert len(tests) > 10
    for row in tests:
        if row["published"]:
            assert row["ratio"] == pytest.approx(row["value"] / row["published"])
        if row["pull"] is not None:
            variance = (row["published_uncertainty"] or 0) ** 2 + (row["uncertainty"] or 0) ** 2
            assert row["pull"] ** 2 * variance == pytest.approx(
                (row["value"] - row["published"]) ** 2
            )


def test_external_and_not_simulated_rows_test_nothing(compared):
    for row in table_rows(compared):
        if row["kind"] in ("external", "not_simulated"):
            assert not is_test(row) and row["ratio"] is None
        if row["kind"] == "not_simulated":
            assert row["value"] is None and row["note"]


def test_the_calibrated_efficiency_is_no_test_but_the_uncalibrated_is(compared):
    rows = {
        row["variant"]: row
        for row in find_rows(compared, quantity="efficiency_percent", mass_gev=None)
    }
    assert rows["nominal"]["value"] == pytest.approx(15.68)
    assert not is_test(rows["nominal"])
    assert is_test(rows["uncalibrated"])
    # The paper takes 7.0 % of the efficiency as its standard deviation.
    assert rows["uncalibrated"]["published_uncertainty"] == pytest.approx(0.07 * 15.68)


def test_derived_limit_is_the_formula_and_not_the_printed_number(published, compared):
    (row,) = find_rows(
        compared,
        quantity="upper_limit_branching_fraction",
        mass_gev=None,
        variant="published_events_over_n_jpsi",
    )
    assert row["value"] == pytest.approx(2.30e-9, rel=1e-4)
    assert row["published"] == 2.1e-9
    printed = published.find("upper_limit_branching_fraction")
    assert agreement(row, printed) == "beyond printed digits"


def test_every_reading_of_the_scan_is_there(compared):
    variants = {
        row["variant"]
        for row in find_rows(compared, quantity="efficiency_percent", mass_gev=0.575)
    }
    readings = ("nominal", "pair_one_plus_cos2", "pair_v_minus_a", "uncalibrated")
    assert variants == {f"{name}{end}" for name in readings for end in ("", "_in_mass_bin")}


def test_background_is_the_sum_of_the_modes(compared):
    (row,) = find_rows(compared, quantity="background_events", mass_gev=None, kind="simulated")
    assert row["value"] == pytest.approx(2.06e-3)
    assert row["uncertainty"] == pytest.approx(5e-5)
    # One mode has no event left: its bound, -ln(0.1) of what one might count, is said.
    assert "sum of 2 simulated modes; and < 0.023 at 90 % confidence level" in row["note"]


def test_settings_that_differ_from_the_paper_are_seen(published, results):
    results["entered"] = {
        ("cos_theta_maximum", "kkee", None): Entered(0.93, "settings"),
        ("chi_square_4c_maximum", "kkee", None): Entered(25.0, "settings"),
    }
    compared = comparison_for_besiii(published, results)
    notes = {
        row["quantity"]: (row["value"], row["note"])
        for row in find_rows(compared, kind="external")
    }
    assert notes["cos_theta_maximum"] == (0.93, "entered as published")
    assert notes["chi_square_4c_maximum"][0] == 25
    assert "another value" in notes["chi_square_4c_maximum"][1]
    results["entered"] = {("no_such_number", "kkee", None): Entered(1.0, "settings")}
    with pytest.raises(ValueError, match="no_such_number"):
        comparison_for_besiii(published, results)


def test_what_follows_from_the_size_of_a_sample_tests_nothing(published, results):
    """The paper's arithmetic with its own sample is a test; this run's sample is a setting."""
    systematics = results["systematics"]
    for name, value in dict.fromkeys(systematics).items():
        systematics[name].append(value)
    for name, value in {
        "source": "mc_statistics", "kind": "simulated", "relative_uncertainty_percent": 0.4,
    }.items():
        systematics[name][-1] = value
    rows = find_rows(
        comparison_for_besiii(published, results), quantity="systematic_mc_statistics_percent",
        mass_gev=None,
    )
    tests = {row["kind"]: is_test(row) for row in rows}
    assert tests["simulated"] is False and tests["derived"] is True
    (size,) = find_rows(
        comparison_for_besiii(published, results), quantity="n_generated_phase_space",
        kind="simulated",
    )
    assert not is_test(size) and "a setting" in size["note"]


def test_kind_must_be_known_and_not_simulated_has_no_value(published):
    with pytest.raises(ValueError, match="kind is 'guessed'"):
        comparison_row(published[0], "guessed", "nominal")
    with pytest.raises(ValueError, match="cannot have a value"):
        comparison_row(published[0], "not_simulated", "nominal", 1.0)


def test_inconsistencies_are_computed_from_the_numbers(published, results):
    items = inconsistencies_of_besiii(published, results)
    assert (items[0].printed, items[0].computed) == ("2.1e-9", "2.30e-9")
    # 2.04/2.2357: the one mass of the made-up scan where both limits are known.
    assert "0.912 on average over 1" in items[0].evidence
    assert "With 15.83 % the paper's method gives 23.19 events, which is" in items[1].evidence
    text = " ".join(f"{item.printed} {item.computed} {item.evidence}" for item in items)
    for number in ("15.68", "1.500", "1.525", "39", "0.73 %", "0.9 %", "19.2 %", "6.6 %"):
        assert number in text


def test_summary_is_deterministic_and_names_the_first_inconsistency_first(
    published, results, compared
):
    text = summary_of_besiii(compared, published, results).text()
    again = comparison_for_besiii(published, copy.deepcopy(results))
    assert text == summary_of_besiii(again, published, copy.deepcopy(results)).text()
    assert f"prints {len(published)} numbers" in text
    inside = text.split("## Inconsistencies of the published numbers")[1].split("\n## ")[0]
    assert inside.index("2.30e-9") < inside.index("15.68")
    n_tests = sum(map(is_test, table_rows(compared)))
    counted = [line for line in text.splitlines() if line.startswith("| derived | ") or
               line.startswith("| simulated | ")]
    assert sum(int(line.split("|")[4]) for line in counted) == n_tests


def test_summary_of_a_run_without_results(published):
    compared = comparison_for_besiii(published, {})
    text = summary_of_besiii(compared, published).text()
    assert "2.1e-9" in text
    assert f": simulated here | {len(published)} | 0 | 0 | 0 | 0 | 0 |" in text
