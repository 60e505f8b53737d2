"""Unified intervals: the defining property first, then ROOT and the tables of the 1998 paper."""

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
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    feldman_cousins,
    nuisance,
)

CASES = json.loads(
    (Path(__file__).parents[2] / "reference" / "feldman_cousins_cases.json").read_text()
)["cases"]


def known(observed, background, efficiency=1.0):
    return CountingExperiment(observed, KnownBackground(background), KnownEfficiency(efficiency))


def preceding_probability(observed, background, signal):
    """Summed probability of the counts that rank before `observed`: n is accepted below the CL."""
    largest = int(observed + background + signal + 60 + 12 * np.sqrt(background + signal))
    k = np.arange(largest)
    best = np.maximum(k, background)
    log_p = xlogy(k, signal + background) - signal - background - gammaln(k + 1)
    log_ratio = log_p - (xlogy(k, best) - best - gammaln(k + 1))
    return np.exp(log_p)[log_ratio > log_ratio[observed]].sum()


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 60),
    st.floats(0.0, 30.0),
    st.sampled_from([0.6827, 0.90, 0.95, 0.99]),
)
def test_membership_changes_at_the_ends(observed, background, level):
    result = feldman_cousins.interval(known(observed, background), level, convention="root")
    near = 1e-7
    assert preceding_probability(observed, background, result.upper + near) >= level - 1e-9
    assert preceding_probability(observed, background, max(result.upper - near, 0.0)) < level
    if result.lower > 0.0:
        assert preceding_probability(observed, background, result.lower - near) >= level - 1e-9
        assert preceding_probability(observed, background, result.lower + near) < level
    elif result.upper > 1e-3:
        assert preceding_probability(observed, background, 1e-6) < level


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 12), st.floats(0.5, 12.0), st.sampled_from([0.90, 0.95]))
def test_first_exit_and_bridged_end_bracket_the_gaps(observed, background, level):
    first = feldman_cousins.interval(known(observed, background), level, convention="root")
    last = feldman_cousins.interval(known(observed, background), level, convention="outermost")
    assert last.upper >= first.upper
    inside = np.linspace(first.lower, first.upper, 60)[1:-1]
    assert all(preceding_probability(observed, background, s) < level for s in inside)
    beyond = last.upper + np.linspace(1e-6, 5.0, 200)
    assert all(preceding_probability(observed, background, s) >= level for s in beyond)


def test_root_to_one_step_of_its_grid():
    count, background, level, lower, upper = (
        np.array([case[key] for case in CASES]) for key in ("n", "b", "cl", "lower", "upper")
    )
    result = feldman_cousins.interval(known(count, background), level, convention="root")
    # ROOT reports the next point of the grid at or above both ends.
    assert np.all((lower - result.lower >= -1e-9) & (lower - result.lower <= 0.001))
    assert np.all((upper - result.upper >= -1e-9) & (upper - result.upper <= 0.001))


def test_independent_exact_construction():
    values = {key: np.array([case[key] for case in CASES]) for key in CASES[0]}
    experiment, level = known(values["n"], values["b"]), values["cl"]
    first = feldman_cousins.interval(experiment, level, convention="root")
    bridged = feldman_cousins.interval(experiment, level, convention="outermost")
    np.testing.assert_allclose(first.lower, values["exact_lower"], atol=1e-8)
    np.testing.assert_allclose(first.upper, values["exact_upper_first_exit"], atol=1e-8)
    np.testing.assert_allclose(bridged.upper, values["exact_upper_outermost"], atol=1e-8)


