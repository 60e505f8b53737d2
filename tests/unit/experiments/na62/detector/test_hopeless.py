"""Particles that certainly miss a chamber: none of them is ever found, however it scatters."""

import math
from pathlib import Path

import numpy as np
import pytest
import quick_yaml
from numba import njit

from lnvsearch.detector.material import PHOTONS_PER_X0
from lnvsearch.experiments.na62.detector.flight import N_FLOWN
from lnvsearch.experiments.na62.detector.flight_together import (
    LOST,
    N_BEGIN,
    N_DRAWN,
    STATUS,
    _fly_lane,
)
from lnvsearch.experiments.na62.detector.hopeless import certainly_silent, is_hopeless
from lnvsearch.experiments.na62.detector.response import Na62Response
from lnvsearch.experiments.na62.detector.track_fit import scattering_gev
from lnvsearch.lanes import LANES
from lnvsearch.random_lanes import normal_pair, to_open_unit_interval

ROOT = Path(__file__).parents[5]
MASSES = (0.000511, 0.10566, 0.13957)
#: The largest pair of normal numbers: of the smallest word.
LARGEST = math.sqrt(-2.0 * math.log(2.0**-33))


@pytest.fixture(scope="module")
def response():
    return Na62Response.from_mapping(
        quick_yaml.load((ROOT / "config/detectors/na62.yaml").read_text())
    )


@njit(error_model="numpy")
def fate(begin, straws, end_z, scattering, turns, at_begin, drawn, flown):
    """(Whether each particle is hopeless, how often one is not lost); `turns`: (k, 3), of the scattering.

    `begin`: (N_BEGIN, n).  All chambers scatter by as much as they can.
    """
    n, lanes = begin.shape[1], np.int64(LANES)
    hopeless, found = np.empty(n, dtype=np.bool_), np.zeros(n)
    for i in range(n):
        x, y, z, slope_x, slope_y, momentum, mass, charge, _ = begin[:, i]
        pz = momentum / math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
        hopeless[i] = is_hopeless(
            (x, y, z), (slope_x * pz, slope_y * pz, pz), slope_x, slope_y, momentum, mass, charge,
            straws, scattering,
        )  # fmt: skip
        for row in range(len(begin)):
            at_begin[row * lanes] = begin[row, i]
        for k in range(len(turns)):
            for chamber in range(3):
                drawn[2 * chamber * lanes] = LARGEST * math.cos(turns[k, chamber])
                drawn[(2 * chamber + 1) * lanes] = LARGEST * math.sin(turns[k, chamber])
            _fly_lane(at_begin, drawn, flown, np.uint64(0), straws, end_z, scattering)
            found[i] += flown[STATUS * lanes] != LOST
    return hopeless, found


@pytest.mark.parametrize("mass", MASSES)
@pytest.mark.parametrize("times_thickness", [0.0, 1.0, 4.0])
def test_hopeless_particles_are_never_found(response, mass, times_thickness):
    """Lines near the edges of all chambers, with the largest scattering there is, in any direction."""
    straws, n = response.spectrometer, 20_000
    straws = straws._replace(thickness_x0=times_thickness * straws.thickness_x0)
    random = np.random.default_rng(3)
    momentum = np.exp(random.uniform(math.log(0.3), math.log(60.0), n))
    reach = np.where(random.random(n) < 0.5, 0.12, 1.2)  # near the hole, or the outer edge
    aim = reach * np.sqrt(random.random(n))
    turn, z = random.uniform(0.0, 2.0 * math.pi, n), random.uniform(105.0, 182.0, n)
    place = random.choice(straws.chamber_z_m, n)
    charge = random.choice([-1.0, 1.0], n)
    # Behind the magnet, of those that are aimed there.
    bend = np.maximum(place - straws.magnet_z_m, 0.0) * charge * straws.magnet_kick_gev / momentum
    slopes = np.array([aim * np.cos(turn) + 0.08 + bend, aim * np.sin(turn)]) / (place - z)
    begin = np.array([np.zeros(n), np.zeros(n), z, *slopes, momentum, np.full(n, mass), charge, np.ones(n)])
    assert len(begin) == N_BEGIN
    turns = random.uniform(0.0, 2.0 * math.pi, (60, 3))
    turns[:40] = turns[:40, :1]  # the worst is the same direction everywhere
    at_begin, drawn, flown = (np.zeros(rows * int(LANES)) for rows in (N_BEGIN, N_DRAWN, N_FLOWN + 1))
    drawn[:] = -np.inf  # silent in any thickness
    hopeless, found = fate(begin, straws, response.lkr.z_m, scattering_gev(straws.thickness_x0), turns,
                           at_begin, drawn, flown)  # fmt: skip
    assert not np.any(found[hopeless])
    # It is no empty promise: of those that are never found it knows most.
    never = found == 0
    assert np.count_nonzero(hopeless) > 0.5 * np.count_nonzero(never) > 0.1 * n


def test_normal_numbers_have_a_largest_size():
    words = np.concatenate([np.arange(100), 2**32 - 1 - np.arange(100), np.arange(0, 2**32, 2**26)])
    turns = np.linspace(0.0, 1.0, 33)[1:-1]
    sizes = [
        math.hypot(*normal_pair(to_open_unit_interval(np.uint64(word)), turn))
        for word in words for turn in turns
    ]  # fmt: skip
    assert max(sizes) == pytest.approx(LARGEST, rel=1e-12)


def test_a_silent_electron_has_no_photons_on_any_way(response):
    straws = response.spectrometer
    limit = 1.0 - PHOTONS_PER_X0 * straws.thickness_x0 * math.sqrt(1.0 + 0.21**2)
    assert not certainly_silent(0.0, limit, straws)
    assert not certainly_silent(limit, 0.0, straws)
    assert certainly_silent(limit - 0.001, limit - 0.001, straws)
