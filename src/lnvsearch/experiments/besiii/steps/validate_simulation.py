"""What no calibration touches: the resolution in the mass of the four particles before the fit."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.event_files import read_tree
from lnvsearch.experiments.besiii.validation import validation_rows
from lnvsearch.selection.sample_tables import VALIDATION_COLUMNS
from lnvsearch.tables import table_from_rows

__all__ = ["validate_simulation"]


def validate_simulation(inputs: Mapping, settings: Mapping) -> dict:
    """The table `validation` of `candidates` that pass all cuts but the window.

    `settings`: `channel`, and the signal's `window_gev`.
    """
    columns = read_tree(inputs["candidates"], "Candidates")
    keep = columns["passes_smallest_chi_square"] & columns["passes_chi_square"]
    keep &= columns["passes_conversion_veto"]
    rows = validation_rows(
        columns["mass_gev"][keep], settings["window_gev"], channel=settings["channel"]
    )
    return {"validation": table_from_rows(rows, VALIDATION_COLUMNS)}
