"""Limits on the mixing of a heavy neutral lepton: which grids and planes the searches have for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lnvsearch.interpretation.channels import read_channels, searches
from searches.search import Paper

__all__ = ["grids_of", "mixings_of", "planes_of"]


def grids_of(papers: Mapping[str, Paper]) -> dict[tuple[str, str], str]:
    """(search, decay through N) -> the file of its grid, where lnvsearch.interpretation knows the decay."""
    return {
        (name, decay): f"results/{name}/recast/{decay}.csv"
        for name, paper in papers.items()
        for decay in (paper.settings.get("recast") or {"decays": {}})["decays"]
        if decay in _known_channels(name)
    }


def mixings_of(config: Mapping, papers: Mapping[str, Paper]) -> dict[str, dict[str, Any]]:
    """The limits on |U|^2 that can be made, by name: shares, chirality, combined channels."""
    grids = grids_of(papers)
    found = {}
    for name, entry in config["mixing_limits"].items():
        combined = [(part["paper"], part["channel"]) for part in entry["combined"]]
        there = [key for key in combined if key in grids]
        if there:
            found[name] = {**entry, "combined": there}
    return found


def planes_of(papers: Mapping[str, Paper]) -> list[str]:
    """Acceptances over the plane of two masses, of searches with that step."""
    return [
        f"results/{name}/recast/dalitz_{channel}.csv"
        for name, paper in papers.items()
        if "map_plane" in paper.steps
        for channel in _known_channels(name)
        if channel in paper.channels
    ]


def _known_channels(paper: str) -> list[str]:
    return list(read_channels(paper)) if paper in searches() else []
