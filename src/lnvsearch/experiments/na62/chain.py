"""Steps that several scripts share: from parameters of a kaon search to events and candidates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

#: Generated decays in memory at a time, and recorded events.
DECAYS_PER_CHUNK = 200_000
EVENTS_PER_CHUNK = 25_000


def recorded_chunks(simulation: Mapping, n_events: int, base_seed: int, sample: str) -> Iterator:
    """What the spectrometer records of a sample; `simulation` as KaonSearch gives it."""
    from lnvsearch.experiments.na62.detector.conversions import convert_photons
    from lnvsearch.experiments.na62.detector.simulate import Na62Detector, simulate_spectrometer
    from lnvsearch.generation.kaon import MODES, generate_selected_kaon_decays

    detector = Na62Detector.from_settings(simulation["detector"])
    for first in range(0, n_events, DECAYS_PER_CHUNK):
        decays, n_generated, sum_weight, sum_squared_weight = generate_selected_kaon_decays(
            simulation["mode"],
            min(DECAYS_PER_CHUNK, n_events - first),
            base_seed=base_seed,
            sample=sample,
            first_event=first,
            radiation=simulation["radiation"],
            options=simulation["options"],
        )
        if simulation.get("photons_convert", False):
            final_state = MODES[simulation["mode"]].final_state
            decays = convert_photons(
                decays,
                [column for column, name in enumerate(final_state) if name == "gamma"],
                detector.response.spectrometer,
                base_seed=base_seed,
                sample=sample,
            )
        yield simulate_spectrometer(
            decays,
            detector,
            base_seed=base_seed,
            sample=sample,
            decay_in_flight=simulation["decay_in_flight"],
            minimum_tracks=simulation.get("minimum_tracks", 3),
            n_generated=n_generated,
            sum_weight=sum_weight,
            sum_squared_weight=sum_squared_weight,
        )
