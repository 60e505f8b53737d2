"""Every kernel compiled, by a few events of every sample through the whole chain."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.na62.chain import simulate
from lnvsearch.experiments.na62.selection.counting import Variation, count_sample
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps

__all__ = ["warm_up"]


def warm_up(settings: Mapping[str, Mapping]) -> None:
    """Generate and record a few events of every sample, and send them through its selections.

    `settings`: by sample, `simulation`, `selection` and `identification` with its `maps`.
    """
    for sample in settings.values():
        recorded = simulate(sample["simulation"], 2000, base_seed=0, sample="warm_up")
        maps = IdentificationMaps.from_anchors(sample["identification"]["maps"])
        nominal = Variation.from_mapping("nominal", sample["selection"], maps)
        chunks = ({"nominal": events} for events in recorded)
        count_sample(chunks, [nominal], lambda name, columns: None)
