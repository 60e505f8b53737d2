"""Probability that a ring-imaging Cherenkov detector takes a pion for a positron.

A positron always makes the largest ring, of n hits on average.  A pion has none below the threshold
momentum p_t; above it, with

    t(p) = 1 - (p_t/p)^2,

its ring has the radius sqrt(t) and the number of hits t, both relative to the positron's
(theta^2 = theta_max^2 - m^2/p^2 for small angles).  It is taken for a positron

* where it makes no ring that could betray it, as below the threshold, and other tracks' light is
  taken for its own: with the probability P_0 there, times that of no hits, exp(-n t);
* where the radii cannot be told apart: with that of a fluctuation by 1 - sqrt(t) in units of the
  radius, a Gaussian tail of width w;
* at a constant rate f otherwise, of wrong assignments.

    P(p) = (P_0 - f) exp(-n t) + f + (1 - erf((1 - sqrt t)/(sqrt 2 w)))/2       for p > p_t

f and w follow from the probabilities at two momenta, at the minimum and at the upper end; beyond the
upper end P is constant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

__all__ = ["RingResponse"]

#: The floor and the width are found in turn; each step takes a factor of a hundred off the error.
_STEPS = 20


@dataclass(frozen=True)
class RingResponse:
    """The probability P(p) of the module; momenta in GeV.

    >>> ring = RingResponse.through([10.0, 25.0, 45.0], [0.2, 1e-3, 1e-2], 12.5, 14.0)
    >>> [round(ring.probability(p), 6) for p in (10.0, 12.5, 25.0, 45.0)]
    [0.2, 0.2, 0.001, 0.01]
    """

    threshold_momentum_gev: float
    positron_hits: float
    below_threshold: float
    floor: float
    width: float
    highest_momentum_gev: float

    @classmethod
    def through(
        cls,
        momentum_gev: list[float],
        probability: list[float],
        threshold_momentum_gev: float,
        positron_hits: float,
    ) -> RingResponse:
        """The response with given probabilities at three momenta: below the threshold, at the
        minimum and at the upper end.

        Raises ValueError for momenta that are not three around the threshold, or probabilities
        that no floor and width give.
        """
        if len(momentum_gev) != 3 or len(probability) != 3:
            raise ValueError("give three momentum_gev: below the threshold, minimum, upper end")
        low, minimum, high = momentum_gev
        if not low <= threshold_momentum_gev < minimum < high:
            raise ValueError(
                f"threshold_momentum_gev {threshold_momentum_gev:g} must lie between the first two "
                f"momenta, {low:g} and {minimum:g}, and these below the third, {high:g}"
            )
        below, at_minimum, at_end = probability
        floor, width = at_minimum, 0.0
        for _ in range(_STEPS):
            ring = cls(threshold_momentum_gev, positron_hits, below, floor, width, high)
            tail = at_end - floor - ring._unseen(high)
            if not 0.0 < tail < 0.5:
                raise ValueError(
                    f"probability {at_end:g} at {high:g} GeV must exceed that at the minimum"
                )
            width = (1.0 - math.sqrt(ring._light(high))) / -NormalDist().inv_cdf(tail)
            ring = cls(threshold_momentum_gev, positron_hits, below, floor, width, high)
            floor = at_minimum - ring._unseen(minimum) - ring._confused(minimum)
        if not floor > 0.0:
            raise ValueError(
                f"probability {at_minimum:g} at {minimum:g} GeV is below what pions without hits "
                "or with too large a ring add up to; give more positron_hits"
            )
        return cls(threshold_momentum_gev, positron_hits, below, floor, width, high)

    def probability(self, momentum_gev: float) -> float:
        """P of the module at one momentum, GeV."""
        if momentum_gev <= self.threshold_momentum_gev:
            return self.below_threshold
        momentum = min(momentum_gev, self.highest_momentum_gev)
        return self._unseen(momentum) + self.floor + self._confused(momentum)

    def formula(self) -> str:
        """P above the threshold as a formula of x, the momentum in GeV."""
        light = f"(1-({self.threshold_momentum_gev!r}/x)^2)"
        return (
            f"{self.below_threshold - self.floor!r}*exp(-{self.positron_hits!r}*{light})"
            f"+{self.floor!r}"
            f"+0.5*(1-erf((1-sqrt({light}))/{math.sqrt(2.0) * self.width!r}))"
        )

    def _light(self, momentum: float) -> float:
        return 1.0 - (self.threshold_momentum_gev / momentum) ** 2

    def _unseen(self, momentum: float) -> float:
        return (self.below_threshold - self.floor) * math.exp(
            -self.positron_hits * self._light(momentum)
        )

    def _confused(self, momentum: float) -> float:
        away = (1.0 - math.sqrt(self._light(momentum))) / (math.sqrt(2.0) * self.width)
        return 0.5 * math.erfc(away)
