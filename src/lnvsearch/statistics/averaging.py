"""Tails of a Poisson probability averaged over background and efficiency, and the limits they give.

Both CLs and the Bayesian limits with the priors s^0 and s^(-1/2) solve one equation for the signal
s,

    E_f[ T(s f) ] / T(0) = 1 - CL,        T(x) = E_b[ integral_x^inf  x'^(-a) Pois(n; x' + b) dx' ],

where b is averaged over the background's prior and f over the efficiency's, the latter with the
extra weight f^(-p).  For a = 0 the integral is P(N <= n | x + b), hence

    a = 0, p = 0      CLs with nuisance parameters averaged in numerator and denominator
    a = 0, p = 1      Bayes, uniform prior in s (the substitution x = s f leaves 1/f)
    a = 1/2, p = 1/2  Bayes, prior s^(-1/2)

Small counts use T as exp(-x) times a polynomial with positive coefficients, the averaged
background's Poisson probabilities: exact in x, and one integral over b for a whole limit.  Larger
counts use the double quadrature, with T tabulated (see `poisson_tails`).  Every experiment's
result is the same to the last bit whatever other experiments stand in the array, except that a
compiled kernel does the usual ones in very large arrays (`averaged_limits_kernel`), which agrees to
1e-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
from scipy import special

from lnvsearch.statistics import nuisance
from lnvsearch.statistics.experiment import CountingExperiment, FloatOrArray
from lnvsearch.statistics.poisson_tails import (
    CHUNK_ELEMENTS,
    LARGEST_POLYNOMIAL_COUNT,
    PolynomialTail,
    QuadratureTail,
    TabulatedTail,
    end_of_tail,
    log_poisson_cdf,
    size_class,
)
from lnvsearch.statistics.rootfinding import solve_decreasing

# A mesh for the efficiency is trusted within this factor of the signal it was made for.
_SIGNAL_WINDOW = 2.0
_MOST_REFINEMENTS = 40
# Below this size the second that numba needs to start is not worth it; without numba, numpy does it all.
_KERNEL_MINIMUM = 20_000
# Experiments whose meshes are made together.
_MESH_ROWS = 4096


@dataclass(frozen=True, eq=False)
class FlatExperiments:
    """Experiments as flat arrays of length `size`, with the distributions of their nuisances.

    `signal_power` is a and `efficiency_power` is p of the module's equation.
    """

    observed: np.ndarray
    background: nuisance.Distribution
    efficiency: nuisance.Distribution
    efficiency_estimate: np.ndarray
    signal_power: float
    efficiency_power: float
    correlation: float = 0.0

    @property
    def size(self) -> int:
        """Number of experiments."""
        return self.observed.size

    def take(self, rows: np.ndarray) -> FlatExperiments:
        """The chosen experiments."""
        return replace(
            self,
            observed=self.observed[rows],
            background=self.background.take(rows),
            efficiency=self.efficiency.take(rows),
            efficiency_estimate=self.efficiency_estimate[rows],
        )


def flatten(
    experiment: CountingExperiment,
    prior: nuisance.Prior,
    shape: tuple[int, ...],
    signal_power: float = 0.0,
    efficiency_power: float = 0.0,
) -> FlatExperiments:
    """Return the experiment broadcast to `shape` and flattened, with its priors attached.

    Raises ValueError for an unknown prior.
    """
    background_prior, efficiency_prior = nuisance.split_prior(prior)
    efficiency = experiment.efficiency
    return FlatExperiments(
        np.broadcast_to(experiment.observed, shape).ravel(),
        nuisance.background_distribution(experiment.background, background_prior, shape),
        nuisance.efficiency_distribution(efficiency, efficiency_prior, shape),
        np.broadcast_to(efficiency.estimate, shape).ravel(),
        signal_power,
        efficiency_power,
        experiment.correlation,
    )


def shaped(values: np.ndarray, shape: tuple[int, ...]) -> FloatOrArray:
    """Return flat results in the shape of the inputs: a float for a single experiment."""
    return float(values[0]) if shape == () else values.reshape(shape)


# --- the equation and its solution -------------------------------------------------------------


def tail_probabilities(
    experiments: FlatExperiments, signal: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return log E_f[T(s f)] and log T(0), each of shape (size,), at the signals s >= 0."""
    log_tail = np.empty(experiments.size)
    log_tail_zero = np.empty(experiments.size)
    for rows, group in _groups(experiments, np.arange(experiments.size), signal):
        ratio = group.ratio(signal[rows], np.arange(rows.size))
        with np.errstate(divide="ignore"):
            log_tail_zero[rows] = np.log(group.tail.at_zero) + group.tail.log_scale
            log_tail[rows] = log_tail_zero[rows] + np.log(ratio)
    return log_tail, log_tail_zero


