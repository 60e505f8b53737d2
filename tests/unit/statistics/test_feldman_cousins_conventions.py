"""The three conventions for the upper end and the three orderings of unified intervals."""

import numpy as np
import pytest
from scipy.special import gammaln, xlogy

from lnvsearch.statistics import (
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    coverage,
    feldman_cousins,
    nuisance,
    rolke_profile,
)
from lnvsearch.statistics.rolke_zero_count import deviance_of_any_count

# Upper ends at 90 % of Table IV of Phys. Rev. D 57 (1998) 3873, as recalled.
TABLE_IV_BACKGROUND = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0)
TABLE_IV = {
    0: (2.44, 1.94, 1.61, 1.33, 1.26, 1.18, 1.08, 1.06, 1.01, 0.98),
    1: (4.36, 3.86, 3.36, 2.91, 2.53, 2.19, 1.88, 1.59, 1.39, 1.22),
    2: (5.91, 5.41, 4.91, 4.41, 3.91, 3.45, 3.04, 2.67, 2.33, 1.73),
    3: (7.42, 6.92, 6.42, 5.92, 5.42, 4.92, 4.42, 3.95, 3.53, 2.78),
}


def experiment(observed, background, sigma=0.0, relative=0.0):
    return CountingExperiment(
        observed, GaussianBackground(background, sigma), GaussianEfficiency(1.0, relative)
    )


@pytest.mark.parametrize("observed", TABLE_IV)
def test_default_reproduces_table_iv_to_its_rounding_and_grid(observed):
    # Two printed decimals; the paper's search went in steps of 0.005, and 1.26 is 1.2652 here.
    upper = feldman_cousins.interval(experiment(observed, TABLE_IV_BACKGROUND)).upper
    np.testing.assert_allclose(upper, TABLE_IV[observed], atol=0.0055)
    within = np.abs(upper - TABLE_IV[observed]) <= 0.005
    assert within.sum() >= len(within) - (observed == 0)


def exact_coverage(background, signal, convention):
    """Probability of the counts whose interval holds the signal, from sums written out here."""
    counts = np.arange(90.0)
    ends = feldman_cousins.interval(experiment(counts, background), convention=convention)
    mean = signal[:, None] + background
    probability = np.exp(xlogy(counts, mean) - mean - gammaln(counts + 1.0))
    held = (signal[:, None] >= ends.lower) & (signal[:, None] <= ends.upper)
    return (probability * held).sum(axis=1)


@pytest.mark.parametrize("background", np.arange(0.0, 15.1, 0.5).tolist() + [2.88])
def test_default_covers_at_least_the_level(background):
    signal = np.linspace(0.0, 20.0, 801)
    assert exact_coverage(background, signal, "paper").min() >= 0.90 - 1e-9


def test_first_exit_of_root_under_covers():
    signal = np.linspace(0.0, 6.0, 601)
    assert exact_coverage(2.88, signal, "root").min() == pytest.approx(0.880, abs=0.002)
    truth = CountingExperiment(0, KnownBackground(2.88), KnownEfficiency(1.0))
    same = coverage.coverage(truth, signal, "feldman-cousins", convention="root").interval
    np.testing.assert_allclose(same, exact_coverage(2.88, signal, "root"), atol=1e-9)


def rejected(observed, background, signal):
    """Whether the counts that rank before `observed` reach 0.90, for each signal, by direct sums."""
    k = np.arange(150.0)
    mean = signal[:, None] + background
    best = np.maximum(k, background)
    log_p = xlogy(k, mean) - mean - gammaln(k + 1.0)
    log_ratio = log_p - (xlogy(k, best) - best - gammaln(k + 1.0))
    return np.where(log_ratio > log_ratio[:, [observed]], np.exp(log_p), 0.0).sum(axis=1) >= 0.90


