"""CLs limits: the defining equation, closed forms, limiting cases, public references, toys."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from lnvsearch.statistics import (
    BinomialEfficiency,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    cls,
)
from lnvsearch.statistics.nuisance import PRIORS

# Header and cases as made with ROOT/RooStats 6.40 and scipy; the header defines the priors.
REFERENCE = Path(__file__).parents[2] / "reference" / "cls_cases.json"
CASES = json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]
KEYS = ("n", "b", "rel_unc_b", "rel_unc_eff", "cl", "s_up", "clsb", "clb")
PRIOR_NAMES = {"truncnorm": "truncated-gaussian"}

quick = settings(deadline=None, max_examples=25, derandomize=True)
counts = st.integers(0, 40)
backgrounds = st.floats(0.0, 50.0)
relative_widths = st.floats(0.0, 1.2)
levels = st.floats(0.5, 0.999)


def uncertain(n, b, relative_b, relative_efficiency, efficiency=1.0):
    return CountingExperiment(
        n,
        GaussianBackground(b, np.multiply(b, relative_b)),
        GaussianEfficiency(efficiency, np.multiply(efficiency, relative_efficiency)),
    )


def reference_arrays():
    columns = {key: np.array([case[key] for case in CASES]) for key in KEYS}
    priors = [
        tuple(PRIOR_NAMES.get(case[key], case[key]) for key in ("prior_b", "prior_eff"))
        for case in CASES
    ]
    return columns, priors


@quick
@given(counts, backgrounds, relative_widths, relative_widths, levels, st.sampled_from(PRIORS))
def test_cls_at_the_limit_is_one_minus_the_level(n, b, width_b, width_efficiency, level, prior):
    experiment = uncertain(n, b, width_b, min(width_efficiency, 0.9), efficiency=0.13)
    limit = cls.upper_limit(experiment, level, prior)
    values = cls.p_values(experiment, limit, prior)
    assert values.cls == pytest.approx(1.0 - level, rel=1e-9)
    assert values.cls == pytest.approx(values.clsb / values.clb, rel=1e-12)


def test_reference_limits_and_p_values():
    columns, priors = reference_arrays()
    for prior in sorted(set(priors)):
        rows = [row for row, other in enumerate(priors) if other == prior]
        n, b, width_b, width_e, level, limit, clsb, clb = (columns[key][rows] for key in KEYS)
        experiment = uncertain(n, b, width_b, width_e)
        np.testing.assert_allclose(cls.upper_limit(experiment, level, prior), limit, rtol=2e-5)
        values = cls.p_values(experiment, limit, prior)
        np.testing.assert_allclose(values.clsb, clsb, rtol=1e-4)
        np.testing.assert_allclose(values.clb, clb, rtol=1e-7)


def test_reference_toys_of_another_program():
    checked = [case for case in CASES if "mc_check" in case]
    n, b, width_b, width_e, limit = (
        np.array([case[key] for case in checked])
        for key in ("n", "b", "rel_unc_b", "rel_unc_eff", "s_up")
    )
    checks = [case["mc_check"] for case in checked]
    toys, error = (np.array([check[key] for check in checks]) for key in ("cls", "err"))
    pulls = (cls.p_values(uncertain(n, b, width_b, width_e), limit).cls - toys) / error
    assert pulls.size >= 3
    assert np.abs(pulls).max() < 3.0


@pytest.mark.parametrize(
    "n, b, r_b, r_e",
    [(0, 0.5, 1.0, 0.3), (6, 0.1, 0, 0.07), (70, 60, 0.3, 0.2), (900, 800, 0.1, 0.1)],
)
def test_gamma_priors_equal_the_negative_binomial_convolution(n, b, r_b, r_e):
    """A Poisson count averaged over a Gamma mean is negative binomial: no quadrature needed."""

    def averaged(mean, relative, k):
        if relative == 0.0:
            return stats.poisson.pmf(k, mean)
        shape = 1.0 / relative**2
        return stats.nbinom.pmf(k, shape, shape / (shape + mean))

    experiment = uncertain(n, b, r_b, r_e)
    limit = cls.upper_limit(experiment, 0.9, "gamma")
    k = np.arange(n + 1)
    background = averaged(b, r_b, k)
    expected = (background * np.cumsum(averaged(limit, r_e, k))[::-1]).sum()
    values = cls.p_values(experiment, limit, "gamma")
    assert values.clb == pytest.approx(background.sum(), rel=1e-11)
    assert values.clsb == pytest.approx(expected, rel=1e-11)
    assert values.cls == pytest.approx(0.1, rel=1e-9)


@pytest.mark.parametrize(
    "n, b, r", [(0, 0.3, 1.0), (5, 4.0, 0.6), (64, 50.0, 0.4), (300, 310.0, 0.2)]
)
@pytest.mark.parametrize("prior", ["lognormal", "truncated-gaussian"])
def test_against_a_plain_double_sum(n, b, r, prior):
    """The trapezoidal rule on a fine grid of the priors as their definitions have them."""
    if prior == "lognormal":
        z = np.linspace(-9.0, 9.0, 601)
        factor, weight = (1.0 + r) ** z, np.exp(-0.5 * z * z)
    else:
        # Midpoints in t, f = t^3: the cut at f = 0 costs the rule no accuracy.
        t = (np.arange(1000) + 0.5) / 1000 * (1.0 + 9.0 * r) ** (1 / 3)
        factor, weight = t**3, 3.0 * t**2 * np.exp(-0.5 * (t**3 - 1.0) ** 2 / r**2)
    weight = weight / weight.sum()
    limit = cls.upper_limit(uncertain(n, b, r, r), 0.9, prior)
    total = limit * factor[:, None] + b * factor
    clsb = weight @ special.gammaincc(n + 1.0, total) @ weight
    clb = special.gammaincc(n + 1.0, b * factor) @ weight
    assert clsb / clb == pytest.approx(0.1, rel=2e-8)


@quick
@given(counts, backgrounds, levels)
def test_known_nuisances_give_the_closed_form(n, b, level):
    limit = cls.upper_limit(CountingExperiment(n, KnownBackground(b), KnownEfficiency(0.5)), level)
    tail = special.gammaincc(n + 1.0, 0.5 * limit + b) / special.gammaincc(n + 1.0, b)
    assert tail == pytest.approx(1.0 - level, rel=1e-9)


@pytest.mark.parametrize("prior", PRIORS)
def test_nothing_observed_does_not_depend_on_the_background(prior):
    """For n = 0, CLs = exp(-s) whatever the background and its uncertainty."""
    b = np.array([0.0, 0.1, 3.0, 400.0, 1e5])
    experiment = CountingExperiment(0, GaussianBackground(b, 0.3 * b), KnownEfficiency(0.25))
    np.testing.assert_allclose(cls.upper_limit(experiment, 0.9, prior), 4 * np.log(10), rtol=1e-10)


@pytest.mark.parametrize("prior", PRIORS)
def test_monotone_in_count_and_level(prior):
    n = np.array([0, 1, 2, 5, 20, 62, 63, 64, 65, 100])
    level = np.array([0.5, 0.9, 0.95, 0.999])[:, None]
    limits = cls.upper_limit(uncertain(n, 4.0, 0.4, 0.2), level, prior)
    assert (np.diff(limits, axis=0) > 0).all()
    assert (np.diff(limits, axis=1) > 0).all()


@pytest.mark.parametrize("prior", ["none", "lognormal", "lognormal-mean", "gamma"])
def test_falls_with_the_background(prior):
    """These priors of b have a monotone likelihood ratio in their scale; a cut Gaussian has not."""
    b = np.array([0.0, 0.01, 0.5, 2.0, 5.0, 20.0, 80.0])
    limits = cls.upper_limit(uncertain(np.array([[1], [5], [80]]), b, 0.5, 0.1), 0.9, prior)
    assert (np.diff(limits, axis=1) < 0).all()


@pytest.mark.parametrize("prior", PRIORS)
@pytest.mark.parametrize("n, b", [(3, 1.0), (100, 90.0)])
def test_continuous_where_the_widths_vanish(prior, n, b):
    """The limit leaves its value at zero width quadratically, through every change of formula."""
    known = cls.upper_limit(CountingExperiment(n, KnownBackground(b), KnownEfficiency(1.0)))
    width = np.array([0.0, 1e-12, 1e-9, 1e-6, 0.999e-3, 1.001e-3, 3e-3, 0.026, 0.028])
    limits = cls.upper_limit(uncertain(n, b, width, width), 0.9, prior)
    np.testing.assert_allclose(limits[:4], known, rtol=1e-9)
    slope = np.array((limits[4:] / known - 1.0) / width[4:] ** 2)
    if prior == "none":
        assert (slope == 0.0).all()
    else:
        assert np.ptp(slope) < 0.1 * np.abs(slope).max()


@pytest.mark.parametrize("prior", PRIORS)
def test_hard_corners_work_without_warning(prior):
    n = np.array([0, 0, 1, 70, 1000, 100_000, 5, 0, 12])
    b = np.array([0.0, 0.0, 0.0, 0.0, 1000.0, 1e5, 1e3, 1e-12, 3.0])
    sigma_b = np.array([0.0, 0.3, 0.3, 1.0, 0.0, 100.0, 10.0, 1.0, 30.0])
    sigma_e = np.array([0.0, 0.1, 0.0, 0.2, 1.0, 0.05, 0.3, 0.5, 0.9])
    experiment = CountingExperiment(
        n, GaussianBackground(b, sigma_b), GaussianEfficiency(1.0, sigma_e)
    )
    limits = cls.upper_limit(experiment, 0.9, prior)
    assert np.isfinite(limits).all()
    np.testing.assert_allclose(cls.p_values(experiment, limits, prior).cls, 0.1, rtol=1e-8)


def test_deep_deficits_follow_the_exponential():
    """For n << b a known background gives CLs = (1 + s/b)^n exp(-s), nearly."""
    experiment = CountingExperiment([1, 1000], KnownBackground([3e3, 1e5]), KnownEfficiency(1.0))
    limits = cls.upper_limit(experiment)
    slopes = 1.0 - np.array([1, 1000]) / np.array([3e3, 1e5])
    np.testing.assert_allclose(limits * slopes, np.log(10), rtol=1e-3)


def test_each_experiment_is_independent_of_its_array():
    generator = np.random.default_rng(5)
    n = np.append(generator.integers(0, 90, 25), 400)
    b, width = generator.uniform(0, 60, n.size), generator.uniform(0, 1.0, n.size)
    width[::4] = 0.0
    other_width = np.where(np.arange(n.size) % 3 == 0, 0.0, 0.3)
    experiments = [n, b, width, other_width]
    for prior in ("lognormal", "truncated-gaussian", "posterior-gamma"):
        together = cls.upper_limit(uncertain(*experiments), prior=prior)
        alone = [
            cls.upper_limit(uncertain(*one), prior=prior) for one in zip(*experiments, strict=True)
        ]
        assert np.array_equal(together, alone)


def test_broadcasting_and_types():
    experiment = CountingExperiment(
        np.array([0, 3, 200])[:, None],
        PoissonBackground(np.array([[0.0], [10.0], [1000.0]]), 5.0),
        BinomialEfficiency([50, 200], 1000),
    )
    limits = cls.upper_limit(experiment, np.array([0.9, 0.95])[:, None, None])
    assert limits.shape == (2, 3, 2)
    single = CountingExperiment(3, PoissonBackground(10, 5.0), BinomialEfficiency(200, 1000))
    assert cls.upper_limit(single, 0.95) == limits[1, 1, 1]
    assert isinstance(cls.upper_limit(single), float)
    empty = CountingExperiment(np.zeros(0), KnownBackground(1.0), KnownEfficiency(1.0))
    assert cls.upper_limit(empty).shape == (0,)


def test_counted_nuisances_have_their_posteriors():
    """Gamma(m + 1)/tau is negative binomial; at large counts both become the Gaussian case."""
    n, m, tau = 4, 6, 2.0
    experiment = CountingExperiment(n, PoissonBackground(m, tau), KnownEfficiency(1.0))
    clb = cls.p_values(experiment, 0.0).clb
    assert clb == pytest.approx(stats.nbinom.cdf(n, m + 1, tau / (tau + 1.0)), rel=1e-11)
    known = CountingExperiment(n, KnownBackground(3.0), KnownEfficiency(1.0))
    assert cls.upper_limit(experiment, prior="none") == cls.upper_limit(known)
    counted = CountingExperiment(
        5, PoissonBackground(4e8, 1e8), BinomialEfficiency(10_000, 50_000)
    )
    gaussian = CountingExperiment(
        5, KnownBackground(4.0), GaussianEfficiency(0.2, np.sqrt(0.2 * 0.8 / 50_000))
    )
    assert cls.upper_limit(counted) == pytest.approx(cls.upper_limit(gaussian), rel=1e-4)


@pytest.mark.parametrize(
    "prior, limit, tolerance",
    [
        ("none", 4.234, 5e-4),
        ("lognormal", 4.26, 5e-3),
        ("lognormal-mean", 4.31, 1e-2),
        ("truncated-gaussian", 4.31, 1e-2),
        ("truncated-gaussian-mean", 4.31, 1e-2),
        ("gamma", 4.31, 1e-2),
        ("posterior-gamma", 4.23, 5e-3),
    ],
)
def test_na62_k_plus_to_pi_minus_mu_mu(prior, limit, tolerance):
    """NA62, Phys. Lett. B 797 (2019) 134794: n = 1, b = 0.91 +- 0.41, printed limit 4.2e-11."""
    experiment = CountingExperiment(
        1, GaussianBackground(0.91, 0.41), GaussianEfficiency(1 / 1.28e-11, 0.04 / 1.28 / 1.28e-11)
    )
    assert cls.upper_limit(experiment, 0.90, prior) * 1e11 == pytest.approx(limit, abs=tolerance)


@pytest.mark.parametrize(
    "sensitivity, limit", [(0.94e-10, 2.164e-10), (2.28e-11, 5.250e-11), (3.68e-10, 8.474e-10)]
)
def test_na62_searches_without_a_candidate(sensitivity, limit):
    experiment = CountingExperiment(0, KnownBackground(0.4), KnownEfficiency(1 / sensitivity))
    assert cls.upper_limit(experiment, 0.90) == pytest.approx(limit, rel=2e-4)


@pytest.mark.parametrize("prior", ["none", "lognormal", "truncated-gaussian", "gamma"])
def test_toys_agree_within_their_error(prior):
    experiment = uncertain(np.array([0, 3, 12]), 2.0, 0.5, 0.2)
    toys = cls.upper_limit_toys(experiment, 0.9, prior, toys=40_000, seed=11)
    exact = cls.upper_limit(experiment, 0.9, prior)
    assert (np.abs(toys.upper - exact) < 4.0 * toys.uncertainty).all()
    assert (toys.uncertainty < 0.02 * exact).all()


def test_toys_are_reproducible_and_follow_the_seed():
    experiment = uncertain(3, 2.0, 0.5, 0.2)
    first, again, other = (cls.upper_limit_toys(experiment, toys=1000, seed=s) for s in (1, 1, 2))
    assert isinstance(first.upper, float)
    assert first.upper == again.upper != other.upper


def test_errors_name_the_argument():
    experiment = uncertain(1, 1.0, 0.1, 0.1)
    with pytest.raises(ValueError, match="confidence_level.*between 0 and 1"):
        cls.upper_limit(experiment, 1.0)
    with pytest.raises(ValueError, match="prior must be one of none, lognormal.*'flat'"):
        cls.upper_limit(experiment, prior="flat")
    with pytest.raises(ValueError, match="signal"):
        cls.p_values(experiment, -1.0)
    with pytest.raises(ValueError, match="toys must be"):
        cls.upper_limit_toys(experiment, toys=3)
    with pytest.raises(ValueError, match="toys must be many more"):
        cls.upper_limit_toys(uncertain(0, 50.0, 0.1, 0.1), toys=1000)


def test_scalar_limits_do_not_load_scipy_stats():
    program = (
        "import sys; from lnvsearch.statistics import cls, bayesian, expected; "
        "print({'scipy.stats', 'scipy.optimize', 'numba'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
