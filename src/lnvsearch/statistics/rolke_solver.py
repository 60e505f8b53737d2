"""Crossing points of the profile likelihood with a threshold, for flat arrays of experiments.

Everything is in expected selected counts t = s * e_hat; see `rolke_profile`.
"""

from __future__ import annotations

import numpy as np

from lnvsearch.statistics.rolke_profile import (
    Problem,
    deviance,
    deviance_without_signal,
)

_MAX_STEPS = 400
_RELATIVE_TOLERANCE = 1e-13


def effective_count(problem: Problem, threshold: np.ndarray) -> np.ndarray:
    """Smallest count x >= max(n, 1) whose unbounded upper limit is positive.

    That is the first x with x >= b_hat or -2 ln lambda(0) < threshold.  TRolke climbs one by one;
    as -2 ln lambda(0) falls with x below b_hat, an integer bisection finds the same count.
    """
    count = np.maximum(problem.count, 1.0)
    # With b at b_hat, -2 ln lambda(0) <= (b_hat - x)^2 / x: most need no logarithm.
    deficit = np.maximum(problem.background - count, 0.0)
    candidates = np.flatnonzero(deficit * deficit >= threshold * count)
    if candidates.size == 0:
        return count
    part, level = problem.take(candidates), threshold[candidates]
    low = count[candidates]
    excluded = deviance_without_signal(part.with_count(low)) >= level
    candidates, low, level = candidates[excluded], low[excluded], level[excluded]
    part = part.take(excluded)
    high = np.ceil(part.background)
    while np.any(high - low > 1.0):
        middle = np.floor(0.5 * (low + high))
        still = deviance_without_signal(part.with_count(middle)) >= level
        low, high = np.where(still, middle, low), np.where(still, high, middle)
    count[candidates] = high
    return count


def _known_crossing(count: np.ndarray, threshold: np.ndarray, side: float) -> np.ndarray:
    """Approximate m with 2 (m - n - n ln(m/n)) = threshold, above (+1) or below (-1) n."""
    z = side * np.sqrt(threshold / count)
    series = 1.0 + z * (1.0 + z * (1.0 / 3.0 + z / 36.0))
    if side < 0.0:
        # Far below n the logarithm alone matters.
        series = np.where(z < -1.2, np.exp(-1.0 - 0.5 * np.minimum(z * z, 1e3)), series)
    return count * series


def _starting_point(problem: Problem, threshold: np.ndarray, side: float) -> np.ndarray:
    """Crossing estimated with the variances of b and e taken as Gaussian and added to Poisson's.

    Solves (t - t_best)^2 = a^2 + threshold (relative_sigma^2 t^2 + background_sigma^2), with a the
    distance without uncertainties.
    """
    best = problem.best_signal
    distance = _known_crossing(problem.count, threshold, side) - problem.count
    leading = np.maximum(1.0 - threshold * problem.relative_sigma**2, 0.05)
    constant = best**2 - distance**2 - threshold * problem.background_sigma**2
    root = np.sqrt(np.maximum(best**2 - leading * constant, 0.0))
    if side > 0.0:
        return (best + root) / leading
    return constant / (best + root)


