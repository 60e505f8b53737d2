"""Averaged Poisson tails: the three forms agree, also where probabilities underflow."""

import numpy as np
import pytest
from scipy import special

from lnvsearch.statistics.poisson_tails import (
    PolynomialTail,
    QuadratureTail,
    TabulatedTail,
    log_poisson_cdf,
)


def test_log_poisson_cdf_where_it_can_be_computed_directly():
    n = np.array([0.0, 3.0, 50.0, 1e5])
    mean = n + np.array([[0.0], [1.0], [30.0]])
    np.testing.assert_allclose(
        log_poisson_cdf(n, mean), np.log(special.gammaincc(n + 1.0, mean)), rtol=1e-13
    )


@pytest.mark.parametrize("n, mean", [(0, 1e5), (5, 900.0), (200, 1500.0), (5000, 12_000.0)])
def test_log_poisson_cdf_where_the_probability_underflows(n, mean):
    k = np.arange(n + 1.0)
    terms = k * np.log(mean) - mean - special.gammaln(k + 1.0)
    expected = terms.max() + np.log(np.exp(terms - terms.max()).sum())
    assert expected < -640.0
    assert log_poisson_cdf(np.array(n), np.array(mean)) == pytest.approx(expected, rel=1e-13)


BACKGROUND = np.linspace(0.0, 70.0, 9) * np.ones((5, 1))
WEIGHTS = np.linspace(1.0, 0.1, 9) * np.ones((5, 1))


def difference(tail, exact, x):
    """Largest difference of two tails, relative to T(0)."""
    rows = np.arange(x.shape[0])
    ratio = np.exp(tail.log_scale - exact.log_scale)[:, None]
    np.testing.assert_allclose(ratio[:, 0] * tail.at_zero, exact.at_zero, rtol=2e-11)
    return np.abs((tail(x, rows) * ratio - exact(x, rows)) / exact.at_zero[:, None]).max()


def test_the_three_forms_agree():
    observed = np.array([0.0, 1.0, 7.0, 40.0, 63.0])
    x = np.linspace(0.0, 150.0, 61) * np.ones((5, 1))
    exact = QuadratureTail(observed, BACKGROUND, WEIGHTS)
    assert difference(PolynomialTail(observed, BACKGROUND, WEIGHTS, 0.0), exact, x) < 1e-12
    assert difference(TabulatedTail(observed, BACKGROUND, WEIGHTS, 0.0), exact, x) < 2e-11


def test_polynomial_and_table_agree_for_the_other_signal_prior():
    observed = np.array([0.0, 1.0, 7.0, 40.0, 63.0])
    x = np.linspace(0.0, 150.0, 61) * np.ones((5, 1))
    exact = PolynomialTail(observed, BACKGROUND, WEIGHTS, 0.5)
    assert difference(TabulatedTail(observed, BACKGROUND, WEIGHTS, 0.5), exact, x) < 2e-11


def test_table_of_large_counts():
    observed = np.array([64.0, 1000.0, 20_000.0, 1000.0])
    background = observed[:, None] * np.array([0.0, 0.5, 0.97])
    background[3] *= 20.0  # a deficit whose probabilities underflow
    background[3, 0] = 9_000.0
    exact = QuadratureTail(observed, background, np.ones((4, 3)))
    table = TabulatedTail(observed, background, np.ones((4, 3)), 0.0)
    assert difference(table, exact, observed[:, None] * np.linspace(0.0, 1.5, 400)) < 2e-11
    assert difference(table, exact, np.linspace(0.0, 40.0, 400) * np.ones((4, 1))) < 2e-11


def test_root_tail_without_background_is_an_incomplete_gamma_function():
    observed = np.array([0.0, 3.0, 80.0, 3000.0, 1e5])
    x = np.array([0.5, 2.0, 75.0, 3100.0, 1e5])
    tail = TabulatedTail(observed, np.zeros((5, 1)), np.ones((5, 1)), 0.5)
    ratio = tail(x[:, None], np.arange(5))[:, 0] / tail.at_zero
    np.testing.assert_allclose(ratio, special.gammaincc(observed + 0.5, x), rtol=0, atol=2e-11)
