"""The tables of the NA62 papers: published digits, sums, uncertainties; invented simulations."""

import importlib.util
import math
from pathlib import Path

import pytest

from lnvsearch.experiments.na62.publication.tables import text as tables
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
    process_background,
    total_background,
)
from lnvsearch.tables import find_rows, table_from_rows, table_rows

_FILE = Path(__file__).with_name("invented_na62.py")
_SPEC = importlib.util.spec_from_file_location(_FILE.stem, _FILE)
invented = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(invented)


@pytest.fixture(scope="module")
def first():
    return invented.published("na62_2019")


@pytest.fixture(scope="module")
def second():
    return invented.published("na62_2022")


def row_of(table, **wanted):
    (row,) = find_rows(table, **wanted)
    return row


def test_identification_extremes_are_published_entered_and_measured(first):
    table = tables.table1_2019(first, invented.identification())
    positron = row_of(table, particle="e+", quantity="identification efficiency")
    assert (positron["published_minimum"], positron["published_maximum"]) == ("91.0", "96.5")
    maps = [
        find_rows(invented.identification(), map=f"efficiency_electron_{name}")
        for name in ("lkr", "rich")
    ]
    products = [100 * a["true_probability"] * b["true_probability"]
                for a, b in zip(*maps, strict=True)]
    assert float(positron["input_minimum"]) == pytest.approx(min(products), rel=2e-3)
    assert "±" in positron["closure_maximum"]
    muon = row_of(table, particle="mu+, mu-")
    assert (muon["published_minimum"], muon["published_maximum"]) == ("0.15", "0.15")
    assert muon["input_maximum"] == "0.150"
    as_muon = row_of(table, quantity="misidentification as mu")
    assert (as_muon["published_minimum"], as_muon["published_maximum"]) == ("0.4", "0.9")
    pion = row_of(table, particle="pi+")
    assert (pion["published_minimum"], pion["unit"]) == ("1e-5", "1")


def test_dimuon_backgrounds_and_their_total(first):
    background = invented.backgrounds("na62_2019")["pimumu"]
    table = tables.table2_2019(first, background)
    assert len(table["process"]) == 11
    row = row_of(table, process="K3pi downstream (at least two pion decays)")
    assert (row["published"], row["simulated"]) == ("0.20 ± 0.20", "0.250 ± 0.025")
    total = row_of(table, process="Total")
    assert total["published"] == "0.91 ± 0.41"
    events = [r["expected_events"] for r in table_rows(background)
              if (r["selection"], r["region"]) == ("lnv", "signal")
              and not r["sample"].startswith("control_")]
    assert float(total["simulated"].split()[0]) == pytest.approx(sum(events), abs=0.005)


def changed(table, sample, **cells):
    """The table with other values in the signal region of one sample."""
    rows = [
        row | (cells if (row["sample"], row["region"]) == (sample, "signal") else {})
        for row in table_rows(table)
    ]
    return table_from_rows(rows, [*table, *(name for name in cells if name not in table)])


def test_no_event_left_is_an_upper_bound_and_no_zero(first):
    """None in ten simulations would leave none if -ln(0.1) events of that weight were expected."""
    one_event = 0.004
    background = changed(
        invented.backgrounds("na62_2019")["pimumu"], "bkg_k3pi_one_decay", expected_events=0.0,
        statistical_uncertainty=one_event, systematic_uncertainty=0.0, effective_events=0.0,
    )
    table = tables.table2_2019(first, background)
    row = row_of(table, process="K3pi (one pion decay)")
    assert float(row["simulated"].removeprefix("< ")) == pytest.approx(
        -math.log(0.1) * one_event, rel=0.05)
    # The bound is no estimate: the total does not have it.
    bound = process_background(background, "k3pi_one_decay", "lnv", "signal")
    assert bound.is_empty and bound.upper_bound == pytest.approx(math.log(10.0) * one_event)
    total = float(row_of(table, process="Total")["simulated"].split()[0])
    before = float(row_of(
        tables.table2_2019(first, invented.backgrounds("na62_2019")["pimumu"]), process="Total"
    )["simulated"].split()[0])
    assert total == pytest.approx(before - 0.2, abs=0.01)
    assert bound.scaled(3.0).upper_bound == pytest.approx(3.0 * bound.upper_bound)


def test_decays_that_the_paper_calls_negligible_stand_beside_the_total(first):
    table = tables.table2_2019(first, invented.backgrounds("na62_2019")["pimumu"])
    names = table["process"]
    assert names.index("Total") == len(names) - 3
    for row in table_rows(table)[-2:]:
        assert row["published"] == "negligible" and row["process"].endswith("in no sum")
    kmu3 = row_of(table, process="K+ -> pi0_D mu+ nu; in no sum")
    assert kmu3["simulated"] == "(2.00 ± 0.20)e-4"
    total = total_background(invented.backgrounds("na62_2019")["pimumu"], "lnv", "control")
    assert total.events == pytest.approx(4.0 + 90.0 + 150.0 + 0.2 + 1.0 + 1.0 + 0.1)


