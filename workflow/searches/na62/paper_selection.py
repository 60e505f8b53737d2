"""The selection in which a flat factor is found: the paper's own, whatever cuts the analysis has.

Where the analysis has other cuts, the sample of the normalisation channel goes through both, and the
factor is that of the paper's.  A variation that is a hypothesis on the paper (`compared`) says what the
paper's selection was, and changes it; any other is a change of the analysis, and does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from searches.checks import unknown
from searches.configuration import (
    ConfigurationError,
    checked,
    fill_defaults,
    overlaid,
    raise_if_any,
    read_yaml,
)
from searches.na62.definitions import PaperSelections
from searches.search import NOMINAL

if TYPE_CHECKING:
    from searches.na62.search import KaonSearch

__all__ = ["PAPER_SELECTION", "paper_selections", "with_paper_selection"]

#: Name of the paper's own selection in tables, where the analysis has another.
PAPER_SELECTION = "of_the_paper"


def paper_selections(paper: KaonSearch) -> dict[str, dict]:
    """The paper's own selection by normalisation channel, with its mass windows under `region`.

    Raises ConfigurationError if a file is missing, or has not what is asked of it.
    """
    result = {}
    for name, entry in paper.settings["normalisation"].items():
        file = entry.get("paper_selection")
        if file is None:
            result[name] = _of_analysis(paper.settings, entry)
            continue
        content = read_yaml(paper.reads(paper.root / file))
        typed = checked(PaperSelections, content, paper.root / file)
        if name not in typed.selections:
            raise ConfigurationError(
                f"{paper.root / file}: selections: no {name!r}, with which {paper.file} determines the "
                "flat factor; add it"
            )
        where = f"selections.{name}.trigger"
        raise_if_any(paper.root / file, (
            line for chain in typed.selections[name].trigger
            for line in unknown(where, chain, paper.definition.trigger.chains)
        ))  # fmt: skip
        result[name] = fill_defaults(content, typed)["selections"][name]
    return result


def with_paper_selection(
    paper: KaonSearch, sample: str, variation: str
) -> tuple[Mapping, Mapping]:
    """The entry of a sample and the settings of a variation, with the paper's selection if it differs."""
    entry, settings = paper.samples[sample], paper.varied_settings(variation)
    for name, normalisation in settings["normalisation"].items():
        own = _of_variation(paper, name, variation)
        if normalisation["sample"] != sample or own == _of_analysis(settings, normalisation):
            continue
        channel = settings["channels"][normalisation["channel"]]
        current = channel["selections"][normalisation["selection"]]
        region = {normalisation["region"]: own.pop("region")}
        selections = {
            **channel["selections"], PAPER_SELECTION: {**current, **own, "regions": region},
        }  # fmt: skip
        changed = {normalisation["channel"]: {**channel, "selections": selections}}
        settings = {**settings, "channels": {**settings["channels"], **changed}}
        if "selections" in entry:
            entry = {**entry, "selections": [*entry["selections"], PAPER_SELECTION]}
    return entry, settings


def _of_analysis(settings: Mapping, normalisation: Mapping) -> dict:
    """What the acceptance of a normalisation channel depends on, as the analysis has it."""
    selections = settings["channels"][normalisation["channel"]]["selections"]
    found = selections[normalisation["selection"]]
    names = ("final_state", "charge", "cuts", "identification", "trigger")
    region = found["regions"].get(normalisation["region"])
    return {**{name: found[name] for name in names}, "region": region}


def _of_variation(paper: KaonSearch, name: str, variation: str) -> dict:
    """The paper's own selection under a variation: another one under a hypothesis alone."""
    own, entry = paper.paper_selections[name], paper.variation(variation)
    if variation == NOMINAL or not entry["compared"]:
        return dict(own)
    place = paper.settings["normalisation"][name]
    overlay = entry.get("paper", {}).get("channels", {}).get(place["channel"], {})
    overlay = overlay.get("selections", {}).get(place["selection"], {})
    if place["region"] in overlay.get("regions", {}):
        overlay = {**overlay, "region": overlay["regions"][place["region"]]}
    known = {key: value for key, value in overlay.items() if key in own}
    return overlaid(own, known, paper.file)
