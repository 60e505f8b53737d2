"""Limits as tables: of one channel by all methods, against mass, side by side; and their coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch.limit_inputs import Inputs, Limit, ParentLimit
from lnvsearch.statistics import methods
from lnvsearch.statistics.methods import METHODS
from lnvsearch.tables import Table, find_rows, table_from_rows

if TYPE_CHECKING:
    from lnvsearch.publication.published import PublishedNumbers

__all__ = [
    "METHOD_COLUMNS",
    "background_text",
    "coverage_table",
    "limit_records",
    "limits_by_method",
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
#: Columns of the limits of a search side by side, and significant digits of those that are rounded.
METHOD_COLUMNS = (
    "channel", "kind", "variant", "method", "name", "prior", "paper_method", "inputs", "observed",
    "background", "upper_events", "upper_branching_fraction",
)  # fmt: skip
_DIGITS = {"background": 3, "upper_events": 4, "upper_branching_fraction": 4}


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
) -> dict[str, list]:
    """Return the limits against mass: derived where the paper is legible, simulated everywhere.

    `efficiencies` are those of all models, of which the scan takes `model`, in all variations;
    `systematics` has `total_percent` by mass; `in_mass_bin` says whether efficiencies include the
    bin in mass.  The other reading stands beside it: its variants end with what `other_reading`
    gives.  Raises ValueError for a sample without a selected event.
    """
    rows = list(_published_scan(published))
    rows += [
        _simulated_point(row, published, systematics, reading)
        | {"variant": row["variation"] + ("" if reading == in_mass_bin else other)}
        for other in [other_reading(in_mass_bin)]
        for row in find_rows(efficiencies, model=model)
        for reading in (True, False)
    ]
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
        row["upper_branching_fraction"] = float(upper) / limit.n_parents
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


def _count(published: PublishedNumbers, quantity: str, mass_gev: float) -> float:
    """The count of a bin as printed, whatever the confidence of its reading; 0 off the scan."""
    number = published.find(quantity, mass_gev)
    return number.value if number is not None and number.value is not None else 0.0


def background_text(record: Mapping[str, Any]) -> str:
    """Return the background of a limit for print, with the bound on what it leaves out."""
    text = f"{record['background']:.{_DIGITS['background']}g}"
    left_out = record.get("background_left_out")
    return f"{text} and < {float(f'{left_out:.2g}'):g}" if left_out else text


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


def limits_by_method(limits: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, list]:
    """Return one row (METHOD_COLUMNS) for every record; `limits`: channel -> its records.

    `method` is the key of a method, `name` how it is called.  A background that leaves out what no
    simulated event is left of says so: "0.07 and < 2800".
    """
    rows = [
        {**record, "channel": channel, "paper_method": record["is_paper_method"],
         "name": methods.display_name(record["method"])}
        | {name: f"{record[name]:.{digits}g}" for name, digits in _DIGITS.items()}
        | {"background": background_text(record)}
        for channel, records in limits.items()
        for record in records
    ]
    return table_from_rows(rows, METHOD_COLUMNS)
