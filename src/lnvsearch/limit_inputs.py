"""From selected events and published numbers to counting experiments, and the limits they give.

A `limit` is a mapping that says how a paper sets its limit, and from which numbers:

`method`, `bounded`, `priors`   the paper's own method, and what methods need
`observed`, `background`        the count, and {mean, sigma} of the background in events
`inputs`                        whether these are the `published` ones or `overridden`
`normalised_to`                 what turns events into a branching fraction: `parents` or
                                `normalisation_channel`

With `parents`, the number `n_parents`, `efficiency` {mean, relative_sigma_percent} and
`other_efficiencies` {variant: value}.  With `normalisation_channel`, `single_event_sensitivity`
{mean, sigma}, its inputs `recomputation` (lnvsearch.sensitivity), and `signal` {channel, selection,
region}, the place of the user's own count.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch.selection.cutflow import ALL_CUTS
from lnvsearch.sensitivity import recomputed
from lnvsearch.statistics import methods
from lnvsearch.statistics.methods import METHODS
from lnvsearch.tables import Table, find_rows, table_from_rows

if TYPE_CHECKING:
    from lnvsearch.publication.published import PublishedNumbers

__all__ = [
    "USER_DATA",
    "Inputs",
    "coverage_table",
    "derived_inputs",
    "limit_records",
    "predicted_inputs",
    "published_inputs",
    "relative_uncertainty",
    "scan_table",
    "sensitivity_inputs",
    "simulated_inputs",
    "total_background",
    "user_data_inputs",
]

Row = dict[str, Any]
Limit = Mapping[str, Any]

#: Kind of a limit that is set from the user's own data.
USER_DATA = "user_data"

SCAN_COLUMNS = (
    "mass_gev",
    "kind",
    "variant",
    "method",
    "observed",
    "background",
    "efficiency",
    "efficiency_uncertainty",
    "upper_events",
    "upper_branching_fraction",
)
COVERAGE_COLUMNS = ("paper", "channel", "method", "true_signal", "coverage", "nominal")


@dataclass(frozen=True)
class Inputs:
    """The numbers that one limit is set from; `scale` turns events into a branching fraction."""

    kind: str
    variant: str
    observed: int
    background: float
    background_uncertainty: float
    efficiency: float
    efficiency_uncertainty: float
    scale: float
    #: Whether the paper's numbers among them are the `published` ones or `overridden`.
    inputs: str = "published"
    #: Methods to apply; by default all.
    methods: tuple[str, ...] = METHODS


# ------------------------------------------------------------------------- from published numbers


def derived_inputs(limit: Limit) -> list[Inputs]:
    """Return the inputs of the limits that follow from the paper's own numbers."""
    if limit["normalised_to"] == "parents":
        return published_inputs(limit)
    return sensitivity_inputs(limit)


def published_inputs(limit: Limit) -> list[Inputs]:
    """Return the published numbers, as printed, for a limit with an efficiency and N parents."""
    background = limit["background"]
    relative = relative_uncertainty(limit)
    efficiencies = {"nominal": limit["efficiency"]["mean"], **limit["other_efficiencies"]}
    return [
        Inputs("derived", variant, limit["observed"], background["mean"], background["sigma"],
               efficiency, relative * efficiency, 1.0 / limit["n_parents"], limit["inputs"])
        for variant, efficiency in efficiencies.items()
    ]


def sensitivity_inputs(limit: Limit) -> list[Inputs]:
    """Return the published background with the printed and the recomputed sensitivity."""
    background, printed = limit["background"], limit["single_event_sensitivity"]
    own = recomputed(limit["recomputation"])[1]
    # One expected event for a branching fraction of one sensitivity: efficiency 1.
    return [
        Inputs("derived", variant, limit["observed"], background["mean"], background["sigma"],
               1.0, sigma / mean, mean, limit["inputs"])
        for variant, mean, sigma in (
            ("printed_sensitivity", printed["mean"], printed["sigma"]),
            ("recomputed_sensitivity", own.mean, own.sigma),
        )
    ]


def relative_uncertainty(limit: Limit) -> float:
    """Return the relative uncertainty of the efficiency, or of the single-event sensitivity."""
    if limit["normalised_to"] == "parents":
        return limit["efficiency"]["relative_sigma_percent"] / 100.0
    sensitivity = limit["single_event_sensitivity"]
    return sensitivity["sigma"] / sensitivity["mean"]


# --------------------------------------------------------------------------------- from simulation


