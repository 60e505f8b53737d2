"""Showers: where, and how much."""

import math

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector import calorimeter, tracks
from lnvsearch.random_streams import uniform4

KEY = np.array([5, 6], dtype=np.uint64)
PION, KAON, PROTON, MUON = 2, 3, 4, 1


def straight(cos_theta):
    """A track without curvature: pT 1 TeV."""
    return 1000.0, cos_theta / math.sqrt(1.0 - cos_theta**2)


@pytest.mark.parametrize(
    ("cos_theta", "region"),
    [
        (0.0, tracks.BARREL),
        (-0.82, tracks.BARREL),
        (0.84, tracks.MISSED),
        (-0.86, tracks.END_CAP),
        (0.92, tracks.END_CAP),
        (0.94, tracks.MISSED),
    ],
)
def test_regions_of_straight_tracks(response, cos_theta, region):
    assert calorimeter.shower_region(*straight(cos_theta), 1.0, response.emc)[0] == region


def test_edges_are_the_middles_of_the_outermost_crystals(response):
    """The experiment's simulation: 22 rings of 51.9 mm from the middle on at 940 mm; corners in the end cap."""
    emc = response.emc
    assert emc.barrel_cos_theta == pytest.approx(math.tanh(21.5 * 51.8896 / 940.0), abs=0.001)
    # Inner and outer edge, (radius, z) in mm, of the faces of the outermost and the innermost ring.
    for edge, (inner, outer) in (
        (emc.end_cap_cos_theta_minimum, ((833.7, 1416.7), (880.0, 1385.0))),
        (emc.end_cap_cos_theta_maximum, ((508.8, 1407.5), (560.5, 1385.0))),
    ):
        radius, z = np.mean([inner, outer], axis=0)
        assert edge == pytest.approx(z / math.hypot(radius, z), abs=0.005)


def test_slow_tracks_curl_up_before_the_barrel(response):
    lowest = 0.5 * response.emc.barrel_radius_m * tracks.CURVATURE_GEV_PER_T_M  # 0.14 GeV
    assert calorimeter.shower_region(lowest * 0.99, 0.1, 1.0, response.emc)[0] == tracks.MISSED
    assert calorimeter.shower_region(lowest * 1.01, 0.1, 1.0, response.emc)[0] == tracks.BARREL


def test_resolution_is_the_published_one_at_1_gev(response):
    emc = response.emc
    assert calorimeter.electron_resolution(1.0, tracks.BARREL, emc) == pytest.approx(0.025)
    assert calorimeter.electron_resolution(1.0, tracks.END_CAP, emc) == pytest.approx(0.05)
    assert calorimeter.electron_resolution(0.25, tracks.BARREL, emc) > 0.04


def electron_energies(energy, response, k, n=20_000):
    scaled = response.electron_energy_response._replace(low_momentum_scale=k)
    return np.array(
        [
            calorimeter.electron_shower(
                *uniform4(KEY, i, 0, 0, 0), energy, tracks.BARREL, response.emc, scaled
            )
            for i in range(n)
        ]
    )


def test_without_the_calibrated_terms_showers_are_gaussian(response):
    energy = electron_energies(0.5, response, k=0.0)
    sigma = calorimeter.electron_resolution(0.5, tracks.BARREL, response.emc)
    assert energy.mean() == pytest.approx(0.5, abs=4 * 0.5 * sigma / math.sqrt(len(energy)))
    assert energy.std() == pytest.approx(0.5 * sigma, rel=0.03)


