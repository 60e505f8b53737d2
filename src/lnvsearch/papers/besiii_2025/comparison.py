"""Every number of the BESIII paper against this project's: the comparison and its summary.

`comparison_for_besiii` makes the table.  The meaning of rows and columns is described in
`lnvsearch.publication.comparison`; what is inconsistent inside the paper is computed in
`inconsistencies`, and `summary` writes the text.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lnvsearch.papers.besiii_2025.readings import ANGLES
from lnvsearch.papers.besiii_2025.summary import summary_of_besiii
from lnvsearch.publication.comparison import (
    NO_TEST,
    OF_SAMPLE_SIZE,
    comparison_row,
    comparison_table,
    left_out_note,
)
from lnvsearch.publication.entered import entered_of, remaining_rows
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.results import of_the_paper
from lnvsearch.publication.summary import Summary
from lnvsearch.selection.mass_regions import bound_of_none
from lnvsearch.tables import same_mass, table_rows

__all__ = ["compare", "comparison_for_besiii"]

Row = dict[str, Any]

# Counts that the scan of limits takes as printed.
_SCAN_COUNTS = ("observed_events", "background_events")
# The paper's; limits by any other stand in the table `limits_by_method`.
_METHOD = "rolke"
# The source of Table 1 that says how large the simulated sample is, and nothing of the detector.
_SAMPLE_SIZE = "mc_statistics"
_CALIBRATED = f"{NO_TEST}: the detector is calibrated to this number"


def compare(
    published: PublishedNumbers,
    *,
    limits: Mapping[str, list],
    entered: Iterable[Sequence],
    **tables: Any,
) -> tuple[dict[str, list], Summary]:
    """Return the comparison of the search with its paper, and its summary.

    `limits` are the records of the one channel, those of the user's own data are left out; `entered`
    is what `entered_of` reads.  All others as in `comparison_for_besiii`.
    """
    (records,) = limits.values()
    results = {
        **tables,
        # The records of one prior stand for their method.
        "overall_limits": list({
            (r["kind"], r["variant"], r["method"]): r for r in reversed(of_the_paper(records))
        }.values()),
        "entered": entered_of(entered),
    }
    table = comparison_for_besiii(published, results)
    return table, summary_of_besiii(table, published, results)


def comparison_for_besiii(
    published: PublishedNumbers, results: Mapping[str, Any]
) -> dict[str, list]:
    """Return the comparison for BESIII's search for J/ψ → K⁺K⁺e⁻e⁻, all its numbers covered.

    `results` holds what the workflow made, each optional (without it the numbers concerned have the
    reason in their row): the tables `efficiencies`, `systematics`, `systematics_by_mass`, `scan`,
    `background`, `validation`, and the list of records `overall_limits`, with the columns of the
    result files of these names; and `entered`, what this run uses for published inputs
    (lnvsearch.publication.entered).

    Units are the paper's (`numbers.csv`): efficiencies and uncertainties in percent, limits as
    branching fractions.  Raises ValueError if two rows share a key, a number of the paper has no
    row, or a result names a quantity that the paper does not print.
    """
    rows: list[Row] = []
    for make in (
        _efficiency_rows,
        _systematic_rows,
        _derived_rows,
        _limit_rows,
        _range_rows,
        _background_rows,
        _validation_rows,
    ):
        rows += make(published, results)
    counts = {
        number.key for number in published
        if number.mass_gev is not None and number.quantity in _SCAN_COUNTS
    }
    rows += remaining_rows(published, results.get("entered") or {}, counts, rows)
    return comparison_table(rows, published)


def _efficiency_rows(published: PublishedNumbers, results: Mapping[str, Any]) -> Iterator[Row]:
    """Efficiencies, calibrated or not, and the sample's size; those of the scan in all readings."""
    for row in table_rows(results.get("efficiencies") or {}):
        if row["variation"] not in (*ANGLES, "uncalibrated"):
            continue
        if row["model"] == "phase_space" and row["mass_gev"] is None:
            yield from _phase_space_rows(published, row)
        if row["model"] != "two_majorana":
            continue
        number = published.find("efficiency_percent", row["mass_gev"])
        if number is None:
            continue
        for column, suffix in (("efficiency", ""), ("efficiency_in_bin", "_in_mass_bin")):
            if row[column] is not None:
                yield comparison_row(
                    number,
                    "simulated",
                    row["variation"] + suffix,
                    100 * row[column],
                    _percent(row[f"{column}_uncertainty"]),
                    published_uncertainty=_efficiency_uncertainty(published, number),
                    source="efficiencies",
                    note=_uncertainty_note(published, number),
                )


