"""Aiming: expectations stay, the corner that a search selects fills up."""

import math

import numpy as np
import pytest

from lnvsearch.generation.kaon import MODES, generate_kaon_decays
from lnvsearch.generation.kaon.aim import AIMED_FRACTION, aim_backwards
from lnvsearch.generation.kaon.primary import (
    KAON_MASS_GEV,
    SOFT_NEUTRINO_OF_PION_PAIR_GEV,
)
from lnvsearch.random_streams import stream_key

GAMMA = math.hypot(75.0, KAON_MASS_GEV) / KAON_MASS_GEV


def sample(mode, n, aim):
    decays = generate_kaon_decays(
        mode, n, base_seed=2, sample=f"aim{aim}", options={"aim": aim}
    )
    columns = [*MODES[mode].missing, *range(len(MODES[mode].final_state),
                                            decays.four_momentum.shape[1])]
    return decays, decays.four_momentum[:, columns].sum(axis=1)


def laboratory_energy(missing):
    return GAMMA * (missing[:, 3] + math.sqrt(1 - 1 / GAMMA**2) * missing[:, 2])


def mean_and_error(weight, value):
    product = weight * value
    return product.mean(), product.std() / math.sqrt(len(product))


@pytest.mark.parametrize("mode", ["e_nu_pi0_dalitz", "pi_pi0_dalitz", "mu_nu"])
def test_expectations_are_those_of_the_plain_sample(mode):
    n = 200_000
    (plain, at_rest), (aimed, turned) = sample(mode, n, False), sample(mode, n, True)
    for observable in (
        lambda missing: missing[:, 2],
        lambda missing: missing[:, 2] ** 2,
        lambda missing: np.hypot(missing[:, 0], missing[:, 1]),
        lambda missing: laboratory_energy(missing) < 15.0,
    ):
        first, error_1 = mean_and_error(plain.weight, observable(at_rest))
        second, error_2 = mean_and_error(aimed.weight, observable(turned))
        assert abs(first - second) < 4 * math.hypot(error_1, error_2)


@pytest.mark.parametrize("mode", ["pi_pi_e_nu", "pi_pi_mu_nu"])
def test_a_softer_neutrino_of_four_body_decays_leaves_all_expectations(mode):
    """Energies of all daughters, products of two, and the shape of the neutrino's spectrum."""
    (plain, _), (aimed, _) = sample(mode, 200_000, False), sample(mode, 200_000, True)
    energies = [decays.four_momentum[:, :4, 3] for decays in (plain, aimed)]
    edges = np.quantile(energies[0][:, 3], np.linspace(0.1, 0.9, 9))
    observables = [lambda energy, i=i: energy[:, i] for i in range(4)]
    observables += [lambda energy, i=i: energy[:, i] * energy[:, 3] for i in range(3)]
    observables += [lambda energy, edge=edge: energy[:, 3] < edge for edge in edges]
    for observable in observables:
        first, error_1 = mean_and_error(plain.weight, observable(energies[0]))
        second, error_2 = mean_and_error(aimed.weight, observable(energies[1]))
        assert abs(first - second) < 4 * math.hypot(error_1, error_2)
    soft = [np.mean(energy[:, 3] < SOFT_NEUTRINO_OF_PION_PAIR_GEV) for energy in energies]
    assert soft[1] > 1.5 * soft[0]


def test_cosine_stays_uniform_after_weighting():
    _, missing = sample("mu_nu", 400_000, True)
    decays, _ = sample("mu_nu", 400_000, True)
    cosine = missing[:, 2] / np.linalg.norm(missing[:, :3], axis=1)
    edges = np.linspace(-1, 1, 21)
    found = np.histogram(cosine, edges, weights=decays.weight)[0]
    variance = np.histogram(cosine, edges, weights=decays.weight**2)[0]
    expected = len(cosine) / 20
    assert np.sum((found - expected) ** 2 / variance) < 20 + 4 * math.sqrt(40)


def test_rotation_is_rigid_and_keeps_invariants():
    plain, _ = sample("e_nu_pi0_dalitz", 2_000, False)
    momentum, weight = plain.four_momentum.copy(), plain.weight.copy()
    aim_backwards(
        stream_key(1, "toy", "aim"), 0, np.array(MODES["e_nu_pi0_dalitz"].missing),
        AIMED_FRACTION, 0.0, momentum, weight,
    )
    assert not np.allclose(momentum, plain.four_momentum)
    assert np.array_equal(momentum[..., 3], plain.four_momentum[..., 3])
    metric = np.array([-1.0, -1.0, -1.0, 1.0])
    for rows in (plain.four_momentum, momentum):
        products = np.einsum("nia,njb,ab->nij", rows, rows, np.diag(metric))
        if rows is not momentum:
            reference = products
    assert np.abs(products - reference).max() < 1e-13
    # Handedness, too: a triple product keeps its sign.
    triple = [np.einsum("na,na->n", rows[:, 0, :3], np.cross(rows[:, 1, :3], rows[:, 2, :3]))
              for rows in (plain.four_momentum, momentum)]
    assert np.allclose(*triple, rtol=0, atol=1e-15)
    assert weight.max() <= plain.weight.max() / (1 - AIMED_FRACTION) + 1e-9


@pytest.mark.parametrize(
    "mode, n, gain", [("e_nu_pi0_dalitz", 400_000, 10), ("e_nu_ee", 15_000, 3),
                      ("pi_pi0_dalitz", 100_000, 2)]
)
def test_the_selected_corner_has_far_more_effective_events(mode, n, gain):
    """Without aiming, one e nu e e decay in 35 is there, one Ke3 with a Dalitz decay in 1200."""
    effective, rates = [], []
    for aim in (False, True):
        decays, missing = sample(mode, n, aim)
        corner = (laboratory_energy(missing) < 2.5) & (
            np.hypot(missing[:, 0], missing[:, 1]) < 0.030
        )
        weight = decays.weight[corner]
        effective.append(weight.sum() ** 2 / max(np.square(weight).sum(), 1e-300))
        rates.append((weight.sum() / n, math.sqrt(np.square(weight).sum()) / n))
    assert effective[1] > gain * max(effective[0], 1.0)
    (first, error_1), (second, error_2) = rates
    assert abs(first - second) < 4 * math.hypot(error_1, error_2)


def test_a_decay_that_misses_radiated_photons_only_is_left_alone():
    aimed, plain = (
        generate_kaon_decays("pi_ee_sm", 3_000, base_seed=2, sample="toy", options={"aim": aim})
        for aim in (True, False)
    )
    assert np.array_equal(aimed.four_momentum, plain.four_momentum)
    assert np.array_equal(aimed.weight, plain.weight)


def test_missing_momentum_pointing_straight_forward_or_backward():
    """Old and new direction opposite: the half turn has an axis all the same."""
    for sign in (1.0, -1.0):
        momentum = np.zeros((200, 2, 4))
        momentum[:, 0] = [0.0, 0.0, 0.2 * sign, 0.2]
        momentum[:, 1] = [0.0, 0.0, -0.2 * sign, 0.3]
        weight = np.ones(200)
        aim_backwards(stream_key(1, "toy", "aim"), 0, np.array([0]), 0.8, 0.0, momentum, weight)
        assert np.all(np.isfinite(momentum))
        assert np.abs(momentum[:, :, :3].sum(axis=1)).max() < 1e-14
        assert np.allclose(np.linalg.norm(momentum[:, 0, :3], axis=1), 0.2, rtol=1e-12)
