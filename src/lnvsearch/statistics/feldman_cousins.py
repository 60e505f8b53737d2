"""Unified intervals after Feldman and Cousins, exact and without a grid.

G. J. Feldman and R. D. Cousins, Phys. Rev. D 57 (1998) 3873.  A signal s belongs to the interval
of the observed n if n belongs to the acceptance region of s: the counts k taken in descending order
of R(k) = P(k | s) / P(k | s_best(k)) until their probabilities reach the confidence level.

How the ends are found.  R rises with k up to the expectation and falls beyond it, so that the
counts ranked before n are all those between n and some k: n + 1 ... k for a signal above
s_best(n), k ... n - 1 below.  While s moves away from s_best(n), k moves one count at a time, at
the signals s(n, k) with R(n) = R(k).  Between two of these the summed probability of the block is a
smooth function with a single maximum, and n is rejected where it reaches the confidence level.  Its
maximum, and its values at both ends of a segment, grow with k: an integer bisection finds the
segment in which the interval ends, and there the end is either the breakpoint or the root of a
smooth function.  The cost grows with the logarithm of n only.

Conventions, each of which changes the answer:

* The set of accepted signals may have gaps (mostly for n below the background).  By default `upper`
  is the first exit, as in ROOT's TFeldmanCousins; `bridge_gaps=True` gives the largest accepted
  signal, the conservative choice of the paper.
* For fixed n the upper end does not fall monotonically with the background (the lower end does).
  `monotone_in_background=True` lengthens the intervals until it does, as in Tables IV and V of the
  paper: the upper end is the largest signal accepted for any background not below the given one,
  which bridges the gaps too.
* Uncertain background or efficiency (R. D. Cousins and V. L. Highland, Nucl. Instrum. Meth. A 320
  (1992) 331; J. Conrad et al., Phys. Rev. D 67 (2003) 012002): P(k | s) is averaged over the
  priors of `lnvsearch.statistics.nuisance`, and s_best(k) maximises the averaged probability.
* At a confidence level so low that n rejects every signal (well below 0.68, n below the
  background), the interval is empty and both ends are 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.statistics import nuisance
from lnvsearch.statistics.experiment import (
    CountingExperiment,
    FloatOrArray,
    Interval,
    check_confidence_level,
)
from lnvsearch.statistics.feldman_cousins_models import (
    AveragedPoisson,
    KnownPoisson,
    solve_bracketed,
)

__all__ = ["interval", "upper_limit"]

Model = KnownPoisson | AveragedPoisson

# Elements (experiments x quadrature nodes) of one temporary array: 16 MB.
_CHUNK_ELEMENTS = 2_000_000
# Backgrounds above the given one at which an upper end may jump up; the jumps shrink with b.
_MONOTONE_CANDIDATES = 40
# Factor by which the quadrature over the efficiency may be refined for upper ends far above n.
_MOST_REFINEMENT = 64


def interval(
    experiment: CountingExperiment,
    confidence_level: ArrayLike = 0.90,
    *,
    prior: nuisance.Prior = "lognormal",
    bridge_gaps: bool = False,
    monotone_in_background: bool = False,
) -> Interval:
    """Return the unified interval in produced signal events.

    Parameters
    ----------
    experiment : counts, background and efficiency; all broadcast with `confidence_level`
    confidence_level : coverage of the construction, between 0 and 1
    prior : shape of the nuisance priors, see `lnvsearch.statistics.nuisance`; without effect where
        background and efficiency are known
    bridge_gaps : take the largest accepted signal as the upper end, not the first exit
    monotone_in_background : lengthen the interval until its upper end falls with the background
        (implies `bridge_gaps`); only where background and efficiency are known

    Returns
    -------
    Interval of floats for scalar input, else of arrays of the broadcast shape.

    Raises ValueError for a confidence level outside (0, 1), an unknown prior, shapes that do not
    broadcast, `monotone_in_background` with an uncertain background or efficiency, or an efficiency
    so uncertain that the upper end is thousands of times the observed count.

    >>> from lnvsearch.statistics import CountingExperiment, KnownBackground, KnownEfficiency
    >>> result = interval(CountingExperiment(3, KnownBackground(0.5), KnownEfficiency(1.0)))
    >>> round(result.lower, 2), round(result.upper, 2)
    (0.6, 6.92)
    """
    level = check_confidence_level(confidence_level)
    shape = _common_shape(experiment, level)
    count = np.broadcast_to(experiment.observed, shape).ravel()
    level = np.broadcast_to(level, shape).ravel()
    background_prior, efficiency_prior = nuisance.split_prior(prior)
    background = nuisance.background_distribution(experiment.background, background_prior, shape)
    efficiency = nuisance.efficiency_distribution(experiment.efficiency, efficiency_prior, shape)

    exact = (_width(background) == 0.0) & (_width(efficiency) == 0.0)
    _check_known(exact, monotone_in_background)
    lower, upper, center = np.empty(count.size), np.empty(count.size), np.zeros(1)
    known = np.flatnonzero(exact)
    if known.size:
        ends = _known_intervals(
            count[known],
            background.take(known).value(center)[:, 0],
            level[known],
            bridge_gaps,
            monotone_in_background,
        )
        scale = efficiency.take(known).value(center)[:, 0]
        lower[known], upper[known] = ends[0] / scale, ends[1] / scale
    _fill_averaged(
        lower, upper, np.flatnonzero(~exact), count, background, efficiency, level, bridge_gaps
    )
    lower, upper = lower.reshape(shape), upper.reshape(shape)
    return Interval(lower, upper) if shape else Interval(float(lower), float(upper))


def _check_known(exact: np.ndarray, monotone_in_background: bool) -> None:
    if monotone_in_background and not exact.all():
        raise ValueError(
            "monotone_in_background must be False where the background or the efficiency is "
            "uncertain; the correction is defined for known ones only"
        )


def _common_shape(experiment: CountingExperiment, level: np.ndarray) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(experiment.shape, level.shape)
    except ValueError as error:
        raise ValueError(
            f"shapes do not broadcast together: experiment {experiment.shape}, "
            f"confidence_level {level.shape}"
        ) from error


def _fill_averaged(
    lower, upper, pending, count, background, efficiency, level, bridge_gaps
) -> None:
    """Both ends of the experiments `pending`, the averages refined until an upper end is found."""
    refinement = 1
    while pending.size:
        for rows, model in _averaged_models(count, background, efficiency, pending, refinement):
            lower[rows] = _lower_ends(model, level[rows])
            upper[rows] = _upper_ends(model, level[rows], bridge_gaps)
        pending, refinement = pending[np.isnan(upper[pending])], 4 * refinement
        if pending.size and refinement > _MOST_REFINEMENT:
            raise ValueError(
                "efficiency must be known better, or confidence_level be lower: at "
                f"{level[pending[0]]:.10g} its prior reaches so close to zero that the upper end "
                f"for {count[pending[0]]:g} observed events is out of reach"
            )


def upper_limit(
    experiment: CountingExperiment, confidence_level: ArrayLike = 0.90, **options
) -> FloatOrArray:
    """Return `interval(experiment, confidence_level, **options).upper`."""
    return interval(experiment, confidence_level, **options).upper


# --- the two ways to an interval ----------------------------------------------------------------


def _known_intervals(
    count: np.ndarray,
    background: np.ndarray,
    level: np.ndarray,
    bridge_gaps: bool,
    monotone: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """Ends in expected signal counts, each different (n, b, CL) computed once."""
    inputs = np.stack([count, background, level], axis=1)
    different, which = np.unique(inputs, axis=0, return_inverse=True)
    model, level = KnownPoisson(different[:, 0], different[:, 1]), different[:, 2]
    lower = _lower_ends(model, level)
    upper = _upper_ends(model, level, bridge_gaps or monotone)
    if monotone:
        for row in range(level.size):
            highest = _highest_upper_end(*different[row])
            upper[row] = max(upper[row], highest)
    return lower[which.ravel()], upper[which.ravel()]


def _averaged_models(count, background, efficiency, rows, refinement):
    """Yield (rows, model) for chunks of the experiments with uncertain nuisance parameters.

    `refinement` multiplies the number of panels in the efficiency.
    """
    background, efficiency = background.take(rows), efficiency.take(rows)
    panels = _panels(count[rows], background, efficiency) * [1, refinement]
    for pair in np.unique(panels, axis=0):
        group = np.flatnonzero((panels == pair).all(axis=1))
        nodes = 256 * pair[0] * pair[1]
        step = max(1, int(_CHUNK_ELEMENTS // nodes))
        for first in range(0, group.size, step):
            part = group[first : first + step]
            model = AveragedPoisson.from_priors(
                count[rows[part]], background.take(part), efficiency.take(part), *pair
            )
            yield rows[part], model


def _panels(count, background, efficiency) -> np.ndarray:
    """Panels of 16 nodes for the background and the efficiency of each experiment, shape (n, 2).

    Three panels resolve the prior: with twice as many no limit changed by more than 3e-9.  The
    wider of the two smearings also has to resolve the Poisson distribution, where that is the
    narrower one.
    """
    signal = np.maximum(count - _center(background), 0.0) + 3.0 * np.sqrt(count) + 3.0
    widths = np.stack(
        [_width(background), _width(efficiency) / _center(efficiency) * signal], axis=1
    )
    poisson_width = np.sqrt(np.maximum(count, _center(background)) + 1.0)
    features = np.maximum(widths / poisson_width[:, None], 1.0)
    features[np.arange(count.size), widths.argmin(axis=1)] = 1.0
    panels = 3 * 2 ** np.ceil(np.log2(features)).astype(int)
    return np.where(widths > 0.0, panels, 1)


def _center(distribution: nuisance.Distribution) -> np.ndarray:
    """Median of the distribution, shape (experiments,)."""
    return distribution.value(np.zeros(1))[:, 0]


def _width(distribution: nuisance.Distribution) -> np.ndarray:
    """Half the central 68 % range of the distribution, shape (experiments,)."""
    low, high = distribution.value(np.array([-1.0, 1.0])).T
    return 0.5 * (high - low)


# --- ends of the accepted set --------------------------------------------------------------------


def _first_segment(rejects, start: np.ndarray, largest: np.ndarray) -> np.ndarray:
    """Smallest distance j in [start, largest] with rejects(rows, j), monotone in j; else largest.

    Gallops by doubling, then bisects, for all experiments at once.
    """
    low, high = start - 1.0, start.copy()
    rows = np.arange(start.size)
    step = 1.0
    while rows.size:
        rows = rows[high[rows] < largest[rows]]
        rows = rows[~rejects(rows, high[rows])]
        low[rows] = high[rows]
        high[rows] = np.minimum(high[rows] + step, largest[rows])
        step *= 2.0
    rows = np.flatnonzero(high - low > 1.0)
    while rows.size:
        middle = np.floor(0.5 * (low[rows] + high[rows]))
        yes = rejects(rows, middle)
        high[rows[yes]] = middle[yes]
        low[rows[~yes]] = middle[~yes]
        rows = rows[high[rows] - low[rows] > 1.0]
    return high


def _upper_ends(model: Model, level: np.ndarray, bridge_gaps: bool) -> np.ndarray:
    """First exit above s_best(n), or the largest accepted signal.

    NaN where the search reaches counts that the model does not resolve.
    """
    if bridge_gaps:
        end, k = _outermost_end(model, level, +1, np.floor(model.largest_count - model.count))
    else:
        k = _first_exit_count(model, level)
        end = _end_in_segment(model, level, np.arange(level.size), k, +1)
    return np.where(k < np.floor(model.largest_count), end, np.nan)


def _first_exit_count(model: Model, level: np.ndarray) -> np.ndarray:
    """Smallest k > n whose block n + 1 ... k reaches the level somewhere in its segment."""

    def rejects(rows: np.ndarray, distance: np.ndarray) -> np.ndarray:
        k = model.count[rows] + distance
        near, far, at_near, at_far = _segment(model, rows, k, +1)
        yes = (at_near >= level[rows]) | (at_far >= level[rows])
        open_ = np.flatnonzero(~yes & (far > near))
        if open_.size:
            peak = model.peak(rows[open_], k[open_], near[open_], far[open_])
            yes[open_] = model.block(rows[open_], k[open_], peak) >= level[rows[open_]]
        return yes

    largest = np.floor(model.largest_count - model.count)
    return model.count + _first_segment(rejects, np.ones(level.size), largest)


def _lower_ends(model: Model, level: np.ndarray) -> np.ndarray:
    """Smallest accepted signal; 0 where s = 0 is accepted."""
    return _outermost_end(model, level, -1, model.count + 1.0)[0]


def _outermost_end(
    model: Model, level: np.ndarray, side: int, largest: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Last accepted signal going up (side +1) or down (-1) from s_best(n), and the next count.

    `largest` limits the distance of the counts from n.
    """

    def rejects(rows: np.ndarray, distance: np.ndarray) -> np.ndarray:
        k = model.count[rows] + side * distance
        _, _, at_near, at_far = _segment(model, rows, k, side)
        return np.minimum(at_near, at_far) >= level[rows]

    first_rejected = _first_segment(rejects, np.ones(level.size), largest)
    distance = first_rejected - 1.0
    rows, k = np.arange(level.size), model.count + side * distance
    # The last segment that is not rejected throughout: accepted up to its far end, or (rejected
    # there) accepted up to the rise of the block probability.
    end = np.empty(level.size)
    trivial = distance == 0.0
    end[trivial] = model.crossing(rows[trivial], k[trivial] + side)
    rows, k = rows[~trivial], k[~trivial]
    _, far, _, at_far = _segment(model, rows, k, side)
    accepted = at_far < level[rows]
    end[rows[accepted]] = far[accepted]
    rows, k = rows[~accepted], k[~accepted]
    end[rows] = _end_in_segment(model, level, rows, k, side)
    return end, model.count + side * first_rejected