def _phase_space_rows(published: PublishedNumbers, row: Mapping[str, Any]) -> Iterator[Row]:
    note = _CALIBRATED if row["variation"] == "nominal" else ""
    for quantity in ("efficiency_percent", "efficiency_used_in_limit_percent"):
        number = published.find(quantity)
        yield comparison_row(
            number,
            "simulated",
            row["variation"],
            100 * row["efficiency"],
            _percent(row["efficiency_uncertainty"]),
            published_uncertainty=_efficiency_uncertainty(published, number),
            source="efficiencies",
            note=note,
        )
    if row["variation"] == "nominal":
        yield comparison_row(
            published.find("n_generated_phase_space"),
            "simulated",
            "nominal",
            row["n_generated"],
            source="efficiencies",
            note=OF_SAMPLE_SIZE,
        )


def _systematic_rows(published: PublishedNumbers, results: Mapping[str, Any]) -> Iterator[Row]:
    """Table 1 as this project has it, and the totals of Table 2."""
    for row in table_rows(results.get("systematics") or {}):
        number = published.find(f"systematic_{row['source']}_percent")
        if number is not None:
            yield comparison_row(
                number,
                row["kind"],
                row["variation"] or "nominal",
                row["relative_uncertainty_percent"],
                row["statistical_uncertainty_percent"],
                source="systematics",
                note=_systematic_note(row),
            )
    for row in table_rows(results.get("systematics_by_mass") or {}):
        number = published.find("systematic_total_percent", row["mass_gev"])
        if number is not None:
            modelling, total = row["modelling_percent"], row["total_percent"]
            uncertainty = None
            if total and modelling is not None and row["modelling_uncertainty_percent"] is not None:
                # The total is a quadratic sum, of which only this part fluctuates; a finite step,
                # because the slope vanishes where the models agree.
                higher = modelling + row["modelling_uncertainty_percent"]
                uncertainty = math.sqrt(total**2 - modelling**2 + higher**2) - total
            yield comparison_row(
                number,
                "simulated",
                "nominal",
                total,
                uncertainty,
                source="systematics_by_mass",
                note="published common part, simulated difference of the models",
            )


def _systematic_note(row: Mapping[str, Any]) -> str:
    """The note of a source; that of the sample's size tests nothing where the sample is this one's."""
    note = row["note"] or ""
    if row["source"] == _SAMPLE_SIZE and row["kind"] == "simulated":
        return "; ".join(filter(None, [OF_SAMPLE_SIZE, note]))
    return note


def _derived_rows(published: PublishedNumbers, results: Mapping[str, Any]) -> Iterator[Row]:
    """What follows from published numbers by arithmetic, the way the paper says or nearly."""
    value = published.value

    def row(quantity: str, variant: str, derived: float, note: str) -> Row:
        return comparison_row(
            published.find(quantity), "derived", variant, derived, source="published", note=note
        )

    for source, name in (("mdc_tracking", "tracking"), ("pid", "pid")):
        electron = value(f"{name}_uncertainty_per_electron_percent")
        kaon = value(f"{name}_uncertainty_per_kaon_percent")
        quantity = f"systematic_{source}_percent"
        yield row(quantity, "linear_sum", 2 * electron + 2 * kaon, "two electrons and two kaons")
        yield row(
            quantity,
            "quadratic_sum",
            math.sqrt(2 * electron**2 + 2 * kaon**2),
            f"{NO_TEST}: the paper adds linearly, this is for information",
        )
    efficiency = value("efficiency_percent") / 100
    yield row(
        "systematic_mc_statistics_percent",
        "binomial",
        100 * math.sqrt((1 - efficiency) / (efficiency * value("n_generated_phase_space"))),
        "sqrt((1 - eps)/(eps N)) with eps = 15.68 % and N = 100,000",
    )
    parts = [
        number.value
        for number in published
        if number.quantity.startswith("systematic_")
        and number.quantity != "systematic_total_percent"
        and number.mass_gev is None
    ]
    yield row(
        "systematic_total_percent",
        "quadratic_sum",
        math.hypot(*parts),
        "quadratic sum of the other rows of Table 1",
    )
    yield row(
        "upper_limit_branching_fraction",
        "published_events_over_n_jpsi",
        value("upper_limit_signal_events") / value("n_jpsi"),
        "Eq. (1) with the published 23.2 and N(J/psi)",
    )
    # The ends of Table 2 are those of section IV, which repeats them: that would test nothing.
    low, high = value("mass_scan_lowest_gev"), value("mass_scan_highest_gev")
    hypotheses = published.masses_gev()
    note = "from the mass hypotheses of Table 2"
    yield row("mass_scan_highest_in_text_gev", "table2", hypotheses[-1], note)
    yield row("mass_scan_step_gev", "table2", (high - low) / (len(hypotheses) - 1), note)


