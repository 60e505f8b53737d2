"""The true K e masses of events: the axes of the acceptance, which recasting needs.

The efficiency of the search depends on how a model fills the phase space.  Given the density of
another model in (m_Ke1, m_Ke2), its efficiency is the average of the acceptance in these two
masses over that density, as far as they tell the phase space apart.
"""

from __future__ import annotations

import numpy as np

from lnvsearch.experiments.besiii.events import RecordedEvents

__all__ = ["true_pair_masses"]

_PAIR = (321, 11)  # PDG codes of kaon and electron, without sign


def true_pair_masses(events: RecordedEvents) -> np.ndarray | None:
    """True masses of the two K e pairs of each event, (n, 2) in GeV, the larger one first.

    The generated particles must begin with K e K e (as every signal sample's do); otherwise, and
    for data, the answer is None.  Radiated photons do not count.
    """
    if len(events) == 0 or np.any(np.diff(events.truth_offsets) < 4):
        return None
    index = events.truth_offsets[:-1, np.newaxis] + np.arange(4)
    species = np.abs(events.truth["pdg_id"][index])
    if np.any(species != np.array([*_PAIR, *_PAIR])):
        return None
    momentum = np.stack([events.truth[name][index] for name in ("px", "py", "pz", "energy")], -1)
    pairs = momentum[:, 0::2] + momentum[:, 1::2]
    squared = pairs[..., 3] ** 2 - np.sum(pairs[..., :3] ** 2, axis=-1)
    return -np.sort(-np.sqrt(squared), axis=1)
