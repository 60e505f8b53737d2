"""Where two tracks of opposite charge run side by side: the vertex of a photon conversion.

The electron and the positron of a converted photon leave the material in the same direction, so
in the transverse plane their two circles touch there from outside.  With measurement errors
they overlap or stay apart a little, and their crossing points, if any, scatter by centimetres
along the flight.  The point on the line between the centres, where the tracks are parallel, is
measured much better, and its distance from the beam axis is compared with the beam pipe's.
For a pair from the collision itself that point is far away, and often behind the beam axis.

A helix is (dr, phi0, kappa, dz, tan_lambda) relative to the interaction point: its nearest
point there is (dr cos phi0, dr sin phi0, dz) in cm, and kappa = charge / pT in 1/GeV.  The
magnetic field is along +z, so positive tracks turn clockwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lnvsearch.particles import SPEED_OF_LIGHT_M_PER_NS
from lnvsearch.reconstruction.four_vectors import cos_opening_angle, invariant_mass_gev

__all__ = ["PairVertex", "pair_vertex", "position_on_helix"]

# pT = c B radius: the speed of light in m/ns is that of GeV / (T m); and cm for m.
_GEV_PER_TESLA_CM = SPEED_OF_LIGHT_M_PER_NS / 100.0


@dataclass(frozen=True)
class PairVertex:
    """The parallel point of n pairs of tracks.

    `position_cm`: (n, 3), midway between the tracks, relative to the interaction point.
    `momentum_gev`: (n, 2, 3), momenta of both tracks there.
    """

    position_cm: np.ndarray
    momentum_gev: np.ndarray

    @property
    def radius_cm(self) -> np.ndarray:
        """Distance of the vertex from the beam axis through the interaction point, (n,)."""
        return np.hypot(self.position_cm[:, 0], self.position_cm[:, 1])

    @property
    def cos_opening_angle(self) -> np.ndarray:
        """Cosine of the angle between the two momenta, (n,)."""
        return cos_opening_angle(self.momentum_gev[:, 0], self.momentum_gev[:, 1])

    def mass_gev(self, particle_mass_gev: float) -> np.ndarray:
        """Invariant mass of the pair at the vertex, both of the given mass, (n,)."""
        squared = np.einsum("nij,nij->ni", self.momentum_gev, self.momentum_gev)
        energy = np.sum(np.sqrt(squared + particle_mass_gev**2), axis=1)
        total = self.momentum_gev[:, 0] + self.momentum_gev[:, 1]
        return invariant_mass_gev(np.concatenate([total, energy[:, np.newaxis]], axis=1))


def pair_vertex(
    first: np.ndarray, second: np.ndarray, *, magnetic_field_t: float
) -> PairVertex:
    """Parallel point of pairs of tracks with opposite charges.

    `first`, `second`: helices, (n, 5).  Raises ValueError for a pair of the same charge or a
    field that is not positive.
    """
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if np.any(first[:, 2] * second[:, 2] >= 0.0):
        raise ValueError("first and second must have opposite charges (signs of kappa) in each row")
    from lnvsearch.reconstruction._track_kernels import parallel_points

    n = len(first)
    vertex = PairVertex(np.zeros((n, 3)), np.empty((n, 2, 3)))
    parallel_points(
        np.ascontiguousarray(first), np.ascontiguousarray(second),
        _curvature_scale(magnetic_field_t), vertex.position_cm, vertex.momentum_gev[:, 0],
        vertex.momentum_gev[:, 1],
    )
    return vertex


def position_on_helix(
    helix: np.ndarray, turn: np.ndarray, *, magnetic_field_t: float
) -> tuple[np.ndarray, np.ndarray]:
    """Positions (cm) and momenta (GeV) of tracks, both (n, 3), at a turning angle.

    `helix`: (n, 5).  `turn`: (n,), rad, counted from the nearest point to the beam axis; along
    the flight it is negative for positive tracks and positive for negative ones.
    """
    helix = np.asarray(helix, dtype=float)
    dr, phi0, kappa, dz, tan_lambda = helix.T
    rho = 1.0 / (kappa * _curvature_scale(magnetic_field_t))
    phi = phi0 + turn
    x = dr * np.cos(phi0) + rho * (np.cos(phi0) - np.cos(phi))
    y = dr * np.sin(phi0) + rho * (np.sin(phi0) - np.sin(phi))
    z = dz - rho * tan_lambda * turn
    direction = np.stack([-np.sin(phi), np.cos(phi), tan_lambda], axis=1)
    return np.stack([x, y, z], axis=1), direction / np.abs(kappa)[:, np.newaxis]


def _curvature_scale(magnetic_field_t: float) -> float:
    """Factor from kappa (1/GeV) to the inverse radius (1/cm); checks the field."""
    if not magnetic_field_t > 0.0:
        raise ValueError(f"magnetic_field_t is {magnetic_field_t}: give a value > 0")
    return _GEV_PER_TESLA_CM * magnetic_field_t
