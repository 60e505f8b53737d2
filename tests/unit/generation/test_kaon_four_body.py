"""Amplitudes of e nu e e, of radiative Ke3 and of pi pi gamma*: gauge invariance and rates."""

import math

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.generation.kaon import MODES, four_body, generate_kaon_decays, primary
from lnvsearch.generation.kaon.four_body_amplitudes import (
    semileptonic_vector,
    virtual_photon_current,
)
from lnvsearch.generation.kaon.primary import KAON_MASS_GEV as M
from lnvsearch.generation.kaon.spinors import (
    lepton_spinors,
    neutrino_spinor,
    pair_currents,
    weak_current,
)
from lnvsearch.generation.kaon.three_body import dalitz_integral
from lnvsearch.generation.kaon.trilepton_amplitude import (
    amplitudes,
    bremsstrahlung_vector,
    hadron_vector,
    kaon_form_factor,
    spin_sum,
)
from lnvsearch.generation.phase_space import generate_phase_space
from lnvsearch.random_streams import stream_key

METRIC = np.array([-1.0, -1.0, -1.0, 1.0])
M_E, M_MU = particles.mass_gev("e-"), particles.mass_gev("mu-")


def phase_space(masses, n=50):
    return generate_phase_space(M, masses, n, stream_key(4, "toy", "phase_space"))


def product(a, b):
    return np.sum(np.asarray(a) * METRIC * np.asarray(b))


def integrate(mode, n):
    """(r, momenta, result) of `n` points of a four-body mode."""
    model = MODES[mode].model
    value, momentum = np.empty(n), np.empty((n, 4, 4))
    result = four_body.integrate_four_body(
        primary._FOUR_BODY[model], stream_key(9, mode, "scan"), 0,
        primary.four_body_parameters(mode), M, primary._SCANNED[mode][0], value, momentum,
    )
    return value, momentum, result


def pair_mass(momentum, i, j):
    total = momentum[:, i] + momentum[:, j]
    return np.sqrt(np.maximum(np.sum(METRIC * total**2, axis=1), 0.0))


@pytest.mark.parametrize("mass", [M_E, M_MU])
def test_spin_sums(mass):
    """sum of u ubar = pslash + m and of v vbar = pslash - m, by their traces and the current."""
    for p in phase_space([mass, 0.1])[:, 0]:
        for antiparticle, sign in ((False, 1), (True, -1)):
            spinors = np.array(lepton_spinors(tuple(p), mass, antiparticle))
            left, right = spinors[:, :2], spinors[:, 2:]
            assert np.sum(np.abs(left) ** 2) == pytest.approx(2 * p[3])
            assert np.sum(np.abs(right) ** 2) == pytest.approx(2 * p[3])
            assert np.sum(right.conj() * left) == pytest.approx(sign * 2 * mass, rel=1e-9)
            outer = left.T @ left.conj()  # = p.sigma
            assert outer[0, 0] == pytest.approx(p[3] - p[2], rel=1e-9)
            assert outer[0, 1] == pytest.approx(-p[0] + 1j * p[1], rel=1e-9)


@pytest.mark.parametrize("mass", [M_E, M_MU])
def test_pair_current_is_conserved_and_has_the_right_sum(mass):
    for rows in phase_space([mass, mass, 0.1]):
        minus, plus = rows[0], rows[1]
        currents = np.array(
            pair_currents(
                lepton_spinors(tuple(minus), mass, False), lepton_spinors(tuple(plus), mass, True)
            )
        )
        assert np.abs([product(minus + plus, j) for j in currents]).max() < 1e-14
        # -sum j.j* = 4 (q^2 + 2 m^2).
        total = -np.sum(METRIC * np.abs(currents) ** 2)
        assert total == pytest.approx(4 * (product(minus + plus, minus + plus) + 2 * mass**2))


