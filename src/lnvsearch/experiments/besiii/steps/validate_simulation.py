"""What no calibration touches: the resolution in the mass of the four particles before the fit."""

from __future__ import annotations

from collections.abc import Mapping

import uproot

from lnvsearch.experiments.besiii.validation import validation_rows
from lnvsearch.selection.sample_tables import VALIDATION_COLUMNS
from lnvsearch.tables import table_from_rows

__all__ = ["validate_simulation"]


def validate_simulation(inputs: Mapping, settings: Mapping) -> dict:
    """The table `validation` of `candidates` that pass all cuts but the window.

    `settings`: `channel`, and the signal's `window_gev`.
    """
    with uproot.open(inputs["candidates"]) as file:
        columns = file["Candidates"].arrays(library="np")
    keep = columns["passes_smallest_chi_square"] & columns["passes_chi_square"]
    keep &= columns["passes_conversion_veto"]
    rows = validation_rows(
        columns["mass_gev"][keep], settings["window_gev"], channel=settings["channel"]
    )
    return {"validation": table_from_rows(rows, VALIDATION_COLUMNS)}
