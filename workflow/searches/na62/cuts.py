"""The keys of cuts, particle identification and trigger of a search at NA62."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from lnvsearch.experiments.na62.selection.counted_vertices import CountedVertices
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
    """Which vertices of three tracks there are; by default those of NA62's builder of vertices."""

    chi_square_maximum: float = key(
        "Largest chi^2, three degrees of freedom.", _COUNTED.chi_square_maximum, gt=0, le=1e6
    )
    z_minimum_m: float = key("Beginning of the range.", _COUNTED.z_minimum_m, **_METRES)
    z_maximum_m: float = key("End of the range.", _COUNTED.z_maximum_m, **_METRES)
    track_chi_square_maximum: float = key(
        "Largest chi^2 of the fit of a track, three degrees of freedom.",
        _COUNTED.track_chi_square_maximum, gt=0, le=1e6,
    )  # fmt: skip


CUTS = (
    cut("one_vertex", "Exactly one vertex of three tracks, which lies in the fiducial volume.",
        chi_square_maximum=(float, key("Largest chi^2, three degrees of freedom.", gt=0, le=1e6)),
        z_minimum_m=(float, key("Beginning of the volume.", **_METRES)),
        z_maximum_m=(float, key("End of the volume.", **_METRES)),
        counted=(Counted, Field(default_factory=Counted))),
    cut("geometry", "All tracks within the sensitive areas of detectors.",
        planes=(Planes, key("Which detectors."))),
    cut("track_separation", "Every two tracks apart in straw chambers.",
        chambers=(Annotated[list[Literal[1, 2, 3, 4]], Field(min_length=1), Once],
            key("Which chambers, counted from 1.")),
        minimum_m=(float, key("Smallest distance.", **_METRES))),
    cut("lkr_separation", "Every two tracks apart at the front of the calorimeter.",
        minimum_m=(float, key("Smallest distance.", **_METRES))),
    cut("track_momentum", "Momentum of each track.",
        minimum_gev=(float, key("Lowest momentum.", **_GEV)),
        maximum_gev=(float, key("Highest momentum.", **_GEV))),
    cut("rich_angle", "Angle between every two tracks in the RICH.",
        minimum_rad=(float, key("Smallest angle.", ge=0, le=7))),
    cut("large_angle_veto", "No photon in the large-angle veto.",
        threshold_gev=(float,
            key("Highest energy allowed; without it, the detector's `lav.threshold_gev`.", None, **_GEV))),
    cut("total_momentum", "Total momentum near the beam's.",
        deviation_maximum_gev=(float, key("Largest deviation.", gt=0, le=1e3))),
    cut("missing_momentum", "Total momentum below the beam's (control selections).",
        minimum_gev=(float, key("Smallest missing momentum.", ge=-1e3, le=1e3))),
    cut("transverse_momentum", "Total momentum across the beam's axis.",
        maximum_gev=(float, key("Largest transverse momentum.", gt=0, le=1e3))),
    cut("dilepton_mass", "Mass of the two leptons.",
        minimum_gev=(float, key("Lowest mass.", **_GEV))),
    cut("photons", "Exactly two photon candidates in the calorimeter.",
        energy_minimum_gev=(float, key("Lowest energy of a cluster.", **_GEV)),
        separation_minimum_m=(float,
            key("Smallest distance from each other and from tracks.", **_METRES))),
    cut("neutral_vertex", "Vertices of tracks and photons agree.",
        distance_maximum_m=(float, key("Largest distance along the beam.", gt=0, le=1e3))),
)  # fmt: skip

# ------------------------------------------------------------------------------------ identification


