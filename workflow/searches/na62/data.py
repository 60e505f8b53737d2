"""The user's own recorded events in a kaon search: what is done with them, and where it ends.

They go through every selection of every channel, without weights.  The masked region is closed, here
and in all that follows, until the user opens it; nothing of the comparison with the paper depends on
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from searches.na62.parameters import SELECTION_SECTIONS, detector_numbers
from searches.search import DATA, NOMINAL

if TYPE_CHECKING:
    from searches.na62.search import KaonSearch

#: Tables that a search with data of the user's has beside its own.
TABLES = ("data_counts", "data_sensitivity")


def selection_parameters(paper: KaonSearch) -> dict:
    """Every selection of the search, what decides on a track, and whether all may be seen."""
    settings = paper.varied_settings(NOMINAL)
    return {
        "selections": {name: entry["selections"] for name, entry in paper.channels.items()},
        "energy_over_momentum": settings["identification"]["energy_over_momentum"],
        "detector": detector_numbers(paper.detector, SELECTION_SECTIONS),
        "is_unblinded": paper.is_unblinded,
    }


def result_file(paper: KaonSearch, folder: str, name: str = f"{NOMINAL}.csv") -> str:
    return f"results/{paper.name}/{folder}/{DATA}/{name}"


def sensitivity_file(paper: KaonSearch, channel: str) -> str:
    return result_file(paper, "sensitivity", f"{channel}.json")


def figure_inputs(paper: KaonSearch) -> dict[str, str]:
    """The spectra that are drawn as points, if there are data."""
    return {} if paper.data_file is None else {DATA: result_file(paper, "spectra")}


def limit_inputs(paper: KaonSearch, channel: str) -> dict[str, str]:
    """What a limit of the user's data needs: nothing before the signal region is open."""
    if paper.data_file is None or not paper.is_unblinded:
        return {}
    return {
        "data_counts": result_file(paper, "counts"),
        "data_sensitivity": sensitivity_file(paper, channel),
    }


def table_inputs(paper: KaonSearch, table: str) -> dict[str, str]:
    """What one of TABLES is made from, by name."""
    if table == "data_counts":
        return {"counts": result_file(paper, "counts")}
    own = {f"data_{channel}": sensitivity_file(paper, channel) for channel in paper.channels}
    return {**own, **paper.result_files("limits")}
