"""Showers that overlap: profile, crystals, clusters, and which track gets what."""

import math

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector import crystals, tracks
from lnvsearch.experiments.besiii.detector.overlapping_showers import (
    BARREL_PART,
    ENERGY_ROW,
    SHOWER,
    place_shower,
    share_showers,
    shower_of,
    some_touch,
)
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.generation.events import GeneratedEvents

SEED = {"base_seed": 5, "sample": "overlap"}
RADIUS_M, END_Z_M, WIDTH_M = 0.94, 1.4, 0.05
ELECTRON = {"energy": 0.3, "is_wide": 1.0, "p": 0.3}
FAST_KAON = {"energy": 0.165, "is_wide": 0.0, "p": 0.9}


@pytest.fixture(scope="module")
def clusters(response):
    return response.overlapping_showers


def showers_of(*columns):
    """Rows SHOWER from mappings."""
    rows = [
        (c.get("part", BARREL_PART), c["u"], c["v"], c["energy"], c["is_wide"], c["p"],
         c.get("pt", c["p"]), 0.0, 0.0)
        for c in columns
    ]  # fmt: skip
    assert len(rows[0]) == len(SHOWER)
    return np.array(rows).T.copy()


def shared(showers, clusters):
    """Energies after sharing."""
    showers = showers.copy()
    if some_touch(showers, 0, showers.shape[1], RADIUS_M, clusters):
        share_showers(showers, 0, showers.shape[1], RADIUS_M, END_Z_M, clusters)
    return showers[ENERGY_ROW]


# ------------------------------------------------------------------------------------- profile


def test_containment_is_that_of_the_particle_data_group(clusters):
    """90 % within the Moliere radius by definition; about 99 % within 3.5 of them."""
    radius = clusters.moliere_radius_m / 3.0
    random = np.random.default_rng(1)
    # 2 r R^2/(r^2 + R^2)^2 by inversion, against squares of the closed form.
    uniform = random.uniform(size=400_000)
    r = radius * np.sqrt(uniform / (1.0 - uniform))
    assert np.mean(r < clusters.moliere_radius_m) == pytest.approx(0.90, abs=0.003)
    assert np.mean(r < 3.5 * clusters.moliere_radius_m) == pytest.approx(0.99, abs=0.003)
    azimuth = random.uniform(0.0, 2.0 * math.pi, len(r))
    x, y = r * np.cos(azimuth), r * np.sin(azimuth)
    for at_x, at_y, half in ((0.0, 0.0, 0.025), (0.0, 0.0, 0.125), (0.04, -0.01, 0.025)):
        inside = (np.abs(x - at_x) < half) & (np.abs(y - at_y) < half)
        closed = crystals.share_of_square(at_x, at_y, half, radius)
        assert np.mean(inside) == pytest.approx(closed, abs=4 * math.sqrt(0.25 / len(r)))


def test_five_by_five_crystals_hold_99_percent_of_a_shower(clusters):
    radius = clusters.moliere_radius_m / 3.0
    for x, y in ((0.0, 0.0), (0.025, 0.0), (0.025, 0.025)):  # middle, edge and corner of a crystal
        share = crystals.share_of_square(x, y, 2.5 * WIDTH_M, radius)
        assert share == pytest.approx(0.992, abs=0.001)


# ------------------------------------------------------------------------------------- sharing


def test_showers_far_apart_keep_their_energies_to_the_bit(clusters):
    for distance in (0.4, 1.0):
        showers = showers_of({**ELECTRON, "u": 0.1, "v": 0.2}, {**FAST_KAON, "u": 0.1, "v": 0.2 + distance})
        assert np.array_equal(shared(showers, clusters), showers[ENERGY_ROW])


def test_other_parts_of_the_calorimeter_are_far_apart(clusters):
    forward, backward = ({**ELECTRON, "u": 0.6, "v": 0.1, "part": part} for part in (2.0, 3.0))
    showers = showers_of(forward, backward, {**ELECTRON, "u": 0.6, "v": 0.1})
    assert np.array_equal(shared(showers, clusters), showers[ENERGY_ROW])


@pytest.mark.parametrize("place", [(0.0, 0.0), (0.313, -1.27), (-0.9, 2.9)])
def test_two_showers_on_top_of_each_other_are_one(clusters, place):
    """The track of higher pT has both energies, the other none."""
    u, v = place
    showers = showers_of({**ELECTRON, "u": u, "v": v}, {**FAST_KAON, "u": u, "v": v})
    assert shared(showers, clusters) == pytest.approx([0.0, 0.465], abs=0.01)
    nearest = clusters._replace(matching_in_order=False)
    assert shared(showers, nearest).sum() == pytest.approx(0.465, abs=0.01)


def test_two_equal_showers_side_by_side_share_evenly(clusters):
    """Two of 1 GeV, three crystals apart: more than a pi0 of 2 GeV would need, so they are split."""
    one = {"energy": 1.0, "is_wide": 1.0, "p": 1.0, "u": 0.025, "v": 0.025}
    energies = shared(showers_of(one, {**one, "v": 0.175}), clusters)
    assert energies == pytest.approx([1.0, 1.0], abs=0.01)
    assert energies[0] == pytest.approx(energies[1], abs=1e-9)


