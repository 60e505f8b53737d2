"""What the cuts leave of a sample, as tables: cut flow and acceptances."""

from __future__ import annotations

from lnvsearch.selection import mass_regions, weighted_cutflow
from lnvsearch.selection.cutflow import CutFlow, binomial_uncertainty
from lnvsearch.selection.mass_regions import RegionAcceptance
from lnvsearch.tables import table_from_rows

__all__ = ["ALL_CUTS", "MASS_BIN", "count"]

#: Region of the events that pass all cuts but the last of a scan, and the name of that last one.
ALL_CUTS = "all"
MASS_BIN = "majorana_mass_bin"


def count(flow: CutFlow, *, channel: str, selection: str, sample: str, variation: str) -> dict:
    """Tables `cutflow` and `acceptance` of a sample; each row has the four names.

    Regions of the acceptance: ALL_CUTS and, in a scan, MASS_BIN.
    """
    names = {"sample": sample, "variation": variation, "selection": selection}
    total = flow.n_generated
    passed = dict(zip(flow.cuts, flow.events_out, strict=True))
    in_bin = {MASS_BIN: passed.pop(MASS_BIN)} if MASS_BIN in passed else {}
    regions = {
        name: RegionAcceptance(n / total, binomial_uncertainty(n, total), n)
        for name, n in {ALL_CUTS: [*passed.values()][-1], **in_bin}.items()
    }
    rows = {
        "cutflow": flow.rows(sample, variation),
        "acceptance": mass_regions.acceptance_rows(regions, **names, generated_events=total),
    }
    columns = {
        "cutflow": weighted_cutflow.COLUMNS,
        "acceptance": mass_regions.ACCEPTANCE_COLUMNS,
    }
    return {
        kind: table_from_rows(
            [{**row, "selection": selection, "channel": channel} for row in listed],
            (*columns[kind], "channel"),
        )
        for kind, listed in rows.items()
    }
