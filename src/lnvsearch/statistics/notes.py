"""What a referee would ask about a limit: notes on conventions and on answers that surprise.

Each note is one sentence that begins with a key word and a colon:

`method`          what the numbers are, with the reference
`level`           the level is that of a two-sided interval
`under-covers`    the interval may hold the true signal less often than the level says
`extrapolated`    no count seen: the upper limit is no crossing of the likelihood (Rolke)
`count raised`    the count is so low that the method used a larger one (Rolke, unbounded)
`below expected`  the limit is below the median one that background alone gives
`gap`             the accepted signals have gaps (Feldman-Cousins)
`improved`        the limit is below that of the same numbers without uncertainties
`unbounded`       there is no upper limit
`prior`           the priors moved the limit by more than 5 per cent
`ignored`         the prior multiplies a background of 0, whose error has no effect
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.statistics.experiment import (
    CountingExperiment,
    Interval,
    KnownBackground,
    KnownEfficiency,
    check_confidence_level,
    taken,
)
from lnvsearch.statistics.note_columns import NoteColumns

__all__ = ["METHOD_NOTES", "note_columns", "notes"]

METHOD_NOTES = {
    "rolke": "method: profile likelihood with the conventions of ROOT's TRolke (Rolke, Lopez, "
    "Conrad, NIM A 551 (2005) 493)",
    "cls": "method: CLs with the nuisances averaged over their priors in numerator and denominator "
    "(Read, J. Phys. G 28 (2002) 2693; Cousins and Highland, NIM A 320 (1992) 331)",
    "cls-profiled": "method: CLs of the LHC experiments, q-tilde with profiled nuisances, its "
    "sampling exactly summed (CMS-NOTE-2011/005); errors are log-normal",
    "feldman-cousins": "method: unified interval (Feldman and Cousins, PRD 57 (1998) 3873)",
    "bayesian": "method: upper end of the posterior, nuisances averaged over their priors",
}
_CONVENTION_NOTES = {
    "paper": "gaps bridged and upper ends that do not fall with a falling background, as in the "
    "paper",
    "outermost": "largest accepted signal, without the paper's correction in the background",
    "root": "first exit, the convention of ROOT's TFeldmanCousins",
}
# Up to here scans of larger backgrounds found no higher upper end, with any prior.
_CHECKED_WIDTH = 0.6
_MOVED = 0.05
# Median of a gamma distribution of shape n + 1, less n, with room for rounding.
_SMALLEST_MEDIAN, _LARGEST_MEDIAN = 2.0 / 3.0 - 1e-3, np.log(2.0) + 1e-3
_IMPROVED = 1e-4
# Limits without uncertainty have a closed form that rounds well up to here.
_CLOSED_FORM_BACKGROUND = 100.0


def notes(
    method: str,
    experiment: CountingExperiment,
    confidence_level: ArrayLike,
    limits: Interval,
    **options: object,
) -> list[list[str]]:
    """Return the notes of each experiment, in the order of the flattened shape.

    `limits` is what `methods.interval` gave for the same arguments.
    """
    return note_columns(method, experiment, confidence_level, limits, 1.0, **options).lists()


def note_columns(
    method: str,
    experiment: CountingExperiment,
    confidence_level: ArrayLike,
    limits: Interval,
    scale: ArrayLike = 1.0,
    **options: object,
) -> NoteColumns:
    """Return the notes of `notes` in columns: for tables, where a list a row would be slow.

    Limits that a note prints are divided by `scale`, as those of the answer are.
    """
    shape = np.broadcast_shapes(experiment.shape, np.shape(confidence_level))
    level = np.broadcast_to(check_confidence_level(confidence_level), shape).ravel()
    upper = np.broadcast_to(limits.upper, shape).ravel()
    unit = np.broadcast_to(scale, shape).ravel()
    found = NoteColumns(shape)
    add = found.add
    add(True, _method_note(method, options))
    add(
        np.isinf(limits.upper),
        "unbounded: an efficiency of zero is compatible with its error at this level, so that the "
        "data bound the signal from below only",
    )
    uncertain = np.broadcast_to(
        (experiment.background.sigma > 0.0) | (experiment.efficiency.sigma > 0.0), shape
    )
    if method == "rolke":
        _rolke_notes(add, experiment, level, upper, unit, shape, bool(options.get("bounded", False)))
    if method == "feldman-cousins":
        _feldman_cousins_notes(add, experiment, level, upper, unit, shape, options)
    if method == "bayesian" and options.get("signal_prior", "uniform") != "uniform":
        add(
            True,
            "under-covers: upper limits with the prior 1/sqrt(s) cover less than the level "
            "for some signals",
        )
    if method in ("cls", "bayesian"):
        add(
            uncertain,
            "under-covers: the level holds on average over the priors; at fixed true background "
            "and efficiency the coverage may be below it (0.8989 for 0.90 by CLs at a background "
            "of 0.91 +- 0.41)",
        )
    if method == "cls-profiled" and uncertain.any():
        add(
            uncertain,
            "under-covers: the coverage of profiled CLs depends on the true nuisance "
            "parameters and may be below the level",
        )
    if method not in ("rolke", "cls-profiled"):
        _ignored_note(add, experiment, options.get("prior", "lognormal"), shape)
    if method != "cls-profiled":
        _moved_notes(add, method, experiment, level, upper, unit, shape, options, uncertain)
    _expected_note(add, experiment, method, shape, options)
    return found


def _method_note(method: str, options: dict) -> str:
    if method != "feldman-cousins":
        return METHOD_NOTES[method]
    text = _CONVENTION_NOTES[options.get("convention", "paper")]
    return f"{METHOD_NOTES[method]}: {text}"


def _rolke_notes(add, experiment, level, upper, unit, shape, bounded: bool) -> None:
    from lnvsearch.statistics import rolke, rolke_profile, rolke_solver

    def level_note(row: int) -> str:
        return (
            f"level: {100 * level[row]:g} % is two-sided; the upper end alone is "
            f"about a one-sided limit at {50 * (1 + level[row]):g} %"
        )

    if level.size and (level == level[0]).all():
        add(True, level_note(0))
    else:
        add(True, level_note)
    add(
        True,
        "under-covers: profile-likelihood intervals cover less than the level for some "
        "signals (0.81 for 0.90 at an expectation of 2 without background)",
    )
    raised = np.zeros(shape, dtype=bool)
    if not bounded:
        problem = rolke_profile.flatten(experiment, shape)
        used = rolke_solver.effective_count(problem, np.asarray(rolke.threshold(level)))
        raised = (used > np.maximum(problem.count, 1.0)).reshape(shape)
        add(
            raised,
            lambda row: (
                f"count raised: no signal >= 0 is compatible with the observed count of "
                f"{problem.count[row]:g}; the limit is that of {used[row]:g} events (as TRolke, "
                "unbounded)"
            ),
        )
    if np.any(experiment.observed == 0.0):
        _extrapolation_notes(add, experiment, level, upper, unit, shape, bounded, raised)


def _extrapolation_notes(add, experiment, level, upper, unit, shape, bounded, raised) -> None:
    """Where no event is seen and the count not raised: the method's straight line, where it fails."""
    from lnvsearch.statistics import rolke

    count = np.broadcast_to(experiment.observed, shape).ravel()
    rows = np.flatnonzero(count == 0.0)
    nothing = CountingExperiment(
        0.0,
        taken(experiment.background, rows, shape),
        taken(experiment.efficiency, rows, shape),
        experiment.correlation,
    )
    known, first = np.zeros(count.size), np.zeros(count.size)
    known[rows] = _known_limits("rolke", nothing, level[rows], {"bounded": bounded})
    first[rows] = rolke.upper_limit(_with_count(nothing, 1.0), level[rows], bounded)

    def text(row: int) -> str:
        sentence = (
            "extrapolated: no event seen; the upper limit is 2 U(1) - U(2), from those "
            "of one and two events"
        )
        # Kernels of many rows and of few differ in the last digit; two events have a limit that is far higher.
        if upper[row] >= first[row] * (1.0 - 1e-9):
            return (
                "extrapolated: no event seen, and 2 U(1) - U(2) is not positive: the limit "
                "is that of one event"
            )
        if upper[row] < known[row] * (1.0 - 1e-9):
            sentence += (
                f"; it falls below {known[row] / unit[row]:.6g}, that of the same numbers without "
                "uncertainties: do not quote it as an improvement"
            )
        return sentence

    add((count == 0.0).reshape(shape) & ~raised, text)


