"""Samples of simulated events: from the settings of a decay to what the detector records of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lnvsearch.chunks import chunks_of_part
from lnvsearch.experiments.besiii.detector.muons import with_muons
from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.detector.simulate import simulate as simulate_detector
from lnvsearch.experiments.besiii.events import RecordedEvents, as_stored
from lnvsearch.generation import decay_events
from lnvsearch.generation.cocktail import CocktailMode, load_cocktail
from lnvsearch.generation.events import GeneratedEvents
from lnvsearch.generation.models import Beam, Decay
from lnvsearch.generation.radiation import RadiationSettings

__all__ = [
    "EVENTS_PER_CHUNK",
    "Generation",
    "Simulation",
    "cocktail_mode",
    "generate",
    "simulate",
    "simulate_sample",
]

#: Events in memory at a time, at most.
EVENTS_PER_CHUNK = 50_000


@dataclass(frozen=True)
class Generation:
    """How the decays of a sample are generated.

    `decay` None: inclusive decays of the J/psi by Pythia, which ignore what follows `beam`.
    `weights`: by name, other decays for which the same events stand with weights (`pair_weights`).
    """

    decay: Decay | None
    beam: Beam
    radiation: RadiationSettings | None
    charge_conjugate: bool
    weights: Mapping[str, Decay] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, mapping: Mapping) -> Generation:
        """Settings from nested mappings of plain values.

        `decay`: as `Decay.from_mapping` takes it, or None for inclusive decays; `cocktail`: the
        file and the sample of the mode that takes the place of `decay`, or None; `beam`: numbers
        as of `Beam`; `final_state_radiation` and `charge_conjugate`: whether there is any; `weights`,
        if there: by name, other decays for which the events are weighed.
        Raises ValueError for a decay or a table that cannot be used.
        """
        decay = None
        if mapping["cocktail"] is not None:
            decay = cocktail_mode(mapping["cocktail"]["file"], mapping["cocktail"]["sample"]).decay
        elif mapping["decay"] is not None:
            decay = Decay.from_mapping(mapping["decay"])
        return cls(
            decay,
            Beam(**mapping["beam"]),
            RadiationSettings() if mapping["final_state_radiation"] else None,
            mapping["charge_conjugate"],
            {name: Decay.from_mapping(one) for name, one in mapping.get("weights", {}).items()},
        )


@dataclass(frozen=True)
class Simulation:
    """All that a sample's recorded events depend on, but their number and the random streams.

    `muons`: whether tracks have what a search with muons needs (`events.MUON_BRANCHES`).
    """

    generation: Generation
    response: BesiiiResponse
    muons: bool = False

    @classmethod
    def from_mapping(cls, mapping: Mapping) -> Simulation:
        """From `generation` and `detector`, as their `from_mapping` take them, and `muons` if there."""
        return cls(
            Generation.from_mapping(mapping["generation"]),
            BesiiiResponse.from_mapping(mapping["detector"]),
            mapping.get("muons", False),
        )


def cocktail_mode(path: str, sample: str) -> CocktailMode:
    """The mode of a cocktail's table that a sample simulates; ValueError if there is none."""
    for mode in load_cocktail(path):
        if mode.sample == sample:
            return mode
    raise ValueError(f"{path}: no sample {sample!r}; add a line for it")


def generate(
    generation: Generation, n_events: int, *, base_seed: int, sample: str, first_event: int = 0
) -> GeneratedEvents:
    """Generated events `first_event` ... `first_event + n_events - 1` of a sample."""
    streams: dict[str, Any] = {
        "base_seed": base_seed, "sample": sample, "first_event": first_event,
    }
    if generation.decay is None:
        from lnvsearch.generation import inclusive

        return inclusive.generate_inclusive(n_events, beam=generation.beam, **streams)
    events = decay_events.generate(
        generation.decay,
        n_events,
        beam=generation.beam,
        radiation=generation.radiation,
        charge_conjugate=generation.charge_conjugate,
        **streams,
    )
    if not generation.weights:
        return events
    from lnvsearch.generation.pair_weights import pair_weights

    weights = pair_weights(generation.decay, generation.weights, n_events, **streams)
    return replace(events, weights=weights)


def simulate(
    settings: Simulation, n_events: int, *, base_seed: int, sample: str
) -> Iterator[RecordedEvents]:
    """Recorded events of a sample in chunks of EVENTS_PER_CHUNK at most, each with the whole `n_generated`.

    The events do not depend on the size of the chunks.
    """
    streams: dict[str, Any] = {"base_seed": base_seed, "sample": sample}
    for events in _generated_chunks(settings.generation, n_events, (0, 1), **streams):
        yield _recorded(events, settings.response, settings.muons, **streams)


def simulate_sample(
    settings: Mapping[str, Mapping],
    n_events: int,
    *,
    base_seed: int,
    sample: str,
    part: tuple[int, int] = (0, 1),
) -> Iterator[dict[str, RecordedEvents]]:
    """What the detector records of a sample's decays under several variations, chunk by chunk.

    `settings`: by variation, `generation`, which is one for all, `detector` and `muons`, as `Simulation`
    takes them; `part`: of `chunks_of_part`.  Raises ValueError where the generations differ: then the events are not shared.
    """
    streams: dict[str, Any] = {"base_seed": base_seed, "sample": sample}
    first = next(iter(settings.values()))
    if any(one["generation"] != first["generation"] for one in settings.values()):
        raise ValueError(f"{', '.join(settings)}: other decays; simulate them one by one")
    responses = {
        name: BesiiiResponse.from_mapping(one["detector"]) for name, one in settings.items()
    }
    generation = Generation.from_mapping(first["generation"])
    for events in _generated_chunks(generation, n_events, part, **streams):
        for name, response in responses.items():
            muons = settings[name].get("muons", False)
            yield {name: as_stored(_recorded(events, response, muons, **streams))}


def _recorded(
    events: GeneratedEvents, response: BesiiiResponse, muons: bool, *, base_seed: int, sample: str
) -> RecordedEvents:
    recorded = simulate_detector(events, response, base_seed=base_seed, sample=sample)
    return with_muons(recorded, response, base_seed=base_seed, sample=sample) if muons else recorded


def _generated_chunks(
    generation: Generation, n_events: int, part: tuple[int, int], *, base_seed: int, sample: str
) -> Iterator[GeneratedEvents]:
    for first, number in chunks_of_part(n_events, EVENTS_PER_CHUNK, part):
        events = generate(
            generation, number, base_seed=base_seed, sample=sample, first_event=first
        )
        yield replace(events, n_generated=n_events)
