"""Grids: values at their points, between and beyond them, and files that cannot be used."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lnvsearch.interpretation.channels import find_channel, read_channels, searches
from lnvsearch.interpretation.grids import NoLimitError, _interpolated, read_grids

from .conftest import ELECTRONS, LIFETIMES_PS, write_grid


@pytest.fixture
def grid(part):
    return part("na62_2022", "piee")[1]


@pytest.mark.parametrize(
    ("lifetime", "acceptance"), list(zip(LIFETIMES_PS, ELECTRONS, strict=True))
)
def test_points_of_the_grid_come_out_as_they_are(grid, lifetime, acceptance):
    point = grid.at(0.3, lifetime)
    assert point.acceptance == pytest.approx(acceptance)
    assert point.branching_fraction_limit == pytest.approx(2.305 / 1.015e12 / acceptance)
    assert point.branching_fraction_limit_cls == pytest.approx(1.02 * 2.305 / 1.015e12 / acceptance)
    assert point.acceptance_systematic == pytest.approx(0.03 * acceptance)
    assert point.notes == ()


def test_between_points_lies_between_them(grid):
    between = grid.at(0.275, 173.2)  # the geometric mean of 100 and 300
    assert between.acceptance == pytest.approx(math.sqrt(0.029 * 0.011), rel=1e-3)
    assert grid.at(0.3, 5.0).acceptance == pytest.approx(math.sqrt(0.093 * 0.087))
    acceptances = [
        grid.at(0.3, lifetime).acceptance for lifetime in (0, 1, 9.99, 10, 10.01, 50, 1e3, 1e4, 2e4)
    ]
    assert acceptances == sorted(acceptances, reverse=True)


def test_beyond_the_longest_lifetime_the_acceptance_goes_as_its_inverse(grid):
    far = grid.at(0.3, 1e7)
    assert far.acceptance == pytest.approx(0.0004e-3)
    assert far.branching_fraction_limit == pytest.approx(
        1e3 * grid.at(0.3, 1e4).branching_fraction_limit
    )
    assert "lifetime extrapolated" in far.notes[0]


def test_beyond_the_longest_lifetime_of_a_pair_it_goes_as_the_square(tmp_path):
    steep = (*ELECTRONS[:-1], ELECTRONS[-2] / 100.0)
    grid = read_grids(write_grid(tmp_path / "pair.csv", steep, (0.2, 0.3), 1e-12))["isotropic"]
    assert grid.at(0.2, 1e6).acceptance == pytest.approx(1e-4 * grid.at(0.2, 1e4).acceptance)
    assert "as 1/lifetime^2" in grid.at(0.2, 1e6).notes[0]


@pytest.mark.parametrize("mass", [0.15, 0.46])
def test_beyond_the_masses_nothing_is_said(grid, mass):
    """A grid ends where hardly anything is accepted: its last value would promise a limit that is not there."""
    with pytest.raises(NoLimitError, match=f"mass {mass} GeV: the grid has 0.16 to 0.45 GeV"):
        grid.at(mass, 0.0)


def test_where_a_mass_saw_an_event_the_weaker_limit_stands(tmp_path):
    path = write_grid(
        tmp_path / "g.csv", ELECTRONS, (0.2, 0.3), 1e-12, observed=lambda m: int(m > 0.25)
    )
    grid = read_grids(path)["isotropic"]
    quiet, between, loud = (grid.at(mass, 0.0) for mass in (0.2, 0.21, 0.3))
    assert (quiet.observed, between.observed, loud.observed) == (0, 1, 1)
    assert between.branching_fraction_limit == pytest.approx(loud.branching_fraction_limit)
    assert "weaker limit" in between.notes[0]


def test_a_point_without_accepted_events_has_no_limit(tmp_path):
    path = write_grid(tmp_path / "g.csv", ELECTRONS, (0.2, 0.3), 1e-12)
    lines = path.read_text().splitlines()
    cells = lines[7].split(",")
    assert cells[1] == "10000.0"
    lines[7] = ",".join([*cells[:3], "0.0", "0.0", "0.0", "0", "0", "0.43", "", ""])
    path.write_text("\n".join(lines) + "\n")
    read_grids.cache_clear()
    grid = read_grids(path)["isotropic"]
    assert grid.at(0.2, 1e3).branching_fraction_limit > 0.0
    for lifetime in (5e3, 1e4, 1e6):
        with pytest.raises(NoLimitError, match="too few simulated events are accepted"):
            grid.at(0.2, lifetime)


@pytest.mark.parametrize("lifetime", [-1.0, math.inf, math.nan])
def test_an_impossible_lifetime_is_refused(grid, lifetime):
    with pytest.raises(ValueError, match=r"must be >= 0 and finite"):
        grid.at(0.3, lifetime)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("effective_events", "events"), "no column 'effective_events'"),
        (
            lambda text: text.replace("isotropic", "sideways"),
            "chirality 'sideways'; there are isotropic",
        ),
        (lambda text: text.replace("0.43", "some", 1), "background: a cell is no number"),
        (lambda text: "\n".join(text.splitlines()[:-1]), "every mass needs the same lifetimes"),
        (lambda text: text.replace("0.093", "1.093"), "acceptance must be between 0 and 1"),
        (lambda text: text.splitlines()[0], "or no row"),
    ],
)
def test_a_file_that_is_no_grid_is_refused(tmp_path, change, message):
    path = write_grid(tmp_path / "g.csv", ELECTRONS, (0.2, 0.3), 1e-12)
    path.write_text(change(path.read_text()))
    read_grids.cache_clear()
    with pytest.raises(ValueError, match=message):
        read_grids(path)


def test_every_search_says_what_its_channels_are():
    assert {"besiii_2025", "na62_2019", "na62_2022"} <= set(searches())
    for paper in searches():
        for name, channel in read_channels(paper).items():
            low, high = channel.mass_range_gev
            assert 0.0 < low < high, name
            assert bool(channel.production) != bool(channel.no_model), name


def test_an_unknown_search_or_channel_names_what_there_is():
    with pytest.raises(ValueError, match=r"did you mean na62_2022\? there are besiii_2025"):
        read_channels("na62_2023")
    with pytest.raises(ValueError, match=r"did you mean piee\? there are piee, pipi0ee"):
        find_channel("na62_2022", "pie")


def test_phase_space_of_the_chains():
    assert find_channel("na62_2022", "piee").mass_range_gev == pytest.approx(
        (0.14008, 0.49317), abs=1e-4
    )
    assert find_channel("na62_2019", "pimumu").mass_range_gev == pytest.approx(
        (0.24523, 0.38802), abs=1e-4
    )
    assert find_channel("besiii_2025", "majorana_pair").mass_range_gev == pytest.approx(
        (0.49419, 1.54845), abs=1e-4
    )
    with pytest.raises(ValueError, match="has phase space between 0.1401 and 0.4932 GeV only"):
        find_channel("na62_2022", "piee").check_mass(0.6)


NUMBERS = st.floats(-1e6, 1e6)


@given(st.lists(NUMBERS, min_size=1, max_size=6, unique=True), st.lists(NUMBERS, min_size=6, max_size=6),
       NUMBERS)  # fmt: skip
def test_interpolation_at_a_place_is_that_of_numpy(places, values, place):
    places, values = sorted(places), values[: len(places)]
    for one in (place, *places):
        assert _interpolated(one, places, values) == np.interp(one, places, values)
