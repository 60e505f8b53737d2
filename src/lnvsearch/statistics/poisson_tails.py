"""Tails of a Poisson probability in the signal, averaged over the background.

    T(x) = E_b[ integral_x^inf  x'^(-a) Pois(n; x' + b) dx' ],        a = 0 or 1/2,

in three forms with one interface: a polynomial for small counts, the quadrature over b for any
count, and a table of the latter for many x.  A background is given by the values and the weights
of a quadrature.  Results do not depend on which other experiments share an array.
"""

from __future__ import annotations

import numpy as np
from scipy import special

# Up to this count the polynomial is used (its coefficients stay far inside the double range).
LARGEST_POLYNOMIAL_COUNT = 63
# Elements of one temporary array: 16 MB.
CHUNK_ELEMENTS = 2_000_000
# Nodes of the integral over x' for a = 1/2 (a = 0 has a closed form).
INTEGRAL_NODES = 48

# exp(-700) is the end of the double range; the tail is zero there for any polynomial count.
_LARGEST_EXPONENT = 700.0
# Poisson probabilities beyond n + 10 sqrt(n + 1) + 50 are below exp(-45).
_TAIL_SIGMAS, _TAIL_COUNTS = 10.0, 50.0
# Width in sqrt(x) of one piece of a tabulated tail.
_TABLE_PANEL = 2.25


