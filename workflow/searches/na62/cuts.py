"""The keys of cuts, particle identification and trigger of a search at NA62."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from lnvsearch.experiments.na62.selection.counted_vertices import CountedVertices
from lnvsearch.experiments.na62.selection.measured_maps import INPUTS, SYSTEMATIC
from lnvsearch.selection.ring_response import RingResponse
from searches.keys import Keys, Name, Once, Positive, cut, key

_GEV = {"ge": 0, "le": 1e3}
_METRES = {"ge": 0, "le": 1e3}
_PROBABILITY = {"ge": 0, "lt": 1}
_Plane = Literal["straw", "rich", "pad_hodoscope", "slab_hodoscope", "lkr", "muv3"]
#: Detectors whose acceptance is asked for.
Planes = Annotated[list[_Plane], Field(min_length=1), Once]
_Part = Literal["chod", "straw", "rich", "ktag", "lkr", "muv3"]

# ---------------------------------------------------------------------------------------------- cuts

_COUNTED = CountedVertices()


class Counted(Keys):
    """Which three-track vertices are counted. The defaults are those of NA62's vertex reconstruction."""

    chi_square_maximum: float = key(
        "Largest chi^2 of the vertex, three degrees of freedom.", _COUNTED.chi_square_maximum, gt=0, le=1e6
    )
    z_minimum_m: float = key("Smallest z of the vertex.", _COUNTED.z_minimum_m, **_METRES)
    z_maximum_m: float = key("Largest z of the vertex.", _COUNTED.z_maximum_m, **_METRES)
    track_chi_square_maximum: float = key(
        "Largest chi^2 of a track fit, three degrees of freedom.",
        _COUNTED.track_chi_square_maximum, gt=0, le=1e6,
    )  # fmt: skip


CUTS = (
    cut("one_vertex", "Exactly one three-track vertex, and it is in the fiducial volume.",
        chi_square_maximum=(float, key("Largest chi^2 of the vertex, three degrees of freedom.", gt=0, le=1e6)),
        z_minimum_m=(float, key("Smallest z of the fiducial volume.", **_METRES)),
        z_maximum_m=(float, key("Largest z of the fiducial volume.", **_METRES)),
        counted=(Counted, Field(default_factory=Counted))),
    cut("geometry", "All tracks are in the acceptance of the listed detectors.",
        planes=(Planes, key("The detectors."))),
    cut("track_separation", "Distance between every two tracks in the straw chambers.",
        chambers=(Annotated[list[Literal[1, 2, 3, 4]], Field(min_length=1), Once],
            key("The chambers, counted from 1.")),
        minimum_m=(float, key("Smallest distance.", **_METRES))),
    cut("lkr_separation", "Distance between every two tracks at the front of the calorimeter.",
        minimum_m=(float, key("Smallest distance.", **_METRES))),
    cut("track_momentum", "Momentum of each track.",
        minimum_gev=(float, key("Lowest momentum.", **_GEV)),
        maximum_gev=(float, key("Highest momentum.", **_GEV))),
    cut("rich_angle", "Angle between every two tracks in the RICH.",
        minimum_rad=(float, key("Smallest angle.", ge=0, le=7))),
    cut("large_angle_veto", "No photon in the large-angle veto.",
        threshold_gev=(float,
            key("Largest energy that is allowed. Default: `lav.threshold_gev` of the detector.", None, **_GEV))),
    cut("total_momentum", "Total momentum is close to the beam momentum.",
        deviation_maximum_gev=(float, key("Largest difference.", gt=0, le=1e3))),
    cut("missing_momentum", "Beam momentum minus total momentum (control selections).",
        minimum_gev=(float, key("Smallest difference.", ge=-1e3, le=1e3))),
    cut("transverse_momentum", "Total momentum transverse to the beam axis.",
        maximum_gev=(float, key("Largest transverse momentum.", gt=0, le=1e3))),
    cut("dilepton_mass", "Mass of the two leptons.",
        minimum_gev=(float, key("Lowest mass.", **_GEV))),
    cut("photons", "Exactly two photon candidates in the calorimeter.",
        energy_minimum_gev=(float, key("Lowest energy of a cluster.", **_GEV)),
        separation_minimum_m=(float,
            key("Smallest distance between the photons, and of a photon from a track.", **_METRES))),
    cut("neutral_vertex", "Distance between the vertex of the tracks and the vertex of the photons.",
        distance_maximum_m=(float, key("Largest distance along the beam.", gt=0, le=1e3))),
)  # fmt: skip

