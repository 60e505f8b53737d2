"""Expected backgrounds from weights whose sums are known."""

import math

import numpy as np
import pytest

from lnvsearch.event_files import tree_file
from lnvsearch.experiments.besiii.backgrounds import (
    Background,
    background_row,
    estimate_backgrounds,
    spectrum_rows,
    total_background,
)
from lnvsearch.generation.cocktail import CocktailMode
from lnvsearch.generation.models import Decay
from lnvsearch.selection.mass_regions import ACCEPTANCE_COLUMNS
from lnvsearch.tables import table_from_rows, to_csv

WEIGHTED = {
    "chi_square": np.array([5.0, 15.0, 25.0, 10.0]),
    "mass_gev": np.array([3.0951, 3.0953, 3.0951, 3.0301]),
    "in_window": np.array([True, True, True, False]),
    "weight": np.array([0.03, 0.04, 0.5, 0.2]),
    "map_uncertainty": np.array([0.003, 0.004, 0.05, 0.02]),
    "fits_best": np.array([True, True, True, True]),
}
PLACE = {"chi_square_cut": 20.0, "selection": "lnv"}


def mode(sample="bkg_kkpipi"):
    decay = Decay("J/psi(1S)", ["K+", "K-", "pi+", "pi-"])
    return CocktailMode(sample, decay, 1e-3, 2e-4, "the table")


def background(weighted=WEIGHTED):
    """1000 events for 10^6 decays with a branching fraction of 10^-3: each counts once."""
    return Background(mode(), weighted, n_generated=1000, n_parents=1e6)


def test_a_row_adds_the_weights_in_the_window_below_the_cut():
    row = background_row(background(), **PLACE)
    assert row["expected_events"] == pytest.approx(0.07)
    assert row["statistical_uncertainty"] == pytest.approx(0.05)  # sqrt(0.03^2 + 0.04^2)
    assert row["systematic_uncertainty"] == pytest.approx(math.hypot(0.007, 0.2 * 0.07))
    assert row["expected_events_uncertainty"] == pytest.approx(math.hypot(0.05, 0.007, 0.014))
    assert row["effective_events"] == pytest.approx((0.07 / 0.05) ** 2)
    assert row["effective_jpsi"] == pytest.approx(1e6 * 0.07 / 0.05**2)
    assert row["survival_percent"] == pytest.approx(0.2)
    assert (row["sample"], row["region"]) == ("bkg_kkpipi", "all")


def test_nothing_left_is_no_uncertainty_of_zero_over_zero():
    nothing = {name: values[:0] for name, values in WEIGHTED.items()}
    row = background_row(background(nothing), **PLACE)
    assert (row["expected_events"], row["effective_events"], row["effective_jpsi"]) == (0, 0, None)
    assert row["statistical_uncertainty"] == 1.0  # one whole event, for nothing says that it is less


def test_a_decay_without_events_left_is_bounded_by_its_heaviest_assignment():
    worse = {**WEIGHTED, "fits_best": np.zeros(4, dtype=bool)}
    found = Background.of_assignments(mode(), worse, 1000, 1e6)
    row = background_row(found, **PLACE)
    assert (row["expected_events"], row["effective_events"]) == (0.0, 0.0)
    assert row["statistical_uncertainty"] == 0.5
    some = Background.of_assignments(mode(), WEIGHTED, 1000, 1e6)
    assert background_row(some, **PLACE)["expected_events"] == pytest.approx(0.07)


def test_a_spectrum_holds_the_mass_outside_the_window_too():
    rows = [row for row in spectrum_rows(background(), **PLACE) if row["expected_events"]]
    assert [row["expected_events"] for row in rows] == pytest.approx([0.2, 0.07])
    for row, mass in zip(rows, (3.0301, 3.0951)):
        assert row["mass_low_gev"] <= mass < row["mass_high_gev"]
    assert rows[1]["uncertainty"] == pytest.approx(0.05)


def test_backgrounds_add_up():
    rows = [
        {"expected_events": 3.0, "expected_events_uncertainty": 0.3, "effective_events": 9.0},
        {"expected_events": 4.0, "expected_events_uncertainty": 0.4, "effective_events": 9.0},
        {"expected_events": 0.0, "expected_events_uncertainty": 2.0, "effective_events": 0.0,
         "statistical_uncertainty": 2.0},
    ]
    inclusive = {"generated_events": 1000, "effective_events": 0}
    total = total_background(
        rows, inclusive=inclusive, n_parents=1e10, continuum_events=2.0,
        continuum_provenance="memory",
    )
    assert total["cocktail_events"] == 7.0
    assert total["cocktail_events_uncertainty"] == pytest.approx(0.5)
    assert total["background_events"] == 9.0
    # -ln(0.1) events at 90 % confidence, each for 10^7 decays.
    assert total["inclusive_upper_limit_90"] == pytest.approx(2.3026e7, rel=1e-4)
    some = total_background(
        rows, inclusive={**inclusive, "effective_events": 3}, n_parents=1e10,
        continuum_events=0.0, continuum_provenance="memory",
    )
    assert total["background_left_out"] == pytest.approx(2 * 2.302585)
    assert some["background_left_out"] == total["background_left_out"]
    assert some["inclusive_upper_limit_90"] is None
    assert some["inclusive_expected_events"] == 3e7


COCKTAIL = """sample,daughters,branching_fraction,branching_fraction_uncertainty,source,note
bkg_kkpipi,"[K+, K-, pi+, pi-]",0.001,0.0002,the table,
bkg_4k,"[K+, K-, K+, K-]",0.001,0.0002,the table,
"""
CONTINUUM = {
    "points": [{"energy_gev": 3.08, "luminosity_per_pb": 168.0, "observed": 0}],
    "on_resonance_luminosity_per_pb": 1.0, "on_resonance_energy_gev": 3.097,
    "provenance": "memory",
}


def test_an_estimate_takes_the_numbers_of_events_from_the_acceptances(tmp_path):
    place = ("nominal", "lnv", "all", 0.0, 0.001)
    acceptance = [("bkg_kkpipi", *place, 0, 1000), ("bkg_4k", *place, 0, 2000),
                  ("inclusive", *place, 0, 500)]
    table = table_from_rows(
        [dict(zip(ACCEPTANCE_COLUMNS, row, strict=True)) for row in acceptance],
        ACCEPTANCE_COLUMNS,
    )
    (tmp_path / "acceptance.csv").write_text(to_csv(table))
    (tmp_path / "cocktail.csv").write_text(COCKTAIL)
    with tree_file(tmp_path / "selected.root") as write:
        write("Weighted", WEIGHTED)
    inputs = {
        "acceptance": str(tmp_path / "acceptance.csv"),
        "cocktail": str(tmp_path / "cocktail.csv"),
        "selected": [str(tmp_path / "selected.root")] * 2,
    }
    found = estimate_backgrounds(inputs, {
        "samples": ["bkg_4k", "bkg_kkpipi"], "selection": "lnv", "n_parents": 1e6,
        "chi_square_cut": 20.0, "inclusive_sample": "inclusive", "continuum": CONTINUUM,
    })
    assert found["background"]["sample"] == ["bkg_kkpipi", "bkg_4k"]
    assert found["background"]["expected_events"] == pytest.approx([0.07, 0.035])
    assert len(found["spectra"]["sample"]) == 200
    assert found["total"]["background_events"] == pytest.approx(0.105)
    assert found["total"]["inclusive_generated"] == 500
