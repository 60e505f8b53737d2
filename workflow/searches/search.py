"""One search: its settings, variations and files, as the rules need them.

`Paper` is what all searches have in common; the search of an experiment adds its samples and jobs.
What `Paper` says already is right for the simplest search: one that counts decays of a parent,
without a file of maps or numbers beside its settings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType

from searches import checks, numbers, publication, recast
from searches.configuration import (
    fill_defaults,
    overlaid,
    raise_if_any,
    read_detector,
)
from searches.definitions import NOMINAL, STAGES, SearchKeys, Variation
from searches.files_read import FilesRead
from searches.sample_jobs import SampleJobs
from searches.wanted import effective_shares, needed_events

#: Name of the sample of recorded events, if there is one.
DATA = "data"
#: Keys that the published numbers fill in where decays of a parent are counted.
PARENT_INPUTS = (
    r"parent\.number|channels\.\w+\.limit\.(observed|background\.(mean|sigma)"
    r"|efficiency\.(mean|relative_sigma_percent)|other_efficiencies\.\w+)"
)
PARENT_SECTIONS = frozenset({"background", "efficiency", "other_efficiencies"})
#: Figures of every search.
LIMIT_FIGURES = ("coverage_map",)


@dataclass(frozen=True)
class Step:
    """Inputs and settings of one step of an experiment; the rule has the name of the step.

    Both are functions of the search and of the job's wildcards: files by name, and plain values.
    """

    inputs: Callable[[Paper, object], dict]
    settings: Callable[[Paper, object], Mapping]


class Paper(SampleJobs, FilesRead):
    """One search: its settings, its detector and its variations.

    `content`: of the search's file, as read; `config`: the user's knobs.  Raises ConfigurationError,
    with all problems of the search's files, when it is made.
    """

    #: Name of the experiment.
    experiment: str
    #: Steps that the search has, by the name of their rule.
    steps: Mapping[str, Step]
    #: Definition of the keys of the search's file, and the response of its detector.
    keys: type[SearchKeys]
    response: type
    #: Settings that tables, figures and the comparison can ask for, by name.
    publication_settings: Mapping[str, publication.Setting] = publication.SETTINGS
    #: Whether a variation can be nominal's events with weights (`by_weights`).
    weighs_decays = False
    #: Keys that the published numbers fill in where the search's file does not give them.
    published_inputs = re.compile(PARENT_INPUTS)
    #: Sections that are made for them.
    published_sections = PARENT_SECTIONS
    #: Where else, but for the limit's own section, published inputs of a simulated limit stand.
    simulation_sections: tuple[str, ...] = ()

    def __init__(
        self, name: str, content: dict, config: Mapping, root: Path, config_files: str
    ):
        self.name = name
        self.config_files = config_files
        self.config = config
        self.root = root
        self.file = root / "config" / "papers" / f"{name}.yaml"
        #: The file's content with published numbers and defaults, as plain values.
        self.settings = content
        self.detector_file = root / "config" / "detectors" / f"{self.settings['detector']}.yaml"
        self.detector = read_detector(self.response, self.detector_file)
        self.published, self._given_inputs, filled_in = numbers.filled_in(self)
        #: The same as `settings`, typed; what this run uses for every published number that is entered.
        self.definition, self.entered = numbers.typed_and_entered(self, filled_in)
        fill_defaults(self.settings, self.definition)
        self.channels = self.settings["channels"]
        #: By name, what there is to know of each.
        self.samples: Mapping = self.settings["samples"]
        #: The search in whose folder the events of a job are, where several have the same.
        self.shared: dict[tuple[str, str], str] = {}
        #: Events of samples that another search simulates alike, and needs more of.
        self.needed_elsewhere: dict[str, int] = {}
        #: Names of the tables and figures that are made.
        self.tables = tuple(self.settings["tables"])
        self.figures = (*LIMIT_FIGURES, *self.settings["figures"], *recast.figures(self))
        #: Names of the decays that the search is recast for.
        self.recast_decays = tuple(recast.decays(self))
        self.prepare()
        numbers.check_accounted(self)

    def prepare(self) -> None:
        """Compute what follows from the settings and check their meaning; called last when a search is made.

        Raises ConfigurationError with every problem found.
        """
        raise_if_any(self.file, self.problems())

    def problems(self) -> Iterator[str]:
        """Problems that the definitions of the keys cannot find: `key: problem; fix` each."""
        return checks.of_every_search(self, DATA)

    def problems_of_variation(self, where: str, entry: Variation, varied: SearchKeys) -> Iterator[str]:
        """Problems of a variation, whose key is `where`; its overlay is valid, and gives `varied`."""
        return iter(())

    @property
    def parent(self) -> str:
        """PDG name of the decaying particle."""
        return self.settings["parent"]["particle"]

    # ------------------------------------------------------------- published numbers

    def compared_quantities(self) -> set[str]:
        """Published numbers that the comparison computes; `*` matches any text."""
        patterns = self.contents.COMPARISON.compares
        return {pattern.format(process=p) for pattern in patterns for p in self.processes()}

    def processes(self) -> Iterable[str]:
        """The processes that replace `{process}` in the quantities that the comparison computes."""
        return ["{process}"]

    def origin_of_inputs(self, *sections: str) -> str:
        """Whether all inputs below these keys are published numbers, or some are overridden.

        `own` in a search without published numbers.
        """
        if not len(self.published):
            return "own"
        given = [key for key in self._given_inputs if key.startswith(sections)]
        return "overridden" if given else "published"

    # ------------------------------------------------------------ the user's own data

    @property
    def data_file(self) -> str | None:
        """The user's own file of recorded events."""
        return self.config["data"].get(self.name, {}).get("file")

    @property
    def data_tree(self) -> str:
        """The name of the tree of events in that file."""
        return self.config["data"].get(self.name, {}).get("tree", "Events")

    @property
    def data_branches(self) -> Mapping[str, str]:
        """What that file calls branches that have another name."""
        return self.config["data"].get(self.name, {}).get("branches", {})

    #: Keys of `data` that normalise the file, of a search that counts parents.
    data_keys: frozenset[str] = frozenset()
    #: Regions of data that are closed until they are opened, in the order in which they open.
    closed_regions: tuple[str, ...] = ("signal",)

    @property
    def opened(self) -> tuple[str, ...]:
        """The closed regions that the user has opened."""
        chosen = self.config["data"].get(self.name, {})
        if not chosen.get("unblind", False):
            return ()
        is_last = chosen.get("open", "signal") == "signal"
        return self.closed_regions if is_last else self.closed_regions[:-1]

    @property
    def is_unblinded(self) -> bool:
        """Whether the signal window of the user's data is open."""
        return self.opened == self.closed_regions

    @property
    def opens_masked_first(self) -> bool:
        """Whether the signal region opens only after the masked region was opened."""
        return "masked" in self.closed_regions and self.config["data"].get(self.name, {}).get(
            "masked_first", True
        )

    def closed_windows(self) -> dict[str, list[list[float]]]:
        """Windows in mass (GeV) that stay closed until they are opened, by `channel/selection`."""
        return {}

    def selection_and_regions(self) -> tuple[Mapping, Mapping]:
        """The selection of the user's data, and separately the mass regions."""
        chosen = {"is_unblinded", "opened", "detector", "tree", "branches"}
        return {k: v for k, v in self.data_parameters().items() if k not in chosen}, {}

    def own_numbers(self) -> dict:
        """What normalises the user's data, of a search that counts parents."""
        return {}

    # --------------------------------------------------------------- variations

    def variation(self, name: str) -> Mapping:
        if name == NOMINAL:
            return {"stage": STAGES[0], "calibrated": True}
        return self.settings["variations"][name]

    def runs(self) -> Iterable[tuple[str, str]]:
        """All (sample, variation) of simulated events that end in tables."""
        for sample in self.samples:
            yield sample, NOMINAL
        for variation, entry in self.settings["variations"].items():
            for sample in entry["samples"]:
                if self.config["variations"] == "all" or variation in self.config["variations"]:
                    yield sample, variation

    def varied_settings(self, variation: str) -> dict:
        return overlaid(self.settings, self.variation(variation).get("paper", {}), self.file)

    def varied_detector(self, variation: str) -> dict:
        overlay = self.variation(variation).get("detector", {})
        return overlaid(self.detector, overlay, self.detector_file)

    # --------------------------------------------------------- parameters of jobs

    def number_of_events(self, sample: str, variation: str = NOMINAL) -> int:
        """Decays to generate, with those that another search needs of the same."""
        own = self.own_number_of_events(sample, variation)
        # All variations have as many as nominal, but those that change the number.
        is_as_nominal = own == self.own_number_of_events(sample)
        return max(own, self.needed_elsewhere.get(sample, 0)) if is_as_nominal else own

    def own_number_of_events(self, sample: str, variation: str = NOMINAL) -> int:
        """Decays that this search needs."""
        entry = self.samples[sample]
        most = self.config["statistics"][entry["statistics"]]
        return self.wanted_events(sample, entry.get("wanted_uncertainty"), most)

    def wanted_events(self, sample: str, wanted: Iterable[Mapping] | None, most: int) -> int:
        """Number of events for the wanted uncertainties of a sample, but not more than `most`."""
        if wanted is None:
            return most
        return needed_events(wanted, self.effective_shares.get(sample, {}), most)

    @cached_property
    def effective_shares(self) -> Mapping[str, Mapping[tuple[str, str, str], float]]:
        """Effective events per generated event in earlier runs (`searches.wanted`)."""
        file = self.resource(f"effective_events/{self.name}.csv")
        return effective_shares(self.reads(file)) if file.exists() else {}

    def simulation_inputs(self, sample: str, job: str) -> dict:
        """Files that the simulation of a sample reads."""
        return {}

    def simulation_parameters(self, sample: str, variation: str) -> dict:
        """All that a sample's recorded events depend on, but their number."""
        raise NotImplementedError

    def identification_files(self, sample: str, job: str) -> list[str]:
        """Maps of identification that the selection of a sample reads."""
        return []

    def selection_parameters(self, sample: str, variation: str) -> dict:
        """All that the selection of a sample depends on, but its events."""
        raise NotImplementedError

    def data_parameters(self) -> dict:
        """All that the selection of the user's own events depends on."""
        raise NotImplementedError

    def warm_up_parameters(self) -> dict:
        """Settings of the job that compiles all kernels of the search."""
        return {}

    # --------------------------------------------------------------------- files

    def samples_of(self, channel: str) -> list[str]:
        """Names of the samples that the channel's selections are applied to."""
        return list(self.samples)

    def channel_file(self, folder: str, channel: str, suffix: str = ".csv") -> str:
        """A result of one channel."""
        return f"results/{self.name}/{folder}/{channel}{suffix}"

    def by_channel(self, folder: str, suffix: str = ".csv") -> dict[str, str]:
        """A result of every channel."""
        return {name: self.channel_file(folder, name, suffix) for name in self.channels}

    def data_result(self, folder: str, name: str = f"{NOMINAL}.csv") -> str:
        """A result of the user's own events."""
        return f"results/{self.name}/{folder}/{DATA}/{name}"

    def limit_files(self) -> list[str]:
        return list(self.by_channel("limits", ".json").values())

    def limit_variants(self) -> list[str]:
        """Variations whose limits stand beside nominal's: those that are compared with the paper."""
        variations = self.settings["variations"].items()
        return [
            name for name, entry in variations if entry["compared"] or not entry["calibrated"]
        ]

    def limit_parameters(self, channel: str) -> dict:
        """How a limit is set, and from which published numbers."""
        return {
            **self.channels[channel]["limit"],
            "normalised_to": "parents",
            "n_parents": self.settings["parent"]["number"],
            "efficiency_sample": self.channels[channel]["efficiency_sample"],
            **self.origins_of_limit(f"channels.{channel}.limit.", "parent."),
        }

    def origins_of_limit(self, *sections: str) -> dict[str, str]:
        """Whether a limit's published inputs are overridden: of a derived one, below these keys,
        and of a simulated one, which takes published numbers elsewhere, too."""
        return {
            "inputs": self.origin_of_inputs(*sections),
            "simulation_inputs": self.origin_of_inputs(*sections, *self.simulation_sections),
        }

    def limit_inputs(self, channel: str) -> dict[str, str]:
        """Results that the limit of a channel needs besides published numbers, by name."""
        inputs = {
            "acceptance": self.channel_file("acceptance", channel),
            "systematics": self.channel_file("systematics", channel),
            "background": self.channel_file("background", channel, ".json"),
        }
        if self.data_file is not None and self.is_unblinded:
            inputs["data_counts"] = self.data_result("counts")
        return inputs

    # ------------------------------------------------------------- publication

    def results(self) -> dict[str, publication.Result]:
        """Results that tables, figures and the comparison can ask for, by name."""
        return publication.results(self)

    @cached_property
    def contents(self) -> ModuleType:
        """The module that declares tables, figures and the comparison."""
        return publication.module_of(self)

    def table(self, name: str) -> publication.Making:
        """How a table is made; one that the search's file does not name has its own name."""
        return publication.making(self, "TABLES", self.settings["tables"].get(name, name), {})

    def figure(self, name: str) -> publication.Making:
        """How a figure is made; one that the search's file does not name has its own name."""
        entry = self.settings["figures"].get(name) or recast.figure_entry(name)
        return publication.making(self, "FIGURES", entry["draw"], entry)

    def event_display(self, name: str) -> Mapping:
        """Sample, tree and title of an event that is drawn."""
        return self.settings["event_displays"][name]

    def event_display_inputs(self, name: str) -> dict:
        """Files from which its event is found and simulated once more."""
        sample = self.event_display(name)["sample"]
        return {
            "selected": self.selected_file(sample), **self.simulation_inputs(sample, NOMINAL)
        }

    def nominal_simulation(self, name: str) -> dict[str, Mapping]:
        """Settings of the nominal simulation of a sample, without its variations."""
        sample = self.event_display(name)["sample"]
        return {NOMINAL: self.simulation_parameters(sample, NOMINAL)}

    def label_of_mode(self, sample: Mapping) -> str | None:
        """How the decay mode of a sample is called, where the experiment has modes."""
        return None

    def comparison(self) -> publication.Making:
        """How the comparison with the published numbers is made."""
        return publication.making(self, "COMPARISON", "COMPARISON", {})

    def companion_file(self) -> str | None:
        """Published numbers of the other search by the same experiment, to which this refers."""
        other = self.settings.get("companion")
        return other and str(self.resource(f"published/{other}/numbers.csv"))

    def entered_values(self) -> list[list]:
        """What the comparison says of numbers that are entered, see lnvsearch.publication.entered."""
        return [[*key, used.value, used.source] for key, used in self.entered.items()]

    def leaves(self) -> list[str]:
        """All that `rule all` asks of the search."""
        folder = f"results/{self.name}"
        tables = ("limits_by_method", "undercoverage", *self.tables)
        return [
            *(f"{folder}/tables/{name}.csv" for name in tables),
            *(f"{folder}/figures/{name}.pdf" for name in self.figures),
            *recast.leaves(self),
            *(f"{folder}/figures/event_{name}.pdf" for name in self.settings["event_displays"]),
            f"{folder}/comparison.csv",
            f"{folder}/report",
        ]
