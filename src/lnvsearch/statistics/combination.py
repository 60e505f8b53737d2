"""Several counting channels with one signal: limits with shared and separate uncertainties.

    n_i ~ Poisson(s * e_i + b_i);    e_i, b_i log-normal with named sources of uncertainty

A source that appears in several places moves them together: an efficiency or a normalisation that
is common, a background method used twice.  `s` is what all channels measure: a branching fraction,
where each efficiency holds its own normalisation.

Methods:

`rolke`            profile likelihood, -2 ln lambda against the best s >= 0, two-sided level
`cls`              nuisances averaged; counts ranked by sum_i n_i ln(1 + s e_i / b_i) (A. L. Read,
                   J. Phys. G 28 (2002) 2693), with sums over all count vectors that rank no higher
`cls-profiled`     q-tilde with profiled nuisances, sampled with toys (CMS-NOTE-2011/005)
`bayesian`         uniform prior in s, nuisances averaged
`feldman-cousins`  channels with small counts: the ratio of averaged probabilities ranks
                   all count vectors; no end falls when all backgrounds fall by a common factor

The averages are sums over nodes in the normal scores of the sources, Gauss-Legendre products for
up to three sources and a Sobol sequence beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from lnvsearch.statistics.channels import Channel, lognormal_model, refuse_overlap
from lnvsearch.statistics.experiment import Interval, check_confidence_level
from lnvsearch.statistics.lognormal_model import LogNormalModel, best_signal, profiled

__all__ = ["METHODS", "Channel", "interval", "lognormal_model", "refuse_overlap"]

METHODS = ("rolke", "cls", "cls-profiled", "feldman-cousins", "bayesian")

# Count vectors that are summed at most.
_MOST_VECTORS = 100_000
# Channels with such weights were hardly meant to be combined.
_UNEQUAL_WEIGHTS = 1e6
# Stands for a background of zero in the ranking: a count there is evidence beyond any other.
_LEAST_BACKGROUND = 1e-9
# Nodes in each score of up to three sources, and the power of two of those beyond: fine ones, and
# coarse ones for the sums over all pairs of counts.
_FINE = ({0: 1, 1: 48, 2: 24, 3: 16}, 12)
_COARSE = ({0: 1, 1: 24, 2: 12, 3: 8}, 9)
_RELATIVE_TOLERANCE = 1e-7
# CLs from a finite number of toys is a function of steps.
_TOY_TOLERANCE = 1e-5
_MOST_STEPS = 200


def interval(
    channels: Sequence[Channel],
    method: str = "cls",
    confidence_level: float = 0.90,
    *,
    toys: int = 4000,
    seed: int = 0,
    convention: str = "paper",
) -> Interval:
    """Return the combined interval in `s`; lower end 0 for the methods that only bound above.

    `toys` (per hypothesis) and `seed` are those of `cls-profiled`, `convention` that of
    `feldman-cousins` (see `combination_unified`).  Raises ValueError for an unknown method or
    convention, overlapping channels, or counts too large for the sums.

    >>> one = Channel("first", 0, 0.3, 1.0)
    >>> two = Channel("second", 0, 0.5, 3.0)
    >>> round(interval([one, two], "cls").upper, 6)  # ln(10) / (1 + 3)
    0.575646
    """
    level = float(check_confidence_level(confidence_level))
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {method!r}")
    model, _ = lognormal_model(channels)
    counts = np.array([channel.observed for channel in channels], dtype=float)
    if method == "rolke":
        return _profile_interval(model, counts, level)
    if method == "cls-profiled":
        return Interval(0.0, _profiled_cls_limit(model, counts, level, toys, seed))
    if method == "feldman-cousins":
        from lnvsearch.statistics import combination_unified

        nodes = _nodes(model, _COARSE)
        return combination_unified.interval(model, nodes, counts, level, convention)
    nodes = _nodes(model, _FINE)
    if method == "bayesian":
        return Interval(0.0, _bayesian_limit(nodes, counts, level))
    return Interval(0.0, _averaged_cls_limit(model, nodes, counts, level))


@dataclass(frozen=True, eq=False)
class Nodes:
    """Backgrounds and efficiencies (nodes, channels) and weights (nodes,) of the averages."""

    background: np.ndarray
    efficiency: np.ndarray
    weights: np.ndarray

    def log_probability(self, counts: np.ndarray, signal: float) -> np.ndarray:
        """ln of the averaged probability of each count vector (vectors, channels)."""
        mean = np.maximum(signal * self.efficiency + self.background, 1e-300)
        constant = -mean.sum(axis=1) + np.log(self.weights)
        terms = counts @ np.log(mean).T + constant
        return special.logsumexp(terms, axis=1) - special.gammaln(counts + 1.0).sum(axis=1)


def _nodes(model: LogNormalModel, fineness: tuple[dict[int, int], int]) -> Nodes:
    number, (products, power) = model.nuisances, fineness
    if number in products:
        x, weight = special.roots_legendre(products[number])
        reach = 6.0
        weight = weight * np.exp(-0.5 * (reach * x) ** 2)
        grids = np.meshgrid(*[reach * x] * number, indexing="ij")
        theta = np.stack([grid.ravel() for grid in grids], axis=1) if number else np.zeros((1, 0))
        factors = np.meshgrid(*[weight] * number, indexing="ij")
        weights = np.prod([factor.ravel() for factor in factors], axis=0) if number else np.ones(1)
    else:
        from scipy.stats import qmc

        points = qmc.Sobol(number, scramble=True, seed=0).random_base2(power)
        theta, weights = special.ndtri(points), np.ones(2**power)
    return Nodes(model.backgrounds(theta), model.efficiencies(theta), weights / weights.sum())


def _start(model: LogNormalModel, counts: np.ndarray) -> float:
    return float((counts.sum() + 2.3) / model.efficiency.sum())


def _falling_root(function, start: float, tolerance: float = _RELATIVE_TOLERANCE) -> float:
    """Signal at which a falling function of it crosses zero."""
    from scipy.optimize import brentq

    low = high = np.log(start)
    step = 0.25 if function(start) > 0.0 else -0.25
    for _ in range(_MOST_STEPS):
        low, high = high, high + step
        if function(float(np.exp(high))) * step <= 0.0:
            break
    else:
        raise ValueError("the data do not bound the signal: an efficiency is too uncertain")
    root = brentq(lambda x: function(float(np.exp(x))), low, high, xtol=tolerance)
    return float(np.exp(root))


# --- profile likelihood --------------------------------------------------------------------------


def _profile_interval(model: LogNormalModel, counts: np.ndarray, level: float) -> Interval:
    threshold = 2.0 * special.erfinv(level) ** 2
    sets, nominal = counts[None, :], np.zeros((1, model.nuisances))
    ceiling = 20.0 * _start(model, counts) + float(np.max((counts + 5.0) / model.efficiency))
    best, at_best = best_signal(model, sets, nominal, ceiling)

    def excess(signal: float) -> float:
        value = profiled(model, sets, nominal, signal)[0][0]
        return threshold - 2.0 * float(value - best[0])

    low, peak = 0.0, float(at_best[0])
    if peak > 0.0 and excess(0.0) < 0.0:
        from scipy.optimize import brentq

        low = brentq(excess, 0.0, peak, xtol=1e-10 * peak)
    start = max(2.0 * peak, _start(model, counts))
    upper = _falling_root(lambda s: excess(s) if s > peak else threshold, start)
    return Interval(float(low), upper)


# --- averaged CLs and Bayes ----------------------------------------------------------------------


def _averaged_cls_limit(model, nodes: Nodes, counts: np.ndarray, level: float) -> float:
    def excess(signal: float) -> float:
        background = np.maximum(model.background, _LEAST_BACKGROUND)
        weights = np.log1p(signal * model.efficiency / background)
        vectors = ranked_no_higher(weights, float(weights @ counts))
        with_signal = special.logsumexp(nodes.log_probability(vectors, signal))
        without = special.logsumexp(nodes.log_probability(vectors, 0.0))
        return float(with_signal - without - np.log(1.0 - level))

    return _falling_root(excess, _start(model, counts))


def ranked_no_higher(weights: np.ndarray, largest: float) -> np.ndarray:
    """All count vectors (vectors, channels) with sum of weight * count <= `largest`."""
    vectors = np.zeros((1, 0))
    left = np.array([largest * (1.0 + 1e-12) + 1e-12])
    for weight in weights:
        number = np.floor(left / weight).astype(int) + 1
        if number.sum() > _MOST_VECTORS:
            ratio = np.max(weights) / np.min(weights)
            reason = "the counts are too large"
            if ratio > _UNEQUAL_WEIGHTS:
                reason = (
                    f"an event of one channel weighs {ratio:.2g} times one of another; are all "
                    "efficiencies those of one and the same signal?"
                )
            raise ValueError(
                f"there are {number.sum()} combinations of counts to sum: {reason}; else use rolke, "
                "cls-profiled or bayesian"
            )
        here = np.concatenate([np.arange(n) for n in number]).astype(float)
        parent = np.repeat(np.arange(left.size), number)
        vectors = np.concatenate([vectors[parent], here[:, None]], axis=1)
        left = left[parent] - weight * here
    return vectors


def _highest(nodes: Nodes, counts: np.ndarray) -> float:
    """About the largest ln of the averaged probability of the counts, over the signal."""
    signals = (counts - nodes.background) / nodes.efficiency
    likely = np.percentile(np.maximum(signals, 0.0), np.linspace(0.0, 100.0, 21))
    return max(float(nodes.log_probability(counts[None, :], s)[0]) for s in (0.0, *likely))


def _bayesian_limit(nodes: Nodes, counts: np.ndarray, level: float) -> float:
    """Quantile of the posterior, integrated in panels of s until the rest is negligible."""
    x, weight = special.roots_legendre(16)
    step = 0.5 * float(np.sqrt(counts.sum() + 1.0) / nodes.efficiency.mean(axis=0).sum())
    edges, content = [0.0], []
    reference = _highest(nodes, counts)
    for _ in range(100_000):
        signal = edges[-1] + 0.5 * step * (x + 1.0)
        logs = np.array([nodes.log_probability(counts[None, :], s)[0] for s in signal])
        content.append(0.5 * step * float(weight @ np.exp(logs - reference)))
        edges.append(edges[-1] + step)
        if content[-1] < 1e-9 * sum(content) and len(content) > 4:
            break
        if len(content) % 20 == 0:
            step *= 1.5
    else:
        raise ValueError("the posterior does not fall: an efficiency is too uncertain")
    cumulative = np.concatenate([[0.0], np.cumsum(content)]) / sum(content)
    panel = int(np.searchsorted(cumulative, level)) - 1
    inside = (level - cumulative[panel]) * sum(content)

    def missing(end: float) -> float:
        signal = edges[panel] + 0.5 * (end - edges[panel]) * (x + 1.0)
        logs = np.array([nodes.log_probability(counts[None, :], s)[0] for s in signal])
        return 0.5 * (end - edges[panel]) * float(weight @ np.exp(logs - reference)) - inside

    from scipy.optimize import brentq

    return float(brentq(missing, edges[panel], edges[panel + 1], xtol=1e-9 * edges[panel + 1]))


# --- profiled CLs --------------------------------------------------------------------------------


def _profiled_cls_limit(model, counts: np.ndarray, level: float, toys: int, seed: int) -> float:
    """Limit from toys; one channel is summed exactly by `cls_profiled` where it can be."""
    from lnvsearch.statistics.lognormal_model import q_tilde

    if toys < 100:
        raise ValueError(f"toys must be a whole number >= 100; got {toys}")
    sets, nominal = counts[None, :], np.zeros((1, model.nuisances))

    def excess(signal: float) -> float:
        observed = q_tilde(model, sets, nominal, signal)[0]
        tails: list[float] = []
        for true_signal in (signal, 0.0):
            theta = profiled(model, sets, nominal, true_signal)[1]
            mean = true_signal * model.efficiencies(theta) + model.backgrounds(theta)
            # The same stream at every signal: CLs changes smoothly with it.
            generator = np.random.Generator(np.random.Philox(seed))
            measured = theta + generator.standard_normal((toys, model.nuisances))
            uniform = generator.random((toys, counts.size))
            thrown = _poisson_quantile(uniform, mean[0])
            q = q_tilde(model, thrown, measured, signal)
            tails.append(max(float(np.count_nonzero(q >= observed * (1.0 - 1e-6))), 0.5) / toys)
        return float(np.log(tails[0] / tails[1] / (1.0 - level)))

    # Each step is dear: begin close to the limit, for large counts far from all of them together.
    start = float(_profile_interval(model, counts, level).upper)
    return _falling_root(excess, start, _TOY_TOLERANCE)


def _poisson_quantile(uniform: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Counts (toys, channels) at the cumulative probabilities `uniform`."""
    counts = np.empty(uniform.shape)
    for channel, value in enumerate(mean):
        k = np.arange(np.ceil(value + 9.0 * np.sqrt(value) + 20.0))
        counts[:, channel] = np.searchsorted(special.gammaincc(k + 1.0, value), uniform[:, channel])
    return counts
