"""The scan of the cut on chi^2."""

import numpy as np
import pytest

from lnvsearch.experiments.besiii.backgrounds import Background
from lnvsearch.experiments.besiii.cut_scan import cut_grid, scan_chi_square
from lnvsearch.generation.cocktail import CocktailMode
from lnvsearch.generation.models import Decay


def columns(chi_square, weight, in_window=None):
    inside = np.ones(len(weight), bool) if in_window is None else np.array(in_window, bool)
    return {"chi_square": np.array(chi_square), "weight": np.array(weight), "in_window": inside}


def test_a_grid_holds_both_ends():
    assert cut_grid(2.0, 100.0, 1.0)[:2] == [2.0, 3.0]
    assert len(cut_grid(2.0, 100.0, 1.0)) == 99


def test_the_figure_of_merit_is_efficiency_over_one_and_a_half_plus_root_b():
    candidates = {
        "chi_square": np.array([1.0, 3.0, 7.0, 4.0]),
        "passes_signal_window": np.array([True, True, True, False]),
        "passes_chi_square": np.array([True, False, False, True]),
    }
    mode = CocktailMode("one", Decay("J/psi(1S)", ["K+", "K-", "K+", "K-"]), 1e-3, 0.0, "invented")
    backgrounds = [
        Background(mode, weighted, n_generated=1000, n_parents=1e6)
        for weighted in (
            columns(chi_square=[3.0, 60.0], weight=[1.0, 5.0]),
            columns(chi_square=[1.0, 3.0, 4.0], weight=[0.25, 2.75, 7.0], in_window=[1, 1, 0]),
        )
    ]
    found = scan_chi_square(
        candidates, 10, backgrounds, [2.0, 5.0], other_cuts=["polar_angle", "signal_window"],
        punzi_constant=1.5,
    )
    assert found["chi_square_cut"] == [2.0, 5.0]
    assert found["efficiency"] == [0.1, 0.2]
    assert found["background"] == [0.25, 4.0]
    assert found["figure_of_merit"] == pytest.approx([0.1 / 2.0, 0.2 / 3.5])
