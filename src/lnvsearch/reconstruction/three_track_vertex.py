"""The point from which three tracks of a spectrometer come, and their momenta there.

In front of the magnet a track is a straight line: in each projection a position x at the first
chamber and a slope s, with a covariance C that depends on the momentum (`LineResolution`).  At a
distance d = z - z_1 from that chamber the line passes at x + s d with the variance

    v(d) = C_xx + 2 d C_xs + d^2 C_ss,

and lines through one point (X, Y, z), their slopes being free, have the likelihood

    chi^2(X, Y, z) = sum over tracks and projections of (x + s d - X)^2 / v(d),

which is minimised in X and Y by weighted means and in z by Newton's method.  Six measured
positions against three unknowns leave three degrees of freedom.  With the vertex known, each
slope is updated as in Billoir's fit (P. Billoir, R. Fruehwirth, M. Regler, Nucl. Instrum.
Methods A241 (1985) 115): the line goes nearly from the vertex to the hit.  The magnitude of the
momentum stays what the magnet measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lnvsearch.reconstruction._three_line_kernel import (
    GRID_HIGH_GEV,
    GRID_LOW_GEV,
    GRID_POINTS,
    find_triples,
    fit_blocks,
)

__all__ = [
    "DEGREES_OF_FREEDOM",
    "LineResolution",
    "ThreeTrackVertices",
    "find_vertices",
    "fit_three_lines",
]

#: Three tracks with two measured positions each, less the three coordinates of the vertex.
DEGREES_OF_FREEDOM = 3

# PDG, Review of Particle Physics, "Passage of particles through matter", eq. (34.16).
_SCATTERING_GEV = 0.0136
_SCATTERING_LOG = 0.038

_LINE = ("x_m", "y_m", "slope_x", "slope_y", "momentum_gev")


@dataclass(frozen=True)
class LineResolution:
    """How well a track's line in front of the magnet is known: four chambers, a thin magnet.

    `hit_resolution_m`: of one coordinate in one chamber.  `chamber_z_m`: (4,).
    `chamber_radiation_lengths`: material of one chamber in units of X0.  `magnet_z_m`: where the
    track bends, in x only.  The line is the least-squares fit to four hits, with the bending
    angle free in x and with multiple scattering in the chambers.
    Raises ValueError for other than four ascending chambers, or a resolution that is not > 0.
    """

    hit_resolution_m: float
    chamber_z_m: tuple[float, ...]
    chamber_radiation_lengths: float
    magnet_z_m: float

    def __post_init__(self) -> None:
        z = np.asarray(self.chamber_z_m, dtype=float)
        if z.shape != (4,) or np.any(np.diff(z) <= 0):
            raise ValueError(f"chamber_z_m is {list(z)}: give four ascending positions in m")
        if not z[1] < self.magnet_z_m < z[2]:
            raise ValueError(
                f"magnet_z_m is {self.magnet_z_m}: it must lie between chambers 2 and 3"
            )
        if self.hit_resolution_m <= 0 or self.chamber_radiation_lengths < 0:
            raise ValueError("hit_resolution_m must be > 0 and chamber_radiation_lengths >= 0")

    def covariance(self, momentum_gev: np.ndarray) -> np.ndarray:
        """Covariance of (position at chamber 1, slope), momenta (...) -> (..., 2, 3).

        The axis of two is the projection (x, y); the last one holds C_xx (m^2), C_xs (m), C_ss.
        """
        momentum = np.asarray(momentum_gev, dtype=float)
        z = np.asarray(self.chamber_z_m, dtype=float)
        ahead = np.maximum(z[:, None] - z[None, :], 0.0)  # lever arm of chamber k at chamber i
        angle = _SCATTERING_GEV * np.sqrt(self.chamber_radiation_lengths)
        if self.chamber_radiation_lengths > 0:
            angle *= 1.0 + _SCATTERING_LOG * np.log(self.chamber_radiation_lengths)
        variance = self.hit_resolution_m**2 * np.eye(4) + (
            (angle / momentum[..., None, None]) ** 2 * (ahead @ ahead.T)
        )
        weight = np.linalg.inv(variance)
        bending = np.maximum(z - self.magnet_z_m, 0.0)
        design_y = np.stack([np.ones(4), z - z[0]], axis=1)
        design_x = np.concatenate([design_y, bending[:, None]], axis=1)
        result = np.empty((*momentum.shape, 2, 3))
        for axis, design in enumerate((design_x, design_y)):
            fitted = np.linalg.inv(design.T @ weight @ design)
            result[..., axis, 0] = fitted[..., 0, 0]
            result[..., axis, 1] = fitted[..., 0, 1]
            result[..., axis, 2] = fitted[..., 1, 1]
        return result

    @cached_property
    def grid(self) -> np.ndarray:
        """Covariances at momenta equidistant in the logarithm, (g, 6), for the kernel."""
        momenta = np.exp(np.linspace(np.log(GRID_LOW_GEV), np.log(GRID_HIGH_GEV), GRID_POINTS))
        return np.ascontiguousarray(self.covariance(momenta).reshape(GRID_POINTS, 6))


@dataclass(frozen=True)
class ThreeTrackVertices:
    """m vertices of three tracks each; an event with more tracks has several.

    `event_index`: (m,), row of the event.  `track_index`: (m, 3), columns of its tracks.
    `position_m`: (m, 3).  `covariance_m2`: (m, 6), of xx, yy, zz, xy, xz, yz.  `chi_square`:
    (m,), three degrees of freedom; NaN where no minimum was found.  `slope`: (m, 3, 2), updated.
    `momentum_gev`: (m, 3, 3), momenta of the tracks at the vertex.  `charge`: (m,), total.
    """

    event_index: np.ndarray
    track_index: np.ndarray
    position_m: np.ndarray
    covariance_m2: np.ndarray
    chi_square: np.ndarray
    slope: np.ndarray
    momentum_gev: np.ndarray
    charge: np.ndarray

    def __len__(self) -> int:
        return len(self.event_index)

    @property
    def sigma_z_m(self) -> np.ndarray:
        """Standard uncertainty of z, (m,)."""
        return np.sqrt(self.covariance_m2[:, 2])


def find_vertices(
    track: Mapping[str, np.ndarray],
    resolution: LineResolution,
    *,
    charge: int | None = None,
    first_chamber_z_m: float | None = None,
) -> ThreeTrackVertices:
    """Fit a vertex to every three tracks of every event (of total `charge`, if given).

    `track`: arrays (n, t) named as in `experiments.na62.events.TRACK_BRANCHES`; rows of charge 0 are empty.
    `first_chamber_z_m`: where the lines are given; by default `resolution.chamber_z_m[0]`.
    Vertices come in the order of events and, within one, of track columns.
    """
    charges = np.asarray(track["charge"])
    event, triple, total = find_triples(charges)
    if charge is not None:
        keep = total == charge
        event, triple, total = event[keep], triple[keep], total[keep]
    origin = resolution.chamber_z_m[0] if first_chamber_z_m is None else first_chamber_z_m
    flat = event[:, None] * charges.shape[1] + triple
    fitted = _fit([track[name] for name in _LINE], flat, resolution, origin)
    return ThreeTrackVertices(event, triple, *fitted, total)


def fit_three_lines(
    lines: np.ndarray, resolution: LineResolution, first_chamber_z_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Position, covariance, chi^2, slopes and momenta, as in ThreeTrackVertices.

    `lines`: (m, 3, 5), of x_m, y_m, slope_x, slope_y at `first_chamber_z_m`, and momentum_gev.
    """
    flat = np.arange(3 * len(lines)).reshape(-1, 3)
    return _fit([lines[:, :, i] for i in range(5)], flat, resolution, first_chamber_z_m)


def _fit(
    lines: Sequence[np.ndarray], flat: np.ndarray, resolution: LineResolution, origin: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vertices of lines; `flat`: (m, 3), their elements in each of the five arrays."""
    m = len(flat)
    results = (
        np.empty((m, 3)),
        np.empty((m, 6)),
        np.empty(m),
        np.empty((m, 3, 2)),
        np.empty((m, 3, 3)),
    )
    columns = [np.ascontiguousarray(values, dtype=np.float64).reshape(-1) for values in lines]
    fit_blocks(flat, *columns, resolution.grid, float(origin), *results)
    return results
