"""Compiled limits by profile likelihood, for thousands of experiments and more.

The conventions of the module `rolke`, for all models without a correlation, with the crossings of
`rolke_crossings`; experiments that have not converged come back as NaN, for the caller to solve with
brackets.

Importing this module costs the start of numba, about a second.
"""

import numpy as np
from numba import njit

from lnvsearch.statistics.rolke_crossings import (
    BACKGROUND,
    COUNT,
    LANES,
    LEVEL,
    PASSED,
    RELATIVE,
    ROWS,
    SIDEBAND,
    TAU,
    TOTAL,
    VARIANCE,
    counted_crossings,
    counted_without_signal,
    deviances_without_signal,
    gaussian_crossings,
    gaussian_without_signal,
    resting_crossing,
)

_REMOTE_LEVEL = 1e3
# Experiments that are worked on together, so that their numbers stay in the processor's cache.
_CHUNK = 1024
#: Room for them, for as many of two counts, and for the last lanes.
_ROOM = 2 * _CHUNK + int(LANES)
_GAUSSIAN_ROWS = SIDEBAND



# --- the numbers of a chunk ------------------------------------------------------------------------


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _load(values, first, size, row):
    """Copy a part of an array to a row; its only number once, for all chunks."""
    if values.size > 1:
        part = values[first : first + size]
        for i in range(size):
            row[i] = part[i]
    elif first == 0:
        row[:] = values[0]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _load_counts(values, first, size, row, flags):
    """Row of the counts, at least 1, and flags of those that are 0."""
    if values.size > 1:
        part = values[first : first + size]
        for i in range(size):
            flags[i] = part[i] == 0.0
            row[i] = max(part[i], 1.0)
    else:
        flags[:size] = values[0] == 0.0
        row[:size] = max(values[0], 1.0)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _load_background(given, least, is_counted, first, size, numbers):
    """Rows of a mean (0 is taken as `least`) and its sigma, or of a sideband and its tau."""
    if first > 0 and given[0].size == 1 and given[1].size == 1:
        return
    mean, variance = numbers[BACKGROUND], numbers[VARIANCE]
    if is_counted:
        sideband, tau = numbers[SIDEBAND], numbers[TAU]
        _load(given[0], first, size, sideband)
        _load(given[1], first, size, tau)
        for i in range(size):
            mean[i] = sideband[i] / tau[i]
            variance[i] = mean[i] / tau[i]
        return
    _load(given[0], first, size, mean)
    if least > 0.0:
        for i in range(size):
            mean[i] = least if mean[i] == 0.0 else mean[i]
    _load(given[1], first, size, variance)
    if given[1].size > 1 or first == 0:
        for i in range(size):
            variance[i] = variance[i] * variance[i]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _load_efficiency(given, is_counted, first, size, numbers, estimate):
    """Rows of a mean and its sigma, or of passed and total; and the efficiencies."""
    if first > 0 and given[0].size == 1 and given[1].size == 1:
        return
    relative = numbers[RELATIVE]
    if is_counted:
        passed, total = numbers[PASSED], numbers[TOTAL]
        _load(given[0], first, size, passed)
        _load(given[1], first, size, total)
        for i in range(size):
            estimate[i] = passed[i] / total[i]
            relative[i] = (1.0 - estimate[i]) / passed[i]
        return
    if given[0].size > 1 and given[1].size > 1:
        mean, sigma = given[0][first : first + size], given[1][first : first + size]
        for i in range(size):
            estimate[i] = mean[i]
            ratio = sigma[i] / mean[i]
            relative[i] = ratio * ratio
        return
    _load(given[0], first, size, estimate)
    if given[1].size > 1:
        sigma = given[1][first : first + size]
        for i in range(size):
            ratio = sigma[i] / estimate[i]
            relative[i] = ratio * ratio
    elif given[1][0] == 0.0:
        if first == 0:
            relative[:] = 0.0
    else:
        for i in range(size):
            ratio = given[1][0] / estimate[i]
            relative[i] = ratio * ratio


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _flagged(flags, size, index):
    """How many flags are 1; fills `index` with their places, unsigned for speed (see `lanes`)."""
    found = np.uint64(0)
    for i in range(np.uint64(size)):  # without a branch: written again if it does not count
        index[found] = i
        found += flags[i]
    return np.int64(found)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _gather(numbers, index, rows, place, some):
    """Copy the experiments `index` side by side, from `place` on: to keep all lanes busy."""
    for row in range(rows):
        for j in range(index.size):
            some[row, place + j] = numbers[row, index[j]]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _fill_lanes(numbers, size, rows):
    """Repeat the last of `size` experiments up to a multiple of the lanes."""
    for row in range(rows):
        for i in range(size, size + LANES - np.uint64(1)):
            numbers[row, i] = numbers[row, size - 1]


