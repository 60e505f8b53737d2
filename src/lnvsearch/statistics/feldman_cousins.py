"""Unified intervals after Feldman and Cousins, exact and without a grid.

G. J. Feldman and R. D. Cousins, Phys. Rev. D 57 (1998) 3873.  A signal s belongs to the interval
of the observed n if n belongs to the acceptance region of s: the counts k taken in descending order
of R(k) = P(k | s) / P(k | s_best(k)) until their probabilities reach the confidence level.
`feldman_cousins_ends` finds the ends.

Conventions for the upper end, each of which changes the answer for counts below the background:

`paper`      what the paper does in its Section IV and Tables IV and V: where the accepted signals
             have gaps, the largest of them; and no upper end falls when the background does.  It is
             the largest signal accepted for any background estimate not below the given one, with
             the same uncertainty (a Gaussian sigma, the tau of a sideband).  The default.
`outermost`  the largest accepted signal, without the correction in the background
`root`       the first exit, as in ROOT's TFeldmanCousins: gaps end the interval, and it may cover
             less than the confidence level (0.880 for 0.90 at b = 2.88)

Orderings, which differ where the background or the efficiency is uncertain.  In all of them the
probabilities P(k | s) are averaged over the priors of `lnvsearch.statistics.nuisance`.

`cousins-highland`    R with the averaged probabilities in numerator and denominator (R. D. Cousins
                      and V. L. Highland, Nucl. Instrum. Meth. A 320 (1992) 331; J. Conrad et al.,
                      Phys. Rev. D 67 (2003) 012002).  A larger uncertainty may give a *lower* limit
`hill`                the averaged probability over that of the best fit without averaging,
                      Pois(k; max(k, b)) (G. C. Hill, Phys. Rev. D 67 (2003) 118101; MBT of PoleLib)
`profile-likelihood`  the profile likelihood ratio of k, with the measured background and efficiency

At a confidence level so low that n rejects every signal (well below 0.68, n below the background),
the interval is empty and both ends are 0.
"""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.statistics import feldman_cousins_ends as ends
from lnvsearch.statistics import nuisance
from lnvsearch.statistics.experiment import (
    CountingExperiment,
    FloatOrArray,
    Interval,
    check_confidence_level,
    taken,
)
from lnvsearch.statistics.feldman_cousins_flat import (
    Flat,
    center,
    model_of,
    panel_groups,
    width,
)
from lnvsearch.statistics.feldman_cousins_models import KnownPoisson

__all__ = ["CONVENTIONS", "ORDERINGS", "interval", "upper_limit"]

CONVENTIONS = ("paper", "outermost", "root")
ORDERINGS = ("cousins-highland", "hill", "profile-likelihood")

# Below this size the second that numba needs to start is not worth it; without numba, numpy does it all.
_KERNEL_MINIMUM = 1000
# Factor by which the quadrature over the efficiency may be refined for upper ends far above n.
_MOST_REFINEMENT = 64


def interval(
    experiment: CountingExperiment,
    confidence_level: ArrayLike = 0.90,
    *,
    prior: nuisance.Prior = "lognormal",
    convention: str = "paper",
    ordering: str = "cousins-highland",
) -> Interval:
    """Return the unified interval in produced signal events.

    Parameters
    ----------
    experiment : counts, background and efficiency; all broadcast with `confidence_level`
    confidence_level : coverage of the construction, between 0 and 1
    prior : shape of the nuisance priors, see `lnvsearch.statistics.nuisance`; without effect where
        background and efficiency are known
    convention : one of `CONVENTIONS`
    ordering : one of `ORDERINGS`; without effect where background and efficiency are known

    Returns
    -------
    Interval of floats for scalar input, else of arrays of the broadcast shape.

    Raises ValueError for a confidence level outside (0, 1), an unknown prior, convention or
    ordering, shapes that do not broadcast, or an efficiency so uncertain that the upper end is
    thousands of times the observed count.

    >>> from lnvsearch.statistics import CountingExperiment, KnownBackground, KnownEfficiency
    >>> result = interval(CountingExperiment(3, KnownBackground(0.5), KnownEfficiency(1.0)))
    >>> round(result.lower, 2), round(result.upper, 2)
    (0.6, 6.92)
    """
    level = check_confidence_level(confidence_level)
    _check_choice("convention", convention, CONVENTIONS)
    _check_choice("ordering", ordering, ORDERINGS)
    shape = _common_shape(experiment, level)
    flat = _flattened(experiment, level, prior, shape)
    background, efficiency = flat.distributions()
    exact = (width(background) == 0.0) & (width(efficiency) == 0.0)
    lower, upper = np.empty(flat.count.size), np.empty(flat.count.size)
    known = np.flatnonzero(exact)
    if known.size:
        low, high = _known_intervals(
            flat.count[known], center(background)[known], flat.level[known], convention
        )
        scale = center(efficiency)[known]
        lower[known], upper[known] = low / scale, high / scale
    averaged = np.flatnonzero(~exact)
    if averaged.size:
        lower[averaged], upper[averaged] = _averaged_intervals(
            flat.take(averaged), convention, ordering
        )
    lower, upper = lower.reshape(shape), upper.reshape(shape)
    return Interval(lower, upper) if shape else Interval(float(lower), float(upper))


def upper_limit(
    experiment: CountingExperiment, confidence_level: ArrayLike = 0.90, **options: Any
) -> FloatOrArray:
    """Return `interval(experiment, confidence_level, **options).upper`."""
    return interval(experiment, confidence_level, **options).upper


