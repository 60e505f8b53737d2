"""Tables, figures and the comparison of a search: what makes each, from which files and settings.

They are declared in the module of the search's paper, or of its experiment where the paper has none
(`lnvsearch.publication.contents`); the search's file says which are made, under which names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from lnvsearch.detector.parameters import known_names
from lnvsearch.publication.contents import PARTS, Content
from lnvsearch.publication.labels import decay_label
from searches import recast
from searches.assumptions import assumptions
from searches.configuration import ConfigurationError
from searches.definitions import Statistics

if TYPE_CHECKING:
    from searches.search import Paper

#: A result: its file, one file for each of its parts, or nothing where the search has none.
Result = str | Mapping[str, str] | None
#: What gives the value of a setting: of a search, and the entry of its file that asks for it.
Setting = Callable[["Paper", Mapping], object]


@dataclass(frozen=True)
class Making:
    """One table, figure or comparison: what declares it, what makes it, its files, its settings.

    Module and function are full names, `files` are by name; `origin`: as of Content.
    """

    module: str
    name: str
    function: str
    files: dict[str, str]
    settings: dict[str, object]
    origin: str


def results(paper: Paper) -> dict[str, Result]:
    """Results of every search by name: its file, or a file for each of its channels."""
    return {
        "published": paper.published_file(),
        "companion": paper.companion_file(),
        "reasons": paper.reasons_file(),
        **fraction_files(paper),
        "coverage": f"results/{paper.name}/limits/coverage.csv",
        "limits": paper.by_channel("limits", ".json"),
        **recast_files(paper),
        **{
            name: paper.by_channel(name)
            for name in ("acceptance", "background", "cutflow", "spectra", "systematics")
        },
    }


def fraction_files(paper: Paper) -> dict[str, Result]:
    """Branching fractions of the PDG's edition in use, and of others that are set beside them."""
    return {
        "pdg": str(paper.resource("pdg_branching_fractions.csv")),
        "other_fractions": str(paper.resource("other_branching_fractions.csv")),
    }


def recast_files(paper: Paper) -> dict[str, Result]:
    """Grids of the decays that the search is recast for."""
    return {"recast": {name: recast.grid_file(paper, name) for name in paper.recast_decays}}


def labels(paper: Paper) -> dict[str, str]:
    """Channel -> its decay, as text for matplotlib."""
    return {
        name: decay_label(paper.parent, entry["final_state"])
        for name, entry in paper.channels.items()
    }


#: Settings of every search.
SETTINGS: dict[str, Setting] = {
    "assumptions": lambda paper, entry: assumptions(paper),
    "base_seed": lambda paper, entry: paper.config["base_seed"],
    "decay_label": lambda paper, entry: recast.decays(paper)[entry["decay"]]["label"],
    # The channel whose published numbers stand beside a recast.
    "published_channel": lambda paper, entry: (
        entry["decay"] if entry["decay"] in paper.channels else next(iter(paper.channels))
    ),
    "entered": lambda paper, entry: paper.entered_values(),
    "labels": lambda paper, entry: labels(paper),
    "title": lambda paper, entry: paper.settings["title"],
}


def small_statistics(paper: Paper) -> str:
    """What figures and tables say of a run with fewer events than the definitions' defaults.

    They are those of the first purpose, in the order of the search's samples (the signal is the
    first), that has fewer; empty if none.
    """
    purposes = dict.fromkeys(sample["statistics"] for sample in paper.settings["samples"].values())
    for purpose in purposes:
        events = paper.config["statistics"][purpose]
        wanted = Statistics.model_fields[purpose].default
        if events < wanted:
            return f"Test configuration: {events:,} events, not {wanted:,}"
    return ""


def module_of(paper: Paper) -> ModuleType:
    """The module of a paper; that of its experiment where it has none of its own.

    Raises ConfigurationError if a part of it is missing.
    """
    own, shared = (f"papers.{paper.name}", f"experiments.{paper.experiment}.publication")
    name = own if find_spec(f"lnvsearch.{own}") else shared
    if find_spec(f"lnvsearch.{name}") is None:
        raise ConfigurationError(f"{paper.file}: no module lnvsearch.{own}; write one")
    module = import_module(f"lnvsearch.{name}")
    missing = [part for part in PARTS if not hasattr(module, part)]
    if missing:
        raise ConfigurationError(f"{module.__file__}: no {', '.join(missing)}; add them")
    return module