@pytest.mark.parametrize(
    ("observed", "printed"),
    [  # Tables IV and V of Phys. Rev. D 57 (1998) 3873, 90 %: the upper ends
        (0, "2.44 1.94 1.61 1.33 1.26 1.18 1.08 1.06 1.01 0.98 0.97 0.95 0.94 0.94 0.93 0.93"),
        (1, "4.36 3.86 3.36 2.91 2.53 2.19 1.88 1.59 1.39 1.22 1.14 1.10 1.07 1.05 1.03 1.01"),
        (2, "5.91 5.41 4.91 4.41 3.91 3.45 3.04 2.67 2.33 1.73 1.57 1.38 1.27 1.21 1.15 1.11"),
        (3, "7.42 6.92 6.42 5.92 5.42 4.92 4.42 3.95 3.53 2.78 2.14 1.75 1.49 1.37 1.29 1.24"),
    ],
)
def test_tables_of_the_paper_are_the_default(observed, printed):
    # The paper searched in steps of 0.005 and printed two decimals.
    background = np.r_[np.arange(0.0, 4.1, 0.5), np.arange(5.0, 12.0)]
    result = feldman_cousins.interval(known(observed, background), 0.90)
    np.testing.assert_allclose(result.upper, np.array(printed.split(), float), atol=0.01)


@pytest.mark.parametrize("level", [0.6827, 0.90, 0.99])
@pytest.mark.parametrize("observed", [0, 2, 7])
def test_corrected_upper_end_falls_with_the_background(observed, level):
    background = np.linspace(0.0, 14.0, 141)
    plain = feldman_cousins.interval(known(observed, background), level, convention="outermost")
    corrected = feldman_cousins.interval(known(observed, background), level)
    assert np.all(np.diff(corrected.upper) <= 1e-9)
    assert np.all(corrected.upper >= plain.upper)
    # The correction is the smallest one: the running maximum of a dense scan comes close to it.
    dense = np.linspace(0.0, 16.0, 3201)
    scan = feldman_cousins.interval(known(observed, dense), level, convention="outermost").upper
    running = np.maximum.accumulate(scan[::-1])[::-1]
    assert np.max(corrected.upper - np.interp(background, dense, running)) < 0.02
    assert np.all(np.diff(corrected.lower) <= 1e-9)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 200), st.floats(0.0, 50.0), st.sampled_from([0.6827, 0.90, 0.95]))
def test_ends_rise_with_the_count_and_widen_with_the_level(observed, background, level):
    result = feldman_cousins.interval(known([observed, observed + 1], background), level)
    assert result.upper[1] > result.upper[0]
    assert result.lower[1] >= result.lower[0]
    for convention in feldman_cousins.CONVENTIONS:
        narrow, wide = (
            feldman_cousins.interval(known(observed, background), cl, convention=convention)
            for cl in (level, level + 0.04)
        )
        assert wide.upper >= narrow.upper
        assert wide.lower <= narrow.lower + 1e-12


def test_large_counts_and_no_background():
    result = feldman_cousins.interval(known([100_000, 100_000], [0.0, 100_000.0]))
    # Gaussian limit: n +- 1.645 sqrt(n), and the two-sided rule seen from zero.
    assert result.upper[0] - 100_000 == pytest.approx(1.645 * np.sqrt(1e5), rel=0.01)
    assert 100_000 - result.lower[0] == pytest.approx(1.645 * np.sqrt(1e5), rel=0.01)
    assert result.lower[1] == 0.0
    assert result.upper[1] == pytest.approx(1.645 * np.sqrt(1e5), rel=0.01)
    deep = feldman_cousins.interval(known([0, 99_000], [1e5, 1e5]))
    assert np.all((deep.upper > 0.0) & (deep.upper < 100.0))
    # s = 0 with b = 0 forbids any count: P(N <= n - 1 | s) reaches 0.9 at ln(1/0.9) for n = 1.
    assert feldman_cousins.interval(known(1, 0.0)).lower == pytest.approx(-np.log(0.90), abs=1e-9)


def test_known_efficiency_divides():
    one = feldman_cousins.interval(known(4, 0.5))
    scaled = feldman_cousins.interval(known(4, 0.5, 0.02))
    assert scaled.lower == pytest.approx(one.lower / 0.02, rel=1e-14)
    assert scaled.upper == pytest.approx(one.upper / 0.02, rel=1e-14)


