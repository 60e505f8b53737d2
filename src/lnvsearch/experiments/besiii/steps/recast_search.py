"""Acceptances and limits of the search for decays through an on-shell, long-lived N."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.besiii.recast import NeutrinoSearch, lifetime_sums
from lnvsearch.generation.flight import FlightProposal
from lnvsearch.recast_grid import Counting, grid_table

__all__ = ["recast_search"]


def recast_search(inputs: Mapping, settings: Mapping) -> dict:
    """The table `grid` (lnvsearch.recast_grid).

    `settings`: `points`, with `mass_gev`, `decay`, `cuts` and `observed` of every mass; `generation`,
    `selection` and `detector`, as `NeutrinoSearch` takes them, for what all have in common;
    `n_neutrinos`, `lifetimes_ps`, `flight` (of FlightProposal), `n_events`, `base_seed`, `sample`; and
    what the limits need: `limit`, `n_parents`, `confidence_level`.
    """
    proposal = FlightProposal(**settings["flight"])
    rows = []
    for point in settings["points"]:
        mass = point["mass_gev"]
        search = NeutrinoSearch.from_mapping({
            "generation": {**settings["generation"], "decay": point["decay"]},
            "detector": settings["detector"],
            "selection": {**settings["selection"], "cuts": point["cuts"]},
            "n_neutrinos": settings["n_neutrinos"],
            "mass_gev": mass,
        })
        sums = lifetime_sums(
            search, proposal, settings["lifetimes_ps"], settings["n_events"],
            base_seed=settings["base_seed"], sample=f"{settings['sample']}_m{mass:.4f}",
        )  # fmt: skip
        rows += [{"mass_gev": mass, "observed": point["observed"], **row} for row in sums.rows()]
    return {"grid": grid_table(rows, _counting(settings))}


def _counting(settings: Mapping) -> Counting:
    """Published background, number of parents, and relative uncertainty of the efficiency."""
    limit = settings["limit"]
    return Counting(
        background=(limit["background"]["mean"], limit["background"]["sigma"]),
        n_parents=settings["n_parents"],
        # That of the efficiency has the number's own in it, as the paper counts it.
        n_parents_relative=0.0,
        acceptance_relative=limit["efficiency"]["relative_sigma_percent"] / 100.0,
        method=limit["method"],
        bounded=limit["bounded"],
        prior=limit["priors"][0],
        confidence_level=settings["confidence_level"],
    )
