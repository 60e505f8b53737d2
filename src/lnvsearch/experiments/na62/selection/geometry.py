"""Where the tracks of an NA62 event pass the planes of the detector, and which planes see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lnvsearch.experiments.na62.detector.response import (
    Lkr,
    Muv,
    PadHodoscope,
    Rich,
    SlabHodoscope,
    Spectrometer,
)
from lnvsearch.experiments.na62.selection.kernels import (
    DISC_WITH_STAR_HOLE,
    OCTAGON,
    RING,
    SQUARE,
    points_inside,
)
from lnvsearch.experiments.na62.selection.settings import SelectionDetector
from lnvsearch.reconstruction.three_track_vertex import LineResolution

__all__ = [
    "OUTER_TILES",
    "PLANES",
    "SensitiveAreas",
    "inside",
    "line_at",
    "line_resolution",
    "muon_tile",
    "position_at",
    "sensitive_areas",
]

_UPSTREAM = ("x_m", "y_m", "slope_x", "slope_y")
_DOWNSTREAM = ("downstream_x_m", "downstream_y_m", "downstream_slope_x", "downstream_slope_y")

# MUV3: 12 x 12 tiles of 22 cm; in place of the four in the middle, 3 x 3 without the central one.
_TILES_A_SIDE = 12
_INNER_A_SIDE = 3
#: Tiles 0 ... 139 are outer ones, 140 ... 147 inner ones.
OUTER_TILES = _TILES_A_SIDE**2 - 4


def line_resolution(straws: Spectrometer) -> LineResolution:
    """What the vertex fit must know of the spectrometer; the same object for the same numbers."""
    return _line_resolution(
        straws.hit_resolution_m, straws.chamber_z_m, straws.thickness_x0, straws.magnet_z_m
    )


# The table of covariances, a millisecond, is kept with it: every chunk of events asks for it.
_line_resolution = lru_cache(maxsize=16)(LineResolution)


def line_at(z_m: float, straws: Spectrometer) -> tuple[tuple[str, str, str, str], float]:
    """Branches of the line that reaches a plane (x, y and slopes), and the way to it in m.

    It is the line before or behind the magnet.
    """
    if z_m < straws.magnet_z_m:
        return _UPSTREAM, z_m - straws.chamber_z_m[0]
    return _DOWNSTREAM, z_m - straws.chamber_z_m[3]


def position_at(
    track: Mapping[str, np.ndarray], z_m: float, straws: Spectrometer
) -> tuple[np.ndarray, np.ndarray]:
    """x and y in m of tracks at a plane, on the line before or behind the magnet."""
    names, along = line_at(z_m, straws)
    x, y, slope_x, slope_y = (track[name] for name in names)
    return x + slope_x * along, y + slope_y * along


@dataclass(frozen=True)
class SensitiveAreas:
    """Areas that one of a track's two lines must pass, ready for the kernels.

    `branches`: of the line.  `kind`: (k,), shapes of `kernels`; `numbers`: (k, 4), the way
    along z to the plane, and the shape's three numbers.
    """

    branches: tuple[str, str, str, str]
    kind: np.ndarray
    numbers: np.ndarray


def sensitive_areas(planes: Sequence[str], detector: SelectionDetector) -> list[SensitiveAreas]:
    """Areas of planes, for each line that is needed; ValueError for an unknown plane."""
    rows: dict[tuple, list] = {}
    for plane in planes:
        if plane not in _AREAS:
            known = ", ".join(PLANES)
            raise ValueError(f"geometry: plane {plane!r} is unknown; known planes: {known}")
        for z_m, kind, *numbers in _AREAS[plane](detector):
            branches, along = line_at(z_m, detector.spectrometer)
            rows.setdefault(branches, []).append((kind, along, *numbers))
    return [
        SensitiveAreas(
            branches,
            np.array([row[0] for row in found], dtype=np.int64),
            np.array([row[1:] for row in found], dtype=float),
        )
        for branches, found in rows.items()
    ]


def inside(
    track: Mapping[str, np.ndarray], plane: str, detector: SelectionDetector
) -> np.ndarray:
    """Whether tracks (...) pass the sensitive area of a detector; ValueError for an unknown one."""
    result = np.array(True)
    for areas in sensitive_areas([plane], detector):
        columns = [np.asarray(track[name], dtype=float) for name in areas.branches]
        shape = columns[0].shape
        flat = [np.ascontiguousarray(column).reshape(-1) for column in columns]
        result = result & points_inside(*flat, areas.kind, areas.numbers).reshape(shape)
    return result


def angle_to_beam_rad(track: Mapping[str, np.ndarray], detector: SelectionDetector) -> np.ndarray:
    """Angle of tracks (...) before the magnet to the axis of the beam, rad.

    Slopes are below 0.02: the angle is the distance of the slopes to 1e-4 of itself.
    """
    beam = detector.beam
    return np.hypot(
        np.asarray(track["slope_x"]) - beam.slope_x, np.asarray(track["slope_y"]) - beam.slope_y
    )


def _chamber_areas(detector: SelectionDetector) -> list[tuple]:
    straws = detector.spectrometer
    outer, half = straws.outer_radius_m**2, straws.hole_half_size_m
    places = zip(straws.chamber_z_m, straws.hole_centre_x_m, strict=True)
    return [(z, DISC_WITH_STAR_HOLE, outer, hole_x, half) for z, hole_x in places]


def _ring(z_m: float, section: Rich | PadHodoscope | SlabHodoscope, axis_x_m: float = 0.0) -> tuple:
    return z_m, RING, section.inner_radius_m**2, section.outer_radius_m**2, axis_x_m


def _slab_areas(detector: SelectionDetector) -> list[tuple]:
    slabs = detector.slab_hodoscope
    return [_ring(slabs.vertical_z_m, slabs), _ring(slabs.horizontal_z_m, slabs)]


def _calorimeter_area(lkr: Lkr) -> tuple:
    apothem = lkr.apothem_m
    return lkr.z_m, OCTAGON, apothem, np.sqrt(2.0) * apothem, lkr.inner_radius_m**2


def _muon_area(muv: Muv) -> tuple:
    return muv.muv3_z_m, SQUARE, muv.half_width_m, muv.hole_radius_m**2, 0.0


#: Plane -> its areas in a detector: (z in m, shape, three numbers).
_AREAS = {
    "straw": _chamber_areas,
    "rich": lambda d: [_ring(d.rich.entrance_z_m, d.rich, d.rich.axis_x_m)],
    "pad_hodoscope": lambda d: [_ring(d.pad_hodoscope.z_m, d.pad_hodoscope)],
    "slab_hodoscope": _slab_areas,
    "lkr": lambda d: [_calorimeter_area(d.lkr)],
    "muv3": lambda d: [_muon_area(d.muv)],
}

#: Planes of the cut `geometry`.
PLANES = tuple(_AREAS)


def muon_tile(track: Mapping[str, np.ndarray], detector: SelectionDetector) -> np.ndarray:
    """Number of the MUV3 tile that a track points to, -1 for none, as in `track_muv3_tile`."""
    x, y = position_at(track, detector.muv.muv3_z_m, detector.spectrometer)
    half = detector.muv.half_width_m
    side = 2.0 * half / _TILES_A_SIDE
    column, row = _cells(x, y, half, side, _TILES_A_SIDE)
    cell = row * _TILES_A_SIDE + column
    # The grid has no tiles in its four middle cells, (5, 5), (5, 6), (6, 5) and (6, 6).
    tile = cell - 2 * (cell > 5 * _TILES_A_SIDE + 5) - 2 * (cell > 6 * _TILES_A_SIDE + 5)
    inner = (np.abs(x) < side) & (np.abs(y) < side)
    column, row = _cells(x, y, side, 2.0 * side / _INNER_A_SIDE, _INNER_A_SIDE)
    cell = row * _INNER_A_SIDE + column
    middle = _INNER_A_SIDE**2 // 2
    tile = np.where(inner, OUTER_TILES + cell - (cell > middle), tile)
    missed = (np.abs(x) >= half) | (np.abs(y) >= half) | (inner & (cell == middle))
    return np.where(missed, -1, tile)


def _cells(x, y, half_width: float, side: float, cells_a_side: int):
    """Column and row of points in a square grid about the origin; outside: the nearest."""
    return tuple(
        np.clip(np.floor((u + half_width) / side).astype(np.int64), 0, cells_a_side - 1)
        for u in (x, y)
    )
