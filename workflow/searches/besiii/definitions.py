"""The keys of a search at BESIII (config/papers/besiii_2025.yaml)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from searches.definitions import (
    Parent,
    ParentLimit,
    SearchKeys,
    WantedUncertainty,
    wanted_uncertainty,
)
from searches.keys import Keys, Name, Once, cut, cuts_of, either, key

_GEV = {"gt": 0, "le": 100}
_TRACKS = {"ge": 1, "le": 100}
_Final = Annotated[list[str], Field(min_length=2)]

# ---------------------------------------------------------------------------------------------- cuts

CUTS = (
    cut("polar_angle", "Tracks within the acceptance.",
        absolute_cos_theta_maximum=(float, key("Largest cosine of the polar angle.", gt=0, le=1)),
        minimum_tracks=(int, key("Tracks that must be left.", **_TRACKS))),
    cut("impact_parameter", "Tracks from the interaction point.",
        r_xy_maximum_cm=(float, key("Largest transverse distance.", gt=0, le=1e4)),
        r_z_maximum_cm=(float, key("Largest distance along the beam.", gt=0, le=1e4)),
        minimum_tracks=(int, key("Tracks that must be left.", **_TRACKS))),
    cut("charged_tracks", "Number of tracks and their net charge.",
        minimum=(int, key("Fewest tracks.", **_TRACKS)),
        net_charge=(int, key("Sum of the charges.", ge=-100, le=100))),
    cut("kaon_identification", "Confidence levels of the kaons, without the shower's shape.",
        confidence_level_minimum=(float, key("CL_K must exceed it (and CL_pi).", ge=0, lt=1))),
    cut("electron_identification", "Confidence levels of the electrons, without the shower's shape.",
        confidence_level_minimum=(float, key("CL_e must exceed it.", ge=0, lt=1)),
        confidence_level_ratio_minimum=(float,
            key("CL_e/(CL_e + CL_K + CL_pi) must exceed it.", ge=0, lt=1))),
    cut("energy_over_momentum", "Shower energy over momentum.",
        electron_minimum=(float, key("Lowest E/p of an electron.", ge=0, le=10)),
        electron_maximum=(float, key("Highest E/p of an electron.", ge=0, le=10)),
        kaon_maximum=(float, key("Highest E/p of a kaon.", ge=0, le=10))),
    cut("like_sign_pairs", "Two kaons of one charge and two electrons of the other."),
    cut("kinematic_fit", "Four-constraint fit; the best combination is kept."),
    cut("smallest_chi_square", "The signal hypothesis must fit best.",
        hypotheses=(Annotated[list[Literal["kkpipi", "kkkk", "pipipipi"]], Field(min_length=1), Once],
            key("Hypotheses to compare with, in all track assignments."))),
    cut("chi_square", "Quality of the four-constraint fit.",
        maximum=(float, key("Largest chi^2.", gt=0, le=1e6))),
    cut("conversion_veto", "No e+e- pair, identified as such, from a photon conversion.",
        pair_mass_maximum_gev=(float, key("Mass of a conversion pair at most.", **_GEV)),
        opening_angle_maximum_rad=(float,
            key("Opening angle of a conversion pair at most.", gt=0, le=7)),
        radius_minimum_cm=(float, key("Smallest radius of its vertex.", ge=0, le=1e4)),
        radius_maximum_cm=(float, key("Largest radius of its vertex.", gt=0, le=1e4))),
    cut("signal_window", "Mass of the four particles before the fit.",
        mass_minimum_gev=(float, key("Lower edge.", ge=0, le=100)),
        mass_maximum_gev=(float, key("Upper edge.", ge=0, le=100))),
)  # fmt: skip
#: Cuts that take a track for a kaon or an electron.
IDENTIFICATION = ("kaon_identification", "electron_identification", "energy_over_momentum")
#: Cuts on the result of the fit.
_AFTER_FIT = ("smallest_chi_square", "chi_square", "conversion_veto", "signal_window")

# ------------------------------------------------------------------------------------ parts of a file


class Generation(Keys):
    """How all decays are generated."""

    final_state_radiation: bool = key("Whether charged particles radiate photons.")
    charge_conjugate: bool = key("Whether half of the events are charge conjugated.")


class Channel(Keys):
    """A signal decay; the events of the first are simulated."""

    final_state: _Final = key("PDG names of the particles selected.")
    limit: ParentLimit
    efficiency_sample: Name = key("Sample of the overall efficiency.")
    scan_model: Name = key("Model of the efficiencies of the mass scan.")


class Scan(Keys):
    """Masses of the scan; the published ones unless given."""

    first_gev: float = key("Lowest mass.", **_GEV)
    last_gev: float = key("Highest mass.", **_GEV)
    step_gev: float = key("Distance of two masses.", **_GEV)

    def problems(self) -> Iterator[tuple[str, str]]:
        if (self.last_gev - self.first_gev) / self.step_gev > 1000:
            yield "step_gev", f"{self.step_gev} makes more than 1000 masses; give a larger one"


class Decay(Keys):
    """A decay: phase space, if `model` says nothing else."""

    parent: str = key("PDG name of the decaying particle.", None)
    name: str = key("Name of an intermediate particle.", None)
    model: Literal["phase_space", "majorana_pair"] = key(
        "How the daughters are distributed; `majorana_pair`: two identical Majorana fermions from a "
        "J/psi of e+ e-, polarised: 1 + cos^2.", None,
    )  # fmt: skip
    analysing_power: float = key(
        "Of the two decays of a `majorana_pair`: 0 for couplings of both chiralities alike "
        "(isotropic decays), 1 for V - A (correlated decays).", None, ge=0, le=1,
    )  # fmt: skip
    mass_gev: either(text=Literal["majorana_mass"], number=Annotated[float, Field(**_GEV)]) = key(
        "Mass of an intermediate particle in GeV; `majorana_mass` stands for the mass of the scan.",
        None,
    )
    daughters: Annotated[list[either(text=str, mapping="Decay")], Field(min_length=2)] = key(
        "PDG names, or decays in their turn."
    )


class Sample(Keys):
    """A simulated decay."""

    model: Literal["phase_space", "two_majorana", "one_majorana", "control"] = key(
        "Decay model of the signal; `control` for a control sample."
    )
    statistics: Literal["signal", "control"] = key("Entry of `statistics` in the configuration.")
    wanted_uncertainty: list[WantedUncertainty] = wanted_uncertainty()
    final_state: _Final = key("Particles that the fit assumes, if not the channel's.", None)
    without_cuts: list[str] = key("Cuts that do not apply to the sample.", [])
    at_each_mass: bool = key("One sample for every mass of the scan.", False)
    decay: Decay


class ContinuumPoint(Keys):
    """Data at one energy."""

    energy_gev: float = key("Centre-of-mass energy.", **_GEV)
    luminosity_per_pb: float = key("Integrated luminosity.", gt=0, le=1e9)
    observed: int = key("Events left after all cuts.", ge=0, le=10**9)


class Continuum(Keys):
    """Off-resonance data, scaled to the resonance."""

    on_resonance_luminosity_per_pb: float = key("Luminosity at the resonance.", gt=0, le=1e9)
    on_resonance_energy_gev: float = key("Centre-of-mass energy.", **_GEV)
    provenance: str = key("Kind of source of the luminosities.")
    source: str = key("Where the luminosities come from.")
    points: Annotated[list[ContinuumPoint], Field(min_length=1)]


class Backgrounds(Keys):
    """Decays that may pass for the signal."""

    cocktail: str = key("CSV of exclusive decays with branching fractions, from the project's root.")
    statistics: Literal["background"] = key("Entry of `statistics` in the configuration.")
    inclusive_sample: Name = key("Name of the inclusive sample.")
    continuum: Continuum


class MassBin(Keys):
    """Bin of m_Ke around each mass of the scan."""

    width_gev: float = key("Full width.", **_GEV)
    masses: Literal["fitted", "measured"] = key("Masses after or before the kinematic fit.")
    in_efficiency: bool = key("Whether the scan's efficiencies include the bin.", True)


class ChiSquareScan(Keys):
    """Scan of the cut on chi^2, for its best value."""

    first: float = key("Lowest cut.", gt=0, le=1e6)
    last: float = key("Highest cut.", gt=0, le=1e6)
    step: float = key("Distance of two cuts.", gt=0, le=1e6)
    punzi_constant: float = key(
        "Constant c of efficiency/(c + sqrt(b)); the published one unless given.", gt=0, le=1e3
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if (self.last - self.first) / self.step > 10_000:
            yield "step", f"{self.step} makes more than 10000 cuts; give a larger one"


class PaperSelection(Keys):
    """The file of the paper's own selection, to which the calibration belongs."""

    selection: cuts_of(CUTS) = key("The cuts in their order, as in the search's file.")

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from _problems_of_order(self.selection)


