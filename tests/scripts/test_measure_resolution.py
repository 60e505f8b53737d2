"""The mass resolution of candidates."""

import json

import numpy as np
import pytest
import uproot
from measure_resolution import measure_resolution


def test_a_gaussian_gives_back_its_width(tmp_path):
    number = 40_000
    mass = np.random.default_rng(2).normal(3.097, 0.008, number)
    yes = np.ones(number, dtype=bool)
    with uproot.recreate(tmp_path / "selected.root") as file:
        file["Candidates"] = {"mass_gev": mass, "passes_smallest_chi_square": yes,
                              "passes_chi_square": yes, "passes_conversion_veto": yes}
    measure_resolution(tmp_path / "selected.root", tmp_path / "out.json", [3.07, 3.12])
    found = json.loads((tmp_path / "out.json").read_text())
    uncertainty = found["mass_resolution_gev_uncertainty"]
    assert found["mass_resolution_gev"] == pytest.approx(0.008, abs=4 * uncertainty)
    # The spread of the estimate itself, from toys of the same size.
    toys = np.random.default_rng(3).normal(0.0, 0.008, (200, number))
    widths = 0.5 * np.diff(np.quantile(toys, [0.1587, 0.8413], axis=1), axis=0)[0]
    assert uncertainty == pytest.approx(widths.std(), rel=0.25)
    assert found["window_half_width_in_resolutions"] == pytest.approx(0.025 / 0.008, rel=0.02)
