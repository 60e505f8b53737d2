"""The pages of the report: which results of a search they show, in which order, under which words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from lnvsearch.publication.words import plain

if TYPE_CHECKING:
    from searches.search import Paper

_TITLES = Path(__file__).resolve().parents[1] / "report" / "titles.yaml"
#: Groups of results in the report, in their order there: key -> words.
GROUPS = {
    "comparison": "1 Comparison with the paper",
    "tables": "2 Tables",
    "figures": "3 Figures",
    "limits": "4 Limits",
    "cutflow": "5 Cut flows",
    "systematics": "6 Systematic uncertainties",
    "coverage": "7 Coverage",
    "events": "8 Event displays",
    "blinding": "9 Blinding",
}
#: Results of every channel that have a page: folder -> (group, words).
_OF_CHANNEL = {
    "cutflow": ("cutflow", "Events left by each cut"),
    "acceptance": ("cutflow", "Acceptances by region"),
    "systematics": ("systematics", "Systematic variations"),
    "background": ("systematics", "Expected backgrounds and their uncertainties"),
}
_GROUP_OF_TABLE = {
    "limits_by_method": "limits", "undercoverage": "coverage", "systematics": "systematics",
    "assumptions": "systematics", "branching_fractions": "systematics",
    "vertex_conditions": "systematics",
}  # fmt: skip


@dataclass(frozen=True)
class Page:
    """A table that has a page: its name, group, words, file, and the rows that are shown."""

    name: str
    group: str
    title: str
    file: str
    only: Mapping[str, str]


@cache
def titles() -> dict:
    """Words for tables and figures, by what they show; read once, as every job of a cluster asks for many."""
    return yaml.safe_load(_TITLES.read_text(encoding="utf-8"))


def title_of(kind: str, paper: Paper, name: str, content: str) -> str:
    """Words for a table or a figure: of this search, or of its content in any; else its name."""
    known = titles()[kind]
    words = known.get(paper.name, {}).get(content) or known["all"].get(content)
    words = words or content.replace("_", " ").capitalize()
    printed = name.startswith(("table", "figure")) and name[-1].isdigit()
    number = f"{name[:-1].capitalize()} {name[-1]}: " if printed else ""
    channel = paper.settings["figures"].get(name, {}).get("channel") if kind == "figures" else None
    return f"{number}{words}" + (f" ({decay_in_words(paper, channel)})" if channel else "")


def category(paper: Paper) -> str:
    """The search's title, under which the report has its results."""
    return plain(paper.settings["title"])


def figure_labels(paper: Paper, name: str, file_format: str) -> dict[str, str]:
    """What the report writes beside a figure."""
    content = paper.settings["figures"].get(name, {"draw": name})["draw"]
    return {"Figure": title_of("figures", paper, name, content), "Format": file_format}


def mixing_labels(mixing: str, file_format: str) -> dict[str, str]:
    """What the report writes beside a figure of limits on mixing."""
    words = mixing.replace("_", " and ")
    return {"Figure": f"Limits on the mixing of a heavy neutrino ({words})", "Format": file_format}


def pages(paper: Paper) -> list[Page]:
    """All pages of a search."""
    folder = f"results/{paper.name}"
    found = [Page("comparison", "comparison", "Every number of the paper, and ours",
                  f"{folder}/comparison.csv", {})]  # fmt: skip
    for name in (*paper.tables, "limits_by_method", "undercoverage"):
        content = paper.settings["tables"].get(name, name)
        title = title_of("tables", paper, name, content)
        file = f"{folder}/tables/{name}.csv"
        found.append(Page(name, _GROUP_OF_TABLE.get(content, "tables"), title, file, {}))
    results = paper.results()
    for name, (group, words) in _OF_CHANNEL.items():
        if results.get(name) == {}:
            continue  # the search has none
        for channel in paper.channels:
            only = {"variation": "nominal"} if name in ("cutflow", "acceptance", "background") else {}
            file = f"{folder}/{name}/{channel}.csv"
            title = f"{words} ({decay_in_words(paper, channel)})"
            found.append(Page(f"{name}_{channel}", group, title, file, only))
    if isinstance(scan := results.get("scan"), str):
        found.append(Page("scan", "limits", "Limits against the mass of the neutrino", scan, {}))
    found.append(Page("coverage", "coverage", "Coverage of every method, by true signal",
                      f"{folder}/limits/coverage.csv", {}))  # fmt: skip
    if paper.data_file is not None:
        found.append(Page("data_blinding", "blinding", "When data were frozen, opened and closed",
                          f"{folder}/tables/data_blinding.csv", {}))  # fmt: skip
    return found


def page_labels(paper: Paper, name: str) -> dict[str, str]:
    """What the report writes beside a page."""
    return {"Result": page_of(paper, name).title, "Format": "page"}


def page_of(paper: Paper, name: str) -> Page:
    """The page of a name."""
    return next(one for one in pages(paper) if one.name == name)


def channels_in_words(paper: Paper) -> dict[str, str]:
    """The decay of each channel, as plain text."""
    signs = str.maketrans("+-0", "⁺⁻⁰")
    letters = {"pi": "π", "mu": "μ", "nu": "ν", "J/psi(1S)": "J/ψ"}

    def word(name: str) -> str:
        bare = name.rstrip("+-0")
        return letters.get(bare, bare) + name.removeprefix(bare).translate(signs)

    parent = letters.get(paper.parent, word(paper.parent))
    return {
        name: f"{parent} → {''.join(map(word, entry['final_state']))}"
        for name, entry in paper.channels.items()
    }


def decay_in_words(paper: Paper, channel: str) -> str:
    """The decay of a channel, or the name itself where there is no such channel."""
    return channels_in_words(paper).get(channel, channel)


def links_of(paper: Paper) -> dict[str, dict[str, list[str]]]:
    """Addresses of all pages and pictures of a search, by group and words.

    Each from the folder of the results, and from where the first page lies in a report.
    """
    found: dict[str, dict[str, list[str]]] = {group: {} for group in GROUPS}
    for page in pages(paper):
        folder, file = f"{paper.name}/report", f"{page.group}/{page.name}.html"
        found[page.group][page.title] = [f"{folder}/{file}", _in_report(folder, file)]
    for name in paper.figures:
        words = figure_labels(paper, name, "PNG")["Figure"]
        found["figures"][words] = _picture(paper, name)
    for name in paper.settings["event_displays"]:
        found["events"][event_words(paper, name)] = _picture(paper, f"event_{name}")
    return {GROUPS[group]: of for group, of in found.items() if of}


def event_words(paper: Paper, name: str) -> str:
    """Words for an event that is drawn, by its name in the search's file."""
    kind, _, channel = name.partition("_")
    return f"{kind.capitalize()} event" + (f" ({decay_in_words(paper, channel)})" if channel else "")


def _picture(paper: Paper, name: str) -> list[str]:
    path = f"{paper.name}/figures/{name}.png"
    return [path, _in_report(path, f"{name}.png")]


def _in_report(path: str, file: str) -> str:
    """Where Snakemake's report has a file: in a folder that is named after the result's path."""
    digest = hashlib.sha256(f"results/{path}".encode()).hexdigest()[:16]
    return f"../{digest}/{file}"