class EnergyOverMomentum(Keys):
    """Energy in the calorimeter over momentum, of recorded tracks; simulated ones have it in the
    maps."""

    pion_maximum: Positive = key("Largest of a pion.")
    pion_maximum_muon_search: Positive = key(
        "The same where `muon` identifies, too; a search with muons needs it.", None
    )
    electron_minimum: Positive = key("Smallest of an electron.")
    electron_maximum: Positive = key("Largest of an electron.")
    muon_maximum: Positive = key(
        "Largest of a muon, which has a signal of the muon detector; a search with muons needs it.",
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
        "Momenta of the anchors, ascending."
    )
    probability: Annotated[list[Annotated[float, Field(ge=0, le=1)]], Field(min_length=1)] = key(
        "Probabilities there; constant beyond."
    )
    interpolation: Literal["linear", "log-linear", "cherenkov"] = key(
        "What is linear in the momentum between anchors; or cherenkov: three anchors of a "
        "ring-imaging detector (below its threshold, minimum, upper end)."
    )
    threshold_momentum_gev: Positive = key(
        "With cherenkov: momentum at which a pion begins to make a ring.", None
    )
    positron_hits: float = key(
        "With cherenkov: mean number of hits of a positron's ring.", None, gt=0, le=1e4
    )
    provenance: Literal["paper", "published_2019", "derived", "assumed"] = key(
        "Where the numbers come from; published_2019: the search of 2019."
    )
    source: str = key("Where exactly, and what of it is assumed.", min_length=3)

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
    """The anchors of each map."""

    efficiency_pion: Map = key("Pion as pion (ee searches).")
    efficiency_pion_muon_search: Map = key("Pion below the E/p of the mumu search.")
    efficiency_electron_lkr: Map = key("Electron as electron in the calorimeter.")
    efficiency_electron_rich: Map = key("Positron as positron in the RICH.")
    electron_to_pion: Map = key("Electron as pion.")
    electron_to_muon: Map = key("Electron as muon.")
    pion_to_electron_lkr_positive: Map = key("Positive pion as positron in the calorimeter.")
    pion_to_electron_lkr_negative: Map = key("Negative pion as electron in the calorimeter.")
    pion_to_electron_rich: Map = key("Positive pion as positron in the RICH.")
    pion_to_muon: Map = key("Pion with a signal of the muon detector.")
    efficiency_muon: Map = key("Muon as muon.")
    muon_to_pion: Map = key("Muon as pion (mumu search).")
    muon_to_pion_lkr: Map = key("Muon as pion (ee searches).")
    muon_to_electron: Map = key("Muon as electron.")


class Identification(Keys):
    """Particle identification: windows that decide for recorded tracks, probabilities for simulated
    ones."""

    energy_over_momentum: EnergyOverMomentum
    file: str = key(
        "A correctionlib file from the project's root with the same maps, measured, in place of "
        "`maps`.", None, min_length=1,
    )  # fmt: skip
    maps: Maps


# ------------------------------------------------------------------------------------------- trigger


class Inefficiency(Keys):
    """Probability of each part to fail."""

    chod: float = key("Hodoscope.", **_PROBABILITY)
    straw: float = key("Spectrometer (high level).", **_PROBABILITY)
    rich: float = key("Multiplicity in the RICH.", **_PROBABILITY)
    ktag: float = key("Tag of the kaon (high level).", **_PROBABILITY)
    lkr: float = key("Calorimeter.", **_PROBABILITY)
    muv3: float = key("Muon detector.", **_PROBABILITY)


class Chain(Keys):
    """Conditions of one chain."""

    downscaling: float = key("One of so many events is recorded.", ge=1, le=1e9)
    components: Annotated[list[_Part], Field(min_length=1), Once] = key(
        "Parts whose inefficiency counts."
    )
    opposite_quadrants: bool = key("Tracks in two opposite quadrants of the hodoscope.")
    lkr_energy_minimum_gev: float = key("Energy in the calorimeter.", **_GEV)
    muv3_tiles_minimum: int = key("Tiles of the muon detector with signals.", ge=0, le=3)
    outer_tiles_only: bool = key(
        "Only tiles outside the inner 44 x 44 cm2 count (a hypothesis)."
    )
    negative_track: bool = key("A negative track in the spectrometer.")


class Trigger(Keys):
    """Trigger chains; those of a selection are joined by OR."""

    inefficiency: Inefficiency
    chains: Annotated[dict[Name, Chain], Field(min_length=1)] = key("Chains by name.")