@pytest.mark.parametrize("mass", [M_E, M_MU])
def test_trilepton_amplitude_is_gauge_invariant(mass):
    """The photon's momentum in place of the lepton current gives zero, part by part."""
    for rows in phase_space([mass, 0.0, mass, mass]):
        q, w = rows[2] + rows[3], rows[0] + rows[1]
        neutrino = neutrino_spinor(tuple(rows[1]))
        for spinor in lepton_spinors(tuple(rows[0]), mass, True):
            brems = bremsstrahlung_vector(tuple(q), tuple(rows[0]), neutrino, spinor, mass, M)
            assert abs(product(q, brems)) < 1e-12 * np.abs(brems).max()
            weak = weak_current(neutrino, spinor)
            for factors in np.eye(4):
                hadron = hadron_vector(tuple(q), tuple(w), M, *factors, weak)
                assert abs(product(q, hadron)) < 1e-13


def test_structure_terms_of_a_real_photon():
    """V1 + A1 multiplies (x + y - 1)^2 (1 - x), V1 - A1 multiplies (1 - y)^2 (1 - x)."""
    tiny = 1e-7
    for rows in phase_space([tiny, 0.0, 0.0]):
        x, y = 2 * rows[2, 3] / M, 2 * rows[0, 3] / M
        neutrino = neutrino_spinor(tuple(rows[1]))
        for sign, shape in ((1.0, (x + y - 1) ** 2), (-1.0, (1 - y) ** 2)):
            total = 0.0
            for spinor in lepton_spinors(tuple(rows[0]), tiny, True):
                hadron = hadron_vector(
                    tuple(rows[2]), tuple(rows[0] + rows[1]), M, 1.0, sign, 0.0, 0.0,
                    weak_current(neutrino, spinor),
                )
                total -= np.sum(METRIC * np.abs(hadron) ** 2)
            assert total == pytest.approx(8 * M**6 * shape * (1 - x), rel=1e-6, abs=1e-12)


def squared_amplitude(rows):
    first, neutrino, second, minus = map(tuple, rows)
    return spin_sum(
        amplitudes(first, neutrino, second, minus, M_MU, M),
        amplitudes(second, neutrino, first, minus, M_MU, M),
    )


def test_trilepton_amplitude_does_not_know_which_lepton_is_which():
    for rows in phase_space([M_MU, 0.0, M_MU, M_MU]):
        assert squared_amplitude(rows) == pytest.approx(
            squared_amplitude(rows[[2, 1, 0, 3]]), rel=1e-10
        )


def test_trilepton_amplitude_does_not_know_directions():
    """The interference of the two orderings is a number by itself only where spins are paired rightly."""
    random = np.random.default_rng(6)
    for rows in phase_space([M_MU, 0.0, M_MU, M_MU]):
        turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
        turn *= np.linalg.det(turn)
        turned = np.column_stack([rows[:, :3] @ turn, rows[:, 3]])
        assert squared_amplitude(turned) == pytest.approx(squared_amplitude(rows), rel=1e-9)


def test_kaon_radius():
    """PDG: 0.560 +- 0.031 fm."""
    assert math.sqrt(6 * kaon_form_factor(0.0)) * 0.1973 == pytest.approx(0.560, abs=0.031)


def test_trilepton_branching_fractions():
    value, momentum, result = integrate("e_nu_ee", 300_000)
    both = (pair_mass(momentum, 0, 3) > 0.15) & (pair_mass(momentum, 2, 3) > 0.15)
    # PDG: (2.48 +- 0.20)e-8 for m_ee > 150 MeV, of both pairs.
    above = np.mean(value * both)
    assert abs(above - 2.48e-8) < 0.25e-8
    error = np.std(value * both) / math.sqrt(len(value))
    listed = MODES["e_nu_ee"].branching_fraction.value
    assert abs(above / result[0] - 2.48e-8 / listed) < 4 * error / result[0] + 5e-4
    value, _, result = integrate("mu_nu_mumu", 200_000)
    # Bijnens, Ecker and Gasser: 1.35e-8.
    assert result[0] == pytest.approx(1.35e-8, rel=0.15)
    assert result[0] == pytest.approx(MODES["mu_nu_mumu"].branching_fraction.value, rel=0.01)


