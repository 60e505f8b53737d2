"""What the conditions on vertices and tracks that no paper prints make of acceptances and backgrounds.

Each condition is a variation of the cut `one_vertex`: the largest χ² of the vertex, where the volume
begins for it, the largest χ² of a track's fit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication.numbers import Channels
from lnvsearch.experiments.na62.publication.tables.acceptance import acceptance_pairs
from lnvsearch.experiments.na62.publication.tables.background import (
    process_background,
    process_of,
    simulated_cells,
    total_background,
)
from lnvsearch.experiments.na62.publication.tables.printed import printed
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import round_significant
from lnvsearch.tables import Table, text_table

__all__ = ["vertex_conditions"]

#: Where events are given: selection, region and its name among the printed numbers.
_PLACES = (
    ("lnv", "signal", ""),
    ("lnv", "upper", "_upper_region"),
    ("lnv", "masked", "_masked_region"),
    ("lnv", "lower", "_lower_region"),
    ("sm", "normalisation", ""),
)
#: What has to be said of a region.
_SAID = {"masked": "masked, signal region in it"}


def vertex_conditions(
    published: PublishedNumbers,
    acceptance: Mapping[str, Table],
    background: Mapping[str, Table],
    channels: Channels,
    vertex_variations: Collection[str],
) -> dict[str, list[str]]:
    """Return acceptances and expected events, one column for each of `vertex_variations`.

    First of each channel the two acceptances over the nominal ones, then the events of every
    process and the total in each region, at last those of controls with selections of their own.  Events of all columns belong to the published number of
    kaon decays and acceptance of the normalisation channel, which every condition keeps.  Where no
    simulated event is left there is an upper bound at 90 % confidence level.
    """
    rows: list[dict] = []
    for channel, table in background.items():
        rows += _acceptance_rows(acceptance, channel, channels, vertex_variations)
        rows += _event_rows(published, channel, table, vertex_variations)
    columns = ("channel", "quantity", "selection", "region", "published", "simulated")
    return text_table(rows, (*columns, *vertex_variations))


def _acceptance_rows(
    acceptance: Mapping[str, Table], channel: str, channels: Channels, variations: Iterable[str]
) -> Iterator[dict[str, Any]]:
    pairs = acceptance_pairs(acceptance, channel, channels)
    if "nominal" not in pairs:
        return
    places = (("A_SM", "sm", "normalisation"), ("A_LNV", "lnv", "signal"))
    for i, (quantity, selection, region) in enumerate(places):
        nominal = pairs["nominal"][i][0]
        yield {
            "channel": channel, "quantity": f"{quantity} over nominal", "selection": selection,
            "region": region, "simulated": "1",
            **{v: round_significant(pairs[v][i][0] / nominal, 4) for v in variations if v in pairs},
        }  # fmt: skip


def _control_places(table: Table) -> list[tuple[str, str, str]]:
    """The selections that have nothing but a control region, as in `_PLACES`."""
    regions: dict[str, set[str]] = {}
    for selection, region in zip(table["selection"], table["region"], strict=True):
        regions.setdefault(selection, set()).add(region)
    return [(name, "control", "") for name, found in regions.items() if found == {"control"}]


def _event_rows(
    published: PublishedNumbers, channel: str, table: Table, variations: Collection[str]
) -> Iterator[dict[str, Any]]:
    processes = dict.fromkeys(
        process_of(sample) for sample, role in zip(table["sample"], table["role"], strict=True)
        if role in ("background", "control")
    )
    for selection, region, suffix in (*_PLACES, *_control_places(table)):
        for process in (*processes, None):
            found = {
                variation: total_background(table, selection, region, variation)
                if process is None
                else process_background(table, process, selection, region, variation)
                for variation in ("nominal", *variations)
            }
            if found["nominal"] is None:
                continue
            number = None
            if selection == "lnv" and process is not None:
                number = published.find(f"background_{process}{suffix}_events", channel=channel)
            cells = {
                variation: simulated_cells(background)["simulated"]
                for variation, background in found.items() if background is not None
            }
            yield {
                "channel": channel, "quantity": process or "total", "selection": selection,
                "region": _SAID.get(region, region), "published": printed(number), "simulated": cells.pop("nominal"),
                **cells,
            }  # fmt: skip

