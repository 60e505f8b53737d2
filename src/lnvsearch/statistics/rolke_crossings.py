"""Compiled crossings of the profile likelihood with a threshold, many experiments side by side.

The equations of `rolke_profile`, in expected selected counts t.  With the pull k = 1 - n/m and w = n/m,
-ln lambda is the largest value over k of a function whose derivatives are those of the likelihood, so

    d(-ln lambda)/dt = k e/e_hat,   d2(-ln lambda)/dt2 = D_tt + D_kt^2 / -D_kk

with the second derivatives D of that function.  A step with both is of third order: two do for most.

Gaussian (or known) background and efficiency: k at t is the root of a quadratic.  Else the points of
the curve are numbered by r = m/n - 1, as background, efficiency and t are explicit functions of it:

    Poisson   b = y / (tau + k)          Gaussian  b = b_hat - sigma_b^2 k
    binomial  e = (z - q) / (T - q)      Gaussian  e/e_hat = 1 - rel^2 t k      q = k (m - b)

Speed comes from loops of fixed length over lanes without branches, which the compiler turns into
vector instructions; hence the steps are the outer loop.
"""

import numpy as np
from numba import njit

from lnvsearch.lanes import float_stack_array, integer_stack_array

#: Rows of `numbers`: count, background and its variance, relative variance of the efficiency, level.
COUNT, BACKGROUND, VARIANCE, RELATIVE, LEVEL = range(5)
#: Rows of a counted background (sideband, tau) and of a counted efficiency (passed, total).
SIDEBAND, TAU, PASSED, TOTAL = range(5, 9)
ROWS = 9
#: More than fill the vector units, so that one experiment's roots and divisions hide another's.
LANES = np.uint64(64)

_lane_numbers = float_stack_array(int(LANES))
_lane_flags = integer_stack_array(int(LANES))
_ONE, _NONE = np.uint64(1), np.uint64(0)
_MAX_STEPS = 6
# The error after a step goes as its third power, in units of the distance to the best signal: at
# most about 1e-12 is left.
_LAST_STEP = 1e-4
_MAX_NEWTON_STEPS, _LAST_NEWTON_STEP = 20, 1e-7  # errors go as the second power

# Through the zeros of a Chebyshev polynomial of degree 8 on 0 <= z <= 0.0405; 1/3, 1/5 ... in Taylor's.
_SERIES = (
    0.3333333333333333, 0.20000000000004262, 0.1428571428350731, 0.1111111154582057,
    0.09090867123200161, 0.07694501062582865, 0.06603540041034682, 0.06814555360930634,
)
_LN_2 = 0.6931471805599453
_ONE_BITS = np.int64(0x3FF0000000000000)
_HALF_EXPONENT = np.int64(0x0008000000000000)
_MANTISSA = np.int64(52)


@njit(inline="always", error_model="numpy")
def _odd_series(z):
    """artanh(s)/s - 1 over s^2, in powers of z = s^2 <= 0.0405, to 1e-15."""
    square = z * z
    low = (_SERIES[0] + _SERIES[1] * z) + (_SERIES[2] + _SERIES[3] * z) * square
    high = (_SERIES[4] + _SERIES[5] * z) + (_SERIES[6] + _SERIES[7] * z) * square
    return low + high * (square * square)


@njit(inline="always", error_model="numpy")
def shift_minus_logarithm(shift):
    """x - ln(1 + x) for 1 + x > 0, to the last digits also for small x."""
    value = 1.0 + shift
    exponent = (np.float64(value).view(np.int64) - _ONE_BITS + _HALF_EXPONENT) >> _MANTISSA
    scaled = value * np.int64(_ONE_BITS - (exponent << _MANTISSA)).view(np.float64)
    s = (shift if exponent == 0 else scaled - 1.0) / (scaled + 1.0)
    lead = shift * s if exponent == 0 else shift - 2.0 * s - exponent * _LN_2
    return lead - 2.0 * s * (s * s) * _odd_series(s * s)


@njit(inline="always", error_model="numpy")
def _start(n, background, background_variance, relative_variance, level, side):
    """Crossing with the variances added to Poisson's (see `rolke_solver._starting_point`)."""
    best = n - background
    leading = max(1.0 - level * relative_variance, 0.05)
    z = side * np.sqrt(level / n)
    distance = n * z * (1.0 + z * (1.0 / 3.0 + z * (1.0 / 36.0 - z * (1.0 / 270.0))))
    distance = max(distance, -0.99 * n)
    constant = best * best - distance * distance - level * background_variance
    root = np.sqrt(max(best * best - leading * constant, 0.0))
    above = max((best + root) / leading, 0.01)
    below = max(constant / (best + root), 1e-3 * best)
    return above if side > 0.0 else below


