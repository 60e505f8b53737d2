"""Kernels of the NA62 selections: loops over candidates, three tracks each.

Tracks are addressed in the flat arrays of their events, `flat` (3, r), so that nothing is gathered
for candidates that one look rejects.  All sums run in a fixed order: a candidate's numbers do not
depend on the others of its chunk.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array

__all__ = [
    "DISC_WITH_STAR_HOLE",
    "OCTAGON",
    "RING",
    "SQUARE",
    "all_inside",
    "energy_beside",
    "failed_once_at_most",
    "in_opposite_quadrants",
    "interpolate",
    "kinematics",
    "matching_candidates",
    "points_inside",
    "smallest_distance",
    "sums_of_tracks",
    "weigh_tracks",
]

#: Shapes of sensitive areas; `inside_shape` says what the three numbers of each mean.
DISC_WITH_STAR_HOLE, RING, OCTAGON, SQUARE = range(4)
_ROOT_2 = np.sqrt(2.0)

_ZERO = np.uint64(0)
#: Where the rows of lanes begin.
_AT = tuple(np.uint64(row * int(LANES)) for row in range(4))
_line_lanes, _one_lane = float_stack_array(4 * int(LANES)), float_stack_array(int(LANES))


@njit(cache=True, error_model="numpy")
def matching_candidates(charge, event, column, ways, n_ways):
    """Vertices and orders of tracks whose charges fit, and rows of tracks in the flat arrays.

    `charge`: (n, t).  `event`: (m,), `column`: (m, 3), of vertices.  `ways`: (8, w, 3), orders for
    a pattern of signs, of which `n_ways`, (8,), count; bit i of the pattern is set where track i is
    positive.  Returns `vertex` (r,), `order` and `flat` (3, r).
    """
    width = charge.shape[1]
    pattern = np.empty(len(event), dtype=np.uint8)
    number = 0
    for v in range(len(event)):
        p = 0
        for i in range(3):
            if charge[event[v], column[v, i]] > 0:
                p |= 1 << i
        pattern[v] = p
        number += n_ways[p]
    vertex = np.empty(number, dtype=np.int64)
    order = np.empty((3, number), dtype=np.int64)
    flat = np.empty((3, number), dtype=np.int64)
    r = 0
    for v in range(len(event)):
        p = pattern[v]
        for w in range(n_ways[p]):
            vertex[r] = v
            for i in range(3):
                k = ways[p, w, i]
                order[i, r] = k
                flat[i, r] = event[v] * width + column[v, k]
            r += 1
    return vertex, order, flat


@inner_kernel(forceinline=True)
def _inside_shape(kind, x, y, a, b, c):
    """Whether a point lies in a sensitive area.

    DISC_WITH_STAR_HOLE: outer radius^2, x of the hole's centre, half the side of a square; the hole
    is this square and the same turned by 45 degrees.  RING: inner and outer radius^2, x of the
    centre.  OCTAGON: apothem, largest |x| + |y|, inner radius^2.  SQUARE: half its side, radius^2
    of the hole.
    """
    if kind == DISC_WITH_STAR_HOLE:
        across, up = abs(x - b), abs(y)
        in_hole = ((across < c) & (up < c)) | (across + up < _ROOT_2 * c)
        return (x * x + y * y < a) & (not in_hole)
    if kind == RING:
        x = x - c
        squared = x * x + y * y
        return (squared > a) & (squared < b)
    if kind == OCTAGON:
        in_octagon = (abs(x) < a) & (abs(y) < a) & (abs(x) + abs(y) < b)
        return in_octagon & (x * x + y * y > c)
    return (abs(x) < a) & (abs(y) < a) & (x * x + y * y > b)


@njit(cache=True, error_model="numpy")
def points_inside(x, y, slope_x, slope_y, kind, numbers):
    """Whether lines (n,) pass all areas (k,); `numbers`: (k, 4), distance and the shape's three."""
    result = np.ones(len(x), dtype=np.bool_)
    for i in range(len(x)):
        for k in range(len(kind)):
            d = numbers[k, 0]
            if not _inside_shape(
                kind[k], x[i] + slope_x[i] * d, y[i] + slope_y[i] * d,
                numbers[k, 1], numbers[k, 2], numbers[k, 3],
            ):
                result[i] = False
                break
    return result


@inner_kernel(forceinline=True)
def _inside_lane(kind, lines, j, d, a, b, c):
    """1 where the line of a lane, four rows of `lines`, passes an area, else 0."""
    x, y = lines[j] + lines[_AT[2] + j] * d, lines[_AT[1] + j] + lines[_AT[3] + j] * d
    return 1.0 if _inside_shape(kind, x, y, a, b, c) else 0.0