def _solve(problem: Problem, level, start, low, high, side: float) -> np.ndarray:
    """Root of sqrt(-2 ln lambda(t)) = sqrt(level) between `low` and `high`, by safeguarded Newton.

    `side` is +1 where -2 ln lambda rises with t, -1 where it falls.  The square root is close to
    linear in t (Wald), so that four or five steps usually reach the last digit; every step that
    would leave the bracket is replaced by a bisection (or a doubling while `high` is infinite).
    """
    solution = np.array(start, dtype=np.float64)
    outside = ~((solution > low) & (solution < high))
    solution = np.where(outside, _between(low, high), solution)
    active = np.arange(solution.size)
    low, high, target = low.copy(), high.copy(), np.sqrt(level)
    for _ in range(_MAX_STEPS):
        part, t = problem.take(active), solution[active]
        value, slope = deviance(part, t)
        root = np.sqrt(np.maximum(value, 0.0))
        above = (root - target[active]) * side > 0.0
        high[active] = np.where(above, t, high[active])
        low[active] = np.where(above, low[active], t)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = (root - target[active]) * 2.0 * root / slope
        new = t - np.where(np.isfinite(step), step, np.inf)
        now_low, now_high = low[active], high[active]
        inside = ((new > now_low) & (new < now_high)) | (new == t)
        new = np.where(inside, new, _between(now_low, now_high))
        solution[active] = new
        narrow = now_low >= (1.0 - 4e-16) * now_high
        exact = np.abs(root - target[active]) <= 4e-16 * target[active]
        done = narrow | exact | (np.abs(new - t) <= _RELATIVE_TOLERANCE * t) | (new > 1e300)
        active = active[~done]
        if active.size == 0:
            break
    return np.where(solution > 1e300, np.inf, solution)


def _between(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """A point inside the bracket: far up while it is open, halfway (in ratio if wide) otherwise."""
    closed_high = np.where(np.isfinite(high), high, 1.0)
    halfway = np.where(
        (low > 0.0) & (closed_high > 4.0 * low),
        np.sqrt(low) * np.sqrt(closed_high),
        np.where(low > 0.0, 0.5 * (low + closed_high), closed_high / 16.0),
    )
    return np.where(np.isfinite(high), halfway, 8.0 * np.maximum(low, 0.125))


def upper_crossing(problem: Problem, threshold: np.ndarray, bounded: bool) -> np.ndarray:
    """t above the best one where -2 ln lambda reaches the threshold; n >= 1 everywhere.

    Unbounded experiments must have a positive limit (`effective_count` provides it).  Infinite
    where a wide Gaussian efficiency, reaching zero, lets any signal hide.
    """
    best = problem.best_signal
    downward = best < 0.0
    at_zero = np.where(downward, deviance_without_signal(problem), 0.0)
    level = threshold + at_zero if bounded else threshold
    high = np.full_like(best, np.inf)
    finite = np.ones(best.shape, dtype=bool)
    if problem.total is None:
        with np.errstate(divide="ignore", over="ignore"):
            inverse = 1.0 / problem.relative_sigma**2
        # -2 ln lambda climbs to its value at efficiency zero and no further.
        finite = level < at_zero + inverse
        pull = _pull_without_signal(problem)
        with np.errstate(over="ignore"):
            # Where n < b_hat the profiled efficiency is zero at this t already.
            high = np.where(downward, inverse / np.maximum(pull, 1e-300), np.inf)
        if problem.correlation != 0.0:
            high = np.full_like(best, np.inf)
    result = np.full_like(best, np.inf)
    index = np.flatnonzero(finite)
    part, level = problem.take(index), level[index]
    start = _starting_point(part, level, +1.0)
    result[index] = _solve(part, level, start, np.maximum(best[index], 0.0), high[index], +1.0)
    return result


def _pull_without_signal(problem: Problem) -> np.ndarray:
    """k = 1 - n/m at s = 0."""
    _, slope = deviance(problem, np.zeros_like(problem.count))
    return 0.5 * slope


def lower_crossing(problem: Problem, threshold: np.ndarray) -> np.ndarray:
    """t below the best one where -2 ln lambda reaches the threshold, 0 where it does not."""
    best = problem.best_signal
    result = np.zeros_like(best)
    index = np.flatnonzero(best > 0.0)
    part, level = problem.take(index), threshold[index]
    crosses = deviance_without_signal(part) > level
    index, part, level = index[crosses], part.take(crosses), level[crosses]
    start = _starting_point(part, level, -1.0)
    result[index] = _solve(part, level, start, np.zeros_like(level), best[index], -1.0)
    return result