@pytest.mark.parametrize("k", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("momentum", [0.2, 0.8])
def test_mean_and_tail_go_as_k_over_energy(response, k, momentum):
    terms = response.electron_energy_response
    energy = electron_energies(momentum, response, k)
    reference = electron_energies(momentum, response, k=0.0)
    shift = k * terms.mean_shift_gev
    # The same random numbers: outside the tail all showers shrink alike.
    expected = reference * (momentum - shift) / momentum
    in_tail = energy < expected - 1e-12
    share = k * terms.tail_fraction_gev / momentum
    assert in_tail.mean() == pytest.approx(share, abs=4 * math.sqrt(share / len(energy)))
    assert energy[~in_tail] == pytest.approx(expected[~in_tail])
    loss = 1.0 - energy[in_tail] / expected[in_tail]
    assert 0.0 < loss.min() and loss.max() <= terms.tail_maximum_loss


def hadron_energies(species, charge, p, mass, emc, n=40_000):
    uniforms = [uniform4(KEY, i, 0, 0, 0) + uniform4(KEY, i, 0, 0, 1) for i in range(n)]
    return np.array(
        [calorimeter.hadron_shower(u, species, charge, p, mass, emc)[0] for u in uniforms]
    )


@pytest.mark.parametrize(
    ("name", "species"), [("mu+", MUON), ("pi+", PION), ("pi-", PION), ("K+", KAON), ("K-", KAON),
                          ("p", PROTON), ("p~", PROTON)],
)  # fmt: skip
@pytest.mark.parametrize("p", [0.3, 1.0])
def test_expected_energy_and_resolution_are_the_moments(response, name, species, p):
    emc = response.emc._replace(charge_exchange_probability=0.0)
    mass, charge = particles.mass_gev(name), int(particles.charge(name))
    energy = hadron_energies(species, charge, p, mass, emc)
    mean, sigma = calorimeter.expected_hadron_energy(species, charge, p, mass, emc)
    assert energy.mean() == pytest.approx(mean, abs=4.5 * sigma / math.sqrt(len(energy)))
    assert energy.std() == pytest.approx(sigma, rel=0.03)


def test_muons_leave_a_minimum_ionising_signal(response):
    energy = hadron_energies(MUON, 1, 1.2, particles.mass_gev("mu+"), response.emc, n=5000)
    assert np.median(energy) == pytest.approx(response.emc.minimum_ionising_energy_gev, rel=0.03)


def test_slow_hadrons_leave_no_more_than_their_kinetic_energy(response):
    mass = particles.mass_gev("K+")
    kinetic = math.hypot(0.25, mass) - mass
    energy = hadron_energies(KAON, 1, 0.25, mass, response.emc, n=5000)
    narrow = 1.0 + 5.0 * response.emc.minimum_ionising_spread
    assert energy.max() < kinetic * narrow


def test_about_one_pion_in_a_hundred_looks_like_an_electron(response):
    energy = hadron_energies(PION, 1, 1.0, particles.mass_gev("pi+"), response.emc)
    assert 0.003 < np.mean(energy > 0.8) < 0.03


def test_antiprotons_can_leave_more_than_their_momentum(response):
    energy = hadron_energies(PROTON, -1, 0.5, particles.mass_gev("p"), response.emc, n=5000)
    assert np.mean(energy > 0.5) > 0.3


@pytest.mark.parametrize("charge", [-1, 1])
def test_direction_of_the_shower_lies_on_the_helix(response, charge):
    px, py, pz, field = 0.3, 0.5, 0.2, 1.0
    pt = math.hypot(px, py)
    _, arc = calorimeter.shower_region(pt, pz / pt, field, response.emc)
    helix = tracks.helix_at_closest_approach(0.0, 0.0, 0.0, px, py, pz, charge, field)
    rho = 1.0 / (tracks.CURVATURE_GEV_PER_T_M * field * helix[2])  # m
    turn = -arc / rho  # forward is against phi for positive charges
    end = np.array(
        [
            rho * (math.cos(helix[1]) - math.cos(helix[1] + turn)),
            rho * (math.sin(helix[1]) - math.sin(helix[1] + turn)),
            -rho * helix[4] * turn,
        ]
    )
    assert math.hypot(end[0], end[1]) == pytest.approx(response.emc.barrel_radius_m)
    direction = calorimeter.shower_direction(px, py, pz, charge, arc, field)
    assert direction == pytest.approx(end / np.linalg.norm(end), abs=1e-12)
