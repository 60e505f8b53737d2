"""Grids of acceptance and limits: sums of weights, columns, and limits that are known."""

import math

import numpy as np
import pytest

from lnvsearch.recast_grid import (
    GRID_COLUMNS,
    Counting,
    LifetimeSums,
    grid_table,
    shipped_text,
)
from lnvsearch.tables import read_csv, to_csv

CERTAIN = Counting(
    background=(0.5, 0.0), n_parents=1e12, n_parents_relative=0.0, acceptance_relative=0.0,
    method="cls", bounded=False, prior="none", confidence_level=0.90,
)  # fmt: skip


def row(**values):
    return {
        "mass_gev": 0.3, "lifetime_ps": 0.0, "chirality": "isotropic", "acceptance": 0.1,
        "acceptance_statistical": 0.0, "effective_events": 1e6, "observed": 0, **values,
    }  # fmt: skip


def test_sums_over_chunks_give_acceptance_and_effective_events():
    sums = LifetimeSums(np.array([0.0, 1.0]))
    for _ in range(2):
        sums.add(
            {"isotropic": np.ones(4), "v_minus_a": np.array([2.0, 0.0, 2.0, 4.0])},
            np.array([0, 3]), np.array([[1.0, 0.0], [1.0, 0.5]]),
        )  # fmt: skip
    isotropic, isotropic_long, v_minus_a, _ = sums.rows(scale=0.5)
    assert isotropic["acceptance"] == 0.5 * 4 / 8
    assert isotropic["effective_events"] == 4.0
    assert isotropic["acceptance_statistical"] == pytest.approx(0.5 * math.sqrt(4 * 0.5) / 8)
    assert isotropic_long["acceptance"] == 0.5 * 1.0 / 8
    assert v_minus_a["acceptance"] == 0.5 * 12.0 / 16.0
    assert v_minus_a["effective_events"] == pytest.approx(12.0**2 / 40.0)


def test_nothing_seen_and_nothing_uncertain_is_log_ten():
    table = grid_table([row()], CERTAIN)
    assert tuple(table) == GRID_COLUMNS
    assert table["branching_fraction_limit"][0] == pytest.approx(math.log(10) / (1e12 * 0.1))
    assert table["branching_fraction_limit_cls"] == table["branching_fraction_limit"]


def test_the_papers_method_stands_beside_cls():
    counting = Counting(
        background=(0.0, 0.0), n_parents=1.0, n_parents_relative=0.0, acceptance_relative=0.07,
        method="rolke", bounded=False, prior="lognormal-mean", confidence_level=0.90,
    )  # fmt: skip
    table = grid_table([row(observed=1, acceptance=0.1583)], counting)
    # ROOT's TRolke for the BESIII search: 23.187 events.
    assert table["branching_fraction_limit"][0] == pytest.approx(23.187, rel=1e-3)
    assert table["branching_fraction_limit_cls"][0] > table["branching_fraction_limit"][0]
    assert table["acceptance_systematic"][0] == pytest.approx(0.07 * 0.1583)


def test_a_row_has_a_systematic_uncertainty_of_its_own():
    counting = Counting(**{**vars(CERTAIN), "prior": "gamma", "acceptance_relative": 0.03})
    table = grid_table([row(), row(further_relative=0.04)], counting)
    assert table["acceptance_systematic"] == pytest.approx([0.1 * 0.03, 0.1 * 0.05])
    assert table["branching_fraction_limit"][0] < table["branching_fraction_limit"][1]
    assert tuple(table) == GRID_COLUMNS


def test_too_few_events_give_no_limit():
    table = grid_table([row(effective_events=3.0), row(acceptance=0.0, effective_events=0.0), row()],
                       CERTAIN)  # fmt: skip
    assert [math.isnan(limit) for limit in table["branching_fraction_limit"]] == [True, True, False]
    assert grid_table([row(effective_events=0.0)], CERTAIN)["acceptance"] == [0.1]


def test_what_ships_is_rounded_and_has_no_mass_without_a_limit(tmp_path):
    rows = [row(acceptance=1 / 30), row(lifetime_ps=1.0, effective_events=0.0),
            row(mass_gev=0.5, acceptance=0.0), row(mass_gev=0.5, acceptance=0.0, lifetime_ps=1.0)]  # fmt: skip
    (tmp_path / "grid.csv").write_text(to_csv(grid_table(rows, CERTAIN)))
    (tmp_path / "shipped.csv").write_text(shipped_text(tmp_path / "grid.csv"))
    shipped = read_csv(tmp_path / "shipped.csv")
    assert tuple(shipped) == GRID_COLUMNS
    assert shipped["mass_gev"] == [0.3, 0.3]
    assert shipped["acceptance"] == [0.03333, 0.1]
    assert shipped["branching_fraction_limit"][1] is None


def test_limits_weaken_with_the_statistical_uncertainty():
    uncertain = [row(acceptance_statistical=value) for value in (0.0, 0.01, 0.03)]
    table = grid_table(uncertain, Counting(**{**vars(CERTAIN), "prior": "gamma"}))
    limits = table["branching_fraction_limit"]
    assert limits[0] < limits[1] < limits[2] < 1.2 * limits[0]


def test_a_mass_at_which_a_quarter_of_the_decays_selects_nothing_is_given_up():
    none, one = np.zeros(0, dtype=int), np.ones((1, 2))
    sums = LifetimeSums(np.array([0.0, 1.0]))
    sums.add({"isotropic": np.ones(100)}, none, np.empty((0, 2)))
    assert sums.accepts_too_little(400) and not sums.accepts_too_little(401)
    sums.add({"isotropic": np.ones(100)}, np.array([3]), one)
    assert not sums.accepts_too_little(400)