def simulated_inputs(
    limit: Limit,
    acceptance: Table,
    systematics: Table,
    background: Mapping[str, float],
    counts: Table | None = None,
) -> list[Inputs]:
    """Return this simulation's efficiency and background with the published count, and the user's.

    The efficiency is the `acceptance` of `efficiency_sample` in the region of the events that pass
    all cuts, before and after the calibration; `systematics` has a row for the source `total`;
    `background` holds `background_events` and its `_uncertainty`; `counts` are those of the user's
    own events.
    """
    total = find_rows(systematics, source="total")[0]
    relative = total["relative_uncertainty_percent"] / 100.0
    found = find_rows(acceptance, sample=limit["efficiency_sample"], region=ALL_CUTS)
    rows = {row["variation"]: row for row in found}
    variants = [("simulated", name, rows[name], limit["observed"])
                for name in ("nominal", "uncalibrated") if name in rows]
    if counts is not None:
        own = find_rows(counts, region="signal")[0]["events"]
        variants.append((USER_DATA, "simulated_efficiency", rows["nominal"], own))
    return [
        Inputs(kind, name, observed,
               background["background_events"], background["background_events_uncertainty"],
               row["acceptance"], relative * row["acceptance"], 1.0 / limit["n_parents"],
               limit["inputs"])
        for kind, name, row, observed in variants
    ]


def predicted_inputs(
    limit: Limit, sensitivity: Mapping[str, Any], background: Mapping[str, float]
) -> list[Inputs]:
    """Return this simulation's sensitivity and background, with the published count.

    By the paper's own method: what another method makes of it, the derived limits show.  A
    variation changes the sensitivity; the background is nominal's throughout (what variations do to
    it stands in the table of systematics).
    """
    return [
        Inputs("simulated", variation, limit["observed"],
               background["background_events"], background["background_events_uncertainty"], 1.0,
               value["single_event_sensitivity_uncertainty"] / value["single_event_sensitivity"],
               value["single_event_sensitivity"], limit["inputs"], (limit["method"],))
        for variation, value in sensitivity["simulated"].items()
    ]


def user_data_inputs(
    limit: Limit,
    own_sensitivity: Mapping[str, Any],
    counts: Table,
    background: Mapping[str, float],
) -> list[Inputs]:
    """Return the user's own count, with the kaon decays of the user's normalisation channel.

    Backgrounds, published and simulated, are those of as many decays.  Nothing without a decay of
    the normalisation channel to count them with.
    """
    if "without_sensitivity" in own_sensitivity:
        return []
    (row,) = find_rows(counts, **limit["signal"])
    published = limit["background"]["mean"], limit["background"]["sigma"]
    simulated = background["background_events"], background["background_events_uncertainty"]
    sources = {
        "published_acceptances": (published, METHODS),
        "simulated_acceptances": (simulated, (limit["method"],)),
    }
    exposure = own_sensitivity["exposure"]
    result = []
    for variant, ((events, uncertainty), applied) in sources.items():
        sensitivity = own_sensitivity["single_event_sensitivity"][variant]
        result.append(Inputs(
            USER_DATA, variant, row["events"], exposure * events, exposure * uncertainty, 1.0,
            sensitivity["sigma"] / sensitivity["mean"], sensitivity["mean"], limit["inputs"],
            applied,
        ))
    return result


def total_background(
    rows: Iterable[Mapping[str, Any]], samples: Sequence[str], selection: str
) -> tuple[float, float]:
    """Return expected events in the signal region; systematic uncertainties add up linearly.

    A sample without any event there has an upper bound only, which the table of backgrounds shows;
    it is left out here.
    """
    chosen = [
        row for row in rows
        if row["sample"] in samples and row["variation"] == "nominal"
        and row["selection"] == selection and row["region"] == "signal"
        and row["effective_events"] > 0.0
    ]
    return (
        sum(row["expected_events"] for row in chosen),
        math.hypot(
            *(row["statistical_uncertainty"] for row in chosen),
            sum(row["systematic_uncertainty"] for row in chosen),
        ),
    )


# ------------------------------------------------------------------------------------- the limits


def limit_records(inputs: Iterable[Inputs], limit: Limit, confidence_level: float) -> list[Row]:
    """Return one record for every set of inputs, method and prior.

    With nothing uncertain, one prior is as good as another.
    """
    records = []
    for numbers in inputs:
        experiment = methods.counting_experiment(
            numbers.observed, numbers.background, numbers.background_uncertainty,
            numbers.efficiency, numbers.efficiency_uncertainty,
        )
        shown = {f.name: getattr(numbers, f.name) for f in fields(numbers) if f.name != "methods"}
        for method in numbers.methods:
            for prior in [None] if method == "rolke" else limit["priors"]:
                options = methods.method_options(method, limit["bounded"], prior)
                interval = methods.interval(method, experiment, confidence_level, **options)
                upper = float(interval.upper)
                records.append({
                    **shown,
                    "method": method,
                    "prior": prior,
                    "confidence_level": confidence_level,
                    "is_paper_method": method == limit["method"],
                    "upper_events": upper,
                    "upper_branching_fraction": upper * numbers.scale,
                })
    return records


