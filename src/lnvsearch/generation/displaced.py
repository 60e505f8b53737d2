"""Let decaying particles of generated events fly: where their daughters start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numba import njit

from lnvsearch.generation.events import GeneratedEvents
from lnvsearch.generation.flight import Flight
from lnvsearch.random_streams import stream_key, uniform4

__all__ = ["DisplacedEvents", "let_fly"]


@dataclass(frozen=True)
class DisplacedEvents:
    """Generated events with `start_m`, and of their k flying particles the lengths and boosts.

    `length_m`, `boost` (beta gamma): (k, n), in the laboratory.
    """

    events: GeneratedEvents
    length_m: np.ndarray
    boost: np.ndarray


@njit(cache=True, error_model="numpy")
def _parents(offsets, origin, four_momentum, decay):
    """Sums (n, 4) of the momenta of a decay's daughters."""
    parent = np.zeros((len(offsets) - 1, 4))
    for i in range(len(parent)):
        for row in range(offsets[i], offsets[i + 1]):
            if origin[row] == decay:
                for axis in range(4):
                    parent[i, axis] += four_momentum[row, axis]
    return parent


@njit(cache=True, error_model="numpy")
def _place(offsets, origin, decay, parent, scale, start):
    """Where the daughters of a decay start: the parent's momentum times a `scale`, (n,)."""
    for i in range(len(parent)):
        for row in range(offsets[i], offsets[i + 1]):
            if origin[row] == decay:
                for axis in range(4):
                    start[row, axis] = parent[i, axis] * scale[i]


@njit(cache=True, error_model="numpy")
def _uniform_numbers(key, event_number, slot):
    """Three uniform numbers, (3, n), of every event."""
    result = np.empty((3, len(event_number)))
    for i in range(len(event_number)):
        result[0, i], result[1, i], result[2, i], _ = uniform4(key, event_number[i], slot, 0, 0)
    return result


def let_fly(
    events: GeneratedEvents, decays: Sequence[int], mass_gev: float, flight: Flight, *,
    base_seed: int, sample: str, alike: float = 0.0,
) -> DisplacedEvents:
    """Events in which some particles of one mass fly before they decay.

    `decays`: theirs, as `events.origin` counts them; none is the daughter of another.  Their photons
    start with the other daughters.  `alike`: share of events in which all have the first one's choice
    of whether to fly (`FlightProposal.weights_together`).
    """
    start = np.zeros((len(events.pdg_id), 4))
    key = stream_key(base_seed, sample, "flight")
    lengths, boosts = [], []
    first = None
    for decay in decays:
        parent = _parents(events.offsets, events.origin, events.four_momentum, decay)
        boost = np.linalg.norm(parent[:, :3], axis=1) / mass_gev
        choice, uniform, common = _uniform_numbers(key, events.event_number, decay)
        if alike > 0.0:
            first = choice if first is None else first
            choice = np.where(common < alike, first, choice)
        length = flight.lengths(choice, uniform, boost)
        # Proper time times four-velocity; what is at rest stays.
        scale = np.divide(length, boost * mass_gev, out=np.zeros_like(length), where=boost > 0.0)
        _place(events.offsets, events.origin, decay, parent, scale, start)
        lengths.append(length)
        boosts.append(boost)
    return DisplacedEvents(replace(events, start_m=start), np.array(lengths), np.array(boosts))
