"""Neutral pions from two clusters: where they decayed, and their momentum."""

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.reconstruction.neutral_pion import find_photon_pairs, reconstruct_neutral_pions

LKR_Z = 241.093
MASS = particles.mass_gev("pi0")


def decayed_pions(n, seed):
    """Momenta (n, 3), vertices (n, 3) and clusters (n, 2) of pi0 -> gamma gamma."""
    rng = np.random.default_rng(seed)
    vertex = np.stack([rng.normal(0, 0.01, n), rng.normal(0, 0.01, n), rng.uniform(105, 180, n)], 1)
    momentum = rng.uniform(10.0, 40.0, n)
    energy = np.hypot(momentum, MASS)
    cosine, azimuth = rng.uniform(-0.8, 0.8, n), rng.uniform(0, 2 * np.pi, n)
    sine = np.sqrt(1 - cosine**2)
    slope = rng.normal(0, 0.003, (n, 2))
    photons = []
    for sign in (1, -1):
        along = 0.5 * (momentum + sign * cosine * energy)
        across = sign * 0.5 * MASS * sine
        local = np.stack([across * np.cos(azimuth), across * np.sin(azimuth), along], axis=1)
        # Turn z into the direction of flight.
        axis = np.stack([slope[:, 0], slope[:, 1], np.ones(n)], axis=1)
        axis /= np.linalg.norm(axis, axis=1, keepdims=True)
        right = np.cross(np.array([0.0, 1.0, 0.0]), axis)
        right /= np.linalg.norm(right, axis=1, keepdims=True)
        up = np.cross(axis, right)
        photons.append(local[:, :1] * right + local[:, 1:2] * up + local[:, 2:] * axis)
    photons = np.stack(photons, axis=1)
    path = (LKR_Z - vertex[:, 2])[:, None]
    cluster = {
        "energy_gev": np.linalg.norm(photons, axis=-1),
        "x_m": vertex[:, :1] + photons[..., 0] / photons[..., 2] * path,
        "y_m": vertex[:, 1:2] + photons[..., 1] / photons[..., 2] * path,
    }
    return photons.sum(axis=1), vertex, cluster


def pairs(cluster, x=None, y=None, energy=0.0, distance=0.0):
    n = len(cluster["energy_gev"])
    x = np.full((n, 3), 50.0) if x is None else x
    y = np.full((n, 3), 50.0) if y is None else y
    return find_photon_pairs(
        cluster, x, y, energy_minimum_gev=energy, track_distance_minimum_m=distance
    )


def test_exact_photons_give_the_vertex_and_the_momentum_back():
    momentum, vertex, cluster = decayed_pions(2000, 1)
    pions = reconstruct_neutral_pions(pairs(cluster), vertex, LKR_Z)
    # z_N is of first order in the opening angle: exact to a few 1e-3 of the distance.
    distance = LKR_Z - vertex[:, 2]
    assert np.all(np.abs(pions.z_vertex_m - vertex[:, 2]) < 3e-3 * distance)
    assert np.allclose(pions.four_momentum[:, :3], momentum, rtol=1e-9, atol=1e-9)
    energy = np.sqrt(np.sum(momentum**2, axis=1) + MASS**2)
    assert np.allclose(pions.four_momentum[:, 3], energy)


def test_photons_are_hard_and_away_from_tracks():
    cluster = {
        "energy_gev": np.array([[5.0, 1.0, 3.0, 4.0], [5.0, 3.0, 0.0, 0.0], [5.0, 0.0, 0.0, 0.0]]),
        "x_m": np.array([[0.3, 0.0, -0.3, 0.5], [0.3, 0.4, 0.0, 0.0], [0.3, 0.0, 0.0, 0.0]]),
        "y_m": np.zeros((3, 4)),
    }
    x, y = np.array([[0.6, 2.0, 2.0]] * 3), np.zeros((3, 3))
    found = pairs(cluster, x, y, energy=2.0, distance=0.15)
    assert found.number.tolist() == [2, 2, 1]  # 1 GeV is too soft, 0.5 m too near to a track
    assert found.energy_gev[0].tolist() == [5.0, 3.0]
    assert found.separation_m[:2] == pytest.approx([0.6, 0.1])
    assert np.isnan(found.separation_m[2])
    assert np.all(np.isnan(found.energy_gev[2]))


def test_events_without_clusters_have_no_photons():
    nothing = {name: np.zeros((3, 0)) for name in ("energy_gev", "x_m", "y_m")}
    found = pairs(nothing)
    assert found.number.tolist() == [0, 0, 0]
    pions = reconstruct_neutral_pions(found, np.full((3, 3), 120.0), LKR_Z)
    assert np.all(np.isnan(pions.z_vertex_m))
