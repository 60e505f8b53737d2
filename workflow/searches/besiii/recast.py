"""Recasts of a search at BESIII for an on-shell, long-lived N: keys, checks and the step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from lnvsearch.generation.models import Decay
from searches import recast
from searches.besiii.decays import PLACEHOLDER, with_mass
from searches.checks import unknown
from searches.keys import Name, key
from searches.search import NOMINAL, Step

if TYPE_CHECKING:
    from searches.besiii.definitions import BesiiiKeys
    from searches.besiii.search import ColliderSearch

_MASS_BIN = "majorana_mass_bin"
#: Readings of printed digits that are no more than a guess.
_ILLEGIBLE = ("low", "none")


class ColliderRecastDecay(recast.RecastDecay):
    __doc__ = recast.RecastDecay.__doc__

    sample: Name = key(
        "Sample that has this decay. The daughters with the mass `majorana_mass` are N; they come first."
    )
    in_mass_bin: bool = key(
        "Whether both K e masses must be in a bin around the mass of N, as in the scan of the paper."
    )


class ColliderRecast(recast.Recast):
    __doc__ = recast.Recast.__doc__

    decays: Annotated[dict[Name, ColliderRecastDecay], Field(min_length=1)] = key("Decays through N, by name.")


def problems(keys: BesiiiKeys) -> Iterator[str]:
    """Samples that the search does not have, whose decay has no N, or no phase space for its masses."""
    for name, entry in (keys.recast.decays if keys.recast is not None else {}).items():
        where = f"recast.decays.{name}.sample"
        yield from unknown(where, entry.sample, keys.samples)
        sample = keys.samples.get(entry.sample)
        if sample is None:
            continue
        template = sample.decay.model_dump(exclude_none=True)
        if not _neutrinos(template):
            yield f"{where}: {entry.sample} has no daughter of mass {PLACEHOLDER}; give one that has"
            continue
        for mass in (entry.masses.first_gev, entry.masses.last_gev):
            try:
                Decay.from_mapping(with_mass(template, mass))
            except ValueError as error:
                yield f"recast.decays.{name}.masses: {mass} GeV is impossible: {error}"


def _neutrinos(decay: Mapping) -> list[Mapping]:
    return [
        daughter for daughter in decay["daughters"]
        if isinstance(daughter, Mapping) and daughter.get("mass_gev") == PLACEHOLDER
    ]  # fmt: skip


def _settings(paper: ColliderSearch, wildcards) -> dict:
    decay = wildcards.decay
    common = recast.settings(paper, decay)
    masses = common.pop("masses_gev")
    entry = recast.decays(paper)[decay]
    template = paper.settings["samples"][entry["sample"]]["decay"]
    sample = paper.sample_names(entry["sample"])[0]
    simulation = paper.simulation_parameters(sample, NOMINAL)
    selection = paper.selection_of_sample(sample, NOMINAL)
    limit = paper.channels[paper.channel]["limit"]
    return {
        **common,
        **simulation,
        "points": [
            {
                "mass_gev": mass,
                "decay": with_mass(template, mass),
                "cuts": _cuts(selection["cuts"], mass if entry["in_mass_bin"] else None),
                "observed": observed(paper, mass, entry["in_mass_bin"]),
            }
            for mass in masses
        ],
        "n_neutrinos": len(_neutrinos(template)),
        # Every point has a decay of its own, and weights of its own: those of variations are not asked.
        "generation": {
            k: v for k, v in simulation["generation"].items() if k not in ("decay", "weights")
        },
        "selection": {k: v for k, v in selection.items() if k != "cuts"},
        "n_parents": paper.settings["parent"]["number"],
        "limit": {
            name: limit[name]
            for name in ("background", "efficiency", "method", "bounded", "priors")
        },
    }  # fmt: skip


def _cuts(cuts: list[dict], mass_gev: float | None) -> list[dict]:
    """The cuts of a scan's sample, with the bin about another mass, or without it."""
    bin_of = {"mass_gev": mass_gev}
    return [
        {**cut, **bin_of} if cut["cut"] == _MASS_BIN else cut
        for cut in cuts if cut["cut"] != _MASS_BIN or mass_gev is not None
    ]  # fmt: skip


def observed(paper: ColliderSearch, mass_gev: float, in_mass_bin: bool) -> int:
    """Events that count at a mass: all of the search's, or those that may lie in its bin.

    An event may lie in a published bin that has one, or whose count is not legible; it counts at
    every mass whose own bin overlaps with that.
    """
    total = paper.channels[paper.channel]["limit"]["observed"]
    if not in_mass_bin:
        return total
    width = paper.settings["mass_bin"]["width_gev"]
    may_have_one = [
        float(number.mass_gev) for number in paper.published
        if number.quantity == "observed_events" and number.mass_gev is not None
        and (number.reading_confidence in _ILLEGIBLE or number.value is None or number.value >= 1)
    ]  # fmt: skip
    near = any(abs(mass - mass_gev) < width - 1e-9 for mass in may_have_one)
    return total if near else 0


STEP = Step(lambda paper, wildcards: {"overlay": paper.overlay_files()}, _settings)
