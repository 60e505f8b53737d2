"""Tables and figures of |U|^2 limits: every channel, the combination, the released limits, the export."""

import pytest
from printed_figures import check, texts

from lnvsearch.interpretation.hnlimits import hnlimits_text
from lnvsearch.interpretation.mixing_figure import DRAWN_COLUMNS, mixing_figure
from lnvsearch.interpretation.mixing_limits import MIXING_COLUMNS
from lnvsearch.interpretation.mixing_table import COMBINED, mixing_table
from lnvsearch.tables import find_rows, number_of_rows, read_csv, table_rows, to_csv

KAONS = [("na62_2022", "piee"), ("na62_2022", "pipi0ee"), ("na62_2019", "pimumu")]
PAIRS = [("besiii_2025", "majorana_pair"), ("besiii_2025", "one_majorana")]


@pytest.fixture(scope="module")
def table(grids, tmp_path_factory):
    """Equal mixing with electron and muon, read back from its file."""
    files = {key: grids / key[0] / f"{key[1]}.csv" for key in KAONS + PAIRS}
    found = mixing_table(files, {"e": 1.0, "mu": 1.0}, KAONS)
    path = tmp_path_factory.mktemp("mixing") / "mixing.csv"
    path.write_text(to_csv(found))
    return read_csv(path)


@pytest.fixture(scope="module")
def public(root):
    return read_csv(root / "resources/public_mixing_limits.csv")


def test_every_channel_has_its_rows(table):
    assert tuple(table) == MIXING_COLUMNS
    names = {" ".join(key) for key in KAONS + PAIRS} | {COMBINED}
    assert set(table["searches"]) == names
    assert set(table["mixing"]) == {"0.5:0.5:0"} and set(table["chirality"]) == {"v_minus_a"}
    (row,) = find_rows(table, searches="besiii_2025 one_majorana")
    assert row["mixing_limit"] is None and "bounds no |U_e|^2 below 1" in row["remark"]


def test_the_combination_is_at_least_as_strong_as_its_channels(table):
    for row in find_rows(table, searches=COMBINED):
        singles = [
            one["mixing_limit"] for one in find_rows(table, mass_gev=row["mass_gev"], method="cls")
            if one["searches"] != COMBINED and one["mixing_limit"]
        ]  # fmt: skip
        # Log-normal instead of the grid's own errors: a per cent.
        assert row["mixing_limit"] < 1.02 * min(singles), row["mass_gev"]
    (row,) = find_rows(table, searches=COMBINED, mass_gev=0.3)
    assert row["remark"].startswith("of na62_2022 piee, na62_2022 pipi0ee, na62_2019 pimumu; ")
    assert "na62_2022 pipi0ee left out: less than 1 %" in row["remark"]


def test_the_figure_can_be_printed_and_names_what_bounds_nothing(table, public):
    figure, numbers = mixing_figure(table, public)
    check({"mixing": (figure, numbers)})
    assert tuple(numbers) == DRAWN_COLUMNS and set(numbers["kind"]) == {"simulated"}
    (text,) = [text.get_text() for text in texts(figure) if "no bound below 1" in text.get_text()]
    assert text.count("BESIII") == 2


def test_released_limits_of_one_flavour_stand_beside(grids, public):
    key = KAONS[0]
    table = mixing_table({key: grids / key[0] / f"{key[1]}.csv"}, {"e": 1.0}, [key])
    figure, numbers = mixing_figure(table, public)
    check({"mixing": (figure, numbers)})
    drawn = {row["curve"]: row["kind"] for row in table_rows(numbers)}
    assert drawn["NA62 2020 (peak search)"] == "published"
    assert "combined" not in drawn and "NA62 2021 (peak search)" not in drawn


def test_released_limits_have_their_source(public):
    assert number_of_rows(public) > 500 and None not in public["source"]
    assert set(public["mixing"]) == {"e", "mu"}
    assert all(0.1 < mass < 0.6 for mass in public["mass_gev"])
    assert all(1e-11 < limit < 1e-5 for limit in public["mixing_limit"])


def test_the_export_says_what_it_is(table):
    text = hnlimits_text(find_rows(table, searches=COMBINED), "three channels")
    lines = text.splitlines()
    assert lines[1].startswith("# mixing |U_e|^2:|U_mu|^2:|U_tau|^2 = 0.5:0.5:0; Majorana N")
    assert [len(line.split()) for line in lines if line[0] != "#"] == [2] * 5
    with pytest.raises(ValueError, match="nothing to export"):
        hnlimits_text(find_rows(table, searches="besiii_2025 one_majorana"), "none")


def test_the_export_has_a_third_column_where_the_lifetime_cuts_off():
    row = {"mass_gev": 0.3, "mixing": "mu", "searches": "a b", "chirality": "isotropic", "method": "cls",
           "mixing_limit": 1e-6, "mixing_upper_end": 1e-3}  # fmt: skip
    lines = hnlimits_text([row], "x").splitlines()
    assert lines[0].endswith("|U_mu|^2") and lines[-1] == "300 1.0000e-06 1.0000e-03"
