"""Compiled solver of the Gaussian x Gaussian profile likelihood, for 1e4 and more experiments.

The same equations as `rolke_profile` and `rolke_solver`, for known or Gaussian background and
efficiency, where the profile is the root of a quadratic: with mean M = t + b_hat and variance
V = (relative_sigma t)^2 + background_sigma^2,

    k = 2 (M - n) / (M + V + sqrt((M - V)^2 + 4 V n)),   w = 1 - k = n/m,
    -ln lambda = n (k/w + ln w) + V k^2 / 2,             d(-ln lambda)/dt = k (1 - rel^2 t k).

Speed comes from fixed-length loops over 16 lanes with no branch in them, which LLVM turns into
vector instructions; hence the Newton steps are the outer loop, their number is fixed, and the
logarithm is written out (a call to the C library would break the vectorisation).  Lanes that have
not converged come back as NaN, for the caller to solve with brackets.

Importing this module costs the start of numba, about a second.
"""

import numpy as np
from numba import njit

from lnvsearch.statistics import rolke_solver
from lnvsearch.statistics.rolke_profile import Problem

_LANES = 16
_UPPER_STEPS = 4
_LOWER_STEPS = 5
# Newton's error after the last step is about the square of that step, in units of the distance to
# the best signal: 1e-5 leaves 1e-10.
_LAST_STEP = 1e-5

_LN_2 = 0.6931471805599453
_SQRT_HALF_BITS = 0x3FE6A09E667F3BCD
_ONE_BITS = 0x3FF0000000000000
_MANTISSA = 52


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _log(value, value_minus_one):
    """ln(value) for a normal positive number, exact to the last digits also next to one.

    value = 2^e f with f between sqrt(1/2) and sqrt(2); ln f = 2 artanh((f - 1)/(f + 1)), whose
    series to the 21st power leaves less than 1e-17 there.
    """
    exponent = (np.float64(value).view(np.int64) - _SQRT_HALF_BITS) >> _MANTISSA
    scale = np.int64(_ONE_BITS - (exponent << _MANTISSA)).view(np.float64)
    fraction = value * scale
    numerator = value_minus_one if exponent == 0 else fraction - 1.0
    s = numerator / (fraction + 1.0)
    z = s * s
    series = 1.0 / 21.0
    series = series * z + 1.0 / 19.0
    series = series * z + 1.0 / 17.0
    series = series * z + 1.0 / 15.0
    series = series * z + 1.0 / 13.0
    series = series * z + 1.0 / 11.0
    series = series * z + 1.0 / 9.0
    series = series * z + 1.0 / 7.0
    series = series * z + 1.0 / 5.0
    series = series * z + 1.0 / 3.0
    series = series * z + 1.0
    return exponent * _LN_2 + 2.0 * s * series


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _half_deviance(n, background, background_variance, relative_variance, t):
    """-ln lambda at t and its derivative."""
    mean = t + background
    variance = relative_variance * t * t + background_variance
    difference = mean - variance
    above = mean - n
    root = np.sqrt(difference * difference + 4.0 * variance * n)
    k = 2.0 * above / (mean + variance + root)
    w = 1.0 - k
    value = n * (k / w + _log(w, -k)) + 0.5 * variance * k * k
    return value, k * (1.0 - relative_variance * t * k)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _start(n, background, background_variance, relative_variance, level, side):
    """Crossing with the variances added to Poisson's (see `rolke_solver._starting_point`)."""
    best = n - background
    z = side * np.sqrt(level / n)
    distance = n * z * (1.0 + z * (1.0 / 3.0 + z * (1.0 / 36.0 - z / 270.0)))
    distance = max(distance, -0.99 * n)
    leading = max(1.0 - level * relative_variance, 0.05)
    constant = best * best - distance * distance - level * background_variance
    root = np.sqrt(max(best * best - leading * constant, 0.0))
    if side > 0.0:
        return max((best + root) / leading, 0.01)
    return max(constant / (best + root), 1e-3 * best)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _crossings(count, background, background_variance, relative_variance, level, side, result):
    """Fill `result` with the crossing t on the given side of the best one, NaN where unsolved."""
    size = count.size
    n, b, vb, rv = np.empty(_LANES), np.empty(_LANES), np.empty(_LANES), np.empty(_LANES)
    target, t, step = np.empty(_LANES), np.empty(_LANES), np.empty(_LANES)
    steps = _UPPER_STEPS if side > 0.0 else _LOWER_STEPS
    for first in range(0, size, _LANES):
        for lane in range(_LANES):
            i = min(first + lane, size - 1)
            n[lane], b[lane], vb[lane] = count[i], background[i], background_variance[i]
            rv[lane], target[lane] = relative_variance[i], level[i]
        for lane in range(_LANES):
            t[lane] = _start(n[lane], b[lane], vb[lane], rv[lane], target[lane], side)
        for _ in range(steps):
            for lane in range(_LANES):
                # Newton on sqrt(-2 ln lambda) - sqrt(level), nearly linear in t.
                value, slope = _half_deviance(n[lane], b[lane], vb[lane], rv[lane], t[lane])
                value = 2.0 * value
                step[lane] = (value - np.sqrt(value * target[lane])) / slope
                t[lane] -= step[lane]
        for lane in range(min(_LANES, size - first)):
            best = n[lane] - b[lane]
            room = min(t[lane], side * (t[lane] - best))
            solved = room > 0.0 and abs(step[lane]) <= _LAST_STEP * room
            result[first + lane] = t[lane] if solved else np.nan


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _deviances_without_signal(count, background, background_variance, result):
    """Fill `result` with -2 ln lambda(0); b_hat must be > 0."""
    for i in range(count.size):
        value, _ = _half_deviance(count[i], background[i], background_variance[i], 0.0, 0.0)
        result[i] = 2.0 * value


