"""What the cuts leave of a sample, as tables: cut flow and acceptances."""

from __future__ import annotations

import numpy as np

from lnvsearch.selection.cutflow import ALL_CUTS, CutFlow
from lnvsearch.selection.sample_tables import counted, counted_by_weights
from lnvsearch.selection.weighted_cutflow import WeightedCutFlow

__all__ = ["MASS_BIN", "SPECTRUM_EDGES_GEV", "count"]

#: The last cut of a scan, and the region of what it leaves.
MASS_BIN = "majorana_mass_bin"
#: Bins of the spectrum of the four particles' mass.
SPECTRUM_EDGES_GEV = np.linspace(3.0, 3.2, 101)


def count(flow: CutFlow | WeightedCutFlow, **names: str) -> dict:
    """Tables `cutflow` and `acceptance` of a sample; `names`: of `counted`.

    Regions of the acceptance: ALL_CUTS (without the last one of a scan) and, in a scan, MASS_BIN.
    """
    last = [cut for cut in flow.cuts if cut != MASS_BIN][-1]
    regions = {ALL_CUTS: last} | ({MASS_BIN: MASS_BIN} if MASS_BIN in flow.cuts else {})
    if isinstance(flow, WeightedCutFlow):
        return counted_by_weights(flow, regions, **names)
    passed = dict(zip(flow.cuts, flow.events_out, strict=True))
    return counted(flow, {name: passed[cut] for name, cut in regions.items()}, **names)
