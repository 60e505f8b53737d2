"""Unified intervals of several channels with few counts, by sums over all vectors of counts.

R(n) = P(n | s) / P(n | s_best(n)) with the probabilities averaged over the nuisances, n the vector
of counts.  s_best is found on a grid and refined by a parabola in ln P; the ends are the outermost
accepted signals of a scan, refined by halving.

Conventions for the upper end (see `feldman_cousins`):

`paper`      no upper end falls when all backgrounds fall by a common factor: the largest signal
             accepted with the backgrounds times any factor >= 1, each with its relative errors.  For
             one channel without uncertainties this is the paper's.  Backgrounds that fall by
             different factors have no such order: the weight of a channel changes, too
`outermost`  the largest accepted signal
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lnvsearch.statistics.experiment import Interval

__all__ = ["CONVENTIONS", "interval"]

CONVENTIONS = ("paper", "outermost")

# Vectors of counts, and those times the nodes of the averages: some seconds.
_MOST_VECTORS = 40_000
_MOST_PRODUCTS = 3_000_000
_GRID = 240
_HALVINGS = 40
# Ranks closer than this are equal: that of the observed vector itself, for one.
_TIE = 1e-9
_TINY = 1e-300
# Sums of backgrounds at which the end is computed to find where it jumps up: a step of so many
# counts, up to so many above the counts and backgrounds, in a bounded number of points.
_SCAN_STEP, _SCAN_RANGE, _MOST_POINTS = 0.05, 2.5, 60
_JUMP_HALVINGS = 14
# Ends below the first part of the experiment's own do not matter, and what jumps to less than the
# second part of the highest is not followed up.
_LOWEST_PART, _TOOTH_PART = 0.9, 0.96
# Signals above an end that are tested for a larger one, as parts of it: where an end jumps, the new
# accepted range is narrow.
_ABOVE = 1.0 + np.concatenate([np.geomspace(1e-9, 4e-3, 16), np.linspace(0.006, 0.45, 75)])


def interval(
    model: Any, nodes: Any, counts: np.ndarray, level: float, convention: str = "paper"
) -> Interval:
    """Return the interval; ValueError for too many vectors of counts to sum them all."""
    if convention not in CONVENTIONS:
        raise ValueError(f"convention must be one of {', '.join(CONVENTIONS)}; got {convention!r}")
    highest, reach = 1.0, np.zeros(0)
    if convention == "paper":
        reach = _factors(model.background, counts)
        highest = reach.max(initial=1.0)
    vectors = _Vectors(model, nodes, counts, level, float(highest))
    lower, upper = vectors.ends()
    if reach.size and upper > 0.0:
        upper = _highest_above(vectors, reach, upper)
    return Interval(lower, upper)


def _factors(background: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Rising factors >= 1 of the backgrounds at which ends are computed; none without background.

    They begin where the first background exceeds its count: before, an end falls with a rising one.
    """
    total = float(background.sum())
    if total == 0.0:
        return np.zeros(0)
    with_background = background > 0.0
    first = max(1.0, float((counts[with_background] / background[with_background]).min())) * total
    last = max(first, float(counts.sum())) + _SCAN_RANGE
    # The same sums for all experiments on one line of backgrounds: what one finds, all below find.
    step = _SCAN_STEP * max(1.0, np.ceil((last - first) / (_SCAN_STEP * _MOST_POINTS)))
    return step * np.arange(np.ceil(first / step), np.floor(last / step) + 1.0) / total


