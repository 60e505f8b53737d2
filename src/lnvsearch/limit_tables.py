"""Limits as tables: of one channel by all methods, and against mass; and their coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch.limit_inputs import USER_DATA, Inputs, Limit, NormalisedLimit, ParentLimit
from lnvsearch.statistics import methods
from lnvsearch.statistics.methods import METHODS
from lnvsearch.tables import Table, find_rows, same_mass, table_from_rows, table_rows

if TYPE_CHECKING:
    from lnvsearch.publication.published import PublishedNumbers

__all__ = [
    "coverage_table",
    "limit_records",
    "other_reading",
    "published_counts",
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
    "note",
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
    bin_width_gev: float,
    own: tuple[Table, Mapping[str, Any]] | None = None,
) -> dict[str, list]:
    """Return the limits against mass: derived where the paper is legible, simulated everywhere.

    `efficiencies` are those of all models, of which the scan takes `model`, in all variations;
    `systematics` has `total_percent` by mass; `in_mass_bin` says whether efficiencies include the
    bin in mass.  The other reading stands beside it: its variants end with what `other_reading`
    gives.  `bin_width_gev`: of the bins in which the paper counts, for masses between them
    (`published_counts`).  `own`: the user's counts, with a region `mass_bin_<mass>` for each mass, and the record of
    their sensitivity.  Raises ValueError for a sample without a selected event.
    """
    rows = list(_published_scan(published))
    rows += [
        _simulated_point(row, published, systematics, reading, bin_width_gev)
        | {"variant": row["variation"] + ("" if reading == in_mass_bin else other)}
        for other in [other_reading(in_mass_bin)]
        for row in find_rows(efficiencies, model=model)
        for reading in (True, False)
    ]
    if own is not None:
        rows += list(_own_points(rows, *own))
    counts = [row["observed"] if row["observed"] is not None else _median(row["background"]) for row in rows]
    columns = {name: np.array([row[name] for row in rows], dtype=float)
               for name in ("background", "efficiency", "efficiency_uncertainty")}
    experiment = methods.counting_experiment(
        np.array(counts, dtype=float), columns["background"], 0.0,
        columns["efficiency"], columns["efficiency_uncertainty"],
    )
    interval = methods.interval(
        limit.method, experiment, confidence_level, bounded=limit.bounded
    )
    for row, upper in zip(rows, np.asarray(interval.upper), strict=True):
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
                **published_counts(published, mass, 0.0),
                "efficiency": efficiency / 100.0,
                "efficiency_uncertainty": efficiency * total / 1e4,
            }


def _simulated_point(
    row: Mapping[str, Any], published: PublishedNumbers, systematics: Table, in_mass_bin: bool,
    bin_width_gev: float,
) -> Row:  # fmt: skip
    """Inputs from this simulation, with the published counts."""
    mass = row["mass_gev"]
    efficiency = row["efficiency_in_bin" if in_mass_bin else "efficiency"]
    if efficiency <= 0.0:
        raise ValueError(f"sample {row['sample']}: no event is selected; raise statistics.signal")
    total = find_rows(systematics, mass_gev=mass)[0]["total_percent"]
    return {
        "mass_gev": mass, "kind": "simulated",
        **published_counts(published, mass, bin_width_gev),
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


def published_counts(published: PublishedNumbers, mass_gev: float, bin_width_gev: float) -> Row:
    """Return the observed and background counts that the paper prints for a mass, and a note.

    The paper counts in bins of a width centred on its masses.  Between them, the published bins that
    overlap with the mass's own are asked, and the one with the larger count is taken: the limit may
    be too weak, never too strong.  Where none overlaps `observed` is None, and the limit is the
    expected one at the background of the closest bin.
    """
    masses = [m for m in published.masses_gev() if _count(published, "observed_events", m) is not None]
    exact = [m for m in masses if same_mass(m, mass_gev)]
    near = exact or [m for m in masses if abs(m - mass_gev) < bin_width_gev - 1e-9]
    if near:
        chosen = max(near, key=lambda m: (_count(published, "observed_events", m), -abs(m - mass_gev)))
        observed = _count(published, "observed_events", chosen)
        bins = " and ".join(f"{m:.3f}" for m in near)
        note = "" if exact else f"between published masses: the larger count of the bins at {bins} GeV"
    else:
        chosen = min(masses, key=lambda m: abs(m - mass_gev), default=mass_gev)
        observed, note = None, "no count is published for this mass: the expected limit"
    background = _count(published, "background_events", chosen) or 0.0
    return {"observed": observed, "background": background, "note": note}


def _count(published: PublishedNumbers, quantity: str, mass_gev: float) -> float | None:
    """The count of a bin as printed, whatever the confidence of its reading."""
    number = published.find(quantity, mass_gev)
    return None if number is None else number.value


def _median(background: float) -> float:
    """The median count of the background alone."""
    from lnvsearch.statistics.expected import count_quantile

    experiment = methods.counting_experiment(0.0, background, 0.0, 1.0, 0.0)
    return float(count_quantile(experiment, 0.5))


def coverage_table(
    paper: str,
    limits: Mapping[str, ParentLimit | NormalisedLimit],
    signal: Sequence[float],
    confidence_level: float,
) -> dict[str, list]:
    """Return how often every method's interval holds the true `signal` (expected events).

    The truth is each channel's published background and an efficiency of 1; the analysis knows them
    with the published uncertainties.  Sums over counts are exact.  The interval of a method that
    gives upper limits only begins at 0.
    """
    from lnvsearch.statistics.coverage import coverage

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
