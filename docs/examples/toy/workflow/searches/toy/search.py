"""A search with the toy detector: the keys of its file, and what its jobs are given."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from lnvsearch.experiments.toy.detector import ToyResponse
from searches.definitions import Parent, ParentLimit, SearchKeys
from searches.keys import Keys, Name, cut, cuts_of, key
from searches.search import Paper, Step

_Pair = Annotated[list[str], Field(min_length=2, max_length=2)]

MASS_WINDOW = cut(
    "mass_window", "Mass of the two tracks.",
    minimum_gev=(float, key("Lower edge.", ge=0, le=100)),
    maximum_gev=(float, key("Upper edge.", ge=0, le=100)),
)  # fmt: skip


class Channel(Keys):
    """A signal decay."""

    final_state: _Pair = key("PDG names of the particles selected.")
    efficiency_sample: Name = key("Sample of the efficiency.")
    limit: ParentLimit


class Sample(Keys):
    """A simulated decay."""

    statistics: Literal["signal"] = key("Entry of `statistics` in the configuration.")
    daughters: _Pair = key("PDG names.")


class ToyKeys(SearchKeys):
    """A search with the toy detector."""

    parent: Parent
    channels: Annotated[dict[Name, Channel], Field(min_length=1, max_length=1)] = key(
        "The signal decay."
    )
    samples: dict[Name, Sample] = key("Simulated decays.")
    selection: cuts_of((MASS_WINDOW,)) = key("The cuts in their order.")


class ToySearch(Paper):
    """One search: its samples and jobs; what is not here, all searches have."""

    experiment = "toy"
    keys = ToyKeys
    response = ToyResponse
    steps = {
        "estimate_backgrounds": Step(lambda paper, w: {}, lambda paper, w: {}),
        "compute_systematics": Step(
            lambda paper, w: {"acceptance": paper.channel_file("acceptance", w.channel)},
            lambda paper, w: {"sample": paper.channels[w.channel]["efficiency_sample"]},
        ),
    }

    def simulation_parameters(self, sample: str, variation: str) -> dict:
        daughters = self.varied_settings(variation)["samples"][sample]["daughters"]
        return {
            "parent": self.parent,
            "daughters": daughters,
            "detector": self.varied_detector(variation),
        }

    def data_parameters(self) -> dict:
        return {**self.selection_parameters("data", "nominal"), "is_unblinded": self.is_unblinded}

    def selection_parameters(self, sample: str, variation: str) -> dict:
        (channel,) = self.channels
        return {
            "channel": channel,
            "final_state": self.channels[channel]["final_state"],
            "cuts": self.varied_settings(variation)["selection"],
        }
