"""Distributions of a positive quantity, written as functions of a standard normal score.

Each is a smooth increasing function value(z) of z ~ N(0, 1), its quantile function at Phi(z): one
quadrature rule in z and one random number then serve them all.  Small and large probabilities are
taken from the nearer tail, so that values are accurate to |z| = 37.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from scipy import special

# Above this shape the Cornish-Fisher series of the Gamma quantile is good to 1e-10 at six standard
# deviations, while the inversion in scipy 1.17 loses digits (1e7) or fails (1e8).
_LARGE_GAMMA_SHAPE = 1e6
# A cut of a Gaussian at more standard deviations than this changes nothing in double precision.
NEGLIGIBLE_CUT = 37.0


@dataclass(frozen=True, eq=False)
class Distribution:
    """A positive random quantity as an increasing function of a standard normal score.

    The parameters are arrays of shape (experiments,); `value(score)` takes scores of shape (nodes,)
    or (experiments, nodes) and returns (experiments, nodes).
    """

    def value(self, score: np.ndarray) -> np.ndarray:
        """Quantity at the given normal score: its quantile function at Phi(score)."""
        raise NotImplementedError

    @property
    def known(self) -> np.ndarray:
        """Whether each experiment's quantity has no width, shape (experiments,)."""
        raise NotImplementedError

    @property
    def uncertain(self) -> bool:
        """Whether an integral has to be done at all."""
        return True

    def take(self, rows: np.ndarray) -> Distribution:
        """Return the distribution of the chosen experiments; `Fixed` if all of them are known."""
        chosen = type(self)(*(getattr(self, field.name)[rows] for field in fields(self)))
        if chosen.uncertain and chosen.known.all():
            return Fixed(chosen.value(np.zeros(1))[:, 0])
        return chosen


@dataclass(frozen=True, eq=False)
class Fixed(Distribution):
    """A known quantity."""

    constant: np.ndarray

    @property
    def known(self) -> np.ndarray:
        return np.ones(self.constant.shape, dtype=bool)

    @property
    def uncertain(self) -> bool:
        return False

    def value(self, score: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self.constant[:, None], (self.constant.size, np.shape(score)[-1]))


@dataclass(frozen=True, eq=False)
class LogNormal(Distribution):
    """median * exp(log_width * score)."""

    median: np.ndarray
    log_width: np.ndarray

    @property
    def known(self) -> np.ndarray:
        return self.log_width == 0.0

    def value(self, score: np.ndarray) -> np.ndarray:
        return self.median[:, None] * np.exp(self.log_width[:, None] * score)


@dataclass(frozen=True, eq=False)
class TruncatedGaussian(Distribution):
    """scale * (Gaussian of the given mean and width, cut to values above `floor`)."""

    mean: np.ndarray
    width: np.ndarray
    scale: np.ndarray
    floor: np.ndarray

    @property
    def known(self) -> np.ndarray:
        return self.width == 0.0

    def value(self, score: np.ndarray) -> np.ndarray:
        width = np.where(self.width > 0.0, self.width, 1.0)
        cut = np.where(self.width > 0.0, (self.mean - self.floor) / width, np.inf)[:, None]
        near = np.minimum(cut, NEGLIGIBLE_CUT)
        inside = special.ndtr(near)
        lower_half = special.ndtri(special.ndtr(-near) + special.ndtr(score) * inside)
        upper_half = -special.ndtri(special.ndtr(-score) * inside)
        above = width[:, None] * (np.where(score < 0.0, lower_half, upper_half) + near)
        # Close to the cut the sum cancels; the quantile is there a series in `small`, the
        # probability in units of the density at the cut.
        density = np.exp(-0.5 * near**2) / np.sqrt(2.0 * np.pi)
        small = np.minimum(special.ndtr(score) * inside / density, 1.0)
        series = width[:, None] * small * (1.0 - 0.5 * near * small)
        truncated = self.floor[:, None] + np.where(small < 1e-6, series, np.maximum(above, 0.0))
        whole = self.mean[:, None] + self.width[:, None] * score
        return self.scale[:, None] * np.where(cut < NEGLIGIBLE_CUT, truncated, whole)