@njit(inline="always", error_model="numpy")
def _third_order(excess, slope, bend):
    """How far t is beyond the place where a function of this excess, slope and second derivative is 0.

    Exact to fourth order where the second derivative is constant.
    """
    inverse = 1.0 / slope
    first = excess * inverse
    h = min(max(first * bend * inverse, -0.5), 0.5)
    return first * (1.0 + 0.5 * h * (1.0 + h * (1.0 + 1.25 * h)))


@njit(inline="always", error_model="numpy")
def _gaussian_value(n, mean, variance):
    """-ln lambda at t + b = `mean`, the pull k, w = 1 - k, and the root that k comes from."""
    difference = mean - variance
    above = 2.0 * (mean - n)
    root = np.sqrt(difference * difference + 4.0 * variance * n)
    # k = above / whole, w = rest / whole, and the logarithm of w from both.
    whole = mean + variance + root
    rest = whole - above
    bits = np.float64(rest).view(np.int64) - np.float64(whole).view(np.int64)
    exponent = (bits + _HALF_EXPONENT) >> _MANTISSA
    scaled = rest * np.int64(_ONE_BITS - (exponent << _MANTISSA)).view(np.float64)
    of_whole = 1.0 / whole
    ratio, k, w = above / rest, above * of_whole, rest * of_whole
    s = (-above if exponent == 0 else scaled - whole) / (scaled + whole)
    lead = -s * ratio if exponent == 0 else ratio + 2.0 * s + exponent * _LN_2
    value = n * (lead + 2.0 * s * (s * s) * _odd_series(s * s)) + 0.5 * variance * k * k
    return value, k, w, root


@njit(inline="always", error_model="numpy")
def _gaussian_derivatives(relative_variance, t, k, w, root):
    """First and second derivative of -ln lambda in t, from what `_gaussian_value` gives."""
    pulled = relative_variance * t * k
    mixed = 1.0 - 2.0 * pulled
    return k * (1.0 - pulled), mixed * mixed * w / root - relative_variance * k * k


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def gaussian_crossings(numbers, size, side, result):
    """Fill `result` with the crossing t on the given side of the best one, NaN where unsolved.

    `numbers` (rows, at least `size` and up to a multiple of the lanes) of Gaussian backgrounds and
    efficiencies, `result` as long; `side` 1.0 or -1.0.
    """
    n, b, vb, rv = _lane_numbers(), _lane_numbers(), _lane_numbers(), _lane_numbers()
    half, t, moving = _lane_numbers(), _lane_numbers(), _lane_flags()
    value, k, w, root = _lane_numbers(), _lane_numbers(), _lane_numbers(), _lane_numbers()
    for first in range(np.uint64(0), np.uint64(size), LANES):
        for lane in range(LANES):
            i = first + lane
            n[lane], b[lane], vb[lane] = numbers[COUNT, i], numbers[BACKGROUND, i], numbers[VARIANCE, i]
            rv[lane], half[lane] = numbers[RELATIVE, i], numbers[LEVEL, i]
        for lane in range(LANES):
            t[lane] = _start(n[lane], b[lane], vb[lane], rv[lane], half[lane], side)
            half[lane] *= 0.5
            moving[lane] = _ONE
        for _ in range(_MAX_STEPS):
            unsolved = _NONE
            # Two loops: one has more numbers than there are registers.
            for lane in range(LANES):
                variance = rv[lane] * t[lane] * t[lane] + vb[lane]
                value[lane], k[lane], w[lane], root[lane] = _gaussian_value(
                    n[lane], t[lane] + b[lane], variance
                )
            for lane in range(LANES):
                slope, bend = _gaussian_derivatives(rv[lane], t[lane], k[lane], w[lane], root[lane])
                step = _third_order(value[lane] - half[lane], slope, bend)
                new = t[lane] - step
                room = min(new, side * (new - n[lane] + b[lane]))
                # A solved lane rests, so that no result depends on its neighbours.
                t[lane] = new if moving[lane] == _ONE else t[lane]
                # A root on the falling part, at a negative efficiency, has the wrong slope.
                solved = (abs(step) <= _LAST_STEP * room) & (side * slope > 0.0)
                moving[lane] = _NONE if solved else moving[lane]
                unsolved += moving[lane]
            if unsolved == _NONE:
                break
        for lane in range(LANES):
            result[first + lane] = np.nan if moving[lane] == _ONE else t[lane]


@njit(inline="always", error_model="numpy")
def _gaussian_background(mean, variance, k):
    """Profiled background, minus its derivative in k, and its part of -ln lambda."""
    return mean - variance * k, variance, 0.5 * variance * k * k