@pytest.mark.parametrize("mode", primary._SCANNED)
def test_norms_of_the_weights(mode):
    value, _, (_, error, below, flat) = integrate(mode, 200_000)
    ceiling, listed, listed_flat = primary._SCANNED[mode]
    spread = np.std(np.minimum(value, ceiling) - listed * value) / np.mean(value)
    assert abs(below - listed) < 4.0 * spread / math.sqrt(len(value)) + 3e-4
    assert flat == pytest.approx(listed_flat, rel=0.012)
    if mode == "pi_pi0_ee_sm":
        # A lower ceiling, as that accepts more of what is tried; the weights stay within a few.
        assert np.mean(value > ceiling) < 0.25
        assert value.max() < 5.0 * ceiling
    else:
        assert np.mean(value > ceiling) < 0.02
    # Attempts that are accepted; a window of angles is cut out of all of them.
    least = 0.015 if mode in primary.RADIATIVE_COSINE else 0.1
    assert np.mean(np.minimum(value, ceiling)) > least * ceiling


@pytest.mark.parametrize("mode", primary._SCANNED_AIMED)
def test_norms_of_aimed_decays(mode):
    ceiling, *listed = primary._SCANNED_AIMED[mode]
    kind = primary._FOUR_BODY[MODES[mode].model]
    sums = []
    for aimed in (True, False):
        value, momentum = np.empty(300_000), np.empty((300_000, 4, 4))
        result = four_body.integrate_four_body(
            kind, stream_key(9, mode, "scan"), 0, primary.four_body_parameters(mode, aimed), M,
            ceiling, value, momentum,
        )
        sums.append(result[0] * np.array(result[2:] if aimed else (1.0, 1.0)))
        if aimed:
            assert value.max() < 5.0 * ceiling
    assert (sums[0] / sums[1]).tolist() == pytest.approx(listed, rel=0.012)


def test_aimed_radiative_decays_have_the_expectations_of_plain_ones():
    """Their neutrino is drawn softer and their photon harder, with weights: mean 1, and the same means."""
    mode, n = "e_nu_pi0_dalitz_gamma", 900_000
    samples = [
        generate_kaon_decays(
            mode, n, base_seed=seed, sample="toy", radiation=False, options={"aim": aim}
        )
        for seed, aim in ((3, True), (4, False))
    ]
    spread = np.std(samples[0].weight) / math.sqrt(n)
    assert spread < 0.007
    assert abs(np.mean(samples[0].weight) - 1.0) < 4.0 * spread
    soft = []
    for code, power in ((12, 1), (22, 1), (-11, 1), (12, 2)):
        column = list(samples[0].pdg_id).index(code)
        terms = [one.weight * one.four_momentum[:, column, 3] ** power for one in samples]
        error = math.sqrt(sum(np.var(each) for each in terms) / n)
        assert abs(np.mean(terms[0]) - np.mean(terms[1])) < 4.0 * error
    for one in samples:
        energy = one.four_momentum[:, list(one.pdg_id).index(12), 3]
        chosen = one.weight * (energy < 0.05)
        soft.append((np.mean(chosen), np.std(chosen) / math.sqrt(n)))
    (first, small), (second, large) = soft
    assert abs(first - second) < 4.0 * math.hypot(small, large)


def test_radiative_semileptonic_vector_is_gauge_invariant():
    for rows in phase_space([0.0, M_E, 0.135, 0.0]):
        neutrino = neutrino_spinor(tuple(rows[3]))
        for spinor in lepton_spinors(tuple(rows[1]), M_E, True):
            vector = semileptonic_vector(
                tuple(rows[0]), tuple(rows[2]), tuple(rows[1]), neutrino, spinor, M
            )
            assert abs(product(rows[0], vector)) < 1e-11 * np.abs(vector).max()


def test_radiative_semileptonic_has_the_eikonal_limit():
    soft = 1e-6
    rows = phase_space([M_E, 0.135, 0.0], 1)[0]
    photon = np.array([0.6, 0.0, 0.8, 1.0]) * soft
    neutrino = neutrino_spinor(tuple(rows[2]))
    kaon = np.array([0.0, 0.0, 0.0, M])
    eikonal = rows[0] / product(rows[0], photon) - kaon / product(kaon, photon)
    for spinor in lepton_spinors(tuple(rows[0]), M_E, True):
        vector = np.array(semileptonic_vector(
            tuple(photon), tuple(rows[1]), tuple(rows[0]), neutrino, spinor, M
        ))
        without = product(kaon + rows[1], weak_current(neutrino, spinor))
        if abs(without) > 1e-6:
            assert np.allclose(vector, eikonal * without, rtol=0, atol=1e-3 * np.abs(vector).max())


