"""Probabilities of counts averaged over uncertain background and efficiency, for unified intervals.

Two models of the same quantities, with the methods that `feldman_cousins_models` lists:

`SeparableModel`  small counts.  Background and signal counts are independent, and so are their
                  priors: P(k | s) = sum_j A_j S_(k-j)(s) with A_j the averaged probability of j
                  background counts and S_m(s) that of m signal counts.  One integral for each
                  instead of a double one, exact in k.
`NodeModel`       any counts, and correlated priors: a sum over nodes in (background, efficiency).

Signals are in produced events.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from lnvsearch.statistics.averaged_poisson import averaged_poisson
from lnvsearch.statistics.feldman_cousins_models import (
    TINY,
    block_ends,
    poisson_cdf,
    solve_bracketed,
)
from lnvsearch.statistics.nuisance import (
    Distribution,
    joint_quadrature,
    prior_quadrature,
)
from lnvsearch.statistics.rootfinding import solve_decreasing

# Quadrature nodes of less than this weight cannot change the ninth digit of a sum.
_NEGLIGIBLE_WEIGHT = 1e-14
# Up to here sums over all background counts are quicker than sums over all pairs of nodes.
_LARGEST_SEPARABLE_COUNT = 100.0
# Expansions in a signal below this (times any efficiency) end with the first power.
SMALLEST_DIVISOR = 1e-100
# A wider efficiency leads to upper ends, and so to counts, far above n.
_MOST_SEPARABLE_PANELS = 12
# A block is stationary at its peak: this relative error of the peak leaves one of 1e-18 in it.
_PEAK_TOLERANCE = 1e-9
# Two best signals closer than this (relative) are one: their counts compete from there on.
_SAME_SIGNAL = 1e-13


def averaged_model(
    count: np.ndarray,
    background: Distribution,
    efficiency: Distribution,
    background_panels: int,
    efficiency_panels: int,
    correlation: float = 0.0,
    separable: type[SeparableModel] | None = None,
) -> AveragedModel:
    """Return the model of experiments (n,), with 16 quadrature nodes a panel of each prior.

    `correlation` is that of the normal scores of background and efficiency; `separable` is the
    class for small counts, `SeparableModel` if not given.
    """
    b, b_weight = prior_quadrature(background, background_panels)
    e, e_weight = prior_quadrature(efficiency, efficiency_panels)
    # Three panels resolve features down to half the width of a prior, and relative widths of
    # Poisson distributions fall as 1 / sqrt(count).
    low, center, high = efficiency.value(np.array([-1.0, 0.0, 1.0])).T
    resolved = 2.0 * efficiency_panels / 3.0
    relative_width = np.maximum((high - low) / (2.0 * center), TINY**0.25)
    largest = np.maximum((resolved / relative_width) ** 2, count + 50.0)
    if correlation != 0.0:
        panels = (background_panels, efficiency_panels)
        backgrounds, efficiencies, weights = joint_quadrature(
            background, efficiency, correlation, *panels
        )
        return NodeModel(count, efficiencies, backgrounds, weights, largest)
    # Sums over background counts are exact for any background; they only grow long with it.
    typical_b = background.value(np.array([0.0, 3.0])).max()
    small = max(count.max(), typical_b) <= _LARGEST_SEPARABLE_COUNT
    if small and efficiency_panels <= _MOST_SEPARABLE_PANELS:
        return (separable or SeparableModel)(count, (e, e_weight), (b, b_weight), largest)
    shape = (count.size, b.shape[1], e.shape[1])
    return NodeModel(
        count,
        np.broadcast_to(e[:, None, :], shape).reshape(count.size, -1),
        np.broadcast_to(b[:, :, None], shape).reshape(count.size, -1),
        (b_weight[:, :, None] * e_weight[:, None, :]).reshape(count.size, -1),
        largest,
    )


class AveragedModel:
    """What both models share: best signals, crossings of likelihood ratios, peaks of blocks.

    A model gives the first five functions, for chosen `rows`, counts `k` and `signal` of shape
    (rows,).
    """

    count: np.ndarray
    largest_count: np.ndarray
    typical_efficiency: np.ndarray
    typical_background: np.ndarray
    best_signal_of_count: np.ndarray
    #: Crossings found so far, (experiments, counts); NaN where none was asked for.
    _crossings: np.ndarray | None = None

    def log_probability(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """ln P(k | signal), averaged."""
        raise NotImplementedError

    def score(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Derivative of `log_probability` in the signal."""
        raise NotImplementedError

    def block(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Summed probability of the counts between n and k, k included."""
        raise NotImplementedError

    def block_slope(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Derivative of `block` in the signal."""
        raise NotImplementedError

    def all_counts(self, largest: int, signal: np.ndarray) -> np.ndarray:
        """Probabilities of the counts 0 ... `largest` of the first experiment, (signals, counts)."""
        raise NotImplementedError

    def best_signal(self, rows: np.ndarray, k: np.ndarray) -> np.ndarray:
        """Signal >= 0 that maximises P(k | signal): zero of d ln P / ds."""
        nothing = np.zeros(rows.size)
        guess = np.maximum(k - self.typical_background[rows], 0.5) / self.typical_efficiency[rows]
        rising_at_zero = self.score(rows, k, nothing) > 0.0
        # The tail of a very wide background prior makes s = 0 a second maximum for large k.
        rising = np.flatnonzero(rising_at_zero | (self.score(rows, k, guess) > 0.0))
        best = nothing
        best[rising] = solve_decreasing(
            lambda signal, part: self.score(rows[rising[part]], k[rising[part]], signal),
            guess[rising],
        )
        two = np.flatnonzero(~rising_at_zero & (best > 0.0))
        if two.size:
            at_zero = self.log_probability(rows[two], k[two], np.zeros(two.size))
            best[two[at_zero >= self.log_probability(rows[two], k[two], best[two])]] = 0.0
        return best

    def log_ratio(
        self, rows: np.ndarray, n: np.ndarray, k: np.ndarray, signal: np.ndarray
    ) -> np.ndarray:
        """ln P(n | signal) - ln P(k | signal), averaged."""
        return self.log_probability(rows, n, signal) - self.log_probability(rows, k, signal)

    def crossing(self, rows: np.ndarray, k: np.ndarray) -> np.ndarray:
        """Signal with R(n) = R(k), between the best signals of the two; 0 if k < 0 or both are.

        Kept: neighbouring segments share their ends.
        """
        place = np.maximum(k, -1.0).astype(int) + 1
        if self._crossings is None:
            self._crossings = np.full((self.count.size, 0), np.nan)
        missing = place.max(initial=0) + 1 - self._crossings.shape[1]
        if missing > 0:
            more = np.full((self.count.size, missing + 8), np.nan)
            self._crossings = np.concatenate([self._crossings, more], axis=1)
        signal = self._crossings[rows, place]
        new = np.flatnonzero(np.isnan(signal))
        if new.size:
            signal[new] = self._new_crossing(rows[new], k[new])
            self._crossings[rows[new], place[new]] = signal[new]
        return signal

    def _new_crossing(self, rows: np.ndarray, k: np.ndarray) -> np.ndarray:
        best_n = self.best_signal_of_count[rows]
        best_k = self.best_signal(rows, np.maximum(k, 0.0))
        # Equal best signals (zero), or in the far tail of a very wide prior reversed ones: the
        # count k competes from the best signal of n on.
        signal = np.where(k >= 0.0, best_n, 0.0)
        apart = (best_k - best_n) * np.sign(k - self.count[rows])
        open_ = np.flatnonzero((k >= 0.0) & (apart > _SAME_SIGNAL * np.maximum(best_k, best_n)))
        signal[open_] = self._between(rows[open_], k[open_], best_n[open_], best_k[open_])
        return signal

    def _between(
        self, rows: np.ndarray, k: np.ndarray, best_n: np.ndarray, best_k: np.ndarray
    ) -> np.ndarray:
        """Signal between two different best signals at which R(n) = R(k)."""
        n = self.count[rows]
        log_best = self.log_probability(rows, n, best_n) - self.log_probability(rows, k, best_k)
        side = np.sign(k - n)

        def log_ratio(signal: np.ndarray, part: np.ndarray) -> np.ndarray:
            of_counts = self.log_ratio(rows[part], n[part], k[part], signal)
            value = side[part] * (of_counts - log_best[part])
            # The signs at the two best signals are known; they end the search for a root.
            value = np.where(signal <= low[part], np.maximum(value, 1.0), value)
            return np.where(signal >= high[part], np.minimum(value, -1.0), value)

        low, high = np.minimum(best_n, best_k), np.maximum(best_n, best_k)
        low = np.maximum(low, _SAME_SIGNAL * high)
        return solve_decreasing(log_ratio, 0.5 * (low + high))

    def peak(
        self, rows: np.ndarray, k: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> np.ndarray:
        """Signal between `low` and `high` at which the block is most probable."""
        rising_at_high = self.block_slope(rows, k, high) >= 0.0
        falling_at_low = self.block_slope(rows, k, low) <= 0.0
        signal = np.where(rising_at_high, high, low)
        inside = np.flatnonzero(~rising_at_high & ~falling_at_low)
        signal[inside] = solve_bracketed(
            lambda x, part: self.block_slope(rows[inside[part]], k[inside[part]], x),
            low[inside],
            high[inside],
            _PEAK_TOLERANCE,
        )
        return signal

    def last_peak(self, rows: np.ndarray, k: np.ndarray, low: np.ndarray) -> np.ndarray:
        """Signal at or above `low` at which the block is most probable."""
        high = np.maximum(low, 1.0 / self.typical_efficiency[rows])
        rising = self.block_slope(rows, k, high) > 0.0
        while rising.any():
            high = np.where(rising, 2.0 * high, high)
            rising = self.block_slope(rows, k, high) > 0.0
        return self.peak(rows, k, low, high)


class SeparableModel(AveragedModel):
    """Averaged probabilities of small counts as sums over the background's share of the count.

    `count` (experiments,); `efficiency` and `background` are (values, weights), each (experiments,
    nodes); `largest_count` (experiments,) is the largest one that the efficiency's nodes resolve.
    """

    def __init__(self, count, efficiency, background, largest_count) -> None:
        self.count, self.largest_count = count, largest_count
        self.efficiency, self.efficiency_weights = efficiency
        self._background, self._background_weights = background
        self._counts = np.zeros((count.size, 0))
        self.typical_efficiency = (self.efficiency * self.efficiency_weights).sum(axis=1)
        self.typical_background = (self._background * self._background_weights).sum(axis=1)
        self.best_signal_of_count = self.best_signal(np.arange(count.size), count)

    def _background_counts(self, rows: np.ndarray, largest: int) -> np.ndarray:
        """A_j for j = 0 ... largest, (rows, largest + 1); tabulated as far as was asked for."""
        if largest >= self._counts.shape[1]:
            last = int(max(2 * self._counts.shape[1] - 1, largest + 8))
            self._counts = averaged_poisson(last, self._background, self._background_weights)
        return self._counts[rows, : largest + 1]

    def _signal_counts(self, rows: np.ndarray, largest: int, signal: np.ndarray) -> np.ndarray:
        """S_m(s) for m = 0 ... largest, (rows, largest + 1)."""
        mean = signal[:, None] * self.efficiency[rows]
        return averaged_poisson(largest, mean, self.efficiency_weights[rows])

    def _tilted_counts(self, rows: np.ndarray, largest: int, signal: np.ndarray):
        """S_m(s) as in `_signal_counts`, and the same weighted by the efficiency too."""
        # e Pois(m; s e) = (m + 1) / s Pois(m + 1; s e), so that one sum over nodes does for both.
        counts = self._signal_counts(rows, largest + 1, signal)
        with np.errstate(divide="ignore", invalid="ignore"):
            tilted = counts[:, 1:] * np.arange(1.0, largest + 2.0) / signal[:, None]
        small = np.flatnonzero(signal < SMALLEST_DIVISOR)
        if small.size:
            # Powers of the signal beyond the first vanish in this limit.
            tilted[small] = 0.0
            tilted[small, 0] = self.typical_efficiency[rows[small]]
        return counts[:, :-1], tilted

    def _convolved(self, rows: np.ndarray, k: np.ndarray, signal_counts: np.ndarray) -> np.ndarray:
        """sum_j A_j S_(k - j) at one k for each row, (rows,); 0 for k < 0."""
        largest = signal_counts.shape[1] - 1
        j = np.arange(largest + 1)
        rest = k.astype(int)[:, None] - j
        taken = np.take_along_axis(signal_counts, np.maximum(rest, 0), axis=1)
        return np.where(rest >= 0, self._background_counts(rows, largest) * taken, 0.0).sum(axis=1)

    def log_probability(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """ln P(k | signal), averaged."""
        counts = self._signal_counts(rows, int(k.max(initial=0)), signal)
        return np.log(np.maximum(self._convolved(rows, k, counts), TINY))

    def log_ratio(
        self, rows: np.ndarray, n: np.ndarray, k: np.ndarray, signal: np.ndarray
    ) -> np.ndarray:
        """ln P(n | signal) - ln P(k | signal), averaged."""
        counts = self._signal_counts(rows, int(max(n.max(initial=0), k.max(initial=0))), signal)
        at_n, at_k = (np.maximum(self._convolved(rows, c, counts), TINY) for c in (n, k))
        return np.log(at_n) - np.log(at_k)

    def score(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """d ln P(k | signal) / d signal."""
        counts, tilted = self._tilted_counts(rows, int(k.max(initial=0)), signal)
        slope = self._convolved(rows, k - 1.0, tilted) - self._convolved(rows, k, tilted)
        probability = np.maximum(self._convolved(rows, k, counts), TINY)
        # Where the probability is too small for a double only the direction is known.
        mean = signal * self.typical_efficiency[rows] + self.typical_background[rows]
        return np.where(probability > TINY, slope / probability, np.sign(k - mean))

    def all_counts(self, largest: int, signal: np.ndarray) -> np.ndarray:
        """P(k | signal) of the first experiment, (signals, largest + 1)."""
        rows = np.zeros(signal.size, dtype=int)
        counts = self._signal_counts(rows, largest, signal)
        place = np.arange(largest + 1)
        shift = place - place[:, None]
        shares = self._background_counts(rows[:1], largest)[0]
        return counts @ np.where(shift >= 0, shares[np.maximum(shift, 0)], 0.0)

    def block(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Averaged summed probability of the counts between n and k, k included."""
        below, last = block_ends(self.count[rows], k)
        counts = self._signal_counts(rows, int(last.max(initial=0)), signal)
        cumulative = counts.cumsum(axis=1)
        return self._convolved(rows, last, cumulative) - self._convolved(rows, below, cumulative)

    def block_slope(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Derivative of `block` with respect to the signal."""
        below, last = block_ends(self.count[rows], k)
        _, tilted = self._tilted_counts(rows, int(last.max(initial=0)), signal)
        return self._convolved(rows, below, tilted) - self._convolved(rows, last, tilted)


class NodeModel(AveragedModel):
    """Averaged probabilities as sums over nodes of the joint prior.

    `count` (experiments,); `efficiency`, `background`, `weights` (experiments, nodes);
    `largest_count` (experiments,) is the largest one whose Poisson distribution the nodes resolve.
    """

    def __init__(self, count, efficiency, background, weights, largest_count) -> None:
        matters = weights.max(axis=0) > _NEGLIGIBLE_WEIGHT * weights.max()
        self.count, self.largest_count = count, largest_count
        self.efficiency, self.background = (
            efficiency[:, matters],
            background[:, matters],
        )
        self.weights = weights[:, matters]
        self.log_weights = np.log(np.maximum(self.weights, TINY))
        self.typical_efficiency = (self.weights * self.efficiency).sum(axis=1)
        self.typical_background = (self.weights * self.background).sum(axis=1)
        self.best_signal_of_count = self.best_signal(np.arange(count.size), count)

    def _mean(self, rows: np.ndarray, signal: np.ndarray) -> np.ndarray:
        mean = signal[:, None] * self.efficiency[rows] + self.background[rows]
        return np.maximum(mean, TINY)

    def _log_terms(self, rows: np.ndarray, k: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Logarithms of weight * P(k | node), shape (rows, nodes)."""
        log_poisson = k[:, None] * np.log(mean) - mean - special.gammaln(k + 1.0)[:, None]
        return log_poisson + self.log_weights[rows]

    def log_probability(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """ln P(k | signal), averaged."""
        terms = self._log_terms(rows, k, self._mean(rows, signal))
        largest = terms.max(axis=1)
        return largest + np.log(np.exp(terms - largest[:, None]).sum(axis=1))

    def all_counts(self, largest: int, signal: np.ndarray) -> np.ndarray:
        """P(k | signal) of the first experiment, (signals, largest + 1)."""
        rows = np.zeros(signal.size, dtype=int)
        return averaged_poisson(largest, self._mean(rows, signal), self.weights[rows])

    def score(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """d ln P(k | signal) / d signal."""
        mean = self._mean(rows, signal)
        terms = self._log_terms(rows, k, mean)
        share = np.exp(terms - terms.max(axis=1, keepdims=True))
        slope = self.efficiency[rows] * (k[:, None] / mean - 1.0)
        return (share * slope).sum(axis=1) / share.sum(axis=1)

    def block(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Averaged summed probability of the counts between n and k, k included."""
        below, last = block_ends(self.count[rows], k)
        mean = self._mean(rows, signal)
        inside = poisson_cdf(last[:, None], mean) - poisson_cdf(below[:, None], mean)
        return (self.weights[rows] * inside).sum(axis=1)

    def block_slope(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """d block / d signal = mean of efficiency * (P(below) - P(last))."""
        below, last = block_ends(self.count[rows], k)
        mean = self._mean(rows, signal)
        at_last = np.exp(self._log_terms(rows, last, mean))
        at_below = np.exp(self._log_terms(rows, np.maximum(below, 0.0), mean))
        at_below = np.where(below[:, None] < 0.0, 0.0, at_below)
        return (self.efficiency[rows] * (at_below - at_last)).sum(axis=1)
