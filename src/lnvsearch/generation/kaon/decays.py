"""Kaon decays: final states in the rest frame of the kaon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["KaonDecays"]

@dataclass(frozen=True)
class KaonDecays:
    """n decays of a kaon at rest into the same k particles.

    `pdg_id`: (k,).  `four_momentum`: (n, k, 4) as (px, py, pz, E), GeV, in the kaon's rest frame,
    whose z axis is the kaon's direction of flight.  Radiated photons fill the last columns (code
    22); a column that an event does not need holds zeros.  `weight`: (n,), the ratio of the true
    density to the one that the events were drawn from; its mean over all generated events is 1 up
    to fluctuations, and `sum(weight[selected]) / sum(weight)` is an efficiency.

    `displacement_m`: (n, 4), (x, y, z, ct) in the same frame, from the kaon's decay to where the
    `displaced` columns, (k,), start, the daughters of a long-lived particle; None where all start
    at once.

    `generated_weight`: (n,), the weights that the decays were generated with, where some of them were
    left out since and `weight` makes up for these; None where it is `weight`.
    """

    event_number: np.ndarray
    weight: np.ndarray
    pdg_id: np.ndarray
    four_momentum: np.ndarray
    displacement_m: np.ndarray | None = None
    displaced: np.ndarray | None = None
    generated_weight: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.event_number)
