"""The keys of a search at NA62 (config/papers/na62_*.yaml)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from lnvsearch.generation.kaon.modes import MODES
from searches.definitions import (
    LimitKeys,
    PositiveEstimate,
    SearchKeys,
    WantedUncertainty,
    wanted_uncertainty,
)
from searches.keys import Keys, Name, Names, Once, Positive, Window, cuts_of, key
from searches.na62.recast import KaonRecast
from searches.na62.cuts import CUTS, Identification, Maps, Planes, Trigger

_Particle = Literal["pi+", "pi-", "mu+", "mu-", "e+", "e-", "pi0"]
_Track = Literal["pi+", "pi-", "mu+", "mu-", "e+", "e-"]
_Final = Annotated[list[_Particle], Field(min_length=3, max_length=4)]
#: Names of particles in those of identification maps.
_KINDS = {"pi": "pion", "mu": "muon", "e": "electron"}


def _charge(particles: list[str]) -> int:
    return sum({"+": 1, "-": -1}.get(name[-1], 0) for name in particles)


class Generation(Keys):
    """How all decays are generated."""

    final_state_radiation: bool = key(
        "Whether charged particles radiate photons. A sample can switch this off for itself."
    )


# ---------------------------------------------------------------------------------------- selections


class Spectrum(Keys):
    """Bins of the mass spectrum that is drawn."""

    low_gev: float = key("Lower end.", ge=0, le=10)
    high_gev: float = key("Upper end.", gt=0, le=10)
    width_gev: float = key("Width of a bin.", gt=0, le=10)

    def problems(self) -> Iterator[tuple[str, str]]:
        if (self.high_gev - self.low_gev) / self.width_gev > 10_000:
            yield "width_gev", f"{self.width_gev} makes more than 10000 bins; give a larger one"


class Selection(Keys):
    """One selection of three-track vertices."""

    final_state: _Final = key("PDG names of the particles: first the pion, then the leptons, last a pi0 if there is one.")
    charge: int = key("Total charge of the three tracks.", ge=-3, le=3)
    identified_as: Annotated[list[_Track], Field(min_length=3, max_length=3)] = key(
        "For a control sample with inverted identification: the particles that the three tracks are identified "
        "as. Masses are those of `final_state`. Order and charges are the same as there.", None,
    )  # fmt: skip
    cuts: cuts_of(CUTS) = key("The cuts, in their order. The table of cuts below lists the parameters of each.")
    identification: Annotated[list[Literal["lkr", "rich", "muon"]], Once] = key(
        "Detectors that identify each track."
    )
    trigger: Names = key("Trigger chains. An event is taken if one of them fires (OR).")
    regions: Annotated[
        dict[Name, Annotated[list[Window], Field(min_length=1)]], Field(min_length=1)
    ] = key(
        "Mass regions, by name. Each is a list of windows [low, high] in GeV; a region with a gap has two windows."
    )
    spectrum: Spectrum

    def problems(self) -> Iterator[tuple[str, str]]:
        tracks = [name for name in self.final_state if name != "pi0"]
        if len(tracks) != 3:
            yield "final_state", f"{len(tracks)} charged particles; give three (and a pi0)"
        elif self.charge != _charge(tracks):
            yield "charge", f"{self.charge}, but the final state has {_charge(tracks)}; fix one"
        yield from self._problems_of_inversion(tracks)
        # The masked region holds the signal's: both stay closed in data together.
        signal = self.regions.get("signal", ())
        masked = self.regions.get("masked", signal)
        for low, high in signal:
            if not any(begin <= low and high <= end for begin, end in masked):
                yield "regions.masked", (
                    f"{masked} does not hold the signal region [{low}, {high}]; widen it"
                )

    def _problems_of_inversion(self, tracks: list[str]) -> Iterator[tuple[str, str]]:
        """Inverted identification has the final state's charges, and a map for what it exchanges."""
        for one, other in zip(self.identified_as or (), tracks, strict=False):
            if one[-1] != other[-1]:
                yield "identified_as", (
                    f"{one} has not the charge of {other}; keep the final state's order"
                )
            kinds = [_KINDS[name.rstrip("+-")] for name in (one, other)]
            if kinds[0] != kinds[1] and "_to_".join(kinds) not in Maps.model_fields:
                yield "identified_as", (
                    f"no map says how often {one} is taken for {other}; exchange others"
                )


class Choice(Keys):
    """A sample, a selection that it passes, and a mass region of that selection."""

    sample: Name = key("Name of a sample.")
    selection: Name = key("Name of a selection of the channel.")
    region: Name = key("Name of a mass region of that selection.")


class PaperSelection(Keys):
    """The paper's selection of a normalisation channel. Its acceptance is printed in the paper."""

    final_state: _Final = key("PDG names of the particles: first the pion, then the leptons, last a pi0 if there is one.")
    charge: int = key("Total charge of the three tracks.", ge=-3, le=3)
    cuts: cuts_of(CUTS) = key("The cuts in their order, as in the search's file.")
    identification: Annotated[list[Literal["lkr", "rich", "muon"]], Once] = key(
        "Detectors that identify each track."
    )
    trigger: Names = key("Trigger chains. An event is taken if one of them fires (OR).")
    region: Annotated[list[Window], Field(min_length=1)] = key("Mass windows in GeV.")


