"""The tables of the paper: published digits, sums, uncertainties; invented simulations."""

import invented_na62 as invented
import pytest

from lnvsearch.papers.na62_2022 import HEADINGS, tables
from lnvsearch.publication.rounding import pdg_round
from lnvsearch.publication.printing import Printing, texts
from lnvsearch.tables import find_rows

COMPARED = invented.compared("na62_2022")


@pytest.fixture(scope="module")
def published():
    return invented.published("na62_2022")


def row_of(table, **wanted):
    (row,) = find_rows(table, **wanted)
    return row


def test_background_by_region_sums_and_normalises(published):
    table = tables.table1(published, invented.backgrounds("na62_2022")["piee"])
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


def test_pileup_is_derived_and_the_total_is_with_it_as_in_the_comparison(published):
    results = {"background": invented.backgrounds("na62_2022")}
    comparison = invented.comparison("na62_2022", results)
    table = tables.table2(published, invented.backgrounds("na62_2022")["pipi0ee"], COMPARED)
    pileup = row_of(table, process="Pileup", region="control")
    assert (pileup["published"], pileup["derived"], pileup["simulated"]) == (
        "0.20 ± 0.20", "0.18 ± 0.18", "")
    decays = row_of(table, process="All decays, without pileup", region="control")
    assert float(decays["simulated"].split()[0]) == pytest.approx(0.33, abs=0.005)
    # The paper's four decays together, without its 0.20 of pileup.
    assert (decays["published"], decays["derived"]) == ("", "0.28")
    for region, quantity in (
        ("control", "background_total_control_region_events"), ("signal", "background_events"),
    ):
        total = row_of(table, process="Total, with the derived pileup", region=region)
        row = row_of(comparison, quantity=quantity, channel="pipi0ee", kind="simulated",
                     variant="nominal")
        assert total["published"].startswith(f"{row['published']:.2g}")
        assert total["simulated"] == pdg_round(row["value"], row["uncertainty"])
        alone = row_of(table, process="All decays, without pileup", region=region)["simulated"]
        assert f"the decays alone give {alone}" in row["note"]
    # Both parts of the radiative decay.
    radiative = row_of(table, process="K+ -> pi+ pi0_D gamma", region="control")
    assert float(radiative["simulated"].split()[0]) == pytest.approx(0.07, abs=0.002)


def test_a_hypothesis_of_a_background_has_its_own_column(published):
    table = invented.backgrounds("na62_2022")["pipi0ee"]
    column = "simulated_hypothesis_e_radiative_ke3_of_pdg"
    assert column not in tables.table2(published, table, COMPARED)
    for name, value in zip(table, (
        "bkg_ke3_dalitz_gamma", "label", "background", "hypothesis_e_radiative_ke3_of_pdg", "lnv",
        "control", 0.01, 0.001, 0.0, 100.0,
    ), strict=True):
        table[name].append(value)
    found = tables.table2(published, table, COMPARED)
    ke3 = row_of(found, process="K+ -> pi0_D e+ nu gamma", region="control")
    assert float(ke3["simulated"].split()[0]) == pytest.approx(0.05)
    assert float(ke3[column].split()[0]) == pytest.approx(0.01)
    # The other decays keep their nominal value in the sum.
    assert row_of(found, process="K+ -> pi+ pi0 pi0_D", region="control")[column] == ""
    total = row_of(found, process="All decays, without pileup", region="control")
    assert float(total[column].split()[0]) == pytest.approx(0.29, abs=0.005)
    total = row_of(found, process="Total, with the derived pileup", region="control")
    assert float(total[column].split()[0]) == pytest.approx(0.29 + 0.18, abs=0.02)


def test_texts_show_the_same_cells(published):
    table = tables.table1(published, invented.backgrounds("na62_2022")["piee"])
    found = texts(table, Printing(headings=HEADINGS))
    assert found["csv"].count("\n") == len(table["process"]) + 1
    assert "3.7 ± 0.7" in found["csv"] and "3.7 ± 0.7" in found["md"]
    assert r"$3.7\pm0.7$" in found["tex"] and r"$3.7\pm0.7$" in found["long"]
