"""How many events a sample has: as many as the uncertainty that is wanted of its numbers needs.

The relative uncertainty of an acceptance falls as one over the root of the events: a run that has
reached r with n events needs n (r / wanted)^2 for another one.  What earlier runs have reached is kept
as a share, 1 / (n r^2): effective events of a place (channel, selection, region) for each generated one.
`python workflow/plan_events.py` takes it from results.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from lnvsearch.detector.parameters import known_names

__all__ = ["SHARE_COLUMNS", "effective_shares", "needed_events", "problems_of_places", "rounded_up"]

SHARE_COLUMNS = ("sample", "channel", "selection", "region", "effective_share")
#: Steps of the numbers of events: preferred numbers (ISO 3, R10).  A few per cent more or less
#: in a share leaves a sample as it is, and samples that two searches need alike can be shared.
_STEPS = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0, 10.0)


def effective_shares(path: str | Path) -> dict[str, dict[tuple[str, str, str], float]]:
    """By sample and place (channel, selection, region), the shares of a file; none if there is no file."""
    shares: dict[str, dict[tuple[str, str, str], float]] = {}
    if Path(path).exists():
        with open(path, newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                place = (row["channel"], row["selection"], row["region"])
                shares.setdefault(row["sample"], {})[place] = float(row["effective_share"])
    return shares


def needed_events(
    wanted: Iterable[Mapping], shares: Mapping[tuple[str, str, str], float], most: int
) -> int:
    """Events that reach every wanted uncertainty, rounded up; `most` at most, and where no run has
    had an event in a place.

    `wanted`: channel, selection, region and percent each.

    >>> place = {"channel": "piee", "selection": "lnv", "region": "signal"}
    >>> needed_events([{**place, "percent": 5.0}], {("piee", "lnv", "signal"): 1e-3}, 10**7)
    400000
    """
    needed = []
    for one in wanted:
        share = shares.get((one["channel"], one["selection"], one["region"]))
        needed.append(most if not share else rounded_up((100.0 / one["percent"]) ** 2 / share))
    return min(most, max(needed, default=most))


def rounded_up(events: float) -> int:
    """The next preferred number that is not smaller.

    >>> [rounded_up(events) for events in (1.0e5, 1.01e5, 9.9e5)]
    [100000, 125000, 1000000]
    """
    power = 10.0 ** math.floor(math.log10(max(events, 1.0)))
    step = next(step for step in _STEPS if step * power >= events * (1.0 - 1e-9))
    return round(step * power)


def problems_of_places(
    where: str, wanted: Iterable[Mapping], regions: Mapping[tuple[str, str], Iterable[str]]
) -> Iterator[str]:
    """Places that a sample has no number for; `regions`: by channel and selection it goes through."""
    for index, one in enumerate(wanted):
        place = (one["channel"], one["selection"])
        if place not in regions:
            known = known_names(" ".join(place), map(" ".join, regions))
            yield (
                f"{where}[{index}]: the sample goes through no selection {place[1]!r} of a channel "
                f"{place[0]!r}; give one of: {known}"
            )
        elif one["region"] not in regions[place]:
            known = known_names(one["region"], regions[place])
            yield f"{where}[{index}].region: no region {one['region']!r}; give one of: {known}"
