"""Limits on the mixing of a heavy neutral lepton: which grids and planes the searches have for them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from lnvsearch.interpretation.channels import GRIDS, Channel, read_channels, searches
from searches.configuration import raise_if_any
from searches.publication import small_statistics
from searches.search import Paper

__all__ = [
    "explored_grids", "explored_in_words", "explored_limits", "few_events", "grids_of", "mixings_of",
    "planes_of",
]  # fmt: skip


def grids_of(papers: Mapping[str, Paper]) -> dict[tuple[str, str], str]:
    """(search, decay through N) -> the file of its grid, where lnvsearch.interpretation knows the decay."""
    return {
        (name, decay): f"results/{name}/recast/{decay}.csv"
        for name, paper in papers.items()
        for decay in (paper.settings.get("recast") or {"decays": {}})["decays"]
        if decay in _known_channels(name)
    }


def mixings_of(config: Mapping, papers: Mapping[str, Paper], files: str) -> dict[str, dict[str, Any]]:
    """The limits on |U|^2 that can be made, by name: shares, chirality, combined channels.

    Raises ConfigurationError for channels that no model leads to, or that must not be combined.
    """
    grids = grids_of(papers)
    raise_if_any(files, [
        f"mixing_limits.{name}.combined{line}"
        for name, entry in config["mixing_limits"].items() for line in _why_not(entry["combined"], papers)
    ])  # fmt: skip
    found = {}
    for name, entry in config["mixing_limits"].items():
        combined = [(part["paper"], part["channel"]) for part in entry["combined"]]
        there = [key for key in combined if key in grids]
        if there:
            found[name] = {**entry, "combined": there}
    return found


def _why_not(combined: list[Mapping[str, str]], papers: Mapping[str, Paper]) -> Iterator[str]:
    """What forbids to combine channels; one of a search that does not run, or has no recast, is left out."""
    there = []
    for i, part in enumerate(combined):
        paper, name = part["paper"], part["channel"]
        channel = _known_channels(paper).get(name)
        if channel is None:
            if paper in papers and name in papers[paper].recast_decays:
                yield f"[{i}]: no model of {paper} {name}; add it to {GRIDS / paper / 'channels.yaml'}, or leave it out"
            continue
        if channel.no_model:
            yield f"[{i}]: no |U|^2 follows from {paper} {name}: {channel.no_model}; leave it out"
        there.append((i, channel))
    for (_, one), (i, other) in combinations(there, 2):
        if shared := sorted(set(one.data_sets) & set(other.data_sets)):
            if one.final_state == other.final_state:
                yield (
                    f"[{i}]: {other.paper} {other.name} and {one.paper} {one.name} both search for {one.final_state} "
                    f"in the data of {', '.join(shared)}: the events of one are in the other; leave one out"
                )


def few_events(papers: Mapping[str, Paper]) -> str:
    """What a figure made of all grids says of a run with few events; empty if there are enough."""
    marks = (small_statistics(papers[name]) for name, _ in grids_of(papers))
    return "; ".join(dict.fromkeys(mark for mark in marks if mark))


def planes_of(papers: Mapping[str, Paper]) -> list[str]:
    """Acceptances over the plane of two masses, of searches with that step."""
    return [
        f"results/{name}/recast/dalitz_{channel}.csv"
        for name, paper in papers.items()
        if "map_plane" in paper.steps
        for channel in _known_channels(name)
        if channel in paper.channels
    ]


def _known_channels(paper: str) -> dict[str, Channel]:
    return read_channels(paper) if paper in searches() else {}


def explored_grids(papers: Mapping[str, Paper]) -> dict[tuple[str, str], str]:
    """The grids of the page: of `grids_of` those that the run has, else those that ship with a release."""
    found = {}
    for key, made in grids_of(papers).items():
        paper, decay = key
        shipped = Path(os.path.relpath(GRIDS / paper / f"{decay}.csv"))
        found[key] = str(shipped) if shipped.exists() and not Path(made).exists() else made
    return found


def explored_limits(papers: Mapping[str, Paper]) -> dict[tuple[str, str], str]:
    """(search, decay through N) -> the limits of the channel in which it is looked for, if they are there."""
    found = {}
    for name, decay in grids_of(papers):
        channels = papers[name].channels
        channel = decay if decay in channels else next(iter(channels))
        if Path(path := f"results/{name}/limits/{channel}.json").exists():
            found[name, decay] = path
    return found


def explored_in_words(grids: Mapping[tuple[str, str], str], papers: Mapping[str, Paper]) -> str:
    """Where the grids of the page come from."""
    made = [key for key, path in grids.items() if path == grids_of(papers)[key]]
    words = []
    if len(made) < len(grids):
        words.append("Grids that ship with the release: "
                     + ", ".join(" ".join(key) for key in grids if key not in made))  # fmt: skip
    if made:
        words.append("Grids of this run: " + ", ".join(" ".join(key) for key in made))
    few = {small_statistics(papers[name]) for name, _ in made} - {""}
    return ". ".join([*words, *sorted(few)])
