"""Punzi's figure of merit, for optimising a selection before the data are seen.

G. Punzi, physics/0308063 (PHYSTAT 2003), Eq. (7): the smallest signal that would be discovered at
`a` standard deviations, or excluded, is proportional to (a/2 + sqrt(B)) / efficiency.  Its inverse
needs no assumed signal yield and does not diverge for small backgrounds, unlike S/sqrt(B).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.statistics.experiment import FloatOrArray, check_range

__all__ = ["Optimum", "figure_of_merit", "optimal_threshold", "optimum"]


@dataclass(frozen=True)
class Optimum:
    """The best point of a scan.

    `index` is its position (a tuple for scans of several dimensions), `figure_of_merit` the value
    there, `efficiency` and `background` (expected counts) what was scanned.
    """

    index: int | tuple[int, ...]
    figure_of_merit: float
    efficiency: float
    background: float


def figure_of_merit(
    efficiency: ArrayLike, background: ArrayLike, significance: ArrayLike = 3.0
) -> FloatOrArray:
    """Return efficiency / (significance / 2 + sqrt(background)); arguments broadcast.

    Parameters
    ----------
    efficiency : signal efficiency (>= 0) of the selection
    background : expected background counts (>= 0) in the signal region
    significance : a, in standard deviations (> 0); 3 gives the efficiency / (1.5 + sqrt(B)) of
        the BESIII paper

    Raises ValueError for a value outside its range.

    >>> figure_of_merit(0.2, 4.0)
    0.05714285714285715
    """
    efficiency = check_range("efficiency", efficiency, 0.0)
    background = check_range("background", background, 0.0)
    significance = check_range("significance", significance, 0.0, open_low=True)
    merit = efficiency / (0.5 * significance + np.sqrt(background))
    return float(merit) if merit.ndim == 0 else merit


def optimum(efficiency: ArrayLike, background: ArrayLike, significance: float = 3.0) -> Optimum:
    """Return the point of a scan with the largest figure of merit; the first of equal ones.

    `efficiency` and `background` (expected counts) are arrays over the scanned cuts, of any
    dimension; they broadcast.  Raises ValueError for an empty scan or values outside their range.

    >>> optimum([0.30, 0.25, 0.10], [9.0, 1.0, 0.0]).index
    1
    """
    merit = np.atleast_1d(figure_of_merit(efficiency, background, significance))
    if merit.size == 0:
        raise ValueError("efficiency and background must hold at least one point; got none")
    index = np.unravel_index(int(merit.argmax()), merit.shape)
    return Optimum(
        index=int(index[0]) if merit.ndim == 1 else tuple(int(place) for place in index),
        figure_of_merit=float(merit[index]),
        efficiency=float(np.broadcast_to(efficiency, merit.shape)[index]),
        background=float(np.broadcast_to(background, merit.shape)[index]),
    )


def optimal_threshold(
    signal: ArrayLike,
    background: ArrayLike,
    generated_signal: float,
    background_weight: ArrayLike = 1.0,
    significance: float = 3.0,
) -> tuple[float, Optimum]:
    """Return the best requirement `value >= threshold` on one variable, and the merit it reaches.

    Parameters
    ----------
    signal, background : values of the variable in simulated events, shapes (events,)
    generated_signal : number of generated signal events, the denominator of the efficiency
    background_weight : expected data events for one simulated background event (scalar or one each)
    significance : as in `figure_of_merit`

    The candidates are the signal's own values: between two of them the efficiency stays constant
    and the background can only fall, so that the upper one is the best.  Raises ValueError for no
    signal event, more signal events than generated, NaN, or negative weights.
    """
    values = np.unique(check_range("signal", signal, -np.inf, open_low=True))
    if values.size == 0:
        raise ValueError("signal must hold at least one event; got none")
    if not generated_signal >= np.size(signal):
        raise ValueError(
            f"generated_signal must be at least the {np.size(signal)} selected events; "
            f"got {generated_signal:g}"
        )
    background = check_range("background", background, -np.inf, open_low=True)
    weight = np.broadcast_to(
        check_range("background_weight", background_weight, 0.0), background.shape
    )
    kept_signal = np.size(signal) - np.searchsorted(np.sort(signal), values, side="left")
    order = np.argsort(background)
    passing = np.append(np.cumsum(weight[order][::-1])[::-1], 0.0)
    kept_background = passing[np.searchsorted(background[order], values, side="left")]
    best = optimum(kept_signal / generated_signal, kept_background, significance)
    return float(values[best.index]), best
