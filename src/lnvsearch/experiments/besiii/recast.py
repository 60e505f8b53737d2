"""Acceptance of J/psi -> N N and J/psi -> N K e, N -> K e, against mass and lifetime of N.

Isotropic: flat in the phase space of every decay.  V - A couplings are weights of the same events: for
the pair those of `lnvsearch.generation.majorana_pair`, which have all angles; for one N those of
`lnvsearch.generation.chirality` with the hadrons' current of fewest derivatives, the polarisation
vector of the J/psi, summed over its two directions across the beams.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from lnvsearch import particles
from lnvsearch.chunks import chunks_of_part
from lnvsearch.experiments.besiii.chain import Simulation, generate
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.selection.kkee import select
from lnvsearch.experiments.besiii.selection.state import Selection
from lnvsearch.generation.chirality import boosted, weight_of_current
from lnvsearch.generation.displaced import DisplacedEvents, let_fly
from lnvsearch.generation.events import GeneratedEvents
from lnvsearch.generation.flight import Flight, FlightProposal
from lnvsearch.generation.majorana_pair import analysing_power, weight_of_angles
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.recast_grid import ISOTROPIC, V_MINUS_A, LifetimeSums

__all__ = ["NeutrinoSearch", "lifetime_sums", "selected_events", "v_minus_a_weights"]

_EVENTS_PER_CHUNK = 20_000
_KAON, _ELECTRON, _KAON_2, _ELECTRON_2 = range(4)  # of the first N; of the other, or the J/psi
#: Nodes of the tree that fly, by the number of N.
_FLYING = {1: (1,), 2: (1, 2)}
#: Share of pairs of which both N fly or none: any share gives the same acceptances.
_ALIKE = 0.6


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
    flown = let_fly(
        generated, _FLYING[search.n_neutrinos], search.mass_gev, flight, alike=_ALIKE, **streams
    )
    recorded = simulate(flown.events, search.simulation.response, **streams)
    table, _ = select(recorded, search.selection)
    passes = [values for name, values in table.items() if name.startswith("passes_")]
    return flown, table["event_number"][np.all(passes, axis=0)] - first_event


def v_minus_a_weights(events: GeneratedEvents, n_neutrinos: int, mass_gev: float) -> np.ndarray:
    """Weights (n,) for V - A couplings, without normalisation; photons are left out of the angles."""
    whole = np.add.reduceat(events.four_momentum, events.offsets[:-1], axis=0)
    weights = np.empty(len(events))
    if n_neutrinos == 1:
        _weigh_one(events.offsets, events.four_momentum, whole, weights)
        return weights
    power = analysing_power(mass_gev, particles.mass_gev("e-"), particles.mass_gev("K+"))
    _weigh_pairs(events.offsets, events.four_momentum, whole, power**4, weights)
    return weights


@njit(cache=True, error_model="numpy")
def _weigh_one(offsets, four_momentum, whole, weights):
    """J/psi -> N K e, for polarisations along x and y, in the rest frame of the `whole`, (n, 4)."""
    for i in range(len(weights)):
        row = offsets[i]
        kaon = boosted(four_momentum[row + _KAON], whole[i])
        electron = boosted(four_momentum[row + _ELECTRON], whole[i])
        other = boosted(four_momentum[row + _ELECTRON_2], whole[i])
        weights[i] = weight_of_current(
            other, (1.0, 0.0, 0.0, 0.0), electron, kaon
        ) + weight_of_current(other, (0.0, 1.0, 0.0, 0.0), electron, kaon)


@njit(cache=True, error_model="numpy")
def _weigh_pairs(offsets, four_momentum, whole, alpha_squared, weights):
    """J/psi -> N N, by the direction of the first N and those of both electrons in their own N."""
    for i in range(len(weights)):
        row = offsets[i]
        electron_1 = boosted(four_momentum[row + _ELECTRON], whole[i])
        electron_2 = boosted(four_momentum[row + _ELECTRON_2], whole[i])
        first = _sum(boosted(four_momentum[row + _KAON], whole[i]), electron_1)
        second = _sum(boosted(four_momentum[row + _KAON_2], whole[i]), electron_2)
        weights[i] = weight_of_angles(
            _direction(first), _direction(boosted(electron_1, first)),
            _direction(boosted(electron_2, second)), alpha_squared,
        )  # fmt: skip


@inner_kernel(forceinline=True)
def _sum(one, other):
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


@inner_kernel(forceinline=True)
def _direction(momentum):
    x, y, z, _ = momentum
    size = math.sqrt(x * x + y * y + z * z)
    return x / size, y / size, z / size


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
        weight = proposal.weights_together(
            flown.length_m[:, rows], flown.boost[:, rows], lifetimes, _ALIKE
        )
        v_minus_a = v_minus_a_weights(flown.events, search.n_neutrinos, search.mass_gev)
        sums.add({ISOTROPIC: np.ones(number), V_MINUS_A: v_minus_a}, rows, weight)
        if sums.accepts_too_little(n_events):
            break
    return sums
