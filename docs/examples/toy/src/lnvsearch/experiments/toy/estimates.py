"""Backgrounds and systematic uncertainties."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.selection.mass_regions import BACKGROUND_COLUMNS, SPECTRUM_COLUMNS
from lnvsearch.systematics import COLUMNS, Percentage, Source, mc_statistics, total_row
from lnvsearch.tables import find_rows, read_csv, table_from_rows

__all__ = ["compute_systematics", "estimate_backgrounds"]


def estimate_backgrounds(inputs: Mapping, settings: Mapping) -> dict[str, Mapping]:
    """No decay passes for the signal: tables without a row, and a total of zero."""
    return {
        "background": table_from_rows([], BACKGROUND_COLUMNS),
        "spectra": table_from_rows([], SPECTRUM_COLUMNS),
        "total": {"background_events": 0.0, "background_events_uncertainty": 0.0},
    }


def compute_systematics(inputs: Mapping[str, str], settings: Mapping) -> dict[str, Mapping]:
    """The statistical uncertainty of the simulated efficiency is the only one.

    `inputs`: the file `acceptance`; `settings`: the `sample` of the efficiency.
    """
    acceptance = read_csv(inputs["acceptance"])
    (row,) = find_rows(acceptance, sample=settings["sample"], variation="nominal")
    percent = Percentage(mc_statistics(row["acceptance"], row["generated_events"]))
    rows = Source("mc_statistics", in_total="estimate").rows(percent)
    return {"systematics": table_from_rows([*rows, total_row(rows)], COLUMNS)}
