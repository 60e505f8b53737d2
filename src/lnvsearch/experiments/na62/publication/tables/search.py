"""Tables that every search for a kaon decay has, whatever its paper prints.

Channels, samples and regions are told by their names: `bkg_<process>`; `lnv` is the signal's
selection.  Numbers that the paper does not print, or that are not legible, leave an empty cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lnvsearch.experiments.na62.publication.tables.acceptance import (
    compared_variants,
    sensitivity_variants,
)
from lnvsearch.experiments.na62.publication.tables.background import (
    Background,
    background_of,
    combined,
    is_background,
    of_normalisation,
    process_of,
    simulated_cells,
)
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.rounding import pdg_round, round_significant, with_uncertainty
from lnvsearch.tables import Table, table_rows, text_table

__all__ = ["backgrounds", "sensitivities"]

_LIMIT = "upper_limit_branching_fraction"


def sensitivities(
    published: PublishedNumbers,
    sensitivity: Mapping[str, Mapping[str, Any]],
    limits: Mapping[str, Iterable[Mapping[str, Any]]],
    compared: Iterable[str],
) -> dict[str, list[str]]:
    """Return kaon decays, acceptance, sensitivity and limit of each channel.

    `sensitivity[channel]` is the record of sensitivity/<channel>.json, `limits[channel]` those
    of limits/<channel>.json.  Derived: from published inputs, the limit from the printed
    sensitivity by the paper's own method.  Simulated: this project's acceptance after the flat
    factor, nominal and under each hypothesis that the search compares.
    """
    shown = [
        variant for variant in compared_variants(compared)
        if any(variant in sensitivity_variants(record) for record in sensitivity.values())
    ]
    rows = []
    for channel, record in sensitivity.items():
        variants = sensitivity_variants(record)
        derived = {
            "n_kaon_decays": record["n_kaon_decays"],
            "single_event_sensitivity": record["derived"]["single_event_sensitivity"],
        }
        of_channel = list(limits.get(channel, ()))
        for quantity, unit in (
            ("n_kaon_decays", "1"), ("signal_acceptance_percent", "%"),
            ("single_event_sensitivity", "1"), (_LIMIT, "1"),
        ):
            row = {"channel": channel, "quantity": quantity, "unit": unit,
                   "published": _printed(published, quantity, channel)}
            if quantity in derived:
                row["derived"] = pdg_round(derived[quantity]["mean"], derived[quantity]["sigma"])
            elif quantity == _LIMIT:
                row["derived"] = _limit(of_channel, "derived", "printed_sensitivity")
            for variant in shown:
                name = "simulated" if variant == "nominal" else f"simulated_{variant}"
                if quantity == _LIMIT:
                    row[name] = _limit(of_channel, "simulated", variant)
                elif quantity in variants.get(variant, {}):
                    row[name] = with_uncertainty(*variants[variant][quantity])
            rows.append(row)
    names = ("simulated" if v == "nominal" else f"simulated_{v}" for v in shown)
    return text_table(rows, ("channel", "quantity", "unit", "published", "derived", *names))


def _limit(records: Iterable[Mapping[str, Any]], kind: str, variant: str) -> str:
    """The limit by the paper's own method and the first prior of the search's file."""
    for record in records:
        if record["is_paper_method"] and (record["kind"], record["variant"]) == (kind, variant):
            return round_significant(record["upper_branching_fraction"], 3)
    return ""


def backgrounds(
    published: PublishedNumbers, background: Mapping[str, Table]
) -> dict[str, list[str]]:
    """Return the expected background of each channel by selection, region and sample.

    `background[channel]` are the background tables.  Published: `background_<process>_<region>_
    region_events`, for the signal region also `background_<process>_events`, and the totals
    `background_total_<region>_region_events` and `background_events`, of the selection `lnv`.  The
    total leaves out samples of which no event is left; these have an upper bound.
    """
    rows = []
    for channel, table in background.items():
        for selection, region in dict.fromkeys(_places(table)):
            is_own = of_normalisation(table, selection)
            samples = dict.fromkeys(
                row["sample"] for row in table_rows(table)
                if (row["selection"], row["region"]) == (selection, region)
                and is_background(row["role"], is_own)
            )
            if not samples:
                continue
            place = {"channel": channel, "selection": selection, "region": region}
            of_paper = published if selection == "lnv" else None
            for sample in samples:
                process = process_of(sample)
                rows.append({
                    **place, "sample": sample,
                    "published": _printed_background(of_paper, process, region, channel),
                } | simulated_cells(background_of(table, sample, selection, region)))
            rows.append({
                **place, "sample": "total",
                "published": _printed_background(of_paper, "total", region, channel),
            } | simulated_cells(_total(table, selection, region, samples)))
    return text_table(
        rows,
        ("channel", "selection", "region", "sample", "published", "simulated", "effective_events"),
    )


def _total(
    table: Table, selection: str, region: str, samples: Iterable[str]
) -> Background | None:
    """Sum of the samples, as the limit takes it, with the bound on what it leaves out."""
    parts = [background_of(table, sample, selection, region) for sample in samples]
    found = [part for part in parts if part is not None]
    return combined(found) if found else None


def _places(table: Table) -> Iterator[tuple[str, str]]:
    for row in table_rows(table):
        if row["variation"] == "nominal":
            yield row["selection"], row["region"]


def _printed_background(
    published: PublishedNumbers | None, process: str, region: str, channel: str
) -> str:
    if published is None:
        return ""
    names = [f"background_{process}_{region}_region_events"]
    if region == "signal":
        names.append("background_events" if process == "total" else f"background_{process}_events")
    return next(filter(None, (_printed(published, name, channel) for name in names)), "")


def _printed(published: PublishedNumbers, quantity: str, channel: str) -> str:
    """A number as printed, of the channel or else of the whole paper; with its uncertainty's row."""
    number = _legible(published, quantity, channel) or _legible(published, quantity, "all")
    if number is None:
        return ""
    sigma = _legible(published, f"{quantity.removesuffix('_events')}_uncertainty", number.channel)
    sigma = sigma or _legible(published, f"{quantity}_uncertainty", number.channel)
    if sigma is not None:
        return pdg_round(number.value, sigma.value)
    return pdg_round(number.value, number.uncertainty) if number.uncertainty else number.digits


def _legible(published: PublishedNumbers, quantity: str, channel: str) -> PublishedNumber | None:
    number = published.find(quantity, channel=channel)
    return number if number is not None and number.legible else None
