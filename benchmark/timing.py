"""CPU times of alternating rounds, and ratios of the rates of cases that ran side by side.

A machine that others use changes its speed within minutes.  So every case runs once a round, all
in turn, and two cases are compared by the ratio of their rates in the same round: the median over
the rounds, with the lowest and the highest.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Case", "alternate", "check", "median_cpu_seconds", "ratio"]


@dataclass(frozen=True)
class Case:
    """Something to time: `run()` works on `items` events, fits or limits."""

    name: str
    items: int
    run: Callable[[], object]


def alternate(cases: Sequence[Case], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each case, one number a round, behind one call that compiles."""
    for case in cases:
        case.run()
    seconds: dict[str, list[float]] = {case.name: [] for case in cases}
    for _ in range(rounds):
        for case in cases:
            start = time.process_time()
            case.run()
            seconds[case.name].append(max(time.process_time() - start, 1e-9))
    return seconds


def median_cpu_seconds(run: Callable[[], object], rounds: int = 7) -> float:
    """Median CPU time of one case alone."""
    return statistics.median(alternate([Case("alone", 1, run)], rounds)["alone"])


def ratio(ours: Case, peer: Case, seconds: dict[str, list[float]]) -> dict[str, float]:
    """Rate of `ours` over the rate of `peer`, round by round: median, lowest, highest."""
    rounds = [
        (ours.items / mine) / (peer.items / theirs)
        for mine, theirs in zip(seconds[ours.name], seconds[peer.name], strict=True)
    ]
    return {"median": statistics.median(rounds), "lowest": min(rounds), "highest": max(rounds)}


def check(condition: bool, what: str) -> None:
    """SystemExit if what is to be timed computes something wrong."""
    if not condition:
        raise SystemExit(f"wrong, so its speed does not count: {what}")
