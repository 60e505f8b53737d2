"""Quantities that no calibration touches: resolutions, relative losses, ratios."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.na62.reference_selection import reference_rows
from lnvsearch.experiments.na62.validation import ValidationSettings, validation_table
from lnvsearch.tables import read_csv

__all__ = ["validate_simulation"]


def validate_simulation(inputs: Mapping, settings: Mapping) -> dict:
    """The table `validation`.

    `inputs`: `acceptance` and `losses`, one file a channel in the order of `settings["channels"]`,
    and `candidates`, one for each (sample, variation, folder in the file) of
    `settings["candidates"]`.  `settings["reference"]`: arguments of `reference_rows`, or None.
    """
    own = dict(settings)
    reference = own.pop("reference")
    runs = [tuple(run) for run in own.pop("candidates")]
    typed = ValidationSettings.from_mapping(own)
    tables = {
        kind: {
            channel: read_csv(path)
            for channel, path in zip(typed.channels, inputs[kind], strict=True)
        }
        for kind in ("losses", "acceptance")
    }
    candidates = {
        (sample, variation): (path, folder)
        for (sample, variation, folder), path in zip(runs, inputs["candidates"], strict=True)
    }
    references = () if reference is None else reference_rows(**reference)
    table = validation_table(
        typed, candidates, tables["losses"], tables["acceptance"], references
    )
    return {"validation": table}
