"""From the parameters of a sample to its recorded events, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lnvsearch.experiments.na62.events import SpectrometerEvents

__all__ = ["SimulationSettings", "simulate", "simulate_sample"]

#: Generated decays in memory at a time.
DECAYS_PER_CHUNK = 200_000


@dataclass(frozen=True)
class SimulationSettings:
    """What generation and detector response of a sample depend on, but its size.

    `mode`: a key of `generation.kaon.MODES`; `options`: of its generator.  `detector`: section ->
    key -> number.  `decay_in_flight`: a key of `detector.simulate.DECAYS_IN_FLIGHT`.
    `photons_convert`: all photons of the decay convert in the first chamber, with weights.
    """

    mode: str
    detector: Mapping
    options: Mapping = field(default_factory=dict)
    radiation: bool = True
    decay_in_flight: str = "natural"
    photons_convert: bool = False
    minimum_tracks: int = 3


def simulate(
    settings: Mapping, n_events: int, *, base_seed: int, sample: str
) -> Iterator[SpectrometerEvents]:
    """What the spectrometer records of a sample; `settings`: fields of `SimulationSettings`.

    Chunks carry the sums over their own generated events.
    """
    from lnvsearch.experiments.na62.detector.conversions import convert_photons
    from lnvsearch.experiments.na62.detector.simulate import Na62Detector, simulate_spectrometer
    from lnvsearch.generation.kaon import MODES, generate_selected_kaon_decays

    of_sample = SimulationSettings(**settings)
    detector = Na62Detector.from_settings(of_sample.detector)
    stream = {"base_seed": base_seed, "sample": sample}
    final_state = MODES[of_sample.mode].final_state
    photons = [column for column, name in enumerate(final_state) if name == "gamma"]
    for first in range(0, n_events, DECAYS_PER_CHUNK):
        decays, n_generated, sum_weight, sum_squared_weight = generate_selected_kaon_decays(
            of_sample.mode,
            min(DECAYS_PER_CHUNK, n_events - first),
            first_event=first,
            radiation=of_sample.radiation,
            options=of_sample.options,
            **stream,
        )
        if of_sample.photons_convert:
            decays = convert_photons(decays, photons, detector.response.spectrometer, **stream)
        yield simulate_spectrometer(
            decays,
            detector,
            decay_in_flight=of_sample.decay_in_flight,
            minimum_tracks=of_sample.minimum_tracks,
            n_generated=n_generated,
            sum_weight=sum_weight,
            sum_squared_weight=sum_squared_weight,
            **stream,
        )


def simulate_sample(
    path: str | Path, settings: Mapping, n_events: int, *, base_seed: int, sample: str
) -> None:
    """Write the recorded events of a sample to a ROOT file; `settings`: `SimulationSettings`."""
    from lnvsearch.experiments.na62.event_files import write_spectrometer

    write_spectrometer(path, simulate(settings, n_events, base_seed=base_seed, sample=sample))
