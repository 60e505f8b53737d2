"""Compiled solver of the Gaussian x Gaussian profile likelihood, for 1e4 and more experiments.

The same equations as `rolke_profile` and `rolke_solver`, for known or Gaussian background and
efficiency, where the profile is the root of a quadratic: with mean M = t + b_hat and variance
V = (relative_sigma t)^2 + background_sigma^2,

    k = 2 (M - n) / (M + V + sqrt((M - V)^2 + 4 V n)),   w = 1 - k = n/m,
    -ln lambda = n (k/w + ln w) + V k^2 / 2,             d(-ln lambda)/dt = k (1 - rel^2 t k).

Speed comes from fixed-length loops over 16 lanes with no branch in them, which LLVM turns into
vector instructions; hence the Newton steps are the outer loop, and the logarithm is written out (a
call to the C library would break the vectorisation).  Experiments that have not converged come
back as NaN, for the caller to solve with brackets.

Importing this module costs the start of numba, about a second.
"""

import numpy as np
from numba import njit

from lnvsearch.lanes import float_stack_array, integer_stack_array

_ONE = np.uint64(1)
_LANES = np.uint64(16)
_lane_numbers = float_stack_array(int(_LANES))
_lane_flags = integer_stack_array(int(_LANES))
_MAX_STEPS = 6
# Newton's error after a step goes as the square of that step, in units of the distance to the best
# signal: at most 5e-10 is left, and 1e-11 of usual limits.  Three steps do for most upper limits.
_LAST_STEP = 3e-6
_REMOTE_LEVEL = 1e3
_CHUNK = 2048

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
    # k = 2 above / whole and k / w = 2 above / rest, with one division for both.
    whole = mean + variance + root
    rest = whole - 2.0 * above
    inverse = 2.0 * above / (whole * rest)
    k, ratio = inverse * rest, inverse * whole
    value = n * (ratio + _log(1.0 - k, -k)) + 0.5 * variance * k * k
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
    size = np.uint64(count.size)
    n, b, vb, rv = _lane_numbers(), _lane_numbers(), _lane_numbers(), _lane_numbers()
    target, t, moving = _lane_numbers(), _lane_numbers(), _lane_flags()
    for first in range(np.uint64(0), size, _LANES):
        lanes = min(_LANES, size - first)
        if lanes == _LANES:
            for lane in range(_LANES):
                i = first + lane
                n[lane], b[lane], vb[lane] = count[i], background[i], background_variance[i]
                rv[lane], target[lane] = relative_variance[i], level[i]
        else:
            for lane in range(_LANES):
                i = min(first + lane, size - _ONE)
                n[lane], b[lane], vb[lane] = count[i], background[i], background_variance[i]
                rv[lane], target[lane] = relative_variance[i], level[i]
        for lane in range(_LANES):
            t[lane] = _start(n[lane], b[lane], vb[lane], rv[lane], target[lane], side)
            moving[lane] = _ONE
        for _ in range(_MAX_STEPS):
            unsolved = np.uint64(0)
            for lane in range(_LANES):
                # Newton on sqrt(-2 ln lambda) - sqrt(level), nearly linear in t.
                value, slope = _half_deviance(n[lane], b[lane], vb[lane], rv[lane], t[lane])
                value = 2.0 * value
                step = (value - np.sqrt(value * target[lane])) / slope
                new = t[lane] - step
                room = min(new, side * (new - n[lane] + b[lane]))
                # A solved lane rests, so that no result depends on its neighbours.
                t[lane] = new if moving[lane] == _ONE else t[lane]
                # A root on the falling part, at a negative efficiency, has the wrong slope.
                solved = (abs(step) <= _LAST_STEP * room) & (side * slope > 0.0)
                moving[lane] = np.uint64(0) if solved else moving[lane]
                unsolved += moving[lane]
            if unsolved == np.uint64(0):
                break
        if lanes == _LANES:
            for lane in range(_LANES):
                result[first + lane] = np.nan if moving[lane] == _ONE else t[lane]
        else:
            for lane in range(lanes):
                result[first + lane] = np.nan if moving[lane] == _ONE else t[lane]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _deviance_without_signal(n, background, background_variance):
    """-2 ln lambda(0) for n >= 1; a background of 1e-290 stands for none (value above 1e3)."""
    value, _ = _half_deviance(n, max(background, 1e-290), background_variance, 0.0, 0.0)
    return 2.0 * value


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _effective_count(n, background, background_variance, level):
    """Smallest count above n with a positive limit (see `rolke_solver.effective_count`)."""
    if _deviance_without_signal(n, background, background_variance) < level:
        return n
    low, high = n, np.ceil(background)
    while high - low > 1.0:
        middle = np.floor(0.5 * (low + high))
        if _deviance_without_signal(middle, background, background_variance) >= level:
            low = middle
        else:
            high = middle
    return high


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _bounded_level(n, background, background_variance, level):
    """Threshold relative to the saturated maximum in bounded mode."""
    if background > n:
        return level + _deviance_without_signal(n, background, background_variance)
    return level


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _solve_subset(index, n, background, background_variance, relative_variance, level, side):
    """Crossings of the experiments `index`, gathered to keep all lanes busy; `n` are their counts."""
    result = np.empty(index.size)
    _crossings(
        n,
        background[index],
        background_variance[index],
        relative_variance[index],
        level[index],
        side,
        result,
    )
    return result


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _with_lower_limit(count, n, background, background_variance, threshold):
    """Experiments whose likelihood falls below the threshold before the signal is zero."""
    index = np.empty(count.size + 1, dtype=np.int64)
    found = 0
    for i in range(count.size):
        excess = n[i] - background[i]
        # With b at b_hat, -2 ln lambda(0) <= excess^2 / b_hat: often no logarithm is needed.
        possible = (excess > 0.0) & (excess * excess > threshold[i] * background[i])
        index[found] = i  # without a branch: written again if it does not count
        found += possible & ((count[i] > 0.0) | (n[i] > 1.0))
    index = index[:found]
    some_n, some_b, some_variance = n[index], background[index], background_variance[index]
    value = np.empty(found)
    for j in range(found):
        value[j] = _deviance_without_signal(some_n[j], some_b[j], some_variance[j])
    crossing = 0
    for j in range(found):
        i = index[j]
        index[crossing] = i
        crossing += value[j] > threshold[i]
    return index[:crossing]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _extrapolate(zero, second, bounded, upper):
    """Continue the crossings of one count (in `upper`) and two (`second`) to none, at `zero`."""
    for j in range(zero.size):
        extrapolated = 2.0 * upper[zero[j]] - second[j]
        if bounded:
            upper[zero[j]] = max(extrapolated, 0.0)
        elif not extrapolated <= 0.0:  # keeps NaN; else the limit of one count stands
            upper[zero[j]] = extrapolated


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _limits_of_some(
    count,
    efficiency,
    background,
    background_sigma,
    relative_sigma,
    threshold,
    bounded,
    want_lower,
    lower,
    upper,
):
    """`limits` of so many experiments that all arrays stay in the processor's cache."""
    size, n, level = count.size, np.maximum(count, 1.0), threshold.copy()
    background_variance, relative_variance = background_sigma**2, relative_sigma**2
    raised, zero = np.empty(size + 1, dtype=np.int64), np.empty(size + 1, dtype=np.int64)
    raised_number = zero_number = 0
    for i in range(size):  # without branches: written again if it does not count
        deficit = background[i] - n[i]
        raised[raised_number], zero[zero_number] = i, i
        raised_number += (deficit > 0.0) & (bounded | (deficit * deficit >= level[i] * n[i]))
        zero_number += count[i] == 0.0
    for i in raised[:raised_number]:
        if bounded:
            level[i] = _bounded_level(n[i], background[i], background_variance[i], level[i])
        else:
            n[i] = _effective_count(n[i], background[i], background_variance[i], level[i])
    _crossings(n, background, background_variance, relative_variance, level, 1.0, upper)

    zero = zero[:zero_number]
    zero = zero[n[zero] == 1.0]
    if zero.size > 0:
        if bounded:
            for i in zero:
                level[i] = _bounded_level(2.0, background[i], background_variance[i], threshold[i])
        two = np.full(zero.size, 2.0)
        second = _solve_subset(
            zero, two, background, background_variance, relative_variance, level, 1.0
        )
        _extrapolate(zero, second, bounded, upper)

    if want_lower:
        lower[:] = 0.0
        index = _with_lower_limit(count, n, background, background_variance, threshold)
        found = _solve_subset(
            index, n[index], background, background_variance, relative_variance, threshold, -1.0
        )
        for j in range(index.size):
            lower[index[j]] = found[j] / efficiency[index[j]]
            if np.isnan(found[j]):
                upper[index[j]] = np.nan

    for i in range(size):
        wide = threshold[i] * relative_variance[i] >= 1.0
        # Against a maximum this far away, k rounds too coarsely for a difference of a few units.
        remote = level[i] > _REMOTE_LEVEL
        produced = upper[i] / efficiency[i]
        upper[i] = np.nan if wide | remote else produced


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def limits(
    count,
    efficiency,
    background,
    background_sigma,
    relative_sigma,
    threshold,
    bounded,
    want_lower,
    lower,
    upper,
):
    """Fill `lower` and `upper` (produced events) of Gaussian experiments.

    Contiguous float64 arrays of one length, or of length 1 for `background_sigma` and `threshold`
    where they are the same for all; the conventions are those of the module `rolke`.
    `upper` is NaN where a few Newton steps did not suffice or no upper limit may exist: the caller
    solves those otherwise.  `lower` is only written if wanted.
    """
    for first in range(0, count.size, _CHUNK):
        part = slice(first, min(first + _CHUNK, count.size))
        _limits_of_some(
            count[part],
            efficiency[part],
            background[part],
            _of_each(background_sigma, part),
            relative_sigma[part],
            _of_each(threshold, part),
            bounded,
            want_lower,
            lower[part],
            upper[part],
        )


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _of_each(values, part):
    """The part of an array, or as many copies of its only number."""
    if values.size == 1:
        return np.full(part.stop - part.start, values[0])
    return values[part]
