"""K+ -> l+ (pi0) N, N -> pi- l+: kinematics, flight, and V - A weights against known formulas."""

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.generation.chirality import v_minus_a_weight
from lnvsearch.generation.flight import FixedLifetime, FlightProposal
from lnvsearch.generation.kaon.heavy_neutrino import generate_neutrino_decays
from lnvsearch.generation.kaon.neutrino_modes import NEUTRINO_MODES, mass_range_gev
from lnvsearch.generation.majorana_pair import analysing_power

KAON = particles.mass_gev("K+")
PROPOSAL = FlightProposal(prompt_share=0.3, shortest_m=0.01, longest_m=100.0)
MASSES = {"pi_ee": 0.3, "pi_mumu": 0.35, "pi_pi0_ee": 0.25}
STREAM = {"base_seed": 1, "sample": "toy"}


def generated(mode, n=20_000, mass=None, flight=PROPOSAL, **options):
    return generate_neutrino_decays(mode, mass or MASSES[mode], n, flight, **STREAM, **options)


def mass_of(momentum):
    return np.sqrt(momentum[:, 3] ** 2 - np.sum(momentum[:, :3] ** 2, axis=1))


@pytest.mark.parametrize("mode", NEUTRINO_MODES)
def test_four_momentum_and_masses(mode):
    decays = generated(mode).decays
    total = decays.four_momentum.sum(axis=1)
    assert total == pytest.approx(np.tile([0, 0, 0, KAON], (len(total), 1)), abs=1e-9)
    assert mass_of(decays.four_momentum[:, :2].sum(axis=1)) == pytest.approx(MASSES[mode], abs=1e-9)
    names = [particles.name(int(code)) for code in decays.pdg_id]
    assert names == list(NEUTRINO_MODES[mode].final_state)
    assert decays.displaced.tolist() == [True, True, *[False] * (len(names) - 2)]


@pytest.mark.parametrize("mode", NEUTRINO_MODES)
def test_flight_is_along_n_and_as_long_as_drawn(mode):
    """In the laboratory of a kaon of 75 GeV, to which z is boosted."""
    found = generated(mode)
    neutrino = found.decays.four_momentum[:, :2].sum(axis=1)
    moved = found.decays.displacement_m
    gamma = np.hypot(75.0, KAON) / KAON
    along = gamma * (moved[:, 2] + 75.0 / np.hypot(75.0, KAON) * moved[:, 3])
    length = np.sqrt(moved[:, 0] ** 2 + moved[:, 1] ** 2 + along**2)
    assert length == pytest.approx(found.length_m, rel=1e-9)
    assert np.cross(moved[:, :3], neutrino[:, :3]) == pytest.approx(0.0, abs=1e-12)
    assert np.mean(found.length_m == 0.0) == pytest.approx(0.3, abs=0.02)


def test_events_do_not_depend_on_the_chunk():
    whole, part = generated("pi_pi0_ee", 100), generated("pi_pi0_ee", 40, first_event=60)
    assert np.array_equal(whole.decays.four_momentum[60:], part.decays.four_momentum)
    assert np.array_equal(whole.length_m[60:], part.length_m)
    assert np.array_equal(whole.v_minus_a[60:], part.v_minus_a)


def polarisation(mass, lepton):
    """Of N along its flight in K -> l N by V - A, for the sign that lepton-number violation has."""
    kaon2, mass2, lepton2 = KAON**2, mass**2, lepton**2
    root = np.sqrt((kaon2 - (mass + lepton) ** 2) * (kaon2 - (mass - lepton) ** 2))
    return (mass2 - lepton2) * root / (kaon2 * (mass2 + lepton2) - (mass2 - lepton2) ** 2)


@pytest.mark.parametrize("mode", ["pi_ee", "pi_mumu"])
@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_v_minus_a_is_one_plus_polarisation_times_analysing_power(mode, fraction):
    """Shrock, Phys. Rev. D24 (1981) 1232, has the polarisation; two ways to the same angles."""
    low, high = mass_range_gev(mode)
    mass = low + fraction * (high - low)
    lepton = particles.mass_gev(NEUTRINO_MODES[mode].lepton)
    found = generated(mode, mass=mass)
    momentum = found.decays.four_momentum
    neutrino = momentum[:, :2].sum(axis=1)
    size = np.linalg.norm(neutrino[:, :3], axis=1)
    # Energy of the lepton in the rest frame of the kaon tells its angle to the flight of N.
    pion = particles.mass_gev("pi-")
    energy = (mass**2 + lepton**2 - pion**2) / (2 * mass)
    cosine = (momentum[:, 1, 3] * mass - neutrino[:, 3] * energy) / (
        size * np.sqrt(energy**2 - lepton**2)
    )
    expected = 1 + cosine * polarisation(mass, lepton) * analysing_power(mass, lepton, pion)
    assert found.v_minus_a / found.v_minus_a.mean() == pytest.approx(
        expected / expected.mean(), abs=1e-6
    )


def test_weight_of_massless_leptons_vanishes_backwards():
    """K -> l1 N, N -> pi l2 with l2 along l1: helicities that V - A forbids."""
    found = generated("pi_ee", 200_000)
    momentum = found.decays.four_momentum
    direction = momentum[:, :, :3] / np.linalg.norm(momentum[:, :, :3], axis=2)[:, :, None]
    together = np.sum(direction[:, 1] * direction[:, 2], axis=1) > 0.999
    assert together.sum() > 20
    assert found.v_minus_a[together].mean() < 0.01 * found.v_minus_a.mean()


def test_current_of_the_pion_matters_little_and_keeps_the_weight_positive():
    found = generated("pi_pi0_ee")
    assert (found.v_minus_a > -1e-12).all()
    momentum = found.decays.four_momentum
    pion = momentum[:, 3:].sum(axis=1)
    plain = v_minus_a_weight(
        momentum[:, 2], pion + [0, 0, 0, KAON], momentum[:, 1], momentum[:, 0]
    )
    ratio = found.v_minus_a.sum() / plain.sum()
    assert 1.0 < ratio < 1.3
    assert np.abs(found.v_minus_a - ratio * plain).mean() < 0.1 * found.v_minus_a.mean()


@pytest.mark.parametrize("mass", [0.1, 0.5])
def test_mass_beyond_the_phase_space_is_refused(mass):
    with pytest.raises(ValueError, match="phase space between 0.1401 and 0.4932"):
        generated("pi_ee", 10, mass=mass)


def test_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="known are pi_ee"):
        generate_neutrino_decays("pi_tautau", 0.3, 10, FixedLifetime(1.0), **STREAM)
