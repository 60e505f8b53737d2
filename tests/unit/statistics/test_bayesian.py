"""Bayesian limits: content of the posterior, equality with CLs, improper posteriors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from lnvsearch.statistics import (
    BinomialEfficiency,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    bayesian,
    cls,
)
from lnvsearch.statistics.nuisance import PRIORS

quick = settings(deadline=None, max_examples=25, derandomize=True)
SIGNAL_PRIORS = ("uniform", "1/sqrt(s)")


def uncertain(n, b, relative_b, relative_efficiency, efficiency=1.0):
    return CountingExperiment(
        n,
        GaussianBackground(b, np.multiply(b, relative_b)),
        GaussianEfficiency(efficiency, np.multiply(efficiency, relative_efficiency)),
    )


def content_above(limit, n, b, power, pairs):
    """Posterior above `limit` by integrating over u = sqrt(s); `pairs` holds (f, g, weight)."""
    factor, background_factor, weight = pairs

    def density(u):
        mean = u * u * factor + b * background_factor
        poisson = np.exp(special.xlogy(n, mean) - mean - special.gammaln(n + 1.0))
        return 2.0 * u ** (1.0 - 2.0 * power) * (weight * poisson).sum()

    # Beyond this nothing is left, even for the smallest factor that matters.
    end = np.sqrt((n + 15.0 * np.sqrt(n + 1.0) + 80.0) / factor.min())
    options = {"epsabs": 0.0, "epsrel": 1e-9, "limit": 400}
    below = integrate.quad(density, 0.0, np.sqrt(limit), **options)[0]
    above = integrate.quad(density, np.sqrt(limit), end, **options)[0]
    return above / (above + below)


@pytest.mark.parametrize("signal_prior, power", [("uniform", 0.0), ("1/sqrt(s)", 0.5)])
@pytest.mark.parametrize("n, b", [(0, 0.0), (0, 3.0), (1, 0.9), (7, 3.0), (40, 45.0), (90, 70.0)])
def test_content_of_the_posterior_known_nuisances(n, b, signal_prior, power):
    experiment = CountingExperiment(n, KnownBackground(b), KnownEfficiency(1.0))
    limit = bayesian.upper_limit(experiment, 0.9, signal_prior)
    one = np.ones(1)
    assert content_above(limit, n, b, power, (one, one, one)) == pytest.approx(0.1, rel=1e-7)


@pytest.mark.parametrize("signal_prior, power", [("uniform", 0.0), ("1/sqrt(s)", 0.5)])
@pytest.mark.parametrize("n, b, r", [(0, 1.0, 0.2), (4, 2.0, 0.4), (70, 60.0, 0.1)])
def test_content_of_the_posterior_lognormal(n, b, r, signal_prior, power):
    limit = bayesian.upper_limit(uncertain(n, b, r, r), 0.9, signal_prior)
    z = np.linspace(-7.5, 7.5, 76)
    weight = np.exp(-0.5 * z * z)
    f, g = np.meshgrid((1.0 + r) ** z, (1.0 + r) ** z)
    pairs = (f.ravel(), g.ravel(), np.outer(weight, weight).ravel())
    assert content_above(limit, n, b, power, pairs) == pytest.approx(0.1, rel=1e-6)


@quick
@given(
    st.integers(0, 80),
    st.floats(0.0, 50.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 0.2),
    st.floats(0.5, 0.999),
    st.sampled_from(PRIORS),
    st.sampled_from(SIGNAL_PRIORS),
)
def test_posterior_above_the_limit(n, b, width_b, width_efficiency, level, prior, signal_prior):
    experiment = uncertain(n, b, width_b, width_efficiency, efficiency=0.2)
    limit = bayesian.upper_limit(experiment, level, signal_prior, prior)
    above = bayesian.posterior_above(experiment, limit, signal_prior, prior)
    assert above == pytest.approx(1.0 - level, rel=1e-9)


@pytest.mark.parametrize("prior", PRIORS)
def test_uniform_prior_with_known_efficiency_equals_cls(prior):
    n = np.array([0, 1, 5, 63, 64, 300])
    experiment = CountingExperiment(n, GaussianBackground(4.0, 1.5), KnownEfficiency(0.3))
    np.testing.assert_allclose(
        bayesian.upper_limit(experiment, 0.9, prior=prior),
        cls.upper_limit(experiment, 0.9, prior),
        rtol=1e-11,
    )


def test_uniform_prior_with_uncertain_efficiency_is_above_cls():
    experiment = uncertain(np.array([0, 2, 30]), 1.0, 0.2, 0.2)
    assert (bayesian.upper_limit(experiment) > cls.upper_limit(experiment)).all()


def test_gamma_efficiency_has_a_closed_form_without_counts():
    """n = 0: the posterior of s with Gamma(k) efficiency is a Lomax distribution of index k - 1."""
    r = np.array([0.1, 0.3, 0.7])
    limit = bayesian.upper_limit(uncertain(0, 1.0, 0.0, r), 0.9, prior="gamma")
    shape = 1.0 / r**2
    np.testing.assert_allclose((1.0 + limit / shape) ** (1.0 - shape), 0.1, rtol=1e-9)


def test_jeffreys_prior_without_background_is_a_gamma_posterior():
    n = np.array([0, 1, 10, 63, 64, 1000])
    experiment = CountingExperiment(n, KnownBackground(0.0), KnownEfficiency(1.0))
    limit = bayesian.upper_limit(experiment, 0.95, "1/sqrt(s)")
    np.testing.assert_allclose(limit, special.gammainccinv(n + 0.5, 0.05), rtol=1e-10)


@pytest.mark.parametrize("signal_prior", SIGNAL_PRIORS)
@pytest.mark.parametrize("prior", PRIORS)
def test_monotone(signal_prior, prior):
    n = np.array([0, 1, 2, 5, 20, 62, 63, 64, 65, 100])
    level = np.array([0.5, 0.9, 0.95])[:, None]
    limits = bayesian.upper_limit(uncertain(n, 4.0, 0.4, 0.15), level, signal_prior, prior)
    assert (np.diff(limits, axis=0) > 0).all()
    assert (np.diff(limits, axis=1) > 0).all()


@pytest.mark.parametrize("signal_prior", SIGNAL_PRIORS)
def test_falls_with_the_background(signal_prior):
    b = np.array([0.0, 0.01, 0.5, 2.0, 5.0, 20.0, 80.0])
    experiment = uncertain(np.array([[1], [5], [80]]), b, 0.3, 0.1)
    limits = bayesian.upper_limit(experiment, 0.9, signal_prior)
    assert (np.diff(limits, axis=1) < 0).all()


def test_counted_nuisances_and_array_independence():
    n = np.array([0, 3, 70])
    experiment = CountingExperiment(n, PoissonBackground(10, 5.0), BinomialEfficiency(200, 1000))
    for signal_prior in SIGNAL_PRIORS:
        together = bayesian.upper_limit(experiment, 0.9, signal_prior)
        singles = [CountingExperiment(k, experiment.background, experiment.efficiency) for k in n]
        alone = [bayesian.upper_limit(single, 0.9, signal_prior) for single in singles]
        assert np.array_equal(together, alone)


def test_large_counts_approach_the_gaussian_limit():
    """n = b = 1e5: the likelihood is half a Gaussian, 90 % of it below 1.645 sigma."""
    experiment = CountingExperiment(100_000, KnownBackground(1e5), KnownEfficiency(1.0))
    for signal_prior, quantile in (("uniform", 1.6449), ("1/sqrt(s)", 1.2251)):
        # s^(-1/2) times a half Gaussian: (s / sigma)^2 / 2 follows Gamma(1/4).
        limit = bayesian.upper_limit(experiment, 0.9, signal_prior)
        assert limit / np.sqrt(1e5) == pytest.approx(quantile, rel=5e-3)


def test_improper_posteriors_are_refused():
    with pytest.raises(ValueError, match="efficiency sigma with the gamma prior.*improper"):
        bayesian.upper_limit(uncertain(1, 1.0, 0.1, 1.0), prior="gamma")
    with pytest.raises(ValueError, match="truncated-gaussian prior must be at most 0.2"):
        bayesian.upper_limit(uncertain(1, 1.0, 0.1, 0.3), prior="truncated-gaussian")
    with pytest.raises(ValueError, match="signal_prior must be one of uniform"):
        bayesian.upper_limit(uncertain(1, 1.0, 0.1, 0.3), signal_prior="log")
    # The other signal prior allows both.
    for prior in ("gamma", "truncated-gaussian"):
        limit = bayesian.upper_limit(uncertain(1, 1.0, 0.1, 1.0), 0.9, "1/sqrt(s)", prior)
        assert np.isfinite(limit)


def test_place_of_the_cut_of_a_truncated_gaussian_does_not_matter(monkeypatch):
    experiment = uncertain(np.array([0, 3]), 1.0, 0.1, 0.2)
    limits = bayesian.upper_limit(experiment, 0.9, prior="truncated-gaussian")
    monkeypatch.setattr(bayesian, "_LOWEST_EFFICIENCY_FACTOR", 0.001)
    lower_cut = bayesian.upper_limit(experiment, 0.9, prior="truncated-gaussian")
    np.testing.assert_allclose(limits, lower_cut, rtol=1e-4)
