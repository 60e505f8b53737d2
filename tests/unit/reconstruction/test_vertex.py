"""Vertices of pairs of tracks, against helices made from a known production point."""

import numpy as np
import pytest

from lnvsearch.reconstruction.vertex import pair_vertex, position_on_helix

FIELD_TESLA = 1.0
ELECTRON_MASS_GEV = 0.000511


def helix_through(position, momentum, charge):
    """Helix (dr, phi0, kappa, dz, tan_lambda) of a particle made at a point, field along +z.

    Elementary geometry in the transverse plane: the centre lies at the radius from the point,
    to the right of the momentum for a positive charge.
    """
    pt = np.hypot(momentum[:, 0], momentum[:, 1])
    radius = pt / (0.299792458e-2 * FIELD_TESLA)
    right = np.stack([momentum[:, 1], -momentum[:, 0]], axis=1) / pt[:, None]
    centre = position[:, :2] + charge[:, None] * radius[:, None] * right
    # The nearest point to the axis lies on the line from the axis to the centre.
    distance = np.linalg.norm(centre, axis=1)
    nearest = centre * (1.0 - radius / distance)[:, None]
    direction_at_nearest = charge[:, None] * np.stack([-centre[:, 1], centre[:, 0]], axis=1)
    direction_at_nearest /= distance[:, None]
    phi0 = np.arctan2(-direction_at_nearest[:, 0], direction_at_nearest[:, 1])
    dr = nearest[:, 0] * np.cos(phi0) + nearest[:, 1] * np.sin(phi0)
    # Signed angle by which the direction turns from the nearest point to the production point.
    at_point = np.arctan2(-momentum[:, 0], momentum[:, 1])
    turn = np.remainder(at_point - phi0 + np.pi, 2 * np.pi) - np.pi
    tan_lambda = momentum[:, 2] / pt
    dz = position[:, 2] - (-charge * turn) * radius * tan_lambda
    return np.stack([dr, phi0, charge / pt, dz, tan_lambda], axis=1)


def conversions(n, seed):
    rng = np.random.default_rng(seed)
    azimuth = rng.uniform(-np.pi, np.pi, n)
    radius = rng.uniform(2.5, 6.5, n)
    tan_lambda = rng.normal(0.0, 0.7, n)
    direction = np.stack([np.cos(azimuth), np.sin(azimuth), tan_lambda], axis=1)
    position = radius[:, None] * direction
    electron = rng.uniform(0.06, 1.0, n)[:, None] * direction
    positron = rng.uniform(0.06, 1.0, n)[:, None] * direction
    one = np.ones(n)
    first, second = helix_through(position, electron, -one), helix_through(position, positron, one)
    return position, electron, positron, first, second


def test_helix_passes_through_its_production_point_with_its_momentum():
    rng = np.random.default_rng(3)
    position, momentum = rng.normal(0, 3, (200, 3)), rng.normal(0, 0.6, (200, 3))
    charge = rng.choice([-1.0, 1.0], 200)
    helix = helix_through(position, momentum, charge)
    turn = np.arctan2(-momentum[:, 0], momentum[:, 1]) - helix[:, 1]
    turn = np.remainder(turn + np.pi, 2 * np.pi) - np.pi
    found, found_momentum = position_on_helix(helix, turn, magnetic_field_t=FIELD_TESLA)
    np.testing.assert_allclose(found, position, atol=1e-9)
    np.testing.assert_allclose(found_momentum, momentum, atol=1e-12)


def test_positive_track_turns_clockwise_in_a_field_along_z():
    helix = np.array([[0.0, 0.0, 1.0, 0.0, 0.0]])  # flies along +y
    position, momentum = position_on_helix(
        helix, np.array([-0.01]), magnetic_field_t=FIELD_TESLA
    )
    assert position[0, 1] > 0.0
    assert position[0, 0] > 0.0 and momentum[0, 0] > 0.0


def test_conversion_is_found_where_it_happened():
    position, electron, positron, first, second = conversions(500, seed=1)
    vertex = pair_vertex(first, second, magnetic_field_t=FIELD_TESLA)
    np.testing.assert_allclose(vertex.position_cm, position, atol=1e-6)
    np.testing.assert_allclose(vertex.radius_cm, np.hypot(*position[:, :2].T), atol=1e-6)
    np.testing.assert_allclose(vertex.momentum_gev[:, 0], electron, atol=1e-7)
    np.testing.assert_allclose(vertex.momentum_gev[:, 1], positron, atol=1e-7)
    assert np.all(vertex.cos_opening_angle > 1.0 - 1e-12)
    # Parallel, the pair has m >= 2 m_e, little more for momenta that are not too unequal.
    assert np.all(vertex.mass_gev(ELECTRON_MASS_GEV) < 0.003)
    assert np.all(vertex.mass_gev(ELECTRON_MASS_GEV) > 2 * ELECTRON_MASS_GEV * (1 - 1e-6))


def test_measured_conversions_cluster_at_their_radius():
    position, _, _, first, second = conversions(2000, seed=2)
    rng = np.random.default_rng(5)
    errors = np.array([0.015, 0.0015, 0.0, 0.13, 0.004])
    noise = [rng.normal(size=helix.shape) * errors for helix in (first, second)]
    vertex = pair_vertex(first + noise[0], second + noise[1], magnetic_field_t=FIELD_TESLA)
    residual = vertex.radius_cm - np.hypot(*position[:, :2].T)
    assert np.median(np.abs(residual)) < 0.5  # beam pipe at 3 cm, chamber at 6 cm
    assert abs(np.median(residual)) < 0.05


def test_order_of_the_tracks_does_not_matter():
    _, _, _, first, second = conversions(50, seed=4)
    a = pair_vertex(first, second, magnetic_field_t=FIELD_TESLA)
    b = pair_vertex(second, first, magnetic_field_t=FIELD_TESLA)
    np.testing.assert_allclose(a.position_cm, b.position_cm, atol=1e-9)


def test_wrong_input_is_named():
    _, _, _, first, second = conversions(3, seed=4)
    with pytest.raises(ValueError, match="opposite charges"):
        pair_vertex(first, first, magnetic_field_t=FIELD_TESLA)
    with pytest.raises(ValueError, match="magnetic_field_t"):
        pair_vertex(first, second, magnetic_field_t=0.0)
