"""Tables of any NA62 search: published digits, sums, uncertainties; invented simulations."""

import math
from pathlib import Path

import invented_na62 as invented
import pytest
import quick_yaml

from lnvsearch.experiments.na62.publication.numbers import Numbers
from lnvsearch.experiments.na62.publication.tables.acceptance import (
    acceptance_ratios,
    published_ratio,
    sensitivity_variants,
)
from lnvsearch.experiments.na62.publication.tables.background import (
    Background,
    combined,
    lower_region_factors,
    outside_signal,
    simulated_cells,
    total_background,
)
from lnvsearch.experiments.na62.publication.tables.control import data_driven
from lnvsearch.experiments.na62.publication.tables.identification import probe_contamination
from lnvsearch.experiments.na62.publication.tables.validation import systematics, validation
from lnvsearch.experiments.na62.publication.tables.vertex import vertex_conditions
from lnvsearch.tables import find_rows, table_from_rows, table_rows


@pytest.fixture(scope="module")
def first():
    return invented.published("na62_2019")


@pytest.fixture(scope="module")
def second():
    return invented.published("na62_2022")


def row_of(table, **wanted):
    (row,) = find_rows(table, **wanted)
    return row


def test_control_samples_stand_beside_the_direct_simulation(first):
    background = {"pimumu": invented.backgrounds("na62_2019")["pimumu"]}
    table = data_driven(first, {"pimumu": invented.control_samples()}, background)
    none = row_of(table, process="k3pi_no_decay", region="signal")
    assert none["published"] == "0.0070 ± 0.0030"
    # Five or six events of 0.0013 have this sum and this Poisson uncertainty.
    assert (none["control_events_derived"], none["weight_per_control_event_derived"]) == (
        "5.4", "0.0013")
    assert none["simulated"] == "0.0060 ± 0.0006"
    assert float(none["control_events"].split()[0]) == pytest.approx(4.0)
    assert float(none["weight_per_control_event"]) == pytest.approx(0.0018)
    assert float(none["data_driven_precision"]) == pytest.approx(0.0036, rel=0.03)
    # The decay of another sample that enters adds its events and, in quadrature, its precision.
    assert float(none["data_driven_all"].split()[0]) == pytest.approx(0.0072 + 0.0036, rel=0.02)
    assert none["data_driven_all"].endswith("(in data ± 0.0044)")
    empty = row_of(table, process="k3pi_one_decay", region="signal")
    assert empty["published"] == "0.25 ± 0.25"
    assert empty["data_driven"] == "< 0.23" and empty["weight_per_control_event"] == ""


def test_contamination_of_the_probes_has_both_ends(second):
    table = probe_contamination(second, invented.contamination())
    rows = {(r["probe"], r["decay"], r["extreme"]): r for r in table_rows(table)}
    largest = rows["electron", "mu_nu_pi0", "largest"]
    assert (largest["momentum_gev"], largest["published"]) == ("42.0", "0.6")
    assert largest["share_without_muon_signal"] == "0.160 ± 0.010"
    assert rows["electron", "mu_nu_pi0", "least"]["published"] == ""
    muon = rows["muon", "pi_pi0", "largest"]
    assert muon["share_without_muon_signal"] == ""
    assert muon["share"] == "< 0.023"  # no event: 2.3 times what one would be


def test_validation_has_a_status_for_what_is_printed(first):
    measurements = invented.measurements("na62_2019")
    extra = {"quantity": "rich_angle_acceptance_loss_sm_percent", "channel": "piee",
             "variant": "nominal", "value": 5.7, "uncertainty": 0.2, "note": ""}
    # Too few events to measure anything: the row is left out.
    empty = {**extra, "quantity": "momentum_resolution_low_percent", "value": None}
    rows = [*table_rows(measurements), extra, empty]
    table = validation(
        first, table_from_rows(rows, list(measurements)), invented.acceptance("na62_2019"),
        invented.channels("na62_2019"), invented.compared("na62_2019"),
    )
    # The spectrometer's resolution was chosen with it in view.
    width = row_of(table, quantity="mass_resolution_mev", channel="pimumu")
    assert (width["published"], width["status"]) == ("1.1", "no test")
    assert row_of(table, quantity=extra["quantity"])["status"] == "not printed"
    ratio = row_of(table, quantity="acceptance_ratio_sm_to_lnv", channel="pimumu",
                   variant="hypothesis_b_outer_tiles")
    assert ratio["published"] == "1.114" and "hypothesis" in ratio["note"]
    assert empty["quantity"] not in table["quantity"]
    raw = row_of(table, quantity="normalisation_acceptance_percent", channel="piee")
    assert raw["status"] == "no prediction" and "0.645" in raw["note"]  # 3.87/6.00


