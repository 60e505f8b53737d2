"""Momenta from helices, masses and pairings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.reconstruction._track_kernels import candidate_masses
from lnvsearch.reconstruction.four_vectors import (
    closest_mass_pairing,
    cos_opening_angle,
    cos_theta,
    four_momenta,
    invariant_mass_gev,
    momentum_gev,
)

component = st.floats(-2.0, 2.0)


@settings(deadline=None, max_examples=100)
@given(component, component, component, st.sampled_from([-1.0, 1.0]), st.floats(0.0, 1.0))
def test_momentum_survives_the_round_trip_through_a_helix(px, py, pz, charge, mass):
    pt = np.hypot(px, py)
    if pt < 1e-3:
        return
    p = four_momenta(np.arctan2(-px, py), charge / pt, pz / pt, mass)
    np.testing.assert_allclose(p[:3], [px, py, pz], atol=1e-12)
    assert p[3] ** 2 - np.sum(p[:3] ** 2) == pytest.approx(mass**2, abs=1e-9)
    assert momentum_gev(charge / pt, pz / pt) == pytest.approx(np.linalg.norm(p[:3]))
    assert cos_theta(pz / pt) == pytest.approx(pz / np.linalg.norm(p[:3]))


def test_charge_does_not_change_the_momentum():
    positive, negative = (four_momenta(0.3, kappa, 0.1, 0.1) for kappa in (2.0, -2.0))
    np.testing.assert_array_equal(positive, negative)


def test_masses_of_a_hypothesis_broadcast_over_tracks():
    p = four_momenta(np.zeros((5, 4)), np.ones((5, 4)), np.zeros((5, 4)), [0.1, 0.2, 0.3, 0.4])
    assert p.shape == (5, 4, 4)
    np.testing.assert_allclose(invariant_mass_gev(p), np.tile([0.1, 0.2, 0.3, 0.4], (5, 1)))


def test_invariant_mass_is_unchanged_by_a_boost():
    rng = np.random.default_rng(1)
    p = np.concatenate([rng.normal(size=(50, 3)), rng.uniform(4, 9, (50, 1))], axis=1)
    beta, gamma = 0.6, 1.25
    boosted = p.copy()
    boosted[:, 2] = gamma * (p[:, 2] + beta * p[:, 3])
    boosted[:, 3] = gamma * (p[:, 3] + beta * p[:, 2])
    np.testing.assert_allclose(invariant_mass_gev(boosted), invariant_mass_gev(p))


def test_space_like_vector_has_a_negative_mass():
    assert invariant_mass_gev([5.0, 0.0, 0.0, 3.0]) == -4.0


def test_opening_angle():
    assert cos_opening_angle([1.0, 0, 0, 9.0], [0, 2.0, 0, 9.0]) == pytest.approx(0.0)
    assert cos_opening_angle([1.0, 1.0, 1.0], [-3.0, -3.0, -3.0]) == -1.0


def two_body(parent_mass, first_mass, second_mass, rng, n):
    """Daughters of n parents that move in random directions, (n, 2, 4)."""
    total = (parent_mass**2 + first_mass**2 - second_mass**2) / (2 * parent_mass)
    p = np.sqrt(total**2 - first_mass**2)
    axis = rng.normal(size=(n, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    pair = np.empty((n, 2, 4))
    pair[:, 0, :3], pair[:, 1, :3] = p * axis, -p * axis
    pair[:, 0, 3], pair[:, 1, 3] = total, parent_mass - total
    gamma_beta = rng.normal(0, 0.3, size=(n, 1))
    gamma = np.sqrt(1 + gamma_beta**2)
    z, energy = pair[..., 2].copy(), pair[..., 3].copy()
    pair[..., 2], pair[..., 3] = gamma * z + gamma_beta * energy, gamma * energy + gamma_beta * z
    return pair


def test_pairing_recovers_two_equal_masses_in_any_order():
    rng = np.random.default_rng(2)
    first, second = (two_body(0.9, 0.494, 0.0005, rng, 300) for _ in range(2))
    kaons = np.stack([first[:, 0], second[:, 0]], axis=1)
    swap = rng.random(300) < 0.5
    electrons = np.stack([first[:, 1], second[:, 1]], axis=1)
    electrons[swap] = electrons[swap][:, ::-1]
    pairing = closest_mass_pairing(kaons, electrons)
    np.testing.assert_array_equal(pairing.is_crossed, swap)
    np.testing.assert_allclose(pairing.mass_gev, 0.9, atol=1e-9)


def test_masses_of_candidates_are_those_of_their_four_momenta():
    """The compiled loop over candidates gives what the four-momenta of its tracks give."""
    random = np.random.default_rng(4)
    n = 500
    helix = np.stack(
        [
            random.uniform(0.0, 2.0 * np.pi, (n, 4)),
            random.choice([-1.0, 1.0], (n, 4)) / random.uniform(0.1, 1.5, (n, 4)),
            random.uniform(-2.0, 2.0, (n, 4)),
        ],
        axis=-1,
    )
    masses = np.tile([0.493677, 0.493677, 0.000511, 0.000511], (n, 1))
    total, pairs = np.empty(n), np.empty((n, 2))
    candidate_masses(helix, masses, total, pairs)
    momentum = four_momenta(helix[..., 0], helix[..., 1], helix[..., 2], masses)
    assert total == pytest.approx(invariant_mass_gev(momentum.sum(axis=1)), rel=1e-12)
    pairing = closest_mass_pairing(momentum[:, :2], momentum[:, 2:])
    assert pairs == pytest.approx(pairing.mass_gev, rel=1e-9)
    assert 0.2 < np.mean(pairing.is_crossed) < 0.8