def _feldman_cousins_notes(add, experiment, level, upper, unit, shape, options) -> None:
    from lnvsearch.statistics import feldman_cousins

    convention = options.get("convention", "paper")
    if convention == "root":
        add(
            True,
            "under-covers: where the accepted signals have gaps, the first exit covers less "
            "than the level",
        )
    shared = {name: options[name] for name in ("prior", "ordering") if name in options}
    first, last = feldman_cousins.plain_upper_ends(experiment, level.reshape(shape), **shared)
    gaps = last > first * (1.0 + 1e-9)
    add(
        gaps,
        lambda row: (
            f"gap: the accepted signals have a gap; the first exit is at "
            f"{first.ravel()[row] / unit[row]:.6g}, the largest accepted one at "
            f"{last.ravel()[row] / unit[row]:.6g}"
        ),
    )
    if convention == "paper":
        wide = experiment.background.sigma > _CHECKED_WIDTH * experiment.background.estimate
        add(
            np.broadcast_to(wide, shape),
            "gap: the paper's correction assumes that of all larger backgrounds the first with a new "
            "accepted range reaches highest; with a background error above 60 % this may fail (by "
            "0.6 % for no event at 6 +- 6, 1 % for one at 4 +- 8), and the upper end be low by as much",
        )
        lengthened = upper.reshape(shape) > last * (1.0 + 1e-9)
        add(
            lengthened,
            lambda row: (
                f"gap: the upper end is that of a larger background; without "
                f"the paper's correction it is {last.ravel()[row] / unit[row]:.6g}"
            ),
        )