# --- counts and levels -----------------------------------------------------------------------------


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _without_signal(n, numbers, i, is_counted_background):
    """-2 ln lambda(0) of n counts in the place of experiment i's own."""
    if is_counted_background:
        return 2.0 * counted_without_signal(n, numbers[SIDEBAND, i], numbers[TAU, i])
    return 2.0 * gaussian_without_signal(n, numbers[BACKGROUND, i], numbers[VARIANCE, i])


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _effective_count(numbers, i, is_counted_background):
    """Smallest count from n on with a positive limit (see `rolke_solver.effective_count`)."""
    n, level = numbers[COUNT, i], numbers[LEVEL, i]
    if _without_signal(n, numbers, i, is_counted_background) < level:
        return n
    low, high = n, np.ceil(numbers[BACKGROUND, i])
    while high - low > 1.0:
        middle = np.floor(0.5 * (low + high))
        if _without_signal(middle, numbers, i, is_counted_background) >= level:
            low = middle
        else:
            high = middle
    return high


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _bounded_level(n, threshold, numbers, i, is_counted_background):
    """Threshold relative to the saturated maximum in bounded mode."""
    if numbers[BACKGROUND, i] > n:
        return threshold + _without_signal(n, numbers, i, is_counted_background)
    return threshold


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _raise_counts(numbers, size, is_counted_background, bounded, flags, raised, zero):
    """Far below b, raise the count, or the level in bounded mode.

    `flags` says which experiments have no count; `zero` is filled with those that are still taken as
    one, and their number returned.
    """
    count, background, level = numbers[COUNT], numbers[BACKGROUND], numbers[LEVEL]
    zero_number = _flagged(flags, size, zero)
    for i in range(size):
        deficit = background[i] - count[i]
        flags[i] = (deficit > 0.0) & (bounded | (deficit * deficit >= level[i] * count[i]))
    raised_number = _flagged(flags, size, raised)
    if raised_number == 0:
        return zero_number
    for i in raised[:raised_number]:
        if bounded:
            level[i] = _bounded_level(count[i], level[i], numbers, i, is_counted_background)
        else:
            count[i] = _effective_count(numbers, i, is_counted_background)
    kept = 0
    for j in range(zero_number):
        i = zero[j]
        zero[kept] = i
        kept += count[i] == 1.0
    return kept


