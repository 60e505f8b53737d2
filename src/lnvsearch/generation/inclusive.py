"""Inclusive J/psi decays by Pythia 8 (C. Bierlich et al., SciPost Phys. Codebases 8 (2022)).

Every block of 32 event numbers has a seed of Pythia's generator of its own (seeding takes as long
as three events), so that chunks join without a seam: one that begins within a block generates
the block's earlier events too, and drops them.  Pythia decays short-lived particles at the
origin (K_S and Lambda too) and keeps pi+-, K+-, mu+-, K_L and neutrons.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch import particles
from lnvsearch.generation.events import GeneratedEvents
from lnvsearch.generation.models import Beam
from lnvsearch.random_streams import normal_pair, stream_key, uniform4

__all__ = ["generate_inclusive"]

_PARENT = "J/psi(1S)"
_SETTINGS = (
    "ProcessLevel:all = off",  # no collision: the event begins with the J/psi
    "Random:setSeed = on",
    "Random:seed = 1",
    "Print:quiet = on",
)
#: Pythia's Marsaglia-Zaman generator takes the seeds 1 ... 900,000,000, each a stream of its own.
_NUMBER_OF_SEEDS = 900_000_000
_EVENTS_PER_SEED = 32
_DECAYED_BEAM_STATUS = 11  # a particle handed to Pythia to decay
_MAXIMUM_FAILURES = 100


def generate_inclusive(
    n_events: int,
    *,
    base_seed: int,
    sample: str,
    first_event: int = 0,
    beam: Beam | None = None,
) -> GeneratedEvents:
    """Inclusive decays of the J/psi in the laboratory, final particles in Pythia's order.

    Arguments as for `models.generate`.  Hadronic modes come from Pythia's three-gluon, gamma
    gluon gluon and leptonic channels, not from the measured exclusive rates: a check for
    unexpected topologies, not a prediction of a rate.  About 20,000 events a second.

    Raises ValueError for a negative number, RuntimeError if Pythia cannot decay an event.
    """
    import pythia8mc

    if n_events < 0 or first_event < 0:
        raise ValueError(f"n_events {n_events} and first_event {first_event} must be >= 0")
    beam = Beam() if beam is None else beam
    beam_key = stream_key(base_seed, sample, "beam")
    seed_offset = int(stream_key(base_seed, sample, "inclusive")[0]) % _NUMBER_OF_SEEDS
    mass, code = particles.mass_gev(_PARENT), particles.pdg_id(_PARENT)

    pythia = pythia8mc.Pythia("", False)
    for setting in _SETTINGS:
        pythia.readString(setting)
    if not pythia.init():
        raise RuntimeError("Pythia 8 does not initialise; is pythia8mc installed whole?")

    offsets = np.zeros(n_events + 1, dtype=np.int64)
    codes: list[int] = []
    momenta: list[tuple[float, float, float, float]] = []
    start = first_event - first_event % _EVENTS_PER_SEED
    for event in range(start, first_event + n_events if n_events else start):
        if event % _EVENTS_PER_SEED == 0:
            block = event // _EVENTS_PER_SEED
            pythia.rndm.init(1 + (seed_offset + block) % _NUMBER_OF_SEEDS)
        four_vector = _beam_momentum(beam, beam_key, event, mass)
        _decay(pythia, event, code, *four_vector, mass)
        if event < first_event:
            continue
        # A list of the particles is read in half the time of the record itself.
        final = [one for one in pythia.event.particles() if one.isFinal()]
        codes += [one.id() for one in final]
        momenta += [(one.px(), one.py(), one.pz(), one.e()) for one in final]
        offsets[event - first_event + 1] = len(codes)
    return GeneratedEvents(
        event_number=np.arange(first_event, first_event + n_events, dtype=np.int64),
        weight=np.ones(n_events),
        offsets=offsets,
        pdg_id=np.array(codes, dtype=np.int32),
        four_momentum=np.array(momenta).reshape(-1, 4),
        n_generated=n_events,
        metadata={"sample": sample, "base_seed": int(base_seed)},
    )


def _decay(pythia, event: int, code: int, *four_vector_and_mass: float) -> None:
    """Fill Pythia's event record with one decay; RuntimeError if it fails again and again."""
    for _ in range(_MAXIMUM_FAILURES):
        pythia.event.reset()
        pythia.event.append(code, _DECAYED_BEAM_STATUS, 0, 0, *four_vector_and_mass)
        if pythia.next():
            return
    raise RuntimeError(f"Pythia 8 failed {_MAXIMUM_FAILURES} times at event {event}")


def _beam_momentum(beam: Beam, key: np.ndarray, event: int, mass: float) -> tuple[float, ...]:
    """Momentum of the decaying particle, with the random numbers that `generate` takes too."""
    z1, z2 = _beam_normals(key, event)
    px = beam.momentum_x_gev + beam.momentum_x_spread_gev * z2
    pz = beam.momentum_z_gev + beam.momentum_z_spread_gev * z1
    return px, 0.0, pz, math.sqrt(px * px + pz * pz + mass * mass)


@njit(cache=True, error_model="numpy")
def _beam_normals(key, event):
    """Two standard normal numbers of an event."""
    u1, u2, _, _ = uniform4(key, event, 0, 0, 0)
    return normal_pair(u1, u2)