class PolynomialTail:
    """T(x) of experiments with at most 63 observed events, for a quadrature over b.

    `observed` (experiments,), `background` and `weights` (experiments, nodes).  T is known up to
    the factor exp(log_scale) per experiment, which guards against underflow.
    """

    def __init__(
        self,
        observed: np.ndarray,
        background: np.ndarray,
        weights: np.ndarray,
        signal_power: float,
    ) -> None:
        self.signal_power = signal_power
        largest = int(observed.max())
        counts = np.arange(largest + 1.0)
        log_terms = (
            special.xlogy(counts[:, None], background[:, None, :])
            - background[:, None, :]
            - special.gammaln(counts + 1.0)[:, None]
        )
        # exp(log_scale) is the largest weight that the observed or a smaller count has.
        allowed = counts <= observed[:, None]
        log_terms[~allowed] = -np.inf
        self.log_scale = log_terms.max(axis=(1, 2))
        averaged = (weights[:, None, :] * np.exp(log_terms - self.log_scale[:, None, None])).sum(-1)
        place = (observed[:, None] - counts).astype(int)
        rest = np.where(allowed, np.take_along_axis(averaged, np.maximum(place, 0), 1), 0.0)
        # rest[m]: averaged probability that the background alone gives n - m events.
        if signal_power == 0.0:
            self.coefficients = _sums_from(rest)
        else:
            half_integer = np.exp(special.gammaln(counts + 0.5) - special.gammaln(counts + 1.0))
            self.coefficients = _sums_from(rest * half_integer)
        self.at_zero = self.coefficients[:, 0]

    def __call__(self, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """T of the chosen experiments at x (rows, nodes), without the factor exp(log_scale)."""
        x = np.minimum(x, _LARGEST_EXPONENT)
        coefficients = self.coefficients[rows]
        if self.signal_power == 0.0:
            return np.exp(-x) * _scaled_polynomial(coefficients, x, 1.0)
        # Q(k + 1/2, x) = erfc(sqrt x) + exp(-x) sum_{i=1}^{k} x^(i - 1/2) / Gamma(i + 1/2)
        root = np.sqrt(x)
        series = _scaled_polynomial(coefficients[:, 1:], x, 1.5) / special.gamma(1.5)
        return coefficients[:, :1] * special.erfc(root) + np.exp(-x) * root * series


def _scaled_polynomial(coefficients: np.ndarray, x: np.ndarray, first: float) -> np.ndarray:
    """Sum over i of coefficients[:, i] x^i / (first (first + 1) ... (first + i - 1))."""
    total = np.zeros_like(x)
    for power in range(coefficients.shape[1] - 1, -1, -1):
        total = coefficients[:, power, None] + total * (x / (first + power))
    return total


def _sums_from(values: np.ndarray) -> np.ndarray:
    """sums[:, i] = values[:, i] + values[:, i + 1] + ..."""
    return np.cumsum(values[:, ::-1], axis=1)[:, ::-1]


class QuadratureTail:
    """T(x) of experiments with any observed count; same interface as `PolynomialTail`."""

    def __init__(
        self,
        observed: np.ndarray,
        background: np.ndarray,
        weights: np.ndarray,
        signal_power: float,
    ) -> None:
        self.observed, self.background, self.weights = observed, background, weights
        self.tail = log_poisson_cdf if signal_power == 0.0 else _log_root_tail
        log_terms = self.tail(observed[:, None], np.zeros_like(background), background)
        self.log_scale = log_terms.max(axis=1)
        self.at_zero = (weights * np.exp(log_terms - self.log_scale[:, None])).sum(-1)

    def __call__(self, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """T of the chosen experiments at x (rows, nodes), without the factor exp(log_scale)."""
        observed, background = self.observed[rows, None, None], self.background[rows, None, :]
        scale, weights = self.log_scale[rows, None, None], self.weights[rows, None, :]
        work = background.size * (1 if self.tail is log_poisson_cdf else INTEGRAL_NODES)
        nodes = max(1, CHUNK_ELEMENTS // work)
        total = np.empty(x.shape)
        for start in range(0, x.shape[1], nodes):
            part = x[:, start : start + nodes, None]
            terms = np.exp(self.tail(observed, part, background) - scale)
            total[:, start : start + nodes] = (terms * weights).sum(-1)
        return total


class TabulatedTail:
    """A `QuadratureTail` interpolated, for the many x of an uncertain efficiency.

    Piecewise Chebyshev series in u = sqrt(x).  T(u^2) has no feature narrower than about 1/2 in u
    for any count, and is analytic at u = 0 for both kernels; an interpolation error is relative
    to T(0), below 1e-12.
    """

    order = 16

    def __init__(self, tail: QuadratureTail) -> None:
        self.at_zero, self.log_scale = tail.at_zero, tail.log_scale
        end = end_of_tail(tail.observed)
        panels = int(np.ceil(np.sqrt(end.max()) / _TABLE_PANEL))
        angles = np.pi * (np.arange(self.order) + 0.5) / self.order
        u = _TABLE_PANEL * (np.arange(panels)[:, None] + 0.5 + 0.5 * np.cos(angles))
        rows = np.arange(end.size)
        values = tail(np.broadcast_to(u.ravel() ** 2, (rows.size, u.size)), rows)
        cosines = np.cos(np.arange(self.order)[:, None] * angles) * (2.0 / self.order)
        cosines[0] *= 0.5
        by_panel = values.reshape(rows.size, panels, 1, self.order)
        self.series = (by_panel * cosines).sum(-1)

    def __call__(self, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """T of the chosen experiments at x (rows, nodes), without the factor exp(log_scale)."""
        place = np.sqrt(x) / _TABLE_PANEL
        panel = np.minimum(place.astype(int), self.series.shape[1] - 1)
        t = 2.0 * np.minimum(place - panel, 1.0) - 1.0
        series = self.series[rows[:, None], panel]
        # Clenshaw's recurrence
        last, before = np.zeros_like(t), np.zeros_like(t)
        for order in range(self.order - 1, 0, -1):
            last, before = series[..., order] + 2.0 * t * last - before, last
        return np.maximum(series[..., 0] + t * last - before, 0.0)


def end_of_tail(observed: np.ndarray) -> np.ndarray:
    """Expected signal above which the tail is negligible."""
    return observed + _TAIL_SIGMAS * np.sqrt(observed + 1.0) + _TAIL_COUNTS


def log_poisson_cdf(
    observed: np.ndarray, signal: np.ndarray, background: np.ndarray | float = 0.0
) -> np.ndarray:
    """Return log P(N <= observed | signal + background), also where P underflows.

    Arrays broadcast; counts >= 0.

    >>> round(float(log_poisson_cdf(np.array(0.0), np.array(2000.0))), 6)
    -2000.0
    """
    observed, mean = np.broadcast_arrays(observed, signal + background)
    probability = special.gammaincc(observed + 1.0, mean)
    deep = probability < 1e-280
    with np.errstate(divide="ignore"):
        result = np.log(probability)
    if deep.any():
        result[deep] = _log_deep_cdf(observed[deep], mean[deep])
    return result


def _log_deep_cdf(observed: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """log P(N <= n | mu) for mu far above n, by the continued fraction of the upper Gamma function.

    Gamma(a, x) = x^a exp(-x) / (x + 1 - a - 1 (1 - a) / (x + 3 - a - 2 (2 - a) / ...)), DLMF 8.9.2.
    Forty terms are more than enough where the probability is below 1e-280.
    """
    shape = observed + 1.0
    fraction = mean + 81.0 - shape
    for term in range(40, 0, -1):
        fraction = mean + (2.0 * term - 1.0) - shape - term * (term - shape) / fraction
    return shape * np.log(mean) - mean - special.gammaln(shape) - np.log(fraction)


def _log_root_tail(
    observed: np.ndarray, signal: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """Return log of integral_signal^inf x^(-1/2) Pois(observed; x + background) dx.

    With x = u^2 the integrand 2 Pois(n; u^2 + b) is smooth, and one Gauss-Legendre panel covers
    the range where it is not negligible.
    """
    observed, signal, background = np.broadcast_arrays(observed, signal, background)
    start = signal + background
    top = np.maximum(start, observed)
    steepness = np.maximum(1.0 - observed / np.maximum(start, 1.0), 1e-300)
    reach = np.minimum(
        _TAIL_SIGMAS * np.sqrt(top + 1.0) + _TAIL_COUNTS, _TAIL_COUNTS / steepness + _TAIL_COUNTS
    )
    low = np.maximum(start, observed - _TAIL_SIGMAS * np.sqrt(observed + 1.0))
    u_low = np.sqrt(low - background)
    u_high = np.sqrt(top + reach - background)
    nodes, weights = special.roots_legendre(INTEGRAL_NODES)
    half = 0.5 * (u_high - u_low)
    u = (0.5 * (u_high + u_low))[..., None] + half[..., None] * nodes
    mean = u * u + background[..., None]
    count = observed[..., None]
    log_density = special.xlogy(count, mean) - mean - special.gammaln(count + 1.0)
    peak = log_density.max(axis=-1)
    integral = 2.0 * half * (weights * np.exp(log_density - peak[..., None])).sum(-1)
    return peak + np.log(integral)
