"""One limit from channels of searches: which may be combined, and what is shared.

Parts measure one number, the branching fraction of one final state, or what a model says of several.
They must be independent: the events of one are not among those of another.  The numbers are those
that the limits of the channels were set from (`limit_tables.limit_records`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from lnvsearch.tables import table_from_rows

if TYPE_CHECKING:
    from lnvsearch.statistics.channels import Channel

__all__ = [
    "COMBINATION_COLUMNS", "HEADINGS", "KINDS", "SHORT", "Part", "channels_of", "combined_limits",
    "parts_from", "why_not",
]  # fmt: skip

COMBINATION_COLUMNS = (
    "combination", "kind", "method", "name", "parts", "observed", "background",
    "upper_branching_fraction", "remark",
)  # fmt: skip
HEADINGS = {"kind": "From", "name": "Method", "method": "Key of the method"}
#: Columns of the version that pastes into a paper.
SHORT = ("kind", "name", "observed", "background", "upper_branching_fraction", "remark")
_DIGITS = {"background": 3, "upper_branching_fraction": 4}
#: Kinds of limits that are combined, each from the numbers of the same kind of every part.
KINDS = ("derived", "simulated", "user_data")


@dataclass(frozen=True)
class Part:
    """A channel of a search, or a subset of its events.

    final_state, data_sets : what was searched for, in which data
    subset : name of a subset of the channel's events that no other part has; "" for all of them
    fraction : of the channel's expected signal and background in the subset
    observed : count in the subset; None for that of the channel
    rate : branching fraction of the part over the one that is limited, by the combination's model
    """

    name: str
    paper: str
    channel: str
    final_state: str
    data_sets: tuple[str, ...]
    subset: str = ""
    fraction: float = 1.0
    observed: int | None = None
    rate: float = 1.0


def parts_from(values: Mapping[str, Mapping[str, Any]]) -> list[Part]:
    """Return the parts of plain values by name."""
    return [
        Part(name, **{**entry, "data_sets": tuple(entry["data_sets"])})
        for name, entry in values.items()
    ]


def why_not(parts: Sequence[Part], model: str | None) -> Iterator[str]:
    """Yield what forbids to combine the parts: `part: problem; fix` each."""
    first = parts[0]
    for part in parts:
        if not part.data_sets:
            yield (
                f"{part.name}: {part.paper} does not say in which data it searched; add `data_sets` "
                "to its file"
            )
        if model is None and part.final_state != first.final_state:
            yield (
                f"{part.name}: {part.final_state} and {first.final_state} ({first.name}) have "
                "different branching fractions; combine channels of one final state, or give the "
                "`model` that links them and each part's `rate`"
            )
        if model is None and part.rate != 1.0:
            yield f"{part.name}.rate: only a `model` gives rates; add it, or remove the rate"
        if bool(part.subset) != (part.observed is not None):
            yield f"{part.name}: `subset` and `observed` belong together; give both or neither"
        if not part.subset and part.fraction != 1.0:
            yield f"{part.name}.fraction: not said of which events; give `subset` and `observed`"
    for one, other in combinations(parts, 2):
        shared = sorted(set(one.data_sets) & set(other.data_sets))
        if not shared or one.final_state != other.final_state:
            continue
        same_channel = (one.paper, one.channel) == (other.paper, other.channel)
        if not (same_channel and one.subset and other.subset and one.subset != other.subset):
            yield (
                f"{other.name}: {other.paper} and {one.paper} ({one.name}) both search for "
                f"{one.final_state} in the data of {', '.join(shared)}: the events of one are in the "
                "other; leave one out"
            )
    yield from _fractions(parts)


def _fractions(parts: Sequence[Part]) -> Iterator[str]:
    """Subsets of a channel must not have more than all of its events."""
    sums: dict[tuple[str, str], float] = {}
    for part in parts:
        place = (part.paper, part.channel)
        sums[place] = sums.get(place, 0.0) + part.fraction
        if part.subset and sums[place] > 1.0 + 1e-9:
            yield (
                f"{part.name}.fraction: the subsets of {part.paper}.{part.channel} add up to "
                f"{sums[place]:g}; at most 1"
            )


def combined_limits(
    name: str,
    parts: Sequence[Part],
    records: Mapping[str, Sequence[Mapping[str, Any]]],
    confidence_level: float,
    common_percent: float,
    seed: int,
    toys: int = 4000,
) -> dict[str, list]:
    """Return one row (COMBINATION_COLUMNS) for every kind of numbers and method.

    `records`: of each part's channel.  `common_percent`: the relative uncertainty of all efficiencies
    that the parts share; what is left of each channel's is its own, and common to its subsets, as is
    that of its background.  A method that has no limit has a `remark` in its stead.
    """
    from lnvsearch.statistics import combination, methods

    rows = []
    for kind in KINDS:
        channels = channels_of(parts, records, kind, common_percent)
        if not channels:
            continue
        for method in combination.METHODS:
            row = {
                "combination": name, "kind": kind, "method": method,
                "name": methods.display_name(method),
                "parts": "; ".join(part.name for part in parts),
                "observed": sum(channel.observed for channel in channels),
                "background": sum(channel.background for channel in channels),
                "upper_branching_fraction": None, "remark": _remark(parts, records, kind),
            }  # fmt: skip
            try:
                found = combination.interval(
                    channels, method, confidence_level, toys=toys, seed=seed
                )
                row["upper_branching_fraction"] = float(found.upper)
                said = "sampled with toys, good to some per cent" if method == "cls-profiled" else ""
            except ValueError as error:
                said = str(error)
            row["remark"] = "; ".join(filter(None, (str(row["remark"]), said)))
            for column, digits in _DIGITS.items():
                if row[column] is not None:
                    row[column] = f"{row[column]:.{digits}g}"
            rows.append(row)
    return table_from_rows(rows, COMBINATION_COLUMNS)


def channels_of(
    parts: Sequence[Part],
    records: Mapping[str, Sequence[Mapping[str, Any]]],
    kind: str,
    common_percent: float,
) -> list[Channel]:
    """Return the parts as counting channels of one kind of numbers; none if a part lacks the kind.

    Efficiencies are expected counts for a branching fraction of 1.  Arguments as of `combined_limits`.
    """
    found = [(part, _numbers(records[part.name], part, kind)) for part in parts]
    channels = [
        _channel(part, entry, common_percent / 100.0) for part, entry in found if entry is not None
    ]
    return channels if len(channels) == len(found) else []


def _numbers(records: Sequence[Mapping], part: Part, kind: str) -> Mapping | None:
    """The first record of a kind, None without any; the subsets of a user's data are not known."""
    if kind == "user_data" and part.subset:
        return None
    return next((record for record in records if record["kind"] == kind), None)


