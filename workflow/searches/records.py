"""What a search hands to others: its tables and figures for HEPData, its channels as likelihoods."""

from __future__ import annotations

from pathlib import Path

from .search import Paper

#: What the first page of a submission says before anything else.
FIRST_PAGE = (
    "This is a reproduction, and no record of the collaboration: published numbers were copied from the "
    "paper, derived ones computed from them, and all events are simulated by the fast simulation of "
    "lnvsearch, which is no collaboration's software. Every table and every variable says which of the "
    "three its numbers are. The search: {title}."
)


def first_page(paper: Paper) -> str:
    """The comment of a search's submission."""
    return FIRST_PAGE.format(title=paper.settings["title"])


def tables_of(paper: Paper) -> list[tuple[str, str, str, str, str]]:
    """(name, description, file, image or "", origin) of all that a submission of the search has.

    The origin is that of numbers of which neither rows nor columns tell it.  A figure that reads no
    result, as a diagram, has an image and no table.
    """
    tables = []
    for channel in paper.channels:
        tables += [
            (f"Limits, {channel}", "Upper limits by all methods.", f"limits/{channel}.json"),
            (f"Acceptances, {channel}", "Acceptance of every sample and variation.", f"acceptance/{channel}.csv"),
            (f"Cut flow, {channel}", "Events left after each cut, every sample and variation.", f"cutflow/{channel}.csv"),
        ]
    if "compute_efficiencies" in paper.steps:
        tables += [
            (f"Scan, {channel}", "Upper limits against the mass of the Majorana neutrino.", f"limits/{channel}_scan.csv")
            for channel in paper.channels
        ]
    tables += [
        (f"Recast, {decay}", "Acceptance and limit for a neutrino N on its mass shell, against mass and lifetime.",
         f"recast/{decay}.csv")
        for decay in paper.recast_decays
    ]  # fmt: skip
    folder = f"results/{paper.name}"
    found = [(name, text, f"{folder}/{file}", "", "simulated") for name, text, file in tables]
    for name in paper.figures:
        if (figure := paper.figure(name)).files:
            file = f"{folder}/figures/{name}.csv"
            found.append((f"Figure {name}", f"What the figure {name} draws.", file, f"{name}.png", figure.origin))
    return found


def images_of(paper: Paper) -> dict[str, str]:
    """Name -> file of the pictures of a submission."""
    return {f"{name}.png": f"results/{paper.name}/figures/{name}.png" for name in paper.figures}


def keywords_of(paper: Paper) -> dict[str, list[str]]:
    """HEPData's keywords: the reactions and what is measured of them."""
    decays = [
        f"{paper.parent} --> {' '.join(channel['final_state'])}" for channel in paper.channels.values()
    ]
    return {"reactions": decays, "observables": ["BR", "ACC"], "phrases": ["Lepton number violation"]}


def files_of(paper: Paper) -> list[str]:
    """All files that a submission reads."""
    return [*dict.fromkeys([*(str(Path(file)) for _, _, file, _, _ in tables_of(paper)), *images_of(paper).values()])]
