"""A neutral pion from two clusters of the calorimeter.

Two photons of energies E1, E2 whose clusters lie D apart in the plane z_LKr come from a pi0 that
decayed at

    z_N = z_LKr - D sqrt(E1 E2) / m_pi0,

to first order in the opening angle (section 2 of the search of 2022).  Their momenta are taken
along the lines from the vertex of the charged tracks, which is known better, to the clusters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lnvsearch import particles

__all__ = ["NeutralPions", "PhotonPairs", "find_photon_pairs", "reconstruct_neutral_pions"]


@dataclass(frozen=True)
class PhotonPairs:
    """What is left of the clusters of r candidates.

    `number`: (r,), photon candidates.  `separation_m`: (r,), between the first two; NaN where
    there are fewer.  `energy_gev`, `x_m`, `y_m`: (r, 2), of the first two; NaN where there are
    fewer.
    """

    number: np.ndarray
    separation_m: np.ndarray
    energy_gev: np.ndarray
    x_m: np.ndarray
    y_m: np.ndarray


@dataclass(frozen=True)
class NeutralPions:
    """Neutral pions of r candidates: `z_vertex_m`: (r,), z_N; `four_momentum`: (r, 4), GeV.

    The four-momentum (px, py, pz, E) has the pi0 mass in place of the measured mass of the two
    photons: the sum of their momenta, and E from it.  NaN where there are no two photons.
    """

    z_vertex_m: np.ndarray
    four_momentum: np.ndarray


def find_photon_pairs(
    cluster: Mapping[str, np.ndarray],
    impact_x_m: np.ndarray,
    impact_y_m: np.ndarray,
    *,
    energy_minimum_gev: float,
    track_distance_minimum_m: float,
) -> PhotonPairs:
    """Clusters above an energy and away from the impact points of all tracks.

    `cluster`: arrays (r, c) named as in `experiments.na62.events.CLUSTER_BRANCHES`, energy 0 where empty.
    `impact_x_m`, `impact_y_m`: (r, t), tracks at the calorimeter.
    """
    energy = np.asarray(cluster["energy_gev"], dtype=float)
    x, y = (np.asarray(cluster[name], dtype=float) for name in ("x_m", "y_m"))
    good = energy > energy_minimum_gev
    for t in range(impact_x_m.shape[1]):
        distance = np.hypot(x - impact_x_m[:, t : t + 1], y - impact_y_m[:, t : t + 1])
        good &= distance >= track_distance_minimum_m
    number = good.sum(axis=1)
    if energy.shape[1] < 2:
        nothing = np.full((len(energy), 2), np.nan)
        return PhotonPairs(number, nothing[:, 0], nothing, nothing, nothing)
    first_two = np.argsort(~good, axis=1, kind="stable")[:, :2]
    absent = number < 2
    values = []
    for array in (energy, x, y):
        pair = np.take_along_axis(array, first_two, axis=1)
        pair[absent] = np.nan
        values.append(pair)
    separation = np.hypot(np.diff(values[1], axis=1), np.diff(values[2], axis=1))[:, 0]
    return PhotonPairs(number, separation, *values)


def reconstruct_neutral_pions(
    photons: PhotonPairs, vertex_m: np.ndarray, calorimeter_z_m: float
) -> NeutralPions:
    """z_N, and the momentum of the pi0 emitted at `vertex_m`, (r, 3)."""
    mass = particles.mass_gev("pi0")
    geometric_mean = np.sqrt(photons.energy_gev[:, 0] * photons.energy_gev[:, 1])
    z_vertex = calorimeter_z_m - photons.separation_m * geometric_mean / mass
    along = (calorimeter_z_m - vertex_m[:, 2])[:, None]
    direction = np.stack(
        [
            photons.x_m - vertex_m[:, 0:1],
            photons.y_m - vertex_m[:, 1:2],
            np.broadcast_to(along, photons.x_m.shape),
        ],
        axis=-1,
    )
    unit = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
    momentum = np.sum(photons.energy_gev[..., None] * unit, axis=1)
    energy = np.sqrt(np.sum(momentum**2, axis=1) + mass**2)
    return NeutralPions(z_vertex, np.concatenate([momentum, energy[:, None]], axis=1))
