"""The counting experiment n ~ Poisson(s * efficiency + background).

`s` is the number of *produced* signal events; `efficiency` is the expected number of selected
events for one produced event (it may exceed 1, so that it can also hold efficiency times a
normalisation, or the inverse of a single-event sensitivity); `background` is the expected number
of background counts in the region.

Every argument is a number or an array; all arguments of one experiment broadcast together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from lnvsearch.statistics.measurements import (
    AsymmetricBackground,
    Background,
    BinomialEfficiency,
    Efficiency,
    FloatOrArray,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    _store,
    check_confidence_level,
    check_count,
    check_range,
    common_shape,
    taken,
    with_estimate,
)

__all__ = [
    "AsymmetricBackground",
    "Background",
    "BinomialEfficiency",
    "CountingExperiment",
    "Efficiency",
    "FloatOrArray",
    "GaussianBackground",
    "GaussianEfficiency",
    "Interval",
    "KnownBackground",
    "KnownEfficiency",
    "PoissonBackground",
    "check_confidence_level",
    "check_count",
    "check_range",
    "taken",
    "with_estimate",
]


@dataclass(frozen=True, eq=False, init=False)
class CountingExperiment:
    """Observed counts with their background and efficiency; the input of every limit method.

    Parameters
    ----------
    observed : whole number(s) of selected events, >= 0
    background : KnownBackground, GaussianBackground, AsymmetricBackground or PoissonBackground
    efficiency : KnownEfficiency, GaussianEfficiency or BinomialEfficiency
    correlation : of the errors of background and efficiency, between -1 and 1, one number; other
        than 0 only where both are Gaussian

    Raises ValueError naming the argument and the allowed range, or the shapes that do not fit.

    >>> CountingExperiment([0, 1, 2], KnownBackground(0.5), KnownEfficiency(0.2)).shape
    (3,)
    """

    observed: np.ndarray
    background: Background
    efficiency: Efficiency
    correlation: float

    def __init__(
        self,
        observed: ArrayLike,
        background: Background,
        efficiency: Efficiency,
        correlation: float = 0.0,
    ) -> None:
        if not isinstance(background, Background):
            raise ValueError(
                "background must be a KnownBackground, GaussianBackground, AsymmetricBackground or "
                f"PoissonBackground; got {background!r}"
            )
        if not isinstance(efficiency, Efficiency):
            raise ValueError(
                "efficiency must be a KnownEfficiency, GaussianEfficiency or BinomialEfficiency; "
                f"got {efficiency!r}"
            )
        if not -1.0 <= correlation <= 1.0:
            raise ValueError(f"correlation must be between -1 and 1; got {correlation:g}")
        gaussian = isinstance(background, GaussianBackground) and isinstance(
            efficiency, GaussianEfficiency
        )
        if correlation != 0.0 and not gaussian:
            raise ValueError(
                "correlation must be 0 unless background and efficiency both have Gaussian errors"
            )
        observed = check_count("observed", observed)
        _store(
            self,
            observed=observed,
            background=background,
            efficiency=efficiency,
            correlation=correlation,
        )
        try:
            common_shape(observed.shape, background.shape, efficiency.shape)
        except ValueError as error:
            raise ValueError(
                f"shapes do not broadcast together: observed {observed.shape}, background "
                f"{background.shape}, efficiency {efficiency.shape}; "
                "give equal or broadcastable shapes"
            ) from error

    @property
    def shape(self) -> tuple[int, ...]:
        """Broadcast shape of all arguments; `()` for a single experiment."""
        return common_shape(self.observed.shape, self.background.shape, self.efficiency.shape)


@dataclass(frozen=True, eq=False)
class Interval:
    """Confidence interval in produced signal events.

    `lower` and `upper` are floats where every input was a number, arrays of the broadcast shape
    otherwise.  `upper` is infinite where the data bound the signal from one side only.
    """

    lower: FloatOrArray
    upper: FloatOrArray
