"""The tables that the selection of a sample gives, whatever the experiment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lnvsearch.selection import weighted_cutflow
from lnvsearch.selection.cutflow import CutFlow, binomial_uncertainty
from lnvsearch.selection.mass_regions import (
    ACCEPTANCE_COLUMNS,
    RegionAcceptance,
    acceptance_rows,
)
from lnvsearch.selection.weighted_cutflow import WeightedCutFlow
from lnvsearch.tables import table_from_rows

__all__ = ["DATA_COLUMNS", "SAMPLE_COLUMNS", "VALIDATION_COLUMNS", "counted", "joined"]

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

#: The same of the user's own recorded events; a cell that is closed is empty, a table may be.
DATA_COLUMNS = {
    "cutflow": SAMPLE_COLUMNS["cutflow"],
    "counts": ("channel", "selection", "region", "events"),
    "spectra": ("channel", "selection", "mass_low_gev", "mass_high_gev", "events"),
}

#: What no calibration touches, named and in units as the papers print it.
VALIDATION_COLUMNS = ("quantity", "channel", "variant", "value", "uncertainty", "note")


def counted(
    flow: CutFlow | WeightedCutFlow,
    regions: Mapping[str, str],
    *,
    channel: str,
    selection: str,
    sample: str,
    variation: str,
) -> dict[str, dict[str, list]]:
    """Return the tables `cutflow` and `acceptance` of events, by their number or by their weights.

    `regions`: the cut of the flow that leaves the events of each region.
    """
    if isinstance(flow, WeightedCutFlow):
        cuts = flow.rows(sample, variation, selection)
        sums = dict(zip(flow.cuts, flow.sums, strict=True))
        acceptances = {
            name: RegionAcceptance(*flow.efficiency(cut), sums[cut].effective_events)
            for name, cut in regions.items()
        }
    else:
        cuts = flow.rows(sample, variation)
        passed = dict(zip(flow.cuts, flow.events_out, strict=True))
        total = flow.n_generated
        acceptances = {
            name: RegionAcceptance(
                passed[cut] / total, binomial_uncertainty(passed[cut], total), passed[cut]
            )
            for name, cut in regions.items()
        }
    rows = {
        "cutflow": cuts,
        "acceptance": acceptance_rows(
            acceptances, sample=sample, variation=variation, selection=selection,
            generated_events=flow.n_generated,
        ),
    }  # fmt: skip
    return {
        kind: table_from_rows(
            [{**row, "selection": selection, "channel": channel} for row in listed],
            SAMPLE_COLUMNS[kind],
        )
        for kind, listed in rows.items()
    }


def joined(parts: Iterable[Mapping[str, Mapping[str, list]]]) -> dict[str, dict[str, list]]:
    """Return tables of the same names and columns below one another."""
    whole: dict[str, dict[str, list]] = {}
    for part in parts:
        for kind, table in part.items():
            columns = whole.setdefault(kind, {name: [] for name in table})
            for name, cells in table.items():
                columns[name] += cells
    return whole
