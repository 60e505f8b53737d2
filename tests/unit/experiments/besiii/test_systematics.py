"""Estimates of systematic uncertainties, and the totals at each mass, from small tables."""

import pytest

from lnvsearch.experiments.besiii.systematics import (
    common_percent,
    efficiency_of,
    estimate,
    mass_rows,
)
from lnvsearch.selection.cutflow import COLUMNS
from lnvsearch.systematics import Estimate, Source
from lnvsearch.tables import table_from_rows

FLOW = [
    ("control", "nominal", "kinematic_fit", 1000, 800, 0.8, 0.01),
    ("control", "nominal", "chi_square", 800, 720, 0.72, 0.01),
    ("control", "pulls_off", "kinematic_fit", 1000, 800, 0.8, 0.01),
    ("control", "pulls_off", "chi_square", 800, 760, 0.76, 0.01),
    ("empty", "nominal", "kinematic_fit", 10, 0, 0.0, 0.1),
    ("empty", "nominal", "chi_square", 0, 0, 0.0, 0.1),
]
CUTFLOW = table_from_rows([dict(zip(COLUMNS, row, strict=True)) for row in FLOW], COLUMNS)
NAMES = ("sample", "model", "mass_gev", "variation", "n_generated", "efficiency",
         "efficiency_uncertainty")
EFFICIENCIES = table_from_rows(
    [dict(zip(NAMES, row, strict=True)) for row in (
        ("signal", "phase_space", None, "nominal", 1000, 0.16, 0.0116),
        ("one_m1.000", "one_majorana", 1.0, "nominal", 1000, 0.15, 0.011),
        ("two_m1.000", "two_majorana", 1.0, "nominal", 1000, 0.20, 0.0126),
        ("two_m1.100", "two_majorana", 1.1, "nominal", 1000, 0.20, 0.0126),
    )],
    NAMES,
)
SOURCES = [
    Source("mdc_tracking", "external", 2.0), Source("kinematic_fit", "external", 6.2),
    Source("mc_statistics", "external", 0.9), Source("mc_modeling", "external", 1.0),
    Source("material", "none"),
]


def test_statistics_and_modelling_are_not_common_to_all_masses():
    assert common_percent(SOURCES) == pytest.approx((2.0**2 + 6.2**2) ** 0.5)


def test_a_mass_has_its_own_modelling_and_statistics():
    (mass,) = mass_rows(EFFICIENCIES, common_percent(SOURCES))
    assert mass["mass_gev"] == 1.0
    assert mass["modelling_percent"] == pytest.approx(25.0)
    assert mass["phase_space_difference_percent"] == pytest.approx(20.0)
    statistics = 100 * (0.8 / (0.2 * 1000)) ** 0.5
    assert mass["mc_statistics_percent"] == pytest.approx(statistics)
    total = (2.0**2 + 6.2**2 + statistics**2 + 25.0**2) ** 0.5
    assert mass["total_percent"] == pytest.approx(total)


def estimated(masses=(), **settings):
    return estimate(Estimate(**settings), CUTFLOW, EFFICIENCIES, masses)


def test_a_difference_compares_the_efficiency_of_its_cut():
    of_cut = {"method": "relative_difference", "sample": "control", "variation": "pulls_off"}
    assert estimated(**of_cut, cut="chi_square").value == pytest.approx(100 * (760 / 720 - 1))
    assert estimated(**of_cut).value == pytest.approx(100 * (760 / 720 - 1))
    assert estimated(**of_cut, cut="kinematic_fit").value == 0.0


def test_statistics_and_modelling_are_estimated():
    statistics = estimated(method="mc_statistics", sample="signal").value
    assert statistics == pytest.approx(100 * (0.84 / (0.16 * 1000)) ** 0.5)
    masses = list(mass_rows(EFFICIENCIES, 0.0))
    assert estimated(masses, method="modelling").value == pytest.approx(25.0)
    assert estimated(method="modelling") is None


def test_an_efficiency_of_one_cut_counts_from_the_cut_before():
    assert efficiency_of(CUTFLOW, "control", "nominal", "chi_square")[0] == 0.9
    assert efficiency_of(CUTFLOW, "control", "nominal")[0] == 0.72
    with pytest.raises(ValueError, match="no event is left before the cut chi_square"):
        efficiency_of(CUTFLOW, "empty", "nominal", "chi_square")