def plain_upper_ends(
    experiment: CountingExperiment, confidence_level: ArrayLike = 0.90, **options: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first exit and the largest accepted signal, each of the broadcast shape."""
    level = check_confidence_level(confidence_level)
    shape = _common_shape(experiment, level)
    flat = _flattened(experiment, level, options.get("prior", "lognormal"), shape)
    background, efficiency = flat.distributions()
    if not (width(background).any() or width(efficiency).any()):
        model, levels, which = _known_models(flat.count, center(background), flat.level)
        scale = center(efficiency)
        first_exit, outermost = (
            (ends.upper_ends(model, levels, first_exit=first)[which] / scale).reshape(shape)
            for first in (True, False)
        )
        return first_exit, outermost
    first_exit, outermost = (
        np.asarray(upper_limit(experiment, confidence_level, convention=convention, **options))
        for convention in ("root", "outermost")
    )
    return first_exit, outermost


def _check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}; got {value!r}")


def _flattened(
    experiment: CountingExperiment,
    level: np.ndarray,
    prior: nuisance.Prior,
    shape: tuple,
) -> Flat:
    everything = np.arange(int(np.prod(shape)))
    return Flat(
        np.broadcast_to(experiment.observed, shape).ravel(),
        np.broadcast_to(level, shape).ravel(),
        taken(experiment.background, everything, shape),
        taken(experiment.efficiency, everything, shape),
        nuisance.split_prior(prior),
        experiment.correlation,
    )


def _common_shape(experiment: CountingExperiment, level: np.ndarray) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(experiment.shape, level.shape)
    except ValueError as error:
        raise ValueError(
            f"shapes do not broadcast together: experiment {experiment.shape}, "
            f"confidence_level {level.shape}"
        ) from error


# --- the three ways to an interval ---------------------------------------------------------------


def _known_intervals(
    count: np.ndarray, background: np.ndarray, level: np.ndarray, convention: str
) -> tuple[np.ndarray, np.ndarray]:
    """Ends in expected signal counts, each different (n, b, CL) computed once."""
    model, level, which = _known_models(count, background, level)
    count, background = model.count, model.background
    lower = ends.lower_ends(model, level)
    upper = ends.upper_ends(model, level, first_exit=convention == "root")
    if convention == "paper":
        tops = ends.jump_above(
            lambda rows, b: KnownPoisson(count[rows], b),
            count,
            background,
            np.zeros(count.size),
            level,
        )
        upper = np.maximum(upper, tops)
    return lower[which], upper[which]


def _known_models(
    count: np.ndarray, background: np.ndarray, level: np.ndarray
) -> tuple[KnownPoisson, np.ndarray, np.ndarray]:
    """Counts and backgrounds, and levels, of the different (n, b, CL); which of them each one is."""
    code = np.zeros(count.size, dtype=np.int64)
    for values in (count, background, level):
        # Much faster than to compare rows; a second `unique` keeps the codes small.
        different, place = np.unique(values, return_inverse=True)
        if different.size > 1:
            code = np.unique(code * different.size + place, return_inverse=True)[1]
    _, first, which = np.unique(code, return_index=True, return_inverse=True)
    return KnownPoisson(count[first], background[first]), level[first], which


def _averaged_intervals(
    flat: Flat, convention: str, ordering: str
) -> tuple[np.ndarray, np.ndarray]:
    """Ends in produced events, each different experiment computed once."""
    _, first, which = np.unique(flat.numbers(), axis=0, return_index=True, return_inverse=True)
    different = flat.take(first)
    if first.size >= _KERNEL_MINIMUM and find_spec("numba"):
        different = replace(different, compiled=True)
    lower, upper = _different_intervals(different, convention, ordering)
    return lower[which.ravel()], upper[which.ravel()]


def _different_intervals(
    flat: Flat, convention: str, ordering: str
) -> tuple[np.ndarray, np.ndarray]:
    """Ends in produced events, the averages refined until an upper end is found."""
    if ordering != "cousins-highland":
        from lnvsearch.statistics import feldman_cousins_orderings

        return feldman_cousins_orderings.intervals(flat, convention, ordering)
    lower, upper = np.empty(flat.count.size), np.empty(flat.count.size)
    pending, refinement = np.arange(flat.count.size), 1
    while pending.size:
        for rows, panels in panel_groups(flat, pending, refinement):
            part = flat.take(rows)
            lower[rows], upper[rows] = _averaged_part(part, panels, convention)
        pending, refinement = pending[np.isnan(upper[pending])], 4 * refinement
        if pending.size and refinement > _MOST_REFINEMENT:
            raise ValueError(
                "efficiency must be known better, or confidence_level be lower: at "
                f"{flat.level[pending[0]]:.10g} its prior reaches so close to zero that the upper "
                f"end for {flat.count[pending[0]]:g} observed events is out of reach"
            )
    return lower, upper


def _averaged_part(flat: Flat, panels: tuple[int, int], convention: str):
    """Both ends of experiments whose quadratures have the same panels; NaN: refine them."""
    model = model_of(flat, panels)
    lower = ends.lower_ends(model, flat.level)
    upper = ends.upper_ends(model, flat.level, first_exit=convention == "root")
    rows = np.flatnonzero(np.isfinite(upper)) if convention == "paper" else np.zeros(0, dtype=int)
    if rows.size:
        found = flat.take(rows)
        tops = ends.jump_above(
            lambda some, b: model_of(found.take(some), panels, b),
            found.count,
            np.asarray(found.background.estimate, dtype=float),
            np.asarray(found.background.sigma, dtype=float),
            found.level,
        )
        upper[rows] = np.maximum(upper[rows], tops)
    return lower, upper
