"""Coverage: known values, the guarantees that methods give, and toys as the independent road."""

import numpy as np
import pytest

from lnvsearch.statistics import (
    BinomialEfficiency,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    cls,
    notes,
    rolke,
)
from lnvsearch.statistics.coverage import coverage
from lnvsearch.statistics.methods import interval


def known(background, efficiency=1.0):
    return CountingExperiment(0, KnownBackground(background), KnownEfficiency(efficiency))


def test_rolke_without_background():
    result = coverage(known(0.0), [1.0, 2.0, 3.0, 4.0, 5.0, 10.0], "rolke", 0.90)
    np.testing.assert_allclose(
        result.interval, [0.981, 0.812, 0.917, 0.857, 0.928, 0.884], atol=0.0006
    )
    assert np.all(result.interval_uncertainty == 0.0)
    wide = coverage(known(0.0), np.linspace(0.0, 10.0, 2001), "rolke", 0.90)
    assert wide.interval.mean() == pytest.approx(0.906, abs=0.0006)


def test_efficiency_only_rescales_the_signal():
    signal = np.linspace(0.0, 12.0, 49)
    one = coverage(known(1.3), signal, "cls")
    half = coverage(known(1.3, 0.5), signal / 0.5, "cls")
    np.testing.assert_allclose(half.upper, one.upper, atol=1e-10)


@pytest.mark.parametrize("background", [0.0, 0.7, 4.2])
@pytest.mark.parametrize("level", [0.68, 0.90, 0.95])
def test_methods_that_promise_coverage_keep_it(background, level):
    signal = np.linspace(0.0, 25.0, 501)
    exact = coverage(known(background), signal, "feldman-cousins", level)
    assert exact.interval.min() >= level - 1e-9
    modified = coverage(known(background), signal, "cls", level)
    assert modified.upper.min() >= level - 1e-9
    # CLs over-covers where the signal is small against the background.
    if background == 4.2:
        assert modified.upper[1] > level + 0.02


def test_feldman_cousins_does_not_waste_coverage():
    """The construction stops at the first count that reaches the level, so the excess is bounded."""
    signal = np.linspace(3.0, 25.0, 400)
    result = coverage(known(1.0), signal, "feldman-cousins", 0.90)
    # No acceptance region exceeds the level by more than its least likely count.
    assert result.interval.max() < 0.90 + 0.12
    assert result.interval.mean() < 0.94


def test_zero_signal_and_zero_background_observe_nothing():
    result = coverage(known(0.0), 0.0, "feldman-cousins")
    assert result.interval.shape == ()
    assert result.interval == 1.0


def test_large_means_are_summed_completely():
    """Far from zero the central interval is the Gaussian one, and s = 0 is always below U."""
    result = coverage(known(400.0), [0.0, 600.0, 1500.0], "rolke", 0.6826894921)
    np.testing.assert_allclose(result.interval[1:], 0.683, atol=0.015)
    np.testing.assert_allclose(result.upper[1:], 0.841, atol=0.015)
    assert result.upper[0] == pytest.approx(1.0, abs=1e-10)
    extreme = coverage(known(0.0), 1e5, "feldman-cousins", 0.90)
    assert extreme.interval == pytest.approx(0.90, abs=0.003)


def test_sum_over_counts_agrees_with_toys():
    experiment, signal = known(1.5, 0.4), np.array([2.0, 8.0, 20.0])
    generator = np.random.Generator(np.random.Philox(7))
    counts = generator.poisson(0.4 * signal + 1.5, (20_000, 3))
    # A count is drawn often, its limits are computed once.
    drawn, places = np.unique(counts, return_inverse=True)
    limits = rolke.interval(CountingExperiment(drawn, KnownBackground(1.5), KnownEfficiency(0.4)), 0.90)
    lower, upper = (ends[places.reshape(counts.shape)] for ends in (limits.lower, limits.upper))
    held = (lower <= signal) & (signal <= upper)
    error = held.std(axis=0) / np.sqrt(20_000)
    exact = coverage(experiment, signal, "rolke", 0.90)
    assert np.all(np.abs(held.mean(axis=0) - exact.interval) < 4.0 * error)


# --- uncertain background and efficiency ---------------------------------------------------------


