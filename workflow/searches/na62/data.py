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

#: Further tables of a search with data of the user's.
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


def limit_inputs(paper: KaonSearch, channel: str) -> dict[str, str]:
    """What a limit of the user's data needs: nothing before the signal region is open."""
    if paper.data_file is None or not paper.is_unblinded:
        return {}
    return {
        "data_counts": result_file(paper, "counts"),
        "data_sensitivity": sensitivity_file(paper, channel),
    }


def results(paper: KaonSearch) -> dict[str, str | dict[str, str] | None]:
    """Results of the user's own data that tables and figures ask for; None if there are no data."""
    if paper.data_file is None:
        return dict.fromkeys(("user_spectra", "user_counts", "user_sensitivity"))
    return {
        "user_spectra": result_file(paper, "spectra"),
        "user_counts": result_file(paper, "counts"),
        "user_sensitivity": {name: sensitivity_file(paper, name) for name in paper.channels},
    }
