"""Resolution in the mass of the four particles before the fit."""

from __future__ import annotations

from collections.abc import Mapping

import uproot

from lnvsearch.experiments.besiii.validation import mass_resolution

__all__ = ["measure_resolution"]


def measure_resolution(inputs: Mapping, settings: Mapping) -> dict:
    """The `resolution` of candidates that pass all cuts but the window, `settings["window_gev"]`."""
    with uproot.open(inputs["candidates"]) as file:
        columns = file["Candidates"].arrays(library="np")
    keep = columns["passes_smallest_chi_square"] & columns["passes_chi_square"]
    keep &= columns["passes_conversion_veto"]
    return {"resolution": mass_resolution(columns["mass_gev"][keep], settings["window_gev"])}