def test_shapes_broadcast_and_scalars_stay_floats():
    assert isinstance(feldman_cousins.interval(known(2, 1.0)).upper, float)
    grid = feldman_cousins.interval(known(np.arange(3)[:, None], [0.0, 1.0]), [0.90, 0.95])
    assert grid.upper.shape == (3, 2)
    assert grid.upper[2, 1] == feldman_cousins.interval(known(2, 1.0), 0.95).upper


# --- uncertain background and efficiency ---------------------------------------------------------


def averaged_preceding(observed, background, efficiency, prior, signals):
    """Direct sum over ranked counts with s_best(k) from a dense scan: slow and independent."""
    names = nuisance.split_prior(prior)
    b, b_weight = nuisance.prior_quadrature(
        nuisance.background_distribution(background, names[0], ()), 2
    )
    e, e_weight = nuisance.prior_quadrature(
        nuisance.efficiency_distribution(efficiency, names[1], ()), 2
    )
    weight = (b_weight[0][:, None] * e_weight[0]).ravel()
    k = np.arange(50)

    def probability(signal):
        mean = np.maximum(signal * e[0][None, :] + b[0][:, None], 1e-300).ravel()
        poisson = np.exp(xlogy(k[:, None], mean) - mean - gammaln(k + 1)[:, None])
        return poisson @ weight

    scan = np.linspace(0.0, 60.0, 801) / float(efficiency.estimate)
    table = np.array([probability(signal) for signal in scan])
    # A parabola through the three highest points gives ln P(k | s_best) to about 1e-7.
    place = np.clip(table.argmax(axis=0), 1, scan.size - 2)
    left, middle, right = (np.log(table[place + step, k] + 1e-300) for step in (-1, 0, 1))
    curvature = np.where(table.argmax(axis=0) == 0, 1.0, left - 2.0 * middle + right)
    best = np.where(
        table.argmax(axis=0) == 0, left, middle - (right - left) ** 2 / (8.0 * curvature)
    )
    sums = []
    for signal in signals:
        now = probability(signal)
        ratio = np.log(now + 1e-300) - best
        sums.append(now[ratio > ratio[observed]].sum())
    return np.array(sums)


@pytest.mark.parametrize(
    ("observed", "background", "efficiency", "prior"),
    [
        (1, KnownBackground(0.0), GaussianEfficiency(0.1583, 0.0111), "lognormal"),
        (3, GaussianBackground(2.0, 0.6), KnownEfficiency(0.5), "gamma"),
        (5, GaussianBackground(1.0, 0.3), GaussianEfficiency(0.5, 0.1), "truncated-gaussian"),
        (0, GaussianBackground(0.91, 0.41), GaussianEfficiency(1.0, 0.05), "lognormal-mean"),
        (4, PoissonBackground(3, 2.0), BinomialEfficiency(30, 100), "lognormal"),
    ],
)
def test_averaged_membership_changes_at_the_ends(observed, background, efficiency, prior):
    experiment = CountingExperiment(observed, background, efficiency)
    result = feldman_cousins.interval(experiment, 0.90, prior=prior, convention="outermost")
    ends = [result.upper] if result.lower == 0.0 else [result.upper, result.lower]
    for end, outward in zip(ends, (1.0, -1.0), strict=False):
        signals = end * (1.0 + outward * np.array([-1e-4, 1e-4]))
        accepted, rejected = averaged_preceding(
            observed, background, efficiency, prior, signals
        )
        assert accepted < 0.90
        assert rejected > 0.90 - 1e-6


@pytest.mark.parametrize(("observed", "background"), [(0, 0.0), (3, 2.0), (10, 4.0)])
def test_small_uncertainties_change_little(observed, background):
    plain = feldman_cousins.interval(known(observed, background, 0.3))
    for relative, tolerance in ((1e-6, 1e-9), (1e-3, 1e-5), (1e-2, 1e-3)):
        experiment = CountingExperiment(
            observed,
            GaussianBackground(background, relative * background),
            GaussianEfficiency(0.3, 0.3 * relative),
        )
        result = feldman_cousins.interval(experiment)
        assert result.upper == pytest.approx(plain.upper, rel=tolerance)
        assert result.lower == pytest.approx(plain.lower, rel=tolerance)


