"""Compiled limits from averaged Poisson tails (see `averaging`), for thousands of experiments.

For small counts n and a = 0 the equation of `averaging` is

    sum_(m <= n) S_m(s) F_(n-m)  =  (1 - CL) F_n,      F_k = A_0 + ... + A_k,

with A_j the averaged probability of j background counts and S_m(s) that of m signal counts, both
sums over nodes of the priors.  Its derivative in s needs S_(n+1) beside them.  Newton's method on
the logarithm; what does not converge comes back as NaN, for numpy to solve.

Importing this module costs the start of numba, about a second.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.statistics.averaged_counts_kernel import LANES, poisson_sums
from lnvsearch.statistics.distributions import Distribution, Fixed, LogNormal
from lnvsearch.statistics.nuisance import prior_quadrature

__all__ = ["limits", "suitable"]

# The fixed quadrature of 64 nodes leaves 2e-12 where each prior is no wider than the Poisson
# distribution and than this; found by comparison.
_LARGEST_LOG_WIDTH = 0.5
_LARGEST_COUNT, _LARGEST_BACKGROUND = 30.0, 60.0
_PANELS = 4
# Newton's error after a step goes as the square of that relative step.
_LAST_STEP = 3e-7
_MOST_STEPS = 12
# Experiments whose nodes are made together: arrays of 4 MB.
_CHUNK = 8192


def suitable(
    observed: np.ndarray, background: Distribution, efficiency: Distribution
) -> np.ndarray:
    """Return which experiments (size,) the kernel can do: few counts, moderate log-normal errors."""
    b = background.value(np.zeros(1))[:, 0]
    most = np.maximum(observed, b) + 1.0
    good = (observed <= _LARGEST_COUNT) & (b <= _LARGEST_BACKGROUND)
    for quantity, scale in ((background, b), (efficiency, most)):
        if isinstance(quantity, LogNormal):
            width = quantity.log_width
            good = good & (width <= _LARGEST_LOG_WIDTH) & (width * scale <= np.sqrt(most))
        elif not isinstance(quantity, Fixed):
            return np.zeros(observed.shape, dtype=bool)
    return good


def limits(
    observed: np.ndarray,
    background: Distribution,
    efficiency: Distribution,
    efficiency_power: float,
    tail_fraction: np.ndarray,
    start: np.ndarray,
) -> np.ndarray:
    """Return the signals (size,) that solve the equation; NaN where Newton's method does not.

    `efficiency_power` is p of `averaging`, `start` the first guesses.
    """
    result = np.empty(observed.size)
    for first in range(0, observed.size, _CHUNK):
        rows = np.arange(first, min(first + _CHUNK, observed.size))
        b, b_weight = prior_quadrature(background.take(rows), _PANELS)
        e, e_weight = prior_quadrature(efficiency.take(rows), _PANELS)
        if efficiency_power:
            e_weight = e_weight * e**-efficiency_power
            e_weight = e_weight / e_weight.sum(axis=1, keepdims=True)
        _solve(
            observed[rows].astype(np.int64),
            *(np.ascontiguousarray(nodes) for nodes in (b, b_weight, e, e_weight)),
            np.ascontiguousarray(tail_fraction[rows]),
            np.ascontiguousarray(start[rows]),
            result[rows[0] : rows[-1] + 1],
        )
    return result


@njit(cache=True, error_model="numpy")
def _solve(
    observed, background, background_weights, efficiency, efficiency_weights, fraction, start, result
):
    """Fill `result` (size,); nodes and weights are (size, nodes)."""
    space = observed.max() + 3
    shares, below, sums = np.empty(space), np.empty(space), np.empty(space)
    of_lanes = np.empty(space * int(LANES))
    for i in range(observed.size):
        n = observed[i]
        poisson_sums(1.0, background[i], background_weights[i], n, of_lanes, shares)
        total = 0.0
        for j in range(n + 1):
            total += shares[j]
            below[j] = total
        target = math.log(fraction[i] * total)
        s, found = start[i], np.nan
        for _ in range(_MOST_STEPS):
            poisson_sums(s, efficiency[i], efficiency_weights[i], n + 1, of_lanes, sums)
            tail, slope = sums[0] * below[n], 0.0
            for m in range(1, n + 1):
                tail += sums[m] * below[n - m]
                slope -= m * sums[m] * shares[n + 1 - m]
            slope -= (n + 1) * sums[n + 1] * shares[0]
            new = s - s * (math.log(tail) - target) * tail / slope
            if abs(new - s) <= _LAST_STEP * s:
                found = new
                break
            if not 0.0 < new < np.inf:
                break
            s = new
        result[i] = found