@njit(inline="always", error_model="numpy")
def _counted_background(sideband, tau, k):
    """The same from a sideband; NaN where b rests on the divergence that an empty one has not."""
    inverse = 1.0 / (tau + k)
    b = sideband * inverse if tau + k > 0.0 else np.nan
    return b, b * inverse, sideband * shift_minus_logarithm(-k * inverse)


@njit(inline="always", error_model="numpy")
def _gaussian_efficiency(relative_variance, selected, k):
    """At m - b = `selected`: t, e/e_hat, D_tt, D_kt, t's part of -D_kk, and the part of -ln lambda."""
    t = 2.0 * selected / (1.0 + np.sqrt(1.0 - 4.0 * relative_variance * k * selected))
    pulled = relative_variance * t * k
    of_pull = relative_variance * t * t
    bend = -relative_variance * k * k
    return t, 1.0 - pulled, bend, 1.0 - 2.0 * pulled, of_pull, 0.5 * of_pull * k * k


@njit(inline="always", error_model="numpy")
def _counted_efficiency(passed, total, selected, k):
    """The same from simulation; NaN where no efficiency between 0 and 1 is possible."""
    q = k * selected
    e = (passed - q) / (total - q) if q < passed else np.nan
    inverse_estimate = total / passed
    relative = e * inverse_estimate
    t = selected / relative
    s = selected / e
    e_slope = e * (1.0 - e) / (total + k * s - 2.0 * q)  # minus de/d(k s)
    bend = -k * k * e_slope * inverse_estimate * inverse_estimate
    mixed = (e - k * s * e_slope) * inverse_estimate
    failed_shift = -q / total
    penalty = passed * shift_minus_logarithm(-q / passed) - total * shift_minus_logarithm(failed_shift)
    return t, relative, bend, mixed, s * s * e_slope, penalty


