"""Limits on |U|^2 of all channels of one mixing, channel by channel and combined, as one table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lnvsearch.interpretation.channels import Channel, find_channel
from lnvsearch.interpretation.grids import Grid, read_grids
from lnvsearch.interpretation.mixing import Mixing
from lnvsearch.interpretation.mixing_limits import (
    MIXING_COLUMNS,
    combined_limit,
    mixing_limit,
    mixing_row,
)
from lnvsearch.tables import Table, table_from_rows

__all__ = ["COMBINED", "mixing_table"]

#: The name in the column `searches` of the combination.
COMBINED = "combined"
_Part = tuple[Channel, Grid]


def mixing_table(
    grids: Mapping[tuple[str, str], str | Path],
    shares: Mapping[str, float],
    combined: Iterable[tuple[str, str]],
    chirality: str = "v_minus_a",
    confidence_level: float = 0.90,
    methods: Sequence[str] = ("paper", "cls"),
) -> Table:
    """One row (MIXING_COLUMNS) for every mass of a channel's grid and of the combination.

    `grids`: (search, channel) -> file; `shares`: of |U|^2 by flavour, any scale; `combined`: channels that
    are combined, by CLs, of which those without a grid are left out.  Channels by `methods`, the paper's
    and CLs.  A channel whose production nobody has computed has one row that says so.
    """
    mixing = Mixing.from_ratio(
        ":".join(str(shares.get(flavour, 0.0)) for flavour in ("e", "mu", "tau"))
    )
    parts = {
        key: (find_channel(*key), read_grids(Path(path))[chirality]) for key, path in grids.items()
    }
    rows = []
    for (paper, name), part in parts.items():
        rows += _of_channel(part, f"{paper} {name}", mixing, chirality, methods)
    wanted = [parts[key] for key in combined if key in parts]
    if wanted:
        rows += _of_combination(wanted, mixing, chirality, confidence_level)
    return table_from_rows(rows, MIXING_COLUMNS)


def _of_channel(
    part: _Part, name: str, mixing: Mixing, chirality: str, methods: Sequence[str]
) -> list[dict]:
    channel, grid = part
    if channel.production is None:
        row = dict.fromkeys(MIXING_COLUMNS)
        return [
            row
            | {
                "mixing": mixing.name,
                "searches": name,
                "chirality": chirality,
                "remark": channel.no_model,
            }
        ]
    return [
        mixing_row(mixing_limit(channel, grid, mass, mixing, method), name, chirality, method)
        for method in methods
        for mass in _masses(part)
    ]


def _masses(part: _Part) -> list[float]:
    channel, grid = part
    low, high = channel.mass_range_gev
    masses = map(float, grid.mass_gev)
    return [mass for mass in masses if low < mass < high and channel.widths_are_known(mass)]


def _of_combination(
    parts: Sequence[_Part], mixing: Mixing, chirality: str, level: float
) -> list[dict]:
    """At the masses of the widest grid: there, the channels that are open and mix."""
    widest = max(parts, key=lambda part: part[1].mass_gev[-1] - part[1].mass_gev[0])
    rows = []
    for mass in _masses(widest):
        there = [
            part for part in parts if _covers(part, mass) and part[0].product(mass, mixing) > 0.0
        ]
        if not there:
            continue
        found = combined_limit(there, mass, mixing, "cls", level)
        row = mixing_row(found, COMBINED, chirality, "cls")
        names = ", ".join(f"{channel.paper} {channel.name}" for channel, _ in there)
        rows.append(row | {"remark": "; ".join(filter(None, (f"of {names}", row["remark"])))})
    return rows


def _covers(part: _Part, mass: float) -> bool:
    channel, grid = part
    low, high = channel.mass_range_gev
    return low < mass < high and grid.mass_gev[0] <= mass <= grid.mass_gev[-1]
