"""Priors: their moments and quantiles, the quadrature, the samples, the messages."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, special, stats

from lnvsearch.statistics import (
    BinomialEfficiency,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    nuisance,
)
from lnvsearch.statistics.distributions import Fixed, TruncatedGaussian

SCORES = np.array([-8.0, -3.0, -1.0, 0.0, 0.5, 2.0, 6.0])
WIDTHS = np.array([0.02, 0.1, 0.45, 1.0, 1.6])


def factors(prior, widths):
    widths = np.atleast_1d(widths)
    background = GaussianBackground(np.ones_like(widths), widths)
    return nuisance.background_distribution(background, prior, widths.shape)


def moments(distribution, panels=12):
    values, weights = nuisance.prior_quadrature(distribution, panels)
    mean = (weights * values).sum(1)
    return mean, np.sqrt((weights * (values - mean[:, None]) ** 2).sum(1))


@pytest.mark.parametrize(
    "prior, frozen",
    [
        ("lognormal", lambda r: stats.lognorm(np.log1p(r))),
        ("gamma", lambda r: stats.gamma(1 / r**2, scale=r**2)),
        ("posterior-gamma", lambda r: stats.gamma(1 / r**2 + 1, scale=r**2)),
    ],
)
def test_quantiles_are_those_of_the_definition(prior, frozen):
    values = factors(prior, WIDTHS).value(SCORES)
    for row, width in enumerate(WIDTHS):
        # The upper half by its survival function: 1 - Phi(6) has no digits left otherwise.
        lower = frozen(width).ppf(stats.norm.cdf(SCORES))
        upper = frozen(width).isf(stats.norm.sf(SCORES))
        expected = np.where(SCORES < 0, lower, upper)
        np.testing.assert_allclose(values[row], expected, rtol=1e-9)


def test_quantiles_of_the_truncated_gaussian_integrate_its_density():
    for width in WIDTHS:
        values = factors("truncated-gaussian", width).value(SCORES)[0]

        def density(f, width=width):
            return np.exp(-0.5 * (f - 1.0) ** 2 / width**2)

        lowest = max(0.0, 1.0 - 9.0 * width)
        grid = np.concatenate([[lowest], values, [1.0 + 9.0 * width]])
        options = {"epsabs": 0.0, "epsrel": 1e-10}
        pieces = [integrate.quad(density, a, b, **options)[0] for a, b in pairwise(grid)]
        probability = np.cumsum(pieces) / np.sum(pieces)
        np.testing.assert_allclose(probability[:-1], stats.norm.cdf(SCORES), rtol=1e-8, atol=1e-13)


def test_lognormal_factor_is_one_plus_r_to_the_score():
    np.testing.assert_allclose(
        factors("lognormal", WIDTHS).value(SCORES), (1.0 + WIDTHS[:, None]) ** SCORES, rtol=1e-13
    )


@pytest.mark.parametrize(
    "prior, mean",
    [
        ("lognormal-mean", lambda r: np.ones_like(r)),
        ("truncated-gaussian-mean", lambda r: np.ones_like(r)),
        ("gamma", lambda r: np.ones_like(r)),
        ("posterior-gamma", lambda r: 1.0 + r**2),
        ("lognormal", lambda r: np.exp(0.5 * np.log1p(r) ** 2)),
    ],
)
def test_means(prior, mean):
    np.testing.assert_allclose(moments(factors(prior, WIDTHS))[0], mean(WIDTHS), rtol=1e-9)


@pytest.mark.parametrize("prior", ["lognormal-mean", "gamma"])
def test_standard_deviation_is_the_relative_width(prior):
    np.testing.assert_allclose(moments(factors(prior, WIDTHS))[1], WIDTHS, rtol=1e-8)


@pytest.mark.parametrize("prior", nuisance.PRIORS)
def test_value_increases_and_stays_positive(prior):
    distribution = factors(prior, [0.0, 1e-3, 0.05, 0.3, 1.0, 2.0])
    values = distribution.value(np.linspace(-37.0, 9.0, 400))
    assert (values >= 0.0).all()
    assert (np.diff(values, axis=1) >= 0.0).all()
    assert (values[0] == 1.0).all()


def test_large_gamma_shapes_join_the_inverted_ones():
    """The series takes over at a width of 1e-3; the quantile must not jump there."""
    below, above = factors("gamma", [0.999999e-3, 1.000001e-3]).value(SCORES)
    np.testing.assert_allclose((below - 1.0) / (above - 1.0), 1.0, rtol=1e-5, atol=0)
    central = SCORES[np.abs(SCORES) < 5.0]
    exact = special.gammaincinv(2e6, stats.norm.cdf(central)) / 2e6
    series = factors("gamma", 1 / np.sqrt(2e6)).value(central)[0]
    np.testing.assert_allclose(series, exact, rtol=1e-11)


def test_truncated_gaussian_near_its_cut_keeps_its_digits():
    """value ~ Phi(score) / density at the cut: 1e-30, not rounding noise about zero."""
    value = factors("truncated-gaussian", 0.5).value(np.array([-12.0]))[0, 0]
    density = stats.norm.pdf(2.0) / 0.5 / stats.norm.cdf(2.0)
    assert value == pytest.approx(stats.norm.cdf(-12.0) / density, rel=1e-9)
    floor = TruncatedGaussian(np.ones(1), np.full(1, 0.5), np.ones(1), np.full(1, 0.1))
    assert floor.value(np.array([-12.0]))[0, 0] == pytest.approx(0.1, rel=1e-12)


def test_background_of_mean_zero():
    background = GaussianBackground(np.zeros(1), 0.4)
    half_normal = nuisance.background_distribution(background, "truncated-gaussian", (1,))
    exact = 0.4 * np.sqrt(2.0) * special.erfinv(stats.norm.cdf(SCORES))
    np.testing.assert_allclose(half_normal.value(SCORES)[0], exact, rtol=1e-6)
    for prior in ("none", "lognormal", "lognormal-mean", "truncated-gaussian-mean", "gamma"):
        assert not nuisance.background_distribution(background, prior, (1,)).value(SCORES).any()


def test_counted_measurements_have_their_posteriors():
    b = nuisance.background_distribution(PoissonBackground([0.0, 9.0], 3.0), "lognormal", (2,))
    np.testing.assert_allclose(moments(b)[0], [1 / 3, 10 / 3], rtol=1e-9)
    e = nuisance.efficiency_distribution(BinomialEfficiency([1.0, 30.0], 40.0), "lognormal", (2,))
    np.testing.assert_allclose(moments(e)[0], np.array([2.0, 31.0]) / 42.0, rtol=1e-9)
    for part in (
        nuisance.background_distribution(PoissonBackground(9.0, 3.0), "none", (1,)),
        nuisance.background_distribution(KnownBackground(3.0), "gamma", (1,)),
        nuisance.efficiency_distribution(KnownEfficiency(3.0), "gamma", (1,)),
        nuisance.efficiency_distribution(GaussianEfficiency(3.0, 0.0), "gamma", (1,)),
    ):
        assert isinstance(part, Fixed)
        assert not part.uncertain
        assert part.value(SCORES)[0] == pytest.approx(3.0)


@pytest.mark.parametrize("prior", [name for name in nuisance.PRIORS if name != "none"])
def test_samples_follow_the_prior(prior):
    distribution = factors(prior, [0.3])
    drawn = nuisance.sample(distribution, 20_000, np.random.Generator(np.random.Philox(4)))[0]
    mean, deviation = moments(distribution)
    assert abs(drawn.mean() - mean[0]) < 4.0 * deviation[0] / np.sqrt(drawn.size)
    assert drawn.std() == pytest.approx(deviation[0], rel=0.04)


@pytest.mark.parametrize("prior", ["lognormal", "truncated-gaussian", "gamma"])
@pytest.mark.parametrize("count", [0.0, 30.0, 1e4, 1e5])
def test_adapted_quadrature_resolves_a_step(prior, count):
    """E[P(N <= n | 2 n f)] by the swap of the integrals: P(f < T / 2n), T ~ Gamma(n + 1)."""
    observed, scale, width = count, 2.0 * count + 1.0, 0.8
    background = GaussianBackground(np.array([scale]), width * scale)
    distribution = nuisance.background_distribution(background, prior, (1,))
    mesh = nuisance.score_mesh(
        distribution,
        resolution=lambda values: np.full_like(values, 1.0 / np.sqrt(observed + 1.0))
        * (values < observed + 10.0 * np.sqrt(observed + 1.0) + 50.0),
    )
    values, weights = nuisance.quadrature(distribution, mesh, np.array([0]))
    result = (weights * special.gammaincc(observed + 1.0, values)).sum()
    z = np.linspace(-8.5, 8.5, 3401)
    gamma = np.where(
        z < 0,
        special.gammaincinv(observed + 1.0, special.ndtr(z)),
        special.gammainccinv(observed + 1.0, special.ndtr(-z)),
    )
    factor = gamma / scale
    cdf = {
        "lognormal": lambda f: special.ndtr(np.log(f) / np.log1p(width)),
        "gamma": lambda f: special.gammainc(width**-2, f / width**2),
        "truncated-gaussian": lambda f: stats.truncnorm.cdf((f - 1) / width, -1 / width, np.inf),
    }[prior](factor)
    weight = np.exp(-0.5 * z * z)
    assert result == pytest.approx((cdf * weight).sum() / weight.sum(), rel=1e-9)


def test_split_prior():
    assert nuisance.split_prior("gamma") == ("gamma", "gamma")
    assert nuisance.split_prior({"efficiency": "none", "background": "gamma"}) == ("gamma", "none")
    assert nuisance.split_prior("posterior-gamma") == ("posterior-gamma", "gamma")
    for bad in ("normal", ("gamma", "gamma", "gamma"), ("gamma", "normal"), ("gamma", 3)):
        with pytest.raises(ValueError, match="prior must be one of none, lognormal"):
            nuisance.split_prior(bad)
    with pytest.raises(ValueError, match="'background' and 'efficiency'"):
        nuisance.split_prior({"signal": "gamma"})
