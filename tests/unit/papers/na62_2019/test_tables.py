"""The tables of the paper: published digits, sums, uncertainties; invented simulations."""

import math

import invented_na62 as invented
import pytest

from lnvsearch.experiments.na62.publication.tables.background import (
    process_background,
    total_background,
)
from lnvsearch.papers.na62_2019 import HEADINGS, tables
from lnvsearch.tables import find_rows, table_from_rows, table_rows

COMPARED = invented.compared("na62_2019")


@pytest.fixture(scope="module")
def published():
    return invented.published("na62_2019")


def row_of(table, **wanted):
    (row,) = find_rows(table, **wanted)
    return row


def changed(table, sample, **cells):
    """The table with other values in the signal region of one sample."""
    rows = [
        row | (cells if (row["sample"], row["region"]) == (sample, "signal") else {})
        for row in table_rows(table)
    ]
    return table_from_rows(rows, [*table, *(name for name in cells if name not in table)])


def test_identification_extremes_are_published_entered_and_measured(published):
    table = tables.table1(published, invented.identification())
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


def test_dimuon_backgrounds_and_their_total(published):
    background = invented.backgrounds("na62_2019")["pimumu"]
    table = tables.table2(published, background, COMPARED)
    assert len(table["process"]) == 11
    row = row_of(table, process="K3pi downstream (at least two pion decays)")
    assert (row["published"], row["simulated"]) == ("0.20 ± 0.20", "0.250 ± 0.025")
    total = row_of(table, process="Total")
    assert total["published"] == "0.91 ± 0.41"
    events = [r["expected_events"] for r in table_rows(background)
              if (r["selection"], r["region"]) == ("lnv", "signal")
              and not r["sample"].startswith("control_")]
    assert float(total["simulated"].split()[0]) == pytest.approx(sum(events), abs=0.005)


def test_the_masked_region_is_without_the_signal_region_and_says_so(published):
    background = invented.backgrounds("na62_2019")
    table = tables.table2(published, background["pimumu"], COMPARED)
    row = row_of(invented.comparison("na62_2019", {"background": background}), kind="simulated",
                 quantity="background_events_masked_region", channel="pimumu", variant="nominal")
    assert row["note"].startswith("masked region without the signal region")
    total = row_of(table, process="Total")
    assert total["published_masked_region"] == "1.05 ± 0.46"
    assert float(total["simulated_masked_region"].split()[0]) == pytest.approx(
        row["value"], rel=0.02)
    assert "without the signal region" in HEADINGS["simulated_masked_region"]


def test_no_event_left_is_an_upper_bound_and_no_zero(published):
    """None in ten simulations would leave none if -ln(0.1) events of that weight were expected."""
    one_event = 0.004
    background = changed(
        invented.backgrounds("na62_2019")["pimumu"], "bkg_k3pi_one_decay", expected_events=0.0,
        statistical_uncertainty=one_event, systematic_uncertainty=0.0, effective_events=0.0,
    )
    table = tables.table2(published, background, COMPARED)
    row = row_of(table, process="K3pi (one pion decay)")
    assert float(row["simulated"].removeprefix("< ")) == pytest.approx(
        -math.log(0.1) * one_event, rel=0.05)
    # The bound is no estimate: the total does not have it.
    bound = process_background(background, "k3pi_one_decay", "lnv", "signal")
    assert bound.is_empty and bound.upper_bound == pytest.approx(math.log(10.0) * one_event)
    total = float(row_of(table, process="Total")["simulated"].split()[0])
    before = float(row_of(
        tables.table2(published, invented.backgrounds("na62_2019")["pimumu"], COMPARED), process="Total"
    )["simulated"].split()[0])
    assert total == pytest.approx(before - 0.2, abs=0.01)
    assert bound.scaled(3.0).upper_bound == pytest.approx(3.0 * bound.upper_bound)


def test_decays_that_the_paper_calls_negligible_stand_beside_the_total(published):
    table = tables.table2(published, invented.backgrounds("na62_2019")["pimumu"], COMPARED)
    names = table["process"]
    assert names.index("Total") == len(names) - 3
    for row in table_rows(table)[-2:]:
        assert row["published"] == "negligible" and row["process"].endswith("in no sum")
    kmu3 = row_of(table, process="K+ -> pi0_D mu+ nu; in no sum")
    assert kmu3["simulated"] == "(2.00 ± 0.20)e-4"
    total = total_background(invented.backgrounds("na62_2019")["pimumu"], "lnv", "control")
    assert total.events == pytest.approx(4.0 + 90.0 + 150.0 + 0.2 + 1.0 + 1.0 + 0.1)


def test_sensitivities_keep_published_derived_and_simulated_apart(published):
    table = tables.table3(
        published, invented.sensitivity("na62_2019"), invented.backgrounds("na62_2019"),
        invented.channels("na62_2019"), COMPARED,
    )
    decays = row_of(table, channel="pimumu", quantity="Number of decays in FV")
    assert decays["published"] == "(7.94 ± 0.09 ± 0.21)e11"
    assert decays["derived"] == "(7.94 ± 0.22)e11"
    assert decays["simulated"] == ""
    single = row_of(table, channel="piee", quantity="Single event sensitivity")
    assert single["published"] == "(0.94 ± 0.03)e-10"
    assert single["simulated_physical_radiation"].startswith("(9.")
    assert row_of(table, channel="piee", quantity="Branching fraction")["published"] == (
        "(3.00 ± 0.09)e-7")
    assert "simulated_harder_cut" not in table


def test_the_contamination_stands_with_and_without_decays_upstream(published):
    """6 of 8357 events are printed; 5 invented ones of all else, 200 upstream."""
    table = tables.table3(
        published, invented.sensitivity("na62_2019"), invented.backgrounds("na62_2019"),
        invented.channels("na62_2019"), COMPARED,
    )
    name = "Background contamination"
    plain = row_of(table, channel="pimumu", quantity=name)
    upstream = row_of(table, channel="pimumu", quantity=f"{name}, with K3pi upstream")
    assert plain["published"] == upstream["published"] == "7e-4"
    assert plain["simulated"].startswith("(6.0")  # 5/8357
    assert float(upstream["simulated"].split()[0]) == pytest.approx(205 / 8357, rel=0.02)
    assert not find_rows(table, channel="piee", quantity=f"{name}, with K3pi upstream")
