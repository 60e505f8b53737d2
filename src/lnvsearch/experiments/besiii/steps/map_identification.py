"""Efficiency maps of particle identification, from simulated tracks."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.selection import identification_map
from lnvsearch.tables import table_from_rows

__all__ = ["map_identification"]


def map_identification(inputs: Mapping, settings: Mapping) -> dict:
    """Counts of tracks on a grid (`maps`), and the probabilities that follow (`table`).

    `settings`: `detector`, the `cuts` of the selection, `n_samples` a point, `base_seed`.
    """
    counts = identification_map.sample_counts(
        BesiiiResponse.from_mapping(settings["detector"]),
        settings["cuts"],
        n_samples=settings["n_samples"],
        base_seed=settings["base_seed"],
    )
    rows = list(identification_map.map_rows(identification_map.map_from_counts(counts)))
    return {
        "maps": {name: values.tolist() for name, values in counts.items()},
        "table": table_from_rows(rows, list(rows[0])),
    }
