"""Planes, extrapolation and tiles."""

import numpy as np
import pytest

from lnvsearch.experiments.na62.detector.calorimeter import tile_at
from lnvsearch.experiments.na62.selection.geometry import (
    OUTER_TILES,
    PLANES,
    inside,
    muon_tile,
    position_at,
)


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