def _remark(parts: Sequence[Part], records: Mapping, kind: str) -> str:
    numbers = [_numbers(records[part.name], part, kind) for part in parts]
    lost = any(n["background"] == 0.0 < n["background_uncertainty"] for n in numbers if n)
    return "a background of 0 has no log-normal error: taken as known" if lost else ""


def _channel(part: Part, numbers: Mapping[str, Any], common: float):
    from lnvsearch.statistics.combination import Channel

    place = f"{part.paper}.{part.channel}"
    relative = numbers["efficiency_uncertainty"] / numbers["efficiency"]
    if common > relative * (1.0 + 1e-9):
        raise ValueError(
            f"combination: the common uncertainty of {100 * common:g} % is more than that of "
            f"{place}, {100 * relative:.3g} %"
        )
    own = math.sqrt(max(relative**2 - common**2, 0.0))
    observed = numbers["observed"] if part.observed is None else part.observed
    if observed > numbers["observed"]:
        raise ValueError(
            f"combination: {part.name}: {observed} events of the {numbers['observed']} of {place}"
        )
    background = numbers["background"]
    return Channel(
        part.name,
        observed,
        part.fraction * background,
        part.rate * part.fraction * numbers["efficiency"] / numbers["scale"],
        {f"background of {place}": numbers["background_uncertainty"] / background}
        if background > 0.0 else {},
        {f"efficiency of {place}": own, "common efficiency": common},
        # The overlap is looked at by `why_not`, which knows subsets.
        part.name,
    )  # fmt: skip
