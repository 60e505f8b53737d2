"""Efficiencies with and without the mass bin."""

from lnvsearch.experiments.besiii.efficiencies import COLUMNS, efficiency_table
from lnvsearch.selection.mass_regions import ACCEPTANCE_COLUMNS
from lnvsearch.tables import table_from_rows, table_rows


def test_efficiencies_with_and_without_the_bin():
    place = ("nominal", "lnv")
    acceptance = [
        ("signal_phsp", *place, "all", 0.16, 0.04, 16, 100),
        ("scan_m1.000", *place, "all", 0.2, 0.04, 20, 100),
        ("scan_m1.000", *place, "majorana_mass_bin", 0.18, 0.03, 18, 100),
    ]
    table = table_from_rows(
        [dict(zip(ACCEPTANCE_COLUMNS, row, strict=True)) for row in acceptance],
        ACCEPTANCE_COLUMNS,
    )
    samples = {
        "signal_phsp": {"model": "phase_space", "mass_gev": None},
        "scan_m1.000": {"model": "two_majorana", "mass_gev": 1.0},
    }
    rows = [tuple(row.values()) for row in table_rows(efficiency_table(table, samples))]
    assert list(efficiency_table(table, samples)) == list(COLUMNS)
    assert rows == [
        ("signal_phsp", "phase_space", None, "nominal", 100, 16, 0.16, 0.04, None, None, None),
        ("scan_m1.000", "two_majorana", 1.0, "nominal", 100, 20, 0.2, 0.04, 18, 0.18, 0.03),
    ]
