"""Backgrounds of the NA62 searches from control samples with inverted identification.

A table of control samples has the columns `process, selection, sample, label, region,
control_events, control_events_uncertainty, weight_per_control_event, expected_events,
statistical_uncertainty, effective_events, expected_precision`: what each simulated decay
contributes to the control sample of a process in a region of mass.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication.tables.background import (
    Background,
    combined,
    process_background,
    simulated_cells,
)
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.rounding import pdg_round, round_significant
from lnvsearch.tables import Table, find_rows, text_table

__all__ = ["data_driven"]

_COLUMNS = (
    "channel", "process", "region", "published", "control_events_derived",
    "weight_per_control_event_derived", "control_events", "weight_per_control_event",
    "data_driven", "data_driven_precision", "data_driven_all", "simulated", "effective_events",
)


def data_driven(
    published: PublishedNumbers,
    transferred: Mapping[str, Table],
    background: Mapping[str, Table],
) -> dict[str, list[str]]:
    """Return each process as its control sample estimates it, and as it is simulated directly.

    `transferred[channel]` and `background[channel]` are tables of control samples and of
    backgrounds.  Derived from `published`, x +- s: if all events weigh the same and s is Poisson's,
    they are (x/s)^2 of the weight s^2/x.  All the rest is simulated.  `control_events`: expected
    in the control sample from the decays of the process; `weight_per_control_event`: their mean
    weight, D1/D2 included; `data_driven`: the sum of the weights, with the simulation's uncertainty;
    `data_driven_precision`: the uncertainty that a real control sample of that size would have;
    `data_driven_all`: the sum with all other simulated decays that enter the control sample;
    `simulated`: directly, with the search's own trigger.
    """
    rows = []
    for channel, table in transferred.items():
        places = dict.fromkeys(zip(table["process"], table["region"], strict=True))
        for process, region in places:
            number = None
            if region == "signal":
                number = published.find(f"background_{process}_events", channel=channel)
            direct = process_background(background[channel], process, "lnv", region)
            entered = list(find_rows(table, process=process, region=region))
            rows.append({
                "channel": channel,
                "process": process,
                "region": region,
                "published": "" if number is None
                else pdg_round(number.value, number.uncertainty) if number.uncertainty
                else number.digits,
                **_derived_cells(number),
                **dict(_control_cells(entered, f"bkg_{process}")),
                **simulated_cells(direct),
            })
    return text_table(rows, _COLUMNS)


def _derived_cells(number: PublishedNumber | None) -> dict[str, str]:
    """The control sample that a printed estimate and its uncertainty imply."""
    if number is None or not number.uncertainty:
        return {}
    return {
        "control_events_derived": round_significant((number.value / number.uncertainty) ** 2, 2),
        "weight_per_control_event_derived": round_significant(
            number.uncertainty**2 / number.value, 2),
    }


def _control_cells(entered: list[dict[str, Any]], own: str) -> Iterator[tuple[str, str]]:
    """The control sample's size, and the estimates from it."""
    parts = {row["sample"]: _estimate(row) for row in entered}
    for row in entered:
        if row["sample"] == own:
            events = Background(row["control_events"], row["control_events_uncertainty"], 0.0, 0.0)
            yield "control_events", simulated_cells(events)["simulated"]
            if row["weight_per_control_event"] is not None:
                yield "weight_per_control_event", round_significant(
                    row["weight_per_control_event"], 2)
                yield "data_driven_precision", round_significant(row["expected_precision"], 2)
            yield "data_driven", simulated_cells(parts[own])["simulated"]
    if any(not part.is_empty for part in parts.values()):
        precision = math.hypot(*(row["expected_precision"] for row in entered))
        yield "data_driven_all", (
            f"{simulated_cells(combined(parts.values()))['simulated']} "
            f"(in data ± {round_significant(precision, 2)})"
        )


def _estimate(row: Mapping[str, Any]) -> Background:
    return Background(
        row["expected_events"], row["statistical_uncertainty"], 0.0, row["effective_events"]
    )
