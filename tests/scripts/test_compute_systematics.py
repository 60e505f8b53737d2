"""Table 1's rows from small tables."""

import csv

import pytest
from compute_systematics import compute_systematics, external_percent

HEADER = "sample,variation,cut,events_in,events_out,cumulative_efficiency,cumulative_efficiency_uncertainty\n"
CUTFLOW = HEADER + (
    "control,nominal,kinematic_fit,1000,800,0.8,0.01\ncontrol,nominal,chi_square,800,720,0.72,0.01\n"
    "control,pulls_off,kinematic_fit,1000,800,0.8,0.01\n"
    "control,pulls_off,chi_square,800,760,0.76,0.01\n"
)
EFFICIENCIES = (
    "sample,model,mass_gev,variation,n_generated,n_selected,efficiency,efficiency_uncertainty\n"
    "signal,phase_space,,nominal,1000,160,0.16,0.0116\n"
    "one_m1.000,one_majorana,1.0,nominal,1000,150,0.15,0.011\n"
    "two_m1.000,two_majorana,1.0,nominal,1000,200,0.20,0.0126\n"
)
ROWS = [
    {"source": "mdc_tracking", "in_total": "external",
     "external_percent": [{"percent": 0.7, "particles": 2}, {"percent": 0.3, "particles": 2}]},
    {"source": "kinematic_fit", "external_percent": 6.2, "in_total": "external",
     "estimate": {"method": "relative_difference", "sample": "control", "variation": "pulls_off",
                  "cut": "chi_square"}},
    {"source": "mc_statistics", "external_percent": 0.9, "in_total": "external",
     "estimate": {"method": "mc_statistics", "sample": "signal"}},
    {"source": "mc_modeling", "external_percent": 1.0, "in_total": "external",
     "estimate": {"method": "modelling"}},
]


@pytest.fixture
def tables(tmp_path):
    """Rows by (source, kind), and the row of the one mass."""
    for name, text in (("cutflow", CUTFLOW), ("efficiencies", EFFICIENCIES)):
        (tmp_path / f"{name}.csv").write_text(text)
    compute_systematics(
        tmp_path / "cutflow.csv", tmp_path / "efficiencies.csv",
        tmp_path / "table.csv", tmp_path / "by_mass.csv", ROWS,
    )

    def rows(name):
        with open(tmp_path / name, newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    return {(row["source"], row["kind"]): row for row in rows("table.csv")}, rows("by_mass.csv")[0]


def percent(row):
    return float(row["relative_uncertainty_percent"])


def test_external_numbers_enter_as_published(tables):
    table, _ = tables
    assert percent(table["mdc_tracking", "external"]) == pytest.approx(2.0)
    assert percent(table["kinematic_fit", "external"]) == 6.2
    assert external_percent(ROWS[1]) == 6.2


def test_an_estimate_compares_the_efficiency_of_its_cut(tables):
    table, _ = tables
    assert percent(table["kinematic_fit", "simulated"]) == pytest.approx(100 * (760 / 720 - 1))
    assert table["kinematic_fit", "simulated"]["in_total"] == "false"


def test_the_total_adds_what_enters(tables):
    table, _ = tables
    expected = (2.0**2 + 6.2**2 + 0.9**2 + 1.0**2) ** 0.5
    assert percent(table["total", "derived"]) == pytest.approx(expected)


def test_the_mass_has_its_own_modelling_and_statistics(tables):
    _, mass = tables
    assert float(mass["modelling_percent"]) == pytest.approx(25.0)
    assert float(mass["phase_space_difference_percent"]) == pytest.approx(20.0)
    assert float(mass["common_percent"]) == pytest.approx((2.0**2 + 6.2**2) ** 0.5)
    statistics = 100 * (0.8 / (0.2 * 1000)) ** 0.5
    assert float(mass["mc_statistics_percent"]) == pytest.approx(statistics)
    total = (2.0**2 + 6.2**2 + statistics**2 + 25.0**2) ** 0.5
    assert float(mass["total_percent"]) == pytest.approx(total)
