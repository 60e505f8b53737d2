"""Final-state radiation: published rates, the eikonal limit, exact kinematics."""

import math

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.generation import Decay, RadiationSettings, generate
from lnvsearch.generation.radiation import FINE_STRUCTURE_CONSTANT, mean_photon_factor

M_JPSI = particles.mass_gev("J/psi(1S)")


def make(daughters, n, cut=1e-4, parent="J/psi(1S)", **options):
    return generate(
        Decay(parent, daughters, **options), n, base_seed=3, sample="radiation_test",
        radiation=RadiationSettings(photon_energy_cut=cut), charge_conjugate=False,
    )


def event_sum(events, values):
    return np.add.reduceat(values, events.offsets[:-1])


def rest_frame_energy(events):
    """Energy of every particle in the rest frame of its event."""
    total = np.add.reduceat(events.four_momentum, events.offsets[:-1], axis=0)
    total = np.repeat(total, np.diff(events.offsets), axis=0)
    metric = np.array([-1.0, -1.0, -1.0, 1.0])
    return np.sum(total * events.four_momentum * metric, axis=1) / M_JPSI


def test_hard_photons_from_jpsi_to_ee_have_the_measured_rate():
    events = make(["e-", "e+"], 200_000)
    hard = (events.pdg_id == 22) & (rest_frame_energy(events) > 0.1)
    fraction = np.mean(event_sum(events, hard) > 0)
    # PDG: B(e+ e- gamma, E > 100 MeV) / B(e+ e-) = (8.8 +- 1.4)e-3 / 5.971e-2 = 14.7 +- 2.4 %.
    assert 0.14 < fraction < 0.15
    assert abs(fraction - 8.8e-3 / 5.971e-2) < 1.4e-3 / 5.971e-2


def test_photon_number_is_the_eikonal_integral():
    """Few, soft photons: the spectrum's hardening is calculable and the angles are the dipole's."""
    n, cut = 400_000, 1e-2
    for pair in (["mu+", "mu-"], ["K+", "K-"]):
        mass = particles.mass_gev(pair[0])
        beta = math.sqrt(1.0 - 4.0 * mass**2 / M_JPSI**2)
        logarithm = math.log((1 + beta) / (1 - beta))
        dipole = (1 + beta**2) / beta * logarithm - 2.0
        largest = 0.5 * (M_JPSI - 4.0 * mass**2 / M_JPSI)
        x_min = cut * M_JPSI / largest
        log = math.log(1.0 / x_min)
        if pair[0] == "mu+":
            spectrum = log - (1 - x_min) + 0.25 * (1 - x_min**2)
        else:
            spectrum = log - (1 - x_min)
        expected = n * FINE_STRUCTURE_CONSTANT / math.pi * dipole * spectrum
        found = np.sum(make(pair, n, cut).pdg_id == 22)
        # Kinematics forbid some hard photons at wide angles: a few per cent of the heavy kaons'.
        assert found < expected + 5 * math.sqrt(expected)
        assert found > 0.97 * expected - 5 * math.sqrt(expected)


