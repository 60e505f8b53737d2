"""The profiled likelihood against a plain numerical minimisation of the full likelihood."""

import numpy as np
import pytest
from scipy.optimize import minimize

from lnvsearch.statistics import (
    BinomialEfficiency,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    rolke,
    rolke_profile,
)

BACKGROUNDS = [
    KnownBackground(0.7),
    GaussianBackground(0.7, 0.4),
    GaussianBackground(0.2, 0.9),
    PoissonBackground(3, 2.0),
    PoissonBackground(0, 1.5),
    PoissonBackground(40, 5.0),
]
EFFICIENCIES = [
    KnownEfficiency(0.3),
    GaussianEfficiency(0.3, 0.02),
    GaussianEfficiency(0.3, 0.12),
    BinomialEfficiency(30, 100),
    BinomialEfficiency(6, 20),
    BinomialEfficiency(5, 5),
]


def poisson_deviance(n: float, expected: float) -> float:
    """-2 ln of the Poisson likelihood over its saturated value."""
    logarithm = n * np.log(n / expected) if n > 0 else 0.0
    return 2.0 * (expected - n + logarithm)


def binomial_deviance(passed: float, total: float, efficiency: float) -> float:
    value = 2.0 * passed * np.log(passed / total / efficiency)
    if passed < total:
        ratio = (1.0 - passed / total) / (1.0 - efficiency)
        value += 2.0 * (total - passed) * np.log(ratio)
    return value


def full_deviance(experiment: CountingExperiment, signal, background, efficiency) -> float:
    """-2 ln (L / saturated L) with nothing profiled, infinite outside the allowed region."""
    b, e = experiment.background, experiment.efficiency
    expected = signal * efficiency + background
    if expected <= 0.0:
        return np.inf
    value = poisson_deviance(float(experiment.observed), expected)
    if isinstance(b, PoissonBackground):
        if background < 0.0 or (background == 0.0 and b.sideband_count > 0):
            return np.inf
        value += poisson_deviance(float(b.sideband_count), float(b.tau) * background)
    elif b.sigma > 0.0:
        value += float(((background - b.estimate) / b.sigma) ** 2)
    if isinstance(e, BinomialEfficiency):
        if not 0.0 < efficiency <= 1.0 or (efficiency == 1.0 and e.passed < e.total):
            return np.inf
        value += binomial_deviance(float(e.passed), float(e.total), efficiency)
    elif e.sigma > 0.0:
        value += float(((efficiency - e.estimate) / e.sigma) ** 2)
    return value


def brute_force(experiment: CountingExperiment, signal: float) -> float:
    """Minimise over the nuisance parameters that are not known, from several starting points."""
    b, e = experiment.background, experiment.efficiency
    b_known, e_known = isinstance(b, KnownBackground), isinstance(e, KnownEfficiency)
    count = float(experiment.observed)

    def objective(point):
        background = float(b.estimate) if b_known else point[0]
        efficiency = float(e.estimate) if e_known else point[1]
        if isinstance(e, BinomialEfficiency):
            efficiency = min(efficiency, 1.0)  # the boundary belongs to the region
        if isinstance(b, PoissonBackground):
            background = max(background, 0.0)
        value = full_deviance(experiment, signal, background, efficiency)
        return value if np.isfinite(value) else 1e9

    starts = [
        (background, float(e.estimate) * scale)
        for background in (float(b.estimate) + 0.05, 0.3, max(count, 0.5))
        for scale in (0.5, 0.97)
    ]
    options = {"xatol": 1e-10, "fatol": 1e-13, "maxiter": 4000, "maxfev": 4000}
    fits = [minimize(objective, start, method="Nelder-Mead", options=options) for start in starts]
    return min(fit.fun for fit in fits)


@pytest.mark.parametrize("efficiency", EFFICIENCIES, ids=repr)
@pytest.mark.parametrize("background", BACKGROUNDS, ids=repr)
def test_the_profile_is_the_minimum_over_background_and_efficiency(background, efficiency):
    for observed, signal in [(1, 0.0), (4, 3.0), (2, 40.0)]:
        experiment = CountingExperiment(observed, background, efficiency)
        ours = rolke.minus_two_log_lambda(experiment, signal)
        assert ours == pytest.approx(brute_force(experiment, signal), rel=2e-6, abs=2e-6)


@pytest.mark.parametrize("efficiency", EFFICIENCIES, ids=repr)
@pytest.mark.parametrize("background", BACKGROUNDS, ids=repr)
def test_zero_at_the_best_signal_and_slope_by_differences(background, efficiency):
    experiment = CountingExperiment(np.full(4, 7), background, efficiency)
    problem = rolke_profile.flatten(experiment, (4,))
    best = problem.best_signal
    value, _ = rolke_profile.deviance(problem, np.maximum(best, 0.0))
    if (best >= 0).all():
        assert np.abs(value).max() < 1e-12
    signal, width = np.array([0.5, 3.0, 12.0, 30.0]), 1e-5
    _, slope = rolke_profile.deviance(problem, signal)
    above, _ = rolke_profile.deviance(problem, signal + width)
    below, _ = rolke_profile.deviance(problem, signal - width)
    assert slope == pytest.approx((above - below) / (2.0 * width), rel=1e-5, abs=1e-6)


def test_counts_without_any_possible_background_exclude_zero_signal():
    experiment = CountingExperiment(1, KnownBackground(0.0), GaussianEfficiency(0.2, 0.01))
    assert rolke.minus_two_log_lambda(experiment, 0.0) == np.inf


@pytest.mark.parametrize("count", [1e5, 1e8])
def test_large_counts_keep_their_digits(count):
    """Near the maximum -2 ln lambda is (t - n)^2 / n (1 - 2 (t - n) / (3 n) + ...)."""
    experiment = CountingExperiment(count, KnownBackground(0.0), KnownEfficiency(1.0))
    distance = np.sqrt(count)
    series = 1.0 - 2.0 / 3.0 / distance + 0.5 / count - 0.4 / count / distance
    value = rolke.minus_two_log_lambda(experiment, count + distance)
    assert value == pytest.approx(series, rel=1e-9)
