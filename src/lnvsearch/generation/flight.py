"""Flight of a long-lived particle: one sample of decays for all lifetimes at once, by weights.

The length l of a flight in the laboratory is drawn from a proposal, the mixture of an atom at zero,
with the share a, and a density that is flat in log l between two lengths:

    q(l) = a delta(l) + (1 - a) / (l L),   L = log(longest / shortest).

A particle with the mean life tau and the boost beta gamma flies exponentially, with the mean
beta gamma c tau, so that the event stands for

    w(tau) = (1 - exp(-shortest / (beta gamma c tau))) / a     at zero: what flies less than shortest,
    w(tau) = L x exp(-x) / (1 - a),   x = l / (beta gamma c tau),   elsewhere.

sum(w over selected events) / (number of all events) is the acceptance.  Two things are cut off.
Flights below `shortest` count as none: it must be far below what the detector resolves.  Flights
beyond `longest` count as lost: it must lie beyond the last place where a decay can be seen.  A mean
life of 0 is the atom alone.

Of several particles of one event all fly or none, in a share of events; in the others each has its own
choice.  Most lifetimes need one or the other: few decays are then spent where one flies and one does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lnvsearch.particles import SPEED_OF_LIGHT_M_PER_NS

__all__ = ["LIGHT_M_PER_PS", "FixedLifetime", "Flight", "FlightProposal"]

LIGHT_M_PER_PS = SPEED_OF_LIGHT_M_PER_NS * 1e-3


class Flight(Protocol):
    """What draws how far a particle flies."""

    def lengths(self, choice: np.ndarray, uniform: np.ndarray, boost: np.ndarray) -> np.ndarray:
        """Lengths (n,) in m from uniform numbers (n,) and boosts beta gamma (n,)."""


@dataclass(frozen=True)
class FlightProposal:
    """The proposal of the module's text: `prompt_share` a, and the two lengths in m.

    Raises ValueError for a share outside (0, 1), or lengths that do not ascend from above 0.
    """

    prompt_share: float
    shortest_m: float
    longest_m: float

    def __post_init__(self) -> None:
        if not 0.0 < self.prompt_share < 1.0:
            raise ValueError(f"prompt_share is {self.prompt_share}: give a share in (0, 1)")
        if not 0.0 < self.shortest_m < self.longest_m < math.inf:
            raise ValueError(
                f"shortest_m is {self.shortest_m}, longest_m {self.longest_m}: give two lengths "
                "above 0 m, the shorter one first"
            )

    @property
    def _log_range(self) -> float:
        return math.log(self.longest_m / self.shortest_m)

    def lengths(self, choice: np.ndarray, uniform: np.ndarray, boost: np.ndarray) -> np.ndarray:
        """Lengths (n,) in m from two uniform numbers (n,) each; the `boost` does not matter."""
        flown = self.shortest_m * np.exp(self._log_range * uniform)
        return np.where(choice < self.prompt_share, 0.0, flown)

    def weights(
        self, length_m: np.ndarray, boost: np.ndarray, lifetime_ps: np.ndarray
    ) -> np.ndarray:
        """Weights (n, t) of flights of these lengths (n,) and boosts beta gamma (n,), for t mean lives.

        Raises ValueError for a mean life that is negative or not finite.

        >>> proposal = FlightProposal(0.5, 1e-3, 100.0)
        >>> proposal.weights(np.array([0.0, 1.0]), np.ones(2), np.array([0.0])).tolist()
        [[2.0], [0.0]]
        """
        lifetime = np.asarray(lifetime_ps, dtype=float)
        if not np.all(np.isfinite(lifetime) & (lifetime >= 0.0)):
            raise ValueError(f"lifetime_ps holds {lifetime.min()}: give finite mean lives >= 0")
        length = np.asarray(length_m, dtype=float)[:, np.newaxis]
        mean = np.asarray(boost, dtype=float)[:, np.newaxis] * (LIGHT_M_PER_PS * lifetime)
        at_zero = length[:, 0] == 0.0
        flies = ~at_zero
        result = np.empty(mean.shape)
        with np.errstate(divide="ignore"):
            at_once = self.shortest_m / mean[at_zero]
            ratio = length[flies] / mean[flies]
        with np.errstate(invalid="ignore", over="ignore"):
            flown = np.where(ratio < 700.0, ratio * np.exp(-ratio), 0.0)
        result[at_zero] = -np.expm1(-at_once) / self.prompt_share
        result[flies] = self._log_range * flown / (1.0 - self.prompt_share)
        return result

    def weights_together(
        self, length_m: np.ndarray, boost: np.ndarray, lifetime_ps: np.ndarray, alike: float
    ) -> np.ndarray:
        """Weights (n, t) of events with k flights each, (k, n); in a share `alike` all made one choice.

        Raises ValueError as `weights`, or for a share outside [0, 1).

        >>> proposal = FlightProposal(0.5, 1e-3, 100.0)
        >>> proposal.weights_together(np.zeros((2, 1)), np.ones((2, 1)), np.array([0.0]), 0.6).tolist()
        [[2.5]]
        """
        if not 0.0 <= alike < 1.0:
            raise ValueError(f"alike is {alike}: give a share in [0, 1)")
        chances = np.where(np.asarray(length_m) == 0.0, self.prompt_share, 1.0 - self.prompt_share)
        apart = np.prod(chances, axis=0)
        same = np.all(chances == chances[0], axis=0)
        drawn = alike * np.where(same, chances[0], 0.0) + (1.0 - alike) * apart
        result = np.repeat((apart / drawn)[:, np.newaxis], len(lifetime_ps), axis=1)
        for length, own_boost in zip(length_m, boost, strict=True):
            result *= self.weights(length, own_boost, lifetime_ps)
        return result


@dataclass(frozen=True)
class FixedLifetime:
    """Flights of one mean life, without weights: what a proposal is checked against."""

    lifetime_ps: float

    def lengths(self, choice: np.ndarray, uniform: np.ndarray, boost: np.ndarray) -> np.ndarray:
        """Lengths (n,) in m from uniform numbers (n,) and boosts beta gamma (n,)."""
        return -boost * (LIGHT_M_PER_PS * self.lifetime_ps) * np.log(uniform)