@dataclass(frozen=True, eq=False)
class Gamma(Distribution):
    """scale * (Gamma variable of the given shape); an infinite shape stands for no width.

    `center` is the value where the shape is infinite, and `scale * shape` elsewhere.
    """

    shape: np.ndarray
    scale: np.ndarray
    center: np.ndarray

    @property
    def known(self) -> np.ndarray:
        return np.isinf(self.shape)

    def value(self, score: np.ndarray) -> np.ndarray:
        shared_scores = np.ndim(score) == 1
        score = np.broadcast_to(score, (self.shape.size, np.shape(score)[-1]))
        values = np.empty(score.shape)
        large = self.shape > _LARGE_GAMMA_SHAPE
        values[large] = self._cornish_fisher(score[large], large)
        # An array of experiments with few different shapes is the rule (one background, many
        # counts): the slow inversion is done once for each.
        if shared_scores:
            shapes, which = np.unique(self.shape[~large], return_inverse=True)
            unit = _unit_gamma(shapes[:, None], score[:1])[which]
        else:
            unit = _unit_gamma(self.shape[~large][:, None], score[~large])
        values[~large] = self.scale[~large][:, None] * unit
        return values

    def _cornish_fisher(self, z: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Quantile for large shapes (Abramowitz and Stegun 26.2.49), error O(shape^-2)."""
        width = 1.0 / np.sqrt(self.shape[rows])[:, None]
        quantile = (
            z
            + width * (z**2 - 1.0) / 3.0
            + width**2 * ((z**3 - 3.0 * z) / 4.0 - (2.0 * z**3 - 5.0 * z) / 9.0)
        )
        return self.center[rows][:, None] * np.maximum(1.0 + width * quantile, 0.0)


def _unit_gamma(shape: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Gamma quantile at Phi(score), from the nearer tail."""
    shape, score = np.broadcast_arrays(shape, score)
    values = np.empty(score.shape)
    low, high = score < 0.0, score >= 0.0
    values[low] = special.gammaincinv(shape[low], special.ndtr(score[low]))
    values[high] = special.gammainccinv(shape[high], special.ndtr(-score[high]))
    return values


@dataclass(frozen=True, eq=False)
class Beta(Distribution):
    """Beta variable, the posterior of a binomial efficiency."""

    successes: np.ndarray
    failures: np.ndarray

    @property
    def known(self) -> np.ndarray:
        return np.zeros(self.successes.shape, dtype=bool)

    def value(self, score: np.ndarray) -> np.ndarray:
        first, second = self.successes[:, None], self.failures[:, None]
        lower = special.betaincinv(first, second, special.ndtr(np.minimum(score, 0.0)))
        upper = special.betaincinv(second, first, special.ndtr(-np.maximum(score, 0.0)))
        return np.where(score < 0.0, lower, 1.0 - upper)


@dataclass(frozen=True, eq=False)
class BifurcatedGaussian(Distribution):
    """Two half Gaussians of the widths `down` and `up` that meet at `mean`, cut to values > 0.

    The density is continuous: the part above the mean has the probability up / (up + down) before
    the cut.
    """

    mean: np.ndarray
    up: np.ndarray
    down: np.ndarray

    @property
    def known(self) -> np.ndarray:
        return np.zeros(self.mean.shape, dtype=bool)

    def value(self, score: np.ndarray) -> np.ndarray:
        mean, up, down = (array[:, None] for array in (self.mean, self.up, self.down))
        total = up + down
        lost = 2.0 * down / total * special.ndtr(-mean / down)
        # Probability from the nearer end, so that both tails keep their digits.
        below = lost + special.ndtr(score) * (1.0 - lost)
        above = special.ndtr(-score) * (1.0 - lost)
        low = mean + down * special.ndtri(np.clip(0.5 * below * total / down, 1e-300, 0.5))
        high = mean - up * special.ndtri(np.clip(0.5 * above * total / up, 1e-300, 0.5))
        return np.maximum(np.where(below * total < down, low, high), 0.0)


@dataclass(frozen=True, eq=False)
class AsymmetricLogNormal(Distribution):
    """median * exp(log_up * score) above the median, median * exp(log_down * score) below."""

    median: np.ndarray
    log_up: np.ndarray
    log_down: np.ndarray

    @property
    def known(self) -> np.ndarray:
        return np.zeros(self.median.shape, dtype=bool)

    def value(self, score: np.ndarray) -> np.ndarray:
        width = np.where(score > 0.0, self.log_up[:, None], self.log_down[:, None])
        return self.median[:, None] * np.exp(width * score)