def test_radiative_semileptonic_rates():
    """Published ratios to Ke3 of chiral perturbation theory, O(p^6) with structure terms.

    Kubis, Mueller, Gasser, Schmid, Eur. Phys. J. C50 (2007) 557, as quoted by NA62, JHEP 09
    (2023) 040 (arXiv:2304.12271), Table 1: 1.804, 0.640 and 0.559 %, each +- 1 %.  The paper and its
    three regions were looked up; the digits are from memory.
    """
    value, momentum, result = integrate("e_nu_pi0_dalitz_gamma", 500_000)
    kaon = primary.primary_of("e_nu_pi0")
    coupling = primary.FERMI_CONSTANT * primary.V_US * primary.SEMILEPTONIC_AT_ZERO
    without = (
        4 * coupling**2 / (2 * math.pi) ** 5 / primary.KAON_WIDTH_GEV
        * dalitz_integral(kaon.kind, kaon.parameter, M, kaon.mass_gev, np.zeros(2), 300)
    )
    drawn = value > 0.0  # an attempt outside of phase space fills no momenta
    value, momentum = value[drawn], momentum[drawn]
    share = np.mean(drawn)
    photon, lepton = momentum[:, 0], momentum[:, 1]
    size = np.linalg.norm(lepton[:, :3], axis=1)
    cosine = np.sum(photon[:, :3] * lepton[:, :3], axis=1) / photon[:, 3] / size
    angle = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    for published, region in (
        (1.804e-2, angle > 10),
        (0.640e-2, (angle > 20) & (photon[:, 3] > 0.030)),
        (0.559e-2, (cosine > 0.6) & (cosine < 0.9)),
    ):
        assert share * np.mean(value * region) / without == pytest.approx(published, rel=0.02)
    listed = MODES["e_nu_pi0_dalitz_gamma"].branching_fraction.value
    assert result[0] / without * 0.0507 * 1.174e-2 == pytest.approx(listed, rel=6e-3)
    assert photon[:, 3].min() > 0.010


def test_radiative_semileptonic_in_the_angles_of_pdg():
    """PDG: (2.698 +- 0.033)e-4; of all photons above 10 MeV, an eighth lie in these angles.

    The measurement lies 5 % below the calculations (NA62, JHEP 09 (2023) 040; from memory), and so
    below this.
    """
    value, momentum, result = integrate("e_nu_pi0_dalitz_gamma_pdg", 300_000)
    assert result[0] == pytest.approx(2.698e-4, rel=0.07)
    everywhere = integrate("e_nu_pi0_dalitz_gamma", 300_000)[2][0]
    assert result[0] / everywhere == pytest.approx(0.130, abs=0.003)
    decays = generate_kaon_decays(
        "e_nu_pi0_dalitz_gamma_pdg", 2_000, base_seed=3, sample="toy", radiation=False,
    )
    columns = [list(decays.pdg_id).index(code) for code in (22, -11)]
    photon, lepton = (decays.four_momentum[:, column] for column in columns)
    sizes = np.linalg.norm(photon[:, :3], axis=1) * np.linalg.norm(lepton[:, :3], axis=1)
    cosine = np.sum(photon[:, :3] * lepton[:, :3], axis=1) / sizes
    assert 0.6 < cosine.min() < 0.61 and 0.89 < cosine.max() < 0.9
    assert photon[:, 3].min() > 0.010


