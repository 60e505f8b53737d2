"""Recasts of a search at NA62 for K+ -> l+ (pi0) N, N -> pi- l+: keys, checks and the step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from lnvsearch.generation.kaon.neutrino_modes import NEUTRINO_MODES, mass_range_gev
from searches import recast
from searches.checks import unknown
from searches.keys import Name, key
from searches.na62.parameters import detector_numbers
from searches.search import NOMINAL, Step

if TYPE_CHECKING:
    from searches.na62.definitions import KaonKeys
    from searches.na62.search import KaonSearch


class KaonRecastDecay(recast.RecastDecay):
    __doc__ = recast.RecastDecay.__doc__

    mode: Literal[tuple(NEUTRINO_MODES)] = key(
        "The kaon's decay (lnvsearch.generation.kaon.neutrino_modes)."
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        low, high = mass_range_gev(self.mode)
        if not low < self.masses.first_gev < self.masses.last_gev < high:
            yield "masses", f"{self.mode} has phase space between {low:.4f} and {high:.4f} GeV; stay within"


class KaonRecast(recast.Recast):
    __doc__ = recast.Recast.__doc__

    decays: Annotated[dict[Name, KaonRecastDecay], Field(min_length=1)] = key(
        "Decays through N. The name is that of a channel; the decay passes the signal selection of this channel."
    )
    vertex_variations: list[Name] = key(
        "Variations of the selection, whose shifts against a prompt decay are systematic uncertainties.",
        default_factory=list,
    )


def problems(keys: KaonKeys) -> Iterator[str]:
    """Channels and variations that the search does not have."""
    if keys.recast is None:
        return
    for decay in keys.recast.decays:
        yield from unknown("recast.decays", decay, keys.channels)
    for name in keys.recast.vertex_variations:
        yield from unknown("recast.vertex_variations", name, keys.variations)


def _inputs(paper: KaonSearch, wildcards) -> dict:
    return {
        "maps": paper.identification_file(NOMINAL),
        "calibration": paper.calibration_file(wildcards.decay),
        # What is simulated for the paper's own signal, against what it published.
        "sensitivity": paper.channel_file("sensitivity", wildcards.decay, ".json"),
    }


def _settings(paper: KaonSearch, wildcards) -> dict:
    decay = wildcards.decay
    entry = paper.channels[decay]
    wanted = entry["signal"]["selection"]
    limit = entry["limit"]
    return {
        **recast.settings(paper, decay),
        "search": {
            "mode": recast.decays(paper)[decay]["mode"],
            "detector": detector_numbers(paper.detector),
            "selection": entry["selections"][wanted],
            "region": entry["signal"]["region"],
            "trigger": paper.settings["trigger"],
        },
        "varied_selections": [
            paper.varied_settings(name)["channels"][decay]["selections"][wanted]
            for name in paper.settings["recast"]["vertex_variations"]
        ],
        "recomputation": paper.recomputation(decay),
        "limit": {k: limit[k] for k in ("observed", "background", "method", "bounded", "priors")},
    }


STEP = Step(_inputs, _settings)
