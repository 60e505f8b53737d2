"""Probabilities of counts for known background and efficiency, as unified intervals need them.

This model and those of `feldman_cousins_averaged` answer the same questions about experiments
chosen by `rows`, for counts `k` and signals `signal` of shape (rows,); n stands for the observed
`model.count`:

`crossing(rows, k)`            the signal at which n and k have the same likelihood ratio
`block(rows, k, signal)`       summed probability of n + 1 ... k (k above n) or k ... n - 1 (below)
`peak(rows, k, low, high)`     the signal in [low, high] with the largest block probability
`last_peak(rows, k, low)`       the same without an upper bound
`largest_count`                counts up to this one are treated with full accuracy

A `KnownPoisson` signal is in expected counts, those of the averaged models in produced events.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

# Stands for zero where a logarithm or a division needs a positive number.
TINY = 1e-200
_MOST_STEPS = 200


def solve_bracketed(
    function: Callable[[np.ndarray, np.ndarray], np.ndarray],
    start: np.ndarray,
    stop: np.ndarray,
    tolerance: float = 4e-16,
) -> np.ndarray:
    """Return the roots between `start` and `stop`, all of shape (problems,).

    `function(x, part)` evaluates the problems with the numbers `part` at x.  Its signs at the two
    ends should differ; where rounding makes them agree, the end closer to zero is returned.  False
    position with the Illinois rule (M. Dowell and P. Jarratt, BIT 11 (1971) 168), by default to the
    last bit; `tolerance` is relative.
    """
    part = np.arange(start.size)
    a, b = np.array(start, dtype=np.float64), np.array(stop, dtype=np.float64)
    f_a, f_b = function(a, part), function(b, part)
    root = np.where(np.abs(f_a) < np.abs(f_b), a, b)
    for _ in range(_MOST_STEPS):
        open_ = (f_a * f_b < 0.0) & (np.abs(b - a) > tolerance * np.abs(b))
        part, a, b, f_a, f_b = (array[open_] for array in (part, a, b, f_a, f_b))
        if part.size == 0:
            break
        x = b - f_b * (b - a) / (f_b - f_a)
        f_x = function(x, part)
        root[part] = x
        turned = np.sign(f_x) != np.sign(f_b)
        a, f_a = np.where(turned, b, a), np.where(turned, f_b, 0.5 * f_a)
        stuck = x == b
        b, f_b = x, np.where(stuck, 0.0, f_x)
    return root


def poisson_cdf(count: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """P(N <= count) for whole counts >= -1, broadcasting."""
    return np.where(count < 0.0, 0.0, special.gammaincc(np.maximum(count, 0.0) + 1.0, mean))


def block_ends(count: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The largest count below the block, and the last one of the block itself."""
    return np.where(k > count, count, k - 1.0), np.where(k > count, k, count - 1.0)


class KnownPoisson:
    """N ~ Poisson(signal + background), everything in closed form except block probabilities.

    `count` and `background`, both (experiments,), are whole numbers and expected counts.
    """

    def __init__(self, count: np.ndarray, background: np.ndarray) -> None:
        self.count, self.background = count, background
        self.largest_count = np.full(count.shape, np.inf)

    def crossing(self, rows: np.ndarray, k: np.ndarray) -> np.ndarray:
        """Solve R(n) = R(k): with m(k) = max(k, b) and g(k) = k ln m(k) - m(k),
        ln(s + b) = (g(k) - g(n)) / (k - n), written so that nothing cancels for large counts.
        """
        n, b = self.count[rows], self.background[rows]
        best_n, best_k = (
            np.maximum(np.maximum(n, b), TINY),
            np.maximum(np.maximum(k, b), TINY),
        )
        exponent = (k * np.log(best_k / best_n) - (best_k - best_n)) / (k - n)
        mean = best_n * np.exp(np.where(k < 0.0, 0.0, exponent))
        return np.where((k < 0.0) | ((k <= b) & (n <= b)), 0.0, np.maximum(mean - b, 0.0))

    def block(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Summed probability of the counts between n and k, k included."""
        below, last = block_ends(self.count[rows], k)
        mean = np.maximum(signal + self.background[rows], TINY)
        return poisson_cdf(last, mean) - poisson_cdf(below, mean)

    def last_peak(self, rows: np.ndarray, k: np.ndarray, low: np.ndarray) -> np.ndarray:
        """Signal at or above `low` at which the block is most probable."""
        return np.maximum(low, self._free_peak(rows, k))

    def _free_peak(self, rows: np.ndarray, k: np.ndarray) -> np.ndarray:
        """Where the block's first and last probabilities have equal slopes: m^(l-f) = l!/f! for the
        counts f just below the block and l its last one.
        """
        below, last = block_ends(self.count[rows], k)
        bounded = np.maximum(below, 0.0)
        log_mean = (special.gammaln(last + 1.0) - special.gammaln(bounded + 1.0)) / (last - below)
        return np.where(below < 0.0, 0.0, np.exp(log_mean)) - self.background[rows]

    def peak(
        self, rows: np.ndarray, k: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> np.ndarray:
        """Signal between `low` and `high` at which the block is most probable."""
        return np.clip(self._free_peak(rows, k), low, high)
