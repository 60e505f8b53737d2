"""Experiments as flat arrays for unified intervals, with the quadratures that they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from lnvsearch.statistics import nuisance
from lnvsearch.statistics.experiment import Background, Efficiency, taken, with_estimate
from lnvsearch.statistics.feldman_cousins_averaged import AveragedModel, averaged_model

# Elements (experiments x quadrature nodes) of one temporary array: 16 MB.
_CHUNK_ELEMENTS = 2_000_000


@dataclass(frozen=True)
class Flat:
    """Experiments as flat arrays: counts, levels, and the measurements with their priors' names.

    `compiled`: whether there are so many that numba shall do the sums.
    """

    count: np.ndarray
    level: np.ndarray
    background: Background
    efficiency: Efficiency
    priors: tuple[str, str]
    correlation: float = 0.0
    compiled: bool = False

    def take(self, rows: np.ndarray) -> Flat:
        """The chosen experiments."""
        return replace(
            self,
            count=self.count[rows],
            level=self.level[rows],
            background=taken(self.background, rows),
            efficiency=taken(self.efficiency, rows),
        )

    def numbers(self) -> np.ndarray:
        """All that tells one experiment from another, shape (experiments, numbers)."""
        parts = [
            getattr(part, name)
            for part in (self.background, self.efficiency)
            for name in part.__dataclass_fields__
        ]
        columns = [part for part in parts if not isinstance(part, str)]
        return np.stack([self.count, self.level, *columns], axis=1)

    def distributions(
        self, background_estimate: np.ndarray | None = None
    ) -> tuple[nuisance.Distribution, nuisance.Distribution]:
        """Distributions of background and efficiency, the former about another estimate if given."""
        background = self.background
        if background_estimate is not None:
            background = with_estimate(background, background_estimate)
        shape = self.count.shape
        return (
            nuisance.background_distribution(background, self.priors[0], shape),
            nuisance.efficiency_distribution(self.efficiency, self.priors[1], shape),
        )


def model_of(
    flat: Flat, panels: tuple[int, int], background_estimate: np.ndarray | None = None
) -> AveragedModel:
    """Return the averaged probabilities, about another estimate of the background if given."""
    distributions = flat.distributions(background_estimate)
    separable = None
    if flat.compiled:
        from lnvsearch.statistics.feldman_cousins_compiled import CompiledSeparableModel

        separable = CompiledSeparableModel
    return averaged_model(flat.count, *distributions, *panels, flat.correlation, separable)


def panel_groups(
    flat: Flat, rows: np.ndarray, refinement: int = 1
) -> Iterator[tuple[np.ndarray, tuple[int, int]]]:
    """Yield (rows, panels) for chunks of experiments whose quadratures have the same panels.

    `refinement` multiplies the number of panels in the efficiency.
    """
    part = flat.take(rows)
    panels = _panels(part.count, *part.distributions()) * [1, refinement]
    for pair in np.unique(panels, axis=0):
        group = np.flatnonzero((panels == pair).all(axis=1))
        step = max(1, int(_CHUNK_ELEMENTS // (256 * pair[0] * pair[1])))
        for first in range(0, group.size, step):
            yield rows[group[first : first + step]], (int(pair[0]), int(pair[1]))


def _panels(count, background, efficiency) -> np.ndarray:
    """Panels of 16 nodes for the background and the efficiency of each experiment, shape (n, 2).

    Three panels resolve the prior: with twice as many no limit changed by more than 3e-9.  The
    wider of the two smearings also has to resolve the Poisson distribution, where that is the
    narrower one.
    """
    signal = np.maximum(count - center(background), 0.0) + 3.0 * np.sqrt(count) + 3.0
    widths = np.stack([width(background), width(efficiency) / center(efficiency) * signal], axis=1)
    poisson_width = np.sqrt(np.maximum(count, center(background)) + 1.0)
    features = np.maximum(widths / poisson_width[:, None], 1.0)
    features[np.arange(count.size), widths.argmin(axis=1)] = 1.0
    panels = 3 * 2 ** np.ceil(np.log2(features)).astype(int)
    return np.where(widths > 0.0, panels, 1)


def center(distribution: nuisance.Distribution) -> np.ndarray:
    """Median of the distribution, shape (experiments,)."""
    return distribution.value(np.zeros(1))[:, 0]


def width(distribution: nuisance.Distribution) -> np.ndarray:
    """Half the central 68 % range of the distribution, shape (experiments,)."""
    low, high = distribution.value(np.array([-1.0, 1.0])).T
    return 0.5 * (high - low)