def test_zero_uncertainties_and_prior_none_are_the_known_case():
    plain = feldman_cousins.interval(known(3, 1.2, 0.3))
    zero = CountingExperiment(3, GaussianBackground(1.2, 0.0), GaussianEfficiency(0.3, 0.0))
    wide = CountingExperiment(3, GaussianBackground(1.2, 0.5), GaussianEfficiency(0.3, 0.1))
    for result in (
        feldman_cousins.interval(zero),
        feldman_cousins.interval(wide, prior="none"),
    ):
        assert (result.lower, result.upper) == (plain.lower, plain.upper)


def test_mixed_arrays_equal_single_experiments():
    sigma = np.array([0.0, 0.01, 0.05])
    both = CountingExperiment([0, 3, 8], KnownBackground(1.0), GaussianEfficiency(0.2, sigma))
    together = feldman_cousins.interval(both)
    for row, observed in enumerate([0, 3, 8]):
        single = CountingExperiment(
            observed, KnownBackground(1.0), GaussianEfficiency(0.2, sigma[row])
        )
        alone = feldman_cousins.interval(single)
        assert together.upper[row] == pytest.approx(alone.upper, rel=1e-10)


def test_large_count_with_uncertain_efficiency():
    experiment = CountingExperiment(100_000, KnownBackground(0.0), GaussianEfficiency(1.0, 0.02))
    result = feldman_cousins.interval(experiment)
    half_width = 1.645 * np.hypot(0.02, 1e5**-0.5)
    assert result.upper == pytest.approx(1e5 * (1.0 + half_width), rel=2e-3)
    assert result.lower == pytest.approx(1e5 * (1.0 - half_width), rel=2e-3)


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, float("nan")])
def test_confidence_level_outside_the_range(level):
    with pytest.raises(ValueError, match="confidence_level"):
        feldman_cousins.interval(known(1, 0.0), level)


def test_unknown_prior_convention_and_ordering():
    with pytest.raises(ValueError, match="prior"):
        feldman_cousins.interval(known(1, 0.0), prior="flat")
    with pytest.raises(ValueError, match="convention must be one of paper, outermost, root"):
        feldman_cousins.interval(known(1, 0.0), convention="bridged")
    with pytest.raises(ValueError, match="ordering must be one of cousins-highland, hill"):
        feldman_cousins.interval(known(1, 0.0), ordering="likelihood")
    with pytest.raises(ValueError, match="broadcast"):
        feldman_cousins.interval(known([1, 2], 0.0), [0.9, 0.9, 0.9])


@pytest.mark.parametrize(
    ("observed", "background", "efficiency"),
    [
        (0, KnownBackground(1e-300), KnownEfficiency(1e-300)),
        (5, KnownBackground(1e-12), KnownEfficiency(1e11)),
        (0, GaussianBackground(0.0, 0.5), KnownEfficiency(1.0)),
        (3, GaussianBackground(1.0, 2.0), GaussianEfficiency(1.0, 0.4)),
        (0, PoissonBackground(0, 1.0), BinomialEfficiency(1, 10)),
        (2, PoissonBackground(0, 1.0), BinomialEfficiency(10, 10)),
        (0, GaussianBackground(1e5, 1e3), KnownEfficiency(1.0)),
        (10, GaussianBackground(1e4, 10.0), GaussianEfficiency(1e11, 1e10)),
    ],
)
def test_extreme_inputs_neither_crash_nor_warn(observed, background, efficiency):
    for level in (0.05, 0.90):
        result = feldman_cousins.interval(
            CountingExperiment(observed, background, efficiency), level
        )
        assert np.isfinite(result.upper)
        assert 0.0 <= result.lower <= result.upper


def test_efficiency_that_may_vanish_is_refused_where_no_end_can_be_reached():
    experiment = CountingExperiment(1, KnownBackground(0.0), GaussianEfficiency(1.0, 2.0))
    with pytest.raises(ValueError, match="efficiency must be known better"):
        feldman_cousins.interval(experiment, 0.99999, prior="truncated-gaussian")
