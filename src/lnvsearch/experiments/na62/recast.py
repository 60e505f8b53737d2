"""Acceptance of K+ -> l+ (pi0) N, N -> pi- l+ against mass and lifetime of N."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lnvsearch.chunks import chunks_of_part
from lnvsearch.experiments.na62.detector.simulate import Na62Detector, simulate_spectrometer
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.select import select_together
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.experiments.na62.selection.together import Asked
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings
from lnvsearch.generation.flight import Flight, FlightProposal
from lnvsearch.generation.kaon.heavy_neutrino import generate_neutrino_decays
from lnvsearch.recast_grid import ISOTROPIC, V_MINUS_A, LifetimeSums
from lnvsearch.selection.mass_regions import in_region

__all__ = ["NeutrinoSearch", "lifetime_sums", "selected_decays", "varied_sums"]

_DECAYS_PER_CHUNK = 40_000


@dataclass(frozen=True)
class NeutrinoSearch:
    """A decay through N, and the selection in which it is searched for.

    `mode`: a key of NEUTRINO_MODES; `region`: of the selection, whose events count.
    """

    mode: str
    detector: Na62Detector
    selection: SelectionSettings
    region: str
    identification: IdentificationMaps
    trigger: TriggerSettings

    @classmethod
    def from_mapping(cls, values: Mapping, maps: IdentificationMaps) -> NeutrinoSearch:
        """From plain values: mode, detector, selection, region, trigger."""
        return cls(
            values["mode"],
            Na62Detector.from_settings(values["detector"]),
            SelectionSettings.from_mapping(values["selection"]),
            values["region"],
            maps,
            TriggerSettings.from_mapping(values["trigger"]),
        )


def selected_decays(
    search: NeutrinoSearch, mass_gev: float, flight: Flight, **events: Any
) -> tuple[Any, np.ndarray, np.ndarray]:
    """Decays of a chunk, the rows (s,) of those that are selected, and their weights (s,).

    `events`: n_events, first_event, base_seed and sample of `generate_neutrino_decays`.
    """
    generated, ((rows, weight),) = _selected_by(
        search, (search.selection,), mass_gev, flight, **events
    )
    return generated, rows, weight


def _selected_by(
    search: NeutrinoSearch,
    selections: Sequence[SelectionSettings],
    mass_gev: float,
    flight: Flight,
    **events,
):
    """The same decays, and rows and weights of those that each of several selections takes."""
    generated = generate_neutrino_decays(search.mode, mass_gev, flight=flight, **events)
    recorded = simulate_spectrometer(
        generated.decays, search.detector, base_seed=events["base_seed"], sample=events["sample"]
    )
    asked = [
        # A whole response has the sections of a `SelectionDetector`.
        Asked(selection, search.detector.response, search.identification, search.trigger, None)  # type: ignore[arg-type]
        for selection in selections
    ]
    results = {}
    for index, selected in select_together(recorded, asked):
        found = selected.candidates
        inside = in_region(found["mass_gev"], selections[index].regions[search.region])
        rows = found["event_number"][inside] - events["first_event"]
        results[index] = rows, found["weight"][inside]
    return generated, [results[index] for index in range(len(selections))]


def lifetime_sums(
    search: NeutrinoSearch,
    mass_gev: float,
    proposal: FlightProposal,
    lifetimes_ps: Sequence[float],
    n_events: int,
    *,
    base_seed: int,
    sample: str,
) -> LifetimeSums:
    """Sums over the selected decays of one mass, for all mean lives and chiralities."""
    (sums,) = varied_sums(
        search, (search.selection,), mass_gev, proposal, lifetimes_ps, n_events,
        base_seed=base_seed, sample=sample,
    )  # fmt: skip
    return sums


def varied_sums(
    search: NeutrinoSearch,
    selections: Sequence[SelectionSettings],
    mass_gev: float,
    proposal: FlightProposal,
    lifetimes_ps: Sequence[float],
    n_events: int,
    *,
    base_seed: int,
    sample: str,
) -> list[LifetimeSums]:
    """The sums of `lifetime_sums` for each of several selections of the same decays."""
    lifetimes = np.asarray(lifetimes_ps, dtype=float)
    sums = [LifetimeSums(lifetimes) for _ in selections]
    for first, number in chunks_of_part(n_events, _DECAYS_PER_CHUNK, (0, 1)):
        generated, selected = _selected_by(
            search, selections, mass_gev, proposal, n_events=number, first_event=first,
            base_seed=base_seed, sample=sample,
        )  # fmt: skip
        chirality = {ISOTROPIC: np.ones(number), V_MINUS_A: generated.v_minus_a}
        taken = np.unique(np.concatenate([rows for rows, _ in selected]))
        flown = proposal.weights(generated.length_m[taken], generated.boost[taken], lifetimes)
        for one, (rows, weight) in zip(sums, selected, strict=True):
            own = flown[np.searchsorted(taken, rows)]
            one.add(chirality, rows, own * weight[:, np.newaxis])
        if sums[0].accepts_too_little(n_events):
            break
    return sums
