"""How much of a falling mass spectrum may lie beyond its end: an exponential that continues it.

Where no simulated event is left in a region, its largest possible weight bounds what might be
there, often far too loosely.  A spectrum that falls towards the region tells more, if it goes on to
fall: the upper end of what was simulated, above a mass m0, fixes an exponential of the same sum and
the same mean,

    n(m) = S / s exp(-(m - m0) / s),     s = <m - m0>,

which is an assumption.  Kinematic ends that fall ever more steeply are overestimated by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lnvsearch.selection.mass_regions import Region

__all__ = ["FEWEST_BINS", "FEWEST_EVENTS", "ExponentialTail", "exponential_tail"]

#: The end of the spectrum that is fitted has so many effective events, and so many filled bins.
FEWEST_EVENTS = 20.0
FEWEST_BINS = 3


@dataclass(frozen=True)
class ExponentialTail:
    """`events` above `begin_gev`, falling by e every `scale_gev`; relative uncertainties of both."""

    begin_gev: float
    events: float
    scale_gev: float
    events_relative: float
    scale_relative: float

    def above(self, mass_gev: float) -> float:
        """Events above a mass.

        >>> round(ExponentialTail(0.4, 100.0, 0.01, 0.1, 0.1).above(0.41), 2)
        36.79
        """
        return self.events * float(np.exp(-(mass_gev - self.begin_gev) / self.scale_gev))

    def in_region(self, region: Region) -> tuple[float, float] | None:
        """Events in a region, and the factor that one standard deviation multiplies or divides by.

        None for a region that begins below `begin_gev`: nothing is to be continued there.
        """
        lowest = min(low for low, _ in region)
        if lowest < self.begin_gev:
            return None
        events = sum(self.above(low) - self.above(high) for low, high in region)
        lengths = (lowest - self.begin_gev) / self.scale_gev
        deviation = np.hypot(self.events_relative, lengths * self.scale_relative)
        return events, float(np.exp(deviation))


def exponential_tail(
    edges_gev: Sequence[float], content: Sequence[float], uncertainty: Sequence[float]
) -> ExponentialTail | None:
    """The exponential that continues the upper end of a spectrum; None where too little is filled.

    `edges_gev`: (b + 1,), ascending.  `content`, `uncertainty`: (b,), sums of weights and the roots
    of those of their squares.
    """
    edges, content, sigma = (np.asarray(a, dtype=float) for a in (edges_gev, content, uncertainty))
    sums, squares = (np.cumsum(values[::-1])[::-1] for values in (content, sigma**2))
    filled = np.cumsum((content > 0)[::-1])[::-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        effective = np.where(squares > 0, sums**2 / squares, 0.0)
    enough = np.flatnonzero((effective >= FEWEST_EVENTS) & (filled >= FEWEST_BINS))
    if len(enough) == 0:
        return None
    first = enough[-1]
    distance = 0.5 * (edges[first:-1] + edges[first + 1 :]) - edges[first]
    mean = float(np.sum(content[first:] * distance) / sums[first])
    spread = np.sqrt(np.sum((sigma[first:] * (distance - mean)) ** 2)) / sums[first]
    return ExponentialTail(
        float(edges[first]), float(sums[first]), mean,
        float(effective[first] ** -0.5), float(spread / mean),
    )  # fmt: skip
