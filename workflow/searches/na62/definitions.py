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
        "Whether charged particles radiate photons, in every sample that does not say otherwise."
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

    final_state: _Final = key("PDG names: the pion first, then the leptons (and a pi0 last).")
    charge: int = key("Total charge of the three tracks.", ge=-3, le=3)
    identified_as: Annotated[list[_Track], Field(min_length=3, max_length=3)] = key(
        "Inverted identification: what the three tracks are identified as, where it is not what the "
        "final state, whose masses they get, has; the same charges in the same order.", None,
    )  # fmt: skip
    cuts: cuts_of(CUTS) = key("The cuts in their order; each with its parameters, see below.")
    identification: Annotated[list[Literal["lkr", "rich", "muon"]], Once] = key(
        "Which identification each track undergoes."
    )
    trigger: Names = key("Chains of the trigger whose OR collects the events.")
    regions: Annotated[
        dict[Name, Annotated[list[Window], Field(min_length=1)]], Field(min_length=1)
    ] = key(
        "Named mass windows in GeV, each [low, high]; two windows leave a hole between them."
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
    """A sample that goes through a selection, and a region of that selection."""

    sample: Name = key("Name of a sample.")
    selection: Name = key("Name of a selection of the channel.")
    region: Name = key("Name of a region of that selection.")


class PaperSelection(Keys):
    """The paper's own selection of a normalisation channel, for which it prints the acceptance."""

    final_state: _Final = key("PDG names: the pion first, then the leptons (and a pi0 last).")
    charge: int = key("Total charge of the three tracks.", ge=-3, le=3)
    cuts: cuts_of(CUTS) = key("The cuts in their order, as in the search's file.")
    identification: Annotated[list[Literal["lkr", "rich", "muon"]], Once] = key(
        "Which identification each track undergoes."
    )
    trigger: Names = key("Chains of the trigger whose OR collects the events.")
    region: Annotated[list[Window], Field(min_length=1)] = key("Mass windows in GeV.")


class PaperSelections(Keys):
    """A file of the paper's own selections of its normalisation channels, by name."""

    selections: dict[Name, PaperSelection] = key("By entry of `normalisation`.")


class Normalisation(Choice):
    """A normalisation channel; its numbers are the published ones, unless they are given here."""

    channel: Name = key("Channel whose selections it goes through.")
    paper_selection: str = key(
        "YAML file that has the paper's own selection under the name of this entry, from the "
        "project's root.  The flat factor is found in it, whatever cuts the analysis has; without "
        "it in the selection as it stands here.", None,
    )  # fmt: skip
    candidates: int = key("Selected decays.", ge=1, le=10**12)
    contamination: float = key("Background among them as a fraction.", ge=0, lt=1)
    branching_fraction: PositiveEstimate = key("Its uncertainty is external.")
    acceptance: PositiveEstimate = key(
        "Systematic uncertainty, without what cancels against the signal's."
    )


class Pileup(Keys):
    """Accidental photons, from the counts in the sidebands of the photons' times."""

    sideband_events: int = key(
        "Events with one photon out of time; the published number unless given.", ge=0, le=10**9
    )
    width_ratio: float = key(
        "Width of the sidebands over that of the window; the published one unless given.", gt=0, le=1e6
    )
    control_width_mev: float = key("Width of the control region.", gt=0, le=1e4)
    signal_width_mev: float = key("Width of the signal region.", gt=0, le=1e4)


class BackgroundSystematic(Keys):
    """Systematic uncertainty of expected events, as the paper assigns it."""

    samples: Annotated[list[Name], Once] = key("Samples that have it.")
    fraction: float = key(
        "Relative to the expected events; the published number unless given.", ge=0, le=100
    )


class Limit(LimitKeys):
    __doc__ = LimitKeys.__doc__

    single_event_sensitivity: PositiveEstimate = key(
        "Branching fraction at which one event is expected."
    )
    signal_acceptance: PositiveEstimate = key(
        "Systematic uncertainty, without what cancels against the normalisation channel's."
    )
    further_branching_fraction: PositiveEstimate = key(
        "Of a decay of a signal particle; its uncertainty is external; 1 without it.", None
    )


class Channel(Keys):
    """A signal decay with its selections and its limit."""

    final_state: _Final = key("PDG names of the signal's particles.")
    normalisation: Name = key("Entry of `normalisation` that counts the kaons.")
    signal: Choice = key("Where the acceptance of the signal is taken.")
    limit: Limit
    selections: Annotated[dict[Name, Selection], Field(min_length=1)] = key(
        "The selections of the channel, by name."
    )
    background_systematic: BackgroundSystematic = Field(
        default_factory=lambda: BackgroundSystematic(samples=[], fraction=0.0)
    )
    data_driven: dict[Name, Name] = key(
        "Backgrounds that are estimated from control samples with inverted identification, too: "
        "process (a sample bkg_<process>) -> selection with identified_as.  Its events are weighted "
        "with the probabilities of misidentification and with the ratio of downscalings.", {},
    )  # fmt: skip
    pileup: Pileup = key("", None)
    neutral_pion_factor: bool = key(
        "Find a further factor for the pi0, from the published acceptance of the signal, which is "
        "then no prediction.", False,
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- samples


class Sample(Keys):
    """A simulated decay."""

    mode: Literal[tuple(MODES)] = key("Decay mode (lnvsearch.generation.kaon.MODES).")
    role: Literal["signal", "normalisation", "background", "control"] = key(
        "What the sample is for."
    )
    statistics: Literal["kaon_signal", "kaon_background", "kaon_rare", "kaon_control"] = key(
        "Entry of `statistics` in the configuration."
    )
    events_factor: float = key("Multiplies the number of events.", 1, gt=0, le=1e4)
    wanted_uncertainty: list[WantedUncertainty] = wanted_uncertainty()
    channels: Names = key("Channels whose selections it goes through.")
    selections: Names = key("Only these selections; all of the channel's without it.", None)
    label: str = key("Name in tables and figures, if not the decay's.", None, min_length=1)
    aim: bool = key(
        "Importance sampling: neutrinos and photons fly backwards more often.", False
    )
    largest_missing_gev: Positive = key(
        "Events in which neutrinos and photons take more energy in the laboratory are not simulated "
        "further.", None,
    )  # fmt: skip
    largest_missing_pt_gev: Positive = key("The same for their transverse momentum.", None)
    final_state_radiation: bool = key(
        "Whether the sample's charged particles radiate, where the generation has them radiate.", True
    )
    photons_convert: bool = key(
        "All photons of the decay convert in the first chamber, with the probability as weight.",
        False,
    )
    decay_in_flight: Literal["natural", "off", "none", "one", "downstream", "upstream"] = key(
        "Decays of charged pions: as nature has them, none, or topologies with weights (no decay, "
        "one, two or more behind or before the last beam magnet).", "natural",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- closure


class Kinematics(Keys):
    """Windows of the kinematic selection (lnvsearch.experiments.na62.selection.probes.Kinematics)."""

    total_momentum_deviation_maximum_gev: Positive = key(
        "Pions: of the three tracks' momentum from the beam's; 2.5 without it.", None
    )
    transverse_momentum_maximum_gev: Positive = key(
        "Pions: of the three tracks; 0.03 without it.", None
    )
    missing_mass_squared_maximum_gev2: Positive = key(
        "Positrons and muons: distance of the squared missing mass from zero; 0.01 without it.", None
    )
    transverse_momentum_minimum_gev: float = key(
        "Positrons, against pi+ pi0: of track and pi0; 0 without it.", None, ge=0
    )
    pi0_mass_squared_distance_minimum_gev2: float = key(
        "Positrons, against pi+ pi0: distance of the squared mass missing beside the track, taken "
        "for a pion, from the pi0's; 0 without it.", None, ge=0,
    )  # fmt: skip
    photon_energy_minimum_gev: Positive = key(
        "Clusters with more are photons; 2 without it.", None
    )


class Probe(Keys):
    """Particles of a kinematically selected decay."""

    mode: Literal["pi_pi_pi", "e_nu_pi0", "mu_nu"] = key("The control decay.")
    statistics: Literal["kaon_control"] = key("Entry of `statistics` in the configuration.")
    maps: Annotated[list[Literal[tuple(Maps.model_fields)]], Field(min_length=1), Once] = key(
        "Maps that are measured."
    )
    momentum_gev: Window = key("Range of momentum.")
    contamination: Annotated[list[Literal["pi_pi0", "mu_nu_pi0", "e_nu_pi0"]], Once] = key(
        "Other decays whose share among the probes is estimated.", []
    )
    kinematics: Kinematics = Field(default_factory=Kinematics)


class Closure(Keys):
    """Tag and probe on simulated control decays: the maps that went in must come out."""

    pion: Probe = key("Pions of a kinematically selected decay.")
    electron: Probe = key("Positrons of a kinematically selected decay.")
    pion_of_muon_search: Probe = key(
        "Pions again, for the maps and momenta of a search with muons.", None
    )
    muon: Probe = key("Muons of a kinematically selected decay.", None)


class ReferenceSelection(Keys):
    """A selection of K3pi decays whose acceptance NA62's analysis package states."""

    mode: Literal["pi_pi_pi"] = key("The decay.")
    statistics: Literal["kaon_signal", "kaon_control"] = key(
        "Entry of `statistics` in the configuration."
    )
    planes: Planes = key("Detectors whose acceptance all tracks are in.")
    chi_square_maximum: Positive = key("Largest chi^2 of the vertex.")
    z_minimum_m: Positive = key("Where vertices begin.")
    z_maximum_m: Positive = key("Where they end.")
    momentum_deviation_maximum_gev: Positive = key("Total momentum, from the beam's.")
    mass_gev: Window = key("Window of the mass of three pions.")


class KaonKeys(SearchKeys):
    """A search for a rare kaon decay."""

    detector: Literal["na62"] = key("Name of the response in config/detectors/.")
    generation: Generation
    channels: Annotated[dict[Name, Channel], Field(min_length=1)] = key("Signal decays searched for.")
    normalisation: Annotated[dict[Name, Normalisation], Field(min_length=1)] = key(
        "Normalisation channels, which count the kaons; one flat factor each is calibrated to the "
        "channel's published acceptance alone."
    )
    samples: Annotated[dict[Name, Sample], Field(min_length=1)] = key("Simulated decays.")
    identification: Identification
    trigger: Trigger
    closure: Closure
    reference_selection: ReferenceSelection = key(
        "A check from outside the papers, in the table `validation`.", None
    )
