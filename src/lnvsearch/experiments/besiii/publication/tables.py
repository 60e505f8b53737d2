"""The tables of a search at BESIII: its sensitivity, and what its assumptions do to the efficiency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lnvsearch.publication.assumptions import Effect, assumption_table
from lnvsearch.publication.rounding import round_significant
from lnvsearch.tables import Table, find_rows, text_table

__all__ = ["assumptions", "sensitivity"]

Record = Mapping[str, Any]

_COLUMNS = (
    "channel", "prior", "n_parents", "efficiency_percent", "efficiency_uncertainty_percent",
    "background_events", "background_uncertainty", "observed_events", "upper_limit",
    "expected_limit", "expected_from", "expected_to",
)  # fmt: skip


def sensitivity(limits: Mapping[str, Iterable[Record]], bounded: bool) -> dict[str, list[str]]:
    """Return efficiency, limit of the given count, and expected limit without signal, as text.

    `limits`: channel -> its records, of which those of this simulation by the search's own method are
    shown; `bounded`: of Rolke's method.  Limits are on the branching fraction.
    """
    rows = [
        {"channel": channel, **_row(record, bounded)}
        for channel, records in limits.items() for record in records
        if record["is_paper_method"] and (record["kind"], record["variant"]) == ("simulated", "nominal")
    ]  # fmt: skip
    return text_table(rows, _COLUMNS)


def _row(record: Record, bounded: bool) -> dict[str, str]:
    low, median, high = (record["scale"] * events for events in _expected_events(record, bounded))
    relative = record["efficiency_uncertainty"] / record["efficiency"]
    return {
        "prior": record["prior"] or "",
        "n_parents": f"{1.0 / record['scale']:.5g}",
        "efficiency_percent": round_significant(100.0 * record["efficiency"], 4),
        "efficiency_uncertainty_percent": round_significant(100.0 * relative, 2),
        "background_events": f"{record['background']:g}",
        "background_uncertainty": f"{record['background_uncertainty']:g}",
        "observed_events": str(record["observed"]),
        "upper_limit": round_significant(record["upper_branching_fraction"], 3),
        "expected_limit": round_significant(median, 3),
        "expected_from": round_significant(low, 3),
        "expected_to": round_significant(high, 3),
    }


def _expected_events(record: Record, bounded: bool) -> tuple[float, float, float]:
    """Upper limit in events for background only: quantiles of 16 %, 50 % and 84 %."""
    from lnvsearch.statistics import methods
    from lnvsearch.statistics.expected import expected_limits

    experiment = methods.counting_experiment(
        0, record["background"], record["background_uncertainty"], record["efficiency"],
        record["efficiency_uncertainty"],
    )
    options = methods.method_options(record["method"], bounded, record["prior"])
    options["prior"] = record["prior"] or "lognormal-mean"  # of the counts, where the method takes none
    found = expected_limits(
        experiment, record["method"], record["confidence_level"], **options
    )
    return float(found.minus_one_sigma), float(found.median), float(found.plus_one_sigma)


def assumptions(
    efficiencies: Table, limits: Mapping[str, Any], assumptions: Iterable[Mapping[str, Any]]
) -> dict[str, list[str]]:
    """Return what another value of each assumption would do to the efficiency of each sample.

    `assumptions`: see `lnvsearch.publication.assumptions`; `limits`: their channel is that of the search.
    Uncertainties, of the varied sample alone, are upper bounds: both share their random numbers.
    """
    entries, channel = list(assumptions), next(iter(limits))
    effects = {
        entry["variation"]: list(_effects(efficiencies, channel, entry["variation"]))
        for entry in entries
    }
    return assumption_table(entries, effects)


def _effects(efficiencies: Table, channel: str, variation: str) -> Iterator[Effect]:
    nominal = {row["sample"]: row["efficiency"] for row in find_rows(efficiencies, variation="nominal")}
    for row in find_rows(efficiencies, variation=variation):
        if before := nominal.get(row["sample"]):
            yield Effect(
                channel, f"efficiency of {row['sample']}", before, row["efficiency"],
                row["efficiency_uncertainty"] / before,
            )
