"""The cut-flow engine: cuts as data, applied in order, with what each of them leaves.

A search gives functions by name; a list of mappings (from its YAML file) says which of them to
apply, in which order, with which parameters.  Each function answers for every event whether it
passes, and may keep what it computed in a state that later cuts use.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

__all__ = [
    "ALL_CUTS",
    "COLUMNS",
    "CutFlow",
    "apply_cuts",
    "binomial_uncertainty",
    "checked_cut",
]

#: Region of the events that pass all cuts, in a table of acceptances.
ALL_CUTS = "all"
#: Columns of a cut-flow table.
COLUMNS = (
    "sample",
    "variation",
    "cut",
    "events_in",
    "events_out",
    "cumulative_efficiency",
    "cumulative_efficiency_uncertainty",
)


def binomial_uncertainty(passed: float, total: float) -> float:
    """Standard uncertainty of the efficiency passed/total: sqrt(e (1 - e) / total).

    Where nothing or everything passes, the uncertainty of one event more or less is given,
    1/total: it is never zero.
    """
    efficiency = passed / total
    return max(np.sqrt(efficiency * (1.0 - efficiency) / total), 1.0 / total)


@dataclass(frozen=True)
class CutFlow:
    """Numbers of events after each cut, of `n_generated` in the beginning."""

    n_generated: int
    cuts: tuple[str, ...]
    events_out: tuple[int, ...]

    @staticmethod
    def merged(parts: Iterable[CutFlow], n_generated: int | None = None) -> CutFlow:
        """The sum over chunks of one sample; ValueError if the chunks saw different cuts.

        `n_generated` of the whole sample; by default that of the first part, as chunks of one
        file all carry the file's.
        """
        parts = list(parts)
        if not parts or any(part.cuts != parts[0].cuts for part in parts):
            raise ValueError("parts: give at least one cut flow, all with the same cuts")
        counts = np.sum([part.events_out for part in parts], axis=0)
        total = parts[0].n_generated if n_generated is None else n_generated
        return CutFlow(total, parts[0].cuts, tuple(int(c) for c in counts))

    def rows(self, sample: str, variation: str) -> list[dict]:
        """One mapping a cut, with the keys of COLUMNS; the first row counts the recorded events."""
        before = (self.n_generated, *self.events_out[:-1])
        return [
            dict(
                zip(
                    COLUMNS,
                    (
                        sample,
                        variation,
                        cut,
                        events_in,
                        events_out,
                        events_out / self.n_generated,
                        binomial_uncertainty(events_out, self.n_generated),
                    ),
                    strict=True,
                )
            )
            for cut, events_in, events_out in zip(self.cuts, before, self.events_out, strict=True)
        ]


def apply_cuts(
    cuts: Sequence[Mapping],
    functions: Mapping[str, Callable[..., np.ndarray]],
    state: object,
    n_events: int,
    n_generated: int,
) -> tuple[dict[str, np.ndarray], CutFlow]:
    """Apply `cuts` in order; returns what passes each cut by itself (by name), and the cut flow.

    `cuts`: mappings with the name under `cut` and the parameters beside it.  `functions`: name ->
    function(state, alive, **parameters) -> mask (n_events,).  `alive` is the mask of the events
    left so far, so that costly cuts spend no time on lost events.
    Raises ValueError for an unknown cut or parameter, naming what is known, or a cut given twice.
    """
    alive = np.ones(n_events, dtype=bool)
    passes: dict[str, np.ndarray] = {}
    counts = []
    for cut in cuts:
        name, parameters = checked_cut(cut, functions)
        if name in passes:
            raise ValueError(f"cut {name!r} comes twice; remove one of the two")
        passes[name] = functions[name](state, alive, **parameters)
        alive = alive & passes[name]
        counts.append(int(alive.sum()))
    return passes, CutFlow(n_generated, tuple(passes), tuple(counts))


def checked_cut(
    cut: Mapping, functions: Mapping[str, Callable[..., np.ndarray]]
) -> tuple[str, dict]:
    """Name and parameters of a cut, as `apply_cuts` takes it.

    Raises ValueError for an unknown cut or parameter, naming what is known.
    """
    parameters = dict(cut)
    name = parameters.pop("cut")
    if name not in functions:
        raise ValueError(f"cut {name!r} is unknown; known cuts: {', '.join(functions)}")
    known = _parameters_of(functions[name])
    if set(parameters) - set(known):
        unknown = ", ".join(sorted(set(parameters) - set(known)))
        raise ValueError(f"cut {name!r} has no parameter {unknown}; it takes: {known}")
    return name, parameters


@cache
def _parameters_of(function: Callable[..., np.ndarray]) -> list[str]:
    return list(inspect.signature(function).parameters)[2:]
