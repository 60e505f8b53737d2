"""Limits as tables: of one channel by all methods, and against mass; and their coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch.limit_inputs import USER_DATA, Inputs, Limit, ParentLimit
from lnvsearch.statistics import methods
from lnvsearch.statistics.methods import METHODS
from lnvsearch.tables import Table, find_rows, table_from_rows, table_rows

if TYPE_CHECKING:
    from lnvsearch.publication.published import PublishedNumbers

__all__ = [
    "coverage_table",
    "limit_records",
    "other_reading",
    "scan_table",
]

Row = dict[str, Any]

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


def limit_records(inputs: Iterable[Inputs], limit: Limit, confidence_level: float) -> list[Row]:
    """Return one record for every set of inputs, method that applies to it, and prior.

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
            if not methods.applies(method, experiment):
                continue
            for prior in limit.priors if methods.takes_prior(method) else [None]:
                options = methods.method_options(method, limit.bounded, prior)
                interval = methods.interval(method, experiment, confidence_level, **options)
                upper = float(interval.upper)
                records.append({
                    **shown,
                    "method": method,
                    "prior": prior,
                    "confidence_level": confidence_level,
                    "is_paper_method": method == limit.method,
                    "upper_events": upper,
                    "upper_branching_fraction": upper * numbers.scale,
                })
    return records


def scan_table(
    limit: ParentLimit,
    published: PublishedNumbers,
    efficiencies: Table,
    systematics: Table,
    confidence_level: float,
    *,
    model: str,
    in_mass_bin: bool,
    own: tuple[Table, Mapping[str, Any]] | None = None,
) -> dict[str, list]:
    """Return the limits against mass: derived where the paper is legible, simulated everywhere.

    `efficiencies` are those of all models, of which the scan takes `model`, in all variations;
    `systematics` has `total_percent` by mass; `in_mass_bin` says whether efficiencies include the
    bin in mass.  The other reading stands beside it: its variants end with what `other_reading`
    gives.  `own`: the user's counts, with a region `mass_bin_<mass>` for each mass, and the record of
    their sensitivity.  Raises ValueError for a sample without a selected event.
    """
    rows = list(_published_scan(published))
    rows += [
        _simulated_point(row, published, systematics, reading)
        | {"variant": row["variation"] + ("" if reading == in_mass_bin else other)}
        for other in [other_reading(in_mass_bin)]
        for row in find_rows(efficiencies, model=model)
        for reading in (True, False)
    ]
    if own is not None:
        rows += list(_own_points(rows, *own))
    columns = {name: np.array([row[name] for row in rows], dtype=float)
               for name in ("observed", "background", "efficiency", "efficiency_uncertainty")}
    experiment = methods.counting_experiment(
        columns["observed"], columns["background"], 0.0,
        columns["efficiency"], columns["efficiency_uncertainty"],
    )
    interval = methods.interval(
        limit.method, experiment, confidence_level, bounded=limit.bounded
    )
    for row, upper in zip(rows, interval.upper, strict=True):
        row["method"] = limit.method
        row["upper_events"] = float(upper)
        row["upper_branching_fraction"] = float(upper) / row.pop("n_parents", limit.n_parents)
    rows.sort(key=lambda row: (row["kind"], row["variant"], row["mass_gev"]))
    return table_from_rows(rows, SCAN_COLUMNS)


def other_reading(in_mass_bin: bool) -> str:
    """Return the ending of variants with the other reading of the bin in mass than the chosen one."""
    return "_without_mass_bin" if in_mass_bin else "_in_mass_bin"


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
        "mass_gev": mass, "kind": "simulated",
        "observed": _count(published, "observed_events", mass),
        "background": _count(published, "background_events", mass),
        "efficiency": efficiency,
        "efficiency_uncertainty": efficiency * total / 100.0,
    }


def _own_points(
    rows: Iterable[Row], counts: Table, sensitivity: Mapping[str, Any]
) -> Iterator[Row]:
    """The user's count of each bin, with this simulation's efficiency and their own parents.

    The relative uncertainty of the number of parents is part of the efficiency's; the published
    background of the bin is that of as many parents.
    """
    found = {row["region"]: row["events"] for row in table_rows(counts)}
    parents = sensitivity["n_parents"]
    for row in rows:
        region = f"mass_bin_{row['mass_gev']:.3f}"
        if (row["kind"], row["variant"]) == ("simulated", "nominal") and found.get(region) is not None:
            relative = np.hypot(
                row["efficiency_uncertainty"] / row["efficiency"], parents["sigma"] / parents["mean"]
            )
            yield row | {
                "kind": USER_DATA, "observed": found[region], "n_parents": parents["mean"],
                "background": row["background"] * sensitivity["exposure"],
                "efficiency_uncertainty": row["efficiency"] * float(relative),
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
        experiment = methods.counting_experiment(
            limit.observed, *limit.background, 1.0, limit.relative_uncertainty,
        )
        for method in METHODS:
            options = methods.method_options(method, limit.bounded, limit.priors[0])
            values = coverage(
                experiment, signal, method, confidence_level, fluctuate=False, **options
            )
            rows += [
                {"paper": paper, "channel": channel, "method": method, "true_signal": float(s),
                 "coverage": float(c), "nominal": confidence_level}
                for s, c in zip(signal, values.interval, strict=True)
            ]
    return table_from_rows(rows, COVERAGE_COLUMNS)
