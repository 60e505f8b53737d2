"""How often a particle of one species is taken for another: sampled on a grid.

Single particles go through the same simulation as events do, so that the map knows every tail of
the response.  The cuts are an argument: this module knows no analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector.measurements import SPECIES
from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.generation.events import GeneratedEvents

__all__ = ["IdentificationProbability", "identification_probability"]

#: Particles in one pass through the simulation: bounds the memory.
_PARTICLES_PER_PASS = 200_000

Cuts = Callable[[Mapping[str, np.ndarray]], Mapping[str, np.ndarray]]


@dataclass(frozen=True)
class IdentificationProbability:
    """P(passes the cuts | found as a track) of one species on a grid of a momenta, b angles.

    `momentum_gev`: (a,); `cos_theta`: (b,); `n_found`: (a, b) tracks that the numbers rest on;
    `n_identified`: name of the cuts' mask -> (a, b).
    """

    species_pdg: int
    momentum_gev: np.ndarray
    cos_theta: np.ndarray
    n_found: np.ndarray
    n_identified: Mapping[str, np.ndarray]

    def probability(self, name: str) -> np.ndarray:
        """Share of found tracks in the mask `name`, (a, b); 0 where no track was found."""
        return self.n_identified[name] / np.maximum(self.n_found, 1)

    def uncertainty(self, name: str) -> np.ndarray:
        """Standard deviation of `probability`, (a, b): sqrt((k + 1)(n - k + 1)/(n + 3))/(n + 2).

        That of a binomial probability with a uniform prior, so that it is not zero for k = 0.
        """
        k, n = self.n_identified[name], self.n_found
        return np.sqrt((k + 1.0) * (n - k + 1.0) / (n + 3.0)) / (n + 2.0)


def identification_probability(
    response: BesiiiResponse,
    species_pdg: int,
    momentum_gev: np.ndarray,
    cos_theta: np.ndarray,
    *,
    n_samples: int,
    base_seed: int,
    cuts: Cuts,
) -> IdentificationProbability:
    """Sample how often single particles, found as tracks, pass the cuts.

    `species_pdg`: code with sign, of e, mu, pi, K or p; `momentum_gev` (a,) > 0 and `cos_theta`
    (b,) inside (-1, 1): grid points; `n_samples`: particles at each.  `cuts` takes the track
    columns of RecordedEvents and gives a mapping name -> mask, (m,).
    Raises ValueError for another species, or a grid or number out of range.

    >>> electrons = lambda track: {"electron": track["emc_chi_electron"] ** 2 < 9}
    >>> identification_probability(response, 211, np.array([0.5]), np.array([0.0]), n_samples=1000,
    ...     base_seed=1, cuts=electrons).probability("electron").shape          # doctest: +SKIP
    (1, 1)
    """
    momentum_gev = np.atleast_1d(np.asarray(momentum_gev, dtype=float))
    cos_theta = np.atleast_1d(np.asarray(cos_theta, dtype=float))
    _check(species_pdg, momentum_gev, cos_theta, n_samples)
    shape = len(momentum_gev), len(cos_theta)
    n_points = shape[0] * shape[1]
    n_found = np.zeros(n_points, dtype=np.int64)
    n_identified: dict[str, np.ndarray] = {}
    for first in range(0, n_points * n_samples, _PARTICLES_PER_PASS):
        number = np.arange(first, min(first + _PARTICLES_PER_PASS, n_points * n_samples))
        point = number // n_samples
        generated = _single_particles(
            species_pdg, momentum_gev[point // shape[1]], cos_theta[point % shape[1]], number
        )
        recorded = simulate(
            generated, response, base_seed=base_seed, sample=f"identification_{species_pdg}"
        )
        point_of_track = np.repeat(point, np.diff(recorded.track_offsets))
        n_found += np.bincount(point_of_track, minlength=n_points)
        for name, mask in cuts(recorded.track).items():
            passed = np.bincount(point_of_track[mask], minlength=n_points)
            n_identified[name] = n_identified.get(name, 0) + passed
    return IdentificationProbability(
        species_pdg=species_pdg,
        momentum_gev=momentum_gev,
        cos_theta=cos_theta,
        n_found=n_found.reshape(shape),
        n_identified={name: count.reshape(shape) for name, count in n_identified.items()},
    )


def _check(species_pdg, momentum_gev, cos_theta, n_samples) -> None:
    codes = sorted({sign * particles.pdg_id(name) for name in SPECIES for sign in (1, -1)})
    if species_pdg not in codes:
        raise ValueError(f"species_pdg is {species_pdg}: give one of {codes}")
    if not (momentum_gev.ndim == 1 and np.all(momentum_gev > 0.0)):
        raise ValueError("momentum_gev must be one-dimensional and positive")
    if not (cos_theta.ndim == 1 and np.all(np.abs(cos_theta) < 1.0)):
        raise ValueError("cos_theta must be one-dimensional and inside (-1, 1)")
    if n_samples < 1:
        raise ValueError(f"n_samples is {n_samples}: give at least 1 particle a grid point")


def _single_particles(species_pdg, momentum_gev, cos_theta, number) -> GeneratedEvents:
    """Events of one particle each; azimuth spread evenly by the golden ratio."""
    azimuth = 2.0 * np.pi * (number * 0.5 * (np.sqrt(5.0) - 1.0) % 1.0)
    transverse = momentum_gev * np.sqrt(1.0 - cos_theta**2)
    four_momentum = np.stack(
        [
            transverse * np.cos(azimuth),
            transverse * np.sin(azimuth),
            momentum_gev * cos_theta,
            np.hypot(momentum_gev, particles.mass_gev(species_pdg)),
        ],
        axis=1,
    )
    n = len(number)
    return GeneratedEvents(
        event_number=number,
        weight=np.ones(n),
        offsets=np.arange(n + 1),
        pdg_id=np.full(n, species_pdg, dtype=np.int32),
        four_momentum=four_momentum,
        n_generated=n,
    )
