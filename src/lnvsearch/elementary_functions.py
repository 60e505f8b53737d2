"""Cosine and sine for kernels: without branches or calls, and the same on every machine."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.lanes import multiply_add

__all__ = ["cosine_and_sine", "cosine_and_sine_of_turn"]


@njit(inline="always", error_model="numpy")
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


@njit(inline="always", error_model="numpy")
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
