"""Probabilities to take a particle for an electron or a kaon, by momentum and polar angle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector.misidentification import (
    identification_probability,
)
from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.files import read_json
from lnvsearch.reconstruction import identification

__all__ = [
    "IDENTITIES",
    "SPECIES",
    "IdentificationMap",
    "estimate_probability",
    "identified_as",
    "map_from_counts",
    "map_rows",
    "read_identification",
    "sample_counts",
]

#: Particles that may be taken for another one, and what they are taken for.
SPECIES = ("e-", "e+", "mu-", "mu+", "pi+", "pi-", "K+", "K-", "p", "p~")
IDENTITIES = ("electron", "kaon")
_MOMENTUM_GEV = np.round(np.arange(0.05, 1.65, 0.05), 3)
_ABSOLUTE_COS_THETA = np.round(np.arange(0.1, 1.0, 0.2), 3)
#: Identified tracks on the grid from which their distribution over it is used.
MAPPED_FROM = 100


@dataclass(frozen=True)
class IdentificationMap:
    """P(identified as electron), P(as kaon) on a grid, by true species.

    `momentum_gev`: (a,) and `absolute_cos_theta`: (b,) bin centres, ascending;
    `probability`: PDG code (with sign) -> {identity: (a, b)};
    `relative_uncertainty`: the same keys -> statistical uncertainty of the whole table.
    """

    momentum_gev: np.ndarray
    absolute_cos_theta: np.ndarray
    probability: Mapping[int, Mapping[str, np.ndarray]]
    relative_uncertainty: Mapping[int, Mapping[str, float]]

    def lookup(
        self, species: np.ndarray, momentum_gev: np.ndarray, absolute_cos_theta: np.ndarray
    ) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Probabilities of m tracks in the nearest grid points, and their relative uncertainties.

        Both by identity, (m,); a species that is not on the map has probability 0.
        """
        i = _nearest(self.momentum_gev, momentum_gev)
        j = _nearest(self.absolute_cos_theta, absolute_cos_theta)
        values = {name: np.zeros(len(i)) for name in IDENTITIES}
        relative = {name: np.zeros(len(i)) for name in IDENTITIES}
        for code, tables in self.probability.items():
            chosen = species == code
            for name, table in tables.items():
                values[name][chosen] = table[i[chosen], j[chosen]]
                relative[name][chosen] = self.relative_uncertainty[code][name]
        return values, relative


def estimate_probability(n_identified: np.ndarray, n_found: np.ndarray) -> tuple[np.ndarray, float]:
    """Probabilities on a grid from counts of identified and of found tracks, both (a, b).

    Where identification is too rare to be mapped (under MAPPED_FROM tracks on the whole grid),
    the grid is one cell, with the mean (k + 1)/(n + 2) of the posterior of a uniform prior: a
    probability that was never seen is not taken to be zero.  Returns the probabilities and the
    relative statistical uncertainty of their sum.
    """
    k, n = float(n_identified.sum()), float(n_found.sum())
    if k < MAPPED_FROM:
        return np.where(n_found > 0, (k + 1.0) / (n + 2.0), 0.0), 1.0 / np.sqrt(k + 1.0)
    return n_identified / np.maximum(n_found, 1), 1.0 / np.sqrt(k)


def sample_counts(
    response: BesiiiResponse, cuts: Sequence[Mapping], *, n_samples: int, base_seed: int
) -> dict[str, np.ndarray]:
    """Tracks of every species that are found, and that the cuts take for an electron or a kaon.

    `n_samples`: particles at each point of the grid.  Returns `momentum_gev`, (a,), and
    `absolute_cos_theta`, (b,), and for each species, by PDG code, `<code>_found` and
    `<code>_<identity>_identified`, (a, b).
    """
    counts = {"momentum_gev": _MOMENTUM_GEV, "absolute_cos_theta": _ABSOLUTE_COS_THETA}
    for name in SPECIES:
        code = particles.pdg_id(name)
        found = identification_probability(
            response,
            code,
            _MOMENTUM_GEV,
            _ABSOLUTE_COS_THETA,
            n_samples=n_samples,
            base_seed=base_seed,
            cuts=lambda track: identified_as(track, cuts),
        )
        counts[f"{code}_found"] = found.n_found
        for identity in IDENTITIES:
            counts[f"{code}_{identity}_identified"] = found.n_identified[identity]
    return counts


def map_from_counts(counts: Mapping[str, np.ndarray]) -> IdentificationMap:
    """The map that follows from the counts of `sample_counts`."""
    probability: dict[int, dict[str, np.ndarray]] = {}
    relative: dict[int, dict[str, float]] = {}
    for name, n_identified in counts.items():
        code, _, identity = name.removesuffix("_identified").partition("_")
        if name.endswith("_identified"):
            values, uncertainty = estimate_probability(n_identified, counts[f"{code}_found"])
            probability.setdefault(int(code), {})[identity] = values
            relative.setdefault(int(code), {})[identity] = uncertainty
    return IdentificationMap(
        counts["momentum_gev"], counts["absolute_cos_theta"], probability, relative
    )


def map_rows(found: IdentificationMap) -> Iterator[dict]:
    """One row for each species, identity and point of the grid."""
    for name in SPECIES:
        for identity, values in found.probability[particles.pdg_id(name)].items():
            for i, momentum in enumerate(found.momentum_gev):
                for j, cosine in enumerate(found.absolute_cos_theta):
                    yield {
                        "species": name,
                        "identified_as": identity,
                        "momentum_gev": float(momentum),
                        "absolute_cos_theta": float(cosine),
                        "probability": float(values[i, j]),
                    }


def read_identification(path: str | Path) -> IdentificationMap:
    """The map that follows from the counts in a JSON file, those of `sample_counts` as lists."""
    counts = read_json(path)
    return map_from_counts({name: np.array(values) for name, values in counts.items()})


def identified_as(track: Mapping[str, np.ndarray], cuts: Sequence[Mapping]) -> dict:
    """Which tracks the identification cuts take for an electron, which for a kaon.

    `track`: columns as in `lnvsearch.experiments.besiii.events.TRACK_BRANCHES`, (m,) each; `cuts`:
    the search's.  Returns masks (m,) under "electron" and "kaon".
    """
    parameters = {cut["cut"]: cut for cut in cuts}
    electron = parameters["electron_identification"]
    ratio_limits = parameters["energy_over_momentum"]
    confidence = identification.confidence_levels(track)
    ratio = identification.energy_over_momentum(track)
    return {
        "electron": identification.is_electron(
            confidence,
            ratio,
            minimum_confidence=electron["confidence_level_minimum"],
            minimum_fraction=electron["confidence_level_ratio_minimum"],
            energy_over_momentum_range=(
                ratio_limits["electron_minimum"],
                ratio_limits["electron_maximum"],
            ),
        ),
        "kaon": identification.is_kaon(
            confidence,
            ratio,
            minimum_confidence=parameters["kaon_identification"]["confidence_level_minimum"],
            maximum_energy_over_momentum=ratio_limits["kaon_maximum"],
        ),
    }


def _nearest(centres: np.ndarray, values: np.ndarray) -> np.ndarray:
    edges = 0.5 * (centres[1:] + centres[:-1])
    return np.searchsorted(edges, values)