@njit(inline="always", error_model="numpy")
def _first_ratio(n, background, background_variance, relative_variance, t):
    """m/n - 1 at t with the errors taken as Gaussian."""
    mean = t + background
    variance = relative_variance * t * t + background_variance
    difference = mean - variance
    above = 2.0 * (mean - n)
    root = np.sqrt(difference * difference + 4.0 * variance * n)
    return above / (mean + variance + root - above)


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def counted_crossings(numbers, size, side, is_counted_background, is_counted_efficiency, result):
    """As `gaussian_crossings`, where the background or the efficiency was counted."""
    n, b, vb, rv = _lane_numbers(), _lane_numbers(), _lane_numbers(), _lane_numbers()
    half, t, moving, at = _lane_numbers(), _lane_numbers(), _lane_flags(), _lane_numbers()
    sideband, tau, passed, total = _lane_numbers(), _lane_numbers(), _lane_numbers(), _lane_numbers()
    r, k, selected, b_slope = _lane_numbers(), _lane_numbers(), _lane_numbers(), _lane_numbers()
    value, bend, mixed, pulling = _lane_numbers(), _lane_numbers(), _lane_numbers(), _lane_numbers()
    efficiency, penalty = _lane_numbers(), _lane_numbers()
    for first in range(np.uint64(0), np.uint64(size), LANES):
        for lane in range(LANES):
            i = first + lane
            n[lane], b[lane], vb[lane] = numbers[COUNT, i], numbers[BACKGROUND, i], numbers[VARIANCE, i]
            rv[lane], half[lane] = numbers[RELATIVE, i], numbers[LEVEL, i]
            sideband[lane], tau[lane] = numbers[SIDEBAND, i], numbers[TAU, i]
            passed[lane], total[lane] = numbers[PASSED, i], numbers[TOTAL, i]
        for lane in range(LANES):
            t[lane] = _start(n[lane], b[lane], vb[lane], rv[lane], half[lane], side)
            r[lane] = _first_ratio(n[lane], b[lane], vb[lane], rv[lane], t[lane])
            half[lane], moving[lane] = 0.5 * half[lane], _ONE
        for _ in range(_MAX_STEPS):
            for lane in range(LANES):
                k[lane] = r[lane] / (1.0 + r[lane])
            if is_counted_background:
                for lane in range(LANES):
                    profiled, b_slope[lane], value[lane] = _counted_background(
                        sideband[lane], tau[lane], k[lane]
                    )
                    selected[lane] = n[lane] * (1.0 + r[lane]) - profiled
            else:
                for lane in range(LANES):
                    profiled, b_slope[lane], value[lane] = _gaussian_background(b[lane], vb[lane], k[lane])
                    selected[lane] = n[lane] * (1.0 + r[lane]) - profiled
            if is_counted_efficiency:
                for lane in range(LANES):
                    at[lane], efficiency[lane], bend[lane], mixed[lane], pulling[lane], penalty[lane] = (
                        _counted_efficiency(passed[lane], total[lane], selected[lane], k[lane])
                    )
            else:
                for lane in range(LANES):
                    at[lane], efficiency[lane], bend[lane], mixed[lane], pulling[lane], penalty[lane] = (
                        _gaussian_efficiency(rv[lane], selected[lane], k[lane])
                    )
            unsolved = _NONE
            for lane in range(LANES):
                deviance = n[lane] * shift_minus_logarithm(r[lane]) + value[lane] + penalty[lane]
                slope, m = k[lane] * efficiency[lane], 1.0 + r[lane]
                of_t = mixed[lane] / (n[lane] * m * m + b_slope[lane] + pulling[lane])
                step = _third_order(deviance - half[lane], slope, bend[lane] + mixed[lane] * of_t)
                new = at[lane] - step
                room = min(new, side * (new - n[lane] + b[lane]))
                t[lane] = new if moving[lane] == _ONE else t[lane]
                r[lane] -= of_t * m * m * step
                solved = (abs(step) <= _LAST_STEP * room) & (side * slope > 0.0)
                moving[lane] = _NONE if solved else moving[lane]
                unsolved += moving[lane]
            if unsolved == _NONE:
                break
        for lane in range(LANES):
            result[first + lane] = np.nan if moving[lane] == _ONE else t[lane]


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def resting_crossing(n, tau, relative_variance, passed, total, half_level, is_counted_efficiency):
    """Lower crossing with an empty sideband, where the profiled b is not 0: k rests on -tau.

    There -ln lambda = n ln(1 + tau) + min over e of (-tau t e/e_hat + the efficiency's part).  NaN where
    b would be negative, or Newton's steps do not settle.
    """
    rise = n * np.log1p(tau) - half_level
    t = rise / tau
    step = np.inf
    for _ in range(_MAX_NEWTON_STEPS):
        if is_counted_efficiency:
            kappa = -tau * t * total / passed
            linear = total + kappa
            root = np.sqrt(linear * linear - 4.0 * kappa * passed)
            e = 2.0 * passed / (linear + root) if linear > 0.0 else 0.5 * (linear - root) / kappa
            q, efficiency = kappa * e, e * total / passed
            penalty = passed * shift_minus_logarithm(-q / passed)
            penalty -= total * shift_minus_logarithm(-q / total)
            value = q + penalty
        else:
            efficiency = 1.0 + relative_variance * tau * t
            value = -tau * t * (1.0 + 0.5 * relative_variance * tau * t)
        step = (rise + value) / (tau * efficiency)
        t += step
        if abs(step) <= _LAST_NEWTON_STEP * t:
            break
    settled = abs(step) <= _LAST_NEWTON_STEP * t
    return t if settled and t * efficiency <= n / (1.0 + tau) else np.nan


@njit(inline="always", error_model="numpy")
def gaussian_without_signal(n, background, background_variance):
    """-ln lambda(0) of n >= 1 counts; a background of 1e-100 stands for none (value above 200)."""
    return _gaussian_value(n, max(background, 1e-100), background_variance)[0]


@njit(inline="always", error_model="numpy")
def counted_without_signal(n, sideband, tau):
    """The same with a sideband: b = (n + y) / (1 + tau), also where the sideband is empty."""
    apart = (sideband - n * tau) / (1.0 + tau)
    penalty = sideband * shift_minus_logarithm(-apart / sideband) if sideband > 0.0 else -apart
    return n * shift_minus_logarithm(apart / n) + penalty


@njit(cache=True, error_model="numpy", fastmath={"contract"})
def deviances_without_signal(numbers, size, is_counted_background, result):
    """Fill `result` with -2 ln lambda(0); arguments as of the crossings."""
    n, first_number, second_number = _lane_numbers(), _lane_numbers(), _lane_numbers()
    value = _lane_numbers()
    row = SIDEBAND if is_counted_background else BACKGROUND
    for first in range(np.uint64(0), np.uint64(size), LANES):
        for lane in range(LANES):
            i = first + lane
            n[lane] = numbers[COUNT, i]
            first_number[lane], second_number[lane] = numbers[row, i], numbers[row + 1, i]
        if is_counted_background:
            for lane in range(LANES):
                value[lane] = counted_without_signal(n[lane], first_number[lane], second_number[lane])
        else:
            for lane in range(LANES):
                value[lane] = gaussian_without_signal(n[lane], first_number[lane], second_number[lane])
        for lane in range(LANES):
            result[first + lane] = 2.0 * value[lane]
