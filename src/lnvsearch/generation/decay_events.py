"""Events of a decay chain: `generate` turns a `Decay` into unweighted events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lnvsearch import particles
from lnvsearch.generation.events import GeneratedEvents
from lnvsearch.generation.models import Beam, Decay, lowest_mass
from lnvsearch.generation.radiation import RadiationSettings
from lnvsearch.random_streams import stream_key

if TYPE_CHECKING:
    from lnvsearch.generation.chain import DecayTree

__all__ = ["decay_tree", "generate"]

# What a photon-rich event needs beyond its daughters; the arrays grow if this does not suffice.
_ROOM_PER_EVENT = 1.5
_SPARE_ROWS = 256


def decay_tree(decay: Decay) -> DecayTree:
    """The decay as the arrays that the kernel reads; see `chain.DecayTree`."""
    from lnvsearch.generation import chain

    if decay.mass <= 0.0 or decay.lowest_mass > decay.mass:
        raise ValueError(
            f"{decay.parent}: the decaying particle's mass of {decay.mass:.6g} GeV is below the "
            f"{decay.lowest_mass:.6g} GeV that its daughters need; state another mass_gev"
        )
    nodes: list[str | Decay] = [decay]
    parent, first = [-1], []
    for index, node in enumerate(nodes):  # grows while it runs: breadth first
        first.append(len(nodes))
        if isinstance(node, Decay):
            nodes.extend(node.daughters)
            parent.extend([index] * len(node.daughters))

    models = {"dalitz": chain.DALITZ, "majorana_pair": chain.MAJORANA_PAIR}
    places = {index: place for place, index in enumerate(_depth_first(nodes, first, 0))}
    rows = []
    for index, node in enumerate(nodes):
        if isinstance(node, Decay):
            pair = decay.model == "majorana_pair" and parent[index] == 0
            model = chain.DRAWN if pair else models.get(node.model, chain.PHASE_SPACE)
            rows.append(
                (parent[index], first[index], len(node.daughters), model, _shape(node, index),
                 node.mass, node.width, lowest_mass(node), float(node.charge), False, -1,
                 float(node.analysing_power), 0, 0)
            )
        else:
            code = particles.pdg_id(node)
            mass = particles.mass_gev(node)
            rows.append(
                (parent[index], first[index], 0, chain.PHASE_SPACE, 0, mass, 0.0, mass,
                 float(particles.charge(node)), particles.spin(node) == 0.5, places[index], 0.0,
                 code, particles.conjugate_pdg_id(code))
            )
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return chain.DecayTree(*columns[:-2], *(codes.astype(np.int32) for codes in columns[-2:]))


def _shape(decay: Decay, index: int) -> int:
    """Where the mass of a decaying node comes from; that of the first node is always fixed."""
    from lnvsearch.generation.chain import BREIT_WIGNER, FIXED, VIRTUAL_PHOTON

    if index == 0 or not decay.mass_varies:
        return FIXED
    return VIRTUAL_PHOTON if decay.model == "virtual_photon" else BREIT_WIGNER


def _depth_first(nodes: Sequence[str | Decay], first: Sequence[int], index: int) -> list[int]:
    """Indices of the final particles below a node, in the order in which the decay is written."""
    node = nodes[index]
    if not isinstance(node, Decay):
        return [index]
    found: list[int] = []
    for daughter in range(first[index], first[index] + len(node.daughters)):
        found.extend(_depth_first(nodes, first, daughter))
    return found


def _filled(block: Callable, n_events: int, rows: int) -> tuple[np.ndarray, ...]:
    """Offsets, codes, four-momenta and origins of all events, in arrays that grow by `rows` particles.

    `block` writes as many of the events from `first` on as there is room for; returns their number.
    """
    offsets = np.zeros(n_events + 1, dtype=np.int64)
    code = np.empty(rows, dtype=np.int32)
    four_momentum = np.empty((rows, 4))
    origin = np.empty(rows, dtype=np.int8)
    done = 0
    while done < n_events:
        used = offsets[done]
        if done and len(code) - used < rows:
            code = np.concatenate([code, np.empty(rows, dtype=np.int32)])
            four_momentum = np.concatenate([four_momentum, np.empty((rows, 4))])
            origin = np.concatenate([origin, np.empty(rows, dtype=np.int8)])
        columns = (offsets[done:], code[used:], four_momentum[used:], origin[used:])
        new = block(done, n_events - done, *columns)
        offsets[done + 1 : done + new + 1] += used
        done += new
    return offsets, code, four_momentum, origin


def generate(
    decay: Decay,
    n_events: int,
    *,
    base_seed: int,
    sample: str,
    first_event: int = 0,
    beam: Beam | None = None,
    radiation: RadiationSettings | None = None,
    charge_conjugate: bool = True,
) -> GeneratedEvents:
    """Unweighted events of a decay, in the laboratory.

    Events `first_event` ... `first_event + n_events - 1` of the sample: the same numbers however
    a sample is split into calls.  `beam` None is the default `Beam()`; `radiation` None is no
    radiation; with `charge_conjugate`, half of the events (drawn at random) are those of the
    antiparticles.  Final particles come in the order of `decay.final_state`, radiated photons
    behind them.

    Raises ValueError for a negative number of events, event number or seed, or no sample name.

    >>> events = generate(Decay("J/psi(1S)", ["K+", "K-"]), 10, base_seed=1, sample="toy")
    >>> len(events), events.four_momentum.shape
    (10, (20, 4))
    """
    from lnvsearch.generation.chain import Streams, generate_block

    if n_events < 0:
        raise ValueError(f"n_events is {n_events}: give a number >= 0")
    if first_event < 0:
        raise ValueError(f"first_event is {first_event}: give a number >= 0")
    beam = Beam() if beam is None else beam
    beam_numbers = np.array([
        beam.momentum_x_gev, beam.momentum_x_spread_gev,
        beam.momentum_z_gev, beam.momentum_z_spread_gev,
    ])
    streams = Streams(*(stream_key(base_seed, sample, process) for process in Streams._fields))
    tree = decay_tree(decay)
    n_final = len(decay.final_state)
    cut = 0.0 if radiation is None else radiation.photon_energy_cut

    def block(first, number, *columns):
        return generate_block(
            streams, first_event + first, number, tree, beam_numbers, cut, charge_conjugate, n_final,
            *columns,
        )

    rows = int(n_events * (n_final + (_ROOM_PER_EVENT if cut else 0.0))) + _SPARE_ROWS
    offsets, code, four_momentum, origin = _filled(block, n_events, rows)
    return GeneratedEvents(
        event_number=np.arange(first_event, first_event + n_events, dtype=np.int64),
        weight=np.ones(n_events),
        offsets=offsets,
        pdg_id=code[: offsets[-1]],
        four_momentum=four_momentum[: offsets[-1]],
        origin=origin[: offsets[-1]],
        n_generated=n_events,
        metadata={"sample": sample, "base_seed": int(base_seed)},
    )
