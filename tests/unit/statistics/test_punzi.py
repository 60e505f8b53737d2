"""Punzi's figure of merit: its formula, its limits, and optima against a plain scan."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.statistics import punzi


def test_the_form_that_besiii_prints():
    efficiency, background = np.array([0.30, 0.22]), np.array([6.0, 0.5])
    np.testing.assert_allclose(
        punzi.figure_of_merit(efficiency, background),
        efficiency / (1.5 + np.sqrt(background)),
        rtol=1e-15,
    )


@settings(deadline=None, max_examples=50)
@given(st.floats(0.01, 1.0), st.floats(0.0, 1e4), st.floats(0.1, 6.0))
def test_scaling_and_monotony(efficiency, background, significance):
    merit = punzi.figure_of_merit(efficiency, background, significance)
    assert isinstance(merit, float)
    twice = punzi.figure_of_merit(2.0 * efficiency, background, significance)
    assert twice == pytest.approx(2.0 * merit, rel=1e-12)
    assert punzi.figure_of_merit(efficiency, background + 1.0, significance) < merit
    assert punzi.figure_of_merit(efficiency, background, significance + 1.0) < merit
    assert merit <= 2.0 * efficiency / significance * (1.0 + 1e-12)


def test_optimum_of_a_smooth_scan():
    """For efficiency x and background x^4 k the derivative vanishes at k x^4 = (a/2)^2."""
    x = np.linspace(0.01, 1.0, 100_001)
    best = punzi.optimum(x, 16.0 * x**4, significance=3.0)
    exact = (1.5**2 / 16.0) ** 0.25
    assert best.efficiency == pytest.approx(exact, abs=2e-5)
    assert best.figure_of_merit == pytest.approx(exact / 3.0, rel=1e-8)
    assert best.background == pytest.approx(2.25, rel=1e-3)


def test_optimum_of_a_two_dimensional_scan():
    efficiency = np.array([[0.30, 0.28, 0.10], [0.29, 0.27, 0.09]])
    background = np.array([[9.0, 4.0, 0.0], [4.0, 0.2, 0.0]])
    best = punzi.optimum(efficiency, background)
    assert best.index == (1, 1)
    assert (best.efficiency, best.background) == (0.27, 0.2)
    assert punzi.optimum([0.2, 0.2], 1.0).index == 0


def test_best_threshold_against_every_possible_one():
    generator = np.random.Generator(np.random.Philox(5))
    signal = generator.normal(1.0, 1.0, 300)
    background, weight = generator.normal(-1.0, 1.0, 500), generator.uniform(0.0, 0.4, 500)
    threshold, best = punzi.optimal_threshold(signal, background, 1000, weight)
    trials = np.concatenate([signal, background, np.linspace(-5.0, 5.0, 400)])
    merits = [
        punzi.figure_of_merit((signal >= t).sum() / 1000, weight[background >= t].sum())
        for t in trials
    ]
    assert best.figure_of_merit == pytest.approx(max(merits), rel=1e-12)
    assert best.efficiency == (signal >= threshold).sum() / 1000
    assert best.background == pytest.approx(weight[background >= threshold].sum(), rel=1e-12)


def test_no_background_keeps_every_signal_event():
    threshold, best = punzi.optimal_threshold([0.3, 0.1, 0.2], [], 10)
    assert threshold == 0.1
    assert best.figure_of_merit == pytest.approx(0.3 / 1.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: punzi.figure_of_merit(-0.1, 1.0), "efficiency"),
        (lambda: punzi.figure_of_merit(0.1, -1.0), "background"),
        (lambda: punzi.figure_of_merit(0.1, float("nan")), "background"),
        (lambda: punzi.figure_of_merit(0.1, 1.0, 0.0), "significance"),
        (lambda: punzi.optimum([], []), "at least one point"),
        (lambda: punzi.optimal_threshold([], [1.0], 10), "at least one event"),
        (lambda: punzi.optimal_threshold([1.0, 2.0], [1.0], 1), "generated_signal"),
        (lambda: punzi.optimal_threshold([1.0], [1.0], 1, -1.0), "background_weight"),
        (lambda: punzi.optimal_threshold([float("nan")], [1.0], 1), "signal"),
    ],
)
def test_values_outside_their_range(call, message):
    with pytest.raises(ValueError, match=message):
        call()