# --- limits of a chunk -----------------------------------------------------------------------------


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _crossings(numbers, size, side, model, result):
    """Crossings of the first `size` experiments; `model`: is b counted, is the efficiency."""
    if model[0] or model[1]:
        _fill_lanes(numbers, size, ROWS)
        counted_crossings(numbers, size, side, model[0], model[1], result)
    else:
        _fill_lanes(numbers, size, _GAUSSIAN_ROWS)
        gaussian_crossings(numbers, size, side, result)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _upper_crossings(numbers, size, zero, threshold, model, bounded, result):
    """Crossings of all experiments; those of one count and of two are continued to none (`zero`)."""
    rows = ROWS if model[0] or model[1] else _GAUSSIAN_ROWS
    _gather(numbers, zero, rows, size, numbers)
    for j in range(size, size + zero.size):
        numbers[COUNT, j] = 2.0
        if bounded:
            level = threshold[0] if threshold.size == 1 else threshold[zero[j - size]]
            numbers[LEVEL, j] = _bounded_level(2.0, level, numbers, j, model[0])
    _crossings(numbers, size + zero.size, 1.0, model, result)
    for j in range(zero.size):
        i = zero[j]
        extrapolated = 2.0 * result[i] - result[size + j]
        if bounded:
            result[i] = max(extrapolated, 0.0)
        elif not extrapolated <= 0.0:  # keeps NaN; else the limit of one count stands
            result[i] = extrapolated


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _with_lower_limit(numbers, size, model, flags, index, some, value):
    """How many experiments have a likelihood below the threshold at no signal; fills `index`."""
    count, background, level = numbers[COUNT], numbers[BACKGROUND], numbers[LEVEL]
    for i in range(size):
        excess = count[i] - background[i]
        # With b at b_hat, -2 ln lambda(0) <= excess^2 / b_hat: often no logarithm is needed.
        flags[i] = (excess > 0.0) & (excess * excess > level[i] * background[i])
    found = _flagged(flags, size, index)
    if found == 0:
        return 0
    rows = TAU + 1 if model[0] else VARIANCE + 1
    _gather(numbers, index[:found], rows, 0, some)
    _fill_lanes(some, found, rows)
    deviances_without_signal(some, found, model[0], value)
    for j in range(found):
        flags[j] = value[j] > level[index[j]]
    crossing = np.uint64(0)
    for j in range(found):
        i = index[j]
        index[crossing] = i
        crossing += flags[j]
    return np.int64(crossing)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _lower_limits(numbers, size, model, flags, index, some, crossing, estimate, lower, upper):
    """Fill `lower`; the upper crossing is NaN where the lower one is not found."""
    for i in range(size):
        lower[i] = 0.0
    found = _with_lower_limit(numbers, size, model, flags, index, some, crossing)
    if found == 0:
        return
    _gather(numbers, index[:found], ROWS if model[0] or model[1] else _GAUSSIAN_ROWS, 0, some)
    _crossings(some, found, -1.0, model, crossing)
    for j in range(found if model[0] else 0):
        if some[SIDEBAND, j] == 0.0 and np.isnan(crossing[j]):
            crossing[j] = resting_crossing(
                some[COUNT, j], some[TAU, j], some[RELATIVE, j], some[PASSED, j], some[TOTAL, j],
                0.5 * some[LEVEL, j], model[1],
            )
    for j in range(found):
        i = index[j]
        lower[i] = crossing[j] / estimate[i]
        upper[i] = np.nan if np.isnan(crossing[j]) else upper[i]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def _write(numbers, size, is_counted_efficiency, crossing, estimate, upper):
    """Fill `upper` with limits on produced events, NaN where unsolved; returns how many are."""
    relative, level = numbers[RELATIVE], numbers[LEVEL]
    unsolved = 0
    for i in range(size):
        wide = (level[i] * relative[i] >= 1.0) & (not is_counted_efficiency)
        # Against a maximum this far away, k rounds too coarsely for a difference of a few units.
        remote = level[i] > _REMOTE_LEVEL
        produced = np.nan if wide | remote else crossing[i] / estimate[i]
        unsolved += produced != produced
        upper[i] = produced
    return unsolved


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def limits(
    count,
    background,
    efficiency,
    threshold,
    model,
    least_background,
    bounded,
    want_lower,
    lower,
    upper,
):
    """Fill `lower` and `upper` (produced events); the conventions are those of the module `rolke`.

    Contiguous float64 arrays of one length, or of length 1 where all have the same number.
    `background` and `efficiency` are pairs of them: mean and sigma, or sideband and tau, passed and
    total, as `model` says: (is the background counted, is the efficiency).  A mean background of 0 is
    taken as `least_background`.
    `upper` is NaN where a few steps did not suffice or no upper limit may exist: the caller
    solves those, of which the number is returned, otherwise.  `lower` is only written if wanted.
    """
    numbers, some = np.ones((ROWS, _ROOM)), np.ones((ROWS, _ROOM))
    crossing, of_lower, estimate = np.ones(_ROOM), np.ones(_ROOM), np.ones(_ROOM)
    work = np.empty((3, _CHUNK + 1), dtype=np.uint64)
    flags, index, zero = work[0], work[1], work[2]
    unsolved = 0
    for first in range(0, upper.size, _CHUNK):
        size = min(_CHUNK, upper.size - first)
        part = slice(first, first + size)
        _load_counts(count, first, size, numbers[COUNT], flags)
        # Bounded mode raises levels: then the only one is put again.
        again = bounded and threshold.size == 1
        _load(threshold, 0 if again else first, size, numbers[LEVEL])
        _load_background(background, least_background, model[0], first, size, numbers)
        _load_efficiency(efficiency, model[1], first, size, numbers, estimate)
        zeros = _raise_counts(numbers, size, model[0], bounded, flags, index, zero)
        own = threshold[part] if threshold.size > 1 else threshold
        _upper_crossings(numbers, size, zero[:zeros], own, model, bounded, crossing)
        if want_lower:
            for i in zero[:zeros]:
                numbers[COUNT, i] = 0.0
            _lower_limits(
                numbers, size, model, flags, index, some, of_lower, estimate, lower[part],
                crossing,
            )
        unsolved += _write(numbers, size, model[1], crossing, estimate, upper[part])
    return unsolved
