"""The keys of config.yaml, and those that the files of all searches share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from lnvsearch.detector.parameters import PROVENANCES
from searches.keys import Keys, Name, Names, Once, Positive, either, key

STAGES = ("generation", "detector", "selection", "statistics")
NOMINAL = "nominal"

Prior = Literal[
    "none", "lognormal", "lognormal-mean", "truncated-gaussian", "truncated-gaussian-mean", "gamma",
    "posterior-gamma",
]  # fmt: skip


def _events(meaning: str, default: int, minimum: int = 100) -> Any:
    return key(meaning, default, ge=minimum, le=10**10)


class Statistics(Keys):
    """Simulated events a sample, by the purpose of the sample.

    A sample with `wanted_uncertainty` has what that needs, and this at most.
    """

    signal: int = _events("Events of each signal sample (the paper has 100,000).", 100_000)
    calibration: int = _events(
        "Events of the sample on which the one calibrated scalar is found.", 200_000
    )
    control: int = _events("Events of each control sample.", 100_000)
    background: int = _events("Events of each exclusive background.", 200_000)
    inclusive: int = _events("Inclusive events, from pythia.", 200_000)
    identification: int = _events("Draws at each point of the mis-identification maps.", 10_000, 10)
    kaon_signal: int = _events(
        "Decays of each signal and normalisation sample of the kaon searches.", 2_000_000, 1000
    )
    kaon_background: int = _events(
        "Decays of each background of the kaon searches (some samples take a multiple).",
        40_000_000, 1000,
    )  # fmt: skip
    kaon_rare: int = _events(
        "Weighted decays of each topology of three pions that decay in flight.", 10_000_000, 1000
    )
    kaon_control: int = _events(
        "Decays of each control sample of the kaon searches.", 1_000_000, 1000
    )
    recast: int = _events(
        "Decays a mass of each grid of a recast (some decays take a multiple).", 400_000, 1000
    )


class WantedUncertainty(Keys):
    """A number of a sample, and how well it must be known."""

    channel: Name = key("Channel of the selection.")
    selection: Name = key("The selection.")
    region: Name = key("Region of the selection in which the sample's acceptance is.")
    percent: float = key("Relative statistical uncertainty that is wanted.", gt=0, le=100)


def wanted_uncertainty() -> Any:
    """The key of a sample that says what its number of events follows from."""
    return key(
        "Uncertainties that the sample's numbers need: it has the events that reach all of them, as "
        "an earlier run tells (docs/scaling.md), and those of `statistics` at most.  Without it, all "
        "of those.", None, min_length=1,
    )  # fmt: skip


def _path(path: str) -> str:
    if not path or set(path) & set("{}\0"):
        raise ValueError(f"{path!r} is not allowed; give a path without braces, or null")
    return path


class NumberOfParents(Keys):
    """A number of decays with its standard uncertainty."""

    mean: float = key("Central value.", gt=0, le=1e20)
    sigma: float = key("Standard uncertainty.", 0.0, ge=0, le=1e20)


class OffResonance(Keys):
    """Recorded events at an energy without signal, for the background from the continuum."""

    file: Annotated[str, AfterValidator(_path)] = key("Path of the ROOT file.")
    energy_gev: float = key("Centre-of-mass energy.", gt=0, le=100)
    luminosity_per_pb: float = key("Integrated luminosity.", gt=0, le=1e9)


class Data(Keys):
    """Recorded events of the search of that name: docs/events.md describes the file of a collider
    search, docs/kaon_events.md that of a kaon search."""

    file: Annotated[str, AfterValidator(_path)] | None = key("Path of the ROOT file, or null for none.")
    tree: str = key("Name of the tree of events in that file.", "Events", min_length=1)
    branches: dict[str, str] = key(
        "What the file calls branches that have another name: the document's on the left, the file's on "
        "the right.", {},
    )  # fmt: skip
    n_parents: NumberOfParents = key(
        "Decays of the parent that the file stands for, of a search that counts them; the search's own "
        "number unless given.", None,
    )  # fmt: skip
    luminosity_per_pb: float = key(
        "Integrated luminosity of the file, where `off_resonance` is scaled to it; the search's own unless "
        "given.", None, gt=0, le=1e9,
    )  # fmt: skip
    off_resonance: list[OffResonance] = key(
        "Data at other energies, of a search with a background from the continuum.", []
    )
    unblind: bool = key(
        "Open the signal window, or the masked region of a kaon search, of that file.  It takes a "
        "frozen analysis: `snakemake freeze` (docs/running.md).", False,
    )  # fmt: skip
    open: Literal["masked", "signal"] = key(
        "How far `unblind` opens a kaon search: `masked`, the masked region without the signal's; "
        "`signal`, both.", "signal",
    )  # fmt: skip
    masked_first: bool = key(
        "Whether the signal region of a kaon search opens only after the masked one, with the same "
        "manifest.", True,
    )  # fmt: skip


class CombinedPart(Keys):
    """A channel of a search, or a subset of its events, in a combination."""

    paper: Name = key("The search.")
    channel: Name = key("Its channel.")
    subset: Name = key(
        "Name of a subset of the channel's events that no other part has; all of them without it.",
        None,
    )
    fraction: float = key(
        "Share of the channel's expected signal and background in the subset.", 1.0, gt=0, le=1
    )
    observed: int = key("Count in the subset.", None, ge=0, le=10**9)
    rate: float = key(
        "Branching fraction of the part over the one that is limited, as the model says.", 1.0,
        gt=0, le=1e6,
    )  # fmt: skip


class Combination(Keys):
    """Channels with one limit in common: of one final state, or linked by a model, and with no event
    in two of them.  It is made where all its searches are among `papers`."""

    title: str = key("What is combined, and under which assumption.", min_length=1)
    model: str = key(
        "What links different final states, in words; without it all parts have one.", None,
        min_length=1,
    )  # fmt: skip
    common_efficiency_percent: float = key(
        "Relative uncertainty of the efficiencies that all parts share; the rest of each channel's "
        "is its own, and common to its subsets.", 0.0, ge=0, lt=100,
    )  # fmt: skip
    parts: Annotated[dict[Name, CombinedPart], Field(min_length=2)] = key("The channels, by name.")


class ChannelOfSearch(Keys):
    """A channel of a search that is recast."""

    paper: Name = key("The search.")
    channel: Name = key("Its channel, or the decay through N of its recast.")


class Shares(Keys):
    """Shares of |U_e|², |U_μ|², |U_τ|² in |U|², on any scale; one at least above 0."""

    e: float = key("Of the electron.", 0.0, ge=0, le=1e6)
    mu: float = key("Of the muon.", 0.0, ge=0, le=1e6)
    tau: float = key("Of the tau.", 0.0, ge=0, le=1e6)

    def problems(self) -> Iterator[tuple[str, str]]:
        if not self.e + self.mu + self.tau > 0.0:
            yield "e", "all shares are 0; give one flavour a share above 0"


class MixingLimits(Keys):
    """Limits on |U|² of a heavy neutral lepton N with one pattern of mixing, in results/interpretation,
    from the grids of all recasts (docs/recasting.md)."""

    shares: Shares
    combined: Annotated[list[ChannelOfSearch], Field(min_length=1)] = key(
        "Channels with one limit in common; those whose search is not among `papers`, or is not recast, "
        "are left out."
    )
    chirality: Literal["isotropic", "v_minus_a"] = key("Of the vertices of N, in the grids.", "v_minus_a")


class Config(Keys):
    """The knobs of the analysis."""

    papers: Names = key("The searches to regenerate, each named after its file in config/papers/.")
    base_seed: int = key(
        "The one seed from which every random stream derives.", 20250917, ge=0, le=10**18
    )
    statistics: Statistics = Field(default_factory=Statistics)
    variations: either(text=Literal["all"], list=Annotated[list[Name], Once]) = key(
        "The word `all` for every variation of the kaon searches, or a list of their names.", "all"
    )
    confidence_level: float = key("Confidence level of every upper limit.", 0.90, gt=0, lt=1)
    majorana_masses_gev: either(
        text=Literal["paper"], list=Annotated[list[Positive], Field(min_length=1)]
    ) = key("The word `paper` for the masses of the paper's scan, or a list of masses in GeV.", "paper")
    recast_masses: int | None = key(
        "Masses of each grid of a recast, fewer than the search's file has; null for all.", None, ge=2
    )
    recast_lifetimes: int | None = key("The same of lifetimes.", None, ge=3)
    keep_events: bool = key(
        "Keep what the detectors record of every sample (results/<search>/recorded, gigabytes): a "
        "changed cut then simulates nothing again.", False,
    )  # fmt: skip
    events_per_job: int | None = key(
        "Cut samples of more events into several jobs, or null for one job a sample.  A job takes "
        "whole chunks (a quarter of the sample, 50,000 events or 100,000 kaon decays at most), and "
        "results do not depend on it.", None, ge=1,
    )  # fmt: skip
    data: dict[str, Data] = key("Recorded events to search beside the simulation, by search.", {})

    combinations: dict[Name, Combination] = key(
        "Limits from several channels together, in results/combinations.", {}
    )
    mixing_limits: dict[Name, MixingLimits] = key("Limits on the mixing of a heavy neutral lepton, by name.", {})
    mixing_steps: int = key(
        "Steps of each flavour's share in |U|² on the page of `snakemake explore`.", 10, ge=1, le=20
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        masses = self.majorana_masses_gev
        if masses != "paper" and len({f"{mass:.3f}" for mass in masses}) < len(masses):
            yield "majorana_masses_gev", "two masses agree within 0.001 GeV; keep one"


# ---------------------------------------------------------------------- shared by all searches' files


class Estimate(Keys):
    """A number with its standard uncertainty."""

    mean: float = key("Central value.", ge=0, le=1e6)
    sigma: float = key("Standard uncertainty.", ge=0, le=1e6)


class PositiveEstimate(Keys):
    """A number above 0 with its standard uncertainty."""

    mean: float = key("Central value.", gt=0, le=1e6)
    sigma: float = key("Standard uncertainty.", ge=0, le=1e6)


class LimitKeys(Keys):
    """How the paper sets its limit.  The numbers are the published ones (resources/published), unless
    they are given here."""

    method: Literal["rolke", "cls", "feldman-cousins", "bayesian"] = key("The paper's own method.")
    bounded: bool = key("Bounded likelihood (Rolke).", False)
    priors: Annotated[list[Prior], Field(min_length=1), Once] = key(
        "Shapes of uncertain background and efficiency for cls, feldman-cousins and bayesian "
        "(lnvsearch.statistics.nuisance).", ["lognormal-mean"],
    )  # fmt: skip
    observed: int = key("Published count.", ge=0, le=10**9)
    background: Estimate = key("Published background in events.")


class Parent(Keys):
    """The decaying particles that the experiment recorded."""

    particle: str = key("PDG name.")
    number: float = key("How many there are; the published number unless given.", gt=0, le=1e20)


class Efficiency(Keys):
    """Published efficiency."""

    mean: float = key("Central value.", gt=0, le=1)
    relative_sigma_percent: float = key("Its total uncertainty.", ge=0, le=100)


class ParentLimit(LimitKeys):
    __doc__ = LimitKeys.__doc__

    efficiency: Efficiency
    other_efficiencies: dict[Name, Annotated[float, Field(gt=0, le=1)]] = key(
        "Other values of the efficiency that the paper prints, by the name of the limit's variant.",
        {},
    )


class Variation(Keys):
    """An overlay: a few keys of this file, or of the detector's, with other values."""

    stage: Literal[STAGES] = key("Where the variation begins.")
    description: str = key(
        "What is varied; of one that is compared, the note in the comparison.", min_length=1
    )
    compared: bool = key(
        "Whether it is a hypothesis that is set against the paper's numbers, and no systematic "
        "variation.", False,
    )  # fmt: skip
    legend: str = key(
        "Of one that is compared: its name in the figure of ratios of acceptances; it is not drawn "
        "without one.", None, min_length=1,
    )  # fmt: skip
    assumption: bool = key(
        "Whether it stands for numbers without a source of their own: its effect is then a row of the "
        "table of assumptions.", False,
    )  # fmt: skip
    provenance: Literal[(*PROVENANCES, "published_2019")] = key(
        "Of an assumption: where numbers of this file come from that do not say it themselves.",
        "assumed",
    )
    calibrated: bool = key("Whether the calibrated scalar is applied.", True)
    paper: dict[str, Any] = key("Keys of this file with other values.", None)
    detector: dict[str, Any] = key("Keys of the detector's file with other values.", None)
    samples: Names = key("Samples it runs on.")

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.calibrated and not (self.paper or self.detector):
            yield "paper", "missing; without it or `detector` the variation changes nothing: add one"
        if self.legend is not None and not self.compared:
            yield "legend", "only a variation that is compared is drawn; add compared: true, or remove it"