def solve_tail(experiments: FlatExperiments, tail_fraction: np.ndarray) -> np.ndarray:
    """Return the signal s (size,) at which E_f[T(s f)] / T(0) equals `tail_fraction` (size,)."""
    if experiments.correlation != 0.0:
        from lnvsearch.statistics import correlated

        return correlated.upper_limits(experiments, tail_fraction, experiments.correlation)
    limit = _plain_limit(experiments, tail_fraction)
    pending = _left_by_kernel(experiments, tail_fraction, limit)
    if not pending.size:
        return limit
    for _ in range(_MOST_REFINEMENTS):
        made_for = limit[pending]
        for rows, group in _groups(experiments, pending, limit):
            limit[rows] = group.solve(limit[rows], tail_fraction[rows])
        drift = limit[pending] / made_for
        pending = pending[(drift > _SIGNAL_WINDOW) | (drift < 1.0 / _SIGNAL_WINDOW)]
        if not (pending.size and experiments.efficiency.uncertain):
            return limit
    raise RuntimeError(f"the quadrature of {pending.size} limits found no stable range")


def _left_by_kernel(
    experiments: FlatExperiments, tail_fraction: np.ndarray, limit: np.ndarray
) -> np.ndarray:
    """Put the limits of experiments that a kernel can do into `limit`; return the rows of the others.

    Those of a few experiments, or without uncertainty, are left: numpy is as quick.
    """
    background, efficiency = experiments.background, experiments.efficiency
    rows = np.arange(experiments.size)
    uncertain = background.uncertain or efficiency.uncertain
    if experiments.size < _KERNEL_MINIMUM or not uncertain or experiments.signal_power:
        return rows
    if not find_spec("numba"):
        return rows
    from lnvsearch.statistics import averaged_limits_kernel as kernel

    chosen = kernel.suitable(experiments.observed, background, efficiency)
    some = rows[chosen]
    if some.size:
        limit[some] = kernel.limits(
            experiments.observed[some],
            background.take(some),
            efficiency.take(some),
            experiments.efficiency_power,
            tail_fraction[some],
            limit[some],
        )
        chosen[some] = np.isfinite(limit[some])
        failed = some[~chosen[some]]
        limit[failed] = _plain_limit(experiments.take(failed), tail_fraction[failed])
    return rows[~chosen]


def _plain_limit(experiments: FlatExperiments, tail_fraction: np.ndarray) -> np.ndarray:
    """Starting value: the limit of the median background and efficiency (in closed form)."""
    median = np.zeros(1)
    background = experiments.background.value(median)[:, 0]
    shape = experiments.observed + 1.0
    probability = special.gammaincc(shape, background)
    mean = special.gammainccinv(shape, np.maximum(tail_fraction * probability, 1e-290))
    counts = np.where(probability > 1e-250, mean - background, -np.log(tail_fraction))
    floor = -np.log(tail_fraction)  # the limit of n = 0, the smallest of all
    return np.maximum(counts, floor) / experiments.efficiency_estimate


