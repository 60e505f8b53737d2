"""Decays that share their energies: each as it would be alone."""

import math

import numpy as np
import pytest

from lnvsearch.generation.kaon import generate_kaon_decays
from lnvsearch.generation.kaon.reuse import groups_of

STREAM = {"base_seed": 5, "sample": "toy"}
OPTIONS = {"aim": True, "decays_with_same_energies": 4}
MODES = ("pi_pi0_ee_sm", "e_nu_pi0_dalitz_gamma", "pi_pi0_dalitz_gamma")


def make(mode, n, first=0, **options):
    return generate_kaon_decays(
        mode, n, first_event=first, radiation=False, options=OPTIONS | options, **STREAM
    )


def test_groups_begin_at_multiples_of_their_size():
    first, rows = groups_of(6, 5, 4)
    assert first == 1
    assert rows.tolist() == [0, 0, 1, 1, 1]


@pytest.mark.parametrize("mode", MODES)
def test_energies_are_shared_and_directions_are_not(mode):
    momentum = make(mode, 4_000).four_momentum
    column = 0  # of the kaon's own daughters
    energy = momentum[:, column, 3].reshape(-1, 4)
    assert np.allclose(energy, energy[:, :1], rtol=1e-9)
    assert len(np.unique(energy[:, 0].round(12))) == 1_000
    assert len(np.unique(momentum[:, column, 0])) == 4_000


def test_directions_are_isotropic():
    momentum = make("pi_pi0_ee_sm", 40_000).four_momentum
    for column in (0, 1):
        size = np.linalg.norm(momentum[:, column, :3], axis=1)
        for axis in range(3):
            counts, _ = np.histogram(momentum[:, column, axis] / size, 20, (-1, 1))
            assert np.sum((counts - 2_000) ** 2) / 2_000 < 19 + 4 * math.sqrt(38)


@pytest.mark.parametrize("mode", MODES)
def test_means_are_those_of_single_decays(mode):
    n = 80_000
    shared, alone = make(mode, n), make(mode, n, decays_with_same_energies=1)
    for column in range(3):
        terms = [one.weight * one.four_momentum[:, column, 3] for one in (shared, alone)]
        # Means of groups are independent, decays of a group are not.
        error = math.hypot(terms[0].reshape(-1, 4).mean(axis=1).std() / math.sqrt(n / 4),
                           terms[1].std() / math.sqrt(n))  # fmt: skip
        assert abs(terms[0].mean() - terms[1].mean()) < 4 * error


@pytest.mark.parametrize("mode", MODES)
def test_chunks_join_without_a_seam(mode):
    whole = make(mode, 9_000)
    parts = [make(mode, 4_099), make(mode, 9_000 - 4_099, first=4_099)]
    joined = np.concatenate([part.four_momentum for part in parts])
    assert np.array_equal(whole.four_momentum, joined)
    assert np.array_equal(whole.weight, np.concatenate([part.weight for part in parts]))


@pytest.mark.parametrize("size", [0, 2.5, 5_000])
def test_a_size_out_of_range_is_refused(size):
    with pytest.raises(ValueError, match="decays_with_same_energies"):
        make("pi_pi0_ee_sm", 10, decays_with_same_energies=size)