def test_slow_showers_side_by_side_are_not_split(clusters):
    """Of 0.3 GeV and three crystals apart: less than a pi0 of 0.6 GeV would need."""
    one = {**ELECTRON, "u": 0.025, "v": 0.025}
    energies = shared(showers_of(one, {**one, "v": 0.125}), clusters)
    assert sorted(energies) == pytest.approx([0.0, 0.6], abs=0.02)


@pytest.mark.parametrize("distance", np.linspace(0.0, 0.3, 13))
@pytest.mark.parametrize("energy", [0.2, 0.6, 1.4])
def test_no_energy_is_made_and_little_is_lost(clusters, distance, energy):
    """What two tracks have is at most what there was, and less only where one shower is left whose
    5 x 5 crystals do not reach the other: within the 1 % that these hold too little of each."""
    one = {"energy": energy, "is_wide": 1.0, "p": energy, "u": 0.012, "v": 0.0}
    other = {**FAST_KAON, "u": 0.012, "v": distance}
    total = energy + FAST_KAON["energy"]
    energies = shared(showers_of(one, other), clusters)
    assert energies.sum() < 1.01 * total
    if np.all(energies > 0.0) or distance <= 0.075:
        assert energies.sum() > 0.98 * total


def test_the_way_round_the_barrel_is_closed(clusters):
    around = 2.0 * math.pi * RADIUS_M
    here = {**ELECTRON, "u": 0.0, "v": 0.5 * around - 0.01}
    there = {**FAST_KAON, "u": 0.0, "v": -0.5 * around + 0.01}
    energies = shared(showers_of(here, there), clusters)
    assert energies == pytest.approx([0.0, 0.465], abs=0.01)


def test_a_straight_track_lies_where_it_points(response, clusters):
    eta, azimuth = 0.7, 0.4
    shower = shower_of(
        0.5, True, azimuth, 1e3, 1e3 * math.sinh(eta), 1, tracks.BARREL, 0.94, 1.0, 1.0,
        RADIUS_M, clusters,
    )
    assert len(shower) == len(SHOWER)
    showers = np.array(shower, dtype=float)[:, np.newaxis]
    place_shower(showers, 0, RADIUS_M)
    assert showers[0, 0] == BARREL_PART
    assert showers[1:3, 0] == pytest.approx([RADIUS_M * eta, RADIUS_M * azimuth], abs=1e-3)


# ---------------------------------------------------------------------------- whole simulation


def pair_events(n, separation_rad):
    """K+ and e- in the plane of the barrel's middle whose impacts are `separation_rad` apart."""
    start = np.random.default_rng(3).uniform(0, 2 * np.pi, n)
    rows = []
    for name, p, offset in (("K+", 1.0, 0.0), ("e-", 0.4, separation_rad)):
        charge, mass = int(particles.charge(name)), particles.mass_gev(name)
        bend = charge * math.asin(0.5 * 0.992 * tracks.CURVATURE_GEV_PER_T_M / p)
        azimuth = start + offset + bend
        rows.append(np.stack([
            p * np.cos(azimuth), p * np.sin(azimuth), np.zeros(n), np.full(n, math.hypot(p, mass)),
        ], axis=1))  # fmt: skip
    return GeneratedEvents(
        event_number=np.arange(n), weight=np.ones(n), offsets=2 * np.arange(n + 1),
        pdg_id=np.tile([321, 11], n), four_momentum=np.stack(rows, axis=1).reshape(-1, 4),
        n_generated=n,
    )  # fmt: skip


@pytest.fixture(scope="module")
def all_found(ideal):
    return ideal.with_values({
        "acceptance.light_pt_threshold_gev": 0.0, "acceptance.kaon_p_threshold_gev": 0.0,
        "electron_energy_response.low_momentum_scale": 0.0,
    })  # fmt: skip


def energies_of(separation_rad, response, n=500):
    recorded = simulate(pair_events(n, separation_rad), response, **SEED)
    return recorded.track["emc_energy"].reshape(n, 2)


def test_an_electron_under_a_kaon_loses_its_shower(all_found):
    apart = all_found.with_values({"overlapping_showers.enabled": False})
    alone, together = (energies_of(0.0, response) for response in (apart, all_found))
    assert np.all(together[:, 1] == 0.0)
    # Crystals that are below the noise alone may be above it together: a few percent of a slow shower.
    ratio = together[:, 0] / alone.sum(axis=1)
    assert np.mean(ratio) == pytest.approx(1.0, abs=0.02)
    assert np.max(np.abs(ratio - 1.0)) < 0.06


def test_tracks_far_apart_are_as_without_overlap(all_found):
    apart = all_found.with_values({"overlapping_showers.enabled": False})
    assert np.array_equal(energies_of(0.6, all_found), energies_of(0.6, apart))
