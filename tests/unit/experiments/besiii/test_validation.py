"""The mass resolution of candidates."""

import numpy as np
import pytest

from lnvsearch.experiments.besiii.validation import validation_rows


def test_a_gaussian_gives_back_its_width():
    number = 40_000
    mass = np.random.default_rng(2).normal(3.097, 0.008, number)
    resolution, in_window = validation_rows(mass, (3.07, 3.12), channel="kkee")
    uncertainty = resolution["uncertainty"]
    assert resolution["quantity"] == "mass_resolution_mev" and resolution["channel"] == "kkee"
    assert resolution["value"] == pytest.approx(8.0, abs=4 * uncertainty)
    # The spread of the estimate itself, from toys of the same size.
    toys = np.random.default_rng(3).normal(0.0, 8.0, (200, number))
    widths = 0.5 * np.diff(np.quantile(toys, [0.1587, 0.8413], axis=1), axis=0)[0]
    assert uncertainty == pytest.approx(widths.std(), rel=0.25)
    assert in_window["quantity"] == "signal_window_half_width_in_resolutions"
    assert in_window["value"] == pytest.approx(0.025 / 0.008, rel=0.02)
    assert f"{number} candidates" in resolution["note"]


def test_too_few_candidates_are_refused():
    with pytest.raises(ValueError, match=r"only 9 events pass; raise statistics\.signal"):
        list(validation_rows(np.linspace(3.08, 3.11, 9), (3.07, 3.12), channel="kkee"))