def _known_limits(method: str, experiment: CountingExperiment, level, options: dict) -> np.ndarray:
    """Upper limits of the same estimates without uncertainties."""
    from lnvsearch.statistics import methods, rolke

    background = KnownBackground(experiment.background.estimate)
    efficiency = KnownEfficiency(experiment.efficiency.estimate)
    exact = CountingExperiment(experiment.observed, background, efficiency)
    if method == "rolke":  # spares the lower ends
        return np.asarray(rolke.upper_limit(exact, level, **options))
    uniform = method == "bayesian" and options.get("signal_prior", "uniform") == "uniform"
    if (method == "cls" or uniform) and np.all(background.mean <= _CLOSED_FORM_BACKGROUND):
        return _closed_form(exact.observed, background.mean, level) / efficiency.value
    return np.asarray(methods.interval(method, exact, level, **options).upper)


def _closed_form(observed: np.ndarray, background: np.ndarray, level) -> np.ndarray:
    """Limits on selected events of CLs, and of Bayes with a uniform prior, which are the same."""
    from scipy import special

    tail = (1.0 - level) * special.gammaincc(observed + 1.0, background)
    return special.gammainccinv(observed + 1.0, tail) - background


def _moved_notes(add, method, experiment, level, upper, unit, shape, options, uncertain) -> None:
    if not uncertain.any():
        return
    known = np.broadcast_to(
        _known_limits(method, experiment, level.reshape(shape), options), shape
    ).ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = upper / known
    flat = uncertain.ravel()
    # Rolke's extrapolation has its own words for this.
    rows = flat & ~(
        (method == "rolke") & (np.broadcast_to(experiment.observed, shape) == 0).ravel()
    )
    improved = rows & (ratio < 1.0 - _IMPROVED)
    add(
        improved.reshape(shape),
        lambda row: (
            f"improved: the uncertainties lower the limit, from "
            f"{known[row] / unit[row]:.6g} to {upper[row] / unit[row]:.6g}; do not quote it as a gain"
            + (
                "; compare --ordering hill or profile-likelihood"
                if method == "feldman-cousins"
                else ""
            )
        ),
    )
    moved = flat & (np.abs(ratio - 1.0) > _MOVED) & (method != "rolke")
    add(
        moved.reshape(shape),
        lambda row: (
            f"prior: the averages over the uncertainties move the "
            f"limit by {100 * (ratio[row] - 1):+.1f} %"
        ),
    )


def _ignored_note(add, experiment: CountingExperiment, prior, shape) -> None:
    """A background of 0 with an error, which most priors multiply."""
    from lnvsearch.statistics.nuisance import split_prior

    of_background, _ = split_prior(prior)
    background = experiment.background
    lost = (background.estimate == 0.0) & (background.sigma > 0.0)
    if of_background not in ("truncated-gaussian", "none"):
        add(
            np.broadcast_to(lost, shape),
            f"ignored: the error of a background of 0 has no effect with the prior {of_background}; "
            "use --prior truncated-gaussian, or --sideband 0 --tau T",
        )


def _expected_note(add, experiment: CountingExperiment, method: str, shape, options) -> None:
    """Limits rise with the count: below the median expected limit means below the median count."""
    from lnvsearch.statistics.expected import background_cdf

    counts = np.broadcast_to(experiment.observed, shape)
    if method == "rolke":
        fewer = _below_median(counts, experiment.background.estimate)
    else:
        whole = CountingExperiment(counts, experiment.background, experiment.efficiency)
        fewer = background_cdf(whole, counts, options.get("prior", "lognormal")) < 0.5
    add(
        fewer,
        "below expected: fewer events than the median of background alone; the limit is below "
        "the median expected one",
    )


def _below_median(counts: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Whether P(N <= n | b) < 1/2.

    The background at which it is 1/2, the median of a gamma distribution of shape n + 1, lies
    between n + 2/3 and n + ln 2 (K. P. Choi, On the medians of gamma distributions and an equation
    of Ramanujan, Proc. Amer. Math. Soc. 121 (1994) 245, whose abstract has both bounds): most counts
    need no more than that.
    """
    from scipy.special import gammaincc

    counts, background = np.broadcast_arrays(counts, background)
    difference = np.atleast_1d(background - counts)
    below = difference > _LARGEST_MEDIAN
    close = np.flatnonzero((difference > _SMALLEST_MEDIAN) & ~below)
    below.flat[close] = gammaincc(counts.flat[close] + 1.0, background.flat[close]) < 0.5
    return below.reshape(counts.shape)


def _with_count(experiment: CountingExperiment, count: float) -> CountingExperiment:
    return CountingExperiment(
        count, experiment.background, experiment.efficiency, experiment.correlation
    )
