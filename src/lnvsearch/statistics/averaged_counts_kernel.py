"""Compiled sums and roots of `feldman_cousins_averaged.SeparableModel`, for a thousand limits and more.

The same quantities as there.  With S_m(s) the averaged probability of m signal counts,

    P(k | s) = sum_j A_j S_(k-j)(s),      d S_m / ds = (m S_m - (m + 1) S_(m+1)) / s,

so that one sum over the quadrature nodes gives P and its derivatives.  Each experiment sums to its
own largest count only, and the nodes are added in blocks of 16 lanes in a fixed order: no result
depends on the other experiments in the arrays.

Importing this module costs the start of numba, about a second.
"""

import math

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import exponential
from lnvsearch.lanes import float_stack_array

#: Nodes that are summed together.
LANES = np.uint64(16)
_HALVES = (np.uint64(8), np.uint64(4), np.uint64(2), np.uint64(1))
_lane_numbers = float_stack_array(int(LANES))
# As in `averaged_poisson`: exp(-mean) is a normal double up to here.
_LARGEST_POWER_MEAN = 600.0
_TINY = 1e-200

PLAIN, CUMULATIVE, TILTED = 0, 1, 2

# Newton's error after a step goes as the square of that relative step.
_LAST_STEP = 3e-7
_MOST_STEPS = 100


@njit(cache=True, error_model="numpy")
def poisson_sums(scale, values, weights, largest, of_lanes, sums):
    """sums[c] = sum over nodes of weight * Pois(c; scale * value) for c = 0 ... largest.

    `of_lanes` is space for 16 (largest + 1) numbers: each lane's sum over the blocks of nodes.
    """
    mean, term = _lane_numbers(), _lane_numbers()
    size, one, counts = np.uint64(values.size), np.uint64(1), np.uint64(largest + 1)
    of_lanes[: counts * LANES] = 0.0
    farthest = 0.0
    for first in range(np.uint64(0), size, LANES):
        if first + LANES <= size:
            for lane in range(LANES):
                mean[lane] = scale * values[first + lane]
                term[lane] = weights[first + lane]
        else:
            for lane in range(LANES):
                i = min(first + lane, size - one)
                mean[lane] = scale * values[i]
                term[lane] = weights[i] if first + lane < size else 0.0
        for lane in range(LANES):
            farthest = max(farthest, mean[lane])
        for lane in range(LANES):
            near = mean[lane] <= _LARGEST_POWER_MEAN
            mean[lane] = mean[lane] if near else 0.0
            term[lane] = term[lane] * exponential(-mean[lane]) if near else 0.0
        for c in range(counts):
            inverse, place = 1.0 / (c + 1.0), c * LANES
            for lane in range(LANES):
                of_lanes[place + lane] += term[lane]
                term[lane] *= mean[lane] * inverse
    for c in range(counts):
        place = c * LANES
        for half in _HALVES:
            for lane in range(half):
                of_lanes[place + lane] += of_lanes[place + lane + half]
        sums[c] = of_lanes[place]
    if farthest > _LARGEST_POWER_MEAN:
        _add_far_nodes(scale, values, weights, counts, sums)


@njit(cache=True, error_model="numpy")
def _add_far_nodes(scale, values, weights, counts, sums):
    """Add the nodes with a mean beyond that of the recurrence, count by count."""
    for i in range(values.size):
        mean = scale * values[i]
        if mean > _LARGEST_POWER_MEAN:
            for c in range(counts):
                exponent = c * math.log(mean) - mean - math.lgamma(c + 1.0)
                sums[c] += weights[i] * math.exp(exponent)


@njit(cache=True, error_model="numpy")
def _convolved(shares, k, sums):
    """sum_j shares_j * sums_(k - j); 0 for k < 0."""
    total = 0.0
    for j in range(k + 1):
        total += shares[j] * sums[k - j]
    return total


@njit(cache=True, error_model="numpy")
def _tilt(signal, largest, sums, result):
    """result[m] = averaged e Pois(m; s e) = (m + 1) / s S_(m+1) for m = 0 ... largest."""
    for m in range(largest + 1):
        result[m] = sums[m + 1] * (m + 1.0) / signal


@njit(cache=True, error_model="numpy")
def averaged_poisson(largest, mean, weights, result):
    """`averaged_poisson.averaged_poisson`, into `result` (rows, largest + 1)."""
    of_lanes = np.empty((largest + 1) * int(LANES))
    for row in range(mean.shape[0]):
        poisson_sums(1.0, mean[row], weights[row], largest, of_lanes, result[row])