def ends_of_the_conventions():
    """Intervals of n = 0 ... 12 and b = 0 ... 15 at 90 % by convention, and b - n."""
    count, background = np.arange(13.0)[:, None], np.arange(0.0, 15.01, 0.25)
    table = experiment(count, background)
    return background - count, {
        name: feldman_cousins.interval(table, convention=name)
        for name in feldman_cousins.CONVENTIONS
    }


def test_each_convention_holds_the_one_before_it():
    _, ends = ends_of_the_conventions()
    for narrow, wide in [("root", "outermost"), ("outermost", "paper")]:
        assert np.array_equal(ends[narrow].lower, ends[wide].lower)
        assert np.all(ends[narrow].upper <= ends[wide].upper)


def test_conventions_are_one_at_and_above_the_background_and_differ_below():
    excess, ends = ends_of_the_conventions()
    for narrow, wide in [("root", "outermost"), ("outermost", "paper")]:
        differ = ends[wide].upper > ends[narrow].upper + 1e-9
        assert not np.any(differ & (excess <= 0.0))
        # Not one count alone: every n that has backgrounds well above it.
        assert np.all((differ & (excess > 0.0))[:10].any(axis=1))
    # Numbers of the page on these intervals, n = 3 at b = 10.
    place = (3, 40)
    upper = [ends[name].upper[place] for name in ("root", "outermost", "paper")]
    np.testing.assert_allclose(upper, [0.944, 1.240, 1.295], atol=6e-4)


def test_first_exit_and_largest_accepted_signal_differ_exactly_where_there_is_a_gap():
    for observed, background in [(0, 2.88), (1, 6.0), (3, 10.0), (0, 3.0), (2, 3.0), (5, 1.0)]:
        measured = experiment(observed, background)
        nearest = feldman_cousins.interval(measured, convention="root")
        low, first = nearest.lower + 1e-7, nearest.upper
        last = feldman_cousins.upper_limit(measured, convention="outermost")
        assert not rejected(observed, background, np.linspace(low, first - 1e-7, 801)).any()
        beyond_first = first + np.linspace(1e-7, 8.0, 8001)
        out = rejected(observed, background, beyond_first)
        assert out[0]
        has_gap = not out.all()
        assert (last > first + 1e-9) == has_gap
        if has_gap:
            assert abs(beyond_first[~out].max() - last) <= 1.1e-3
        assert rejected(observed, background, last + np.linspace(1e-7, 8.0, 801)).all()


def test_karmen_with_its_uncertain_background():
    # K. Eitel et al. (KARMEN): n = 0, b = 2.88 +- 0.13, published 1.08 (recalled).
    for prior in ("lognormal", "lognormal-mean", "gamma", "truncated-gaussian"):
        upper = feldman_cousins.interval(experiment(0, 2.88, 0.13), prior=prior).upper
        assert upper == pytest.approx(1.08, abs=0.005)


@pytest.mark.parametrize("ordering", feldman_cousins.ORDERINGS)
@pytest.mark.parametrize(("observed", "sigma"), [(0, 0.3), (2, 0.6)])
def test_corrected_end_with_uncertain_background_is_the_running_maximum(observed, sigma, ordering):
    dense = np.arange(0.5, 8.0, 0.05 if ordering == "cousins-highland" else 0.25)
    outermost = feldman_cousins.interval(
        experiment(observed, dense, sigma), convention="outermost", ordering=ordering
    ).upper
    running = np.maximum.accumulate(outermost[::-1])[::-1]
    chosen = np.searchsorted(dense, [1.0, 2.0, 3.0, 4.0])
    corrected = feldman_cousins.interval(
        experiment(observed, dense[chosen], sigma), ordering=ordering
    ).upper
    assert np.all(np.diff(corrected) <= 1e-6)
    assert np.all(corrected >= running[chosen] - 1e-6)
    step = 0.03 if ordering == "cousins-highland" else 0.20
    assert np.all(corrected <= running[chosen] + step)


