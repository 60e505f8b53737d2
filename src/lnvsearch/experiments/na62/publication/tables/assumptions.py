"""What assumptions do to the headlines of an NA62 search: sensitivities and backgrounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication.tables.background import (
    process_of,
    total_background,
    varied_share,
)
from lnvsearch.publication.assumptions import Effect, assumption_table
from lnvsearch.tables import Table, find_rows

__all__ = ["assumptions"]

_SENSITIVITY = "single_event_sensitivity"
#: Smallest relative change of a background that is listed.
_LEAST_CHANGE_PERCENT = 1.0
#: Smallest varied part of a total that is listed; where no more than this is left, the total counts
#: as varied.
_LEAST_VARIED = 0.01


def assumptions(
    systematics: Mapping[str, Table],
    background: Mapping[str, Table],
    assumptions: Iterable[Mapping[str, Any]],
) -> dict[str, list[str]]:
    """Return what another value of each assumption would do, by channel.

    `systematics[channel]` and `background[channel]` are the tables of those names; `assumptions`:
    see `lnvsearch.publication.assumptions`.  Headlines are the single-event sensitivity, to which
    the limit is proportional, the total background of the signal region, and of every region the
    background that changes by most events, where that is 1 % of it at least.  In the total, decays
    that the variation was not simulated for keep their number: its row says what part was varied,
    and below 1 % there is none.  Uncertainties, of the varied sample alone, are upper bounds:
    nominal and varied share their random numbers.
    """
    assumptions = list(assumptions)
    effects = {
        entry["variation"]: [
            effect
            for channel, table in systematics.items()
            for effect in _effects(channel, entry["variation"], table, background[channel])
        ]
        for entry in assumptions
    }
    return assumption_table(assumptions, effects)


def _effects(
    channel: str, variation: str, systematics: Table, background: Table
) -> Iterator[Effect]:
    for row in find_rows(systematics, variation=variation, quantity=_SENSITIVITY):
        yield _effect(channel, "single-event sensitivity (limit)", row)
    yield from _of_total(channel, variation, background)
    yield from _most_changed(channel, variation, systematics)


def _of_total(channel: str, variation: str, background: Table) -> Iterator[Effect]:
    nominal = total_background(background, "lnv", "signal")
    varied = total_background(background, "lnv", "signal", variation)
    share = varied_share(background, "lnv", "signal", variation)
    if varied is None or share < _LEAST_VARIED:
        return
    part = "" if share > 1.0 - _LEAST_VARIED else f" ({100.0 * share:.0f} % of it varied)"
    yield Effect(
        channel, f"total background, signal region{part}", nominal.events, varied.events,
        varied.statistical / nominal.events,
    )  # fmt: skip


def _most_changed(channel: str, variation: str, systematics: Table) -> Iterator[Effect]:
    """Of each region, the background that changes by most events."""
    by_region: dict[str, list[Effect]] = {}
    for row in find_rows(systematics, variation=variation, quantity="expected_events"):
        headline = f"{process_of(row['sample'])}, {row['region']} region"
        by_region.setdefault(row["region"], []).append(_effect(channel, headline, row))
    for effects in by_region.values():
        largest = max(effects, key=lambda effect: abs(effect.varied - effect.nominal))
        if abs(largest.percent) >= _LEAST_CHANGE_PERCENT:
            yield largest


def _effect(channel: str, headline: str, row: Mapping[str, Any]) -> Effect:
    relative = (row["relative_difference_uncertainty_percent"] or 0.0) / 100.0
    return Effect(channel, headline, row["nominal"], row["varied"], relative)
