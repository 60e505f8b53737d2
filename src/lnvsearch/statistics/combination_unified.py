"""Unified intervals of several channels with few counts, by sums over all vectors of counts.

R(n) = P(n | s) / P(n | s_best(n)) with the probabilities averaged over the nuisances, n the vector
of counts.  s_best is found on a grid and refined by a parabola in ln P; the ends are the outermost
accepted signals of a scan, refined by halving.  Without the paper's correction in the background,
which has no meaning for several backgrounds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lnvsearch.statistics.experiment import Interval

# Vectors of counts, and those times the nodes of the averages: some seconds.
_MOST_VECTORS = 40_000
_MOST_PRODUCTS = 3_000_000
_GRID = 240
_HALVINGS = 40
# Ranks closer than this are equal: that of the observed vector itself, for one.
_TIE = 1e-9


def interval(model: Any, nodes: Any, counts: np.ndarray, level: float) -> Interval:
    """Return the interval; ValueError for too many vectors of counts to sum them all."""
    # No channel alone, nor all counts together, allow for more signal than this.
    together = np.append(counts, counts.sum())
    reach = together + 3.0 * np.sqrt(together + 1.0) + 4.0
    efficiencies = np.append(model.efficiency, model.efficiency.sum())
    end = float(np.min(reach / efficiencies)) * 1.5
    mean = end * model.efficiency + model.background
    largest = np.ceil(mean + 5.0 * np.sqrt(mean) + 5.0)
    vectors_in_all = float(np.prod(largest + 1.0))
    most = min(_MOST_VECTORS, _MOST_PRODUCTS // nodes.weights.size)
    if vectors_in_all > most:
        raise ValueError(
            f"the counts are too large for feldman-cousins of a combination: {vectors_in_all:.3g} "
            f"vectors of counts, at most {most:g} with these uncertainties; use another method"
        )
    axes = [np.arange(n + 1.0) for n in largest]
    vectors = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1)
    observed = int(np.flatnonzero((vectors == counts).all(axis=1))[0])
    # Best signals of large vectors lie beyond the signals that are tested.
    grid = end * 1.8 * np.linspace(0.0, 1.0, _GRID) ** 1.5
    table = np.array([nodes.log_probability(vectors, s) for s in grid])
    best = _best(grid, table)

    def preceding(signal: float) -> float:
        now = nodes.log_probability(vectors, signal)
        rank = now - best
        before = rank > rank[observed] + _TIE
        return float(np.exp(now[before]).sum())

    scan = np.array([preceding(s) for s in grid[grid <= end]])
    accepted = np.flatnonzero(scan < level)
    if accepted.size == 0:
        return Interval(0.0, 0.0)
    first, last = int(accepted[0]), int(accepted[-1])
    if last == scan.size - 1:
        raise ValueError("the interval does not end within reach; an efficiency is too uncertain")
    lower = 0.0 if first == 0 else _edge(preceding, level, grid[first], grid[first - 1])
    return Interval(lower, _edge(preceding, level, grid[last], grid[last + 1]))


def _edge(preceding, level: float, inside: float, outside: float) -> float:
    for _ in range(_HALVINGS):
        middle = 0.5 * (inside + outside)
        if preceding(middle) < level:
            inside = middle
        else:
            outside = middle
    return float(inside)


def _best(grid: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Maximum of ln P over s for each vector: a parabola through the highest points of the grid."""
    place = table.argmax(axis=0)
    column = np.arange(table.shape[1])
    inner = np.clip(place, 1, grid.size - 2)
    x = [grid[inner + k] for k in (-1, 0, 1)]
    y = [table[inner + k, column] for k in (-1, 0, 1)]
    first = (y[1] - y[0]) / (x[1] - x[0])
    second = ((y[2] - y[1]) / (x[2] - x[1]) - first) / (x[2] - x[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        top = 0.5 * (x[0] + x[1]) - 0.5 * first / second
        value = y[0] + first * (top - x[0]) + second * (top - x[0]) * (top - x[1])
    usable = (place == inner) & (second < 0.0)
    return np.where(usable, value, table.max(axis=0))