class PaperSelections(Keys):
    """A file of the paper's own selections of its normalisation channels, by name."""

    selections: dict[Name, PaperSelection] = key("By entry of `normalisation`.")


class Normalisation(Choice):
    """A normalisation channel. Its numbers are the published ones, unless you give others here."""

    channel: Name = key("Channel that has the selection.")
    paper_selection: str = key(
        "YAML file with the selection of the paper, under the name of this entry. The path starts at the top "
        "folder. The flat factor is determined with this selection, also if you change the cuts of the "
        "analysis. Default: the selection of the analysis.", None,
    )  # fmt: skip
    candidates: int = key("Number of selected decays.", ge=1, le=10**12)
    contamination: float = key("Fraction of background among them.", ge=0, lt=1)
    branching_fraction: PositiveEstimate = key("Branching fraction. Its uncertainty is called external.")
    acceptance: PositiveEstimate = key(
        "Acceptance. Its uncertainty is systematic, without the part that cancels in the ratio to the signal."
    )


class Pileup(Keys):
    """Background from accidental photons, estimated from sidebands in the photons' time."""

    sideband_events: int = key(
        "Number of events with one photon in the time sidebands. Default: the published number.", ge=0, le=10**9
    )
    width_ratio: float = key(
        "Width of the time sidebands divided by the width of the time window. Default: the published ratio.", gt=0, le=1e6
    )
    control_width_mev: float = key("Width of the control region in mass.", gt=0, le=1e4)
    signal_width_mev: float = key("Width of the signal region in mass.", gt=0, le=1e4)


class BackgroundSystematic(Keys):
    """Systematic uncertainty that the paper assigns to expected background events."""

    samples: Annotated[list[Name], Once] = key("Samples with this uncertainty.")
    fraction: float = key(
        "Uncertainty divided by the number of expected events. Default: the published number.", ge=0, le=100
    )


class Limit(LimitKeys):
    __doc__ = LimitKeys.__doc__

    single_event_sensitivity: PositiveEstimate = key(
        "Branching fraction at which one event is expected."
    )
    signal_acceptance: PositiveEstimate = key(
        "Acceptance of the signal. Its uncertainty is systematic, without the part that cancels in the ratio to "
        "the normalisation channel."
    )
    further_branching_fraction: PositiveEstimate = key(
        "Branching fraction of the decay of a particle of the signal (the pi0). Its uncertainty is called "
        "external. Default: 1.", None
    )


