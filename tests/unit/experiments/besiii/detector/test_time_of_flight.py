"""Counters of the time of flight that two particles share."""

import math

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector import identification, time_of_flight, tracks
from lnvsearch.experiments.besiii.detector.simulate import SPECIES, simulate
from lnvsearch.experiments.besiii.detector.time_of_flight import (
    HIT,
    NO_COUNTER,
    counter_index,
    counters_of,
)
from lnvsearch.experiments.besiii.events import TRACK_BRANCHES
from lnvsearch.generation import Decay, generate
from lnvsearch.generation.events import GeneratedEvents

SEED = {"base_seed": 5, "sample": "shared"}
MASSES = tuple(particles.mass_gev(name) for name in SPECIES)
M_E, M_PI, M_K = MASSES[0], MASSES[2], MASSES[3]
HYPOTHESES = {"electron": M_E, "pion": M_PI, "kaon": M_K}
RESOLUTION = 0.068


@pytest.fixture(scope="module")
def shared(response):
    """Both of two tracks get the first light."""
    return response.shared_counters._replace(ends_are_assigned=False)


@pytest.fixture(scope="module")
def assigned(response):
    """Each gets the ends that the experiment's reconstruction gives it."""
    return response.shared_counters


def hits_of(*columns):
    """Array of hits, rows HIT, from mappings; path and momentum make the time that of `mass`."""
    result = np.empty((len(HIT), len(columns)))
    for track, column in enumerate(columns):
        path, momentum = column.get("path", 0.95), column["momentum"]
        time = identification.flight_time_ns(path, momentum, column["mass"])
        result[:, track] = (
            column.get("time", time), column.get("along", 0.0), *column["counters"], path, momentum,
            RESOLUTION, column.get("pt", momentum),
        )  # fmt: skip
    return result


def times(hits, shared):
    n = hits.shape[1]
    return [time_of_flight.shared_time(hits, i, 0, n, MASSES, shared) for i in range(n)]


# ---------------------------------------------------------------------------------- geometry


def test_every_counter_has_its_share_of_the_azimuth(shared):
    n = int(shared.barrel_counters)
    azimuth = (np.arange(8 * n) + 0.5) / (8 * n) * 2 * math.pi
    for shift in (0.0, 0.5):
        numbers = [int(counter_index(a, n, shift)) for a in azimuth]
        assert np.all(np.bincount(numbers, minlength=n) == 8)
        assert numbers == [counter_index(a - 2 * math.pi, n, shift) for a in azimuth]


def test_a_straight_track_hits_the_counters_in_front_of_it(shared):
    width = 2 * math.pi / shared.barrel_counters
    for widths, expected in ((0.25, (0, 0)), (0.75, (0, 1)), (1.25, (1, 1))):
        momentum = 1e6 * math.cos(widths * width), 1e6 * math.sin(widths * width), 0.0
        found = counters_of(momentum, 1, tracks.BARREL, 0.0, 1.0, 48.0, shared)
        assert found == expected


@pytest.mark.parametrize("charge", [1, -1])
def test_the_field_bends_tracks_to_other_counters(shared, charge):
    """In 1 T, 0.3 GeV turn with 1 m: the chord to r turns by asin(r/2)."""
    pt, width = 0.3, 2 * math.pi / shared.barrel_counters
    radius = pt / tracks.CURVATURE_GEV_PER_T_M
    impact = -charge * math.asin(0.5 * shared.inner_layer_radius_m / radius) % (2 * math.pi)
    inner, outer = counters_of((pt, 0.0, 0.1), charge, tracks.BARREL, 0.0, 1.0, 48.0, shared)
    assert inner == math.floor(impact / width)
    assert 0 <= outer < shared.barrel_counters
    assert (impact < math.pi) == (charge < 0)


def test_a_track_that_curls_up_between_the_layers_hits_the_inner_one_only(shared):
    pt = 0.5 * 0.84 * tracks.CURVATURE_GEV_PER_T_M  # turns back at 0.84 m
    inner, outer = counters_of((pt, 0.0, 0.0), 1, tracks.BARREL, 0.0, 1.0, 48.0, shared)
    assert inner != NO_COUNTER and outer == NO_COUNTER


