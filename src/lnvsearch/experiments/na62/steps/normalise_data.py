"""Kaon decays and single-event sensitivity of the user's own events."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.na62.normalisation import (
    Normalisation,
    data_sensitivity_record,
)
from lnvsearch.files import read_json
from lnvsearch.tables import read_csv

__all__ = ["normalise_data"]


def normalise_data(inputs: Mapping, settings: Mapping) -> dict:
    """N_K from the user's own normalisation channel, with two acceptances of the signal.

    `inputs`: files `counts` and `predicted`; `settings`: as of `compute_sensitivity`.
    """
    predicted = read_json(inputs["predicted"])
    record = data_sensitivity_record(
        read_csv(inputs["counts"]), predicted, recomputation=settings["recomputation"],
        normalisation=Normalisation(**settings["normalisation"]),
    )  # fmt: skip
    return {"sensitivity": record}
