"""A search for a rare kaon decay that is normalised to a known one: NA62's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from searches.na62 import checks as kaon_checks
from searches.na62 import data as kaon_data
from searches.na62 import publication
from searches.na62.parameters import (
    detector_numbers,
    differences,
    sample_values,
    selection_values,
)
from searches.search import NOMINAL, STAGES, Paper

#: Parts of a search's file that the maps of particle identification are made from.
_IDENTIFICATION = "identification"


class KaonSearch(Paper):
    """One search: its settings, its detector, its samples and its variations."""

    experiment = "na62"
    schema = "kaon_paper"
    detector_schema = "na62_detector"
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

    def __init__(self, name: str, config: Mapping, root: Path, config_files: str):
        super().__init__(name, config, root, config_files)
        self.samples = self.settings["samples"]
        if self.data_file is not None:
            self.tables += kaon_data.TABLES
        self.figures += publication.further_figures(self)
        kaon_checks.check_meaning(self)

    # ------------------------------------------------------------------ samples

    def number_of_events(self, sample: str, variation: str = NOMINAL) -> int:
        """Decays to generate; a variation may change the sample's `events_factor`."""
        entry = self.varied_settings(variation)["samples"][sample]
        return round(self.config["statistics"][entry["statistics"]] * entry["events_factor"])

    def runs(self) -> Iterator[tuple[str, str]]:
        """All (sample, variation) of the search."""
        for sample in self.samples:
            yield sample, NOMINAL
        for variation, entry in self.settings["variations"].items():
            for sample in entry["samples"]:
                if self.config["variations"] == "all" or variation in self.config["variations"]:
                    yield sample, variation

    def samples_of(self, channel: str, role: str | None = None) -> list[str]:
        """Names of the samples that the channel's selections see."""
        return [
            name
            for name, entry in self.samples.items()
            if channel in entry["channels"] and role in (None, entry["role"])
        ]

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
            for name in ("aim", "largest_missing_gev", "largest_missing_pt_gev")
            if name in entry
        }
        return {
            "mode": entry["mode"],
            "options": options,
            "decay_in_flight": entry["decay_in_flight"],
            "photons_convert": entry["photons_convert"],
            "radiation": settings["generation"]["final_state_radiation"],
            "detector": detector_numbers(self.varied_detector(variation)),
        }

    def selections_of_run(self, sample: str, variation: str) -> list[str]:
        """The variations whose selections read the recorded events of a run: itself, first.

        Variations that begin with the selection are selected together with nominal.
        """
        if variation != NOMINAL:
            return [variation]
        return [NOMINAL, *(v for s, v in self.runs() if s == sample and self._only_selects(v))]

    def _only_selects(self, variation: str) -> bool:
        return variation != NOMINAL and self.variation(variation)["stage"] == "selection"

    def selection_parameters(self, sample: str, variation: str) -> dict[str, dict]:
        """By variation: the selections that a sample goes through, and what they need.

        Whole for the run's own variation, which is the first, and what differs for the others.
        """
        first, *others = self.selections_of_run(sample, variation)
        whole = self._selection_parameters(sample, first)
        return {
            first: whole,
            **{
                name: differences(whole, self._selection_parameters(sample, name))
                for name in others
            },
        }

    def _selection_parameters(self, sample: str, variation: str) -> dict:
        return selection_values(
            self.samples[sample], self.varied_settings(variation), self.varied_detector(variation)
        )

    def data_parameters(self) -> dict:
        """All that the selection of the user's own events depends on."""
        return kaon_data.selection_parameters(self)

    def identification_parameters(self, variation: str) -> dict:
        return self.varied_settings(variation)[_IDENTIFICATION]

    def closure_parameters(self) -> dict[str, dict]:
        """The kinds of probes of identification, and how many decays of each."""
        return {
            name: {
                **{key: value for key, value in entry.items() if key != "statistics"},
                "n_events": self.config["statistics"][entry["statistics"]],
            }
            for name, entry in self.settings["closure"].items()
        }

    def closure_detector(self) -> dict[str, dict]:
        """The nominal detector, as numbers."""
        return detector_numbers(self.detector)

    def background_parameters(self, channel: str) -> dict:
        """How acceptances become expected events."""
        entry = self.channels[channel]
        systematic = entry["background_systematic"]
        return {
            "samples": sample_values(self.samples, self.samples_of(channel)),
            "varied_modes": self._varied_modes(channel),
            "recomputation": self.recomputation(channel),
            "signal": entry["signal"],
            "systematic": dict.fromkeys(systematic["samples"], systematic["fraction"]),
            "pileup": entry.get("pileup"),
            "chains": {name: found["trigger"] for name, found in entry["selections"].items()},
            "trigger": self.settings["trigger"],
        }

    def _varied_modes(self, channel: str) -> dict[str, dict[str, str]]:
        """By variation: decay modes of samples that have another than nominally."""
        return {
            variation: modes
            for variation in self.variations_of(channel)
            if (modes := {
                name: entry["mode"]
                for name, entry in self.varied_settings(variation)["samples"].items()
                if name in self.samples_of(channel) and entry["mode"] != self.samples[name]["mode"]
            })
        }

    def control_sample_parameters(self, channel: str) -> dict:
        """Selections with inverted identification, and how their events become a background."""
        entry = self.channels[channel]
        selections = entry["selections"]
        return {
            "samples": sample_values(self.samples, self._background_samples(channel)),
            "recomputation": self.recomputation(channel),
            "trigger": self.settings["trigger"],
            "chains": selections[entry["signal"]["selection"]]["trigger"],
            "data_driven": {
                process: {
                    "selection": name,
                    "chains": selections[name]["trigger"],
                    "regions": selections[name]["regions"],
                }
                for process, name in entry["data_driven"].items()
            },
        }

    def _background_samples(self, channel: str) -> list[str]:
        """Backgrounds of the signal's selection; the normalisation channel is one of them."""
        return [
            *self.samples_of(channel, "background"), *self.samples_of(channel, "normalisation")
        ]

    def sensitivity_parameters(self, channel: str) -> dict:
        """What turns two acceptances into a single-event sensitivity."""
        entry = self.channels[channel]
        target = entry["limit"]["signal_acceptance"]["mean"]
        return {
            "recomputation": self.recomputation(channel),
            "signal": entry["signal"],
            "normalisation": self.normalisation(channel),
            "neutral_pion_acceptance": target if entry["neutral_pion_factor"] else None,
        }

    def recomputation(self, channel: str) -> dict:
        """Published inputs of the single-event sensitivity, as `lnvsearch.sensitivity` takes them."""
        limit = self.channels[channel]["limit"]
        counted = self._normalisation_entry(channel)
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
        normalisation = self.channels[channel]["normalisation"]
        return {
            **self.channels[channel]["limit"],
            "normalised_to": "normalisation_channel",
            "recomputation": self.recomputation(channel),
            "inputs": self.origin_of_inputs(
                f"channels.{channel}.limit.", f"normalisation.{normalisation}."
            ),
            "background_samples": [*self._background_samples(channel), "pileup"],
            "signal": {
                "channel": channel,
                **{name: self.channels[channel]["signal"][name] for name in ("selection", "region")},
            },
        }

    def variation_descriptions(self) -> dict[str, str]:
        return {name: entry["description"] for name, entry in self.settings["variations"].items()}

    def validation_parameters(self) -> dict:
        """Where the quantities of the validation table are measured."""
        return {
            "channels": {
                channel: {
                    "signal": entry["signal"],
                    "normalisation": self.normalisation(channel),
                    "trigger": entry["selections"][entry["signal"]["selection"]]["trigger"],
                    "alike": self._is_like_normalisation(channel),
                }
                for channel, entry in self.channels.items()
            },
            "trigger": self.settings["trigger"],
        }

    def _is_like_normalisation(self, channel: str) -> bool:
        """Whether the known decay has the channel's particles, but for their charges."""
        known = self.normalisation(channel)
        selection = self.channels[known["channel"]]["selections"][known["selection"]]
        states = (self.channels[channel]["final_state"], selection["final_state"])
        one, other = (sorted(name.rstrip("+-") for name in state) for state in states)
        return one == other

    def warm_up_parameters(self) -> dict:
        """What compiles every kernel that the search's jobs will call."""
        return {
            name: {
                "simulation": self.simulation_parameters(name, NOMINAL),
                "selection": self._selection_parameters(name, NOMINAL),
                "identification": self.identification_parameters(NOMINAL),
            }
            for name in self.samples
        }

    # --------------------------------------------------------------------- files

    def identification_file(self, variation: str) -> str:
        """The maps of a variation; a map of the user's own replaces all."""
        own = self.settings[_IDENTIFICATION].get("file")
        if own is not None:
            return str(self.root / own)
        varies = _IDENTIFICATION in self.variation(variation).get("paper", {})
        return f"results/{self.name}/identification/{variation if varies else NOMINAL}.json"

    def identification_files(self, sample: str, variation: str) -> list[str]:
        """The maps of `selections_of_run`, in its order."""
        return [self.identification_file(name) for name in self.selections_of_run(sample, variation)]

    def run_files(self, folder: str, channel: str) -> list[str]:
        """One table for each job that selects a sample of the channel."""
        names = set(self.samples_of(channel))
        return [
            f"results/{self.name}/{folder}/{sample}/{variation}.csv"
            for sample, variation in self.runs()
            if sample in names and self._is_recorded_again(variation)
        ]

    def _is_recorded_again(self, variation: str) -> bool:
        stage = self.variation(variation)["stage"]
        return variation == NOMINAL or STAGES.index(stage) <= STAGES.index("detector")

    def channel_file(self, folder: str, channel: str, suffix: str = "csv") -> str:
        return f"results/{self.name}/{folder}/{channel}.{suffix}"

    def nominal_spectra(self, channel: str) -> list[str]:
        return [
            self._file("selection", "spectra", sample, NOMINAL, "csv")
            for sample in self.samples_of(channel)
        ]

    def control_sample_files(self, channel: str) -> list[str]:
        """Candidates of the samples of `control_sample_parameters`, in its order."""
        return [self.selected_file(sample) for sample in self._background_samples(channel)]

    def validation_inputs(self) -> dict[str, list[str]]:
        """Acceptances, losses by single cuts and sensitivities, and the candidates themselves."""
        candidates = {}
        for channel, entry in self.channels.items():
            for choice in (entry["signal"], self.normalisation(channel)):
                for sample, variation in self.runs():
                    if sample == choice["sample"] and self._is_recorded_again(variation):
                        path = self.selected_file(sample, variation)
                        candidates[f"candidates_{sample}__{variation}"] = path
        return {**self.result_files("acceptance", "losses", "sensitivity"), **candidates}

    def _normalisation_entry(self, channel: str) -> Mapping:
        return self.settings["normalisation"][self.channels[channel]["normalisation"]]

    def normalisation(self, channel: str) -> dict:
        """Where the decay that the channel is normalised to is selected, and its acceptance."""
        return self.normalisation_parameters(self.channels[channel]["normalisation"])

    def normalisation_parameters(self, name: str) -> dict:
        """Where a normalisation channel is selected, and its published acceptance."""
        entry = self.settings["normalisation"][name]
        place = {key: entry[key] for key in ("channel", "sample", "selection", "region")}
        return {**place, "acceptance": entry["acceptance"]["mean"]}

    def calibration_channel_file(self, channel: str) -> str:
        return self.channel_file("calibration", self.channels[channel]["normalisation"], "json")

    def limit_inputs(self, channel: str) -> dict[str, str]:
        """Results that the limit of a channel needs beside published numbers, by name."""
        return {
            "sensitivity": self.channel_file("sensitivity", channel, "json"),
            "background": self.channel_file("background", channel),
            **kaon_data.limit_inputs(self, channel),
        }

    # ------------------------------------------------------------- publication

    def result_files(self, *folders: str) -> dict[str, str]:
        """Result tables of all channels: {"<folder>_<channel>": path}."""
        suffixes = {"limits": "json", "sensitivity": "json", "calibration": "json"}
        return {
            f"{folder}_{channel}": self.channel_file(folder, channel, suffixes.get(folder, "csv"))
            for folder in folders
            for channel in (self.settings["normalisation"] if folder == "calibration"
                            else self.channels)
        }

    def results(self) -> dict:
        return publication.results(self)

    def leaves(self) -> list[str]:
        """All that `rule all` asks of the search: the cut flows, too."""
        return [*super().leaves(), *self.result_files("cutflow").values()]
