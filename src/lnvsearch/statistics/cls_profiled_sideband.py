"""Profiled CLs with a background counted in a sideband: exact sums over both counts.

    n ~ Poisson(s e + b),    m ~ Poisson(tau b),    a ~ Gaussian(theta, 1) for a log-normal e

The profiled b solves the quadratic that the two Poisson terms give; the efficiency's score theta is
found by a search in one dimension.  q falls with n; the efficiency's measurement has a threshold for
each pair of counts, as in `cls_profiled`.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from lnvsearch.statistics.lognormal_model import LogNormalModel, likely_counts

_NODES = 40
_NODE_RANGE = 5.5
_GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)
_SEARCH_STEPS = 32


def tail_probabilities(
    model: LogNormalModel, observed: float, sideband: float, tau: float, signal: float
) -> tuple[float, float]:
    """Return P(q >= q_obs) with the nuisances fitted at the signal, and at zero."""
    width = float(model.efficiency_up[0, 0]) if model.nuisances else 0.0
    e = float(model.efficiency[0])
    n, m, a = np.array([observed]), np.array([sideband]), np.zeros(1)
    q_observed = _q_tilde(n, m, a, tau, signal * e, width)[0]
    if q_observed <= 0.0:
        return 1.0, 1.0
    results = []
    for true_signal in (signal, 0.0):
        _, b, theta = _profiled(n, m, a, tau, np.array([true_signal * e]), width)
        x, weights = _nodes(theta[0], width)
        counts = likely_counts(float(true_signal * e * np.exp(width * theta[0]) + b[0]))
        others = likely_counts(float(tau * b[0]))
        grid = np.meshgrid(counts, others, x, indexing="ij")
        of_n, of_m, of_a = (g.ravel() for g in grid)
        q = _q_tilde(of_n, of_m, of_a, tau, signal * e, width).reshape(grid[0].shape)
        inside = (q >= q_observed * (1.0 - 1e-9)) @ weights
        results.append(
            _poisson(counts, true_signal * e * np.exp(width * theta[0]) + b[0])
            @ inside
            @ _poisson(others, tau * b[0])
        )
    return float(results[0]), float(results[1])


def _nodes(theta: float, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Measurements of the efficiency's score and their probabilities: a fine grid of equal steps."""
    if width == 0.0:
        return np.zeros(1), np.ones(1)
    edges = np.linspace(-_NODE_RANGE, _NODE_RANGE, _NODES + 1)
    probability = np.diff(special.ndtr(edges))
    return theta + 0.5 * (edges[1:] + edges[:-1]), probability / probability.sum()


def _poisson(counts: np.ndarray, mean: float) -> np.ndarray:
    return np.exp(special.xlogy(counts, mean) - mean - special.gammaln(counts + 1.0))


def _background(n, m, tau: float, signal) -> np.ndarray:
    """b >= 0 that maximises the likelihood at the expected signal counts."""
    # (1 + tau) b^2 + [(1 + tau) s - n - m] b - m s = 0
    half = 0.5 * ((1.0 + tau) * signal - n - m)
    root = np.sqrt(half * half + (1.0 + tau) * m * signal)
    with np.errstate(divide="ignore", invalid="ignore"):
        above = m * signal / (root + half)
    return np.where(half > 0.0, np.where(root + half > 0.0, above, 0.0), root - half) / np.where(
        half > 0.0, 1.0, 1.0 + tau
    )


def _objective(n, m, tau: float, signal) -> tuple[np.ndarray, np.ndarray]:
    b = _background(n, m, tau, signal)
    value = signal + (1.0 + tau) * b - special.xlogy(n, np.maximum(signal + b, 1e-300))
    return value - special.xlogy(m, np.maximum(tau * b, 1e-300)), b


def _profiled(n, m, a, tau: float, signal, width: float):
    """-ln L, b and the efficiency's score at the expected signal (before its factor)."""
    if width == 0.0:
        value, b = _objective(n, m, tau, signal)
        return value, b, a

    def at(theta):
        value, _ = _objective(n, m, tau, signal * np.exp(width * theta))
        return value + 0.5 * (theta - a) ** 2

    low, high = a - 8.0, a + 8.0
    inner, outer = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_inner, at_outer = at(inner), at(outer)
    for _ in range(_SEARCH_STEPS):
        left = at_inner < at_outer
        low, high = np.where(left, low, inner), np.where(left, outer, high)
        new_inner, new_outer = (
            high - _GOLDEN * (high - low),
            low + _GOLDEN * (high - low),
        )
        fresh = at(np.where(left, new_inner, new_outer))
        at_inner, at_outer = (
            np.where(left, fresh, at_outer),
            np.where(left, at_inner, fresh),
        )
        inner, outer = new_inner, new_outer
    theta = 0.5 * (low + high)
    return at(theta), _background(n, m, tau, signal * np.exp(width * theta)), theta


def _q_tilde(n, m, a, tau: float, signal: float, width: float) -> np.ndarray:
    """Test statistic of each set at the expected signal counts."""
    best = np.clip((n - m / tau) * np.exp(-width * a), 0.0, signal)
    at_best = _profiled(n, m, a, tau, best, width)[0]
    at_signal = _profiled(n, m, a, tau, np.full(best.shape, signal), width)[0]
    return np.where(best < signal, np.maximum(2.0 * (at_signal - at_best), 0.0), 0.0)