def making(paper: Paper, part: str, name: str, entry: Mapping) -> Making:
    """How to make one of TABLES or FIGURES, or COMPARISON; `entry` is the search's file on it.

    Raises ConfigurationError if it is not declared.
    """
    declared = getattr(paper.contents, part)
    if isinstance(declared, Mapping) and name not in declared:
        raise ConfigurationError(
            f"{paper.file}: {part.lower()}: no {name!r}; give one of {known_names(name, declared)}"
        )
    content = declared[name] if isinstance(declared, Mapping) else declared
    results, settings = paper.results(), paper.publication_settings
    return Making(
        module=paper.contents.__name__,
        name=name,
        function=content.function,
        files=dict(_files(content, results, entry)),
        settings={setting: settings[setting](paper, entry) for setting in content.settings},
        origin=content.origin,
    )


def _files(
    content: Content, results: Mapping[str, Result], entry: Mapping
) -> Iterator[tuple[str, str]]:
    """Files by name: `background/piee` for one of several parts, `background` for one alone."""
    wanted: dict[str, list[str]] = {}
    for need in content.needs:
        name, _, part = need.format(**entry).partition("/")
        wanted.setdefault(name, []).extend([part] if part else [])
    for name, parts in wanted.items():
        files = results[name]
        if len(parts) == 1:
            yield name, files[parts[0]]
        elif isinstance(files, Mapping):
            yield from ((f"{name}/{part}", files[part]) for part in parts or files)
        elif files is not None:
            yield name, files


def needs_channel(content: Content) -> bool:
    """Whether a content is of the channel that the search's file names."""
    return "channel" in content.settings or any("{channel}" in need for need in content.needs)


def check(paper: Paper) -> Iterator[str]:
    """Problems of the tables and figures that a search's file names."""
    results = paper.results()
    named = [("tables", name, content, {}) for name, content in paper.settings["tables"].items()]
    named += [
        ("figures", name, entry["draw"], entry) for name, entry in paper.settings["figures"].items()
    ]
    for part, name, content, entry in named:
        declared = getattr(paper.contents, part.upper())
        where = f"{part}.{name}" + (".draw" if part == "figures" else "")
        if content not in declared:
            yield f"{where}: {content!r} does not exist; give one of {known_names(content, declared)}"
            continue
        yield from _without_effect(f"{part}.{name}", content, declared[content], entry)
        if needs_channel(declared[content]):
            yield from _check_channel(paper, f"{part}.{name}", content, entry)
        else:
            lost = [need for need in declared[content].needs if not _is_there(need, results)]
            if lost:
                yield (
                    f"{part}.{name}: {content} cannot be made, because the search has no "
                    f"{', '.join(lost)}; remove it"
                )


def _without_effect(where: str, name: str, content: Content, entry: Mapping) -> Iterator[str]:
    """Keys of a figure that it does not look at."""
    used = {"channel": needs_channel(content), "panels": "panels" in content.settings}
    for key, is_used in used.items():
        if key in entry and not is_used:
            yield f"{where}.{key}: {name} does not use it; remove it"


def _is_there(need: str, results: Mapping[str, Result]) -> bool:
    name, _, part = need.partition("/")
    return results.get(name) != {} and (not part or part in (results.get(name) or {}))


def _check_channel(paper: Paper, where: str, content: str, entry: Mapping) -> Iterator[str]:
    if "channel" not in entry:
        yield f"{where}.channel: missing; {content} draws one channel: name one"
    elif entry["channel"] not in paper.channels:
        known = known_names(entry["channel"], paper.channels)
        yield f"{where}.channel: {entry['channel']!r} does not exist; give one of {known}"
    else:
        selections = paper.channels[entry["channel"]]["selections"]
        for name in entry.get("panels", ()):
            if name not in selections:
                known = known_names(name, selections)
                yield f"{where}.panels: {name!r} does not exist; give one of {known}"