class _Vectors:
    """All vectors of counts that matter, and their probabilities averaged over the nuisances.

    `highest` is the largest factor of the backgrounds that will be asked for.
    """

    def __init__(self, model: Any, nodes: Any, counts: np.ndarray, level: float, highest: float) -> None:
        self.nodes, self.level = nodes, level
        # No channel alone, nor all counts together, allow for more signal than this.
        together = np.append(counts, counts.sum())
        reach = together + 3.0 * np.sqrt(together + 1.0) + 4.0
        efficiencies = np.append(model.efficiency, model.efficiency.sum())
        self.end = float(np.min(reach / efficiencies)) * 1.5
        mean = self.end * model.efficiency + highest * model.background
        largest = np.ceil(mean + 5.0 * np.sqrt(mean) + 5.0)
        vectors_in_all = float(np.prod(largest + 1.0))
        most = min(_MOST_VECTORS, _MOST_PRODUCTS // nodes.weights.size)
        if vectors_in_all > most:
            raise ValueError(
                f"the counts are too large for feldman-cousins of a combination: "
                f"{vectors_in_all:.3g} vectors of counts, at most {most:g} with these "
                "uncertainties; use another method"
            )
        self.largest = largest.astype(int)
        shape = tuple(self.largest + 1)
        self.observed = int(np.ravel_multi_index(tuple(counts.astype(int)), shape))
        # Best signals of large vectors lie beyond the signals that are tested.
        self.grid = self.end * 1.8 * np.linspace(0.0, 1.0, _GRID) ** 1.5

    def log_probability(self, signal: float, factor: float) -> np.ndarray:
        """ln of the averaged probability of each vector, (vectors,), the last channel fastest."""
        from scipy.special import gammaln, xlogy

        mean = np.maximum(signal * self.nodes.efficiency + factor * self.nodes.background, _TINY)
        product = self.nodes.weights[:, None]
        for channel, last in enumerate(self.largest):
            k, m = np.arange(last + 1.0), mean[:, channel, None]
            probability = np.exp(xlogy(k, m) - m - gammaln(k + 1.0))
            if channel == self.largest.size - 1:
                product = product.T @ probability
            else:
                product = (product[:, :, None] * probability[:, None, :]).reshape(m.size, -1)
        return np.log(np.maximum(product.ravel(), _TINY))

    def best(self, factor: float) -> np.ndarray:
        """ln P at the best signal of each vector."""
        return _best(self.grid, np.array([self.log_probability(s, factor) for s in self.grid]))

    def accepts(self, signal: float, factor: float, best: np.ndarray) -> bool:
        """Whether the vectors that rank before the observed one have less than the level."""
        now = self.log_probability(signal, factor)
        rank = now - best
        before = rank > rank[self.observed] + _TIE
        return float(np.exp(now[before]).sum()) < self.level

    def ends(self) -> tuple[float, float]:
        """Smallest and largest accepted signal; both 0 where there is none."""
        best = self.best(1.0)
        tested = self.grid[self.grid <= self.end]
        accepted = np.flatnonzero([self.accepts(s, 1.0, best) for s in tested])
        if accepted.size == 0:
            return 0.0, 0.0
        first, last = int(accepted[0]), int(accepted[-1])
        if last == tested.size - 1:
            raise ValueError(
                "the interval does not end within reach; an efficiency is too uncertain"
            )
        lower = 0.0 if first == 0 else self.edge(1.0, best, tested[first], tested[first - 1])
        return lower, self.edge(1.0, best, tested[last], self.grid[last + 1])

    def edge(self, factor: float, best: np.ndarray, inside: float, outside: float) -> float:
        """Last accepted signal between an accepted and a rejected one."""
        for _ in range(_HALVINGS):
            middle = 0.5 * (inside + outside)
            if self.accepts(middle, factor, best):
                inside = middle
            else:
                outside = middle
        return float(inside)

    def end_above(self, factor: float, own: float) -> float:
        """Largest accepted signal at least a little above `own`; `own` itself if there is none."""
        best = self.best(factor)
        tested = own * _ABOVE
        accepted = np.flatnonzero([self.accepts(s, factor, best) for s in tested[:-1]])
        if accepted.size == 0:
            return own
        last = int(accepted[-1])
        return self.edge(factor, best, tested[last], tested[last + 1])


def _highest_above(vectors: _Vectors, factors: np.ndarray, own: float) -> float:
    """Largest end at any of the factors, and where it jumps up between two of them."""
    ends = np.array([vectors.end_above(factor, _LOWEST_PART * own) for factor in factors])
    highest = max(own, float(ends.max()))
    rises = np.flatnonzero((ends[1:] > ends[:-1]) & (ends[1:] > _TOOTH_PART * highest)) + 1
    for place in rises:
        # An end falls from its jump on: the highest one is just beyond it.
        low, high, top = factors[place - 1], factors[place], float(ends[place])
        for _ in range(_JUMP_HALVINGS):
            middle = 0.5 * (low + high)
            found = vectors.end_above(middle, top)
            if found > top:
                top, high = found, middle
            else:
                low = middle
        highest = max(highest, top)
    return highest


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
