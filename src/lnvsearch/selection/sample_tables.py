"""The tables that the selection of a sample gives, whatever the experiment."""

from __future__ import annotations

from lnvsearch.selection import weighted_cutflow
from lnvsearch.selection.mass_regions import ACCEPTANCE_COLUMNS

__all__ = ["DATA_COLUMNS", "SAMPLE_COLUMNS"]

_SAMPLE = ("sample", "variation", "selection")

#: Columns by table, of simulated events.  An experiment may leave a table empty.
SAMPLE_COLUMNS = {
    "cutflow": (*weighted_cutflow.COLUMNS, "channel"),
    "acceptance": (*ACCEPTANCE_COLUMNS, "channel"),
    "spectra": (
        *_SAMPLE, "mass_low_gev", "mass_high_gev", "acceptance", "acceptance_uncertainty", "channel",
    ),
    "losses": (
        *_SAMPLE, "condition", "relative_loss", "relative_loss_uncertainty", "channel",
    ),
}  # fmt: skip

#: The same of the user's own recorded events; a cell that is closed is empty.
DATA_COLUMNS = {
    "cutflow": SAMPLE_COLUMNS["cutflow"],
    "counts": ("channel", "selection", "region", "events"),
    "spectra": ("channel", "selection", "mass_low_gev", "mass_high_gev", "events"),
}