@njit(cache=True, error_model="numpy")
def convolutions(efficiency, weights, shares, rows, first, second, signal, kind, result):
    """Fill `result` (2, rows) with sum_j A_j S_(k - j)(s) for k = first and second, each (rows,).

    `efficiency`, `weights` (experiments, nodes); `shares` (experiments, counts) the A_j; `kind`:
    S_m itself, its sum up to m, or e Pois(m; s e) averaged, which needs a signal above 1e-100.
    """
    space = max(first.max(), second.max(), 0) + 3
    sums, tilted, of_lanes = np.empty(space), np.empty(space), np.empty(space * int(LANES))
    for i in range(rows.size):
        row = rows[i]
        largest = max(first[i], second[i], 0)
        more = 1 if kind == TILTED else 0
        poisson_sums(
            signal[i], efficiency[row], weights[row], largest + more, of_lanes, sums
        )
        if kind == CUMULATIVE:
            for m in range(largest):
                sums[m + 1] += sums[m]
        if kind == TILTED:
            _tilt(signal[i], largest, sums, tilted)
        chosen = tilted if kind == TILTED else sums
        result[0, i] = _convolved(shares[row], first[i], chosen)
        result[1, i] = _convolved(shares[row], second[i], chosen)


@njit(cache=True, error_model="numpy")
def _score(shares, k, signal, sums):
    """P(k | s), and d ln P / ds with its own derivative; `sums` hold S_m up to k + 2."""
    first = second = probability = 0.0
    for j in range(k + 1):
        m = k - j
        # P' and P'' by the derivatives of S_m.
        ahead, beyond = (m + 1.0) * sums[m + 1], (m + 1.0) * (m + 2.0) * sums[m + 2]
        probability += shares[j] * sums[m]
        first += shares[j] * (m * sums[m] - ahead)
        second += shares[j] * (m * (m - 1.0) * sums[m] - 2.0 * m * ahead + beyond)
    slope = first / (signal * probability)
    return probability, slope, second / (signal * signal * probability) - slope * slope


@njit(cache=True, error_model="numpy")
def best_signals(efficiency, weights, shares, rows, k, mean_efficiency, mean_background, result):
    """Fill `result` (rows,) with the signal that maximises P(k | s), as `AveragedModel.best_signal`.

    Newton's method on d ln P / ds in a bracket; NaN where it does not converge.
    """
    space = max(k.max(), 0) + 4
    sums, of_lanes = np.empty(space), np.empty(space * int(LANES))
    for i in range(rows.size):
        row, n = rows[i], k[i]
        e, w, own = efficiency[row], weights[row], shares[row]
        at_zero = own[n]
        before = own[n - 1] if n > 0 else 0.0
        rising_at_zero = n > mean_background[row] if at_zero <= _TINY else before > at_zero
        s = max(n - mean_background[row], 0.5) / mean_efficiency[row]
        low, high, found = 0.0, np.inf, np.nan
        for step_number in range(_MOST_STEPS):
            poisson_sums(s, e, w, n + 2, of_lanes, sums)
            probability, slope, curvature = _score(own, n, s, sums)
            if not probability > _TINY:
                slope = n - s * mean_efficiency[row] - mean_background[row]
                curvature = np.nan
            if step_number == 0 and not slope > 0.0 and not rising_at_zero:
                found = 0.0
                break
            if slope > 0.0:
                low = s
            else:
                high = s
            new = s - slope / curvature
            if slope == 0.0 or abs(new - s) <= _LAST_STEP * s:
                found = s if slope == 0.0 else new
                break
            if not (curvature < 0.0 and low < new < high):
                new = 2.0 * s if high == np.inf else 0.5 * (low + high)
            s = new
        if found > 0.0 and not rising_at_zero:
            poisson_sums(found, e, w, n, of_lanes, sums)
            if max(at_zero, _TINY) >= max(_convolved(own, n, sums), _TINY):
                found = 0.0
        result[i] = found


@njit(cache=True, error_model="numpy")
def crossings(efficiency, weights, shares, rows, n, k, best_n, best_k, result):
    """Fill `result` (rows,) with the signal between the best ones of n and k where R(n) = R(k).

    Newton's method on ln P(n | s) - ln P(k | s) in a bracket; NaN where it does not converge.
    """
    space = max(n.max(), k.max()) + 4
    sums, of_lanes = np.empty(space), np.empty(space * int(LANES))
    for i in range(rows.size):
        row = rows[i]
        e, w, own = efficiency[row], weights[row], shares[row]
        poisson_sums(best_n[i], e, w, n[i], of_lanes, sums)
        log_best = math.log(max(_convolved(own, n[i], sums), _TINY))
        poisson_sums(best_k[i], e, w, k[i], of_lanes, sums)
        log_best -= math.log(max(_convolved(own, k[i], sums), _TINY))
        side = 1.0 if k[i] > n[i] else -1.0
        low, high = min(best_n[i], best_k[i]), max(best_n[i], best_k[i])
        s, found = 0.5 * (low + high), np.nan
        for _ in range(_MOST_STEPS):
            poisson_sums(s, e, w, max(n[i], k[i]) + 2, of_lanes, sums)
            at_n, slope_n, _ = _score(own, n[i], s, sums)
            at_k, slope_k, _ = _score(own, k[i], s, sums)
            if not (at_n > _TINY and at_k > _TINY):
                break
            value = side * (math.log(at_n) - math.log(at_k) - log_best)
            if value > 0.0:
                low = s
            else:
                high = s
            new = s - value / (side * (slope_n - slope_k))
            if value == 0.0 or abs(new - s) <= _LAST_STEP * s:
                found = s if value == 0.0 else new
                break
            s = new if low < new < high else 0.5 * (low + high)
        result[i] = found
