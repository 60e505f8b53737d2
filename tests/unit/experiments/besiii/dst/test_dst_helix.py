"""Helices relative to another point, and in a mirror, against the curve itself."""

import numpy as np
import pytest

from lnvsearch.experiments.besiii.dst.helix import mirrored, moved, vertex_of_tracks

HELIX = np.array([[0.3, 0.7, 1.4, 1.2, 0.6], [-0.8, 4.1, -2.2, -3.0, -0.9], [0.1, 6.2, 0.8, 0.0, 0.1]])
COVARIANCE = np.broadcast_to(np.diag([1e-4, 1e-6, 1e-5, 1e-2, 1e-5]), (3, 5, 5))
POINT = np.array([[0.24, -0.19, 0.5]] * 3)
RADIUS_CM = 333.564  # of 1 GeV in 1 T


def nearest(helix):
    """Points of closest approach (m, 3) and axes (m, 2), relative to the helix's reference point."""
    direction = np.stack([np.cos(helix[:, 1]), np.sin(helix[:, 1])], axis=1)
    return np.concatenate([helix[:, :1] * direction, helix[:, 3:4]], axis=1), direction


@pytest.mark.parametrize("field", [-1.0, 1.0])
def test_a_moved_helix_is_the_same_curve(field):
    new, _ = moved(HELIX, COVARIANCE, POINT, field_z_t=field)
    rho = RADIUS_CM / field / HELIX[:, 2:3]
    (old_point, old_direction), (new_point, new_direction) = nearest(HELIX), nearest(new)
    axis = (HELIX[:, :1] + rho) * old_direction
    assert np.allclose((new[:, :1] + rho) * new_direction + POINT[:, :2], axis, atol=1e-3)
    # The new nearest point lies on the old curve, by as much further along it as it is higher.
    turn = (new[:, 1] - HELIX[:, 1] + np.pi) % (2 * np.pi) - np.pi
    assert np.allclose(np.hypot(*(new_point[:, :2] + POINT[:, :2] - axis).T), abs(rho[:, 0]), atol=1e-3)
    z = old_point[:, 2] - rho[:, 0] * HELIX[:, 4] * turn
    assert np.allclose(new_point[:, 2] + POINT[:, 2], z, atol=1e-4)
    # Nearest: the momentum there is at right angles to the way to the reference point.
    back, _ = moved(new, COVARIANCE, -POINT, field_z_t=field)
    assert np.allclose(back[:, [0, 2, 3, 4]], HELIX[:, [0, 2, 3, 4]], atol=1e-9)


def test_covariances_follow_the_derivatives():
    """Numerical ones, at a distance of centimetres, where all terms count."""
    far = POINT * [10.0, 8.0, 3.0]
    _, covariance = moved(HELIX, COVARIANCE, far, field_z_t=-1.0)
    jacobian = np.empty((3, 5, 5))
    for column in range(5):
        step = np.zeros(5)
        step[column] = 1e-6
        up, down = (moved(HELIX + sign * step, COVARIANCE, far, field_z_t=-1.0)[0] for sign in (1, -1))
        jacobian[:, :, column] = (up - down) / 2e-6
    expected = jacobian @ COVARIANCE @ np.swapaxes(jacobian, 1, 2)
    assert np.allclose(covariance, expected, rtol=1e-5, atol=1e-12)


def test_a_mirror_turns_y_and_the_sense_of_turning():
    shown, covariance = mirrored(HELIX, COVARIANCE)

    def momentum(helix):
        return np.stack([-np.sin(helix[:, 1]), np.cos(helix[:, 1]), helix[:, 4]], axis=1)

    assert np.allclose(momentum(shown), momentum(HELIX) * [1, -1, 1])
    assert np.allclose(nearest(shown)[0], nearest(HELIX)[0] * [1, -1, 1])
    # The axis of a track in the opposite field is the mirror image of the axis.
    rho = RADIUS_CM / HELIX[:, 2:3]
    axis = (HELIX[:, :1] - rho) * nearest(HELIX)[1]
    assert np.allclose((shown[:, :1] + rho) * nearest(shown)[1], axis * [1, -1])
    again, same = mirrored(shown, covariance)
    assert np.allclose(again, HELIX) and np.allclose(same, COVARIANCE)


def test_the_interaction_point_is_found_among_others():
    rng = np.random.default_rng(5)
    phi0, n = rng.uniform(0, 2 * np.pi, 400), 400
    helix = np.zeros((n, 5))
    helix[:, 0] = 0.24 * np.cos(phi0) - 0.19 * np.sin(phi0) + rng.normal(0, 0.02, n)
    helix[:, 1], helix[:, 2] = phi0, 1.0
    helix[:, 3] = rng.normal(0.5, 0.8, n)
    helix[::10, 0] = rng.uniform(-5, 5, 40)  # secondaries
    point = vertex_of_tracks(helix)
    assert point[:2] == pytest.approx([0.24, -0.19], abs=4 * 0.02 / 14)
    assert point[2] == pytest.approx(0.5, abs=4 * 0.8 * 1.25 / 19)
    assert vertex_of_tracks(helix[:9]) is None
