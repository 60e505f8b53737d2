"""Acceptance as a function of the two K e masses: what recasting to another model needs.

The efficiency of the search depends on how a model fills the phase space.  Given the density of
another model in (m_Ke1, m_Ke2), its efficiency is the average of this map over that density, as
far as the map's two masses tell the phase space apart.
"""

from __future__ import annotations

import numpy as np

from lnvsearch.events import RecordedEvents

__all__ = ["acceptance_map", "true_pair_masses"]

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


def acceptance_map(
    generated: np.ndarray, selected: np.ndarray, edges_gev: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Efficiency and its uncertainty in bins of the two masses, each (b, b).

    `generated`, `selected`: (n, 2) and (m, 2) pairs of masses; `edges_gev`: (b + 1,).  Bins
    without a generated event are NaN.
    """
    total = np.histogram2d(*generated.T, bins=(edges_gev, edges_gev))[0]
    passed = np.histogram2d(*selected.T, bins=(edges_gev, edges_gev))[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        efficiency = passed / total
        uncertainty = np.sqrt(efficiency * (1.0 - efficiency) / total)
    return efficiency, uncertainty
