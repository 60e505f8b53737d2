"""What each step of a search at BESIII reads, and with which settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from searches.besiii import own_data, recast
from searches.search import NOMINAL, Step

if TYPE_CHECKING:
    from searches.besiii.search import ColliderSearch

#: Name of the signal's selection in tables.
SELECTION = "lnv"


def _identification(paper: ColliderSearch, wildcards) -> dict:
    return {
        "detector": paper.detector,
        "cuts": paper.identification_cuts(),
        "n_samples": paper.config["statistics"]["identification"],
        "base_seed": paper.config["base_seed"],
    }


def _calibration(paper: ColliderSearch, wildcards) -> dict:
    sample = paper.calibration["sample"]
    names = ("sample", "parameter", "target", "minimum", "maximum")
    return {
        "calibration": {name: paper.calibration[name] for name in names},
        "simulation": paper.simulation_parameters(sample, NOMINAL),
        "selection": paper.calibration_selection(),
        "n_events": paper.number_of_events(sample),
        "base_seed": paper.config["base_seed"],
    }


def _background_inputs(paper: ColliderSearch, wildcards) -> dict:
    return {
        "acceptance": paper.channel_file("acceptance", wildcards.channel),
        "selected": [paper.selected_file(name) for name in paper.background_samples()],
        "cocktail": paper.cocktail_file(),
    }


def _backgrounds(paper: ColliderSearch, wildcards) -> dict:
    backgrounds = paper.settings["backgrounds"]
    (chi_square,) = (cut for cut in paper.settings["selection"] if cut["cut"] == "chi_square")
    return {
        "selection": SELECTION,
        "samples": paper.background_samples(),
        "n_parents": paper.settings["parent"]["number"],
        "chi_square_cut": chi_square["maximum"],
        "inclusive_sample": backgrounds["inclusive_sample"],
        "continuum": backgrounds["continuum"],
    }


def _cut_scan_inputs(paper: ColliderSearch, wildcards) -> dict:
    signal = paper.selected_file(paper.efficiency_sample(wildcards.channel))
    return {**_background_inputs(paper, wildcards), "signal": signal}


def _cut_scan(paper: ColliderSearch, wildcards) -> dict:
    scan = paper.settings["chi_square_scan"]
    cuts = [cut["cut"] for cut in paper.settings["selection"]]
    return {
        "samples": paper.background_samples(),
        "n_parents": paper.settings["parent"]["number"],
        "grid": {name: scan[name] for name in ("first", "last", "step")},
        "cuts": [name for name in cuts if name != "chi_square"],
        "punzi_constant": scan["punzi_constant"],
    }


def _own_sensitivity_inputs(paper: ColliderSearch, wildcards) -> dict:
    channel, files = paper.channel, own_data.off_resonance_files(paper)
    return {
        "acceptance": paper.channel_file("acceptance", channel),
        "systematics": paper.channel_file("systematics", channel),
        "background": paper.channel_file("background", channel, ".json"),
        **({"off_resonance": files, "kernels": f"results/kernels/{paper.experiment}.compiled"}
           if files else {}),
    }  # fmt: skip


def _own_sensitivity(paper: ColliderSearch, wildcards) -> dict:
    """Decays of the parent in the user's file, and the selection of files off resonance."""
    limit = paper.limit_parameters(paper.channel)
    final_state = paper.channels[paper.channel]["final_state"]
    return {
        "limit": limit,
        "own": own_data.own_numbers(paper),
        "selection": paper.selection_settings(paper.settings["selection"], final_state),
        "names": {"tree_name": paper.data_tree, "branches": dict(paper.data_branches)},
    }


#: The section of a search's file without which it does not have a step.
_NEEDS = {
    "map_identification": "backgrounds", "estimate_backgrounds": "backgrounds",
    "scan_cut": "chi_square_scan", "calibrate_response": "calibration", "recast_search": "recast",
}  # fmt: skip


def steps_of(settings: Mapping) -> dict[str, Step]:
    """The steps of a search with these settings."""
    return {
        name: step for name, step in STEPS.items()
        if name not in _NEEDS or _NEEDS[name] in settings
    }  # fmt: skip


STEPS = {
    "recast_search": recast.STEP,
    "map_identification": Step(
        lambda paper, w: {"overlay": paper.overlay_files()}, _identification
    ),
    "calibrate_response": Step(lambda paper, w: {}, _calibration),
    "estimate_backgrounds": Step(_background_inputs, _backgrounds),
    "scan_cut": Step(_cut_scan_inputs, _cut_scan),
    "normalise_data": Step(_own_sensitivity_inputs, _own_sensitivity),
    "compute_efficiencies": Step(
        lambda paper, w: {"acceptance": paper.channel_file("acceptance", w.channel)},
        lambda paper, w: {
            "samples": paper.sample_models(), "sources": paper.systematic_sources(),
        },
    ),
    "compute_systematics": Step(
        lambda paper, w: {
            "cutflow": paper.channel_file("cutflow", w.channel),
            "efficiencies": paper.channel_file("efficiencies", w.channel),
            "by_mass": paper.channel_file("systematics", w.channel, "_by_mass.csv"),
        },
        lambda paper, w: {"sources": paper.systematic_sources()},
    ),
    "validate_simulation": Step(
        lambda paper, w: {
            "candidates": paper.selected_file(paper.efficiency_sample(paper.channel)),
        },
        lambda paper, w: {"channel": paper.channel, "window_gev": paper.signal_window()},
    ),
}  # fmt: skip
