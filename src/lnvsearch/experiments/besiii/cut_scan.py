"""The cut on chi^2 of the kinematic fit, chosen by Punzi's figure of merit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from lnvsearch.experiments.besiii.backgrounds import Background
from lnvsearch.statistics import punzi

__all__ = ["cut_grid", "scan_chi_square"]


def cut_grid(first: float, last: float, step: float) -> list[float]:
    """Cuts from `first` to `last`, both included.

    >>> cut_grid(2.0, 3.0, 0.5)
    [2.0, 2.5, 3.0]
    """
    return [first + i * step for i in range(round((last - first) / step) + 1)]


def _below_cuts(background: Background, grid: np.ndarray) -> list[float]:
    """Expected events in the signal window below every cut."""
    weighted = background.weighted
    return [
        background.expected(weighted["in_window"] & (weighted["chi_square"] < cut))[0]
        for cut in grid
    ]


def scan_chi_square(
    candidates: Mapping[str, np.ndarray],
    n_generated: int,
    backgrounds: Iterable[Background],
    grid: Sequence[float],
    *,
    other_cuts: Iterable[str],
    punzi_constant: float,
) -> dict[str, list]:
    """Signal efficiency, background and figure of merit for every cut of a scan.

    `candidates`: columns (c,) of `n_generated` signal events; `grid`: the cuts; `other_cuts`:
    further cuts, applied where the candidates have their columns.
    """
    cuts = np.array(grid, dtype=float)
    background = np.array([_below_cuts(found, cuts) for found in backgrounds]).sum(axis=0)
    keep = np.ones(len(candidates["chi_square"]), dtype=bool)
    for cut in other_cuts:
        keep &= candidates.get(f"passes_{cut}", keep).astype(bool)
    values = np.sort(candidates["chi_square"][keep])
    efficiency = np.searchsorted(values, cuts) / n_generated
    merit = np.asarray(
        punzi.figure_of_merit(efficiency, background, significance=2.0 * punzi_constant)
    )
    return {
        "chi_square_cut": cuts.tolist(),
        "efficiency": efficiency.tolist(),
        "background": background.tolist(),
        "figure_of_merit": merit.tolist(),
    }
