"""A search for a rare kaon decay that is normalised to a known one: NA62's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lnvsearch.experiments.na62.detector.response import Na62Response
from lnvsearch.generation.kaon.modes import MODES
from searches.na62 import checks, publication, steps
from searches.na62.definitions import KaonKeys
from searches.na62.parameters import (
    SELECTION_SECTIONS,
    detector_numbers,
    selection_values,
)
from searches.na62.paper_selection import paper_selections, with_paper_selection
from searches.search import NOMINAL, Paper

if TYPE_CHECKING:
    from searches.definitions import Variation

#: Further tables of a search with data of the user's.
DATA_TABLES = ("data_counts", "data_sensitivity")


class KaonSearch(Paper):
    """One search: its settings, its detector, its samples and its variations."""

    experiment = "na62"
    parent = "K+"
    closed_regions = ("masked", "signal")  # CLOSED_REGIONS, without what it would import
    steps = steps.STEPS
    keys = KaonKeys
    response = Na62Response
    publication_settings = publication.SETTINGS
    published_inputs = re.compile(
        r"channels\.\w+\.(background_systematic\.fraction|pileup\.(sideband_events|width_ratio)"
        r"|limit\.(observed|(background|single_event_sensitivity|signal_acceptance"
        r"|further_branching_fraction)\.(mean|sigma)))"
        r"|normalisation\.\w+\.(candidates|contamination"
        r"|(branching_fraction|acceptance)\.(mean|sigma))"
    )
    published_sections = frozenset({
        "background", "single_event_sensitivity", "signal_acceptance", "further_branching_fraction",
        "branching_fraction", "acceptance",
    })

    def prepare(self) -> None:
        if self.data_file is not None:
            self.tables += DATA_TABLES
        self.figures += publication.further_figures(self)
        checks.check_meaning(self)
        self.paper_selections = paper_selections(self)

    def label_of_mode(self, sample: Mapping) -> str | None:
        return MODES[sample["mode"]].label

    def problems_of_variation(self, where: str, entry: Variation, varied: KaonKeys) -> Iterator[str]:
        yield from checks.check_varied_samples(self, where, entry)
        yield from checks.check_varied_names(self, where, varied)

    # ------------------------------------------------------------------ samples

    def own_number_of_events(self, sample: str, variation: str = NOMINAL) -> int:
        """Decays to generate; a variation may change the sample's `events_factor`."""
        entry = self.varied_settings(variation)["samples"][sample]
        most = round(self.config["statistics"][entry["statistics"]] * entry["events_factor"])
        return self.wanted_events(sample, entry.get("wanted_uncertainty"), most)

    def samples_of(self, channel: str, role: str | None = None) -> list[str]:
        """Names of the samples that the channel's selections see."""
        return [
            name
            for name, entry in self.samples.items()
            if channel in entry["channels"] and role in (None, entry["role"])
        ]

    def processes(self) -> Iterator[str]:
        """The decays that are simulated, as backgrounds or controls; and pileup, from its counts."""
        for name, entry in self.samples.items():
            if entry["role"] != "signal":
                yield name.partition("_")[2]
        yield "pileup"

    def variations_of(self, channel: str) -> list[str]:
        """Nominal, and all variations that run on a sample of the channel."""
        names = set(self.samples_of(channel))
        return [
            NOMINAL,
            *(v for v, entry in self.settings["variations"].items() if names & set(entry["samples"])),
        ]

    # --------------------------------------------------------- parameters of jobs

    def simulation_parameters(self, sample: str, variation: str) -> dict:
        """All that generation and detector response of a sample depend on, but its size."""
        settings = self.varied_settings(variation)
        entry = settings["samples"][sample]
        options = {
            name: entry[name]
            for name in ("aim", "largest_missing_gev", "largest_missing_pt_gev", "decays_with_same_energies")
            if name in entry
        }
        thinning = {}
        if (full_weight := entry.get("thinned_below_weight")) is not None:
            states = [self.channels[channel]["final_state"] for channel in entry["channels"]]
            with_pi0 = all("pi0" in state for state in states)
            leptons = sorted({"e", "mu"} & {name.strip("+-") for state in states for name in state})
            thinning["thinning"] = {"full_weight": full_weight, "with_pi0": with_pi0, "leptons": leptons}
        return {
            "mode": entry["mode"],
            "options": options,
            **thinning,
            "decay_in_flight": entry["decay_in_flight"],
            "photons_convert": entry["photons_convert"],
            "radiation": (
                settings["generation"]["final_state_radiation"] and entry["final_state_radiation"]
            ),
            "detector": detector_numbers(self.varied_detector(variation)),
        }

    def selection_parameters(self, sample: str, variation: str) -> dict:
        entry, settings = with_paper_selection(self, sample, variation)
        return selection_values(entry, settings, self.varied_detector(variation))

    def selection_and_regions(self) -> tuple[dict, dict]:
        selections, regions = {}, {}
        for channel, entry in self.channels.items():
            for name, one in entry["selections"].items():
                selections[f"{channel}/{name}"] = {k: v for k, v in one.items() if k != "regions"}
                regions[f"{channel}/{name}"] = one["regions"]
        decides = self.settings["identification"]["energy_over_momentum"]
        return {"selections": selections, "energy_over_momentum": decides}, regions

    def closed_windows(self) -> dict[str, list[list[float]]]:
        """Of every selection: none of those without closed regions."""
        return {
            f"{channel}/{name}": [w for region in self.closed_regions for w in one["regions"].get(region, ())]
            for channel, entry in self.channels.items() for name, one in entry["selections"].items()
        }  # fmt: skip

    def data_parameters(self) -> dict:
        """Every selection of the search, what decides on a track, and what may be seen."""
        return {
            "selections": {name: entry["selections"] for name, entry in self.channels.items()},
            "energy_over_momentum": self.settings["identification"]["energy_over_momentum"],
            "detector": detector_numbers(self.detector, SELECTION_SECTIONS),
            "is_unblinded": self.is_unblinded,
            "tree": self.data_tree,
            "branches": dict(self.data_branches),
            "opened": list(self.opened),
        }

    def recomputation(self, channel: str) -> dict:
        """Published inputs of the single-event sensitivity, as `lnvsearch.sensitivity` takes them."""
        limit = self.channels[channel]["limit"]
        counted = self.normalisation_entry(channel)
        return {
            "candidates": counted["candidates"],
            "contamination": counted["contamination"],
            "normalisation_branching_fraction": counted["branching_fraction"],
            "normalisation_acceptance": counted["acceptance"],
            **{
                name: limit[name]
                for name in ("signal_acceptance", "further_branching_fraction") if name in limit
            },
        }

    def limit_parameters(self, channel: str) -> dict:
        entry, recomputation = self.channels[channel], self.recomputation(channel)
        limit = {key: value for key, value in entry["limit"].items() if key not in recomputation}
        normalisation = f"normalisation.{entry['normalisation']}."
        own = [f"channels.{channel}.{name}." for name in ("limit", "pileup", "background_systematic")]
        return {
            **limit,
            "normalised_to": "normalisation_channel",
            "recomputation": recomputation,
            "inputs": self.origin_of_inputs(own[0], normalisation),
            "simulation_inputs": self.origin_of_inputs(*own, normalisation),
            "place": {
                "channel": channel,
                **{name: entry["signal"][name] for name in ("selection", "region")},
            },
        }

    def warm_up_parameters(self) -> dict:
        """What compiles every kernel that the search's jobs will call."""
        return {
            name: {
                "simulation": self.simulation_parameters(name, NOMINAL),
                "selection": {"events": NOMINAL, **self.selection_parameters(name, NOMINAL)},
                "identification": self.varied_settings(NOMINAL)["identification"],
            }
            for name in self.samples
        }

    # --------------------------------------------------------------------- files

    def identification_file(self, variation: str) -> str:
        """The maps of a variation; a map of the user's own replaces all."""
        own = self.settings["identification"].get("file")
        if own is not None:
            return str(self.root / own)
        varies = "identification" in self.variation(variation).get("paper", {})
        return f"results/{self.name}/identification/{variation if varies else NOMINAL}.json"

    def measured_maps(self, variation: str) -> Mapping[str, Mapping]:
        """Single maps of the user's own under a variation: file, correction, inputs and key."""
        return self.varied_settings(variation)["identification"].get("measured") or {}

    def identification_files(self, sample: str, job: str) -> list[str]:
        """The maps of `selected_together`, in its order."""
        return [self.identification_file(name) for name in self.selected_together(sample, job)]

    def normalisation_entry(self, channel: str) -> Mapping:
        return self.settings["normalisation"][self.channels[channel]["normalisation"]]

    def normalisation(self, channel: str) -> dict:
        """Where the decay that the channel is normalised to is selected, and its acceptance."""
        return self.normalisation_parameters(self.channels[channel]["normalisation"])

    def normalisation_parameters(self, name: str) -> dict:
        """Where a normalisation channel is selected, and its published acceptance."""
        entry = self.settings["normalisation"][name]
        place = {key: entry[key] for key in ("channel", "sample", "selection", "region")}
        return {**place, "acceptance": entry["acceptance"]["mean"]}

    def calibration_file(self, channel: str) -> str:
        """The flat factor of the channel's data set."""
        return self.channel_file("calibration", self.channels[channel]["normalisation"], ".json")

    def limit_inputs(self, channel: str) -> dict[str, str]:
        """Results that the limit of a channel needs besides published numbers, by name."""
        return {
            "sensitivity": self.channel_file("sensitivity", channel, ".json"),
            "background": self.channel_file("background", channel, ".json"),
            **self._data_limit_inputs(channel),
        }

    def _data_limit_inputs(self, channel: str) -> dict[str, str]:
        """What a limit of the user's data needs: nothing before the signal region is open."""
        if self.data_file is None or not self.is_unblinded:
            return {}
        return {
            "data_counts": self.data_result("counts"),
            "data_sensitivity": self.data_result("sensitivity", f"{channel}.json"),
        }

    # ------------------------------------------------------------- publication

    def results(self) -> dict:
        return publication.results(self)

    def leaves(self) -> list[str]:
        """All that `rule all` asks of the search: the cut flows, too."""
        return [*super().leaves(), *(self.channel_file("cutflow", channel) for channel in self.channels)]