def _segment(model: Model, rows: np.ndarray, k: np.ndarray, side: int):
    """Near and far end of the signals at which exactly the counts up to k precede n.

    Returns near, far, and the probability of the block at both, each of shape (rows,).
    """
    near, far = model.crossing(rows, k), model.crossing(rows, k + side)
    return near, far, model.block(rows, k, near), model.block(rows, k, far)


def _end_in_segment(
    model: Model, level: np.ndarray, rows: np.ndarray, k: np.ndarray, side: int
) -> np.ndarray:
    """Where the block probability reaches the level within segment k, seen from s_best(n)."""
    near, far, at_near, at_far = _segment(model, rows, k, side)
    end = near.copy()
    inside = np.flatnonzero(at_near < level[rows])
    rows, k, near, far = rows[inside], k[inside], near[inside], far[inside]
    before_peak = np.flatnonzero(at_far[inside] < level[rows])
    if before_peak.size:
        low, high = np.minimum(near, far)[before_peak], np.maximum(near, far)[before_peak]
        far[before_peak] = model.peak(rows[before_peak], k[before_peak], low, high)
    end[inside] = solve_bracketed(
        lambda signal, part: model.block(rows[part], k[part], signal) - level[rows[part]],
        near,
        far,
    )
    return end


def _highest_upper_end(count: float, background: float, level: float) -> float:
    """Supremum of the largest accepted signal over all backgrounds above the given one.

    Between jumps the upper end falls with b.  It jumps up at the backgrounds b_k > n where the
    block of some k, at the far end of its segment, falls below the level and a new accepted range
    opens there.  The ends of these are compared.
    """
    start = np.array([max(background, count)])
    k = _first_exit_count(KnownPoisson(np.array([count]), start), np.array([level]))
    k = k + np.arange(_MONOTONE_CANDIDATES)

    def excess(b: np.ndarray, part: np.ndarray) -> np.ndarray:
        model, rows = KnownPoisson(np.full(part.size, count), b), np.arange(part.size)
        falling = np.maximum(model.crossing(rows, k[part] + 1.0), model.free_peak(rows, k[part]))
        return model.block(rows, k[part], falling) - level

    low, high, everywhere = np.broadcast_to(start, k.shape), k + 1.0, np.arange(k.size)
    jumps = (excess(low, everywhere) > 0.0) & (excess(high, everywhere) < 0.0)
    k, low, high = k[jumps], low[jumps], high[jumps]
    beyond = KnownPoisson(np.full(k.size, count), solve_bracketed(excess, low, high))
    return beyond.crossing(np.arange(k.size), k + 1.0).max(initial=0.0)
