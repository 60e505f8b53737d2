"""The true masses of pairs of a hadron and a lepton: the axes of the acceptance, which recasting needs.

The efficiency of the search depends on how a model fills the phase space.  Given the density of
another model in these two masses, its efficiency is the average of the acceptance in these two
masses over that density, as far as they tell the phase space apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.besiii.events import RecordedEvents

__all__ = ["true_pair_masses"]


def true_pair_masses(
    events: RecordedEvents, final_state: Sequence[str] = ("K+", "K+", "e-", "e-")
) -> np.ndarray | None:
    """True masses of the two pairs of each event, (n, 2) in GeV; None for data and other decays.

    `final_state`: two hadrons, two leptons.  Of equal hadrons the larger mass comes first, of different
    ones that of the first hadron.  The generated particles must be hadron, lepton, hadron,
    lepton first (as every signal sample's are).  Radiated photons do not count.
    """
    if len(events) == 0 or np.any(np.diff(events.truth_offsets) < 4):
        return None
    index = events.truth_offsets[:-1, np.newaxis] + np.arange(4)
    species = np.abs(events.truth["pdg_id"][index])
    first, second, lepton = (abs(particles.pdg_id(name)) for name in final_state[:3])
    is_swapped = species[0, 0] == second != first
    if is_swapped:
        first, second = second, first
    if np.any(species != np.array([first, lepton, second, lepton])):
        return None
    px, py, pz, energy = (
        events.truth[name][index[:, 0::2]] + events.truth[name][index[:, 1::2]]
        for name in ("px", "py", "pz", "energy")
    )
    masses = np.sqrt(energy**2 - (px**2 + py**2 + pz**2))
    if first == second:
        return -np.sort(-masses, axis=1)
    return masses[:, ::-1] if is_swapped else masses
