"""Efficiencies of all samples and variations, with the model and the mass that each stands for."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.besiii.selection.counts import MASS_BIN
from lnvsearch.selection.cutflow import ALL_CUTS
from lnvsearch.tables import Table, table_from_rows, table_rows

__all__ = ["COLUMNS", "efficiency_table"]

COLUMNS = (
    "sample",
    "model",
    "mass_gev",
    "variation",
    "n_generated",
    "n_selected",
    "efficiency",
    "efficiency_uncertainty",
    "n_selected_in_bin",
    "efficiency_in_bin",
    "efficiency_in_bin_uncertainty",
)


def efficiency_table(acceptance: Table, samples: Mapping[str, Mapping]) -> dict[str, list]:
    """One row a sample and variation of an acceptance table, in its order.

    `samples`: name -> `model` and `mass_gev`.  Columns `..._in_bin` hold the region of the mass
    bin, and are empty without one.
    """
    found: dict[tuple[str, str], dict] = {}
    for row in table_rows(acceptance):
        entry = found.setdefault(
            (row["sample"], row["variation"]),
            {
                "sample": row["sample"],
                **samples[row["sample"]],
                "variation": row["variation"],
                "n_generated": row["generated_events"],
            },
        )
        suffix = {ALL_CUTS: "", MASS_BIN: "_in_bin"}[row["region"]]
        entry[f"n_selected{suffix}"] = row["effective_events"]
        entry[f"efficiency{suffix}"] = row["acceptance"]
        entry[f"efficiency{suffix}_uncertainty"] = row["acceptance_uncertainty"]
    return table_from_rows(found.values(), COLUMNS)
