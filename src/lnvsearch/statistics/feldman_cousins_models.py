"""Probabilities of counts, known or averaged, as the unified construction needs them.

Both models answer the same questions about experiments chosen by `rows`, for counts `k` and
signals `signal` of shape (rows,); n stands for the observed `model.count`:

`crossing(rows, k)`            the signal at which n and k have the same likelihood ratio
`block(rows, k, signal)`       summed probability of n + 1 ... k (k above n) or k ... n - 1 (below)
`peak(rows, k, low, high)`     the signal in [low, high] with the largest block probability
`free_peak(rows, k)`           (known only) the same without bounds, possibly negative
`largest_count`                counts up to this one are treated with full accuracy

A `KnownPoisson` signal is in expected counts, that of an `AveragedPoisson` in produced events.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import special

from lnvsearch.statistics.nuisance import Distribution, prior_quadrature
from lnvsearch.statistics.rootfinding import solve_decreasing

# Stands for zero where a logarithm or a division needs a positive number.
_TINY = 1e-200
# Quadrature nodes of less than this weight cannot change the ninth digit of a sum.
_NEGLIGIBLE_WEIGHT = 1e-14
_MOST_STEPS = 200


def solve_bracketed(
    function: Callable[[np.ndarray, np.ndarray], np.ndarray], start: np.ndarray, stop: np.ndarray
) -> np.ndarray:
    """Return the roots between `start` and `stop`, all of shape (problems,).

    `function(x, part)` evaluates the problems with the numbers `part` at x.  Its signs at the two
    ends should differ; where rounding makes them agree, the end closer to zero is returned.  False
    position with the Illinois rule (M. Dowell and P. Jarratt, BIT 11 (1971) 168), to the last bit.
    """
    part = np.arange(start.size)
    a, b = np.array(start, dtype=np.float64), np.array(stop, dtype=np.float64)
    f_a, f_b = function(a, part), function(b, part)
    root = np.where(np.abs(f_a) < np.abs(f_b), a, b)
    for _ in range(_MOST_STEPS):
        open_ = (f_a * f_b < 0.0) & (np.abs(b - a) > 4e-16 * np.abs(b))
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


def _poisson_cdf(count: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """P(N <= count) for whole counts >= -1, broadcasting."""
    return np.where(count < 0.0, 0.0, special.gammaincc(np.maximum(count, 0.0) + 1.0, mean))


def _block_ends(count: np.ndarray, k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
        best_n, best_k = np.maximum(np.maximum(n, b), _TINY), np.maximum(np.maximum(k, b), _TINY)
        exponent = (k * np.log(best_k / best_n) - (best_k - best_n)) / (k - n)
        mean = best_n * np.exp(np.where(k < 0.0, 0.0, exponent))
        return np.where((k < 0.0) | ((k <= b) & (n <= b)), 0.0, np.maximum(mean - b, 0.0))

    def block(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Summed probability of the counts between n and k, k included."""
        below, last = _block_ends(self.count[rows], k)
        mean = np.maximum(signal + self.background[rows], _TINY)
        return _poisson_cdf(last, mean) - _poisson_cdf(below, mean)

    def free_peak(self, rows: np.ndarray, k: np.ndarray) -> np.ndarray:
        """Where the block's first and last probabilities have equal slopes: m^(l-f) = l!/f! for the
        counts f just below the block and l its last one.
        """
        below, last = _block_ends(self.count[rows], k)
        bounded = np.maximum(below, 0.0)
        log_mean = (special.gammaln(last + 1.0) - special.gammaln(bounded + 1.0)) / (last - below)
        return np.where(below < 0.0, 0.0, np.exp(log_mean)) - self.background[rows]

    def peak(
        self, rows: np.ndarray, k: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> np.ndarray:
        """Signal between `low` and `high` at which the block is most probable."""
        return np.clip(self.free_peak(rows, k), low, high)


class AveragedPoisson:
    """N ~ Poisson(signal * efficiency + background) averaged over quadrature nodes.

    `count` (experiments,); `efficiency`, `background`, `weights` (experiments, nodes);
    `largest_count` (experiments,) is the largest one whose Poisson distribution the nodes resolve.
    """

    def __init__(
        self,
        count: np.ndarray,
        efficiency: np.ndarray,
        background: np.ndarray,
        weights: np.ndarray,
        largest_count: np.ndarray,
    ) -> None:
        self.count, self.largest_count = count, largest_count
        self.efficiency, self.background = efficiency, background
        self.weights, self.log_weights = weights, np.log(np.maximum(weights, _TINY))
        self.typical_efficiency = (weights * efficiency).sum(axis=1)
        self.typical_background = (weights * background).sum(axis=1)
        self.best_signal_of_count = self.best_signal(np.arange(count.size), count)

    @classmethod
    def from_priors(
        cls,
        count: np.ndarray,
        background: Distribution,
        efficiency: Distribution,
        background_panels: int,
        efficiency_panels: int,
    ) -> AveragedPoisson:
        """Build the product quadrature of two independent priors, 16 nodes a panel."""
        b, b_weight = prior_quadrature(background, background_panels)
        e, e_weight = prior_quadrature(efficiency, efficiency_panels)
        weights = (b_weight[:, :, None] * e_weight[:, None, :]).reshape(count.size, -1)
        shape = (count.size, b.shape[1], e.shape[1])
        # Three panels resolve features down to half the width of a prior, and relative widths of
        # Poisson distributions fall as 1 / sqrt(count).
        low, center, high = efficiency.value(np.array([-1.0, 0.0, 1.0])).T
        resolved = 2.0 * efficiency_panels / 3.0
        relative_width = np.maximum((high - low) / (2.0 * center), _TINY**0.25)
        matters = weights.max(axis=0) > _NEGLIGIBLE_WEIGHT * weights.max()
        return cls(
            count,
            np.broadcast_to(e[:, None, :], shape).reshape(count.size, -1)[:, matters],
            np.broadcast_to(b[:, :, None], shape).reshape(count.size, -1)[:, matters],
            weights[:, matters],
            np.maximum((resolved / relative_width) ** 2, count + 50.0),
        )

    def _mean(self, rows: np.ndarray, signal: np.ndarray) -> np.ndarray:
        mean = signal[:, None] * self.efficiency[rows] + self.background[rows]
        return np.maximum(mean, _TINY)

    def _log_terms(self, rows: np.ndarray, k: np.ndarray, mean: np.ndarray) -> np.ndarray:
        """Logarithms of weight * P(k | node), shape (rows, nodes)."""
        log_poisson = k[:, None] * np.log(mean) - mean - special.gammaln(k + 1.0)[:, None]
        return log_poisson + self.log_weights[rows]

    def log_probability(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """ln P(k | signal), averaged."""
        terms = self._log_terms(rows, k, self._mean(rows, signal))
        largest = terms.max(axis=1)
        return largest + np.log(np.exp(terms - largest[:, None]).sum(axis=1))

    def best_signal(self, rows: np.ndarray, k: np.ndarray) -> np.ndarray:
        """Signal >= 0 that maximises P(k | signal): zero of d ln P / ds."""

        def score(signal: np.ndarray, part: np.ndarray) -> np.ndarray:
            chosen, count = rows[part], k[part]
            mean = self._mean(chosen, signal)
            terms = self._log_terms(chosen, count, mean)
            share = np.exp(terms - terms.max(axis=1, keepdims=True))
            slope = self.efficiency[chosen] * (count[:, None] / mean - 1.0)
            return (share * slope).sum(axis=1) / share.sum(axis=1)

        everything, nothing = np.arange(rows.size), np.zeros(rows.size)
        guess = np.maximum(k - self.typical_background[rows], 0.5) / self.typical_efficiency[rows]
        rising_at_zero = score(nothing, everything) > 0.0
        # The tail of a very wide background prior makes s = 0 a second maximum for large k.
        rising = np.flatnonzero(rising_at_zero | (score(guess, everything) > 0.0))
        best = nothing
        best[rising] = solve_decreasing(
            lambda signal, part: score(signal, rising[part]), guess[rising]
        )
        two = np.flatnonzero(~rising_at_zero & (best > 0.0))
        if two.size:
            at_zero = self.log_probability(rows[two], k[two], np.zeros(two.size))
            best[two[at_zero >= self.log_probability(rows[two], k[two], best[two])]] = 0.0
        return best

    def crossing(self, rows: np.ndarray, k: np.ndarray) -> np.ndarray:
        """Signal with R(n) = R(k), between the best signals of the two; 0 if k < 0 or both are."""
        best_n = self.best_signal_of_count[rows]
        best_k = self.best_signal(rows, np.maximum(k, 0.0))
        # Equal best signals (zero), or in the far tail of a very wide prior reversed ones: the
        # count k competes from the best signal of n on.
        signal = np.where(k >= 0.0, best_n, 0.0)
        open_ = np.flatnonzero((k >= 0.0) & ((best_k - best_n) * (k - self.count[rows]) > 0.0))
        rows, k, best_n, best_k = rows[open_], k[open_], best_n[open_], best_k[open_]
        n = self.count[rows]
        log_best = self.log_probability(rows, n, best_n) - self.log_probability(rows, k, best_k)
        side = np.sign(k - n)

        def log_ratio(signal: np.ndarray, part: np.ndarray) -> np.ndarray:
            at_n = self.log_probability(rows[part], n[part], signal)
            at_k = self.log_probability(rows[part], k[part], signal)
            value = side[part] * (at_n - at_k - log_best[part])
            # The signs at the two best signals are known; they end the search for a bracket.
            value = np.where(signal <= low[part], np.maximum(value, 1.0), value)
            return np.where(signal >= high[part], np.minimum(value, -1.0), value)

        low, high = np.minimum(best_n, best_k), np.maximum(best_n, best_k)
        signal[open_] = solve_decreasing(log_ratio, 0.5 * (low + high))
        return signal

    def block(self, rows: np.ndarray, k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        """Averaged summed probability of the counts between n and k, k included."""
        below, last = _block_ends(self.count[rows], k)
        mean = self._mean(rows, signal)
        inside = _poisson_cdf(last[:, None], mean) - _poisson_cdf(below[:, None], mean)
        return (self.weights[rows] * inside).sum(axis=1)

    def peak(
        self, rows: np.ndarray, k: np.ndarray, low: np.ndarray, high: np.ndarray
    ) -> np.ndarray:
        """Signal between `low` and `high` at which the block is most probable."""
        below, last = _block_ends(self.count[rows], k)

        def slope(signal: np.ndarray, part: np.ndarray) -> np.ndarray:
            """d block / d signal = mean of efficiency * (P(below) - P(last))."""
            chosen = rows[part]
            mean = self._mean(chosen, signal)
            at_last = np.exp(self._log_terms(chosen, last[part], mean))
            at_below = np.exp(self._log_terms(chosen, np.maximum(below[part], 0.0), mean))
            at_below = np.where(below[part][:, None] < 0.0, 0.0, at_below)
            return (self.efficiency[chosen] * (at_below - at_last)).sum(axis=1)

        everything = np.arange(rows.size)
        rising_at_high = slope(high, everything) >= 0.0
        falling_at_low = slope(low, everything) <= 0.0
        signal = np.where(rising_at_high, high, low)
        inside = np.flatnonzero(~rising_at_high & ~falling_at_low)
        signal[inside] = solve_bracketed(
            lambda x, part: slope(x, inside[part]), low[inside], high[inside]
        )
        return signal
