"""The compiled part of the three-track vertex fit: blocks of vertices, one vertex a lane.

Each quantity is a row of LANES numbers in one array, at an offset that the compiler knows, and the
innermost loops run over the lanes with a fixed length: so they become vector instructions.  Lanes
whose fit has converged stand still until all have.  The arithmetic of a lane does not depend on
the others.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lnvsearch.inner_kernel import inner_kernel

__all__ = ["GRID_HIGH_GEV", "GRID_LOW_GEV", "GRID_POINTS", "find_triples", "fit_blocks"]

#: The grid of covariances: momenta equidistant in the logarithm.
GRID_POINTS = 1024
GRID_LOW_GEV, GRID_HIGH_GEV = 0.5, 200.0

LANES = 16
_MAX_ITERATIONS = 25
_TOLERANCE_M = 1e-9
_LARGEST_STEP_M = 20.0
_FARTHEST_M = 400.0  # a vertex is looked for up to so far in front of the first chamber

# First elements of the rows of a block.  Of a projection: positions, slopes, and C_xx, C_xs, C_ss
# of the three tracks; what its likelihood is at the vertex.
_POSITION, _SLOPE, _COVARIANCE = 0, 3 * LANES, 6 * LANES
_CHI2, _MEAN, _MEAN_SLOPE, _WEIGHT, _INFORMATION = (row * LANES for row in range(15, 20))
_PROJECTION = 20 * LANES
_X, _Y = 0, _PROJECTION
# Of the vertex: distance from the first chamber, whether it was found; momenta of the tracks.
_D, _FOUND, _MOMENTUM = 2 * _PROJECTION, 2 * _PROJECTION + LANES, 2 * _PROJECTION + 2 * LANES
_BLOCK = 2 * _PROJECTION + 5 * LANES


@njit(cache=True, error_model="numpy")
def find_triples(charge):
    """Rows (m,), columns (m, 3) and total charges (m,) of every three tracks, ordered by row."""
    n, width = charge.shape
    number = 0
    for e in range(n):
        present = 0
        for t in range(width):
            present += charge[e, t] != 0
        number += present * (present - 1) * (present - 2) // 6
    event = np.empty(number, dtype=np.int64)
    column = np.empty((number, 3), dtype=np.int64)
    total = np.empty(number, dtype=np.int64)
    m = 0
    for e in range(n):
        for a in range(width):
            for b in range(a + 1, width):
                for c in range(b + 1, width):
                    if charge[e, a] != 0 and charge[e, b] != 0 and charge[e, c] != 0:
                        event[m] = e
                        column[m, 0], column[m, 1], column[m, 2] = a, b, c
                        total[m] = charge[e, a] + charge[e, b] + charge[e, c]
                        m += 1
    return event, column, total


@inner_kernel(forceinline=True)
def _variance(c_xx, c_xs, c_ss, d):
    return c_xx + d * (2.0 * c_xs + d * c_ss)


@inner_kernel(forceinline=True)
def _of_weight(w, c_xs, c_ss, d):
    """First and second derivative of a weight 1/v(d)."""
    v1 = 2.0 * (c_xs + d * c_ss)
    return -w * w * v1, 2.0 * w * w * w * v1 * v1 - 2.0 * w * w * c_ss


@inner_kernel(forceinline=True)
def _derivatives(block, p, lane, d):
    """chi^2 of one projection, profiled over X, with f', f'', the mean, its slope, the weight.

    The last value is sum w (s - mean s)^2, the inverse variance of z in the Gauss-Newton sense.
    """
    i = p + lane
    x0 = block[i + _POSITION]
    x1 = block[i + _POSITION + LANES]
    x2 = block[i + _POSITION + 2 * LANES]
    s0, s1, s2 = block[i + _SLOPE], block[i + _SLOPE + LANES], block[i + _SLOPE + 2 * LANES]
    c = i + _COVARIANCE
    b0, e0 = block[c + LANES], block[c + 2 * LANES]
    b1, e1 = block[c + 4 * LANES], block[c + 5 * LANES]
    b2, e2 = block[c + 7 * LANES], block[c + 8 * LANES]
    w0 = 1.0 / _variance(block[c], b0, e0, d)
    w1 = 1.0 / _variance(block[c + 3 * LANES], b1, e1, d)
    w2 = 1.0 / _variance(block[c + 6 * LANES], b2, e2, d)
    x0, x1, x2 = x0 + s0 * d, x1 + s1 * d, x2 + s2 * d
    sum_w = w0 + w1 + w2
    mean = (w0 * x0 + w1 * x1 + w2 * x2) / sum_w
    mean_slope = (w0 * s0 + w1 * s1 + w2 * s2) / sum_w
    first0, second0 = _of_weight(w0, b0, e0, d)
    first1, second1 = _of_weight(w1, b1, e1, d)
    first2, second2 = _of_weight(w2, b2, e2, d)
    r0, r1, r2 = x0 - mean, x1 - mean, x2 - mean
    s0, s1, s2 = s0 - mean_slope, s1 - mean_slope, s2 - mean_slope
    f = w0 * r0 * r0 + w1 * r1 * r1 + w2 * r2 * r2
    first = (
        (first0 * r0 * r0 + 2.0 * w0 * r0 * s0)
        + (first1 * r1 * r1 + 2.0 * w1 * r1 * s1)
        + (first2 * r2 * r2 + 2.0 * w2 * r2 * s2)
    )
    second = (
        (second0 * r0 * r0 + 4.0 * first0 * r0 * s0 + 2.0 * w0 * s0 * s0)
        + (second1 * r1 * r1 + 4.0 * first1 * r1 * s1 + 2.0 * w1 * s1 * s1)
        + (second2 * r2 * r2 + 4.0 * first2 * r2 * s2 + 2.0 * w2 * s2 * s2)
    )
    information = w0 * s0 * s0 + w1 * s1 * s1 + w2 * s2 * s2
    drift = first0 * r0 + first1 * r1 + first2 * r2  # how the changing weights move the mean
    second -= 2.0 * drift * drift / sum_w
    return f, first, second, mean, mean_slope, sum_w, information


@inner_kernel(forceinline=True)
def _pair(block, p, lane, t, u):
    """Products of the differences of two lines: of position and slope, and of slope squared."""
    i = p + lane
    apart = block[i + _POSITION + t * LANES] - block[i + _POSITION + u * LANES]
    slope = block[i + _SLOPE + t * LANES] - block[i + _SLOPE + u * LANES]
    return apart * slope, slope * slope


@inner_kernel()
def _start(block):
    """Put d where the lines come closest, all weights alike."""
    for lane in range(LANES):
        x10, xx10 = _pair(block, _X, lane, 1, 0)
        y10, yy10 = _pair(block, _Y, lane, 1, 0)
        x20, xx20 = _pair(block, _X, lane, 2, 0)
        y20, yy20 = _pair(block, _Y, lane, 2, 0)
        x21, xx21 = _pair(block, _X, lane, 2, 1)
        y21, yy21 = _pair(block, _Y, lane, 2, 1)
        up = -(x10 + y10) - (x20 + y20) - (x21 + y21)
        down = (xx10 + yy10) + (xx20 + yy20) + (xx21 + yy21)
        d = up / down if down > 0.0 else 0.0
        block[_D + lane] = min(max(d, -_FARTHEST_M), _FARTHEST_M)
        block[_FOUND + lane] = 0.0


@inner_kernel()
def _newton_step(block):
    """One step of the lanes that have not converged."""
    for lane in range(LANES):
        d, found = block[_D + lane], block[_FOUND + lane]
        _, first_x, second_x, _, _, _, info_x = _derivatives(block, _X, lane, d)
        _, first_y, second_y, _, _, _, info_y = _derivatives(block, _Y, lane, d)
        second = second_x + second_y
        gauss_newton = 2.0 * (info_x + info_y)
        # Far from the minimum the Gauss-Newton direction is the safe one.
        second = gauss_newton if second < 0.1 * gauss_newton else second
        step = -(first_x + first_y) / second
        step = min(max(step, -_LARGEST_STEP_M), _LARGEST_STEP_M)
        moved = min(max(d + step, -_FARTHEST_M), _FARTHEST_M)
        block[_D + lane] = d if found > 0.0 else moved
        block[_FOUND + lane] = 1.0 if abs(step) < _TOLERANCE_M else found


@inner_kernel()
def _evaluate(block):
    """Both projections at the vertices found."""
    for lane in range(LANES):
        d = block[_D + lane]
        f, _, _, mean, slope, weight, information = _derivatives(block, _X, lane, d)
        block[_X + _CHI2 + lane] = f
        block[_X + _MEAN + lane] = mean
        block[_X + _MEAN_SLOPE + lane] = slope
        block[_X + _WEIGHT + lane] = weight
        block[_X + _INFORMATION + lane] = information
    for lane in range(LANES):
        d = block[_D + lane]
        f, _, _, mean, slope, weight, information = _derivatives(block, _Y, lane, d)
        block[_Y + _CHI2 + lane] = f
        block[_Y + _MEAN + lane] = mean
        block[_Y + _MEAN_SLOPE + lane] = slope
        block[_Y + _WEIGHT + lane] = weight
        block[_Y + _INFORMATION + lane] = information


@inner_kernel()
def _pack(block, first, flat, x, y, slope_x, slope_y, momentum, grid):
    """Lines of LANES vertices and their covariances, interpolated in the logarithm of momentum."""
    low = np.log(GRID_LOW_GEV)
    step = (np.log(GRID_HIGH_GEV) - low) / (GRID_POINTS - 1)
    last = len(flat) - 1
    for lane in range(LANES):
        m = min(first + lane, last)
        for t in range(3):
            j, row = flat[m, t], t * LANES + lane
            block[_X + _POSITION + row], block[_Y + _POSITION + row] = x[j], y[j]
            block[_X + _SLOPE + row], block[_Y + _SLOPE + row] = slope_x[j], slope_y[j]
            block[_MOMENTUM + row] = momentum[j]
            u = (np.log(momentum[j]) - low) / step
            u = min(max(u, 0.0), GRID_POINTS - 1.000001)
            k = int(u)
            a = u - k
            for i in range(3):
                row = (3 * t + i) * LANES + lane + _COVARIANCE
                block[_X + row] = (1.0 - a) * grid[k, i] + a * grid[k + 1, i]
                block[_Y + row] = (1.0 - a) * grid[k, 3 + i] + a * grid[k + 1, 3 + i]


@inner_kernel(forceinline=True)
def _updated_slope(block, p, lane, t, d, vertex):
    """Slope of a line that is made to pass through the vertex."""
    c = p + _COVARIANCE + 3 * t * LANES + lane
    c_xs, c_ss = block[c + LANES], block[c + 2 * LANES]
    x = block[p + _POSITION + t * LANES + lane]
    s = block[p + _SLOPE + t * LANES + lane]
    return s - (c_xs + d * c_ss) / _variance(block[c], c_xs, c_ss, d) * (x + s * d - vertex)


@inner_kernel()
def _unpack(block, first, origin, position, covariance, chi_square, slope, momentum):
    for lane in range(min(LANES, len(position) - first)):
        m, d = first + lane, block[_D + lane]
        x, y = block[_X + _MEAN + lane], block[_Y + _MEAN + lane]
        slope_x, slope_y = block[_X + _MEAN_SLOPE + lane], block[_Y + _MEAN_SLOPE + lane]
        found = block[_FOUND + lane] > 0.0
        chi2 = block[_X + _CHI2 + lane] + block[_Y + _CHI2 + lane]
        chi_square[m] = chi2 if found else np.nan
        position[m, 0], position[m, 1], position[m, 2] = x, y, origin + d
        variance_z = 1.0 / (block[_X + _INFORMATION + lane] + block[_Y + _INFORMATION + lane])
        covariance[m, 0] = 1.0 / block[_X + _WEIGHT + lane] + slope_x * slope_x * variance_z
        covariance[m, 1] = 1.0 / block[_Y + _WEIGHT + lane] + slope_y * slope_y * variance_z
        covariance[m, 2] = variance_z
        covariance[m, 3] = slope_x * slope_y * variance_z
        covariance[m, 4] = slope_x * variance_z
        covariance[m, 5] = slope_y * variance_z
        for t in range(3):
            a = _updated_slope(block, _X, lane, t, d, x)
            b = _updated_slope(block, _Y, lane, t, d, y)
            slope[m, t, 0], slope[m, t, 1] = a, b
            along = block[_MOMENTUM + t * LANES + lane] / np.sqrt(1.0 + a * a + b * b)
            momentum[m, t, 0], momentum[m, t, 1], momentum[m, t, 2] = a * along, b * along, along


@njit(cache=True, error_model="numpy")
def fit_blocks(flat, x, y, slope_x, slope_y, line_momentum, grid, origin,
               position, covariance, chi_square, slope, momentum):
    """Fit all vertices; `flat`: (m, 3), elements of the lines' arrays.  The last five are results.

    Newton's method for the minimum of chi^2 in d, up to the step below the tolerance.
    """
    block = np.empty(_BLOCK)
    for first in range(0, len(flat), LANES):
        _pack(block, first, flat, x, y, slope_x, slope_y, line_momentum, grid)
        _start(block)
        for _ in range(_MAX_ITERATIONS):
            _newton_step(block)
            found = 0.0
            for lane in range(LANES):
                found += block[_FOUND + lane]
            if found == LANES:
                break
        _evaluate(block)
        _unpack(block, first, origin, position, covariance, chi_square, slope, momentum)
