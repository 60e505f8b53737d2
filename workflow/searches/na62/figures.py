"""Which results each figure of a kaon search draws, and with which settings.

A figure of the search's file says what draws it (`draw`) and of which channel; every search has
the figures `acceptance_dalitz` and `acceptance_ratio` beside its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from searches.na62 import data as kaon_data

if TYPE_CHECKING:
    from searches.na62.search import KaonSearch

#: Figures of every kaon search, beyond those that its file names.
FURTHER_FIGURES = ("acceptance_dalitz", "acceptance_ratio")

#: Drawings that show no spectra: the folder and the name of what they show, or nothing.
_WITHOUT_SPECTRA = {
    "na62_layout": None,
    "na62_2022_figure2": ("identification", "closure"),
    "na62_muon_identification": ("identification", "closure"),
}
#: The drawing that shows the selections of any channel.
_SPECTRA = "na62_masses"


def needs_channel(drawing: str) -> bool:
    """Whether a drawing shows the spectra of a channel."""
    return drawing not in _WITHOUT_SPECTRA


def figure_inputs(paper: KaonSearch, figure: str) -> dict[str, str]:
    """Files that a figure draws, by name."""
    folder = f"results/{paper.name}"
    if figure == "coverage_map":
        return {"coverage": f"{folder}/limits/coverage.csv"}
    if figure == "acceptance_ratio":
        return paper.result_files("acceptance")
    if figure == "acceptance_dalitz":
        return {
            channel: paper.selected_file(paper.channels[channel]["signal"]["sample"])
            for channel in three_body_channels(paper)
        }
    entry = paper.settings["figures"][figure]
    if needs_channel(entry["draw"]):
        spectra = {"spectra": f"{folder}/spectra/{entry['channel']}.csv"}
        return spectra | kaon_data.figure_inputs(paper)
    shown = _WITHOUT_SPECTRA[entry["draw"]]
    return {} if shown is None else {shown[0]: f"{folder}/{shown[0]}/{shown[1]}.csv"}


def figure_parameters(paper: KaonSearch, figure: str) -> dict:
    """Settings of a figure, and the names of its inputs in their order."""
    settings: dict = {"inputs": list(figure_inputs(paper, figure))}
    if figure == "acceptance_dalitz":
        settings["signals"] = {
            channel: {
                **paper.channels[channel]["signal"],
                "final_state": paper.channels[channel]["final_state"],
                "region_gev": paper.channels[channel]["selections"][
                    paper.channels[channel]["signal"]["selection"]
                ]["regions"][paper.channels[channel]["signal"]["region"]],
            }
            for channel in three_body_channels(paper)
        }
    if figure in FURTHER_FIGURES:
        settings["modes"] = {channel: _signal_mode(paper, channel) for channel in paper.channels}
    elif figure in paper.settings["figures"]:
        entry = paper.settings["figures"][figure]
        settings["drawing"] = entry["draw"]
        if entry["draw"] == "na62_layout":
            settings["detector"] = paper.detector
        elif entry["draw"] == _SPECTRA:
            settings |= _spectra_settings(paper, entry)
        if needs_channel(entry["draw"]):
            settings["channel"] = entry["channel"]
    return settings


def _spectra_settings(paper: KaonSearch, entry: dict) -> dict:
    """The panels of a channel: those that the figure names, or all selections."""
    channel = entry["channel"]
    selections = paper.channels[channel]["selections"]
    panels = entry.get("panels") or {name: name for name in selections}
    return {
        "mode": _signal_mode(paper, channel),
        "panels": [
            {
                "selection": name,
                "title": title,
                "final_state": selections[name]["final_state"],
                "regions": selections[name]["regions"],
            }
            for name, title in panels.items()
        ],
    }


def _signal_mode(paper: KaonSearch, channel: str) -> str:
    """Decay mode of a channel's signal: what its label is found by."""
    return paper.settings["samples"][paper.channels[channel]["signal"]["sample"]]["mode"]


def three_body_channels(paper: KaonSearch) -> list[str]:
    """Channels with a Dalitz plane: three particles in the final state."""
    return [name for name, entry in paper.channels.items() if len(entry["final_state"]) == 3]
