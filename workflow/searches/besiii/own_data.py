"""What a search at BESIII does with the user's own events: numbers that normalise them, and files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from searches.besiii.search import ColliderSearch

#: Further tables of a search with data of the user's, where the paper's module declares them.
DATA_TABLES = ("data_counts", "data_sensitivity")
#: Keys of `data` that a search has which counts parents.
DATA_KEYS = frozenset({"n_parents", "luminosity_per_pb", "off_resonance"})


def own_numbers(paper: ColliderSearch) -> dict:
    """What normalises the user's own events: decays of the parent, luminosities, energies."""
    chosen = paper.config["data"].get(paper.name, {})
    continuum = paper.settings.get("backgrounds", {}).get("continuum", {})
    number = {"mean": paper.settings["parent"]["number"], "sigma": 0.0}
    return {
        "n_parents": chosen.get("n_parents") or number,
        "luminosity_per_pb": chosen.get("luminosity_per_pb")
        or continuum.get("on_resonance_luminosity_per_pb"),
        "energy_gev": continuum.get("on_resonance_energy_gev"),
        "off_resonance": [
            {name: entry[name] for name in ("energy_gev", "luminosity_per_pb")}
            for entry in chosen.get("off_resonance", ())
        ],
    }


def off_resonance_files(paper: ColliderSearch) -> list[str]:
    """The user's own files at other energies."""
    chosen = paper.config["data"].get(paper.name, {})
    return [entry["file"] for entry in chosen.get("off_resonance", ())]


def limit_inputs(paper: ColliderSearch) -> dict[str, str]:
    """What a limit of the user's data needs: nothing before the window is open."""
    if paper.data_file is None or not paper.is_unblinded:
        return {}
    return {
        "data_counts": paper.data_result("counts"),
        "data_sensitivity": paper.data_result("sensitivity", f"{paper.channel}.json"),
    }