class Calibration(Keys):
    """The one scalar that is calibrated."""

    selection: str = key(
        "YAML file with the paper's own `selection`, from the project's root; the published number "
        "is matched in it, whatever cuts the analysis has."
    )
    parameter: str = key("Key of the detector's file, its parts joined by points.")
    minimum: float = key("Lowest value allowed.")
    maximum: float = key("Highest value allowed.")
    target: float = key("Efficiency to match; the published one unless given.", gt=0, lt=1)
    sample: Name = key("Name of the random streams of the calibration; no sample may bear it.")
    like: Name = key("The sample whose decay is simulated.")


class PerParticle(Keys):
    """A part of a published uncertainty."""

    percent: float = key("Relative uncertainty of one particle.", ge=0, le=100)
    particles: int = key("How many of them.", ge=1, le=100)


class SystematicEstimate(Keys):
    """This simulation's own estimate."""

    method: Literal["relative_difference", "mc_statistics", "modelling"] = key("How it is computed.")
    sample: Name = key("Sample that both efficiencies come from.", None)
    variation: Name = key("Variation that is compared with nominal.", None)
    cut: str = key("Cut whose efficiency is compared.", None)

    def problems(self) -> Iterator[tuple[str, str]]:
        needs = {"relative_difference": ("sample", "variation"), "mc_statistics": ("sample",)}
        for name in needs.get(self.method, ()):
            if getattr(self, name) is None:
                yield name, f"missing; {self.method} compares it: add it"


