"""Particle properties: PDG values, conjugation, and messages for what does not exist."""

import math

import pytest

from lnvsearch import particles


def test_masses_are_those_of_the_pdg():
    # Review of Particle Physics 2024.
    assert particles.mass_gev("J/psi(1S)") == pytest.approx(3.096900, abs=1e-6)
    assert particles.mass_gev("K+") == pytest.approx(0.493677, abs=1e-5)
    assert particles.mass_gev("e-") == pytest.approx(0.51099895e-3, abs=1e-11)
    assert particles.mass_gev("gamma") == 0.0
    assert particles.mass_gev(-2212) == particles.mass_gev("p")


def test_lifetime_width_and_flight_length_agree():
    assert particles.ctau_m("K+") == pytest.approx(3.711, abs=0.005)
    assert particles.ctau_m("e-") == math.inf
    # Gamma c tau = hbar c, in GeV m (CODATA).
    assert particles.width_gev("K+") * particles.ctau_m("K+") == pytest.approx(
        1.973269804e-16, rel=1e-3
    )


def test_the_proton_is_not_the_hydrogen_nucleus():
    assert particles.pdg_id("p") == 2212
    assert particles.pdg_id("p~") == -2212


@pytest.mark.parametrize("name", ["gamma", "pi0", "eta", "phi(1020)", "J/psi(1S)", "K(S)0"])
def test_self_conjugate_particles_keep_their_code(name):
    assert particles.conjugate_pdg_id(name) == particles.pdg_id(name)


@pytest.mark.parametrize("name", ["K+", "e-", "p", "pi-", "K*(892)0", "Lambda", "mu+"])
def test_conjugation_turns_charge_and_keeps_mass(name):
    code = particles.pdg_id(name)
    assert particles.conjugate_pdg_id(name) == -code
    assert particles.charge(-code) == -particles.charge(name)
    assert particles.mass_gev(-code) == particles.mass_gev(name)
    assert particles.pdg_id(particles.name(code)) == code


def test_spin_tells_fermions_from_bosons():
    assert particles.spin("e-") == 0.5
    assert particles.spin("p") == 0.5
    assert particles.spin("K+") == 0.0
    assert particles.spin("phi(1020)") == 1.0


def test_an_unknown_particle_is_named_with_a_suggestion():
    with pytest.raises(ValueError, match=r"'K\+\+'.*K\+"):
        particles.mass_gev("K++")
    with pytest.raises(ValueError, match="999999999"):
        particles.mass_gev(999999999)
    with pytest.raises(ValueError, match="charge"):
        particles.charge("u")
