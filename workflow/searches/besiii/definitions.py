"""The keys of a search at BESIII (config/papers/besiii_2025.yaml)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from searches.besiii.recast import ColliderRecast
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
    cut("polar_angle", "Tracks inside the acceptance in polar angle.",
        absolute_cos_theta_maximum=(float, key("Largest |cos theta| of a track.", gt=0, le=1)),
        minimum_tracks=(int, key("Tracks that must be left.", **_TRACKS))),
    cut("impact_parameter", "Tracks that come from the interaction point.",
        r_xy_maximum_cm=(float, key("Largest transverse distance.", gt=0, le=1e4)),
        r_z_maximum_cm=(float, key("Largest distance along the beam.", gt=0, le=1e4)),
        minimum_tracks=(int, key("Tracks that must be left.", **_TRACKS))),
    cut("charged_tracks", "Number of tracks and their net charge.",
        minimum=(int, key("Fewest tracks.", **_TRACKS)),
        net_charge=(int, key("Sum of the charges.", ge=-100, le=100))),
    cut("kaon_identification", "Confidence levels of the kaons. The shape of the shower is not used.",
        confidence_level_minimum=(float, key("CL_K must be larger than this number and larger than CL_pi.", ge=0, lt=1))),
    cut("pion_identification", "Confidence levels and shower energy of the pions. Muons pass as well.",
        confidence_level_minimum=(float, key("CL_pi must be larger than this number, CL_e and CL_K.", ge=0, lt=1)),
        energy_over_momentum_maximum=(float, key("Highest E/p of a pion.", ge=0, le=10))),
    cut("muon_identification", "Confidence levels and shower energy of the muons. Pions pass as well.",
        confidence_level_minimum=(float, key("CL_mu must be larger than this number, CL_e and CL_K.", ge=0, lt=1)),
        energy_over_momentum_maximum=(float, key("Highest E/p of a muon.", ge=0, le=10))),
    cut("muon_counter", "Signal in the muon counter, which few pions give.",
        momentum_minimum_gev=(float, key("Muons above this momentum must have the signal.", ge=0, le=10))),
    cut("electron_identification", "Confidence levels of the electrons. The shape of the shower is not used.",
        confidence_level_minimum=(float, key("CL_e must be larger than this number.", ge=0, lt=1)),
        confidence_level_ratio_minimum=(float,
            key("CL_e/(CL_e + CL_K + CL_pi) must be larger than this number.", ge=0, lt=1))),
    cut("energy_over_momentum", "Shower energy over momentum.",
        electron_minimum=(float, key("Lowest E/p of an electron.", ge=0, le=10)),
        electron_maximum=(float, key("Highest E/p of an electron.", ge=0, le=10)),
        kaon_maximum=(float, key("Highest E/p of a kaon.", ge=0, le=10))),
    cut("electron_energy_over_momentum", "The same of the electrons alone, without a condition on kaons.",
        minimum=(float, key("Lowest E/p of an electron.", ge=0, le=10)),
        maximum=(float, key("Highest E/p of an electron.", ge=0, le=10))),
    cut("like_sign_pairs", "Two hadrons (K or pi) of one charge and two leptons of the other."),
    cut("kinematic_fit", "Four-constraint fit; the best combination is kept."),
    cut("smallest_chi_square", "The signal hypothesis must have the smallest chi^2.",
        hypotheses=(Annotated[list[Literal["kkpipi", "kkkk", "pipipipi", "kpipipi"]], Field(min_length=1), Once],
            key("Hypotheses to compare with. All assignments of the tracks are tried."))),
    cut("chi_square", "Quality of the four-constraint fit.",
        maximum=(float, key("Largest chi^2.", gt=0, le=1e6))),
    cut("conversion_veto", "Veto of identified e+e- pairs from photon conversions.",
        pair_mass_maximum_gev=(float, key("Largest mass of a conversion pair.", **_GEV)),
        opening_angle_maximum_rad=(float,
            key("Largest opening angle of a conversion pair.", gt=0, le=7)),
        radius_minimum_cm=(float, key("Smallest radius of the conversion vertex.", ge=0, le=1e4)),
        radius_maximum_cm=(float, key("Largest radius of the conversion vertex.", gt=0, le=1e4))),
    cut("signal_window", "Window of the mass of the four particles, before the fit.",
        mass_minimum_gev=(float, key("Lower edge.", ge=0, le=100)),
        mass_maximum_gev=(float, key("Upper edge.", ge=0, le=100))),
)  # fmt: skip
#: Particles, without charge, that cuts identify or are about.
PARTICLES_OF_CUTS = {
    "kaon_identification": ("K",), "pion_identification": ("pi",), "electron_identification": ("e",),
    "muon_identification": ("mu",), "muon_counter": ("mu",), "electron_energy_over_momentum": ("e",),
    "energy_over_momentum": ("K", "e"), "conversion_veto": ("e",),
}  # fmt: skip
#: The cut without which a particle is not found.
IDENTIFIED_BY = {
    particle: name for name, (particle, *_) in PARTICLES_OF_CUTS.items()
    if name.endswith("_identification")
}  # fmt: skip
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
    """A signal decay. Events are simulated for the first channel only."""

    final_state: _Final = key(
        "PDG names of the particles that are selected: two of K and pi of one charge, two e or two mu of the other."
    )
    limit: ParentLimit
    efficiency_sample: Name = key("Sample that gives the efficiency.")
    scan_model: Name = key("Decay model that gives the efficiencies of the mass scan, if there is one.", None)


class Scan(Keys):
    """Masses of the scan. Default: the published masses."""

    first_gev: float = key("Lowest mass.", **_GEV)
    last_gev: float = key("Highest mass.", **_GEV)
    step_gev: float = key("Step from one mass to the next.", **_GEV)

    def problems(self) -> Iterator[tuple[str, str]]:
        if (self.last_gev - self.first_gev) / self.step_gev > 1000:
            yield "step_gev", f"{self.step_gev} makes more than 1000 masses; give a larger one"


class Decay(Keys):
    """A decay. Its model is phase space, unless `model` gives another."""

    parent: str = key("PDG name of the decaying particle.", None)
    name: str = key("Name of an intermediate particle.", None)
    model: Literal["phase_space", "majorana_pair"] = key(
        "Decay model. `majorana_pair`: a J/psi from e+ e- decays to two identical Majorana fermions; their "
        "polar angle follows 1 + cos^2.", None,
    )  # fmt: skip
    analysing_power: float = key(
        "Analysing power of the two decays of a `majorana_pair`. 0: couplings of both chiralities are "
        "equal (isotropic decays). 1: V - A (correlated decays).", None, ge=0, le=1,
    )  # fmt: skip
    mass_gev: either(text=Literal["majorana_mass"], number=Annotated[float, Field(**_GEV)]) = key(
        "Mass of an intermediate particle in GeV. `majorana_mass`: the mass of the scan.",
        None,
    )
    daughters: Annotated[list[either(text=str, mapping="Decay")], Field(min_length=2)] = key(
        "Daughters. Each is a PDG name, or a decay with the same keys."
    )


class Sample(Keys):
    """A simulated decay."""

    model: Literal["phase_space", "two_majorana", "one_majorana", "control"] = key(
        "Decay model of the signal, or `control` for a control sample."
    )
    statistics: Literal["signal", "control"] = key("Entry of `statistics` in the configuration.")
    wanted_uncertainty: list[WantedUncertainty] = wanted_uncertainty()
    final_state: _Final = key("Particles that the kinematic fit assumes. Default: the final state of the channel.", None)
    without_cuts: list[str] = key("Cuts that are not applied to the sample.", [])
    at_each_mass: bool = key("Whether there is one sample for every mass of the scan.", False)
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

    cocktail: str = key("CSV file of exclusive decays and their branching fractions. The path starts at the top folder.")
    statistics: Literal["background"] = key("Entry of `statistics` in the configuration.")
    inclusive_sample: Name = key("Name of the inclusive sample.")
    continuum: Continuum


class MassBin(Keys):
    """Bin of the mass of hadron and lepton around each mass of the scan."""

    width_gev: float = key("Full width.", **_GEV)
    masses: Literal["fitted", "measured"] = key("Masses after (`fitted`) or before (`measured`) the kinematic fit.")
    in_efficiency: bool = key("Whether the efficiencies of the scan include the cut on this bin.", True)


class ChiSquareScan(Keys):
    """Scan that looks for the best cut on chi^2."""

    first: float = key("Lowest cut.", gt=0, le=1e6)
    last: float = key("Highest cut.", gt=0, le=1e6)
    step: float = key("Step from one cut to the next.", gt=0, le=1e6)
    punzi_constant: float = key(
        "Constant c of efficiency/(c + sqrt(b)). Default: the published constant.", gt=0, le=1e3
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        if (self.last - self.first) / self.step > 10_000:
            yield "step", f"{self.step} makes more than 10000 cuts; give a larger one"


class PaperSelection(Keys):
    """The file with the selection of the paper, which the calibration uses."""

    selection: cuts_of(CUTS) = key("The cuts in their order, as in the search's file.")

    def problems(self) -> Iterator[tuple[str, str]]:
        yield from _problems_of_order(self.selection)


class Calibration(Keys):
    """The one number that is calibrated: it makes the efficiency equal to the published one."""

    selection: str = key(
        "YAML file with the `selection` of the paper. The path starts at the top folder. The calibration uses "
        "this selection, also if you change the cuts of the analysis."
    )
    parameter: str = key("Key of the detector's file that is calibrated, as in `section.key`.")
    minimum: float = key("Lowest value allowed.")
    maximum: float = key("Highest value allowed.")
    target: float = key("Efficiency that the calibration must give. Default: the published efficiency.", gt=0, lt=1)
    sample: Name = key("Name of the calibration's random numbers. No sample may have this name.")
    like: Name = key("Sample whose decay is simulated for the calibration.")


class PerParticle(Keys):
    """Contribution of one kind of particle to a published uncertainty."""

    percent: float = key("Relative uncertainty of one particle.", ge=0, le=100)
    particles: int = key("Number of these particles.", ge=1, le=100)


class SystematicEstimate(Keys):
    """Estimate from this simulation."""

    method: Literal["relative_difference", "mc_statistics", "modelling"] = key("How the estimate is computed.")
    sample: Name = key("Sample from which both efficiencies are taken.", None)
    variation: Name = key("Variation that is compared with the nominal simulation.", None)
    cut: str = key("Cut whose efficiency is compared.", None)

    def problems(self) -> Iterator[tuple[str, str]]:
        needs = {"relative_difference": ("sample", "variation"), "mc_statistics": ("sample",)}
        for name in needs.get(self.method, ()):
            if getattr(self, name) is None:
                yield name, f"missing; {self.method} compares it: add it"


class Systematic(Keys):
    """A row of the table of systematic uncertainties."""

    source: Name = key("Name of the row.")
    label: str = key("Name of the source in the paper.", None)
    external_percent: either(number=Annotated[float, Field(ge=0, le=100)], list=list[PerParticle]) = (
        key("Uncertainty from elsewhere. Default: the published number. Numbers for each particle are added linearly.", None)
    )
    estimate: SystematicEstimate = key("", None)
    in_total: Literal["external", "estimate", "none"] = key(
        "Which of the two numbers enters the total.", "none"
    )
    note: str = key("Remark for the table.", None)


class BesiiiKeys(SearchKeys):
    """A search at a collider."""

    detector: Literal["besiii"] = key("Name of the detector's file in config/detectors/.")
    parent: Parent
    generation: Generation
    channels: Annotated[dict[Name, Channel], Field(min_length=1)] = key("Signal decays searched for.")
    mass_scan: Scan = key("", None)
    samples: Annotated[dict[Name, Sample], Field(min_length=1)] = key("Simulated decays.")
    backgrounds: Backgrounds = key(
        "Decays that may pass for the signal. Without this section, the background of the limit is your own: "
        "`limit.background` of the channel.", None,
    )  # fmt: skip
    selection: cuts_of(CUTS) = key(
        "The cuts, in their order. The table of cuts below lists the parameters of each."
    )
    mass_bin: MassBin = key("", None)
    chi_square_scan: ChiSquareScan = key("", None)
    calibration: Calibration = key(
        "The one number that is calibrated: it makes the efficiency equal to the published one. Without this "
        "section, the detector is used as its file has it.", None,
    )  # fmt: skip
    systematics: Annotated[list[Systematic], Field(min_length=1)] = key(
        "Rows of the table of systematic uncertainties."
    )
    recast: ColliderRecast = key("", None)

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
    yield from _problems_of_identification(names)
    for name in _AFTER_FIT:
        if name in names[:fit]:
            yield "selection", f"{name} before kinematic_fit, whose result it needs; exchange them"


def _problems_of_identification(names: list[str]) -> Iterator[tuple[str, str]]:
    """Cuts on identified tracks before the identification, and identification after the pairs."""
    for place, name in enumerate(names):
        if name not in PARTICLES_OF_CUTS or name in _AFTER_FIT:
            continue
        if place > names.index("like_sign_pairs"):
            yield "selection", f"{name} after like_sign_pairs, which pairs the tracks it leaves; exchange them"
        if name in IDENTIFIED_BY.values():
            continue
        for first in (IDENTIFIED_BY[particle] for particle in PARTICLES_OF_CUTS[name]):
            if first in names[place:]:
                yield "selection", f"{name} before {first}, whose tracks it looks at; exchange them"
