"""Acceptance of J/psi -> N N and J/psi -> N K e, N -> K e, against mass and lifetime of N.

Isotropic: flat in the phase space of every decay.  V - A couplings are weights of the same events: for
the pair those of `lnvsearch.generation.majorana_pair`, which have all angles; for one N those of
`lnvsearch.generation.chirality` with the hadrons' current of fewest derivatives, the polarisation
vector of the J/psi, summed over its two directions across the beams.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lnvsearch import particles
from lnvsearch.chunks import chunks_of_part
from lnvsearch.experiments.besiii.chain import Simulation, generate
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.selection.kkee import select
from lnvsearch.experiments.besiii.selection.state import Selection
from lnvsearch.generation.chirality import to_rest_frame, v_minus_a_weight
from lnvsearch.generation.displaced import DisplacedEvents, let_fly
from lnvsearch.generation.events import GeneratedEvents
from lnvsearch.generation.flight import Flight, FlightProposal
from lnvsearch.generation.majorana_pair import analysing_power, angular_weight
from lnvsearch.recast_grid import ISOTROPIC, V_MINUS_A, LifetimeSums

__all__ = ["NeutrinoSearch", "lifetime_sums", "selected_events", "v_minus_a_weights"]

_EVENTS_PER_CHUNK = 20_000
_KAON, _ELECTRON = 0, 1  # of the first N; then those of the other, or of the J/psi
_PER_PARENT = 2
#: Nodes of the tree that fly, by the number of N.
_FLYING = {1: (1,), 2: (1, 2)}


@dataclass(frozen=True)
class NeutrinoSearch:
    """Decays with one N or two, each to K and e, and the selection in which they are searched for."""

    simulation: Simulation
    selection: Selection
    n_neutrinos: int
    mass_gev: float

    @classmethod
    def from_mapping(cls, values: Mapping) -> NeutrinoSearch:
        """From plain values: generation, detector, selection, n_neutrinos, mass_gev."""
        return cls(
            Simulation.from_mapping(values), Selection.of_decays(**values["selection"]),
            values["n_neutrinos"], values["mass_gev"],
        )  # fmt: skip


def selected_events(
    search: NeutrinoSearch, flight: Flight, n_events: int, *, first_event: int = 0,
    **streams: Any,
) -> tuple[DisplacedEvents, np.ndarray]:
    """Events of a chunk, and the rows (s,) of those that pass all cuts; `streams`: seed and sample."""
    generated = generate(
        search.simulation.generation, n_events, first_event=first_event, **streams
    )
    flown = let_fly(generated, _FLYING[search.n_neutrinos], search.mass_gev, flight, **streams)
    recorded = simulate(flown.events, search.simulation.response, **streams)
    table, _ = select(recorded, search.selection)
    passes = [values for name, values in table.items() if name.startswith("passes_")]
    return flown, table["event_number"][np.all(passes, axis=0)] - first_event


def v_minus_a_weights(events: GeneratedEvents, n_neutrinos: int, mass_gev: float) -> np.ndarray:
    """Weights (n,) for V - A couplings, without normalisation; photons are left out of the angles."""
    rows = events.offsets[:-1, np.newaxis] + np.arange(2 * _PER_PARENT)
    momentum = events.four_momentum[rows]
    whole = np.add.reduceat(events.four_momentum, events.offsets[:-1], axis=0)
    momentum = to_rest_frame(momentum, whole[:, np.newaxis])
    if n_neutrinos == 1:
        meson, lepton, other = momentum[:, _KAON], momentum[:, _ELECTRON], momentum[:, 3]
        first, second = (
            v_minus_a_weight(other, np.eye(4)[axis], lepton, meson) for axis in (0, 1)
        )
        return first + second
    pairs = momentum.reshape(len(events), 2, _PER_PARENT, 4)
    neutrinos = pairs.sum(axis=2)
    leptons = to_rest_frame(pairs[:, :, _ELECTRON], neutrinos)[..., :3]
    leptons /= np.linalg.norm(leptons, axis=-1, keepdims=True)
    direction = neutrinos[:, 0, :3] / np.linalg.norm(neutrinos[:, 0, :3], axis=-1, keepdims=True)
    power = analysing_power(mass_gev, particles.mass_gev("e-"), particles.mass_gev("K+"))
    return angular_weight(direction, leptons[:, 0], leptons[:, 1], power**4)


def lifetime_sums(
    search: NeutrinoSearch,
    proposal: FlightProposal,
    lifetimes_ps: Sequence[float],
    n_events: int,
    *,
    base_seed: int,
    sample: str,
) -> LifetimeSums:
    """Sums over the selected events of one mass, for all mean lives and chiralities."""
    lifetimes = np.asarray(lifetimes_ps, dtype=float)
    sums = LifetimeSums(lifetimes)
    for first, number in chunks_of_part(n_events, _EVENTS_PER_CHUNK, (0, 1)):
        flown, rows = selected_events(
            search, proposal, number, first_event=first, base_seed=base_seed, sample=sample
        )
        weight = np.ones((len(rows), len(lifetimes)))
        for length, boost in zip(flown.length_m, flown.boost, strict=True):
            weight *= proposal.weights(length[rows], boost[rows], lifetimes)
        v_minus_a = v_minus_a_weights(flown.events, search.n_neutrinos, search.mass_gev)
        sums.add({ISOTROPIC: np.ones(number), V_MINUS_A: v_minus_a}, rows, weight)
    return sums