def test_systematics_joins_the_channels():
    columns = ("variation, description, quantity, sample, selection, region, nominal, varied, "
               "relative_difference_percent, relative_difference_uncertainty_percent")
    row = ("harder_cut", "a cut", "expected_events", "bkg_eeenu", "lnv", "signal", 0.14, 0.168,
           20.0, 1.234)
    table = systematics({
        "piee": invented.table(columns, [row]), "pimumu": invented.table(columns, [row])})
    assert table["channel"] == ["piee", "pimumu"]
    assert table["relative_difference_percent"] == ["+20.0"] * 2
    assert table["uncertainty_percent"] == ["1.2"] * 2


def test_backgrounds_add_statistics_in_quadrature_and_systematics_linearly():
    total = combined([Background(3.0, 0.3, 0.6, 100.0), Background(1.0, 0.4, 0.2, 4.0)])
    assert (total.events, total.statistical, total.systematic) == pytest.approx((4.0, 0.5, 0.8))
    # sums of squared weights: 9/100 and 1/4
    assert total.effective_events == pytest.approx(16.0 / 0.34)
    rest = outside_signal(total, Background(1.0, 0.4, 0.2, 4.0))
    assert (rest.events, rest.statistical, rest.systematic) == pytest.approx((3.0, 0.3, 0.6))
    assert rest.effective_events == pytest.approx(100.0)


def test_a_sum_keeps_the_bound_of_what_is_left_out():
    """Several without an event left: together as much as the heaviest event may hide, no more."""
    some, light, heavy = (
        Background(0.07, 0.04, 0.0, 3.0), Background(0.0, 2.0, 0.0, 0.0),
        Background(0.0, 1200.0, 0.0, 0.0),
    )  # fmt: skip
    total = combined([light, some, heavy])
    assert (total.events, total.statistical, total.effective_events) == (0.07, 0.04, 3.0)
    assert total.left_out == heavy.upper_bound == pytest.approx(1200 * 2.302585)
    assert simulated_cells(total) == {
        "simulated": "0.07 ± 0.04 and < 2800", "effective_events": "3",
    }  # fmt: skip
    assert combined([total, some]).left_out == total.left_out
    assert total.scaled(0.5).left_out == total.left_out / 2
    assert outside_signal(total, some).left_out == total.left_out
    assert combined([light, heavy]).is_empty and combined([light, heavy]) == heavy
    assert combined([some, some]).left_out == 0.0


def test_totals_know_what_is_background():
    table = invented.backgrounds("na62_2019")["pimumu"]
    rows = table_rows(table)
    nominal = total_background(table, "lnv", "signal").events
    extra = [
        {**rows[0], "sample": name, "role": role, "region": "signal", "expected_events": 7.0}
        for name, role in (("signal_pimumu", "signal"), ("control_mu_nu", "control"),
                           ("pileup", "derived"), ("bkg_called_wrongly", "control"))
    ]
    changed = table_from_rows([*rows, *extra], list(table))
    assert total_background(changed, "lnv", "signal").events == pytest.approx(nominal)
    # In its own selection it is no background.
    sm = {**rows[0], "sample": "norm_pimumu", "role": "normalisation", "selection": "sm",
          "region": "normalisation", "expected_events": 8000.0}
    changed = table_from_rows([*rows, sm], list(table))
    assert total_background(changed, "sm", "normalisation").events == pytest.approx(5.0)


def test_a_variation_of_one_sample_leaves_the_others_nominal():
    table = invented.backgrounds("na62_2019")["pimumu"]
    rows = table_rows(table)
    (one,) = [r for r in rows if (r["sample"], r["region"]) == ("bkg_k3pi_one_decay", "signal")]
    varied = {**one, "variation": "doubled", "expected_events": 2 * one["expected_events"]}
    changed = table_from_rows([*rows, varied], list(table))
    nominal = total_background(changed, "lnv", "signal").events
    assert total_background(changed, "lnv", "signal", "doubled").events == pytest.approx(
        nominal + one["expected_events"])
    assert total_background(changed, "lnv", "signal", "unknown") is None


def test_normalisation_below_the_signal_is_by_process(second):
    factors = lower_region_factors(invented.backgrounds("na62_2022")["piee"], second, "piee")
    assert set(factors) == {"k3pi", "ke4", "ke3_dalitz", "eeenu"}
    factor, relative = factors["eeenu"]
    assert factor == pytest.approx(0.7 / 0.8)
    assert relative == pytest.approx(math.hypot(0.1, 0.1 / math.sqrt(12) / 0.7))