@dataclass(frozen=True, eq=False)
class _Group:
    """Experiments whose quadratures have the same shape; arrays of shape (rows, nodes)."""

    tail: PolynomialTail | QuadratureTail | TabulatedTail
    efficiency: np.ndarray
    efficiency_weights: np.ndarray

    def ratio(self, signal: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """E_f[T(s f)] / T(0) for the chosen rows of the group, at their signals (rows,)."""
        values = self.tail(signal[:, None] * self.efficiency[rows], rows)
        return (values * self.efficiency_weights[rows]).sum(-1) / self.tail.at_zero[rows]

    def solve(self, start: np.ndarray, tail_fraction: np.ndarray) -> np.ndarray:
        """Signals at which the ratio equals the wanted fractions."""
        target = np.log(tail_fraction)

        def excess(signal: np.ndarray, rows: np.ndarray) -> np.ndarray:
            with np.errstate(divide="ignore"):
                return np.log(self.ratio(signal, rows)) - target[rows]

        return solve_decreasing(excess, start)


def _groups(
    experiments: FlatExperiments, rows: np.ndarray, signal: np.ndarray
) -> Iterator[tuple[np.ndarray, _Group]]:
    """Yield (rows, group) for the chosen rows, with meshes fit for signals about `signal`.

    The groups are small enough to bound the memory.  Known and uncertain quantities never share
    one: the former need no quadrature, and get the result that they would get alone.
    """
    kind = 2 * experiments.background.known[rows] + experiments.efficiency.known[rows]
    for same in (rows[kind == value] for value in range(4)):
        for start in range(0, same.size, _MESH_ROWS):
            yield from _groups_of_block(experiments, same[start : start + _MESH_ROWS], signal)


def _groups_of_block(
    experiments: FlatExperiments, rows: np.ndarray, signal: np.ndarray
) -> Iterator[tuple[np.ndarray, _Group]]:
    observed = experiments.observed[rows]
    background = experiments.background.take(rows)
    efficiency = experiments.efficiency.take(rows)
    power = experiments.efficiency_power
    background_mesh = _background_mesh(background, observed)
    efficiency_mesh = _efficiency_mesh(efficiency, observed, signal[rows], power)
    keys = np.stack([size_class(observed), background_mesh.panels, efficiency_mesh.panels])
    kinds, kind_of_row = np.unique(keys, axis=1, return_inverse=True)
    for kind in range(kinds.shape[1]):
        members = np.flatnonzero(kind_of_row == kind)
        chunk = max(1, int(CHUNK_ELEMENTS / _elements_per_row(*kinds[:, kind])))
        for start in range(0, members.size, chunk):
            chosen = members[start : start + chunk]
            values, weights = nuisance.quadrature(efficiency, efficiency_mesh, chosen)
            if power:
                weights = weights * values**-power
            tail = _tail(
                observed[chosen],
                *nuisance.quadrature(background, background_mesh, chosen),
                experiments.signal_power,
                many=efficiency.uncertain,
            )
            normalised = weights / weights.sum(axis=1, keepdims=True)
            yield rows[chosen], _Group(tail, values, normalised)


def _elements_per_row(size: float, background_panels: float, efficiency_panels: float) -> float:
    """Elements of the largest temporary array that one experiment of a group needs."""
    nodes = nuisance.PANEL_NODES * np.maximum([background_panels, efficiency_panels], 1.0)
    if size <= LARGEST_POLYNOMIAL_COUNT + 1:
        return max(size * nodes[0], nodes[1])
    series = TabulatedTail.order + 1.0
    return max(nodes[0], series * nodes[1], series * series * np.sqrt(size))


def _tail(
    observed: np.ndarray,
    background: np.ndarray,
    weights: np.ndarray,
    signal_power: float,
    many: bool,
) -> PolynomialTail | QuadratureTail | TabulatedTail:
    """The quickest form of the tail for experiments of similar counts, and many or few signals."""
    if observed.max() <= LARGEST_POLYNOMIAL_COUNT:
        return PolynomialTail(observed, background, weights, signal_power)
    if signal_power == 0.0 and not many:
        return QuadratureTail(observed, background, weights)
    return TabulatedTail(observed, background, weights, signal_power)


def _background_mesh(background: nuisance.Distribution, observed: np.ndarray) -> nuisance.ScoreMesh:
    """Mesh of the integral over b: where P(N <= n | b) matters, fine enough for a step at n."""
    count = observed[:, None]
    return nuisance.score_mesh(
        background,
        log_weight=lambda values: log_poisson_cdf(count, values),
        resolution=lambda values: 1.0 / np.sqrt(np.minimum(values, count) + 1.0),
    )


def _efficiency_mesh(
    efficiency: nuisance.Distribution,
    observed: np.ndarray,
    signal: np.ndarray,
    power: float,
) -> nuisance.ScoreMesh:
    """Mesh of the integral over f: fine enough for a step of the width sqrt(n) in s f.

    It holds for signals within `_SIGNAL_WINDOW` of the given ones.
    """
    width = np.sqrt(observed + 1.0)
    end = end_of_tail(observed)

    def features(values: np.ndarray) -> np.ndarray:
        reached = values * (signal / _SIGNAL_WINDOW)[:, None] <= end[:, None]
        return np.where(reached, (_SIGNAL_WINDOW * signal / width)[:, None], 0.0)

    def log_weight(values: np.ndarray) -> np.ndarray:
        return -power * np.log(np.maximum(values, 1e-300))

    return nuisance.score_mesh(efficiency, log_weight if power else None, features)
