"""From the parameters of a sample to its recorded events, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from lnvsearch.chunks import chunks_of_part
from lnvsearch.experiments.na62.event_files import EVENTS_PER_CHUNK, as_stored
from lnvsearch.experiments.na62.events import SpectrometerEvents

__all__ = ["SimulationSettings", "simulate", "simulate_sample"]

#: Generated decays in memory at a time, at most.
DECAYS_PER_CHUNK = 80_000
#: The same where few of them are kept: what a selection does once for a chunk would count.
THINNED_DECAYS_PER_CHUNK = 800_000
#: Of those that selections of muons see, more are kept.
THINNED_DECAYS_PER_CHUNK_WITH_MUONS = 240_000


@dataclass(frozen=True)
class SimulationSettings:
    """What generation and detector response of a sample depend on, but its size.

    `mode`: a key of `generation.kaon.MODES`; `options`: of its generator.  `detector`: section ->
    key -> number.  `decay_in_flight`: a key of `detector.simulate.DECAYS_IN_FLIGHT`.
    `photons_convert`: all photons of the decay convert in the first chamber, with weights.
    `thinning`: `full_weight`, `with_pi0` and `leptons` of `detector.thinning.Thinning`; None flies all decays.
    """

    mode: str
    detector: Mapping
    options: Mapping = field(default_factory=dict)
    radiation: bool = True
    decay_in_flight: str = "natural"
    photons_convert: bool = False
    minimum_tracks: int = 3
    thinning: Mapping | None = None


def simulate(
    settings: Mapping, n_events: int, *, base_seed: int, sample: str
) -> Iterator[SpectrometerEvents]:
    """What the spectrometer records of a sample; `settings`: fields of `SimulationSettings`.

    Chunks carry the sums over their own generated events.
    """
    together = {"nominal": settings}
    streams = {"base_seed": base_seed, "sample": sample}
    for _, events in _simulate_together(together, n_events, (0, 1), **streams):
        yield events


def simulate_sample(
    settings: Mapping[str, Mapping],
    n_events: int,
    *,
    base_seed: int,
    sample: str,
    part: tuple[int, int] = (0, 1),
) -> Iterator[dict[str, SpectrometerEvents]]:
    """What the spectrometer records of a sample's decays under several variations, part by part.

    `settings`: by variation, fields of `SimulationSettings`, of which only those of the detector
    may differ; `part`: of `chunks_of_part`.  The sums over generated events of all parts of a variation add up to the sample's.
    Raises ValueError where other fields differ: then the decays are not shared.
    """
    streams = {"base_seed": base_seed, "sample": sample}
    for variation, events in _simulate_together(settings, n_events, part, **streams):
        for rows in as_stored(events).parts(EVENTS_PER_CHUNK):
            yield {variation: rows}


def _simulate_together(
    settings: Mapping[str, Mapping], n_events: int, part: tuple[int, int], **stream
) -> Iterator[tuple[str, SpectrometerEvents]]:
    """The decays of a chunk, recorded under one variation after the other."""
    from lnvsearch.experiments.na62.detector.conversions import convert_photons
    from lnvsearch.experiments.na62.detector.simulate import Na62Detector, simulate_spectrometer
    from lnvsearch.experiments.na62.detector.thinning import Thinning
    from lnvsearch.generation.kaon import MODES, generate_selected_kaon_decays

    typed = {name: SimulationSettings(**one) for name, one in settings.items()}
    of_sample = next(iter(typed.values()))
    if any(replace(one, detector=of_sample.detector) != of_sample for one in typed.values()):
        raise ValueError(f"{', '.join(settings)}: other decays; simulate them one by one")
    detectors = {name: Na62Detector.from_settings(one.detector) for name, one in typed.items()}
    final_state = MODES[of_sample.mode].final_state
    photons = [column for column, name in enumerate(final_state) if name == "gamma"]
    largest, thin = DECAYS_PER_CHUNK, None
    if of_sample.thinning is not None:
        with_muons = "mu" in of_sample.thinning.get("leptons", ())
        largest = THINNED_DECAYS_PER_CHUNK_WITH_MUONS if with_muons else THINNED_DECAYS_PER_CHUNK
        # Once for all variations of the detector, so that they share their decays.
        nominal = next(iter(detectors.values()))
        thin = Thinning(nominal, **of_sample.thinning, **stream)
    for first, number in chunks_of_part(n_events, largest, part):
        generated, n_generated, sum_weight, sum_squared_weight = generate_selected_kaon_decays(
            of_sample.mode,
            number,
            first_event=first,
            radiation=of_sample.radiation,
            options=of_sample.options,
            choose=thin,
            **stream,
        )
        for name, detector in detectors.items():
            decays = generated
            if of_sample.photons_convert:
                spectrometer = detector.response.spectrometer
                decays = convert_photons(decays, photons, spectrometer, **stream)
            yield name, simulate_spectrometer(
                decays,
                detector,
                decay_in_flight=of_sample.decay_in_flight,
                minimum_tracks=of_sample.minimum_tracks,
                n_generated=n_generated,
                sum_weight=sum_weight,
                sum_squared_weight=sum_squared_weight,
                **stream,
            )