class Channel(Keys):
    """A signal decay with its selections and its limit."""

    final_state: _Final = key("PDG names of the signal's particles.")
    normalisation: Name = key("Entry of `normalisation` that gives the number of kaons.")
    signal: Choice = key("Sample, selection and region that give the acceptance of the signal.")
    limit: Limit
    selections: Annotated[dict[Name, Selection], Field(min_length=1)] = key(
        "The selections of the channel, by name."
    )
    background_systematic: BackgroundSystematic = Field(
        default_factory=lambda: BackgroundSystematic(samples=[], fraction=0.0)
    )
    data_driven: dict[Name, Name] = key(
        "Backgrounds that are also estimated from a control sample with inverted identification. On the left "
        "the process (its sample is bkg_<process>), on the right a selection with `identified_as`. Its events "
        "are weighted with the misidentification probability and with the ratio of the downscalings.", {},
    )  # fmt: skip
    pileup: Pileup = key("", None)
    neutral_pion_factor: bool = key(
        "Whether a second factor, for the pi0, is determined from the published acceptance of the signal. "
        "This acceptance is then not a prediction.", False,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- samples


class Sample(Keys):
    """A simulated decay."""

    mode: Literal[tuple(MODES)] = key("Decay mode (lnvsearch.generation.kaon.MODES).")
    role: Literal["signal", "normalisation", "background", "control"] = key(
        "Purpose of the sample."
    )
    statistics: Literal["kaon_signal", "kaon_background", "kaon_rare", "kaon_control"] = key(
        "Entry of `statistics` in the configuration."
    )
    events_factor: float = key("Multiplies the number of events.", 1, gt=0, le=1e4)
    wanted_uncertainty: list[WantedUncertainty] = wanted_uncertainty()
    channels: Names = key("Channels whose selections are applied to the sample.")
    selections: Names = key("Selections that are applied. Default: all selections of the channels.", None)
    label: str = key("Name in tables and figures. Default: the name of the decay.", None, min_length=1)
    aim: bool = key(
        "Importance sampling: neutrinos and photons are emitted backwards more often, and events get weights.", False
    )
    largest_missing_gev: Positive = key(
        "Largest energy of all neutrinos and photons in the laboratory. Events above it are not simulated "
        "further.", None,
    )  # fmt: skip
    largest_missing_pt_gev: Positive = key(
        "Largest transverse momentum of all neutrinos and photons. Events above it are not simulated "
        "further.", None,
    )  # fmt: skip
    decays_with_same_energies: int = key(
        "Decays in a row that share the energies of the kaon's own daughters, where drawing these takes longest. "
        "Each is turned by itself, and has its own further decays, radiation and kaon.", None, ge=1, le=100,
    )  # fmt: skip
    thinned_below_weight: Positive = key(
        "Of the decays whose true particles no selection of the sample's channels would take, one in twenty is "
        "simulated further (one in ten with a pi0, one in five with muons), with the inverse as weight; and of "
        "the others those below this weight in proportion to it.", None,
    )  # fmt: skip
    final_state_radiation: bool = key(
        "false switches photon radiation off for this sample.", True
    )
    photons_convert: bool = key(
        "Whether all photons of the decay convert in the first chamber. The conversion probability is then a weight.",
        False,
    )
    decay_in_flight: Literal["natural", "off", "none", "one", "downstream", "upstream"] = key(
        "Decays of charged pions in flight. `natural`: with their lifetime. `off`: they never decay. The others are "
        "weighted samples: `none`, no pion decays; `one`, one decays; `downstream` and `upstream`, two or more "
        "decay and the kaon decays behind or before the last beam magnet.", "natural",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- closure


class Kinematics(Keys):
    """Windows of the kinematic selection (lnvsearch.experiments.na62.selection.probes.Kinematics)."""

    total_momentum_deviation_maximum_gev: Positive = key(
        "For pions: largest difference between the momentum of the three tracks and the beam's. Default: 2.5.", None
    )
    transverse_momentum_maximum_gev: Positive = key(
        "For pions: largest transverse momentum of the three tracks. Default: 0.03.", None
    )
    missing_mass_squared_maximum_gev2: Positive = key(
        "For positrons and muons: largest |missing mass squared|. Default: 0.01.", None
    )
    transverse_momentum_minimum_gev: float = key(
        "For positrons: smallest transverse momentum of track and pi0. It rejects pi+ pi0. Default: 0.", None, ge=0
    )
    pi0_mass_squared_distance_minimum_gev2: float = key(
        "For positrons: smallest difference between the squared missing mass, with the pion mass for the "
        "track, and the squared pi0 mass. It rejects pi+ pi0. Default: 0.", None, ge=0,
    )  # fmt: skip
    photon_energy_minimum_gev: Positive = key(
        "Smallest energy of a photon cluster. Default: 2.", None
    )


class Probe(Keys):
    """Tag and probe with one kind of particle. The decay is selected by its kinematics alone."""

    mode: Literal["pi_pi_pi", "e_nu_pi0", "mu_nu"] = key("The control decay.")
    statistics: Literal["kaon_control"] = key("Entry of `statistics` in the configuration.")
    maps: Annotated[list[Literal[tuple(Maps.model_fields)]], Field(min_length=1), Once] = key(
        "Identification maps that are measured."
    )
    momentum_gev: Window = key("Range of momentum of the probes, [low, high].")
    contamination: Annotated[list[Literal["pi_pi0", "mu_nu_pi0", "e_nu_pi0"]], Once] = key(
        "Other decays. Their fraction among the probes is estimated.", []
    )
    kinematics: Kinematics = Field(default_factory=Kinematics)


class Closure(Keys):
    """Closure test: tag and probe on simulated control decays must give back the maps of the simulation."""

    pion: Probe = key("Tag and probe with pions.")
    electron: Probe = key("Tag and probe with positrons.")
    pion_of_muon_search: Probe = key(
        "Tag and probe with pions, for the maps and momenta of a search with muons.", None
    )
    muon: Probe = key("Tag and probe with muons.", None)


class ReferenceSelection(Keys):
    """A selection of K+ -> pi+ pi+ pi- decays. NA62's analysis package gives its acceptance."""

    mode: Literal["pi_pi_pi"] = key("The decay.")
    statistics: Literal["kaon_signal", "kaon_control"] = key(
        "Entry of `statistics` in the configuration."
    )
    planes: Planes = key("Detectors that all tracks must hit.")
    chi_square_maximum: Positive = key("Largest chi^2 of the vertex.")
    z_minimum_m: Positive = key("Smallest z of the vertex.")
    z_maximum_m: Positive = key("Largest z of the vertex.")
    momentum_deviation_maximum_gev: Positive = key("Largest difference between the total momentum and the beam's.")
    mass_gev: Window = key("Window of the mass of three pions.")


class KaonKeys(SearchKeys):
    """A search for a rare kaon decay."""

    detector: Literal["na62"] = key("Name of the detector's file in config/detectors/.")
    generation: Generation
    channels: Annotated[dict[Name, Channel], Field(min_length=1)] = key("Signal decays searched for.")
    normalisation: Annotated[dict[Name, Normalisation], Field(min_length=1)] = key(
        "Normalisation channels: they give the number of kaons. One flat factor for each makes its simulated "
        "acceptance equal to the published one."
    )
    samples: Annotated[dict[Name, Sample], Field(min_length=1)] = key("Simulated decays.")
    identification: Identification
    trigger: Trigger
    closure: Closure
    recast: KaonRecast = key("", None)
    reference_selection: ReferenceSelection = key(
        "A check with a number that is not from the papers. The result is in the table `validation`.", None
    )
