"""Loops over candidates against the same in plain numpy, and what narrowing must not change."""

from itertools import combinations

import numpy as np
import pytest

from lnvsearch.experiments.na62.selection.candidates import Candidates
from lnvsearch.experiments.na62.selection.cuts import CUTS
from lnvsearch.experiments.na62.selection.kernels import (
    failed_once_at_most,
    interpolate,
    matching_candidates,
    smallest_distance,
)
from lnvsearch.experiments.na62.selection.select import select
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.selection.event_sums import events_of, sums_by_event

SM = ("pi+", "e+", "e-")
CUT_LIST = [
    {"cut": "one_vertex", "chi_square_maximum": 25.0, "z_minimum_m": 110.0, "z_maximum_m": 170.0},
    {"cut": "geometry", "planes": ["straw", "rich", "pad_hodoscope", "slab_hodoscope", "lkr"]},
    {"cut": "track_momentum", "minimum_gev": 8.0, "maximum_gev": 44.0},
    {"cut": "lkr_separation", "minimum_m": 0.3},
    {"cut": "total_momentum", "deviation_maximum_gev": 2.0},
    {"cut": "dilepton_mass", "minimum_gev": 0.14},
    {"cut": "rich_angle", "minimum_rad": 0.004},
]


@pytest.mark.parametrize(
    "grid",
    [np.arange(0.01, 100.005, 0.01), np.array([0.5, 0.6, 7.0, 50.0]), np.array([2.0, 3.0])],
)
def test_interpolation_is_that_of_numpy_to_the_bit(grid):
    rng = np.random.default_rng(1)
    table = rng.uniform(size=len(grid))
    near = np.nextafter(grid, np.inf), np.nextafter(grid, -np.inf)
    x = np.concatenate([grid, *near, rng.uniform(-1.0, 120.0, 5000), [np.nan, np.inf, -np.inf]])
    assert np.array_equal(interpolate(x, grid, table), np.interp(x, grid, table), equal_nan=True)


def test_the_closest_two_of_three_lines():
    rng = np.random.default_rng(2)
    x, y, slope_x, slope_y = rng.normal(size=(4, 300))
    flat = rng.permutation(300).reshape(3, 100)
    at = np.stack([x + 2.5 * slope_x, y + 2.5 * slope_y])[:, flat]
    pairs = combinations(range(3), 2)
    expected = np.min([np.hypot(*(at[:, i] - at[:, j])) for i, j in pairs], axis=0)
    found = smallest_distance(flat, x, y, slope_x, slope_y, 2.5)
    assert np.allclose(found, expected, rtol=1e-14)


def test_sums_by_event():
    event = np.array([0, 0, 2, 3, 3, 3, 7])
    mask = np.array([True, True, False, False, True, True, True])
    weight = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
    rows, sums = sums_by_event(event, mask, weight)
    assert rows.tolist() == events_of(event, mask).tolist() == [0, 3, 7]
    assert sums.tolist() == [3.0, 48.0, 64.0]
    nothing = np.zeros(7, dtype=bool)
    assert len(sums_by_event(event, nothing, weight)[0]) == len(events_of(event, nothing)) == 0


def test_who_failed_one_cut_at_most_in_some_selection():
    n_failed = np.array([[0, 2, 1, 3, 9], [5, 2, 2, 1, 0]], dtype=np.int8)
    assert failed_once_at_most(n_failed, np.arange(5)).tolist() == [0, 2, 3, 4]
    assert failed_once_at_most(n_failed, np.array([1, 3])).tolist() == [1]
    assert failed_once_at_most(n_failed[:1], np.arange(5)).tolist() == [0, 2]


def test_candidates_do_not_outlive_their_chunk(toys):
    """No ring of references: the arrays of a chunk are free as soon as nobody wants them."""
    import gc
    import weakref

    events = toys.events(("pi-", "e+", "e+"), 50, 3)
    candidates = Candidates.of(events, ("pi-", "e+", "e+"), 1, toys.detector)
    assert candidates.tracks["momentum_gev"].shape[0] == 3 and candidates.total.shape[0] == 4
    gone = weakref.ref(candidates)
    gc.disable()
    try:
        del candidates
        assert gone() is None
    finally:
        gc.enable()


def test_candidates_are_the_orders_whose_charges_fit():
    charge = np.array([[1, 1, -1, 0], [1, -1, 1, -1], [-1, -1, 1, 0]], dtype=np.int8)
    event, column = np.array([0, 1, 1, 2]), np.array([[0, 1, 2], [0, 1, 2], [1, 2, 3], [0, 1, 2]])
    ways = np.zeros((8, 6, 3), dtype=np.int64)
    n_ways = np.zeros(8, dtype=np.int64)
    ways[0b011, :2] = [[0, 1, 2], [1, 0, 2]]
    ways[0b101, :1] = [[0, 2, 1]]
    n_ways[0b011], n_ways[0b101] = 2, 1
    vertex, order, flat = matching_candidates(charge, event, column, ways, n_ways)
    assert vertex.tolist() == [0, 0, 1]
    assert order.T.tolist() == [[0, 1, 2], [1, 0, 2], [0, 2, 1]]
    assert flat.T.tolist() == [[0, 1, 2], [1, 0, 2], [4, 6, 5]]


def test_candidates_left_out_would_have_failed_two_cuts(toys):
    """The result is that of all cuts on all candidates."""
    events = toys.events(SM, 3000, 21)
    selection = SelectionSettings(SM, 1, CUT_LIST)
    result = select(events, selection, detector=toys.detector, identification=toys.maps())
    state = Candidates.of(events, SM, 1, toys.detector)
    alive = np.ones(len(state), dtype=bool)
    passes = {}
    for cut in CUT_LIST:
        parameters = {key: value for key, value in cut.items() if key != "cut"}
        passes[cut["cut"]] = CUTS[cut["cut"]](state, alive, **parameters)
    n_failed = np.sum([~mask for mask in passes.values()], axis=0)
    assert 100 < np.sum(n_failed >= 2) < len(state) - 100
    complete = n_failed == 0
    numbers = events.event["event_number"][state.event]
    assert np.array_equal(result.candidates["event_number"], numbers[complete])
    for name in ("mass_gev", "dilepton_mass_gev", "transverse_momentum_gev"):
        assert np.array_equal(result.candidates[name], getattr(state, name)[complete])
    left = np.ones(len(state), dtype=bool)
    for (name, mask), sums in zip(passes.items(), result.flow.sums, strict=False):
        left &= mask
        assert sums.n_events == len(np.unique(state.event[left]))
        assert result.losses[name].lost == np.sum((n_failed == 1) & ~mask)
        assert result.losses[name].kept == np.sum(complete)


def test_a_subset_is_computed_as_the_whole(toys):
    state = Candidates.of(toys.events(SM, 200, 22), SM, 1, toys.detector)
    rows = np.arange(3, len(state), 5)
    part = state.subset(rows)
    assert np.array_equal(part.event, state.event[rows])
    assert np.array_equal(part.track("momentum_gev"), state.track("momentum_gev")[:, rows])
    assert np.array_equal(part.total, state.total[:, rows])
    assert np.array_equal(part.smallest_distance(241.0), state.smallest_distance(241.0)[rows])