# ------------------------------------------------------------------------------------ identification


class EnergyOverMomentum(Keys):
    """Windows of E/p (calorimeter energy over momentum) for recorded tracks. For simulated tracks the maps
    include them."""

    pion_maximum: Positive = key("Largest E/p of a pion.")
    pion_maximum_muon_search: Positive = key(
        "Largest E/p of a pion in a selection with `muon` in `identification`. A search with muons needs it.", None
    )
    electron_minimum: Positive = key("Smallest E/p of an electron.")
    electron_maximum: Positive = key("Largest E/p of an electron.")
    muon_maximum: Positive = key(
        "Largest E/p of a muon, which must also have a signal in the muon detector. A search with muons needs it.",
        None,
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        low = self.electron_minimum
        for name in ("pion_maximum", "pion_maximum_muon_search"):
            if (getattr(self, name) or 0.0) > low:
                yield name, (
                    f"{getattr(self, name)} is above electron_minimum ({low}): a track would be pion "
                    "and electron; fix one"
                )


class Map(Keys):
    """A probability against momentum."""

    momentum_gev: Annotated[list[Annotated[float, Field(gt=0, le=1e3)]], Field(min_length=1)] = key(
        "Momenta of the points, in ascending order."
    )
    probability: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)] = key(
        "Probabilities at these momenta. Outside the range the probability is constant."
    )
    interpolation: Literal["linear", "log-linear", "cherenkov"] = key(
        "Interpolation between the points. `linear`: the probability is linear in momentum. `log-linear`: its "
        "logarithm is. `cherenkov`: response of a ring-imaging detector through three points (below the "
        "threshold, minimum, upper end)."
    )
    threshold_momentum_gev: Positive = key(
        "For `cherenkov`: threshold momentum of a pion for Cherenkov light.", None
    )
    positron_hits: float = key(
        "For `cherenkov`: mean number of hits in the ring of a positron.", None, gt=0, le=1e4
    )
    provenance: Literal["paper", "published_2019", "derived", "assumed"] = key(
        "Kind of source of the numbers. `published_2019`: the search published in 2019."
    )
    source: str = key("The source in words, and what is assumed.", min_length=3)

    def problems(self) -> Iterator[tuple[str, str]]:
        momentum, probability = self.momentum_gev, self.probability
        if len(momentum) != len(probability):
            yield "probability", f"{len(probability)} for {len(momentum)} momentum_gev; give as many"
        elif momentum != sorted(set(momentum)):
            yield "momentum_gev", f"{momentum} does not ascend; put the momenta in order"
        elif self.interpolation == "log-linear" and 0.0 in probability:
            yield "probability", "log-linear needs probabilities above 0; write linear"
        elif self.interpolation == "cherenkov":
            missing = [n for n in ("threshold_momentum_gev", "positron_hits") if not getattr(self, n)]
            yield from ((name, "missing; cherenkov needs it: add it") for name in missing)
            if not missing:
                yield from self._problems_of_ring()

    def _problems_of_ring(self) -> Iterator[tuple[str, str]]:
        try:
            RingResponse.through(
                self.momentum_gev, self.probability, self.threshold_momentum_gev, self.positron_hits
            )
        except (ValueError, ArithmeticError) as error:
            yield "interpolation", f"no ring has these numbers ({error}); fix the anchors, or write linear"