def test_end_caps_have_other_counters_than_the_barrel_and_than_each_other(shared):
    forward, backward = (
        counters_of((0.3, 0.1, pz), 1, tracks.END_CAP, 0.5, 1.0, 48.0, shared) for pz in (1.0, -1.0)
    )
    assert forward[0] == forward[1] and backward[0] == backward[1]
    assert len({forward[0], backward[0]}) == 2
    assert min(forward[0], backward[0]) >= shared.barrel_counters
    after_upgrade = counters_of((0.3, 0.1, 1.0), 1, tracks.END_CAP, 0.5, 1.0, 0.0, shared)
    assert after_upgrade == (NO_COUNTER, NO_COUNTER)
    assert counters_of((0.3, 0.1, 1.0), 1, tracks.MISSED, np.nan, 1.0, 48.0, shared) == (
        NO_COUNTER, NO_COUNTER
    )  # fmt: skip


# --------------------------------------------------------------------------------- first light


def test_two_tracks_in_one_counter_get_the_time_of_the_earlier(shared):
    kaon = {"mass": M_K, "momentum": 0.9, "counters": (4, 5)}
    electron = {"mass": M_E, "momentum": 0.3, "counters": (4, 5)}
    hits = hits_of(kaon, electron)
    assert hits[0, 1] < hits[0, 0]
    assert times(hits, shared) == pytest.approx([hits[0, 1]] * 2, abs=1e-12)


def test_tracks_in_different_counters_keep_their_times_to_the_bit(shared):
    kaon = {"mass": M_K, "momentum": 0.9, "counters": (4, 5)}
    electron = {"mass": M_E, "momentum": 0.3, "counters": (5, 4)}
    nowhere = {"mass": M_E, "momentum": 0.3, "counters": (NO_COUNTER, NO_COUNTER)}
    hits = hits_of(kaon, electron, nowhere, nowhere)
    assert times(hits, shared) == list(hits[0])


def test_one_shared_layer_of_two_shifts_half_as_much(shared):
    kaon = {"mass": M_K, "momentum": 1.2, "counters": (4, 5)}
    electron = {"mass": M_E, "momentum": 0.3, "counters": (4, 6)}
    hits = hits_of(kaon, electron)
    assert times(hits, shared) == pytest.approx([hits[0].mean(), hits[0, 1]], abs=1e-12)


def test_each_end_reads_its_own_first_light(shared):
    """Two equally early particles 3 cm apart along the counter: both seem earlier."""
    here = {"mass": M_E, "momentum": 0.5, "counters": (4, 4), "along": 0.4}
    there = {**here, "along": 0.43}
    hits = hits_of(here, there)
    earlier = 0.5 * 0.03 / shared.light_speed_m_per_ns
    assert times(hits, shared) == pytest.approx(hits[0] - earlier, abs=1e-12)


def test_a_time_that_no_hypothesis_explains_is_not_used(shared):
    """30 cm apart, first light seems to be 0.9 ns faster than light."""
    here = {"mass": M_E, "momentum": 0.5, "counters": (4, 4), "along": 0.4}
    hits = hits_of(here, {**here, "along": 0.7})
    assert np.all(np.isnan(times(hits, shared)))
    unchecked = shared._replace(largest_deviation=1e4)
    assert times(hits, unchecked) == pytest.approx(
        hits[0] - 0.15 / shared.light_speed_m_per_ns, abs=1e-12
    )
    # Where one layer is shared only, the other one is left.
    hits = hits_of(here, {**here, "along": 0.7, "counters": (4, 5)})
    assert times(hits, shared) == pytest.approx(hits[0], abs=1e-12)


def test_a_track_without_a_time_neither_gets_nor_gives_one(shared):
    kaon = {"mass": M_K, "momentum": 0.9, "counters": (4, 5)}
    silent = {"mass": M_E, "momentum": 0.3, "counters": (4, 5), "time": np.nan}
    hits = hits_of(kaon, silent)
    found = times(hits, shared)
    assert found[0] == hits[0, 0] and math.isnan(found[1])


