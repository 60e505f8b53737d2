"""Aimed photons of Dalitz decays: the same expectations, many more where a search loses them."""

import math

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.generation.kaon import MODES, generate_kaon_decays
from lnvsearch.generation.kaon import neutral_pion as npi
from lnvsearch.generation.kaon.photon_aim import (
    BACKWARD_SHARE,
    FORWARD_SHARE,
    ISOTROPIC,
    MISSED,
    MISSED_SHARPLY,
    PAIRED,
    PAIRED_SHARE,
)
from lnvsearch.generation.kaon.primary import KAON_MASS_GEV, SOFT_NEUTRINO_GEV, primary_of
from lnvsearch.generation.kaon.sharp_aim import LEFT_ISOTROPIC, LEFT_TRUE, NEUTRINO_FRACTION
from lnvsearch.random_streams import stream_key

M = particles.mass_gev("pi0")
METRIC = np.array([-1.0, -1.0, -1.0, 1.0])
GAMMA = math.hypot(75.0, KAON_MASS_GEV) / KAON_MASS_GEV
BOUND = {MISSED: 1 - BACKWARD_SHARE - FORWARD_SHARE, PAIRED: 1 - PAIRED_SHARE,
         MISSED_SHARPLY: LEFT_ISOTROPIC * LEFT_TRUE}
PION = np.array([0.10, -0.05, 0.12])
PARTNER = np.array([0.03, 0.06, -0.05])


def decay(n, aim, pion=PION, flat=0.0):
    """Decays of pions in flight: rows e+, e-, photon; weights."""
    pions = np.tile([*pion, math.hypot(M, np.linalg.norm(pion))], (n, 1))
    partner = np.tile([*PARTNER, np.linalg.norm(PARTNER)], (n, 1))
    momentum, weight = np.zeros((n, 3, 4)), np.ones(n)
    npi.fill_neutral_pion(
        stream_key(8, "toy", "neutral_pion"), 0, npi.DALITZ, pions, np.arange(3), momentum,
        weight, aim=aim, partner=partner, flat_fraction=flat,
    )
    assert np.abs(momentum.sum(axis=1) - pions).max() < 1e-13
    shell = np.sum(METRIC * momentum**2, axis=2) - np.array([1, 1, 0]) * particles.mass_gev("e-")**2
    assert np.abs(shell).max() < 1e-13
    return momentum, weight


def in_pion_frame(vector, pion):
    """Three-vectors of photons, (n, 4), boosted into the rest frame of the pion; unit length."""
    energy = math.hypot(M, np.linalg.norm(pion))
    along = vector[:, :3] @ pion
    at_rest = vector[:, :3] + np.outer((along / (energy + M) - vector[:, 3]) / M, pion)
    return at_rest / np.linalg.norm(at_rest, axis=1)[:, None]


@pytest.mark.parametrize("aim", [MISSED, MISSED_SHARPLY, PAIRED])
@pytest.mark.parametrize("pion", [PION, np.array([0.0, 0.0, -0.2]), np.array([0.0, 0.0, 0.2])])
def test_photon_is_isotropic_in_the_pion_frame_after_weighting(aim, pion):
    n = 300_000
    momentum, weight = decay(n, aim, pion)
    direction = in_pion_frame(momentum[:, 2], pion)
    azimuth = np.arctan2(direction[:, 1], direction[:, 0])
    partner = in_pion_frame(np.array([[*PARTNER, np.linalg.norm(PARTNER)]]), pion)[0]
    for value, low, high in (
        (direction[:, 2], -1, 1), (azimuth, -math.pi, math.pi), (direction @ partner, -1, 1)
    ):
        found = np.histogram(value, 20, (low, high), weights=weight)[0]
        variance = np.histogram(value, 20, (low, high), weights=weight**2)[0]
        assert np.sum((found - n / 20) ** 2 / variance) < 20 + 4 * math.sqrt(40)
    assert abs(weight.mean() - 1) < 4 * weight.std() / math.sqrt(n)
    assert weight.max() <= 1 / BOUND[aim] + 1e-9


@pytest.mark.parametrize("aim", [MISSED, PAIRED])
def test_leptons_follow_the_pair_in_the_same_way(aim):
    """Pair masses and the leptons' share of the energy do not depend on the aim."""
    n = 200_000
    plain, _ = decay(n, ISOTROPIC)
    aimed, weight = decay(n, aim)
    share = []
    for momentum in (plain, aimed):
        photon = momentum[:, 2]
        first = np.sum(METRIC * photon * momentum[:, 0], axis=1)
        share.append(first / (first + np.sum(METRIC * photon * momentum[:, 1], axis=1)))
    pair = [
        np.sqrt(np.sum(METRIC * (one[:, 0] + one[:, 1]) ** 2, axis=1)) for one in (plain, aimed)
    ]
    assert np.allclose(*pair, rtol=1e-9)
    assert np.allclose(*share, rtol=0, atol=1e-8)
    # The turn of the leptons about the pair's flight stays uniform.
    normal = np.cross(aimed[:, 0, :3], aimed[:, 1, :3])
    assert abs(np.mean(weight * np.sign(normal[:, 0]))) < 4 * np.sqrt(np.mean(weight**2) / n)