@inner_kernel(forceinline=True)
def _clear_outside(kind, lines, d, a, b, c, passes):
    """Clear lanes of `passes` whose line misses an area; a loop for each kind, so that none has a branch."""
    if kind == DISC_WITH_STAR_HOLE:
        for j in range(LANES):
            passes[j] *= _inside_lane(DISC_WITH_STAR_HOLE, lines, j, d, a, b, c)
    elif kind == RING:
        for j in range(LANES):
            passes[j] *= _inside_lane(RING, lines, j, d, a, b, c)
    elif kind == OCTAGON:
        for j in range(LANES):
            passes[j] *= _inside_lane(OCTAGON, lines, j, d, a, b, c)
    else:
        for j in range(LANES):
            passes[j] *= _inside_lane(SQUARE, lines, j, d, a, b, c)


@njit(cache=True, error_model="numpy")
def all_inside(flat, x, y, slope_x, slope_y, kind, numbers, result):
    """Clear `result`, (r,), where one of a candidate's three lines misses an area."""
    lines, passes, total = _line_lanes(), _one_lane(), np.uint64(flat.shape[1])
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for j in range(LANES):
            passes[j] = 1.0
        for i in range(3):
            for j in range(lanes):
                t = flat[i, start + j]
                lines[j], lines[_AT[1] + j] = x[t], y[t]
                lines[_AT[2] + j], lines[_AT[3] + j] = slope_x[t], slope_y[t]
            for k in range(len(kind)):
                _clear_outside(kind[k], lines, numbers[k, 0], numbers[k, 1], numbers[k, 2],
                               numbers[k, 3], passes)  # fmt: skip
        for j in range(lanes):
            result[start + j] &= passes[j] > 0.0


@njit(cache=True, error_model="numpy")
def smallest_distance(flat, x, y, slope_x, slope_y, along):
    """Smallest distance of two of three lines after a way `along` in z, (r,)."""
    result = np.empty(flat.shape[1])
    for r in range(flat.shape[1]):
        i, j, k = flat[0, r], flat[1, r], flat[2, r]
        x0, y0 = x[i] + slope_x[i] * along, y[i] + slope_y[i] * along
        x1, y1 = x[j] + slope_x[j] * along, y[j] + slope_y[j] * along
        x2, y2 = x[k] + slope_x[k] * along, y[k] + slope_y[k] * along
        first = (x0 - x1) * (x0 - x1) + (y0 - y1) * (y0 - y1)
        second = (x0 - x2) * (x0 - x2) + (y0 - y2) * (y0 - y2)
        third = (x1 - x2) * (x1 - x2) + (y1 - y2) * (y1 - y2)
        result[r] = np.sqrt(min(first, second, third))
    return result


@njit(cache=True, error_model="numpy")
def sums_of_tracks(at_vertex, vertex, order, flat, momentum, mass):
    """Four-momenta of all three tracks, and of the last two: (4, r) each, as (px, py, pz, E).

    `at_vertex`: (m, 3, 3), momenta of the vertices' tracks.  `momentum`: flat, magnitudes.
    `mass`: (3,), in the order of the final state.
    """
    n = len(vertex)
    total, last_two = np.empty((4, n)), np.empty((4, n))
    for r in range(n):
        v = vertex[r]
        a, b, c = order[0, r], order[1, r], order[2, r]
        for axis in range(3):
            second, third = at_vertex[v, b, axis], at_vertex[v, c, axis]
            total[axis, r] = at_vertex[v, a, axis] + second + third
            last_two[axis, r] = second + third
        p, q, s = momentum[flat[0, r]], momentum[flat[1, r]], momentum[flat[2, r]]
        first = np.sqrt(p * p + mass[0] * mass[0])
        second = np.sqrt(q * q + mass[1] * mass[1])
        third = np.sqrt(s * s + mass[2] * mass[2])
        total[3, r] = first + second + third
        last_two[3, r] = second + third
    return total, last_two


@njit(cache=True, error_model="numpy")
def kinematics(four_momentum, axis):
    """Mass, momentum, and momentum across an axis (unit vector), (n,) each, of (4, n)."""
    n = four_momentum.shape[1]
    mass, size, across = np.empty(n), np.empty(n), np.empty(n)
    for r in range(n):
        x, y, z = four_momentum[0, r], four_momentum[1, r], four_momentum[2, r]
        energy = four_momentum[3, r]
        squared = x * x + y * y + z * z
        size[r] = np.sqrt(squared)
        mass[r] = np.sqrt(max(energy * energy - squared, 0.0))
        along = axis[0] * x + axis[1] * y + axis[2] * z
        x, y, z = x - axis[0] * along, y - axis[1] * along, z - axis[2] * along
        across[r] = np.sqrt(x * x + y * y + z * z)
    return mass, size, across


@njit(cache=True, error_model="numpy")
def in_opposite_quadrants(x, y):
    """Whether two of three points (3, r) lie in quadrants that touch at the origin only, (r,)."""
    result = np.empty(x.shape[1], dtype=np.bool_)
    for r in range(x.shape[1]):
        seen = 0
        for i in range(3):
            seen |= 1 << (2 * (x[i, r] > 0) + (y[i, r] > 0))
        result[r] = (seen & 9) == 9 or (seen & 6) == 6
    return result