# ------------------------------------------------------------------------------ assigned ends


def test_each_of_two_tracks_gets_the_end_on_its_side(assigned):
    """20 cm apart and equally early, the ends tell the middle: each end saw its own track first."""
    here = {"mass": M_E, "momentum": 0.5, "counters": (4, 4), "along": 0.4}
    hits = hits_of(here, {**here, "along": 0.6})
    assert times(hits, assigned) == pytest.approx(hits[0], abs=1e-12)


def test_an_end_that_the_other_track_reached_first_gives_its_time(assigned):
    """The electron is early at both ends; the kaon 20 cm beyond it gets the end on its own side.

    Its light needs 1.25 ns for these 20 cm, the electron is 2 ns ahead: 0.75 ns are lost.
    """
    kaon = {"mass": M_K, "momentum": 0.5, "counters": (4, 4), "along": 0.6, "time": 6.0}
    electron = {"mass": M_E, "momentum": 0.5, "counters": (4, 4), "along": 0.4, "time": 4.0}
    loose = assigned._replace(largest_deviation=1e4, largest_distance_m=3.0)
    found = times(hits_of(kaon, electron), loose)
    assert found == pytest.approx([6.0 - 0.75, 4.0], abs=1e-12)
    # The ends tell the electron's place, 20 cm from the kaon: by the experiment's rule it has none.
    found = times(hits_of(kaon, electron), assigned._replace(largest_deviation=1e4))
    assert math.isnan(found[0]) and found[1] == pytest.approx(4.0, abs=1e-12)


def test_of_two_tracks_at_one_place_that_of_higher_pt_keeps_the_counter(assigned):
    kaon = {"mass": M_K, "momentum": 0.9, "counters": (4, 4), "along": 0.4}
    electron = {"mass": M_E, "momentum": 0.3, "counters": (4, 4), "along": 0.4}
    hits = hits_of(kaon, electron)
    found = times(hits, assigned._replace(largest_deviation=1e4))
    assert found[0] == pytest.approx(hits[0, 1], abs=1e-12) and math.isnan(found[1])


def test_counters_of_the_end_caps_have_one_end_only(assigned):
    kaon = {"mass": M_K, "momentum": 0.9, "counters": (100, 100)}
    electron = {"mass": M_E, "momentum": 0.3, "counters": (100, 100)}
    hits = hits_of(kaon, electron)
    assert times(hits, assigned) == pytest.approx([hits[0, 1]] * 2, abs=1e-12)


# ----------------------------------------------------------------------------- whole simulation


def pair_events(n, azimuth_between, momenta=(0.9, 0.9)):
    """K+ and pi- in the plane of the counters, whose *impacts* are `azimuth_between` apart."""
    random = np.random.default_rng(3)
    start = random.uniform(0, 2 * np.pi, n)
    rows = []
    for mass, charge, momentum, offset in (
        (M_K, 1, momenta[0], 0.0), (M_PI, -1, momenta[1], azimuth_between)
    ):  # fmt: skip
        bend = charge * math.asin(0.5 * 0.844 * tracks.CURVATURE_GEV_PER_T_M / momentum)
        azimuth = start + offset + bend
        rows.append(np.stack([
            momentum * np.cos(azimuth), momentum * np.sin(azimuth), np.zeros(n),
            np.full(n, math.hypot(momentum, mass)),
        ], axis=1))  # fmt: skip
    return GeneratedEvents(
        event_number=np.arange(n), weight=np.ones(n), offsets=2 * np.arange(n + 1),
        pdg_id=np.tile([321, -211], n), four_momentum=np.stack(rows, axis=1).reshape(-1, 4),
        n_generated=n,
    )  # fmt: skip


