"""Efficiency maps of particle identification, from printed probabilities."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lnvsearch.experiments.na62.selection.identification_maps import (
    IdentificationMaps,
    correction_set,
)
from lnvsearch.experiments.na62.selection.measured_maps import with_measured
from lnvsearch.tables import table_from_rows

__all__ = ["map_identification"]


def map_identification(inputs: Mapping, settings: Mapping) -> dict:
    """The `maps` as a correctionlib CorrectionSet, and the anchors of its maps as a `table`.

    `settings`: `maps`, name -> anchors; `measured`, name -> `correction`, `inputs` and `key` of a file
    of `inputs`, for those that have other anchors' place.
    Raises ValueError for a measured map that cannot be used.
    """
    measured = settings.get("measured", {})
    content = with_measured(correction_set(settings["maps"]), measured, inputs)
    IdentificationMaps.from_text(json.dumps(content))
    rows = [
        {"map": name, "momentum_gev": momentum, "probability": probability}
        for name, anchors in settings["maps"].items() if name not in measured
        for momentum, probability in zip(
            anchors["momentum_gev"], anchors["probability"], strict=True
        )
    ]  # fmt: skip
    return {
        "maps": content,
        "table": table_from_rows(rows, ("map", "momentum_gev", "probability")),
    }
