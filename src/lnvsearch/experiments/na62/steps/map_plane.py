"""Acceptance of a signal over the plane of its two masses of pion and lepton."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lnvsearch.experiments.na62.candidate_files import read_candidates, read_generated
from lnvsearch.experiments.na62.normalisation import Factors
from lnvsearch.files import read_json
from lnvsearch.interpretation.channels import find_channel
from lnvsearch.interpretation.dalitz import dalitz_table
from lnvsearch.selection.mass_regions import in_region

__all__ = ["map_plane"]


def map_plane(inputs: Mapping, settings: Mapping) -> dict:
    """The table `plane` (lnvsearch.interpretation.dalitz.DALITZ_COLUMNS).

    `inputs`: `candidates` of the signal, generated flat in phase space, `calibration` and `sensitivity`,
    for the factors that a limit's acceptance has; `settings`: `paper`, `channel`, `selection` and the
    windows `region` of the signal region.
    """
    masses = ("true_mass_1_gev", "true_mass_2_gev")
    found = read_candidates(
        inputs["candidates"], settings["channel"], settings["selection"], ["weight", "mass_gev", *masses]
    )
    if found is None:
        raise ValueError(f"{inputs['candidates']}: no candidates of {settings['selection']}")
    inside = in_region(found["mass_gev"], settings["region"])
    table = dalitz_table(
        find_channel(settings["paper"], settings["channel"]),
        np.stack([found[name][inside] for name in masses], axis=1),
        _factor(inputs) * found["weight"][inside],
        read_generated(inputs["candidates"])["sum_weight"],
    )
    return {"plane": table}


def _factor(inputs: Mapping) -> float:
    """Flat factor of the normalisation, and that of the pi0 where it is fitted to the signal itself."""
    fitted = read_json(inputs["sensitivity"]).get("neutral_pion_factor") or {"value": 1.0}
    return Factors.read(inputs["calibration"]).of("nominal").value * fitted["value"]
