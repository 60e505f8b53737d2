"""Planes, extrapolation and tiles."""

import numpy as np
import pytest

from lnvsearch.experiments.na62.detector.calorimeter import tile_at
from lnvsearch.experiments.na62.detector.flight import in_chamber
from lnvsearch.experiments.na62.selection.geometry import (
    OUTER_TILES,
    PLANES,
    inside,
    muon_tile,
    position_at,
    sensitive_areas,
)
from lnvsearch.experiments.na62.selection.kernels import points_inside


def parallel(x, y):
    """Tracks along the beam."""
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    names = ("slope_x", "slope_y", "downstream_slope_x", "downstream_slope_y")
    places = {"x_m": x, "y_m": y, "downstream_x_m": x, "downstream_y_m": y}
    return {**places, **{name: np.zeros_like(x) for name in names}}


def test_the_track_bends_at_the_magnet(toys):
    events = toys.events(("pi+", "e+", "e-"), 50, 1)
    straws = toys.detector.spectrometer
    z = straws.magnet_z_m
    before = position_at(events.track, z - 1e-6, straws)
    behind = position_at(events.track, z + 1e-6, straws)
    assert np.allclose(before, behind, atol=1e-6)
    x, _ = position_at(events.track, 241.093, straws)
    line = events.track["x_m"] + events.track["slope_x"] * (241.093 - 183.508)
    assert np.array_equal(np.sign(x - line), -events.track["charge"])


@pytest.mark.parametrize(
    ("plane", "x", "y", "expected"),
    [
        ("straw", [0.1, 0.9, 0.3, 0.02], [0.0, 0.9, 0.0, 0.0], [False, False, True, False]),
        ("rich", [0.034, 0.2, 1.2], [0.05, 0.0, 0.0], [False, True, False]),
        ("pad_hodoscope", [0.1, 0.2, 1.08], [0.0, 0.0, 0.0], [False, True, False]),
        ("slab_hodoscope", [0.12, 0.2, 1.12], [0.0, 0.0, 0.0], [False, True, False]),
        ("lkr", [0.1, 1.0, 1.0, 1.12], [0.0, 0.5, 0.7, 0.0], [False, True, False, True]),
        ("muv3", [0.05, 1.3, 1.33], [0.05, 1.3, 0.0], [False, True, False]),
    ],
)
def test_sensitive_areas(toys, plane, x, y, expected):
    assert inside(parallel(x, y), plane, toys.detector).tolist() == expected


@pytest.mark.parametrize("chamber", [0, 1, 2, 3])
def test_the_hole_is_a_square_and_the_same_turned_by_45_degrees(toys, chamber):
    """Straws in two views: outside the gap of x and y, and outside that of u and v.

    Numbers of GeometricAcceptance.cc (github.com/danecross/PyNA62Analysis).
    """
    centre, half = (0.1012, 0.1144, 0.0924, 0.0528)[chamber], 0.0638
    rng = np.random.default_rng(chamber)
    x, y = rng.uniform(-0.15, 0.15, (2, 20_000))
    u, v = (x - y) / np.sqrt(2.0), (x + y) / np.sqrt(2.0)
    in_xy = (np.abs(x) < half) & (np.abs(y) < half)
    in_uv = (np.abs(u) < half) & (np.abs(v) < half)
    straws = toys.detector.spectrometer
    found = np.array([in_chamber(a + centre, b, chamber, straws) for a, b in zip(x, y, strict=True)])
    assert np.array_equal(found, ~(in_xy | in_uv))
    # The circle that NA62 asks for besides lies within both squares.
    assert not found[np.hypot(x, y) < half].any()
    # The selection has the same edge: parallel tracks are in all holes that overlap here.
    (areas,) = [a for a in sensitive_areas(["straw"], toys.detector) if a.branches[0] == "x_m"]
    if chamber < 2:
        kind, numbers = areas.kind[[chamber]], areas.numbers[[chamber]]
        zero = np.zeros_like(x)
        assert np.array_equal(points_inside(x + centre, y, zero, zero, kind, numbers), found)


def test_every_plane_is_known_and_no_other(toys):
    for plane in PLANES:
        inside(parallel([0.3], [0.3]), plane, toys.detector)
    with pytest.raises(ValueError, match="'magic' is unknown; known planes: straw"):
        inside(parallel([0.3], [0.3]), "magic", toys.detector)


def test_tiles_are_numbered_as_in_the_events(toys):
    rng = np.random.default_rng(1)
    x, y = rng.uniform(-1.4, 1.4, (2, 5000))
    x[:2000] *= 0.2
    y[:2000] *= 0.2
    found = muon_tile(parallel(x, y), toys.detector)
    assert found.tolist() == [tile_at(a, b, 1.32) for a, b in zip(x, y, strict=True)]
    assert set(found) == set(range(-1, OUTER_TILES + 8))