def test_ratios_take_nominal_where_a_sample_has_no_variation(second):
    ratios = acceptance_ratios(
        invented.acceptance("na62_2022"), "piee", invented.channels("na62_2022")
    )
    assert ratios["physical_radiation"][0] == pytest.approx(0.060 / 0.076)
    assert ratios["harder_cut"][0] == pytest.approx(0.057 / 0.062)
    value, sigma = ratios["nominal"]
    assert sigma == pytest.approx(value * 0.01 * math.sqrt(2))
    printed = published_ratio(Numbers(second, invented.channels("na62_2022")), "pipi0ee")
    assert printed.value == pytest.approx(3.62 / 0.271)
    # The printed ± are standard deviations, half a unit of the last digits is not.
    assert printed.sigma / printed.value == pytest.approx(math.hypot(0.02 / 3.62, 0.003 / 0.271))
    assert printed.rounding / printed.value == pytest.approx(0.005 / 3.62 + 0.0005 / 0.271)


def test_the_pi0_factor_is_a_variant_of_its_own():
    record = invented.sensitivity("na62_2022")["pipi0ee"]
    found = sensitivity_variants(record)
    assert found["with_pi0_factor"]["signal_acceptance_percent"][0] == pytest.approx(0.271)
    product = [
        found[name]["signal_acceptance_percent"][0] * found[name]["single_event_sensitivity"][0]
        for name in ("nominal", "with_pi0_factor")
    ]
    assert product[0] == pytest.approx(product[1])


def varied(table, name, factor, column):
    """The table, and its nominal rows again under a variation with one column multiplied."""
    rows = list(table_rows(table))
    again = [
        {**row, "variation": name, column: factor * row[column]}
        for row in rows if row["variation"] == "nominal"
    ]
    return table_from_rows(rows + again, list(table))


def test_conditions_on_vertices_stand_side_by_side(first):
    paper, name = "na62_2019", "vertex_chi_square_10"
    background = {
        channel: varied(table, name, 0.5, "expected_events")
        for channel, table in invented.backgrounds(paper).items()
    }
    acceptance = {
        channel: varied(table, name, 0.98, "acceptance")
        for channel, table in invented.acceptance(paper).items()
    }
    table = vertex_conditions(first, acceptance, background, invented.channels(paper), [name])
    violating = row_of(table, channel="pimumu", quantity="A_LNV over nominal")
    assert (violating["simulated"], violating[name]) == ("1", "0.9800")
    row = row_of(table, channel="pimumu", quantity="k3pi_downstream", region="signal")
    assert row["published"] == "0.20 ± 0.20"
    assert (row["simulated"], row[name]) == ("0.250 ± 0.025", "0.125 ± 0.025")
    # A decay that is in no sum is there, too.
    assert row_of(table, channel="pimumu", quantity="k3pi_upstream",
                  region="masked, signal region in it")
    total = row_of(table, channel="pimumu", quantity="total", region="signal")
    one, other = (float(total[column].split()[0]) for column in ("simulated", name))
    assert other == pytest.approx(0.5 * one, rel=0.02)


def test_conditions_on_vertices_include_controls_with_selections_of_their_own(second):
    paper, name, selection = "na62_2022", "vertex_chi_square_10", "same_sign_pi_plus_e_minus_e_minus"
    background = invented.backgrounds(paper)
    for variation, events in (("nominal", 440.0), (name, 400.0)):
        for column, value in zip(background["piee"], (
            "control_pipi0_double_dalitz", "label", "control", variation, selection, "control",
            events, 15.0, 0.0, 900.0,
        ), strict=True):
            background["piee"][column].append(value)
    table = vertex_conditions(
        second, invented.acceptance(paper), background, invented.channels(paper), [name]
    )
    row = row_of(table, selection=selection)
    assert (row["simulated"], row[name]) == ("440 ± 15", "400 ± 15")


@pytest.mark.parametrize("paper", invented.PAPERS)
def test_every_sample_that_is_counted_has_the_conditions_on_vertices(paper):
    path = Path(__file__).parents[5] / "config" / "papers" / f"{paper}.yaml"
    search = quick_yaml.load(path.read_text("utf-8"))
    conditions = [
        entry for name, entry in search["variations"].items()
        if name.startswith(("vertex_", "track_chi_square"))
    ]
    assert len(conditions) == 7
    for entry in conditions:
        assert set(entry["samples"]) == set(search["samples"])
        varied = {
            (channel, selection)
            for channel, change in entry["paper"]["channels"].items()
            for selection in change["selections"]
        }
        assert varied == {
            (channel, selection)
            for channel, content in search["channels"].items()
            for selection in content["selections"]
        }
