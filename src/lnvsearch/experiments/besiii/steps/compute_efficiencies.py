"""Efficiencies of all samples, and what their models differ by at each mass."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.besiii.efficiencies import efficiency_table
from lnvsearch.experiments.besiii.systematics import MASS_COLUMNS, common_percent, mass_rows
from lnvsearch.systematics import Source
from lnvsearch.tables import read_csv, table_from_rows

__all__ = ["compute_efficiencies"]


def compute_efficiencies(inputs: Mapping, settings: Mapping) -> dict:
    """Tables `efficiencies` and `by_mass`, from the file `acceptance`.

    `settings`: `samples`, name -> model and mass, and `sources` of systematic uncertainties.
    """
    efficiencies = efficiency_table(read_csv(inputs["acceptance"]), settings["samples"])
    sources = map(Source.from_mapping, settings["sources"])
    masses = mass_rows(efficiencies, common_percent(sources))
    return {"efficiencies": efficiencies, "by_mass": table_from_rows(masses, MASS_COLUMNS)}