def test_corrected_end_of_a_sideband_does_not_rise_with_its_count():
    sideband = np.arange(0, 40, 3)
    measured = CountingExperiment(1, PoissonBackground(sideband, 5.0), KnownEfficiency(0.3))
    assert np.all(np.diff(feldman_cousins.interval(measured).upper) <= 1e-9)


# --- orderings -----------------------------------------------------------------------------------


def brute_force_preceding(observed, background, efficiency, ordering, signal):
    """Summed averaged probability of the counts ranked before `observed`, by direct sums."""
    b, b_weight = nuisance.prior_quadrature(
        nuisance.background_distribution(background, "lognormal", ()), 4
    )
    e, e_weight = nuisance.prior_quadrature(
        nuisance.efficiency_distribution(efficiency, "lognormal", ()), 4
    )
    k = np.arange(60.0)
    mean = np.maximum(signal * e[0][None, :] + b[0][:, None], 1e-300).ravel()
    weight = (b_weight[0][:, None] * e_weight[0]).ravel()
    probability = np.exp(xlogy(k[:, None], mean) - mean - gammaln(k + 1.0)[:, None]) @ weight
    if ordering == "hill":
        best = np.maximum(k, float(background.estimate))
        rank = np.log(probability) - (xlogy(k, best) - best - gammaln(k + 1.0))
    else:
        many = CountingExperiment(k, background, efficiency)
        problem = rolke_profile.flatten(many, k.shape)
        value, _ = deviance_of_any_count(problem, signal * problem.efficiency)
        at_zero, _ = deviance_of_any_count(problem, np.zeros(k.size))
        rank = -0.5 * (value - np.where(problem.best_signal < 0.0, at_zero, 0.0))
    return probability[rank > rank[observed]].sum()


@pytest.mark.parametrize("ordering", ["hill", "profile-likelihood"])
@pytest.mark.parametrize(
    ("observed", "background", "efficiency"),
    [
        (1, GaussianBackground(1.3, 0.91), KnownEfficiency(1.0)),
        (0, GaussianBackground(2.0, 0.6), GaussianEfficiency(0.5, 0.1)),
        (4, GaussianBackground(0.5, 0.2), GaussianEfficiency(0.2, 0.03)),
        (3, KnownBackground(0.0), GaussianEfficiency(1.0, 0.1)),
    ],
)
def test_orderings_against_direct_sums(observed, background, efficiency, ordering):
    measured = CountingExperiment(observed, background, efficiency)
    result = feldman_cousins.interval(measured, convention="outermost", ordering=ordering)
    arguments = (observed, background, efficiency, ordering)
    assert brute_force_preceding(*arguments, result.upper * (1.0 - 1e-6)) < 0.90
    beyond = result.upper * (1.0 + np.concatenate([[1e-6], np.linspace(0.01, 1.0, 40)]))
    assert all(brute_force_preceding(*arguments, s) >= 0.90 - 1e-6 for s in beyond)
    if result.lower > 0.0:
        assert brute_force_preceding(*arguments, result.lower * (1.0 + 1e-6)) < 0.90
        assert brute_force_preceding(*arguments, result.lower * (1.0 - 1e-6)) >= 0.90 - 1e-6


def test_orderings_agree_without_uncertainty():
    nearly_known = experiment([0, 1, 5], 1.3, 1e-6, 1e-6)
    known = feldman_cousins.interval(experiment([0, 1, 5], 1.3))
    for ordering in feldman_cousins.ORDERINGS:
        result = feldman_cousins.interval(nearly_known, ordering=ordering)
        np.testing.assert_allclose(result.upper, known.upper, rtol=1e-5)


def test_larger_uncertainty_can_improve_the_averaged_limit():
    # What the notes of the command warn of: 3.078 for a known background.
    upper = feldman_cousins.interval(experiment(1, 1.3, [0.0, 0.46, 0.91])).upper
    np.testing.assert_allclose(upper, [3.0780, 3.0368, 2.9657], atol=1e-4)