def test_control_samples_stand_beside_the_direct_simulation(first):
    background = {"pimumu": invented.backgrounds("na62_2019")["pimumu"]}
    table = tables.data_driven(first, {"pimumu": invented.control_samples()}, background)
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
    table = tables.probe_contamination(second, invented.contamination())
    rows = {(r["probe"], r["decay"], r["extreme"]): r for r in table_rows(table)}
    largest = rows["electron", "mu_nu_pi0", "largest"]
    assert (largest["momentum_gev"], largest["published"]) == ("42.0", "0.6")
    assert largest["share_without_muon_signal"] == "0.160 ± 0.010"
    assert rows["electron", "mu_nu_pi0", "least"]["published"] == ""
    muon = rows["muon", "pi_pi0", "largest"]
    assert muon["share_without_muon_signal"] == ""
    assert muon["share"] == "< 0.023"  # no event: 2.3 times what one would be


def test_sensitivities_keep_published_derived_and_simulated_apart(first):
    table = tables.table3_2019(first, invented.sensitivity("na62_2019"))
    decays = row_of(table, channel="pimumu", quantity="Number of decays in FV")
    assert decays["published"] == "(7.94 ± 0.09 ± 0.21)e11"
    assert decays["derived"] == "(7.94 ± 0.22)e11"
    assert decays["simulated"] == ""
    single = row_of(table, channel="piee", quantity="Single event sensitivity")
    assert single["published"] == "(0.94 ± 0.03)e-10"
    assert single["simulated_hypothesis_a_no_fsr_in_signal"].startswith("(9.")
    assert row_of(table, channel="piee", quantity="Branching fraction")["published"] == (
        "(3.00 ± 0.09)e-7")
    assert "simulated_harder_cut" not in table


def test_background_by_region_sums_and_normalises(second):
    table = tables.table1_2022(second, invented.backgrounds("na62_2022")["piee"])
    total = row_of(table, process="Total", region="upper")
    assert (total["published"], total["observed"]) == ("1.98 ± 0.39", "1")
    assert total["simulated"].startswith("2.3")
    ke3 = row_of(table, process="K+ -> pi0_D e+ nu", region="upper")
    expected = 1.35 * 3.7 / 4.4
    assert float(ke3["normalised"].split()[0]) == pytest.approx(expected, abs=0.01)
    assert row_of(table, process="K+ -> pi0_D e+ nu", region="lower")["normalised"] == ""
    empty = row_of(table, process="K+ -> pi+ pi+ pi-", region="signal")
    assert (empty["published"], empty["simulated"][:2], empty["effective_events"]) == (
        "", "< ", "0")
    # Ke3 and e nu e e normalised, the pi pi0 left as simulated.
    total = row_of(table, process="Total", region="masked")
    expected = 1.5 * 3.7 / 4.4 + 0.5 * 0.7 / 0.8 + 0.02
    assert float(total["normalised"].split()[0]) == pytest.approx(expected, abs=0.01)


def test_pileup_is_derived_and_not_in_the_simulated_total(second):
    table = tables.table2_2022(second, invented.backgrounds("na62_2022")["pipi0ee"])
    pileup = row_of(table, process="Pileup", region="control")
    assert (pileup["published"], pileup["derived"], pileup["simulated"]) == (
        "0.20 ± 0.20", "0.18 ± 0.18", "")
    total = row_of(table, process="Total", region="control")
    assert float(total["simulated"].split()[0]) == pytest.approx(0.33, abs=0.005)
    # Both parts of the radiative decay.
    radiative = row_of(table, process="K+ -> pi+ pi0_D gamma", region="control")
    assert float(radiative["simulated"].split()[0]) == pytest.approx(0.07, abs=0.002)


def test_a_hypothesis_of_a_background_has_its_own_column(second):
    table = invented.backgrounds("na62_2022")["pipi0ee"]
    column = "simulated_hypothesis_e_radiative_ke3_of_pdg"
    assert column not in tables.table2_2022(second, table)
    for name, value in zip(table, (
        "bkg_ke3_dalitz_gamma", "label", "hypothesis_e_radiative_ke3_of_pdg", "lnv", "control",
        0.01, 0.001, 0.0, 100.0,
    ), strict=True):
        table[name].append(value)
    found = tables.table2_2022(second, table)
    ke3 = row_of(found, process="K+ -> pi0_D e+ nu gamma", region="control")
    assert float(ke3["simulated"].split()[0]) == pytest.approx(0.05)
    assert float(ke3[column].split()[0]) == pytest.approx(0.01)
    # The other decays keep their nominal value in the sum.
    assert row_of(found, process="K+ -> pi+ pi0 pi0_D", region="control")[column] == ""
    total = row_of(found, process="Total", region="control")
    assert float(total[column].split()[0]) == pytest.approx(0.29, abs=0.005)