class Maps(Keys):
    """Points of each map: a probability against momentum."""

    efficiency_pion: Map = key("Pion identified as a pion (ee searches).")
    efficiency_pion_muon_search: Map = key("Pion with an E/p below the limit of the mumu search.")
    efficiency_electron_lkr: Map = key("Electron identified as an electron in the calorimeter.")
    efficiency_electron_rich: Map = key("Positron identified as a positron in the RICH.")
    electron_to_pion: Map = key("Electron identified as a pion.")
    electron_to_muon: Map = key("Electron identified as a muon.")
    pion_to_electron_lkr_positive: Map = key("Positive pion identified as a positron in the calorimeter.")
    pion_to_electron_lkr_negative: Map = key("Negative pion identified as an electron in the calorimeter.")
    pion_to_electron_rich: Map = key("Positive pion identified as a positron in the RICH.")
    pion_to_muon: Map = key("Pion with a signal in the muon detector.")
    efficiency_muon: Map = key("Muon identified as a muon.")
    muon_to_pion: Map = key("Muon identified as a pion (mumu search).")
    muon_to_pion_lkr: Map = key("Muon identified as a pion (ee searches).")
    muon_to_electron: Map = key("Muon identified as an electron.")


class Measured(Keys):
    """A measured map: a correction of a correctionlib file (schema version 2), also with gzip."""

    file: str = key("The file. The path starts at the top folder.", min_length=1)
    correction: str = key("Name of the correction in the file.", min_length=1)
    inputs: Annotated[list[Literal[(*INPUTS, SYSTEMATIC)]], Field(min_length=1), Once] = key(
        "What the inputs of the correction are, in its order. `angle_rad`, `angle_mrad`: angle of the track "
        "before the magnet to the axis of the beam. `systematic`: the text that chooses a variation."
    )
    key: str = key("Key of the input `systematic`. A variation gives another one.", None, min_length=1)

    def problems(self) -> Iterator[tuple[str, str]]:
        if (SYSTEMATIC in self.inputs) != (self.key is not None):
            yield "key", f"goes with the input {SYSTEMATIC}; give both or none"
        if [name for name in self.inputs if name != SYSTEMATIC] == []:
            yield "inputs", "no momentum and no angle; add one"


class Identification(Keys):
    """Particle identification. Recorded tracks are identified by windows, simulated tracks by probabilities."""

    energy_over_momentum: EnergyOverMomentum
    file: str = key(
        "A correctionlib file with measured maps of the same names. It replaces `maps`. The path starts at the "
        "top folder.", None, min_length=1,
    )  # fmt: skip
    measured: dict[Literal[tuple(Maps.model_fields)], Measured] = key(
        "Measured maps, by name. Each replaces the one of `maps`; the others stay.", None, min_length=1
    )
    maps: Maps

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.file and self.measured:
            yield "measured", "`file` replaces all maps; remove one of the two"


# ------------------------------------------------------------------------------------------- trigger


class Inefficiency(Keys):
    """Inefficiency of each trigger component."""

    chod: float = key("Hodoscope.", **_PROBABILITY)
    straw: float = key("Spectrometer (high-level trigger).", **_PROBABILITY)
    rich: float = key("Multiplicity in the RICH.", **_PROBABILITY)
    ktag: float = key("Kaon identification in the KTAG (high-level trigger).", **_PROBABILITY)
    lkr: float = key("Calorimeter.", **_PROBABILITY)
    muv3: float = key("Muon detector.", **_PROBABILITY)


class Chain(Keys):
    """Conditions of one trigger chain."""

    downscaling: float = key("Downscaling factor n: one of n events is recorded.", ge=1, le=1e9)
    components: Annotated[list[_Part], Field(min_length=1), Once] = key(
        "Components whose inefficiencies are applied."
    )
    opposite_quadrants: bool = key("Whether tracks in two opposite quadrants of the hodoscope are required.")
    lkr_energy_minimum_gev: float = key("Smallest energy in the calorimeter.", **_GEV)
    muv3_tiles_minimum: int = key("Smallest number of tiles with a signal in the muon detector.", ge=0, le=3)
    outer_tiles_only: bool = key(
        "Whether only tiles outside the inner 44 x 44 cm2 count (a hypothesis)."
    )
    negative_track: bool = key("Whether a negative track in the spectrometer is required.")


class Trigger(Keys):
    """The trigger. The chains of a selection are combined by OR."""

    inefficiency: Inefficiency
    chains: Annotated[dict[Name, Chain], Field(min_length=1)] = key("Trigger chains, by name.")
