"""`SeparableModel` with compiled sums, for a thousand limits and more: the same to about 1e-12.

Importing this module costs the start of numba, about a second.
"""

from __future__ import annotations

import numpy as np

from lnvsearch.statistics import averaged_counts_kernel as kernel
from lnvsearch.statistics.feldman_cousins_averaged import SMALLEST_DIVISOR, SeparableModel
from lnvsearch.statistics.feldman_cousins_models import TINY, block_ends

__all__ = ["CompiledSeparableModel"]


class CompiledSeparableModel(SeparableModel):
    """Averaged probabilities of small counts, each experiment summed to its own largest count."""

    def __init__(self, count, efficiency, background, largest_count) -> None:
        super().__init__(count, _contiguous(*efficiency), _contiguous(*background), largest_count)

    def _tabulated(self, largest: int) -> np.ndarray:
        """A_j for j = 0 ... `largest` at least, (experiments, counts)."""
        if largest >= self._counts.shape[1]:
            last = max(2 * self._counts.shape[1] - 1, largest + 8)
            self._counts = np.empty((self.count.size, last + 1))
            kernel.averaged_poisson(last, self._background, self._background_weights, self._counts)
        return self._counts

    def _sums(
        self, rows: np.ndarray, first: np.ndarray, second: np.ndarray, signal: np.ndarray, kind: int
    ) -> np.ndarray:
        """sum_j A_j S_(k - j) at the counts k `first` and `second`, (2, rows)."""
        result = np.zeros((2, rows.size))
        if rows.size:
            first, second = first.astype(np.int64), second.astype(np.int64)
            shares = self._tabulated(int(max(first.max(), second.max(), 0)))
            nodes = self.efficiency, self.efficiency_weights
            kernel.convolutions(*nodes, shares, rows, first, second, signal, kind, result)
        return result

    def log_probability(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """ln P(k | signal), averaged."""
        at_k, _ = self._sums(rows, k, np.full(k.size, -1), signal, kernel.PLAIN)
        return np.log(np.maximum(at_k, TINY))

    def log_ratio(
        self, rows: np.ndarray, n: np.ndarray, k: np.ndarray, signal: np.ndarray
    ) -> np.ndarray:
        """ln P(n | signal) - ln P(k | signal), averaged."""
        at_n, at_k = np.maximum(self._sums(rows, n, k, signal, kernel.PLAIN), TINY)
        return np.log(at_n) - np.log(at_k)

    def best_signal(self, rows: np.ndarray, k: np.ndarray) -> np.ndarray:
        """Signal >= 0 that maximises P(k | signal)."""
        best = np.zeros(rows.size)
        if rows.size:
            counts = k.astype(np.int64)
            shares = self._tabulated(int(counts.max()))
            nodes = self.efficiency, self.efficiency_weights
            means = self.typical_efficiency, self.typical_background
            kernel.best_signals(*nodes, shares, rows, counts, *means, best)
        unsolved = np.flatnonzero(np.isnan(best))
        if unsolved.size:
            best[unsolved] = super().best_signal(rows[unsolved], k[unsolved])
        return best

    def _between(
        self, rows: np.ndarray, k: np.ndarray, best_n: np.ndarray, best_k: np.ndarray
    ) -> np.ndarray:
        """Signal between two different best signals at which R(n) = R(k)."""
        signal = np.empty(rows.size)
        if rows.size:
            n, counts = self.count[rows].astype(np.int64), k.astype(np.int64)
            shares = self._tabulated(int(max(n.max(), counts.max())))
            nodes = self.efficiency, self.efficiency_weights
            kernel.crossings(*nodes, shares, rows, n, counts, best_n, best_k, signal)
        unsolved = np.flatnonzero(np.isnan(signal))
        if unsolved.size:
            some = (array[unsolved] for array in (rows, k, best_n, best_k))
            signal[unsolved] = super()._between(*some)
        return signal

    def block(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Averaged summed probability of the counts between n and k, k included."""
        below, last = block_ends(self.count[rows], k)
        to_last, to_below = self._sums(rows, last, below, signal, kernel.CUMULATIVE)
        return to_last - to_below

    def block_slope(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Derivative of `block` with respect to the signal."""
        below, last = block_ends(self.count[rows], k)
        at_below, at_last = self._sums(rows, below, last, signal, kernel.TILTED)
        slope = at_below - at_last
        small = np.flatnonzero(signal < SMALLEST_DIVISOR)
        if small.size:
            slope[small] = super().block_slope(rows[small], k[small], signal[small])
        return slope


def _contiguous(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Copies of views: kernels are compiled for contiguous arrays."""
    return np.ascontiguousarray(values), np.ascontiguousarray(weights)