def test_the_rate_factor_matches_numerical_integration_of_the_dipole():
    for mass in (0.000511, 0.1, 0.9):
        energy = 1.2
        momentum = math.sqrt(energy**2 - mass**2)
        beta = momentum / energy
        # Substitute 1 - beta c = t, logarithmically spaced, to resolve the collinear peak.
        grid = np.linspace(math.log(1 - beta), math.log(1 + beta), 200_001)
        t = np.exp(0.5 * (grid[1:] + grid[:-1]))
        c = (1 - t) / beta
        dipole = 4 * beta**2 * (1 - c**2) / (1 - beta**2 * c**2) ** 2 * (1 + beta * c) / 2
        integral = np.sum(dipole * t / beta) * (grid[1] - grid[0])
        expected = FINE_STRUCTURE_CONSTANT / (2 * math.pi) * integral
        assert mean_photon_factor(energy, momentum, mass) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "daughters",
    [
        ["K+", "K+", "e-", "e-"],
        [{"name": "nu_M", "mass_gev": 0.575, "daughters": ["K+", "e-"]}] * 2,
        ["gamma", "e+", "e-"],
        ["p", "p~", "pi+", "pi-"],
    ],
)
def test_momentum_and_masses_are_exact_with_photons(daughters):
    events = make(daughters, 20_000)
    assert np.sum(events.pdg_id == 22) > 100
    total = np.add.reduceat(events.four_momentum, events.offsets[:-1], axis=0)
    mass_squared = total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1)
    assert np.allclose(mass_squared, M_JPSI**2, rtol=0.0, atol=1e-10)
    assert np.allclose(total[:, 0], 0.034, rtol=0.0, atol=1e-10)
    assert np.allclose(total[:, 1], 0.0, rtol=0.0, atol=1e-10)
    masses = np.array([particles.mass_gev(int(code)) for code in events.pdg_id])
    momentum = events.four_momentum
    off_shell = momentum[:, 3] ** 2 - np.sum(momentum[:, :3] ** 2, axis=1) - masses**2
    assert np.max(np.abs(off_shell)) < 1e-12


def test_the_nested_vertex_keeps_its_mass_including_its_own_photons():
    """Photons of the nu_M vertex belong to the nu_M: with one vertex neutral, all photons do."""
    nested = {"name": "nu_M", "mass_gev": 1.0, "daughters": ["K+", "e-", "pi0"]}
    decay = ["gamma", nested]
    events = make(decay, 5_000)
    inner = np.ones(len(events.pdg_id))
    inner[events.offsets[:-1]] = 0.0  # the first photon is the partner of the nu_M
    total = np.add.reduceat(events.four_momentum * inner[:, None], events.offsets[:-1], axis=0)
    mass = np.sqrt(total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1))
    assert np.allclose(mass, 1.0, rtol=0.0, atol=1e-10)


def test_a_lower_cut_leaves_hard_radiation_alone():
    fractions = []
    for cut in (1e-3, 1e-5):
        events = make(["e-", "e+"], 100_000, cut)
        hard = (events.pdg_id == 22) & (rest_frame_energy(events) > 0.1)
        fractions.append(np.mean(event_sum(events, hard) > 0))
    assert abs(fractions[0] - fractions[1]) < 5 * math.sqrt(2 * 0.14 * 0.86 / 100_000)


def test_photons_leave_the_phase_space_draw_as_it_was():
    """Events without a photon are those of the run without radiation, bit for bit."""
    decay = Decay("J/psi(1S)", ["K+", "K+", "e-", "e-"])
    plain = generate(decay, 2_000, base_seed=3, sample="s")
    radiated = generate(decay, 2_000, base_seed=3, sample="s", radiation=RadiationSettings())
    quiet = np.flatnonzero(np.diff(radiated.offsets) == 4)
    assert 500 < len(quiet) < 1900
    rows = radiated.offsets[quiet][:, None] + np.arange(4)
    expected = plain.four_momentum.reshape(-1, 4, 4)[quiet]
    # Energies are put on shell once more after radiation: equal to rounding, momenta likewise.
    assert np.allclose(radiated.four_momentum[rows], expected, rtol=1e-14, atol=1e-15)
    assert np.array_equal(
        radiated.pdg_id[radiated.offsets[:-1][:, None] + np.arange(4)],
        plain.pdg_id.reshape(-1, 4),
    )


def test_neutral_particles_do_not_radiate():
    assert np.all(np.diff(make(["pi0", "eta"], 1_000).offsets) == 2)


@pytest.mark.parametrize("cut", [0.0, -1.0, 0.5, math.nan])
def test_impossible_cuts_are_refused(cut):
    with pytest.raises(ValueError, match="photon_energy_cut"):
        RadiationSettings(photon_energy_cut=cut)