def _limit_rows(published: PublishedNumbers, results: Mapping[str, Any]) -> Iterator[Row]:
    """Limits by the paper's method: the overall ones and those of the mass scan."""
    for record in results.get("overall_limits") or ():
        for quantity, column in (
            ("upper_limit_signal_events", "upper_events"),
            ("upper_limit_branching_fraction", "upper_branching_fraction"),
        ):
            yield from _limit_row(published.find(quantity), record, column)
    for record in table_rows(results.get("scan") or {}):
        number = published.find("upper_limit_branching_fraction", record["mass_gev"])
        yield from _limit_row(number, record, "upper_branching_fraction")


def _limit_row(
    number: PublishedNumber | None, record: Mapping[str, Any], column: str
) -> Iterator[Row]:
    if number is None or record.get(column) is None or record["method"] != _METHOD:
        return
    bound = left_out_note(record.get("background_left_out"))
    note = f"background {bound}" if bound else ""
    yield comparison_row(
        number, record["kind"], _limit_variant(record), record[column], source="limits", note=note
    )


def _range_rows(published: PublishedNumbers, results: Mapping[str, Any]) -> Iterator[Row]:
    """The range of limits that abstract and summary quote, from complete scans only."""
    by_variant: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for record in table_rows(results.get("scan") or {}):
        if record["upper_branching_fraction"] is not None and record["method"] == _METHOD:
            by_variant.setdefault((record["kind"], _limit_variant(record)), []).append(record)
    ends = {
        "upper_limit_range_high": published.value("mass_scan_lowest_gev"),
        "upper_limit_range_low": published.value("mass_scan_highest_gev"),
    }
    for (kind, variant), records in by_variant.items():
        for quantity, mass in ends.items():
            at_end = [r for r in records if same_mass(r["mass_gev"], mass)]
            if at_end:
                yield comparison_row(
                    published.find(quantity),
                    kind,
                    variant,
                    at_end[0]["upper_branching_fraction"],
                    source="limits",
                    note=f"at the end of the mass range, {mass:.3f} GeV, where the paper has it",
                )


def _background_rows(published: PublishedNumbers, results: Mapping[str, Any]) -> Iterator[Row]:
    """The expected background of the exclusive decays."""
    rows = list(table_rows(results.get("background") or {}))
    if rows:
        measured = [row for row in rows if row["effective_events"] > 0.0]
        bounds = (bound_of_none(row["statistical_uncertainty"])
                  for row in rows if row["effective_events"] == 0.0)  # fmt: skip
        left_out = max(bounds, default=0.0)
        yield comparison_row(
            published.find("background_events"),
            "simulated",
            "nominal",
            math.fsum(row["expected_events"] for row in measured),
            math.hypot(*(row["expected_events_uncertainty"] for row in measured)),
            source="background",
            note="; ".join(filter(None, [
                f"sum of {len(measured)} simulated modes", left_out_note(left_out),
            ])),
            upper_bound=left_out,
        )  # fmt: skip


def _validation_rows(published: PublishedNumbers, results: Mapping[str, Any]) -> Iterator[Row]:
    """What no calibration touches, as far as the paper prints it."""
    for row in table_rows(results.get("validation") or {}):
        number = published.find(row["quantity"], channel=row["channel"])
        if number is not None:
            yield comparison_row(
                number, "simulated", row["variant"], row["value"], row["uncertainty"],
                source="validation", note=row["note"] or "",
            )


def _efficiency_uncertainty(published: PublishedNumbers, number: PublishedNumber) -> float | None:
    """Return ε·Δ in percent: the paper takes Δ as the standard deviation of ε (section V A)."""
    if number.value is None:
        return None
    relative = published.legible_value("systematic_total_percent", number.mass_gev)
    if relative is None:
        # The part common to all masses, which no row of Table 2 goes below.
        relative = published.value("systematic_total_percent")
    return number.value * relative / 100


def _uncertainty_note(published: PublishedNumbers, number: PublishedNumber) -> str:
    if not number.legible:
        return ""
    if published.legible_value("systematic_total_percent", number.mass_gev) is not None:
        return ""
    return "the uncertainty at this mass is not legible: the total of Table 1 is taken"


def _limit_variant(record: Mapping[str, Any]) -> str:
    return record["variant"] or "nominal"


def _percent(fraction: float | None) -> float | None:
    return None if fraction is None else 100 * fraction
