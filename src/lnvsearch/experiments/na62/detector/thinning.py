"""Russian roulette between generation and detector: decays that no selection will take are seldom flown.

A decay of weight w and prospect q (`prospects`) is kept with the probability

    p = min(1, max(least, w q / w0))

and then has the weight w/p: sums of weights keep their means, whatever q is.  Light decays are thinned, too:
what an event adds to the variance goes as its weight squared, and its cost does not.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
from numba import njit

from lnvsearch.experiments.na62.detector.prospects import prospect_numbers
from lnvsearch.experiments.na62.detector.prospects_together import find_prospects
from lnvsearch.experiments.na62.detector.simulate import Na62Detector, charges_and_species
from lnvsearch.generation.kaon.decays import KaonDecays
from lnvsearch.random_streams import stream_key, uniform4

__all__ = [
    "LEAST_PROBABILITY", "LEAST_PROBABILITY_WITH_MUONS", "LEAST_PROBABILITY_WITH_PI0", "Thinning",
    "least_probability",
]  # fmt: skip

#: Probability to keep a decay that has no prospect: bounds what it weighs if it is selected all the same.
#: Photons are known less well than tracks, so that more of them are; and what selections of muons take of decays
#: with pions has mostly a decay in flight, which the prospects do not know.
LEAST_PROBABILITY, LEAST_PROBABILITY_WITH_PI0, LEAST_PROBABILITY_WITH_MUONS = 0.05, 0.1, 0.2


def least_probability(with_pi0: bool, leptons: Collection[str]) -> float:
    """Probability to keep a decay without any prospect, in selections of these leptons."""
    if "mu" in leptons:
        return LEAST_PROBABILITY_WITH_MUONS
    return LEAST_PROBABILITY_WITH_PI0 if with_pi0 else LEAST_PROBABILITY


@njit(cache=True, error_model="numpy")
def _play(
    key, beam_key, event_number, weight, momentum, species, charge, full_weight, least, with_pi0,
    response, numbers, kept, new_weight,
):  # fmt: skip
    """Rows that are kept and their weights; returns how many."""
    # Before they hold what they are for, they are room.
    rows, value = kept, new_weight
    n, listed = len(weight), 0
    chance = np.empty(n)
    for i in range(n):
        chance[i], value[i] = uniform4(key, event_number[i], 0, 0, 0)[0], 0.0
        # Others are not kept, whatever their prospect is.
        rows[listed] = i
        listed += chance[i] < max(weight[i] / full_weight, least)
    find_prospects(beam_key, event_number, momentum, species, charge, with_pi0, response, numbers, rows,
                   listed, value)  # fmt: skip
    count = 0
    for i in range(n):
        probability = least
        if value[i] > 0.0:
            probability = min(max(weight[i] * value[i] / full_weight, least), 1.0)
        if chance[i] < probability:
            kept[count], new_weight[count] = i, weight[i] / probability
            count += 1
    return count


class Thinning:
    """Chooses decays of one sample that are simulated further; called with decays, gives those that are kept.

    `full_weight`: w0, the weight from which on a decay with the best prospects is kept for certain;
    `with_pi0`: whether the selections ask for a pi0 of two photons; `leptons`: those that they ask for, e
    or mu or both.
    """

    def __init__(
        self,
        detector: Na62Detector,
        full_weight: float,
        with_pi0: bool,
        leptons: Collection[str] = ("e",),
        *,
        base_seed: int,
        sample: str,
    ) -> None:
        self._response, self._sample = detector.response, sample
        self._keys = [tuple(stream_key(base_seed, sample, name)) for name in ("thinning", "beam")]
        self._choice = (float(full_weight), least_probability(with_pi0, leptons), with_pi0)
        self._numbers = prospect_numbers(leptons)
        self._kinds: dict[tuple, tuple[np.ndarray, np.ndarray]] = {}

    def __call__(self, decays: KaonDecays) -> KaonDecays:
        """The decays that are kept, with their new weights; `generated_weight` has those of before.

        Raises ValueError for decays without three charged particles.
        """
        species, charge = self._kinds_of(decays.pdg_id)
        event_number = np.ascontiguousarray(decays.event_number, dtype=np.int64)
        momentum = np.ascontiguousarray(decays.four_momentum, dtype=np.float64)
        weight = np.ascontiguousarray(decays.weight, dtype=np.float64)
        kept, new_weight = np.empty(len(weight), dtype=np.int64), np.empty(len(weight))
        count = _play(
            *self._keys, event_number, weight, momentum, species, charge, *self._choice, self._response,
            self._numbers, kept, new_weight,
        )  # fmt: skip
        rows = kept[:count]
        return replace(
            decays, event_number=event_number[rows], weight=new_weight[:count], four_momentum=momentum[rows],
            generated_weight=weight[rows],
        )

    def _kinds_of(self, pdg_id: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Species and charge of the columns, found once."""
        codes = tuple(pdg_id.tolist())
        if codes not in self._kinds:
            species, charge = charges_and_species(pdg_id)
            if np.count_nonzero(charge) != 3:
                raise ValueError(
                    f"{self._sample}: thinning is for three charged particles, not {np.count_nonzero(charge)}: "
                    "remove thinned_below_weight of the sample"
                )
            self._kinds[codes] = species, charge
        return self._kinds[codes]
