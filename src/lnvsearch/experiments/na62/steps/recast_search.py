"""Acceptances and limits of a search for decays through an on-shell, long-lived N."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lnvsearch.experiments.na62.normalisation import Factors
from lnvsearch.experiments.na62.recast import NeutrinoSearch, lifetime_sums
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.files import read_json
from lnvsearch.generation.flight import FlightProposal
from lnvsearch.recast_grid import Counting, grid_table
from lnvsearch.sensitivity import recomputed

__all__ = ["recast_search"]


def recast_search(inputs: Mapping, settings: Mapping) -> dict:
    """The table `grid` (lnvsearch.recast_grid).

    `inputs`: `maps`, `calibration`, and `sensitivity` where a factor for the pi0 was found.
    `settings`: `search` (of NeutrinoSearch), `masses_gev`, `lifetimes_ps`, `flight` (of
    FlightProposal), `n_events`, `base_seed`, `sample`, and what the limits need: `limit`,
    `recomputation`, `confidence_level`.
    """
    search = NeutrinoSearch.from_mapping(
        settings["search"], IdentificationMaps.from_json(inputs["maps"])
    )
    proposal = FlightProposal(**settings["flight"])
    factor = Factors.read(inputs["calibration"]).of("nominal")
    scale = factor.value * _neutral_pion_factor(inputs)
    rows = []
    for mass in settings["masses_gev"]:
        sums = lifetime_sums(
            search, mass, proposal, settings["lifetimes_ps"], settings["n_events"],
            base_seed=settings["base_seed"], sample=f"{settings['sample']}_m{mass:.4f}",
        )  # fmt: skip
        rows += [
            {"mass_gev": mass, "observed": settings["limit"]["observed"], **row}
            for row in sums.rows(scale)
        ]
    return {"grid": grid_table(rows, _counting(settings, factor.uncertainty / factor.value))}


def _neutral_pion_factor(inputs: Mapping) -> float:
    """The factor that makes the signal's simulated acceptance the published one, if there is one."""
    if "sensitivity" not in inputs:
        return 1.0
    return read_json(inputs["sensitivity"])["neutral_pion_factor"]["value"]


def _counting(settings: Mapping, factor_relative: float) -> Counting:
    """Published count, background, kaons, and systematic uncertainty of the signal's acceptance."""
    limit, recomputation = settings["limit"], settings["recomputation"]
    decays, _ = recomputed(recomputation)
    further = recomputation.get("further_branching_fraction", {"mean": 1.0, "sigma": 0.0})
    published = recomputation["signal_acceptance"]
    return Counting(
        background=(limit["background"]["mean"], limit["background"]["sigma"]),
        n_parents=decays.mean * further["mean"],
        n_parents_relative=math.hypot(
            decays.sigma / decays.mean, further["sigma"] / further["mean"]
        ),
        acceptance_relative=math.hypot(factor_relative, published["sigma"] / published["mean"]),
        method=limit["method"],
        bounded=limit["bounded"],
        prior=limit["priors"][0],
        confidence_level=settings["confidence_level"],
    )
