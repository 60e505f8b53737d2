"""Priors of the background and of the efficiency, their quadrature and their sampling.

CLs and Bayesian limits (and the Cousins-Highland variant of Feldman-Cousins) average the Poisson
probability over what is not known of the background b and of the efficiency.  A measured value
`m +- sigma` has the relative width `r = sigma / m`; the true value is `m` times a factor `f`:

`none`                     f = 1; the width is ignored
`lognormal`                f = (1 + r)^z, z standard normal: median 1 (the usual "kappa" convention)
`lognormal-mean`           log-normal of mean 1 and standard deviation r
`truncated-gaussian`       density prop. to exp(-(f - 1)^2 / 2 r^2) on f > 0; its mean exceeds 1
                           (by 1.5 % at r = 0.45, by 29 % at r = 1)
`truncated-gaussian-mean`  the same, divided by its mean: mean 1
`gamma`                    Gamma distribution of mean 1 and standard deviation r
`posterior-gamma`          Gamma(n + 1) / n with n = 1 / r^2: what a uniform prior makes of the n
                           counts that carry the relative uncertainty r; mean 1 + r^2.  It belongs
                           to a background; an efficiency gets `gamma` in its stead

A counted auxiliary measurement needs no such choice, and every prior except `none` gives it its
posterior for a uniform prior: Gamma(count + 1) / tau for a `PoissonBackground`, Beta(passed + 1,
total - passed + 1) for a `BinomialEfficiency`.

An asymmetric background has the shape that its class says under every prior except `none`.

A background of mean 0 with sigma > 0 stays 0 under the multiplicative priors, and is a half-normal
distribution of width sigma under `truncated-gaussian` (the limit of small means).

Every distribution is written as a smooth increasing function of a standard normal score z, which
makes one quadrature serve them all: Gauss-Legendre panels in z, dense where the Poisson
probability varies fast.

References: R. D. Cousins and V. L. Highland, Nucl. Instrum. Meth. A 320 (1992) 331 (averaging over
the prior of a nuisance parameter); J. Heinrich et al., physics/0409129 (priors of efficiencies).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from lnvsearch.statistics.distributions import (
    NEGLIGIBLE_CUT,
    AsymmetricLogNormal,
    Beta,
    BifurcatedGaussian,
    Distribution,
    Fixed,
    Gamma,
    LogNormal,
    TruncatedGaussian,
)
from lnvsearch.statistics.measurements import (
    AsymmetricBackground,
    Background,
    BinomialEfficiency,
    Efficiency,
    GaussianBackground,
    GaussianEfficiency,
    PoissonBackground,
)

PRIORS = (
    "none",
    "lognormal",
    "lognormal-mean",
    "truncated-gaussian",
    "truncated-gaussian-mean",
    "gamma",
    "posterior-gamma",
)
# A sigma below this fraction of its mean counts as zero, and so does a mean below this fraction
# of its sigma: squares and ratios stay inside the double range.
_LEAST_RATIO = 1e-50

Prior = str | tuple[str, str] | dict[str, str]


def split_prior(prior: Prior) -> tuple[str, str]:
    """Return the names of the background prior and of the efficiency prior.

    `prior` is one name of `PRIORS` for both, a pair (background, efficiency), or a dict with the
    keys `background` and `efficiency`.  Raises ValueError for anything else.

    >>> split_prior(("gamma", "lognormal"))
    ('gamma', 'lognormal')
    """
    if isinstance(prior, str):
        pair: tuple[str, ...] = (prior, prior)
    elif isinstance(prior, dict):
        if set(prior) != {"background", "efficiency"}:
            raise ValueError(
                f"prior as a dict needs the keys 'background' and 'efficiency'; got {sorted(prior)}"
            )
        pair = (prior["background"], prior["efficiency"])
    else:
        pair = tuple(prior)
    if len(pair) != 2 or any(name not in PRIORS for name in pair):
        raise ValueError(
            f"prior must be one of {', '.join(PRIORS)}, or a pair (background, efficiency) of "
            f"these; got {prior!r}"
        )
    background, efficiency = pair
    return background, "gamma" if efficiency == "posterior-gamma" else efficiency


def background_distribution(
    background: Background, prior: str, shape: tuple[int, ...]
) -> Distribution:
    """Return the distribution of the true background, in counts, for the flattened `shape`.

    `prior` is one name of `PRIORS`, `shape` the broadcast shape of the experiment.
    """
    if isinstance(background, PoissonBackground) and prior != "none":
        count, tau = _flat(shape, background.sideband_count, background.tau)
        return Gamma(count + 1.0, 1.0 / tau, (count + 1.0) / tau)
    if isinstance(background, AsymmetricBackground) and prior != "none":
        mean, up, down = _flat(shape, background.mean, background.up, background.down)
        if background.shape_name == "lognormal":
            return AsymmetricLogNormal(mean, np.log1p(up / mean), -np.log1p(-down / mean))
        return BifurcatedGaussian(mean, up, down)
    mean, sigma = _flat(shape, background.estimate, background.sigma)
    if not isinstance(background, GaussianBackground):
        return Fixed(mean)
    return _measured(prior, mean, sigma)


def efficiency_distribution(
    efficiency: Efficiency, prior: str, shape: tuple[int, ...]
) -> Distribution:
    """Return the distribution of the true efficiency for the flattened `shape`.

    `prior` is one name of `PRIORS`, `shape` the broadcast shape of the experiment.
    """
    if isinstance(efficiency, BinomialEfficiency) and prior != "none":
        passed, total = _flat(shape, efficiency.passed, efficiency.total)
        return Beta(passed + 1.0, total - passed + 1.0)
    mean, sigma = _flat(shape, efficiency.estimate, efficiency.sigma)
    if not isinstance(efficiency, GaussianEfficiency):
        return Fixed(mean)
    return _measured(prior, mean, sigma)


def _flat(shape: tuple[int, ...], *arrays: np.ndarray) -> list[np.ndarray]:
    return [np.broadcast_to(array, shape).ravel() for array in arrays]


def _measured(prior: str, mean: np.ndarray, sigma: np.ndarray) -> Distribution:
    """Distribution of a quantity measured as mean +- sigma under the named prior."""
    if prior == "none" or not sigma.any():
        return Fixed(mean)
    sigma = np.where(sigma > _LEAST_RATIO * mean, sigma, 0.0)
    positive = mean > _LEAST_RATIO * sigma
    relative = np.divide(sigma, mean, out=np.zeros_like(mean), where=positive)
    if prior == "lognormal":
        return LogNormal(mean, np.log1p(relative))
    if prior == "lognormal-mean":
        variance = np.log1p(relative**2)
        return LogNormal(mean * np.exp(-0.5 * variance), np.sqrt(variance))
    if prior == "truncated-gaussian":
        return TruncatedGaussian(mean, sigma, np.ones_like(mean), np.zeros_like(mean))
    if prior == "truncated-gaussian-mean":
        width = relative * mean  # zero for a background of mean 0, as for every mean-1 factor
        scale = 1.0 / _truncated_mean(relative)
        return TruncatedGaussian(mean, width, scale, np.zeros_like(mean))
    variance = relative**2
    with np.errstate(divide="ignore"):
        effective_count = np.where(variance > 0.0, 1.0 / variance, np.inf)
    extra = 1.0 if prior == "posterior-gamma" else 0.0
    return Gamma(effective_count + extra, variance * mean, mean * (1.0 + extra * variance))


def _truncated_mean(relative: np.ndarray) -> np.ndarray:
    """Mean of the Gaussian of mean 1 and width `relative` cut to positive values."""
    cut = 1.0 / np.where(relative > 0.0, relative, 1.0)
    density = np.exp(-0.5 * np.minimum(cut, NEGLIGIBLE_CUT) ** 2) / np.sqrt(2.0 * np.pi)
    return 1.0 + relative * density / special.ndtr(cut)


def sample(distribution: Distribution, draws: int, generator: np.random.Generator) -> np.ndarray:
    """Draw from the distribution: shape (experiments, draws).

    One normal score is used per draw and shared by the experiments, so that limits from toys
    change smoothly from one experiment to the next.
    """
    return distribution.value(generator.standard_normal(draws))


# --- quadrature -------------------------------------------------------------------------------

# Scores beyond -37 have no probability in double precision.
_SCORES = np.linspace(-37.0, 9.5, 187)
# exp(-42) = 6e-19: what is left out of the integral, relative to its integrand at the peak.
_NEGLIGIBLE_LOG = 42.0
PANEL_NODES = 16
# Features of unit width that one panel of 16 nodes resolves to better than 1e-12.
_PANEL_LENGTH = 4.5
_PANEL_COUNTS = np.array([1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32])


@dataclass(frozen=True, eq=False)
class ScoreMesh:
    """Where the quadrature of each experiment has its panels.

    `cumulative` (experiments, scores) counts resolvable features up to each score of the common
    grid; `panels` (experiments,) is the number of panels that an experiment needs.
    """

    cumulative: np.ndarray
    panels: np.ndarray


def score_mesh(
    distribution: Distribution,
    log_weight: Callable[[np.ndarray], np.ndarray] | None = None,
    resolution: Callable[[np.ndarray], np.ndarray] | None = None,
) -> ScoreMesh:
    """Choose the range and the density of the quadrature of each experiment.

    `log_weight(values)` is the logarithm of the factor by which the integrand differs from the
    prior (so that the range follows the integrand); `resolution(values)` says how many features an
    interval of unit length in the quantity has for the integrand at that value.  Both map
    (experiments, scores) to the same shape and default to zero.
    """
    if not distribution.uncertain:
        rows = distribution.value(np.zeros(1)).shape[0]
        return ScoreMesh(np.zeros((rows, 1)), np.zeros(rows, dtype=int))
    values = distribution.value(_SCORES)
    log_integrand = np.broadcast_to(-0.5 * _SCORES**2, values.shape)
    if log_weight is not None:
        log_integrand = log_integrand + log_weight(values)
    peak = log_integrand.max(axis=1, keepdims=True)
    matters = log_integrand > peak - _NEGLIGIBLE_LOG
    cells = matters[:, 1:] | matters[:, :-1]
    features = np.broadcast_to(np.diff(_SCORES), cells.shape)
    if resolution is not None:
        density = resolution(values)
        features = features + np.diff(values) * np.maximum(density[:, 1:], density[:, :-1])
    features = np.where(cells, features, 0.0)
    cumulative = np.zeros(values.shape)
    np.cumsum(features, axis=1, out=cumulative[:, 1:])
    return ScoreMesh(cumulative, _panel_count(cumulative[:, -1] / _PANEL_LENGTH))


def _panel_count(needed: np.ndarray) -> np.ndarray:
    """Round up to a few allowed numbers of panels, so that experiments form large groups."""
    doublings = np.ceil(np.log2(np.maximum(needed / _PANEL_COUNTS[-1], 1.0))).astype(int)
    place = np.searchsorted(_PANEL_COUNTS, needed / 2.0**doublings)
    return _PANEL_COUNTS[np.minimum(place, _PANEL_COUNTS.size - 1)] * 2**doublings


def quadrature(
    distribution: Distribution, mesh: ScoreMesh, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return values and weights, both (rows, nodes), for rows whose meshes have equal panels.

    sum(weights * g(values)) is the mean of g over the prior, as far as the range of the mesh
    covers it.
    """
    chosen = distribution.take(rows)
    if not distribution.uncertain:
        return chosen.value(np.zeros(1)), np.ones((rows.size, 1))
    steps = np.linspace(0.0, 1.0, mesh.panels[rows[0]] + 1)
    edges = np.empty((rows.size, steps.size))
    for place, cumulative in enumerate(mesh.cumulative[rows]):
        # The flat parts on both sides are outside the range.
        first = np.searchsorted(cumulative, 0.0, side="right") - 1
        end = np.searchsorted(cumulative, cumulative[-1], side="left") + 1
        edges[place] = np.interp(steps * cumulative[-1], cumulative[first:end], _SCORES[first:end])
    scores, weights = _composite_rule(edges)
    return chosen.value(scores), weights


