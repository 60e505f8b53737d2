"""Tails of a Poisson probability in the signal, averaged over the background.

    T(x) = E_b[ integral_x^inf  x'^(-a) Pois(n; x' + b) dx' ],        a = 0 or 1/2,

in three forms with one interface: a polynomial for small counts; for larger ones the quadrature
over b (a = 0, few x) or a table of the integral (any a, many x).  A background is given by the
values and the weights of a quadrature.  Results do not depend on which other experiments share an
array, as long as all are of one `size_class`.
"""

from __future__ import annotations

import numpy as np
from scipy import special

# Up to this count the polynomial is used (its coefficients stay far inside the double range).
LARGEST_POLYNOMIAL_COUNT = 63
# Elements of one temporary array: 16 MB.
CHUNK_ELEMENTS = 2_000_000

# exp(-700) is the end of the double range; the tail is zero there for any polynomial count.
_LARGEST_EXPONENT = 700.0
# Width in sqrt(x) of one piece of a tabulated tail.
_TABLE_PANEL = 2.0


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
    """T(x) for a = 0 and any observed count; same interface as `PolynomialTail`."""

    def __init__(self, observed: np.ndarray, background: np.ndarray, weights: np.ndarray) -> None:
        self.observed, self.background, self.weights = observed, background, weights
        log_terms = log_poisson_cdf(observed[:, None], background)
        self.log_scale = log_terms.max(axis=1)
        self.at_zero = (weights * np.exp(log_terms - self.log_scale[:, None])).sum(-1)

    def __call__(self, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """T of the chosen experiments at x (rows, nodes), without the factor exp(log_scale)."""
        total = np.empty(x.shape)
        for node in range(x.shape[1]):
            mean = x[:, node, None] + self.background[rows]
            log_terms = log_poisson_cdf(self.observed[rows, None], mean)
            terms = np.exp(log_terms - self.log_scale[rows, None])
            total[:, node] = (terms * self.weights[rows]).sum(-1)
        return total


class TabulatedTail:
    """T(x) of large counts for the many x of an uncertain efficiency; same interface.

    The integrand of T, averaged over b, is interpolated by piecewise Chebyshev series in
    u = sqrt(x) and integrated from above.  In u it is analytic (at 0 too, for both kernels) and
    has no feature narrower than about 1/2 for any count.  Errors are about 1e-11 of T(0).
    """

    order = 20

    def __init__(
        self,
        observed: np.ndarray,
        background: np.ndarray,
        weights: np.ndarray,
        signal_power: float,
    ) -> None:
        end = end_of_tail(size_class(observed).max())
        panels = int(np.ceil(np.sqrt(end) / _TABLE_PANEL))
        angles = np.pi * (np.arange(self.order) + 0.5) / self.order
        u = _TABLE_PANEL * (np.arange(panels)[:, None] + 0.5 + 0.5 * np.cos(angles)).ravel()
        log_density = _averaged_log_poisson(observed, u**2, background, weights)
        peak = log_density.max(axis=1)
        self.log_scale = peak + _log_poisson_peak(observed)
        density = 2.0 * u ** (1.0 - 2.0 * signal_power) * np.exp(log_density - peak[:, None])
        self.series = _series_of_tail(density.reshape(observed.size, panels, self.order), angles)
        signs = (-1.0) ** np.arange(self.order + 1)
        self.at_zero = (self.series[:, 0] * signs).sum(-1)

    def __call__(self, x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """T of the chosen experiments at x (rows, nodes), without the factor exp(log_scale)."""
        place = np.sqrt(x) / _TABLE_PANEL
        panel = np.minimum(place, self.series.shape[1] - 1.0).astype(int)
        t = 2.0 * np.minimum(place - panel, 1.0) - 1.0
        series = self.series[rows[:, None], panel]
        # Clenshaw's recurrence
        last, before = np.zeros_like(t), np.zeros_like(t)
        for order in range(self.order, 0, -1):
            last, before = series[..., order] + 2.0 * t * last - before, last
        return np.maximum(series[..., 0] + t * last - before, 0.0)


def _averaged_log_poisson(
    observed: np.ndarray, signal: np.ndarray, background: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return log E_b[ Pois(n; x + b) / Pois(n; n) ] for signals x, (experiments, signals)."""
    result = np.empty((observed.size, signal.size))
    step = max(1, CHUNK_ELEMENTS // background.size)
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights)[:, None, :]
    for start in range(0, signal.size, step):
        mean = signal[start : start + step, None] + background[:, None, :]
        log_terms = log_weights - special.kl_div(observed[:, None, None], mean)
        largest = log_terms.max(axis=-1)
        terms = np.exp(log_terms - largest[..., None])
        result[:, start : start + step] = largest + np.log(terms.sum(-1))
    return result


def _log_poisson_peak(observed: np.ndarray) -> np.ndarray:
    """log Pois(n; n)."""
    return special.xlogy(observed, observed) - observed - special.gammaln(observed + 1.0)


def _series_of_tail(density: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Chebyshev series, (experiments, panels, order + 1), of the integral from u to infinity.

    `density` (experiments, panels, order) holds the integrand at the Chebyshev points of `angles`.
    """
    order = angles.size
    cosines = np.cos(np.arange(order)[:, None] * angles) * (2.0 / order)
    cosines[0] *= 0.5
    series = (density[:, :, None, :] * cosines).sum(-1)
    # integral of T_k = (T_{k+1} / (k + 1) - T_{k-1} / (k - 1)) / 2, and T_1 for T_0
    below = np.concatenate([2.0 * series[..., :1], series[..., 1:]], axis=-1)
    above = np.concatenate([series[..., 2:], np.zeros_like(series[..., :2])], axis=-1)
    integral = 0.5 * _TABLE_PANEL * (below - above) / (2.0 * np.arange(1, order + 1))
    signs = (-1.0) ** np.arange(1, order + 1)
    of_panel = (integral * (1.0 - signs)).sum(-1)
    from_panel = _sums_from(of_panel)  # from the panel's lower edge to infinity
    constant = from_panel + (integral * signs).sum(-1)
    return np.concatenate([constant[..., None], -integral], axis=-1)


def size_class(observed: np.ndarray) -> np.ndarray:
    """Next power of two above each count: experiments of a class share one array's layout."""
    return 2.0 ** np.ceil(np.log2(observed + 1.0))


def end_of_tail(observed: np.ndarray) -> np.ndarray:
    """Expected signal above which the tail is negligible: Pois(n) is below exp(-45) there."""
    return observed + 10.0 * np.sqrt(observed + 1.0) + 50.0


def log_poisson_cdf(observed: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return log P(N <= observed | mean), also where P underflows.

    Arrays broadcast; counts >= 0.

    >>> round(float(log_poisson_cdf(np.array(0.0), np.array(2000.0))), 6)
    -2000.0
    """
    observed, mean = np.broadcast_arrays(observed, mean)
    probability = special.gammaincc(observed + 1.0, mean)
    deep = probability < 1e-280
    with np.errstate(divide="ignore"):
        result = np.asarray(np.log(probability))
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