class Systematic(Keys):
    """A row of the table of systematic uncertainties."""

    source: Name = key("Name of the row.")
    label: str = key("As the paper prints it.", None)
    external_percent: either(number=Annotated[float, Field(ge=0, le=100)], list=list[PerParticle]) = (
        key("Published number, unless given; per-particle numbers are added linearly.", None)
    )
    estimate: SystematicEstimate = key("", None)
    in_total: Literal["external", "estimate", "none"] = key(
        "Which of the two enters the total.", "none"
    )
    note: str = key("Remark for the table.", None)


class BesiiiKeys(SearchKeys):
    """A search at a collider."""

    detector: Literal["besiii"] = key("Name of the response in config/detectors/.")
    parent: Parent
    generation: Generation
    channels: Annotated[dict[Name, Channel], Field(min_length=1)] = key("Signal decays searched for.")
    mass_scan: Scan
    samples: Annotated[dict[Name, Sample], Field(min_length=1)] = key("Simulated decays.")
    backgrounds: Backgrounds
    selection: cuts_of(CUTS) = key(
        "The cuts in their order; each with its parameters, see below."
    )
    mass_bin: MassBin
    chi_square_scan: ChiSquareScan
    calibration: Calibration
    systematics: Annotated[list[Systematic], Field(min_length=1)] = key(
        "Rows of the table of systematic uncertainties."
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from _problems_of_order(self.selection)


def _problems_of_order(selection: list) -> Iterator[tuple[str, str]]:
    """Cuts that are needed, and those that need what an earlier one gives."""
    names = [cut.cut for cut in selection]
    for name in ("like_sign_pairs", "kinematic_fit", "signal_window"):
        if name not in names:
            yield "selection", f"without the cut {name}, which the search needs; add it"
            return
    fit = names.index("kinematic_fit")
    if names.index("like_sign_pairs") > fit:
        yield "selection", "kinematic_fit before like_sign_pairs, whose pairs it fits; exchange them"
    for name in _AFTER_FIT:
        if name in names[:fit]:
            yield "selection", f"{name} before kinematic_fit, whose result it needs; exchange them"
