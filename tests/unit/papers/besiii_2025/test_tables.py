"""Tables: the three texts have one content, and the paper's tables are complete."""

import csv
import io
import re

import pytest

from lnvsearch.papers.besiii_2025 import HEADINGS, readings, tables
from lnvsearch.publication.printing import Printing, texts
from lnvsearch.tables import number_of_rows, table_rows


def _csv_cells(text):
    return list(csv.reader(io.StringIO(text)))[1:]


def _markdown_cells(text):
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()[2:]
    ]


@pytest.fixture
def both_tables(published, results):
    return [
        tables.table1(results["systematics"], published),
        tables.table2(
            published, results["efficiencies"], results["systematics_by_mass"], results["scan"]
        ),
        readings.scan_readings(results["efficiencies"], published),
    ]


def test_csv_and_markdown_have_one_content(both_tables):
    for table in both_tables:
        found = texts(table, Printing(headings=HEADINGS, words=dict.fromkeys(table, {})))
        cells = _csv_cells(found["csv"])
        assert cells == _markdown_cells(found["md"])
        assert len(cells) == number_of_rows(table) > 5


def test_headings_replace_every_column_name(both_tables):
    for table in both_tables:
        found = texts(table, Printing(headings=HEADINGS))
        for text_format in ("tex", "long", "md"):
            assert not [name for name in table if "_" in name and f" {name} " in found[text_format]]


def test_table1_has_the_sources_of_the_paper_in_order_and_the_total_last(published, results):
    table = tables.table1(results["systematics"], published)
    assert list(dict.fromkeys(table["source"])) == [
        "n_jpsi", "mdc_tracking", "pid", "kinematic_fit", "signal_region", "mc_statistics",
        "mc_modeling", "material", "total",
    ]  # fmt: skip
    first = dict(zip(table["source"], table["published_percent"], strict=True))
    assert (first["mdc_tracking"], first["kinematic_fit"], first["material"]) == ("2.0", "6.2", "")
    rows = table_rows(table)
    assert [r["this_work_percent"] for r in rows if r["source"] == "pid"] == ["2.2", "3.41"]
    assert [r["statistical_uncertainty_percent"] for r in rows if r["source"] == "pid"] == [
        "",
        "0.35",
    ]
    assert rows[-1]["this_work_percent"] == "7.04"
    assert rows[0]["note"] == "not in this run"


def test_table2_begins_with_the_agreed_columns_and_has_all_masses(published, results):
    table = tables.table2(
        published, results["efficiencies"], results["systematics_by_mass"], results["scan"]
    )
    assert ", ".join(table).startswith(
        "mass_gev, efficiency_published, efficiency_simulated, efficiency_simulated_uncertainty, "
        "observed, background, systematic_published, systematic_simulated, limit_published, "
        "limit_derived, limit_simulated"
    )
    assert [float(mass) for mass in table["mass_gev"]] == pytest.approx(published.masses_gev())


def test_table2_cells(published, results):
    inputs = (results["efficiencies"], results["systematics_by_mass"], results["scan"])
    rows = {
        row["mass_gev"]: row for row in table_rows(tables.table2(published, *inputs))
    }
    first = rows["0.575"]
    assert first["efficiency_published"] == "8.97"
    # 0.97 of 5 % + 10 %/GeV × 0.575 GeV, in percent, in the mass bin.
    assert first["efficiency_simulated"] == "10.43"
    assert first["efficiency_simulated_uncertainty"] == "0.10"
    assert first["limit_published"] == "2.04e-9"
    assert first["limit_derived"] == "2.236e-9"
    limit = 1.97 / (0.97 * 0.1075) / 10087e6
    assert float(first["limit_simulated"]) == pytest.approx(limit, rel=3e-4)
    assert first["systematic_simulated"] == "12.2"
    assert (first["observed"], first["background"]) == ("0", "0")
    # Not legible in the paper, not derived, and not run.
    assert rows["0.650"]["efficiency_published"] == rows["0.650"]["limit_published"] == ""
    assert rows["0.650"]["limit_derived"] == ""
    assert rows["0.600"]["efficiency_simulated"] == rows["0.600"]["limit_simulated"] == ""
    # The same number with one digit before the point.
    assert rows["1.525"]["limit_published"] == "9.2e-10"
    whole = table_rows(tables.table2(published, *inputs, in_mass_bin=False))[0]
    assert whole["efficiency_simulated"] == "10.75"


def test_table2_has_all_angles_and_both_readings_of_the_mass_bin(published, results):
    inputs = (results["efficiencies"], results["systematics_by_mass"], results["scan"])
    first = table_rows(tables.table2(published, *inputs))[0]
    assert first["efficiency_one_plus_cos2"] == "9.38"  # 0.9 of the isotropic one
    assert first["efficiency_v_minus_a"] == "7.82"
    assert first["efficiency_without_mass_bin"] == "10.75"
    for name, factor in (("one_plus_cos2", 1 / 0.9), ("v_minus_a", 1 / 0.75),
                         ("without_mass_bin", 0.97), ("uncalibrated", 1 / 1.06)):  # fmt: skip
        ratio = float(first[f"limit_{name}"]) / float(first["limit_simulated"])
        assert ratio == pytest.approx(factor, rel=1e-3), name
    other = table_rows(tables.table2(published, *inputs, in_mass_bin=False))[0]
    assert other["efficiency_in_mass_bin"] == first["efficiency_simulated"]
    assert "efficiency_without_mass_bin" not in other


def test_a_mass_beyond_the_paper_gets_a_row(published, results):
    scan = {name: list(column) for name, column in results["scan"].items()}
    for column in scan.values():
        column.append(column[0])
    scan["mass_gev"][-1] = 0.7125
    table = tables.table2(
        published, results["efficiencies"], results["systematics_by_mass"], scan
    )
    assert len(table["mass_gev"]) == 40
