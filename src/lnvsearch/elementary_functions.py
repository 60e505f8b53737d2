"""Cosine and sine, exponential, logarithm, angles and roots for kernels: without branches or calls.

The compiler turns a loop over them into vector instructions, and they are the same on every machine.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import multiply_add

__all__ = [
    "arc_sine", "azimuth_of", "cosine_and_sine", "cosine_and_sine_of_turn", "cube_root",
    "exponential", "logarithm", "scaled_error_function",
]  # fmt: skip

_LOG2_E = 1.4426950408889634
#: ln 2 in two parts: products of the first with small integers are exact.
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_EXPONENT = np.int64(52)
#: The lowest bits of what this and an integer add up to are those of the integer and an exponent's bias.
_SHIFTED_BIAS = 1.5 * 2.0**52 + 1023.0
_MANTISSA = np.int64(0x000FFFFFFFFFFFFF)
_SQRT_HALF_BITS = np.int64(0x3FE6A09E667F3BCD)
#: 1/(k + 2)! of the exponential's series, the highest power first.
_SERIES = tuple(1.0 / math.factorial(k) for k in range(13, 1, -1))
_SMALLEST_EXPONENT = -746.0
#: (1 + 2x) erfcx(x) in powers of (x - 4)/(x + 4), the highest first; through the zeros of the Chebyshev
#: polynomial of degree 25, as M. M. Shepherd and J. G. Laframboise, Math. Comp. 36 (1981) 249, do it.
_SCALED_ERROR = (
    -2.764120233734578e-10, 9.297625263709659e-10, 3.2323973445082033e-09, -1.2338731403798444e-08,
    -2.0725802488181963e-08, 1.0631817593818149e-07, 7.771943241086912e-08, -8.210647933297337e-07,
    2.9173425573089733e-07, 5.70657829924074e-06, -1.1221135665965907e-05, -2.4397731143023292e-05,
    0.00015062142608651945, -0.0001992571524726518, -0.0007577732435942576, 0.005031970069102256,
    -0.01619773406293477, 0.037167515526338006, -0.06633036581186058, 0.09373283499911264,
    -0.10103906603631811, 0.06809705425466839, 0.015379652102619974, -0.13962111684056228,
    1.2329951186255526,
)
_EVEN, _ODD = _SCALED_ERROR[::2], _SCALED_ERROR[1::2]


@inner_kernel(forceinline=True)
def cosine_and_sine(angle):
    """cos and sin for |angle| <= pi / 4, to 1e-16.

    Polynomials of fdlibm (Sun Microsystems 1993, k_cos.c and k_sin.c).
    """
    z = angle * angle
    sine = multiply_add(z, 1.58969099521155010221e-10, -2.50507602534068634195e-08)
    sine = multiply_add(sine, z, 2.75573137070700676789e-06)
    sine = multiply_add(sine, z, -1.98412698298579493134e-04)
    sine = multiply_add(sine, z, 8.33333333332248946124e-03)
    sine = multiply_add(sine, z, -1.66666666666666324348e-01)
    cosine = multiply_add(z, -1.13596475577881948265e-11, 2.08757232129817482790e-09)
    cosine = multiply_add(cosine, z, -2.75573143513906633035e-07)
    cosine = multiply_add(cosine, z, 2.48015872894767294178e-05)
    cosine = multiply_add(cosine, z, -1.38888888888741095749e-03)
    cosine = multiply_add(cosine, z, 4.16666666666666019037e-02)
    cosine = multiply_add(cosine, z, -0.5)
    return multiply_add(cosine, z, 1.0), multiply_add(z * angle, sine, angle)


@inner_kernel(forceinline=True)
def cosine_and_sine_of_turn(turn):
    """cos and sin of 2 pi `turn`, 0 <= turn <= 1, to 1e-15."""
    quarter = np.floor(multiply_add(4.0, turn, 0.5))
    cosine, sine = cosine_and_sine(multiply_add(-0.25, quarter, turn) * (2.0 * math.pi))
    odd = (quarter == 1.0) | (quarter == 3.0)
    x = sine if odd else cosine
    y = cosine if odd else sine
    return (
        -x if (quarter == 1.0) | (quarter == 2.0) else x,
        -y if (quarter == 2.0) | (quarter == 3.0) else y,
    )


@inner_kernel(forceinline=True)
def _power_of_two(n):
    """2^n of an integer, a float, from -1023 (which gives 0) to 1023."""
    # Not every machine has a vector instruction that makes an integer of a float.
    bits = np.float64(n + _SHIFTED_BIAS).view(np.int64)
    return np.int64(bits << _EXPONENT).view(np.float64)


@inner_kernel(forceinline=True)
def exponential(x):
    """exp(x) for x <= 709, to 3e-16 above -708, to the smallest numbers below; 0 from -746 on."""
    n = np.floor(multiply_add(max(x, _SMALLEST_EXPONENT), _LOG2_E, 0.5))
    r = multiply_add(n, -_LN2_LOW, multiply_add(n, -_LN2_HIGH, max(x, _SMALLEST_EXPONENT)))
    series = _SERIES[0]
    for k in range(1, 12):
        series = multiply_add(series, r, _SERIES[k])
    # Two powers of 2, so that what is smaller than the smallest normal number does not end at once.
    half = np.floor(0.5 * n)
    return multiply_add(series * r, r, 1.0 + r) * _power_of_two(half) * _power_of_two(n - half)


@njit(inline="always", error_model="numpy")
def logarithm(x):
    """ln(x) for normal x > 0, to 2e-16.

    Polynomial of fdlibm (Sun Microsystems 1993, e_log.c).
    """
    bits = np.float64(x).view(np.int64) - _SQRT_HALF_BITS
    n = bits >> _EXPONENT
    f = np.int64((bits & _MANTISSA) + _SQRT_HALF_BITS).view(np.float64) - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = multiply_add(w, 1.479819860511658591e-01, 1.818357216161805012e-01)
    odd = multiply_add(odd, w, 2.857142874366239149e-01)
    odd = multiply_add(odd, w, 6.666666666666735130e-01)
    even = multiply_add(w, 1.531383769920937332e-01, 2.222219843214978396e-01)
    even = multiply_add(even, w, 3.999999999940941908e-01)
    half_square = 0.5 * f * f
    tail = s * (half_square + z * multiply_add(even, z, odd)) + n * _LN2_LOW
    return n * _LN2_HIGH - ((half_square - tail) - f)


@inner_kernel(forceinline=True)
def _arc_tangent_of_ratio(low, high):
    """atan(low/high) for 0 <= low <= high, to 2e-16; with one division for the argument.

    Rational function of Cephes (S. L. Moshier, atan.c).
    """
    is_large = low > 0.41421356237309503 * high
    x = (low - high if is_large else low) / (low + high if is_large else high)
    z = x * x
    above = multiply_add(z, -8.750608600031904122785e-1, -1.615753718733365076637e1)
    above = multiply_add(above, z, -7.500855792314704667340e1)
    above = multiply_add(above, z, -1.228866684490136173410e2)
    above = multiply_add(above, z, -6.485021904942025371773e1)
    below = z + 2.485846490142306297962e1
    below = multiply_add(below, z, 1.650270098316988542046e2)
    below = multiply_add(below, z, 4.328810604912902668951e2)
    below = multiply_add(below, z, 4.853903996359136964868e2)
    below = multiply_add(below, z, 1.945506571482613964425e2)
    value = multiply_add(x, z * above / below, x)
    return value + (0.25 * math.pi if is_large else 0.0)


@inner_kernel(forceinline=True)
def azimuth_of(x, y):
    """atan2(y, x) in [-pi, pi], to 3e-16; not both 0."""
    across, along = abs(y), abs(x)
    angle = _arc_tangent_of_ratio(min(across, along), max(across, along))
    angle = 0.5 * math.pi - angle if across > along else angle
    angle = math.pi - angle if x < 0.0 else angle
    return math.copysign(angle, y)


@inner_kernel(forceinline=True)
def arc_sine(x):
    """asin(x) for |x| <= 1, to 3e-16."""
    return azimuth_of(math.sqrt((1.0 - x) * (1.0 + x)), x)


@inner_kernel(forceinline=True)
def cube_root(x):
    """Cube root of normal x > 0, to 3e-16."""
    # A third of the bits is a first guess, good to 4 %; Halley's steps cube the error.
    guess = np.int64(np.float64(x).view(np.int64) * (1.0 / 3.0)) + np.int64(0x2A9F7893782DA1CE)
    root = np.int64(guess).view(np.float64)
    for _ in range(2):
        cube = root * root * root
        root *= (cube + 2.0 * x) / (2.0 * cube + x)
    cube = root * root * root
    return root - root * (cube - x) / (3.0 * x)


@inner_kernel(forceinline=True)
def scaled_error_function(x):
    """exp(x^2) erfc(x) for x >= 0, to 4e-16."""
    y = (x - 4.0) / (x + 4.0)
    square = y * y
    even, odd = _EVEN[0], _ODD[0]  # powers of y: loops that are short enough to be written out
    for k in range(1, 13):
        even = multiply_add(even, square, _EVEN[k])
    for k in range(1, 12):
        odd = multiply_add(odd, square, _ODD[k])
    return multiply_add(odd, y, even) / (1.0 + 2.0 * x)
