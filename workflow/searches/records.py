"""What a search hands to others: its tables and figures for HEPData, its channels as likelihoods."""

from __future__ import annotations

from pathlib import Path

from .search import Step

#: What the first page of a submission says before anything else.
FIRST_PAGE = (
    "This is a reproduction, and no record of the collaboration: published numbers were copied from the "
    "paper, derived ones computed from them, and all events are simulated by the fast simulation of "
    "lnvsearch, which is no collaboration's software. Every table and every variable says which of the "
    "three its numbers are. The search: {title}."
)


def first_page(paper: Step) -> str:
    """The comment of a search's submission."""
    return FIRST_PAGE.format(title=paper.settings["title"])


def tables_of(paper: Step) -> list[tuple[str, str, str, str]]:
    """(name, description, file, image or "") of all that a submission of the search has."""
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
        for decay in getattr(paper, "recast_decays", ())
    ]  # fmt: skip
    folder = f"results/{paper.name}"
    found = [(name, text, f"{folder}/{file}", "") for name, text, file in tables]
    found += [
        (f"Figure {name}", f"What the figure {name} draws.", f"{folder}/figures/{name}.csv", f"{name}.png")
        for name in paper.figures
    ]
    return found


def images_of(paper: Step) -> dict[str, str]:
    """Name -> file of the pictures of a submission."""
    return {f"{name}.png": f"results/{paper.name}/figures/{name}.png" for name in paper.figures}


def keywords_of(paper: Step) -> dict[str, list[str]]:
    """HEPData's keywords: the reactions and what is measured of them."""
    parent = paper.settings["parent"]["particle"] if "parent" in paper.settings else "K+"
    decays = [
        f"{parent} --> {' '.join(channel['final_state'])}"
        for channel in paper.channels.values() if "final_state" in channel
    ]  # fmt: skip
    return {"reactions": decays, "observables": ["BR", "ACC"], "phrases": ["Lepton number violation"]}


def files_of(paper: Step) -> list[str]:
    """All files that a submission reads."""
    return [*dict.fromkeys([*(str(Path(file)) for _, _, file, _ in tables_of(paper)), *images_of(paper).values()])]