@njit(cache=True, error_model="numpy")
def energy_beside(event, flat, charge, track_energy, cluster_energy):
    """Energy of an event beside that of a candidate's tracks, and if the event has a negative one.

    `event`: (r,).  `charge`, `track_energy`: (n, t); `cluster_energy`: (n, c).  (r,) each.
    """
    width = charge.shape[1]
    beside = np.empty(len(event))
    negative = np.empty(len(event), dtype=np.bool_)
    for r in range(len(event)):
        e = event[r]
        tracks, clusters, own, found = 0.0, 0.0, 0.0, False
        for t in range(width):
            if charge[e, t] != 0:
                tracks += track_energy[e, t]
            found |= charge[e, t] < 0
        for c in range(cluster_energy.shape[1]):
            clusters += cluster_energy[e, c]
        for i in range(3):
            own += track_energy[e, flat[i, r] - e * width]
        beside[r] = tracks + clusters - own
        negative[r] = found
    return beside, negative


@njit(cache=True, error_model="numpy")
def failed_once_at_most(n_failed, rows):
    """Places in `rows`, (k,), of candidates that failed one cut at most in some selection; (s, r)."""
    kept, n = np.empty(len(rows), dtype=np.int64), 0
    for k in range(len(rows)):
        kept[n] = k
        for selection in range(n_failed.shape[0]):
            if n_failed[selection, rows[k]] <= 1:
                n += 1
                break
    return kept[:n]


@inner_kernel(forceinline=True)
def _interval(value, grid):
    """Interval of a nearly equidistant grid, (g,), in which a value lies; -1 below, g - 1 above, -2 of NaN.

    It is guessed from the spacing, then corrected: other grids cost time only.
    """
    last = len(grid) - 1
    if np.isnan(value):
        return -2
    if value >= grid[last]:
        return last
    if value <= grid[0]:
        return -1
    j = min(int((value - grid[0]) * (last / (grid[last] - grid[0]))), last - 1)
    while grid[j] > value:
        j -= 1
    while grid[j + 1] <= value:
        j += 1
    return j


@inner_kernel(forceinline=True)
def _interpolated(value, interval, grid, tables, row):
    """As `numpy.interp` of one value, bit for bit, in a row of `tables`; `interval`: of `_interval`."""
    j, last = interval, len(grid) - 1
    if j < 0 or j == last:
        return value if j == -2 else tables[row, max(j, 0)]
    slope = (tables[row, j + 1] - tables[row, j]) / (grid[j + 1] - grid[j])
    return slope * (value - grid[j]) + tables[row, j]


@njit(cache=True, error_model="numpy")
def weigh_tracks(code, charge, momentum, tile, n_decays, from_pion, codes, terms, grid, tables,
                 result):  # fmt: skip
    """Probability of identification of tracks, (r,), into `result`; whether all have a true particle.

    `result`: (2, r), the second row without the RICH.  `codes`: (k,), absolute PDG codes; other particles
    have none.  `terms`: (k, 5), rows of `tables` (m, g) for positive and negative tracks, for what must not
    happen, for the RICH, -1 without; and 1 or 0 where a signal of the muon detector, or its absence, decides
    after a pion's decay, or -1.  `from_pion`: 1 for a muon from such a decay, 0 for other particles, -1 if
    that is not known.
    """
    for r in range(len(code)):
        if code[r] == 0:
            return False
        result[0, r], result[1, r] = 0.0, 0.0
        for k in range(len(codes)):
            if abs(code[r]) != codes[k]:
                continue
            positive, p = charge[r] > 0, momentum[r]
            if terms[k, 4] >= 0 and n_decays[r] > 0 and from_pion[r] != 0:
                value = 1.0 if (tile[r] >= 0) == (terms[k, 4] == 1) else 0.0
                result[0, r], result[1, r] = value, value
                break
            j = _interval(p, grid)
            value = _interpolated(p, j, grid, tables, terms[k, 0] if positive else terms[k, 1])
            if terms[k, 2] >= 0:
                value *= 1.0 - _interpolated(p, j, grid, tables, terms[k, 2])
            result[1, r] = value
            if terms[k, 3] >= 0 and positive:
                value *= _interpolated(p, j, grid, tables, terms[k, 3])
            result[0, r] = value
            break
    return True


@njit(cache=True, error_model="numpy")
def interpolate(x, grid, table):
    """As `numpy.interp`, bit for bit; x (n,), `grid` and `table` (g,)."""
    result, tables = np.empty(len(x)), table.reshape(1, -1)
    for i in range(len(x)):
        result[i] = _interpolated(x[i], _interval(x[i], grid), grid, tables, 0)
    return result
