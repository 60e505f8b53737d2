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

__all__ = [
    "DATA_COLUMNS",
    "SAMPLE_COLUMNS",
    "VALIDATION_COLUMNS",
    "counted",
    "counted_by_weights",
    "joined",
]

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
    flow: CutFlow,
    regions: Mapping[str, int],
    *,
    channel: str,
    selection: str,
    sample: str,
    variation: str,
) -> dict[str, dict[str, list]]:
    """Return the tables `cutflow` and `acceptance` of unweighted events.

    `regions`: the events left in each region, of the `n_generated` of the cut flow.
    """
    total = flow.n_generated
    acceptances = {
        name: RegionAcceptance(n / total, binomial_uncertainty(n, total), n)
        for name, n in regions.items()
    }
    return _tables(
        flow.rows(sample, variation), acceptances, total, channel, selection, sample, variation
    )


def counted_by_weights(
    flow: WeightedCutFlow,
    regions: Mapping[str, str],
    *,
    channel: str,
    selection: str,
    sample: str,
    variation: str,
) -> dict[str, dict[str, list]]:
    """The same of weighted events; `regions`: the cut of the flow that leaves the events of each."""
    sums = dict(zip(flow.cuts, flow.sums, strict=True))
    acceptances = {
        name: RegionAcceptance(*flow.efficiency(cut), sums[cut].effective_events)
        for name, cut in regions.items()
    }
    return _tables(
        flow.rows(sample, variation, selection), acceptances, flow.n_generated, channel, selection, sample,
        variation,
    )  # fmt: skip


def _tables(
    cuts: list[dict],
    acceptances: Mapping[str, RegionAcceptance],
    generated_events: int,
    channel: str,
    selection: str,
    sample: str,
    variation: str,
) -> dict[str, dict[str, list]]:
    rows = {
        "cutflow": cuts,
        "acceptance": acceptance_rows(
            acceptances, sample=sample, variation=variation, selection=selection,
            generated_events=generated_events,
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