def scan_table(
    limit: Limit,
    published: PublishedNumbers,
    efficiencies: Iterable[Mapping[str, Any]],
    systematics: Table,
    confidence_level: float,
    *,
    in_mass_bin: bool,
) -> dict[str, list]:
    """Return the limits against mass: derived where the paper is legible, simulated everywhere.

    `efficiencies` are the rows of the scan's model by variation, `systematics` has `total_percent`
    by mass; `in_mass_bin` says whether efficiencies include the bin in mass.  Raises ValueError for
    a sample without a selected event.
    """
    rows = list(_published_scan(published))
    rows += [_simulated_point(row, published, systematics, in_mass_bin) for row in efficiencies]
    columns = {name: np.array([row[name] for row in rows], dtype=float)
               for name in ("observed", "background", "efficiency", "efficiency_uncertainty")}
    experiment = methods.counting_experiment(
        columns["observed"], columns["background"], 0.0,
        columns["efficiency"], columns["efficiency_uncertainty"],
    )
    interval = methods.interval(
        limit["method"], experiment, confidence_level, bounded=limit["bounded"]
    )
    for row, upper in zip(rows, interval.upper, strict=True):
        row["method"] = limit["method"]
        row["upper_events"] = float(upper)
        row["upper_branching_fraction"] = float(upper) / limit["n_parents"]
    rows.sort(key=lambda row: (row["kind"], row["variant"], row["mass_gev"]))
    return table_from_rows(rows, SCAN_COLUMNS)


def _published_scan(published: PublishedNumbers) -> Iterator[Row]:
    """The masses at which efficiency and uncertainty are printed legibly."""
    for mass in published.masses_gev():
        efficiency = published.legible_value("efficiency_percent", mass)
        total = published.legible_value("systematic_total_percent", mass)
        if efficiency is not None and total is not None:
            yield {
                "mass_gev": mass, "kind": "derived", "variant": "nominal",
                "observed": _count(published, "observed_events", mass),
                "background": _count(published, "background_events", mass),
                "efficiency": efficiency / 100.0,
                "efficiency_uncertainty": efficiency * total / 1e4,
            }


def _simulated_point(
    row: Mapping[str, Any], published: PublishedNumbers, systematics: Table, in_mass_bin: bool
) -> Row:
    """Inputs from this simulation, with the published counts of the bin (none elsewhere)."""
    mass = row["mass_gev"]
    efficiency = row["efficiency_in_bin" if in_mass_bin else "efficiency"]
    if efficiency <= 0.0:
        raise ValueError(f"sample {row['sample']}: no event is selected; raise statistics.signal")
    total = find_rows(systematics, mass_gev=mass)[0]["total_percent"]
    return {
        "mass_gev": mass, "kind": "simulated", "variant": row["variation"],
        "observed": _count(published, "observed_events", mass),
        "background": _count(published, "background_events", mass),
        "efficiency": efficiency,
        "efficiency_uncertainty": efficiency * total / 100.0,
    }


def _count(published: PublishedNumbers, quantity: str, mass_gev: float) -> float:
    """The count of a bin as printed, whatever the confidence of its reading; 0 off the scan."""
    number = published.find(quantity, mass_gev)
    return number.value if number is not None and number.value is not None else 0.0


def coverage_table(
    paper: str, limits: Mapping[str, Limit], signal: Sequence[float], confidence_level: float
) -> dict[str, list]:
    """Return how often every method's interval holds the true `signal` (expected events).

    The truth is each channel's published background and an efficiency of 1; the analysis knows them
    with the published uncertainties.  Sums over counts are exact.  The interval of a method that
    gives upper limits only begins at 0.
    """
    from lnvsearch.statistics.coverage import coverage

    signal = np.asarray(signal, dtype=float)
    rows = []
    for channel, limit in limits.items():
        background = limit["background"]
        experiment = methods.counting_experiment(
            limit["observed"], background["mean"], background["sigma"], 1.0,
            relative_uncertainty(limit),
        )
        for method in METHODS:
            options = methods.method_options(method, limit["bounded"], limit["priors"][0])
            values = coverage(
                experiment, signal, method, confidence_level, fluctuate=False, **options
            )
            rows += [
                {"paper": paper, "channel": channel, "method": method, "true_signal": float(s),
                 "coverage": float(c), "nominal": confidence_level}
                for s, c in zip(signal, values.interval, strict=True)
            ]
    return table_from_rows(rows, COVERAGE_COLUMNS)
