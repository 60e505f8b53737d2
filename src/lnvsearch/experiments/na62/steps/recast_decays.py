"""Acceptance of a user's own decays of a kaon at one point, through detector and selection."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.na62.detector.simulate import simulate_spectrometer
from lnvsearch.experiments.na62.normalisation import Factors
from lnvsearch.experiments.na62.recast import NeutrinoSearch
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.select import select
from lnvsearch.generation.chirality import to_rest_frame
from lnvsearch.generation.kaon.decays import KaonDecays
from lnvsearch.selection.mass_regions import in_region

__all__ = ["acceptance_of_decays", "recast_decays"]

_DECAYS_PER_CHUNK = 40_000
_RELATIVE_MASS = 1e-3


def recast_decays(inputs: Mapping, settings: Mapping) -> dict:
    """`acceptance` and its statistical uncertainty, `acceptance_statistical`, of weighted decays.

    `inputs`: `maps` and `calibration`; `settings`: `search` (of NeutrinoSearch, whose selection is the
    signal's), `daughters` (PDG names), `momentum_gev` (n, k, 4) in any frame, `weight` (n,), `n_events` and
    `base_seed`.  The decays are used again, each time turned at random, until there are `n_events`.
    Raises ValueError for decays whose mass is not the kaon's, as where a particle is missing.
    """
    search = NeutrinoSearch.from_mapping(
        settings["search"], IdentificationMaps.from_json(inputs["maps"])
    )
    found = acceptance_of_decays(
        search, settings["daughters"], settings["momentum_gev"], settings["weight"],
        settings["n_events"], settings["base_seed"],
    )  # fmt: skip
    factor = Factors.read(inputs["calibration"]).of("nominal").value
    names = ("acceptance", "acceptance_statistical")
    return {name: factor * value for name, value in zip(names, found, strict=True)}


def acceptance_of_decays(
    search: NeutrinoSearch,
    daughters: Sequence[str],
    momentum_gev: np.ndarray,
    weight: np.ndarray,
    n_events: int,
    base_seed: int,
) -> tuple[float, float]:
    """Share of weighted decays, as in `recast_decays`, that is selected, and its uncertainty."""
    own = _at_rest(np.asarray(momentum_gev, dtype=float))
    codes = np.array([particles.pdg_id(name) for name in daughters])
    generator = np.random.Generator(np.random.Philox(base_seed))
    sums = np.zeros(3)
    for first in range(0, n_events, _DECAYS_PER_CHUNK):
        number = np.arange(first, min(first + _DECAYS_PER_CHUNK, n_events))
        rows = number % len(own)
        turned = _turned(own[rows], generator)
        sums += _sums(
            KaonDecays(number, np.asarray(weight)[rows], codes, turned), search, base_seed
        )
    total, selected, squared = sums
    return selected / total, math.sqrt(max(squared - selected**2 / n_events, 0.0)) / total


def _sums(decays: KaonDecays, search: NeutrinoSearch, base_seed: int) -> np.ndarray:
    """Sum of weights of all decays, of the selected ones, and of their squares."""
    recorded = simulate_spectrometer(
        decays, search.detector, base_seed=base_seed, sample="recast_decays"
    )
    found = select(
        recorded, search.selection,
        # A whole response has the sections of a `SelectionDetector`.
        detector=search.detector.response,  # type: ignore[arg-type]
        identification=search.identification, trigger=search.trigger,
    ).candidates  # fmt: skip
    inside = in_region(found["mass_gev"], search.selection.regions[search.region])
    selected = found["weight"][inside]
    return np.array([decays.weight.sum(), selected.sum(), np.sum(selected**2)])


def _at_rest(momentum: np.ndarray) -> np.ndarray:
    """Momenta in the rest frame of their sum, which must be a kaon."""
    total = momentum.sum(axis=1)
    mass = np.sqrt(np.maximum(total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1), 0.0))
    kaon = particles.mass_gev("K+")
    wrong = np.flatnonzero(np.abs(mass / kaon - 1.0) > _RELATIVE_MASS)
    if len(wrong):
        raise ValueError(
            f"event {wrong[0] + 1}: its particles have the mass {mass[wrong[0]]:.4f} GeV, a kaon {kaon:.4f}; "
            "give all of them, in GeV"
        )
    return to_rest_frame(momentum, total[:, np.newaxis])


def _turned(momentum: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Each event in a random orientation: a kaon has no spin."""
    from scipy.spatial.transform import Rotation

    turns = Rotation.random(len(momentum), rng=generator).as_matrix()
    space = np.einsum("nij,nkj->nki", turns, momentum[..., :3])
    return np.ascontiguousarray(np.concatenate([space, momentum[..., 3:]], axis=-1))
