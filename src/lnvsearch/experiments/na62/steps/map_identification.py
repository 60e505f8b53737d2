"""Efficiency maps of particle identification, from printed probabilities."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.na62.selection.identification_maps import correction_set
from lnvsearch.tables import table_from_rows

__all__ = ["map_identification"]


def map_identification(inputs: Mapping, settings: Mapping) -> dict:
    """The `maps` as a correctionlib CorrectionSet, and their anchors as a `table`.

    `settings`: `maps`, name -> anchors.
    """
    rows = [
        {"map": name, "momentum_gev": momentum, "probability": probability}
        for name, anchors in settings["maps"].items()
        for momentum, probability in zip(
            anchors["momentum_gev"], anchors["probability"], strict=True
        )
    ]
    return {
        "maps": correction_set(settings["maps"]),
        "table": table_from_rows(rows, ("map", "momentum_gev", "probability")),
    }