def test_pair_masses_that_are_drawn_sharply_keep_their_means():
    n = 200_000
    masses = []
    for aim in (ISOTROPIC, MISSED_SHARPLY):
        momentum, weight = decay(n, aim)
        squared = np.sum(METRIC * (momentum[:, 0] + momentum[:, 1]) ** 2, axis=1)
        masses.append((np.sqrt(squared), weight))
    for value in (lambda m: m, lambda m: m < 0.003, lambda m: m > 0.07, lambda m: np.log(m)):
        (plain, _), (drawn, weight) = masses
        terms = weight * value(drawn)
        error = math.hypot(np.std(terms), np.std(value(plain))) / math.sqrt(n)
        assert abs(np.mean(terms) - np.mean(value(plain))) < 4 * error


def test_missed_photons_fill_both_ways_out():
    n = 50_000
    x = [1 + one[:, 2, 2] / one[:, 2, 3] for one in (decay(n, ISOTROPIC)[0], decay(n, MISSED)[0])]
    backward = [np.mean(one < 0.03) for one in x]
    assert backward[1] > 10 * backward[0]
    assert np.mean(x[1] > 0.3) > FORWARD_SHARE


def test_soft_neutrinos_are_drawn_more_often_and_weighted_back():
    n = 200_000
    energies, weights = [], []
    for soft in (False, True):
        momentum, weight = np.empty((n, 3, 4)), np.ones(n)
        primary = primary_of("e_nu_pi0_dalitz", soft)
        primary.fill(stream_key(8, f"soft{soft}", "kaon_decay"), 0, momentum, weight, 0.0)
        energies.append(momentum[:, 2, 3])
        weights.append(weight)
    assert abs(weights[1].mean() - 1) < 4 * weights[1].std() / math.sqrt(n)
    assert weights[1].max() < 6.0
    edges = np.linspace(0.0, 0.23, 24)
    found, sigma = [], []
    for energy, weight in zip(energies, weights, strict=True):
        found.append(np.histogram(energy, edges, weights=weight)[0])
        sigma.append(np.histogram(energy, edges, weights=weight**2)[0])
    assert np.sum((found[0] - found[1]) ** 2 / np.maximum(sigma[0] + sigma[1], 1)) < 23 + 4 * 6.8
    softer = [np.mean(energy < SOFT_NEUTRINO_GEV) for energy in energies]
    assert softer[1] > 3 * softer[0]


def test_paired_photons_look_like_a_pion():
    n = 50_000
    fractions = []
    for aim in (ISOTROPIC, PAIRED):
        momentum, weight = decay(n, aim, PION)
        pair = momentum[:, 2] + np.array([*PARTNER, np.linalg.norm(PARTNER)])
        mass = np.sqrt(np.sum(METRIC * pair**2, axis=1))
        near = abs(mass - M) < 0.08 * M
        fractions.append(np.mean(near))
        # The true share, of both samples.
        assert np.sum(weight[near]) / n == pytest.approx(
            fractions[0], abs=5 * np.sqrt(np.sum(weight[near] ** 2)) / n + 5e-3
        )
    assert fractions[1] > 2.5 * fractions[0] > 0


def test_a_partner_too_soft_for_the_mass_changes_nothing():
    n = 1_000
    pions = np.tile([*PION, math.hypot(M, np.linalg.norm(PION))], (n, 1))
    partner = np.tile([0.0, 0.0, 0.005, 0.005], (n, 1))
    results = []
    for aim in (ISOTROPIC, PAIRED):
        momentum, weight = np.zeros((n, 3, 4)), np.ones(n)
        npi.fill_neutral_pion(
            stream_key(8, "toy", "neutral_pion"), 0, npi.DALITZ, pions, np.arange(3), momentum,
            weight, aim=aim, partner=partner,
        )
        assert np.all(weight == 1.0)
        results.append(momentum[:, 2])
    assert np.allclose(*results, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    "mode", ["e_nu_pi0_dalitz", "pi_pi0_pi0_dalitz", "pi_pi0_dalitz_gamma"]
)
def test_expectations_over_whole_decays(mode):
    """Energies and directions of every particle, aimed and not."""
    n = 150_000
    samples = [
        generate_kaon_decays(mode, n, base_seed=9, sample=f"photon{aim}", options={"aim": aim})
        for aim in (False, True)
    ]
    # A factor of 2 of the flat pair masses, of 6 of soft neutrinos.
    assert samples[1].weight.max() < 6 / ((1 - NEUTRINO_FRACTION) * BOUND[MISSED_SHARPLY])
    for column in range(len(MODES[mode].final_state)):
        for observable in (
            lambda p: p[:, 3], lambda p: p[:, 2], lambda p: p[:, 2] ** 2,
            lambda p: np.arctan2(p[:, 1], p[:, 0]) ** 2,
            lambda p: (GAMMA * (p[:, 3] + p[:, 2]) < 5.0).astype(float),
        ):
            means, errors = [], []
            for one in samples:
                value = one.weight * observable(one.four_momentum[:, column])
                means.append(value.mean())
                errors.append(value.std() / math.sqrt(n))
            assert abs(means[0] - means[1]) < 4.5 * math.hypot(*errors) + 1e-12