def _kernel_crossings(problem: Problem, level: np.ndarray, side: float) -> np.ndarray:
    """The t above (side +1) or below (-1) the best one where -2 ln lambda = level, or NaN."""
    result = np.empty(level.size)
    _crossings(
        problem.count,
        problem.background,
        problem.background_sigma**2,
        problem.relative_sigma**2,
        level,
        side,
        result,
    )
    return result


def _kernel_deviance_without_signal(problem: Problem) -> np.ndarray:
    """-2 ln lambda(0) of a Gaussian problem with n >= 1; infinite where b_hat is exactly 0."""
    result = np.empty(problem.count.size)
    positive = np.maximum(problem.background, np.finfo(np.float64).tiny)
    _deviances_without_signal(problem.count, positive, problem.background_sigma**2, result)
    result[(problem.background == 0.0) & (problem.background_sigma == 0.0)] = np.inf
    return result


def upper_crossing(problem: Problem, threshold: np.ndarray, bounded: bool) -> np.ndarray:
    """As `rolke_solver.upper_crossing`, compiled, for a Gaussian problem."""
    level = threshold
    if bounded:
        index = np.flatnonzero(problem.background > problem.count)
        level = np.array(threshold)
        level[index] += _kernel_deviance_without_signal(problem.take(index))
    result = _kernel_crossings(problem, level, +1.0)
    # A wide efficiency may leave no upper limit at all: that needs the bracketing solver.
    left = np.flatnonzero(np.isnan(result) | (threshold * problem.relative_sigma**2 >= 1.0))
    if left.size:
        result[left] = rolke_solver.upper_crossing(problem.take(left), threshold[left], bounded)
    return result


def lower_crossing(problem: Problem, threshold: np.ndarray) -> np.ndarray:
    """As `rolke_solver.lower_crossing`, compiled, for a Gaussian problem."""
    result = np.zeros(threshold.size)
    index = np.flatnonzero(problem.count > problem.background)
    index = index[_kernel_deviance_without_signal(problem.take(index)) > threshold[index]]
    part, level = problem.take(index), threshold[index]
    found = _kernel_crossings(part, level, -1.0)
    left = np.flatnonzero(np.isnan(found))
    if left.size:
        found[left] = rolke_solver.lower_crossing(part.take(left), level[left])
    result[index] = found
    return result
