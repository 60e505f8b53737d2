"""Profile-likelihood limits: defining property, conventions, references, published number."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln, xlogy

from lnvsearch.statistics import (
    BinomialEfficiency,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    Interval,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    rolke,
)

REFERENCE = Path(__file__).parents[2] / "reference" / "rolke_trolke.json"
CASES = json.loads(REFERENCE.read_text())["cases"]
MODELS = sorted({case["model"] for case in CASES})


def reference_experiment(a: dict) -> CountingExperiment:
    """Experiment of one TRolke argument set."""
    if "b" in a:
        background = KnownBackground(a["b"])
    elif "bm" in a:
        background = GaussianBackground(a["bm"], a["sdb"])
    else:
        background = PoissonBackground(a["y"], a["tau"])
    if "e" in a:
        efficiency = KnownEfficiency(a["e"])
    elif "em" in a:
        efficiency = GaussianEfficiency(a["em"], a["sde"])
    else:
        efficiency = BinomialEfficiency(a["z"], a["m"])
    return CountingExperiment(a["x"], background, efficiency)


@pytest.mark.parametrize("model", MODELS)
def test_trolke_where_it_is_sound_and_the_exact_profile_everywhere(model):
    for case in (case for case in CASES if case["model"] == model):
        got = rolke.interval(
            reference_experiment(case["arguments"]), case["confidence_level"], case["bounded"]
        )
        if case["quality"] == "ok":
            assert got.upper == pytest.approx(case["upper_trolke"], rel=1e-4)
            assert got.lower == pytest.approx(case["lower_trolke"], rel=3e-3)
        assert got.upper == pytest.approx(case["upper_exact"], rel=1e-8)
        assert got.lower == pytest.approx(case["lower_exact"], rel=1e-8)


def test_reference_holds_every_kind_of_case():
    qualities = {case["quality"] for case in CASES}
    assert len(MODELS) == 7
    assert qualities == {
        "ok",
        "efficiency_divided_twice",
        "lower_trial_spoils_upper",
        "profile_inexact",
        "background_not_profiled",
    }


def test_one_event_without_background_in_the_besiii_search():
    """Efficiency 15.83 %, relative uncertainty 7 %, one event, no background, 90 %: 23.187."""
    efficiency = GaussianEfficiency(0.1583, 0.07 * 0.1583)
    experiment = CountingExperiment(1, KnownBackground(0.0), efficiency)
    assert rolke.interval(experiment, 0.90).upper == pytest.approx(23.187, abs=5e-4)


# --- generated experiments -------------------------------------------------------------------

uncertainty = st.floats(0.0, 0.25)
backgrounds = st.one_of(
    st.builds(KnownBackground, st.floats(0.0, 50.0)),
    st.builds(
        lambda mean, relative: GaussianBackground(mean, relative * mean),
        st.floats(0.0, 50.0),
        st.floats(0.0, 1.0),
    ),
    st.builds(PoissonBackground, st.integers(0, 200), st.floats(0.3, 50.0)),
)
efficiencies = st.one_of(
    st.builds(KnownEfficiency, st.floats(1e-9, 1e9)),
    st.builds(
        lambda mean, relative: GaussianEfficiency(mean, relative * mean),
        st.floats(1e-9, 1e9),
        uncertainty,
    ),
    st.builds(
        lambda passed, failed: BinomialEfficiency(passed, passed + failed),
        st.integers(1, 10**6),
        st.integers(0, 10**6),
    ),
)
levels = st.sampled_from([0.5, 0.6827, 0.9, 0.95, 0.99, 0.9999])
counts = st.one_of(st.integers(1, 30), st.integers(31, 100_000))


@settings(deadline=None, max_examples=200)
@given(counts, backgrounds, efficiencies, levels)
def test_minus_two_log_lambda_at_the_ends_equals_the_threshold(
    observed, background, efficiency, level
):
    experiment = CountingExperiment(observed, background, efficiency)
    got = rolke.interval(experiment, level)
    target = rolke.threshold(level)
    best = (observed - float(background.estimate)) / float(efficiency.estimate)
    if best < 0.0 and rolke.minus_two_log_lambda(experiment, 0.0) >= target:
        return  # another count was used in place of this one
    if np.isfinite(got.upper):
        assert got.upper >= max(best, 0.0)
        assert rolke.minus_two_log_lambda(experiment, got.upper) == pytest.approx(target, rel=1e-8)
    if got.lower > 0.0:
        assert got.lower < best
        assert rolke.minus_two_log_lambda(experiment, got.lower) == pytest.approx(target, rel=1e-8)
    else:
        assert rolke.minus_two_log_lambda(experiment, 0.0) <= target * (1 + 1e-8)


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 30), backgrounds, efficiencies, levels)
def test_bounded_threshold_counts_from_zero_signal_after_a_downward_fluctuation(
    observed, background, efficiency, level
):
    experiment = CountingExperiment(observed, background, efficiency)
    got = rolke.interval(experiment, level, bounded=True)
    free = rolke.interval(experiment, level)
    if observed >= float(background.estimate):
        assert (got.lower, got.upper) == (free.lower, free.upper)
        return
    assert got.lower == 0.0
    if np.isfinite(got.upper):
        at_zero = rolke.minus_two_log_lambda(experiment, 0.0)
        value = rolke.minus_two_log_lambda(experiment, got.upper)
        assert value - at_zero == pytest.approx(rolke.threshold(level), rel=1e-7)


@settings(deadline=None, max_examples=60)
@given(backgrounds, efficiencies, levels)
def test_limits_rise_with_the_count_and_with_the_level(background, efficiency, level):
    observed = np.arange(1, 40)
    bounded = rolke.interval(CountingExperiment(observed, background, efficiency), level, True)
    assert (np.diff(bounded.upper[np.isfinite(bounded.upper)]) > 0).all()
    assert (np.diff(bounded.lower) >= 0).all()
    ladder = np.array([0.5, 0.6827, 0.9, 0.95, 0.99, 0.9999])
    one = rolke.interval(CountingExperiment(7, background, efficiency), ladder, True)
    assert (np.diff(one.upper[np.isfinite(one.upper)]) > 0).all()
    assert (np.diff(one.lower) <= 0).all()


# --- conventions -----------------------------------------------------------------------------


@pytest.mark.parametrize("bounded", [False, True])
@pytest.mark.parametrize(
    "background", [KnownBackground(0.3), GaussianBackground(0.0, 0.2), PoissonBackground(0, 2.0)]
)
def test_no_count_extrapolates_from_one_and_two(background, bounded):
    efficiency = BinomialEfficiency(30, 100)

    def limit(n):
        return rolke.interval(CountingExperiment(n, background, efficiency), 0.9, bounded)

    assert limit(0).upper == pytest.approx(2 * limit(1).upper - limit(2).upper, rel=1e-12)
    assert limit(0).lower == 0.0


def test_unbounded_counts_far_below_the_background_climb_to_the_first_positive_limit():
    background, efficiency = KnownBackground(20.0), KnownEfficiency(1.0)
    upper = rolke.upper_limit(CountingExperiment(np.arange(25), background, efficiency), 0.9)
    values = 2.0 * (20.0 - np.arange(25) + xlogy(np.arange(25), np.arange(25) / 20.0))
    first = np.flatnonzero(values < rolke.threshold(0.9))[0]
    assert 10 < first < 20
    assert (upper[: first + 1] == upper[first]).all()
    assert (np.diff(upper[first:]) > 0).all()
    assert upper[first] > 0.0


def test_a_vanishing_extrapolation_ends_at_zero_bounded_and_at_one_count_unbounded():
    """b = 3.6: the limit of one count is so small that 2 U(1) - U(2) is negative."""
    efficiency = KnownEfficiency(1.0)
    one = rolke.upper_limit(CountingExperiment(1, KnownBackground(3.6), efficiency), 0.9)
    none = rolke.upper_limit(CountingExperiment(0, KnownBackground(3.6), efficiency), 0.9)
    assert 0.0 < one < 0.1
    assert none == one
    bounded = rolke.interval(CountingExperiment(0, KnownBackground(3.6), efficiency), 0.9, True)
    assert bounded.lower == 0.0
    assert bounded.upper >= 0.0


def test_a_gaussian_background_of_zero_mean_is_1e_5():
    efficiency = GaussianEfficiency(0.2, 0.01)
    zero = rolke.interval(CountingExperiment(2, GaussianBackground(0.0, 0.3), efficiency))
    tiny = rolke.interval(CountingExperiment(2, GaussianBackground(1e-5, 0.3), efficiency))
    assert (zero.lower, zero.upper) == (tiny.lower, tiny.upper)


def test_an_efficiency_compatible_with_zero_bounds_nothing():
    experiment = CountingExperiment(3, KnownBackground(0.5), GaussianEfficiency(0.2, 0.13))
    assert rolke.interval(experiment, 0.90).upper == np.inf  # 0.13 * 1.645 > 0.2
    assert np.isfinite(rolke.interval(experiment, 0.85).upper)


def test_vanishing_uncertainties_are_the_limit_of_small_ones():
    observed = np.array([0, 1, 2, 5, 50])
    known = rolke.interval(CountingExperiment(observed, KnownBackground(1.5), KnownEfficiency(0.2)))
    for small in (0.0, 1e-7):
        pairs = [
            (GaussianBackground(1.5, small), KnownEfficiency(0.2)),
            (KnownBackground(1.5), GaussianEfficiency(0.2, small)),
            (GaussianBackground(1.5, small), GaussianEfficiency(0.2, small)),
        ]
        for background, efficiency in pairs:
            got = rolke.interval(CountingExperiment(observed, background, efficiency))
            assert got.upper == pytest.approx(known.upper, rel=1e-9)
            assert got.lower == pytest.approx(known.lower, rel=1e-9)
    background, efficiency = PoissonBackground(1.5e14, 1e14), BinomialEfficiency(2e13, 1e14)
    many = rolke.interval(CountingExperiment(observed, background, efficiency))
    assert many.upper == pytest.approx(known.upper, rel=1e-6)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
def test_limits_scale_with_the_inverse_efficiency(scale):
    observed = np.array([0, 1, 4, 1000])
    reference = CountingExperiment(observed, KnownBackground(0.4), GaussianEfficiency(1.0, 0.05))
    scaled = CountingExperiment(
        observed, KnownBackground(0.4), GaussianEfficiency(scale, 0.05 * scale)
    )
    expected, got = rolke.interval(reference), rolke.interval(scaled)
    assert got.upper * scale == pytest.approx(expected.upper, rel=1e-12)
    assert got.lower * scale == pytest.approx(expected.lower, rel=1e-12)


def test_large_counts_approach_the_normal_interval():
    observed, background = 1e10, 1e9
    experiment = CountingExperiment(
        observed, GaussianBackground(background, 2e4), GaussianEfficiency(0.5, 0.0)
    )
    got = rolke.interval(experiment, 0.90)
    half_width = np.sqrt(rolke.threshold(0.90) * (observed + 2e4**2)) / 0.5
    best = (observed - background) / 0.5
    assert got.upper - best == pytest.approx(half_width, rel=1e-4)
    assert best - got.lower == pytest.approx(half_width, rel=1e-4)


@pytest.mark.parametrize("background", [1e5, 1e9, 1e12])
def test_huge_backgrounds_neither_hang_nor_warn(background):
    experiment = CountingExperiment(
        [0, 1, 1000], KnownBackground(background), GaussianEfficiency(0.1, 0.01)
    )
    for bounded in (False, True):
        for level in (0.5, 0.9, 0.9999):
            upper = rolke.upper_limit(experiment, level, bounded)
            assert np.isfinite(upper).all()
            assert (upper >= 0.0).all()


def test_counts_beyond_the_resolution_are_refused():
    for experiment in (
        CountingExperiment(1, KnownBackground(1e13), KnownEfficiency(0.1)),
        CountingExperiment(1e13, KnownBackground(1.0), KnownEfficiency(0.1)),
    ):
        with pytest.raises(ValueError, match="at most 1e.12 counts"):
            rolke.interval(experiment)


# --- shapes and errors -----------------------------------------------------------------------


def test_a_mixed_array_gives_each_experiment_its_own_limit():
    observed = np.array([0, 0, 1, 3, 0, 250, 2])
    mean = np.array([0.0, 30.0, 0.0, 12.0, 0.5, 100.0, 0.1])
    sigma = np.array([0.0, 2.0, 0.0, 3.0, 0.1, 0.0, 0.4])
    value = np.array([0.1, 1e-9, 0.5, 2.0, 1e6, 0.3, 0.2])
    width = value * np.array([0.0, 0.1, 0.2, 0.0, 0.05, 0.01, 0.9])
    level = np.array([0.5, 0.9, 0.95, 0.9, 0.9999, 0.6827, 0.9])
    together = rolke.interval(
        CountingExperiment(
            observed, GaussianBackground(mean, sigma), GaussianEfficiency(value, width)
        ),
        level,
    )
    for i in range(observed.size):
        alone = rolke.interval(
            CountingExperiment(
                observed[i],
                GaussianBackground(mean[i], sigma[i]),
                GaussianEfficiency(value[i], width[i]),
            ),
            level[i],
        )
        assert isinstance(alone, Interval)
        assert isinstance(alone.upper, float)
        assert (together.lower[i], together.upper[i]) == (alone.lower, alone.upper)


def test_everything_broadcasts():
    experiment = CountingExperiment(
        np.arange(4)[:, None], KnownBackground([0.0, 0.5, 1.0]), KnownEfficiency(0.2)
    )
    got = rolke.interval(experiment, np.array([0.9, 0.95])[:, None, None])
    assert got.upper.shape == got.lower.shape == (2, 4, 3)
    single = CountingExperiment(3, KnownBackground(0.5), KnownEfficiency(0.2))
    assert got.upper[1, 3, 1] == rolke.upper_limit(single, 0.95)
    empty = CountingExperiment(np.array([], int), KnownBackground(0.0), KnownEfficiency(1.0))
    assert rolke.interval(empty).upper.shape == (0,)
    with pytest.raises(ValueError, match="confidence_level"):
        rolke.interval(experiment, np.array([0.9, 0.95]))


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, 90, float("nan"), [0.9, 1.2]])
def test_confidence_levels_outside_their_range_are_refused(level):
    experiment = CountingExperiment(1, KnownBackground(0.0), KnownEfficiency(1.0))
    with pytest.raises(ValueError, match="confidence_level"):
        rolke.interval(experiment, level)


def test_the_likelihood_function_refuses_a_negative_signal():
    with pytest.raises(ValueError, match="signal"):
        rolke.minus_two_log_lambda(
            CountingExperiment(1, KnownBackground(0.0), KnownEfficiency(1.0)), -1.0
        )


def test_coverage_without_background_at_90_percent():
    """Sum over n of the Poisson probabilities whose interval holds the true mean."""
    n = np.arange(0, 400)
    got = rolke.interval(CountingExperiment(n, KnownBackground(0.0), KnownEfficiency(1.0)), 0.90)
    expected = {1: 0.981, 2: 0.812, 3: 0.917, 4: 0.857, 5: 0.928, 10: 0.884}
    for mu, coverage in expected.items():
        probability = np.exp(n * np.log(mu) - mu - gammaln(n + 1.0))
        covered = (got.lower <= mu) & (mu <= got.upper)
        assert probability[covered].sum() == pytest.approx(coverage, abs=6e-4)
