"""Unified intervals with the orderings of Hill and of the profile likelihood ratio.

With them the counts that rank before the observed n need not be neighbours.  For every other count
k there is one signal c(k) at which it draws level with n: a count above n ranks before it for
s > c(k), one below n for s < c(k).  Between two of these signals the summed probability of the
counts before n is smooth; the accepted signals are found segment by segment.  Experiments are
treated one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from lnvsearch.statistics import rolke_profile
from lnvsearch.statistics.experiment import CountingExperiment, taken, with_estimate
from lnvsearch.statistics.feldman_cousins_averaged import AveragedModel
from lnvsearch.statistics.feldman_cousins_flat import Flat, model_of, panel_groups
from lnvsearch.statistics.feldman_cousins_models import solve_bracketed
from lnvsearch.statistics.rolke_zero_count import deviance_of_any_count

# The largest count considered is raised until the chance of no more than n counts is this small
# part of 1 - CL at the signal where it draws level.
_SMALL_PART = 0.01
# Largest number of counts that are ranked; with more, a limit would take minutes.
_MOST_COUNTS = 600.0
# Relative tolerance of the signals at which two counts have the same rank.
_LEVEL_TOLERANCE = 1e-12
# Backgrounds at which the outermost end is computed to find where it jumps up, in steps of one
# twentieth of a count, and the range above max(b, n) that is searched.
_SCAN_STEP = 0.05
_SCAN_RANGE = 2.5
_JUMP_HALVINGS = 25
# Logarithm of a probability that stands for zero.
_IMPOSSIBLE = -460.0


def intervals(flat: Flat, convention: str, ordering: str) -> tuple[np.ndarray, np.ndarray]:
    """Return both ends, in produced events, of the experiments `flat`."""
    lower, upper = np.empty(flat.count.size), np.empty(flat.count.size)
    for row in range(flat.count.size):
        single = flat.take(np.array([row]))
        ranking = _ranking(single, ordering)
        lower[row], outermost, first_exit = _ends(ranking, float(single.level[0]))
        upper[row] = first_exit if convention == "root" else outermost
        if convention == "paper":
            upper[row] = max(outermost, _highest_above(single, ordering, outermost))
    return lower, upper


@dataclass(frozen=True)
class _Ranking:
    """Signals at which the counts draw level with n, and the model of their probabilities.

    `counts` (k,) are all counts but n up to some largest one, `level_signal` (k,) their c(k).
    """

    model: AveragedModel
    counts: np.ndarray
    level_signal: np.ndarray

    def members(self, between: np.ndarray) -> np.ndarray:
        """Which counts precede n at the signals `between`, (signals, k)."""
        n = self.model.count[0]
        above = (self.counts > n) & (between[:, None] > self.level_signal)
        return above | ((self.counts < n) & (between[:, None] < self.level_signal))

    def probabilities(self, signal: np.ndarray) -> np.ndarray:
        """Probabilities of the `counts` at the signals, (signals, k)."""
        return self.model.all_counts(int(self.counts.max()), signal)[:, self.counts.astype(int)]


def _ranking(flat: Flat, ordering: str) -> _Ranking:
    ((_, panels),) = list(panel_groups(flat, np.arange(1)))
    model = model_of(flat, panels)
    log_rank = _log_rank(flat, ordering, model)
    n, level = float(flat.count[0]), float(flat.level[0])
    largest = n + 12.0 + np.ceil(float(flat.background.estimate[0]))
    while True:
        counts = np.delete(np.arange(largest + 1.0), int(n))
        signals = _level_signals(n, counts, log_rank, model)
        last = signals[-1:]
        no_more = 1.0 - model.block(np.zeros(1, dtype=int), np.array([4.0 * largest]), last)
        if no_more[0] < _SMALL_PART * (1.0 - level):
            return _Ranking(model, counts, signals)
        largest = np.ceil(1.6 * largest)
        if largest > _MOST_COUNTS:
            raise ValueError(
                f"ordering {ordering} would have to rank more than {_MOST_COUNTS:g} counts: the "
                "efficiency must be known better, confidence_level be lower, or ordering be "
                "cousins-highland"
            )


def _log_rank(flat: Flat, ordering: str, model: AveragedModel):
    """Return ln R(k) as a function of k and signal, both (values,)."""

    def rows(k: np.ndarray) -> np.ndarray:
        return np.zeros(k.size, dtype=int)

    if ordering == "hill":
        b = float(flat.background.estimate[0])

        def log_rank(k: np.ndarray, signal: np.ndarray) -> np.ndarray:
            best = np.maximum(k, b)
            log_best = special.xlogy(k, best) - best - special.gammaln(k + 1.0)
            log_probability = model.log_probability(rows(k), k, signal)
            return np.where(log_probability > _IMPOSSIBLE, log_probability - log_best, -np.inf)

        return log_rank
    one = CountingExperiment(
        0,
        taken(flat.background, np.zeros(1, int)),
        taken(flat.efficiency, np.zeros(1, int)),
        flat.correlation,
    )
    measured = rolke_profile.flatten(one, (1,))
    # At the best signal of each count, which is not below zero; as far as was asked for.
    at_best = np.zeros(0)

    def log_profile(k: np.ndarray, signal: np.ndarray) -> np.ndarray:
        nonlocal at_best
        if k.max() >= at_best.size:
            counts = np.arange(2.0 * k.max() + 1.0)
            every = measured.take(rows(counts)).with_count(counts)
            at_zero, _ = deviance_of_any_count(every, np.zeros(counts.size))
            at_best = np.where(every.best_signal < 0.0, at_zero, 0.0)
        problem = measured.take(rows(k)).with_count(k)
        value, _ = deviance_of_any_count(problem, signal * problem.efficiency)
        return -0.5 * (value - at_best[k.astype(int)])

    return log_profile


def _level_signals(n: float, counts: np.ndarray, log_rank, model: AveragedModel) -> np.ndarray:
    """c(k) of each count: R(n) = R(k); 0 where k > n leads, or k < n trails, from s = 0 on."""
    side = np.sign(counts - n)
    scale = 1.0 / model.typical_efficiency[0]

    def lead(signal: np.ndarray, part: np.ndarray) -> np.ndarray:
        """ln R(n) - ln R(k), falling with s for k > n; its negative for k < n."""
        k = counts[part]
        both = log_rank(np.append(np.full(k.size, n), k), np.append(signal, signal))
        with np.errstate(invalid="ignore"):
            value = side[part] * (both[: k.size] - both[k.size :])
        # Where both are impossible, a little signal makes the smaller count the likelier.
        return np.nan_to_num(value, nan=1.0, posinf=1e9, neginf=-1e9)

    everything = np.arange(counts.size)
    low = np.zeros(counts.size)
    open_ = np.flatnonzero(lead(low, everything) > 0.0)
    high = np.maximum(np.maximum(counts, n), 1.0) * scale
    pending = open_[lead(high[open_], open_) > 0.0]
    for _ in range(200):
        if pending.size == 0:
            break
        high[pending] *= 1.5
        pending = pending[lead(high[pending], pending) > 0.0]
    result = low.copy()
    result[open_] = solve_bracketed(
        lambda s, part: lead(s, open_[part]), low[open_], high[open_], _LEVEL_TOLERANCE
    )
    return result


def _ends(ranking: _Ranking, level: float) -> tuple[float, float, float]:
    """Smallest accepted signal, largest one, and the first exit above the smallest."""
    breaks = np.unique(np.concatenate([[0.0], ranking.level_signal]))
    near, far = breaks[:-1], breaks[1:]
    members = ranking.members(0.5 * (near + far))
    probability = ranking.probabilities(breaks)
    at_near = (members * probability[:-1]).sum(axis=1)
    at_far = (members * probability[1:]).sum(axis=1)
    accepted = (at_near < level) | (at_far < level)
    if not accepted.any():
        return 0.0, 0.0, 0.0
    first, last = np.flatnonzero(accepted)[[0, -1]]

    def root(place: int) -> float:
        return float(
            solve_bracketed(
                lambda s, part: (members[place] * ranking.probabilities(s)).sum(axis=1) - level,
                near[place : place + 1],
                far[place : place + 1],
            )[0]
        )

    lower = near[first] if at_near[first] < level else root(first)
    upper = far[last] if at_far[last] < level else root(last)
    # Going up from the lower end, the first signal with the level reached.
    exit_ = upper
    for place in range(first, last + 1):
        if at_far[place] >= level:
            exit_ = root(place) if at_near[place] < level else near[place]
            break
        if place > first and at_near[place] >= level:
            exit_ = near[place]
            break
    return float(lower), float(upper), float(exit_)


def _highest_above(flat: Flat, ordering: str, own: float) -> float:
    """Largest outermost end at any larger background estimate, found by scan and halving."""
    level = float(flat.level[0])
    estimate = float(flat.background.estimate[0])

    def end(background: float) -> float:
        moved = with_estimate(flat.background, np.array([background]))
        shifted = replace(flat, background=moved)
        return _ends(_ranking(shifted, ordering), level)[1]

    start = max(estimate, float(flat.count[0]))
    grid = np.arange(start, start + _SCAN_RANGE + _SCAN_STEP, _SCAN_STEP)
    found = np.array([end(b) for b in grid])
    best = max(own, float(found.max()))
    # Refine the jump that leads to the highest end: it lies in the step before its top.
    top = int(found.argmax())
    if top == 0 or found[top] <= own:
        return best
    low, high = grid[top - 1], grid[top]
    for _ in range(_JUMP_HALVINGS):
        middle = 0.5 * (low + high)
        value = end(middle)
        if value >= best:
            best, high = value, middle
        else:
            low = middle
    return best
