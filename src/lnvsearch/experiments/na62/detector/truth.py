"""The columns of an event: its weight, and what is known of the true decay."""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.inner_kernel import inner_kernel

__all__ = ["EVENT_COLUMNS", "write_event"]

EVENT_COLUMNS = (
    "weight", "lav_energy_gev", "n_decays_in_flight", "true_z_vertex_m", "true_mass_1_gev",
    "true_mass_2_gev",
)  # fmt: skip


@inner_kernel(forceinline=True)
def _invariant_mass(momentum, i, first, second):
    """Invariant mass (GeV) of two particles of event i; (n, k, 4) momenta."""
    px = momentum[i, first, 0] + momentum[i, second, 0]
    py = momentum[i, first, 1] + momentum[i, second, 1]
    pz = momentum[i, first, 2] + momentum[i, second, 2]
    energy = momentum[i, first, 3] + momentum[i, second, 3]
    return math.sqrt(max(energy * energy - px * px - py * py - pz * pz, 0.0))


@inner_kernel(forceinline=True)
def write_event(events, row, weight, in_veto, n_decays, z, momentum, i, leptons):
    """The columns of an event; masses of the pion and a lepton where there are two leptons."""
    events[0, row] = weight
    events[1, row] = in_veto
    events[2, row] = n_decays
    events[3, row] = z
    events[4, row] = np.nan
    events[5, row] = np.nan
    if leptons[0] >= 0:
        events[4, row] = _invariant_mass(momentum, i, 0, leptons[0])
        events[5, row] = _invariant_mass(momentum, i, 0, leptons[1])
