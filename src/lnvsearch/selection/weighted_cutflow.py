"""The cut flow of weighted candidates: sums of weights after each cut, and their uncertainty.

An efficiency of weighted events is e = sum c / sum g, where g is the weight an event was
generated with and c what is left of it: zero, or g times probabilities of identification and trigger,
over the probability with which the event was simulated further.  Its variance, by the delta method for
a ratio of sums over the same events, is

    var(e) = [sum c^2 - 2 e sum c g + e^2 sum g^2] / (sum g)^2,

which is the binomial one where all weights are 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lnvsearch.selection import cutflow

__all__ = [
    "COLUMNS",
    "WeightedCutFlow",
    "WeightedSums",
    "efficiency_uncertainty",
    "flow_of_events",
    "sums_over_events",
    "weighted_flow",
]

#: What several masks leave together, and the sums of it, by the masks' identities.  Only while they live.
KnownCuts = dict[tuple[int, ...], tuple[np.ndarray, "WeightedSums"]]

#: Columns of a cut-flow table of weighted candidates.
COLUMNS = (*cutflow.COLUMNS, "selection")


@dataclass(frozen=True, slots=True)
class WeightedSums:
    """Sums over events of what is left, c, and of its products: c, c^2, c g; and a count.

    `largest` is the largest c: what one more event might have counted.
    """

    n_events: int = 0
    weight: float = 0.0
    squared_weight: float = 0.0
    product: float = 0.0
    largest: float = 0.0

    @staticmethod
    def of(left: np.ndarray, generated: np.ndarray) -> WeightedSums:
        """Sums of arrays over events, (n,) each."""
        if len(left) == 0:
            return WeightedSums()
        # Methods of ufuncs, as most arrays are so short that np.sum's own work would count.
        return WeightedSums(
            int(np.count_nonzero(left)),
            float(np.add.reduce(left)),
            float(np.add.reduce(left * left)),
            float(np.add.reduce(left * generated)),
            max(float(np.maximum.reduce(left)), 0.0),
        )

    def __add__(self, other: WeightedSums) -> WeightedSums:
        return WeightedSums(
            self.n_events + other.n_events,
            self.weight + other.weight,
            self.squared_weight + other.squared_weight,
            self.product + other.product,
            max(self.largest, other.largest),
        )

    @property
    def effective_events(self) -> float:
        """Unweighted events of the same relative precision, (sum c)^2 / sum c^2."""
        return self.weight**2 / self.squared_weight if self.squared_weight > 0 else 0.0


def efficiency_uncertainty(
    sums: WeightedSums,
    sum_weight: float,
    sum_squared_weight: float,
    *,
    one_event: float | None = None,
) -> float:
    """Standard uncertainty of sums.weight / sum_weight, as in the head of this module.

    It is at least what one event more or less would change where nothing or everything is left:
    `one_event` is the weight of such an event, by default the mean generated weight.
    """
    efficiency = sums.weight / sum_weight
    variance = (
        sums.squared_weight - 2.0 * efficiency * sums.product + efficiency**2 * sum_squared_weight
    )
    if sums.n_events > 0 and variance > 1e-12 * sums.squared_weight:
        return float(np.sqrt(variance)) / sum_weight
    least = sum_squared_weight / sum_weight if one_event is None else one_event
    return least / sum_weight


@dataclass(frozen=True)
class WeightedCutFlow:
    """What is left after each cut, of `n_generated` events with these sums of weights."""

    n_generated: int
    sum_weight: float
    sum_squared_weight: float
    cuts: tuple[str, ...]
    sums: tuple[WeightedSums, ...]

    @staticmethod
    def merged(
        parts: Iterable[WeightedCutFlow], totals: tuple[int, float, float] | None = None
    ) -> WeightedCutFlow:
        """The sum over chunks of one sample.

        `totals`: `n_generated`, `sum_weight` and `sum_squared_weight` of the whole sample; by
        default each chunk carries them.
        Raises ValueError if there are none, or they saw other cuts or other samples.
        """
        parts = list(parts)
        if not parts:
            raise ValueError("parts: give at least one cut flow")
        first = parts[0]
        for part in parts:
            other_sample = totals is None and part.n_generated != first.n_generated
            if part.cuts != first.cuts or other_sample:
                raise ValueError("parts: all must be of one sample and have the same cuts")
        sums = tuple(
            sum(column, start=WeightedSums())
            for column in zip(*(part.sums for part in parts), strict=True)
        )
        if totals is None:
            totals = (first.n_generated, first.sum_weight, first.sum_squared_weight)
        return WeightedCutFlow(*totals, first.cuts, sums)

    def efficiency(self, cut: str) -> tuple[float, float]:
        """Cumulative efficiency after a cut, and its uncertainty; ValueError for an unknown cut."""
        if cut not in self.cuts:
            raise ValueError(f"cut {cut!r} is not in the flow; it has {', '.join(self.cuts)}")
        sums = self.sums[self.cuts.index(cut)]
        return (
            sums.weight / self.sum_weight,
            efficiency_uncertainty(sums, self.sum_weight, self.sum_squared_weight),
        )

    def rows(self, sample: str, variation: str, selection: str) -> list[dict]:
        """One mapping a cut, with the keys of COLUMNS; events are sums of weights."""
        rows = []
        before = self.sum_weight
        for cut, sums in zip(self.cuts, self.sums, strict=True):
            values = (sample, variation, cut, before, sums.weight, *self.efficiency(cut), selection)
            rows.append(dict(zip(COLUMNS, values, strict=True)))
            before = sums.weight
        return rows


def flow_of_events(
    passes: Mapping[str, np.ndarray], weights: np.ndarray, n_generated: int
) -> WeightedCutFlow:
    """The flow of a chunk in which all generated events are, of masks over them, (n,), in order.

    `weights`: (n,).  The sums of generated weights are those of the chunk.
    """
    squares = weights * weights
    alive = np.ones(len(weights), dtype=bool)
    booked = {}
    for name, mask in passes.items():
        alive = alive & mask
        left = weights[alive]
        square = float(np.sum(squares[alive]))
        booked[name] = WeightedSums(
            len(left), float(np.sum(left)), square, square, float(np.max(left, initial=0.0))
        )
    totals = n_generated, float(np.sum(weights)), float(np.sum(squares))
    return WeightedCutFlow(*totals, tuple(booked), tuple(booked.values()))


def weighted_flow(
    passes: Mapping[str, np.ndarray],
    weights: Sequence[tuple[str, np.ndarray]],
    event_row: np.ndarray,
    generated: np.ndarray,
    totals: tuple[int, float, float],
    *,
    rows: np.ndarray | None = None,
    known: KnownCuts | None = None,
    start: np.ndarray | None = None,
) -> tuple[np.ndarray, WeightedCutFlow]:
    """Book what masks and then weights leave; returns the mask of all cuts, and the flow.

    `passes`: name -> mask over candidates (r,), in order.  `weights`: pairs of a name and
    probabilities (r,), applied after the cuts one after the other.  `event_row`: (r,), ascending,
    row of each candidate's event in `generated`, (n,), the weights that events were generated with.
    `totals`: number of generated events, sums of their weights and of the squares.  `start`: (n,), the
    events' weights before the first cut, by default `generated`.
    `rows`: (k,), ascending, the candidates of which probabilities (k,) are given; all that pass
    the cuts are among them.  `known`: what other flows of the same candidates have booked.
    Until the first probability an event counts once, however many candidates it has.
    """
    from lnvsearch.selection.event_sums import events_of

    known = {} if known is None else known
    start = generated if start is None else start
    alive = np.ones(len(event_row), dtype=bool)
    booked: dict[str, WeightedSums] = {}
    masks: tuple[int, ...] = ()
    for name, mask in passes.items():
        masks = (*masks, id(mask))
        if masks not in known:
            left = alive & mask
            events = events_of(event_row, left)
            known[masks] = left, WeightedSums.of(start[events], generated[events])
        alive, booked[name] = known[masks]
    counted, event = alive, event_row
    if rows is not None:
        counted, event = alive[rows], event_row[rows]
    weight = start[event]
    for name, probability in weights:
        weight = weight * probability
        booked[name] = sums_over_events(event, counted, weight, generated)
    return alive, WeightedCutFlow(*totals, tuple(booked), tuple(booked.values()))


def sums_over_events(
    event_row: np.ndarray, mask: np.ndarray, weight: np.ndarray, generated: np.ndarray
) -> WeightedSums:
    """Sums of the weights of the candidates in a mask, (r,) each, those of one event being added.

    `event_row`: (r,), ascending, rows of `generated`.
    """
    from lnvsearch.selection.event_sums import sums_by_event

    rows, left = sums_by_event(event_row, mask, weight)
    return WeightedSums.of(left, generated[rows])
