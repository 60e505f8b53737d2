"""Combinations of channels of several searches, as the configuration asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

from lnvsearch.limit_combination import parts_from, why_not
from searches.configuration import ConfigurationError, raise_if_any
from searches.search import Paper


def combinations_of(config: Mapping, papers: Mapping[str, Paper], files: str) -> dict[str, dict]:
    """The combinations whose searches all run, by name: what their job needs, as plain values.

    Raises ConfigurationError for parts that lead nowhere or that must not be combined.
    """
    wanted = {
        name: entry for name, entry in config["combinations"].items()
        if all(part["paper"] in papers for part in entry["parts"].values())
    }
    raise_if_any(files, [
        f"combinations.{name}.parts.{line}"
        for name, entry in wanted.items() for line in _unknown_channels(entry, papers)
    ])  # fmt: skip
    complete = {name: _complete(entry, papers) for name, entry in wanted.items()}
    raise_if_any(files, [
        f"combinations.{name}.parts.{line}"
        for name, entry in complete.items()
        for line in why_not(parts_from(entry["parts"]), entry["model"])
    ])  # fmt: skip
    return complete


def single_channels(papers: Mapping[str, Paper]) -> dict[str, dict]:
    """Every channel alone in the form of a combination, by the names of search and channel."""
    return {
        f"{name}_{channel}": _complete(
            {"parts": {channel: {"paper": name, "channel": channel}}, "model": None, "common_efficiency_percent": 0.0}, papers
        )
        for name, paper in papers.items()
        for channel in paper.channels
    }


def _unknown_channels(entry: Mapping, papers: Mapping[str, Paper]) -> Iterator[str]:
    for name, part in entry["parts"].items():
        known = papers[part["paper"]].channels
        if part["channel"] not in known:
            yield (
                f"{name}.channel: {part['paper']} has no channel {part['channel']!r}; give one of "
                f"{', '.join(known)}"
            )


def _complete(entry: Mapping, papers: Mapping[str, Paper]) -> dict:
    """The entry with what its searches know of the parts."""
    parts = {}
    for name, part in entry["parts"].items():
        paper = papers[part["paper"]]
        final_state = " ".join(paper.channels[part["channel"]]["final_state"])
        parts[name] = {
            **part,
            "final_state": f"{paper.parent} -> {final_state}",
            "data_sets": [
                f"{period} of {paper.settings['detector']}"
                for period in paper.settings.get("data_sets", ())
            ],
        }
    return {
        "parts": {part.name: _without_name(asdict(part)) for part in parts_from(parts)},
        "model": entry.get("model"),
        "common_percent": entry["common_efficiency_percent"],
    }


def _without_name(values: dict) -> dict:
    return {key: value for key, value in values.items() if key != "name"}


def check_searches(config: Mapping, known: list[str], files: str) -> None:
    """Raise ConfigurationError for a part of a search that there is no file of."""
    problems = [
        f"combinations.{name}.parts.{part}.paper: no search {entry['paper']!r}; known: "
        f"{', '.join(known)}"
        for name, combination in config["combinations"].items()
        for part, entry in combination["parts"].items()
        if entry["paper"] not in known
    ]  # fmt: skip
    if problems:
        raise ConfigurationError("\n".join(f"{files}: {line}" for line in problems))
