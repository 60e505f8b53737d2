"""Helices of the DST: moved to the interaction point, and reflected (y -> -y)."""

from __future__ import annotations

import numpy as np

from lnvsearch.particles import SPEED_OF_LIGHT_M_PER_NS

__all__ = ["mirrored", "moved", "vertex_of_tracks"]

_TWO_PI = 2.0 * np.pi
# pT = c B radius, in GeV, T and cm.
_GEV_PER_TESLA_CM = SPEED_OF_LIGHT_M_PER_NS / 100.0
#: A track is one of the interaction point's below these, cm; the second about a vertex that is known.
_NEAR_ORIGIN_CM, _NEAR_VERTEX_CM = 1.0, 0.2
_FEWEST_TRACKS = 10


def moved(
    helix: np.ndarray, covariance: np.ndarray, vertex_cm: np.ndarray, *, field_z_t: float
) -> tuple[np.ndarray, np.ndarray]:
    """Helices (m, 5) and covariances (m, 5, 5) relative to points (m, 3) in cm instead of the origin.

    A helix is (dr, phi0, kappa, dz, tan_lambda); `field_z_t`: with its sign.  Its axis lies at
    (dr + rho)(cos phi0, sin phi0), rho = pT/(q c B), and z is dz - rho tan_lambda (phi - phi0).
    """
    dr, phi0, kappa, dz, tan_lambda = helix.T
    rho = 1.0 / (_GEV_PER_TESLA_CM * field_z_t * kappa)
    x = (dr + rho) * np.cos(phi0) - vertex_cm[:, 0]
    y = (dr + rho) * np.sin(phi0) - vertex_cm[:, 1]
    side = np.sign(rho)
    new_dr = side * np.hypot(x, y) - rho
    turn = np.arctan2(side * y, side * x) - phi0
    turn -= _TWO_PI * np.round(turn / _TWO_PI)
    new_dz = dz - vertex_cm[:, 2] - rho * tan_lambda * turn
    result = np.stack([new_dr, (phi0 + turn) % _TWO_PI, kappa, new_dz, tan_lambda], axis=1)
    jacobian = _jacobian(rho, rho + dr, rho + new_dr, kappa, tan_lambda, turn)
    return result, np.einsum("nij,njk,nlk->nil", jacobian, covariance, jacobian)


def _jacobian(rho, old_radius, new_radius, kappa, tan_lambda, turn) -> np.ndarray:
    """Derivatives (m, 5, 5) of the new parameters by the old ones; radii from axis to nearest point."""
    cosine, sine, ratio = np.cos(turn), np.sin(turn), old_radius / new_radius
    result = np.zeros((len(rho), 5, 5))
    result[:, 0, 0] = cosine
    result[:, 0, 1] = old_radius * sine
    result[:, 0, 2] = rho / kappa * (1.0 - cosine)
    result[:, 1, 0] = -sine / new_radius
    result[:, 1, 1] = ratio * cosine
    result[:, 1, 2] = rho / kappa * sine / new_radius
    result[:, 2, 2] = result[:, 3, 3] = result[:, 4, 4] = 1.0
    # dz' = dz - rho tan_lambda turn.
    for column in range(3):
        by_turn = result[:, 1, column] - (column == 1)
        result[:, 3, column] = -rho * tan_lambda * by_turn
    result[:, 3, 2] += rho / kappa * tan_lambda * turn
    result[:, 3, 4] = -rho * turn
    return result


def mirrored(helix: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same after y -> -y, in which tracks turn the other way: dr -> -dr, phi0 -> pi - phi0."""
    signs = np.array([-1.0, -1.0, 1.0, 1.0, 1.0])
    shown = helix * signs
    shown[:, 1] = (np.pi + shown[:, 1]) % _TWO_PI
    return shown, covariance * np.outer(signs, signs)


def vertex_of_tracks(helix: np.ndarray) -> np.ndarray | None:
    """The point (3,) in cm from which most of the tracks (m, 5) come; None of fewer than ten.

    Nearest to the beam axis a track from (x, y) has dr = x cos phi0 + y sin phi0, up to squares of
    distances over radii (0.01 mm); z is the median.
    """
    dr, phi0, dz = helix[:, 0], helix[:, 1], helix[:, 3]
    directions = np.stack([np.cos(phi0), np.sin(phi0)], axis=1)
    chosen = np.abs(dr) < _NEAR_ORIGIN_CM
    for _ in range(5):
        if np.count_nonzero(chosen) < _FEWEST_TRACKS:
            return None
        point = np.linalg.lstsq(directions[chosen], dr[chosen], rcond=None)[0]
        chosen = np.abs(dr - directions @ point) < _NEAR_VERTEX_CM
    if np.count_nonzero(chosen) < _FEWEST_TRACKS:
        return None
    return np.array([*point, np.median(dz[chosen])])
