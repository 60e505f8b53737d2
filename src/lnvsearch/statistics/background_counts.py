"""Probabilities of counts that the background alone gives, averaged over its prior.

Closed forms for a known background (Poisson) and a Gamma one (negative binomial).  A log-normal one,
b = m exp(w z), is summed with the trapezoidal rule in z: for an integrand that is analytic within
|Im z| < y, the error falls as exp(-2 pi y / step) (L. N. Trefethen and J. A. C. Weideman, SIAM Review
56 (2014) 385), here to below 1e-13 with a few tens of nodes.  Others take the meshes of `nuisance`.

Both tails are summed directly, so that a small probability keeps its digits.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from lnvsearch.statistics import nuisance
from lnvsearch.statistics.distributions import Distribution, Gamma, LogNormal, TruncatedGaussian
from lnvsearch.statistics.poisson_tails import end_of_tail, log_poisson_cdf

__all__ = ["at_least", "at_most"]

# Below this 1 - P(N < n) has lost digits to rounding.
_SMALL, _SMALL_BENT = 1e-4, 1e-11
_STEPS = (0.5, 0.35, 0.25, 0.125)
_LAST_SCORE = 8.5
# Distances from the real axis at which the error of a step is estimated.
_HEIGHTS = np.array([0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0])
# exp(-32) = 1e-14.
_NEGLIGIBLE_LOG = 32.0
# exp(-b) b^k / k! of larger counts may overflow on the way.
_LARGEST_SUMMED_COUNT = 150.0
_ROWS = 1024
_BLOCK_ROWS = 16384
_MESH_ROWS = 4096


def at_most(background: Distribution, counts: np.ndarray) -> np.ndarray:
    """Return P(N <= n) for whole counts n >= 0, shape (experiments,)."""
    return _by_kind(
        background, counts, _known_at_most, _gamma_at_most, _log_normal_at_most, _other_at_most
    )


def at_least(background: Distribution, counts: np.ndarray) -> np.ndarray:
    """Return P(N >= n) for whole counts n >= 0, shape (experiments,)."""
    some = np.flatnonzero(counts > 0.0)
    result = np.ones(counts.shape)
    result[some] = _by_kind(
        background.take(some), counts[some],
        _known_at_least, _gamma_at_least, _log_normal_at_least, _other_at_least,
    )  # fmt: skip
    return result


def _by_kind(background, counts, *functions) -> np.ndarray:
    """The probabilities by the function for each kind of background; the memory is bounded."""
    result = np.empty(counts.shape)
    for first in range(0, counts.size, _BLOCK_ROWS):
        rows = np.arange(first, min(first + _BLOCK_ROWS, counts.size))
        result[rows] = _of_block(background.take(rows), counts[rows], *functions)
    return result


def _of_block(background, counts, of_known, of_gamma, of_log_normal, of_others) -> np.ndarray:
    result = np.empty(counts.shape)
    known = background.known
    rows = np.flatnonzero(known)
    if rows.size:
        result[rows] = of_known(background.take(rows).value(np.zeros(1))[:, 0], counts[rows])
    rows = np.flatnonzero(~known)
    if rows.size == 0:
        return result
    part, n = background.take(rows), counts[rows]
    if isinstance(part, Gamma):
        result[rows] = of_gamma(part, n)
        return result
    done = np.zeros(rows.size, dtype=bool)
    if isinstance(part, LogNormal):
        for step, places in _steps(part.log_width, n):
            result[rows[places]] = of_log_normal(part.take(places), n[places], step)
            done[places] = True
    left = np.flatnonzero(~done)
    if left.size:
        result[rows[left]] = of_others(part.take(left), n[left])
    return result


def _known_at_most(background: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return special.gammaincc(counts + 1.0, background)


def _known_at_least(background: np.ndarray, counts: np.ndarray) -> np.ndarray:
    return _poisson_tail(counts, background)


def _gamma_at_most(background: Gamma, counts: np.ndarray) -> np.ndarray:
    return special.betaincc(counts + 1.0, background.shape, _chance(background))


def _gamma_at_least(background: Gamma, counts: np.ndarray) -> np.ndarray:
    return special.betainc(counts, background.shape, _chance(background))


def _chance(background: Gamma) -> np.ndarray:
    return background.scale / (1.0 + background.scale)


# --- log-normal backgrounds ----------------------------------------------------------------------


def _steps(log_width: np.ndarray, counts: np.ndarray):
    """Yield (step, rows) with the widest step that is good enough; rows without one are left out.

    At the height y, |exp(-b) b^k| is at most cos(w y)^-k of what it is on the real axis.
    """
    angle = log_width[:, None] * _HEIGHTS
    growth = np.log(np.maximum(np.cos(np.minimum(angle, 1.57)), 1e-3))
    fixed = counts[:, None] * growth - 0.5 * _HEIGHTS**2
    open_ = (counts <= _LARGEST_SUMMED_COUNT)[:, None] & (angle < 1.5)
    fixed = np.where(open_, fixed, -np.inf)
    left = np.arange(counts.size)
    for step in _STEPS:
        exponent = (fixed[left] + 2.0 * np.pi * _HEIGHTS / step).max(axis=1, initial=-np.inf)
        good = exponent >= _NEGLIGIBLE_LOG
        if good.any():
            yield step, left[good]
        left = left[~good]


def _log_normal_at_most(background: LogNormal, counts: np.ndarray, step: float) -> np.ndarray:
    scores = step * np.arange(np.ceil(-_LAST_SCORE / step), np.floor(_LAST_SCORE / step) + 1.0)
    weights = (step / np.sqrt(2.0 * np.pi)) * np.exp(-0.5 * scores**2)
    result = np.empty(counts.shape)
    order = np.argsort(counts, kind="stable")
    for first in range(0, counts.size, _ROWS):
        rows = order[first : first + _ROWS]
        # A single column would be summed in another order than the columns of many.
        columns = np.resize(rows, max(rows.size, 2))
        median, width = background.median[columns], background.log_width[columns]
        mean = median * np.exp(scores[:, None] * width)
        term = weights[:, None] * np.exp(-mean)
        n = counts[columns]
        total = term.sum(axis=0)
        for k in range(1, int(n[: rows.size].max()) + 1):
            term *= mean * (1.0 / k)
            total += np.where(k <= n, term.sum(axis=0), 0.0)
        result[rows] = total[: rows.size]
    return np.minimum(result, 1.0)


def _log_normal_at_least(background: LogNormal, counts: np.ndarray, step: float) -> np.ndarray:
    result = 1.0 - _log_normal_at_most(background, counts - 1.0, step)
    small = np.flatnonzero(result < _SMALL)
    for first in range(0, small.size, _ROWS):
        rows = small[first : first + _ROWS]
        median, log_width = background.median[rows], background.log_width[rows]
        result[rows] = _small_tail(median, log_width, counts[rows], step)
    return result


def _small_tail(median, log_width, counts, step: float) -> np.ndarray:
    """P(N >= n) by nodes around the peak of the integrand, where b is near n at most."""
    to_count = np.log(np.maximum(counts / median, 1.0)) / log_width
    center = step * np.round(np.minimum(counts * log_width, to_count) / step)
    reach = step * np.ceil(2.0 * _LAST_SCORE / step)
    total = np.zeros(counts.shape)
    for offset in np.arange(-reach, reach + 0.5 * step, step):
        score = center + offset
        weight = (step / np.sqrt(2.0 * np.pi)) * np.exp(-0.5 * score**2)
        total += weight * _poisson_tail(counts, median * np.exp(log_width * score))
    return total


# --- other backgrounds ---------------------------------------------------------------------------


def _other_at_most(background: Distribution, counts: np.ndarray) -> np.ndarray:
    return _by_meshes(background, counts, log_poisson_cdf, _poisson_cdf)


def _other_at_least(background: Distribution, counts: np.ndarray) -> np.ndarray:
    result = 1.0 - _other_at_most(background, counts - 1.0)
    # A mesh that is not symmetric resolves the bend at the median of the others less well.
    smooth = isinstance(background, (LogNormal, TruncatedGaussian))
    small = np.flatnonzero(result < (_SMALL if smooth else _SMALL_BENT))
    if small.size:
        part, n = background.take(small), counts[small]
        result[small] = _by_meshes(part, n, _log_poisson_tail, _poisson_tail)
    return result


def _log_poisson_tail(counts: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(_poisson_tail(counts, mean), 1e-300))


def _by_meshes(background: Distribution, counts: np.ndarray, logarithm, function) -> np.ndarray:
    """Averages of function(n, b), with the adaptive meshes of `nuisance` for its `logarithm`."""
    result = np.empty(counts.shape)
    for first in range(0, counts.size, _MESH_ROWS):
        rows = np.arange(first, min(first + _MESH_ROWS, counts.size))
        part, n = background.take(rows), counts[rows, None]
        # Far above n either tail is 0 or 1.
        end = end_of_tail(n)

        def resolution(values: np.ndarray, n=n, end=end) -> np.ndarray:
            return np.where(values < end, 1.0 / np.sqrt(np.minimum(values, n) + 1.0), 0.0)

        def log_factor(values: np.ndarray, n=n) -> np.ndarray:
            return logarithm(n, values)

        mesh = nuisance.score_mesh(part, log_factor, resolution)
        for panels in np.unique(mesh.panels):
            for chosen in np.array_split(
                np.flatnonzero(mesh.panels == panels), np.ceil(rows.size * panels / _MESH_ROWS)
            ):
                if chosen.size:
                    values, weights = nuisance.quadrature(part, mesh, chosen)
                    result[rows[chosen]] = (weights * function(n[chosen], values)).sum(axis=1)
    return np.minimum(result, 1.0)


def _poisson_cdf(counts: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return special.gammaincc(counts + 1.0, mean)


def _poisson_tail(counts: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """P(N >= n | mean) for n >= 1; 0 below about 1e-290, where scipy's underflows and is slow."""
    least = np.exp((special.gammaln(counts + 1.0) - 665.0) / counts)
    return np.where(mean > least, special.gammainc(counts, np.maximum(mean, least)), 0.0)
