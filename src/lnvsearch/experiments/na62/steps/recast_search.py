"""Acceptances and limits of a search for decays through an on-shell, long-lived N."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lnvsearch.experiments.na62.normalisation import Factors
from lnvsearch.experiments.na62.recast import NeutrinoSearch, varied_sums
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.files import read_json
from lnvsearch.generation.flight import FlightProposal
from lnvsearch.recast_grid import Counting, LifetimeSums, grid_table
from lnvsearch.sensitivity import recomputed

__all__ = ["recast_search"]


def recast_search(inputs: Mapping, settings: Mapping) -> dict:
    """The table `grid` (lnvsearch.recast_grid).

    `inputs`: `maps`, `calibration`, and `sensitivity` of the channel.
    `settings`: `search` (of NeutrinoSearch), `varied_selections` (other conditions on vertices),
    `masses_gev`, `lifetimes_ps`, `flight` (of FlightProposal), `n_events`, `base_seed`, `sample`, and what
    the limits need: `limit`, `recomputation`, `confidence_level`.
    """
    search = NeutrinoSearch.from_mapping(
        settings["search"], IdentificationMaps.from_json(inputs["maps"])
    )
    proposal = FlightProposal(**settings["flight"])
    factor = Factors.read(inputs["calibration"]).of("nominal")
    level, level_relative = _level(read_json(inputs["sensitivity"]), settings["recomputation"])
    varied = [SelectionSettings.from_mapping(one) for one in settings["varied_selections"]]
    rows = []
    for mass in settings["masses_gev"]:
        sums, *others = varied_sums(
            search, (search.selection, *varied), mass, proposal, settings["lifetimes_ps"],
            settings["n_events"], base_seed=settings["base_seed"],
            sample=f"{settings['sample']}_m{mass:.4f}",
        )  # fmt: skip
        further = _vertex_relative(sums, others)
        rows += [
            {"mass_gev": mass, "observed": settings["limit"]["observed"],
             "further_relative": further[row["chirality"]][k % len(sums.lifetime_ps)], **row}
            for k, row in enumerate(sums.rows(factor.value * level))
        ]  # fmt: skip
    relative = math.hypot(factor.uncertainty / factor.value, level_relative)
    return {"grid": grid_table(rows, _counting(settings, relative))}


def _level(sensitivity: Mapping, recomputation: Mapping) -> tuple[float, float]:
    """A further factor of the acceptance, and the relative uncertainty of its level.

    With a pi0 it is the factor that makes the simulated acceptance of the paper's signal the
    published one. Otherwise the factor is 1, and the difference of the two acceptances is the
    uncertainty.
    """
    if sensitivity.get("neutral_pion_factor"):
        return sensitivity["neutral_pion_factor"]["value"], 0.0
    simulated = sensitivity["simulated"]["nominal"]["signal_acceptance"]
    return 1.0, abs(simulated / recomputation["signal_acceptance"]["mean"] - 1.0)


def _vertex_relative(
    sums: LifetimeSums, others: Sequence[LifetimeSums]
) -> dict[str, np.ndarray]:
    """Relative shift (t,) of the acceptance by other conditions on vertices, by chirality.

    Against that of prompt decays of the same mass: what a condition takes from every vertex, it takes
    from the normalisation channel, too.  The shifts of several conditions are added in quadrature.
    """
    found = {}
    for name, weight in sums.weight.items():
        found[name] = np.zeros(len(weight))
        for other in others:
            kept = np.divide(other.weight[name], weight, out=np.ones_like(weight), where=weight > 0)
            prompt = kept[sums.lifetime_ps == 0.0]
            if len(prompt) == 1 and prompt[0] > 0.0:
                found[name] = np.hypot(found[name], kept / prompt[0] - 1.0)
    return found


def _counting(settings: Mapping, level_relative: float) -> Counting:
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
        acceptance_relative=math.hypot(level_relative, published["sigma"] / published["mean"]),
        method=limit["method"],
        bounded=limit["bounded"],
        prior=limit["priors"][0],
        confidence_level=settings["confidence_level"],
    )
