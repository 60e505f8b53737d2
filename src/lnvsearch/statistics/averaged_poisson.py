"""Poisson probabilities of all counts up to some largest one, averaged over quadrature nodes."""

from __future__ import annotations

import numpy as np
from scipy import special

from lnvsearch.statistics.feldman_cousins_models import TINY

__all__ = ["averaged_poisson"]

# exp(-mean) is a normal double up to here, and count! a double up to the second: powers may be used.
_LARGEST_POWER_MEAN = 600.0
_LARGEST_POWER_COUNT = 150
# Up to here the recurrence from the largest count down meets no rising terms.
_LARGEST_RECURRENCE_COUNT = 600
# Elements of one temporary array: 16 MB.
_MOST_ELEMENTS = 2_000_000


def averaged_poisson(largest: int, mean: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """sum over nodes of weight * Pois(k; mean), (rows, largest + 1) for k = 0 ... largest.

    `mean` and `weights` are (rows, nodes).  Powers of the mean are quicker than exponentials, where
    they neither under- nor overflow.
    """
    k = np.arange(largest + 1.0)
    if largest > _LARGEST_RECURRENCE_COUNT:
        return _by_logarithms(largest, np.maximum(mean, TINY), weights)
    if mean.max(initial=0.0) > _LARGEST_POWER_MEAN or largest > _LARGEST_POWER_COUNT:
        return _by_recurrence(largest, mean, weights)
    sums = np.empty((largest + 1, mean.shape[0]))
    term = weights * np.exp(-mean)
    term.sum(axis=1, out=sums[0])
    for count in range(1, largest + 1):
        term *= mean
        term.sum(axis=1, out=sums[count])
    return (sums / special.gamma(k + 1.0)[:, None]).T


def _by_recurrence(largest: int, mean, weights) -> np.ndarray:
    """Up from k = 0 for means whose exponential is a normal double, down from the largest k beyond.

    Those means are above every k, so that the terms of the way down fall.
    """
    sums = np.zeros((largest + 1, mean.shape[0]))
    far = mean > _LARGEST_POWER_MEAN
    near = np.where(far, 0.0, mean)
    term = np.where(far, 0.0, weights) * np.exp(-near)
    for count in range(largest + 1):
        if count:
            term *= near * (1.0 / count)
        term.sum(axis=1, out=sums[count])
    columns = np.flatnonzero(far.any(axis=0))
    if columns.size:
        mean, far = np.maximum(mean[:, columns], TINY), far[:, columns]
        log_last = largest * np.log(mean) - mean - special.gammaln(largest + 1.0)
        term = np.where(far, weights[:, columns], 0.0) * np.exp(np.where(far, log_last, 0.0))
        inverse = np.where(far, 1.0 / mean, 0.0)
        for count in range(largest, -1, -1):
            sums[count] += term.sum(axis=1)
            term *= count * inverse
    return sums.T


def _by_logarithms(largest: int, mean, weights) -> np.ndarray:
    """Any counts and means; the temporary arrays are bounded."""
    k = np.arange(largest + 1.0)
    result = np.empty((mean.shape[0], k.size))
    constant = special.gammaln(k + 1.0)
    step = max(1, _MOST_ELEMENTS // (mean.shape[1] * k.size))
    for first in range(0, mean.shape[0], step):
        part = slice(first, first + step)
        exponent = k * np.log(mean[part])[:, :, None] - mean[part, :, None] - constant
        result[part] = np.einsum("rnk,rn->rk", np.exp(exponent), weights[part])
    return result