@pytest.mark.parametrize(
    ("background", "efficiency"),
    [
        (GaussianBackground(2.0, 0.5), GaussianEfficiency(0.3, 0.03)),
        (PoissonBackground(6, 3.0), BinomialEfficiency(60, 200)),
    ],
)
def test_drawn_measurements_agree_with_complete_toys(background, efficiency):
    """Toys that draw the count too, with measurements redrawn here, give the same coverage."""
    experiment, signal, toys = CountingExperiment(0, background, efficiency), 15.0, 4000
    generator = np.random.Generator(np.random.Philox(11))
    counts = generator.poisson(signal * efficiency.estimate + background.estimate, toys)
    if isinstance(background, GaussianBackground):
        b = GaussianBackground(np.maximum(generator.normal(2.0, 0.5, toys), 0.0), 0.5)
        e = GaussianEfficiency(generator.normal(0.3, 0.03, toys), 0.03)
    else:
        b = PoissonBackground(generator.poisson(6, toys), 3.0)
        e = BinomialEfficiency(generator.binomial(200, 0.3, toys), 200)
    limits = rolke.interval(CountingExperiment(counts, b, e), 0.90)
    held = (limits.lower <= signal) & (signal <= limits.upper)
    result = coverage(experiment, signal, "rolke", 0.90, draws=150, seed=3)
    error = np.hypot(held.std() / np.sqrt(toys), result.interval_uncertainty)
    assert 0.0 < result.interval_uncertainty < 0.02
    assert abs(held.mean() - result.interval) < 4.0 * error


def test_seed_fixes_the_result_and_another_seed_changes_it():
    experiment = CountingExperiment(0, GaussianBackground(2.0, 0.5), GaussianEfficiency(0.3, 0.03))
    first, same, other = (
        coverage(experiment, [5.0, 15.0], "rolke", draws=20, seed=seed).upper for seed in (1, 1, 2)
    )
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_measurements_kept_at_the_truth_need_no_draws():
    experiment = CountingExperiment(0, GaussianBackground(2.0, 0.5), GaussianEfficiency(0.3, 0.03))
    result = coverage(experiment, [5.0, 15.0], "cls", fluctuate=False)
    assert np.all(result.upper_uncertainty == 0.0)
    counts = np.arange(60)
    upper = cls.upper_limit(
        CountingExperiment(counts, experiment.background, experiment.efficiency)
    )
    from scipy.special import pdtr

    first_covering = counts[np.searchsorted(upper, 15.0)]
    assert result.upper[1] == pytest.approx(1.0 - pdtr(first_covering - 1, 6.5), abs=1e-10)


# --- the dispatch and errors ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"signal": [-1.0]}, "signal"),
        ({"signal": []}, "signal must hold"),
        ({"method": "fc"}, "method must be one of"),
        ({"confidence_level": 90.0}, "confidence_level"),
        ({"draws": 1}, "draws"),
        ({"prior": "gamma"}, "'prior' does not belong to rolke"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        coverage(known(1.0), **{"signal": [1.0], **arguments})


def test_only_a_single_experiment():
    with pytest.raises(ValueError, match="experiment must be a single one"):
        coverage(known([1.0, 2.0]), [1.0])


@pytest.mark.parametrize("method", ["rolke", "cls", "feldman-cousins", "bayesian"])
def test_every_method_by_name(method):
    experiment = CountingExperiment([0, 5], KnownBackground(1.0), KnownEfficiency(0.5))
    result = interval(method, experiment, 0.90)
    assert result.lower.shape == result.upper.shape == (2,)
    assert result.upper[1] > result.upper[0] > result.lower[0] == 0.0


@pytest.mark.parametrize(
    ("background", "sigma", "relative"),
    [(0.91, 0.41, 0.03), (2.0, 0.6, 0.1), (5.0, 1.0, 0.0), (0.5, 0.0, 0.2)],
)
def test_every_default_covers_or_its_notes_say_that_it_may_not(background, sigma, relative):
    # The estimates are the truth, the sums over counts exact.
    truth = CountingExperiment(
        1, GaussianBackground(background, sigma), GaussianEfficiency(1.0, relative)
    )
    signal = np.linspace(0.0, 12.0, 481)
    for method in ("rolke", "cls", "bayesian", "feldman-cousins"):
        least = coverage(truth, signal, method, 0.90, fluctuate=False).interval.min()
        (texts,) = notes.notes(method, truth, 0.90, interval(method, truth, 0.90))
        warned = any(text.startswith("under-covers") for text in texts)
        assert least >= 0.90 - 0.001 or warned
        assert warned == (method != "feldman-cousins")
        if method in ("cls", "bayesian"):
            assert least >= 0.898
