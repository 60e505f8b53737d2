"""A search at a collider with simulated samples: J/psi -> K+ K+ e- e- at BESIII, and its like."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.files import NotUtf8Error, open_text
from searches.besiii import checks, definitions, own_data, publication, steps
from searches.besiii.decays import with_mass
from searches.besiii.definitions import BesiiiKeys
from searches.besiii.steps import SELECTION
from searches.configuration import ConfigurationError, checked, fill_defaults, read_yaml
from searches.search import NOMINAL, PARENT_INPUTS, PARENT_SECTIONS, Paper


@dataclass(frozen=True)
class Sample:
    """One simulated decay; `kind` is decay, cocktail or inclusive.

    `entry`: its name in the search's `samples`, if variations may change its decay.
    """

    name: str
    kind: str
    model: str
    statistics: str
    mass_gev: float | None = None
    decay: Mapping | None = None
    final_state: tuple[str, ...] | None = None
    without_cuts: tuple[str, ...] = ()
    entry: str | None = None


class ColliderSearch(Paper):
    """One search: its settings, its detector, its samples and its variations."""

    experiment = "besiii"
    steps = steps.STEPS
    keys = BesiiiKeys
    response = BesiiiResponse
    publication_settings = publication.SETTINGS
    published_inputs = re.compile(
        rf"{PARENT_INPUTS}|mass_scan\.(first|last|step)_gev|chi_square_scan\.punzi_constant"
        r"|calibration\.target|systematics\.\w+\.external_percent(\[\d+\]\.percent)?"
    )
    published_sections = PARENT_SECTIONS | {"mass_scan"}
    simulation_sections = ("systematics.",)
    weighs_decays = True
    data_keys = own_data.DATA_KEYS

    def prepare(self) -> None:
        self.calibration = self.settings.get("calibration")
        self.steps = steps.steps_of(self.settings)
        checks.check_before_samples(self)
        self.calibration_cuts = self._calibration_cuts()
        self.masses_gev = self._masses()
        self.samples = {sample.name: sample for sample in self._samples()}
        if self.data_file is not None:
            self.tables += tuple(name for name in own_data.DATA_TABLES if name in self.contents.TABLES)
        checks.check_meaning(self)

    def _calibration_cuts(self) -> list[dict]:
        """The paper's own selection, from the file that the calibration names."""
        if self.calibration is None:
            return []
        file = self.reads(self.root / self.calibration["selection"])
        content = read_yaml(file)
        typed = checked(definitions.PaperSelection, content, file)
        return fill_defaults(content, typed)["selection"]

    # ------------------------------------------------------------------ samples

    def _masses(self) -> tuple[float, ...]:
        if not any(entry["at_each_mass"] for entry in self.settings["samples"].values()):
            return ()
        chosen = self.config["majorana_masses_gev"]
        if chosen != "paper":
            return tuple(sorted(chosen))
        scan = self.settings["mass_scan"]
        first, step = scan["first_gev"], scan["step_gev"]
        number = round((scan["last_gev"] - first) / step) + 1
        return tuple(round(first + i * step, 6) for i in range(number))

    def _samples(self) -> Iterator[Sample]:
        channel = next(iter(self.channels.values()))
        signal_state = tuple(channel["final_state"])
        for name, entry in self.settings["samples"].items():
            for mass in self.masses_gev if entry["at_each_mass"] else (None,):
                yield Sample(
                    name=name if mass is None else f"{name}_m{mass:.3f}",
                    kind="decay",
                    model=entry["model"],
                    statistics=entry["statistics"],
                    mass_gev=mass,
                    decay=with_mass(entry["decay"], mass),
                    final_state=tuple(entry.get("final_state", signal_state)),
                    without_cuts=tuple(entry["without_cuts"]),
                    entry=name,
                )
        if self.calibration is not None:
            decay = self.settings["samples"][self.calibration["like"]]["decay"]
            yield Sample(
                self.calibration["sample"], "decay", "phase_space", "calibration", decay=decay,
                final_state=signal_state,
            )  # fmt: skip
        backgrounds = self.settings.get("backgrounds")
        if backgrounds is None:
            return
        for mode in self.cocktail_modes():
            yield Sample(
                f"bkg_{mode}", "cocktail", mode, backgrounds["statistics"],
                final_state=signal_state,
            )
        yield Sample(
            backgrounds["inclusive_sample"], "inclusive", "inclusive", "inclusive",
            final_state=signal_state,
        )

    def cocktail_file(self) -> str:
        file = Path(self.settings["backgrounds"]["cocktail"])
        if file.parts[0] == "resources":
            return str(self.resource(str(file.relative_to("resources"))))
        return str(self.root / file)

    def cocktail_modes(self) -> list[str]:
        """Names of the exclusive backgrounds, in the order of the cocktail's table."""
        try:
            with open_text(self.reads(self.cocktail_file())) as stream:
                rows = csv.DictReader(line for line in stream if not line.startswith("#"))
                return [row["sample"].removeprefix("bkg_") for row in rows]
        except (FileNotFoundError, KeyError, NotUtf8Error) as error:
            lost = f"{self.cocktail_file()} is missing or has no column `sample`; restore the file"
            said = error if isinstance(error, NotUtf8Error) else lost
            raise ConfigurationError(f"{self.file}: backgrounds.cocktail: {said}") from None

    def sample_names(self, base: str) -> list[str]:
        """All samples of an entry of `samples`: itself, or one for each mass."""
        if self.settings["samples"][base]["at_each_mass"]:
            return [f"{base}_m{mass:.3f}" for mass in self.masses_gev]
        return [base]

    def systematic_sources(self) -> list[dict]:
        """Rows of the systematic uncertainties; of an external number, whether it is overridden."""
        return [
            {**row, "inputs": self.origin_of_inputs(f"systematics.{row['source']}.")}
            for row in self.settings["systematics"]
        ]

    def processes(self) -> list[str]:
        """The sources of systematic uncertainties."""
        return [row["source"] for row in self.settings["systematics"]]

    def efficiency_sample(self, channel: str) -> str:
        return self.channels[channel]["efficiency_sample"]

    def own_number_of_events(self, sample: str, variation: str = NOMINAL) -> int:
        one = self.samples[sample]
        wanted = self.settings["samples"].get(one.entry, {}).get("wanted_uncertainty")
        return self.wanted_events(sample, wanted, self.config["statistics"][one.statistics])

    def signal_window(self) -> list[float]:
        window = next(c for c in self.settings["selection"] if c["cut"] == "signal_window")
        return [window["mass_minimum_gev"], window["mass_maximum_gev"]]

    def cut_flow_samples(self) -> list[str]:
        """Phase space, and the lowest, middle and highest mass of the scan's model."""
        model = self.channels[self.channel].get("scan_model")
        scan = [s.name for s in self.samples.values() if s.model == model and s.mass_gev]
        chosen = [scan[0], scan[len(scan) // 2], scan[-1]] if scan else []
        return [self.efficiency_sample(self.channel), *dict.fromkeys(chosen)]

    def sample_models(self) -> dict[str, dict]:
        """Model and mass of every sample that ends in the tables."""
        return {
            sample.name: {"model": sample.model, "mass_gev": sample.mass_gev}
            for sample in self.samples.values()
        }

    # --------------------------------------------------------------- variations

    def runs(self) -> list[tuple[str, str]]:
        """All (sample, variation) of the search that end in a cut flow."""
        result = [
            (sample.name, NOMINAL)
            for sample in self.samples.values()
            if sample.statistics != "calibration"
        ]
        for variation, entry in self.settings["variations"].items():
            for base in entry["samples"]:
                result += [(name, variation) for name in self.sample_names(base)]
        return result

    # --------------------------------------------------------- parameters of jobs

    def simulation_parameters(self, sample: str, variation: str) -> dict:
        """All that a sample's recorded events depend on, but their number and the calibration.

        A variation that begins with the detector has the nominal generation.
        """
        return {
            "generation": self._generation(sample, self.job_of(variation)),
            "detector": self.varied_detector(variation),
            "is_calibrated": self.is_calibrated(variation),
            **({"muons": True} if self._has_muons() else {}),
        }

    def _has_muons(self) -> bool:
        """Whether the selection of any sample looks for muons."""
        states = [sample.final_state or () for sample in self.samples.values()]
        return any(name.startswith("mu") for state in states for name in state)

    def simulation_inputs(self, sample: str, job: str) -> dict:
        """The cocktail's table, and the overlay with the calibrated scalar, where they are used."""
        is_cocktail = self.samples[sample].kind == "cocktail"
        together = self.recorded_together(sample, job)
        return {
            "cocktail": [self.cocktail_file()] if is_cocktail else [],
            "overlay": [self.calibration_file()] if any(map(self.is_calibrated, together)) else [],
        }

    def _generation(self, sample: str, variation: str) -> dict:
        """How the decays of a sample are generated; without decay and cocktail, inclusive ones."""
        entry = self.samples[sample]
        settings = self.varied_settings(variation)
        decay = entry.decay
        if entry.entry is not None:
            decay = with_mass(settings["samples"][entry.entry]["decay"], entry.mass_gev)
        weighted = filter(self.is_by_weights, self.selected_together(sample, variation))
        weights = {name: self.weighted_decay(entry, name) for name in weighted}
        return {
            "decay": decay,
            **({"weights": weights} if weights else {}),
            "cocktail": (
                {"file": self.cocktail_file(), "sample": sample} if entry.kind == "cocktail" else None
            ),
            "beam": {
                name: self._beam(name) for name in ("momentum_x_gev", "momentum_z_spread_gev")
            },
            **settings["generation"],
        }

    def weighted_decay(self, sample: Sample, variation: str) -> Mapping:
        """The decay for which nominal's events stand in a variation by weights."""
        varied = self.varied_settings(variation)["samples"][sample.entry]
        return with_mass(varied["decay"], sample.mass_gev)

    def _beam(self, name: str) -> float:
        """A number of the detector's section `beam`."""
        return self.detector["beam"][name]["value"]

    def selection_parameters(self, sample: str, variation: str) -> dict:
        """The selection of a sample, and under which names it stands in tables."""
        control = bool(self.samples[sample].without_cuts)
        return {
            "selection": self.selection_of_sample(sample, variation),
            "channel": self.channel,
            "selection_name": "control" if control else SELECTION,
        }

    def selection_of_sample(self, sample: str, variation: str) -> dict:
        """All that the selection of a sample depends on; a scan's cuts end with its mass bin."""
        entry = self.samples[sample]
        settings = self.varied_settings(variation)
        cuts = [cut for cut in settings["selection"] if cut["cut"] not in entry.without_cuts]
        if entry.mass_gev is not None:
            cuts.append(
                {
                    "cut": "majorana_mass_bin",
                    "mass_gev": entry.mass_gev,
                    "width_gev": settings["mass_bin"]["width_gev"],
                    "masses": settings["mass_bin"]["masses"],
                }
            )
        return self.selection_settings(cuts, entry.final_state)

    def calibration_selection(self) -> dict:
        """The selection in which the detector is calibrated: no change of the analysis changes it."""
        sample = self.samples[self.calibration["sample"]]
        return self.selection_settings(self.calibration_cuts, sample.final_state)

    def identification_cuts(self) -> list[dict]:
        """The cuts that take a track for a kaon or an electron: all that the map depends on."""
        return [cut for cut in self.settings["selection"] if cut["cut"] in definitions.IDENTIFICATION]

    def selection_settings(self, cuts: list[dict], final_state) -> dict:
        """Cuts, with what they must know of the decay and of the beams."""
        return {
            "cuts": cuts,
            "final_state": list(final_state),
            "parent": self.parent,
            "momentum_x_gev": self._beam("momentum_x_gev"),
            "magnetic_field_t": self._beam("magnetic_field_t"),
        }

    def selection_and_regions(self) -> tuple[dict, dict]:
        cuts = self.settings["selection"]
        bins = {"mass_bin": self.settings.get("mass_bin"), "masses_gev": self.masses_gev}
        regions = {"signal": self.signal_window(), **bins}
        final_state = self.channels[self.channel]["final_state"]
        without = [cut for cut in cuts if cut["cut"] != "signal_window"]
        return self.selection_settings(without, final_state), regions

    def own_numbers(self) -> dict:
        return own_data.own_numbers(self)

    def closed_windows(self) -> dict[str, list[list[float]]]:
        return {f"{self.channel}/{SELECTION}": [self.signal_window()]}

    def data_parameters(self) -> dict:
        cuts = self.settings["selection"]
        return {
            "selection": self.selection_settings(
                cuts if self.is_unblinded else _blinded(cuts),
                self.channels[self.channel]["final_state"],
            ),
            "channel": self.channel,
            "selection_name": SELECTION,
            "window_gev": self.signal_window(),
            "is_unblinded": self.is_unblinded,
            "tree": self.data_tree,
            "branches": dict(self.data_branches),
            **({"mass_bins": {**self.settings["mass_bin"], "masses_gev": list(self.masses_gev)}}
               if self.masses_gev else {}),
        }  # fmt: skip

    def warm_up_parameters(self) -> dict:
        """What compiles every kernel that the search's jobs will call."""
        sample = self.efficiency_sample(self.channel)
        if self.calibration is not None:
            sample = self.calibration["sample"]
        return {
            "simulation": self.simulation_parameters(sample, NOMINAL),
            "selection": self.selection_of_sample(sample, NOMINAL),
        }

    # --------------------------------------------------------------------- files

    def background_samples(self) -> list[str]:
        """Names of the exclusive backgrounds, in the order of the cocktail's table."""
        return [f"bkg_{mode}" for mode in self.cocktail_modes()]

    def identification_files(self, sample: str, job: str) -> list[str]:
        """The map that weighs the events of an exclusive background; nothing for other samples."""
        if self.samples[sample].kind != "cocktail":
            return []
        return [f"results/{self.name}/identification/{NOMINAL}.json"]

    @property
    def channel(self) -> str:
        """The first channel: the one whose events are simulated."""
        return next(iter(self.channels))

    def result(self, folder: str, suffix: str) -> str:
        """A result file of the simulated channel."""
        return self.channel_file(folder, self.channel, suffix)

    def limit_inputs(self, channel: str) -> dict[str, str]:
        inputs = super().limit_inputs(self.channel) | own_data.limit_inputs(self)
        if "backgrounds" not in self.settings:
            del inputs["background"]
        return inputs

    def scan_inputs(self, channel: str) -> dict[str, str]:
        """Results that the limits against mass need besides published numbers, by name."""
        return {
            "efficiencies": self.channel_file("efficiencies", channel),
            "systematics": self.channel_file("systematics", channel, "_by_mass.csv"),
            **own_data.limit_inputs(self),
        }

    def is_calibrated(self, variation: str) -> bool:
        """Whether the detector of a variation has the calibrated scalar."""
        return self.calibration is not None and self.variation(variation).get("calibrated", True)

    def calibration_file(self) -> str:
        """The overlay with the calibrated scalar."""
        return f"results/{self.name}/calibration/overlay.yaml"

    def overlay_files(self) -> list[str]:
        """That file, if the search calibrates its detector."""
        return [] if self.calibration is None else [self.calibration_file()]

    # ------------------------------------------------------------- publication

    def results(self) -> dict:
        return publication.results(self)


def _blinded(cuts: list[dict]) -> list[dict]:
    """The cuts with the signal window closed, from the moment on when its mass is known."""
    window = next(cut for cut in cuts if cut["cut"] == "signal_window")
    result = [cut for cut in cuts if cut is not window]
    place = [cut["cut"] for cut in result].index("kinematic_fit") + 1
    return [*result[:place], {**window, "cut": "closed_window"}, *result[place:]]
