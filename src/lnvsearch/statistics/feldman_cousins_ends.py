"""Where the accepted signals of a unified construction begin and end, and the correction in b.

R rises with k up to the expectation and falls beyond it, so that the counts ranked before n are all
those between n and some k: n + 1 ... k for a signal above s_best(n), k ... n - 1 below.  While s
moves away from s_best(n), k moves one count at a time, at the signals s(n, k) with R(n) = R(k).
Between two of these the summed probability of the block is a smooth function with a single maximum,
and n is rejected where it reaches the confidence level.  Its maximum, and its values at both ends
of a segment, grow with k: an integer bisection finds the segment in which the interval ends, and
there the end is either the breakpoint or the root of a smooth function.  The cost grows with the
logarithm of n only.

A `Model` is one of those in `feldman_cousins_models` and `feldman_cousins_averaged`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lnvsearch.statistics.feldman_cousins_averaged import AveragedModel
from lnvsearch.statistics.feldman_cousins_models import KnownPoisson, solve_bracketed

Model = KnownPoisson | AveragedModel
#: Model of the experiments with the given numbers, for backgrounds (rows,) in place of theirs.
ModelAt = Callable[[np.ndarray, np.ndarray], Model]

# Relative; the probabilities of a jump are good to about 1e-12.
_JUMP_TOLERANCE = 1e-12
# Counts tried for the first jump of an upper end; it is nearly always the first or the second.
_JUMP_CANDIDATES = 12


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


def upper_ends(model: Model, level: np.ndarray, first_exit: bool) -> np.ndarray:
    """First exit above s_best(n), or the largest accepted signal.

    NaN where the search reaches counts that the model does not resolve.
    """
    if first_exit:
        k = _first_exit_count(model, level)
        end = _end_in_segment(model, level, np.arange(level.size), k, +1)
    else:
        end, k = _outermost_end(model, level, +1, np.floor(model.largest_count - model.count))
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


def lower_ends(model: Model, level: np.ndarray) -> np.ndarray:
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
        low, high = (
            np.minimum(near, far)[before_peak],
            np.maximum(near, far)[before_peak],
        )
        far[before_peak] = model.peak(rows[before_peak], k[before_peak], low, high)
    end[inside] = solve_bracketed(
        lambda signal, part: model.block(rows[part], k[part], signal) - level[rows[part]],
        near,
        far,
    )
    return end


# --- the correction in the background ------------------------------------------------------------


def jump_above(
    model_at: ModelAt,
    count: np.ndarray,
    background: np.ndarray,
    sigma: np.ndarray,
    level: np.ndarray,
) -> np.ndarray:
    """Upper end just beyond the first jump at a larger background, (rows,); 0 where there is none.

    Between jumps the outermost end falls with the background.  It jumps up at the backgrounds
    b_k > n where the block of some k, at the far end of its segment, falls below the level and a
    new accepted range opens there.  The tops of the jumps fall with k, so that the first jump
    alone decides how far an upper end has to be lengthened.
    """
    start = np.maximum(background, count)
    everywhere = np.arange(count.size)
    k = _first_exit_count(model_at(everywhere, start), level)
    tops = np.zeros(count.size)
    pending = everywhere
    for _ in range(_JUMP_CANDIDATES):
        part, last = pending, k[pending]

        def excess(b: np.ndarray, chosen: np.ndarray, part=part, last=last) -> np.ndarray:
            model, rows = model_at(part[chosen], b), np.arange(chosen.size)
            falling = model.last_peak(rows, last[chosen], model.crossing(rows, last[chosen] + 1.0))
            return model.block(rows, last[chosen], falling) - level[part[chosen]]

        all_of_them = np.arange(part.size)
        low, high = start[part], np.maximum(start[part], last + 1.0) + 4.0 * sigma[part]
        opens = np.flatnonzero(excess(low, all_of_them) > 0.0)
        if opens.size:
            opens = opens[excess(high[opens], opens) < 0.0]
        if opens.size:

            def excess_of_open(b: np.ndarray, chosen: np.ndarray, opens=opens, excess=excess):
                return excess(b, opens[chosen])

            jump = solve_bracketed(excess_of_open, low[opens], high[opens], _JUMP_TOLERANCE)
            model = model_at(part[opens], jump)
            tops[part[opens]] = model.crossing(np.arange(opens.size), last[opens] + 1.0)
        pending = np.delete(pending, opens)
        if pending.size == 0:
            break
        k[pending] += 1.0
    return tops
