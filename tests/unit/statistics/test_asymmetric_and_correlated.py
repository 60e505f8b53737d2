"""Asymmetric backgrounds, correlated errors, and the likelihood of no count."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from lnvsearch.statistics import (
    AsymmetricBackground,
    BinomialEfficiency,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    bayesian,
    cls,
    feldman_cousins,
    methods,
    nuisance,
    rolke,
)

ONE = KnownEfficiency(1.0)


def bifurcated_density(b, mean, up, down):
    width = np.where(b > mean, up, down)
    return np.exp(-0.5 * ((b - mean) / width) ** 2)


@pytest.mark.parametrize(("mean", "up", "down"), [(0.7, 0.6, 0.5), (2.0, 0.3, 1.0), (5.0, 2.0, 1.0)])
def test_bifurcated_gaussian_averages_as_its_density(mean, up, down):
    def averaged(function):
        top = integrate.quad(
            lambda b: bifurcated_density(b, mean, up, down) * function(b), 0, mean + 10 * up,
            points=[mean], limit=200,
        )[0]
        norm = integrate.quad(
            lambda b: bifurcated_density(b, mean, up, down), 0, mean + 10 * up, points=[mean]
        )[0]
        return top / norm

    experiment = CountingExperiment(1, AsymmetricBackground(mean, up, down), ONE)
    found = cls.p_values(experiment, 2.0)
    assert found.clsb == pytest.approx(averaged(lambda b: stats.poisson.cdf(1, b + 2.0)), rel=1e-6)
    assert found.clb == pytest.approx(averaged(lambda b: stats.poisson.cdf(1, b)), rel=1e-6)


def test_asymmetric_log_normal_has_its_two_factors():
    background = AsymmetricBackground(0.7, 0.6, 0.5, "lognormal")
    distribution = nuisance.background_distribution(background, "lognormal", ())
    values = distribution.value(np.array([-2.0, -1.0, 0.0, 1.0, 2.0]))[0]
    down, up = 0.2 / 0.7, 1.3 / 0.7
    np.testing.assert_allclose(values, 0.7 * np.array([down**2, down, 1.0, up, up**2]))


def test_equal_errors_are_the_symmetric_case():
    asymmetric = CountingExperiment(2, AsymmetricBackground(2.0, 0.5, 0.5), ONE)
    symmetric = CountingExperiment(2, GaussianBackground(2.0, 0.5), ONE)
    for method in ("cls", "bayesian", "feldman-cousins"):
        found = methods.interval(method, asymmetric).upper
        expected = methods.interval(method, symmetric, prior="truncated-gaussian").upper
        assert found == pytest.approx(expected, rel=1e-5)
    found, expected = rolke.interval(asymmetric), rolke.interval(symmetric)
    assert (found.lower, found.upper) == (expected.lower, expected.upper)


def test_profile_likelihood_sees_one_side_at_each_end():
    asymmetric = CountingExperiment(9, AsymmetricBackground(2.0, 0.9, 0.2), ONE)
    found = rolke.interval(asymmetric)
    up, down = (
        rolke.interval(CountingExperiment(9, GaussianBackground(2.0, s), ONE)) for s in (0.9, 0.2)
    )
    assert (found.lower, found.upper) == (up.lower, down.upper)


@pytest.mark.parametrize("arguments", [(0.0, 0.1, 0.1), (1.0, 0.0, 0.1), (1.0, 0.1, -0.1)])
def test_impossible_asymmetric_errors(arguments):
    with pytest.raises(ValueError, match="background"):
        AsymmetricBackground(*arguments)
    with pytest.raises(ValueError, match="smaller than the mean"):
        AsymmetricBackground(1.0, 0.5, 1.0, "lognormal")


# --- correlation ---------------------------------------------------------------------------------


def correlated(observed, correlation):
    return CountingExperiment(
        observed, GaussianBackground(1.3, 0.5), GaussianEfficiency(0.5, 0.1), correlation
    )


def profile_by_minimisation(observed, correlation, signal):
    covariance = np.array([[0.25, correlation * 0.05], [correlation * 0.05, 0.01]])
    inverse = np.linalg.inv(covariance)

    def objective(x):
        shift = x - np.array([1.3, 0.5])
        mean = max(signal * x[1] + x[0], 1e-300)
        return 2.0 * (mean - observed * np.log(mean)) + shift @ inverse @ shift

    best = optimize.minimize(
        objective, [1.3, 0.5], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12}
    )
    return best.fun - 2.0 * (observed - observed * np.log(observed))


@pytest.mark.parametrize("correlation", [-0.8, 0.3, 0.9])
def test_correlated_profile_is_the_minimum(correlation):
    for signal in (0.0, 3.0, 15.0):
        found = rolke.minus_two_log_lambda(correlated(3, correlation), signal)
        expected = profile_by_minimisation(3, correlation, signal)
        assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("function", [cls.upper_limit, bayesian.upper_limit])
def test_correlation_of_nothing_is_none(function):
    almost = function(correlated(2, 1e-12))
    assert almost == pytest.approx(function(correlated(2, 0.0)), rel=1e-7)


def test_correlated_cls_against_drawn_nuisances():
    generator = np.random.Generator(np.random.Philox(3))
    first, second = generator.standard_normal((2, 400_000))
    mixed = 0.7 * first + np.sqrt(1.0 - 0.49) * second
    b, e = 1.3 * (1.0 + 0.5 / 1.3) ** first, 0.5 * 1.2**mixed
    signal = cls.upper_limit(correlated(2, 0.7))
    ratio = stats.poisson.cdf(2, signal * e + b).mean() / stats.poisson.cdf(2, b).mean()
    assert ratio == pytest.approx(0.10, abs=1.5e-3)


def test_correlated_unified_interval_of_nothing_correlated():
    almost = feldman_cousins.interval(correlated(3, 1e-9), convention="outermost")
    none = feldman_cousins.interval(correlated(3, 0.0), convention="outermost")
    assert almost.upper == pytest.approx(none.upper, rel=1e-6)


def test_correlation_needs_two_gaussian_errors():
    with pytest.raises(ValueError, match="both have Gaussian errors"):
        CountingExperiment(1, KnownBackground(1.0), GaussianEfficiency(0.5, 0.1), 0.5)
    with pytest.raises(ValueError, match="between -1 and 1"):
        correlated(1, 1.5)


# --- no count ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("background", "efficiency", "b_penalty", "e_penalty"),
    [
        (KnownBackground(1.2), KnownEfficiency(0.5), None, None),
        (
            GaussianBackground(0.3, 1.0), GaussianEfficiency(0.5, 0.1),
            lambda b: (b - 0.3) ** 2, lambda e: ((e - 0.5) / 0.1) ** 2,
        ),
        (
            PoissonBackground(3, 2.0), GaussianEfficiency(0.5, 0.1),
            lambda b: 2.0 * (2.0 * b - 3.0 - 3.0 * np.log(2.0 * b / 3.0)) if b > 0 else 1e9,
            lambda e: ((e - 0.5) / 0.1) ** 2,
        ),
        (
            GaussianBackground(2.0, 0.5), BinomialEfficiency(20, 100),
            lambda b: ((b - 2.0) / 0.5) ** 2,
            lambda e: -2.0 * (20 * np.log(e / 0.2) + 80 * np.log((1 - e) / 0.8))
            if 0 < e < 1 else 1e9,
        ),
    ],
)
def test_likelihood_of_no_count_is_the_minimum(background, efficiency, b_penalty, e_penalty):
    experiment = CountingExperiment(0, background, efficiency)
    for signal in (0.0, 1.0, 6.0, 30.0):
        found = rolke.minus_two_log_lambda(experiment, signal)
        if b_penalty is None:
            assert found == pytest.approx(2.0 * (0.5 * signal + 1.2))
            continue

        def objective(x, signal=signal):
            mean = signal * x[1] + x[0]
            return (2.0 * mean if mean >= 0 else 1e9) + b_penalty(x[0]) + e_penalty(x[1])

        start = [float(background.estimate), float(efficiency.estimate)]
        best = min(
            optimize.minimize(
                objective, [start[0] * f, start[1] * g], method="Nelder-Mead",
                options={"xatol": 1e-11, "fatol": 1e-12, "maxiter": 4000},
            ).fun
            for f in (1.0, 0.3) for g in (1.0, 0.6)
        )
        assert found == pytest.approx(best, abs=2e-4)
        assert found <= best + 1e-7


def test_likelihood_of_no_count_continues_that_of_small_counts():
    experiment = CountingExperiment(0, GaussianBackground(0.3, 0.2), GaussianEfficiency(0.5, 0.1))
    curve = rolke.minus_two_log_lambda(experiment, np.linspace(0.0, 30.0, 301))
    assert np.all(np.diff(curve) > 0.0)
    assert np.all(np.diff(curve, 2) < 1e-12)