def test_validation_has_a_status_for_what_is_printed(first):
    measurements = invented.measurements("na62_2019")
    extra = {"quantity": "rich_angle_acceptance_loss_sm_percent", "channel": "piee",
             "variant": "nominal", "value": 5.7, "uncertainty": 0.2, "note": ""}
    # Too few events to measure anything: the row is left out.
    empty = {**extra, "quantity": "momentum_resolution_low_percent", "value": None}
    rows = [*table_rows(measurements), extra, empty]
    table = tables.validation(
        first, table_from_rows(rows, list(measurements)), invented.acceptance("na62_2019"))
    mumu = row_of(table, quantity="mass_resolution_mev", channel="pimumu")
    assert (mumu["published"], mumu["status"]) == ("1.1", "printed digits")
    ee = row_of(table, quantity="mass_resolution_mev", channel="piee")
    pull = -0.1 / math.hypot(0.02, 0.1 / math.sqrt(12))
    assert ee["status"] == f"{pull:+.1f} sigma, -6 %"
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
    table = tables.systematics({
        "piee": invented.table(columns, [row]), "pimumu": invented.table(columns, [row])})
    assert table["channel"] == ["piee", "pimumu"]
    assert table["relative_difference_percent"] == ["+20.0"] * 2
    assert table["uncertainty_percent"] == ["1.2"] * 2


def test_texts_show_the_same_cells(second):
    table = tables.table1_2022(second, invented.backgrounds("na62_2022")["piee"])
    csv, tex, md = (tables.render_na62(table, kind) for kind in ("csv", "tex", "md"))
    assert csv.count("\n") == len(table["process"]) + 1
    assert "3.7 ± 0.7" in csv and "3.7 ± 0.7" in md and r"3.7 $\pm$ 0.7" in tex
    with pytest.raises(ValueError, match="csv, tex or md"):
        tables.render_na62(table, "pdf")


def test_backgrounds_add_statistics_in_quadrature_and_systematics_linearly():
    total = combined([Background(3.0, 0.3, 0.6, 100.0), Background(1.0, 0.4, 0.2, 4.0)])
    assert (total.events, total.statistical, total.systematic) == pytest.approx((4.0, 0.5, 0.8))
    # sums of squared weights: 9/100 and 1/4
    assert total.effective_events == pytest.approx(16.0 / 0.34)
    rest = outside_signal(total, Background(1.0, 0.4, 0.2, 4.0))
    assert (rest.events, rest.statistical, rest.systematic) == pytest.approx((3.0, 0.3, 0.6))
    assert rest.effective_events == pytest.approx(100.0)


def test_totals_know_what_is_background():
    table = invented.backgrounds("na62_2019")["pimumu"]
    rows = table_rows(table)
    nominal = total_background(table, "lnv", "signal").events
    extra = [
        {**rows[0], "sample": name, "region": "signal", "expected_events": 7.0}
        for name in ("signal_pimumu", "control_mu_nu", "pileup")
    ]
    changed = table_from_rows([*rows, *extra], list(table))
    assert total_background(changed, "lnv", "signal").events == pytest.approx(nominal)
    # In its own selection it is no background.
    sm = {**rows[0], "sample": "norm_pimumu", "selection": "sm", "region": "normalisation",
          "expected_events": 8000.0}
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
    ratios = acceptance_ratios(invented.acceptance("na62_2022"), "piee")
    assert ratios["hypothesis_a_no_fsr_in_signal"][0] == pytest.approx(0.060 / 0.076)
    assert ratios["harder_cut"][0] == pytest.approx(0.057 / 0.062)
    value, sigma = ratios["nominal"]
    assert sigma == pytest.approx(value * 0.01 * math.sqrt(2))
    printed, sigma = published_ratio(second, "pipi0ee")
    assert printed == pytest.approx(3.62 / 0.271)
    assert sigma / printed == pytest.approx(0.0126, abs=2e-4)


def test_the_pi0_factor_is_a_variant_of_its_own():
    record = invented.sensitivity("na62_2022")["pipi0ee"]
    found = sensitivity_variants(record)
    assert found["with_pi0_factor"]["signal_acceptance_percent"][0] == pytest.approx(0.271)
    product = [
        found[name]["signal_acceptance_percent"][0] * found[name]["single_event_sensitivity"][0]
        for name in ("nominal", "with_pi0_factor")
    ]
    assert product[0] == pytest.approx(product[1])
