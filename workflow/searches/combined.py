"""Combinations of channels of several searches, as the configuration asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from lnvsearch.detector.parameters import known_names
from lnvsearch.limit_combination import parts_from, why_not
from searches.configuration import raise_if_any, read_yaml
from searches.search import Paper


def combinations_of(config: Mapping, papers: Mapping[str, Paper], files: str) -> dict[str, dict]:
    """The combinations whose searches all run, by name: what their job needs, as plain values.

    Raises ConfigurationError for parts that must not be combined; `check_channels` comes before.
    """
    wanted = {
        name: entry for name, entry in config["combinations"].items()
        if all(part["paper"] in papers for part in entry["parts"].values())
    }
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
    """Raise ConfigurationError for parts of combinations and limits on mixing whose search has no file."""
    raise_if_any(files, [
        f"{where}.paper: no search {part['paper']!r}; give one of {known_names(part['paper'], known)}"
        for where, part, _ in _named_parts(config) if part["paper"] not in known
    ])  # fmt: skip


def check_channels(config: Mapping, papers: Mapping[str, Paper], folder: Path, files: str) -> None:
    """Raise ConfigurationError for parts whose search has no such channel, or decay of a recast.

    Searches that are not in `papers` are told by their files in `folder`.
    """
    settings = {name: paper.settings for name, paper in papers.items()}
    problems = []
    for where, part, is_mixing in _named_parts(config):
        name, channel = part["paper"], part["channel"]
        if name not in settings:
            settings[name] = read_yaml(folder / f"{name}.yaml")
        decays = list(_section(_section(settings[name], "recast"), "decays")) if is_mixing else []
        known = decays or list(_section(settings[name], "channels"))
        if known and channel not in known:
            what = "decay through N is called" if decays else "channel is called"
            problems.append(
                f"{where}.channel: in {name} no {what} {channel!r}; give one of {known_names(channel, known)}"
            )
    raise_if_any(files, problems)


def _named_parts(config: Mapping) -> Iterator[tuple[str, Mapping, bool]]:
    """The key, search and channel of every part, and whether it is one of a limit on mixing."""
    for name, entry in config["combinations"].items():
        yield from ((f"combinations.{name}.parts.{part}", one, False) for part, one in entry["parts"].items())
    for name, entry in config["mixing_limits"].items():
        yield from ((f"mixing_limits.{name}.combined[{i}]", one, True) for i, one in enumerate(entry["combined"]))


def _section(content: Mapping, name: str) -> Mapping:
    """A section of a file that nothing has checked; empty if it is none."""
    section = content.get(name)
    return section if isinstance(section, Mapping) else {}