def _not_nominal(variations: dict[str, Variation]) -> dict[str, Variation]:
    if NOMINAL in variations:
        raise ValueError(f"{NOMINAL}: the name of the files without overlay; rename it")
    return variations


Variations = Annotated[dict[Name, Variation], AfterValidator(_not_nominal)]


def _table_name(name: str) -> str:
    if name in ("limits_by_method", "undercoverage") or name.startswith("data_"):
        raise ValueError("every search has a table of this name; choose another")
    return name


def _figure_name(name: str) -> str:
    if name in ("coverage_map", "acceptance_dalitz", "acceptance_ratio"):
        raise ValueError("every search has a figure of this name; choose another")
    return name


class Figure(Keys):
    """A figure: what it shows, and of which channel."""

    draw: Name = key(
        "What the figure shows: an entry of FIGURES of the paper's module, or of its experiment's "
        "(lnvsearch.publication.contents)."
    )
    channel: Name = key("Channel whose spectra are drawn.", None)
    panels: Annotated[dict[Name, str], Field(min_length=1)] = key(
        "masses: selections to draw with their titles; all selections without it.", None
    )


class EventDisplay(Keys):
    """One simulated event, drawn in the detector: the first of a sample that is selected."""

    sample: str = key("Sample of the event.", min_length=1)
    tree: str = key(
        "Tree of its file of selected events, `piee_lnv` for the selection lnv of the channel piee; "
        "not needed at BESIII.", "",
    )  # fmt: skip
    title: str = key("What the picture shows, above it.", min_length=1)


class SearchKeys(Keys):
    """What the files of all searches have."""

    paper: Name = key("Short name; that of the file.")
    title: str = key("Title for figures and tables.", min_length=1)
    companion: Name = key(
        "Another search whose published numbers this one's are compared with.", None
    )
    detector: Name = key("Name of the response in config/detectors/.")
    data_sets: Names = key(
        "Periods of data that were searched, by names that all searches with this detector share; two "
        "searches with one in common may hold the same events.", None,
    )  # fmt: skip
    variations: Variations = key("Overlays of this file or of the detector's.")
    tables: dict[Annotated[Name, AfterValidator(_table_name)], Name] = key(
        "Tables to make: name of the file, and what it holds: an entry of TABLES of the paper's "
        "module, or of its experiment's (lnvsearch.publication.contents)."
    )
    figures: dict[Annotated[Name, AfterValidator(_figure_name)], Figure] = key(
        "Figures to make, besides those that every search has: name of the file, and what it shows."
    )
    event_displays: dict[Name, EventDisplay] = key(
        "Events to draw in the detector (figures/event_<name>).", {}
    )