@functools.cache
def _panel_rule() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights of one panel, from -1 to 1."""
    return special.roots_legendre(PANEL_NODES)


def _composite_rule(edges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores and weights, (rows, nodes), of Gauss-Legendre panels with edges (rows, panels + 1)."""
    nodes, weights = _panel_rule()
    half = 0.5 * np.diff(edges)[:, :, None]
    center = 0.5 * (edges[:, 1:] + edges[:, :-1])[:, :, None]
    scores = (center + half * nodes).reshape(edges.shape[0], -1)
    density = np.exp(-0.5 * scores**2) / np.sqrt(2.0 * np.pi)
    return scores, (half * weights).reshape(edges.shape[0], -1) * density


def joint_quadrature(
    background: Distribution,
    efficiency: Distribution,
    correlation: float,
    background_panels: int = 4,
    efficiency_panels: int = 4,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return backgrounds, efficiencies and weights, each (experiments, nodes), of the joint prior.

    `correlation` is that of the two normal scores, of which the quantities are functions.  The
    fixed rule of `prior_quadrature` in each of two independent scores.
    """
    first, first_weights = _normal_scores(background_panels)
    second, second_weights = _normal_scores(efficiency_panels)
    shape = (first.size, second.size)
    mixed = correlation * first[:, None] + np.sqrt(1.0 - correlation**2) * second
    weights = (first_weights[:, None] * second_weights).ravel()
    b = background.value(np.broadcast_to(first[:, None], shape).ravel())
    e = efficiency.value(mixed.ravel())
    rows = max(b.shape[0], e.shape[0])
    return (
        np.broadcast_to(b, (rows, weights.size)),
        np.broadcast_to(e, (rows, weights.size)),
        np.broadcast_to(weights, (rows, weights.size)),
    )


def _normal_scores(panels: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores and weights of the fixed rule, each (16 * panels,); the weights add up to 1."""
    scores, weights = _composite_rule(np.linspace(-8.5, 8.5, panels + 1)[None, :])
    return scores[0], weights[0] / weights.sum()


def prior_quadrature(distribution: Distribution, panels: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Return values and weights, both (experiments, 16 * panels), for a smooth integrand.

    A fixed rule on |score| < 8.5, for sums over counts that stay small or integrands known to be
    smooth on the scale of the prior.  The weights add up to 1.
    """
    if not distribution.uncertain:
        values = distribution.value(np.zeros(1))
        return values, np.ones_like(values)
    scores, weights = _normal_scores(panels)
    values = distribution.value(scores)
    return values, np.broadcast_to(weights, values.shape)
