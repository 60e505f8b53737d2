"""Tag and probe on simulated control decays: the maps that went in must come out."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.na62 import closure
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps

__all__ = ["close_identification"]


def close_identification(inputs: Mapping, settings: Mapping) -> dict:
    """Tables `closure` and `contamination`, with the efficiency maps of the file `maps`.

    `settings`: `probes` and `detector` of `closure.close_identification`, and `base_seed`.
    """
    maps = IdentificationMaps.from_json(inputs["maps"])
    return closure.close_identification(
        settings["probes"], maps, settings["detector"], settings["base_seed"]
    )
