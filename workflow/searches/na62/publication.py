"""What tables, figures and comparisons of NA62's searches can ask for: results and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from searches import publication

if TYPE_CHECKING:
    from searches.na62.search import KaonSearch
    from searches.publication import Result, Setting


def further_figures(paper: KaonSearch) -> tuple[str, ...]:
    """Figures beyond those that a search's file names; a Dalitz plane has three particles."""
    has_plane = any(len(entry["final_state"]) == 3 for entry in paper.channels.values())
    return (*(("acceptance_dalitz",) if has_plane else ()), "acceptance_ratio")


def results(paper: KaonSearch) -> dict[str, Result]:
    """Every result of a search by name: its file, or a file for each of its channels."""
    folder = f"results/{paper.name}"
    contamination: Result = {}
    if any(probe["contamination"] for probe in paper.settings["closure"].values()):
        contamination = f"{folder}/identification/contamination.csv"

    return {
        **publication.results(paper),
        "sensitivity": paper.by_channel("sensitivity", ".json"),
        "transferred": {
            name: paper.channel_file("transferred", name)
            for name, entry in paper.channels.items() if entry["data_driven"]
        },
        "closure": f"{folder}/identification/closure.csv",
        "contamination": contamination,
        "validation": f"{folder}/validation/validation.csv",
        # Of channels with a Dalitz plane.
        "dalitz_candidates": {
            name: paper.selected_file(entry["signal"]["sample"])
            for name, entry in paper.channels.items() if len(entry["final_state"]) == 3
        },
        **_user_results(paper),
    }


def _user_results(paper: KaonSearch) -> dict[str, Result]:
    """Results of the user's own data; None if there are no data."""
    if paper.data_file is None:
        return dict.fromkeys(("user_spectra", "user_counts", "user_sensitivity"))
    return {
        "user_spectra": paper.data_result("spectra"),
        "user_counts": paper.data_result("counts"),
        "user_sensitivity": {
            name: paper.data_result("sensitivity", f"{name}.json") for name in paper.channels
        },
    }


def _channels(paper: KaonSearch) -> dict[str, dict]:
    """How the kaons of each channel are counted, and a further decay that is required."""
    channels = {}
    for name, entry in paper.channels.items():
        normalisation = paper.normalisation(name)
        channels[name] = {
            "normalisation_channel": normalisation["channel"],
            "normalisation_sample": normalisation["sample"],
            "normalisation_mode": paper.samples[normalisation["sample"]]["mode"],
        }
        further = entry["limit"].get("further_branching_fraction")
        if further is not None:
            channels[name]["further_branching_fraction"] = further
    return channels


def _compared(paper: KaonSearch, key: str) -> dict[str, str]:
    """Variation -> its `key`, for the variations that are compared with the paper and have this key."""
    return {
        name: entry[key]
        for name, entry in paper.settings["variations"].items()
        if entry["compared"] and key in entry
    }


def _vertex_variations(paper: KaonSearch) -> list[str]:
    """Variations that run and change nothing but what is asked of vertices and their tracks."""
    wanted = paper.config["variations"]
    return [
        name
        for name, entry in paper.settings["variations"].items()
        if (wanted == "all" or name in wanted)
        and not entry.get("detector")
        and all("one_vertex" in path for path in _paths(entry.get("paper", {})))
    ]


def _paths(overlay: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The keys that lead to each value of an overlay."""
    if not isinstance(overlay, Mapping):
        yield path
        return
    for name, content in overlay.items():
        yield from _paths(content, (*path, name))


def _panels(paper: KaonSearch, entry: Mapping) -> list[dict]:
    """The panels of a channel: those that the figure names, or all selections."""
    selections = paper.channels[entry["channel"]]["selections"]
    panels = entry.get("panels") or {name: name for name in selections}
    return [
        {"selection": name, "title": title,
         **{key: selections[name][key] for key in ("final_state", "regions")}}
        for name, title in panels.items()
    ]


def _signals(paper: KaonSearch) -> dict[str, dict]:
    """Selection, region (GeV) and particles of each channel's signal."""
    signals = {}
    for name, entry in paper.channels.items():
        signal = entry["signal"]
        regions = entry["selections"][signal["selection"]]["regions"]
        signals[name] = {
            "selection": signal["selection"],
            "region_gev": regions[signal["region"]],
            "final_state": entry["final_state"],
        }
    return signals


SETTINGS: dict[str, Setting] = {
    **publication.SETTINGS,
    "channel": lambda paper, entry: entry["channel"],
    "channels": lambda paper, entry: _channels(paper),
    "compared": lambda paper, entry: _compared(paper, "description"),
    "data_sets": lambda paper, entry: paper.settings["data_sets"],
    "detector": lambda paper, entry: paper.detector,
    "label": lambda paper, entry: publication.labels(paper)[entry["channel"]],
    "legends": lambda paper, entry: _compared(paper, "legend"),
    "panels": _panels,
    "signals": lambda paper, entry: _signals(paper),
    "vertex_variations": lambda paper, entry: _vertex_variations(paper),
}