@pytest.mark.parametrize("degrees", [10, 20])
def test_radiative_semileptonic_with_a_least_angle(degrees):
    """The photon keeps away from the positron, and the branching fraction has that share."""
    mode = f"e_nu_pi0_dalitz_gamma_{degrees}_degrees"
    value, momentum, result = integrate("e_nu_pi0_dalitz_gamma", 300_000)
    drawn = value > 0.0
    cosine = cosine_of_photon(momentum[drawn, 0], momentum[drawn, 1])
    beyond = np.sum(value[drawn][cosine < math.cos(math.radians(degrees))]) / np.sum(value)
    fractions = [MODES[name].branching_fraction for name in (mode, "e_nu_pi0_dalitz_gamma")]
    assert fractions[0].value / fractions[1].value == pytest.approx(beyond, rel=6e-3)
    assert integrate(mode, 300_000)[2][0] / result[0] == pytest.approx(beyond, rel=6e-3)
    decays = generate_kaon_decays(mode, 5_000, base_seed=3, sample="toy", radiation=False)
    photon, lepton = (
        decays.four_momentum[:, list(decays.pdg_id).index(code)] for code in (22, -11)
    )
    least = math.cos(math.radians(degrees))
    assert least - 0.01 < cosine_of_photon(photon, lepton).max() < least
    assert photon[:, 3].min() > 0.010


def cosine_of_photon(photon, lepton):
    sizes = np.linalg.norm(photon[:, :3], axis=1) * np.linalg.norm(lepton[:, :3], axis=1)
    return np.sum(photon[:, :3] * lepton[:, :3], axis=1) / sizes


def test_virtual_photon_current_with_a_real_photon_is_the_eikonal_one():
    """The photon's squared mass times the angular mean tends to the sum over polarisations."""
    from lnvsearch.generation.kaon.densities import bremsstrahlung

    m_pi, m_pi0 = particles.mass_gev("pi+"), particles.mass_gev("pi0")
    tiny = 1e-6
    rows = phase_space([m_pi, m_pi0, 0.0], 3)
    random = np.random.default_rng(5)
    for pion, neutral, photon in rows:
        # Pairs of massless leptons from a photon of mass `tiny`, isotropic in its rest frame.
        n = 20_000
        axis = random.normal(size=(n, 3))
        axis *= (0.5 * tiny / np.linalg.norm(axis, axis=1))[:, None]
        direction = photon[:3] / photon[3]
        along = axis @ direction
        boost = photon[3] / tiny
        plus = np.empty((n, 4))
        shift = boost * (along + 0.5 * tiny) - along
        plus[:, :3] = axis + shift[:, None] * direction
        plus[:, 3] = boost * (0.5 * tiny + along)
        total = np.append(photon[:3], math.hypot(photon[3], tiny))
        event = np.empty((4, 4))
        event[0], event[1] = pion, neutral
        values = []
        for one in plus:
            event[2], event[3] = one, total - one
            values.append(virtual_photon_current(event, M))
        # sum of L over spins and angles: (4/3) q^2 (-g + ...), over q^4.
        ratio = np.mean(values) * tiny**2 / bremsstrahlung(
            np.array([m_pi, m_pi0]), M, pion[3], neutral[3], photon[3]
        )
        assert ratio == pytest.approx(4 / 3, rel=0.03)


def test_two_pions_and_a_pair():
    """PDG: (4.24 +- 0.14)e-6; inner bremsstrahlung is nearly all of it."""
    value, momentum, result = integrate("pi_pi0_ee_sm", 200_000)
    assert result[0] == pytest.approx(4.24e-6, rel=0.07)
    soft = np.mean(value * (pair_mass(momentum, 2, 3) < 0.02)) / result[0]
    assert soft > 0.85


def test_flat_share_leaves_the_expectation_alone():
    n = 40_000
    results = []
    for flat in (0.0, 0.8):
        decays = generate_kaon_decays(
            "e_nu_ee", n, base_seed=3, sample=f"flat{flat}", radiation=False,
            options={"flat_fraction": flat},
        )
        high = np.maximum(
            pair_mass(decays.four_momentum, 0, 2), pair_mass(decays.four_momentum, 1, 2)
        ) > 0.25
        value = decays.weight * high
        results.append((value.mean(), value.std() / math.sqrt(n)))
    (first, error_1), (second, error_2) = results
    assert abs(first - second) < 4 * math.hypot(error_1, error_2)