def measured_times(recorded, path):
    """Times of flight from the written deviations, (m,)."""
    track = recorded.track
    p = np.sqrt(1 + track["tan_lambda"] ** 2) / np.abs(track["kappa"])
    expected = path * np.sqrt(p**2 + M_K**2) / (p * 0.299792458)
    return track["tof_chi_kaon"] * RESOLUTION + expected


@pytest.fixture(scope="module")
def all_found(ideal):
    return ideal.with_values({
        "tof.hit_efficiency": 1.0, "dedx.efficiency": 1.0, "tof.upgraded_fraction": 0.0,
        "shared_counters.ends_are_assigned": False,
        "acceptance.light_pt_threshold_gev": 0.0, "acceptance.kaon_p_threshold_gev": 0.0,
    })  # fmt: skip


def test_a_kaon_behind_a_pion_in_one_counter_looks_like_a_pion(all_found):
    generated = pair_events(2_000, 0.0)
    alone, together = (
        simulate(generated, all_found.with_values({"shared_counters.enabled": on}), **SEED)
        for on in (False, True)
    )
    _, path = identification.flight_path_m(0.9, 0.0, 1.0, all_found.tof)
    both = measured_times(together, path).reshape(-1, 2)
    # 29 mm before and behind the radius at which they meet, their distance is 0.01 rad: 14 % of a
    # counter's width, so that 72 % share both layers.
    assert np.mean(np.abs(both[:, 0] - both[:, 1]) < 1e-6) == pytest.approx(0.72, abs=0.04)
    kaon = alone.track["charge"] > 0
    assert np.mean(alone.track["tof_chi_kaon"][kaon]) == pytest.approx(0.0, abs=0.2)
    assert np.nanmean(together.track["tof_chi_kaon"][kaon]) < -3.0
    assert np.nanmean(together.track["tof_chi_pion"][kaon]) == pytest.approx(0.0, abs=1.0)
    for name in TRACK_BRANCHES:
        if not name.startswith("tof_"):
            assert np.array_equal(alone.track[name], together.track[name], equal_nan=True), name


def test_tracks_far_apart_are_as_without_sharing(all_found):
    generated = pair_events(2_000, 0.5)
    alone, together = (
        simulate(generated, all_found.with_values({"shared_counters.enabled": on}), **SEED)
        for on in (False, True)
    )
    for name in TRACK_BRANCHES:
        assert np.array_equal(alone.track[name], together.track[name], equal_nan=True), name


def share_of_pairs(generated, response):
    """Fraction of tracks with a time that sharing changes, were all times used."""
    unchecked = response.with_values({
        "shared_counters.largest_deviation": 1e4, "shared_counters.ends_are_assigned": False,
    })  # fmt: skip
    alone, together = (
        simulate(generated, unchecked.with_values({"shared_counters.enabled": on}), **SEED)
        for on in (False, True)
    )
    timed = ~np.isnan(alone.track["tof_chi_kaon"])
    changed = alone.track["tof_chi_kaon"] != together.track["tof_chi_kaon"]
    return np.mean(changed[timed])


def test_rate_of_sharing_follows_from_the_number_of_counters(isotropic, all_found):
    """Two tracks anywhere: one chance in 88 a layer, two layers that overlap by half."""
    generated = isotropic((321, -211), 40_000, momentum=(0.4, 1.0), cos_theta=0.6)
    expected = 1 - (1 - 1 / 88) ** 1.5
    assert share_of_pairs(generated, all_found) == pytest.approx(expected, rel=0.12)


def test_sharing_is_rare_in_phase_space_and_common_for_a_light_majorana_neutrino(response):
    rates = {}
    for mass in (None, 0.575, 0.7):
        nu = {"name": "nu_M", "mass_gev": mass, "daughters": ["K+", "e-"]}
        daughters = ["K+", "e-", "K+", "e-"] if mass is None else [nu, nu]
        generated = generate(Decay("J/psi(1S)", daughters), 10_000, **SEED)
        rates[mass] = share_of_pairs(generated, response)
    assert 0.01 < rates[None] < 0.03
    assert rates[0.7] > 2 * rates[None]
    assert rates[0.575] < rates[0.7]
