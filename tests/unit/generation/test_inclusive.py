"""Inclusive J/psi decays: conservation, stable particles, reproducibility."""

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.generation import generate_inclusive

STABLE = {22, 11, 13, 211, 321, 130, 2212, 2112, 12, 14, 16}


@pytest.fixture(scope="module")
def events():
    return generate_inclusive(300, base_seed=1, sample="inclusive")


def test_momentum_charge_and_species(events):
    total = np.add.reduceat(events.four_momentum, events.offsets[:-1], axis=0)
    mass = np.sqrt(total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1))
    assert np.allclose(mass, particles.mass_gev("J/psi(1S)"), rtol=0, atol=1e-6)
    assert np.allclose(total[:, 0], 0.034, rtol=0, atol=1e-6)
    charges = np.array([particles.charge(int(code)) for code in events.pdg_id])
    assert np.all(np.add.reduceat(charges, events.offsets[:-1]) == 0)
    assert {abs(int(code)) for code in events.pdg_id} <= STABLE


def test_leptonic_decays_have_about_the_measured_rate(events):
    leading = np.abs(events.pdg_id[events.offsets[:-1]])
    pairs = np.diff(events.offsets) == 2
    fraction = np.mean(pairs & np.isin(leading, (11, 13)))
    # PDG: 5.97 % and 5.96 %; five deviations of 300 events.
    assert abs(fraction - 0.119) < 5 * np.sqrt(0.119 * 0.881 / 300)


def test_chunks_join_and_events_replay(events):
    parts = [
        generate_inclusive(n, base_seed=1, sample="inclusive", first_event=first)
        for first, n in ((0, 3), (3, 40), (43, 7))
    ]
    joined = np.concatenate([part.four_momentum for part in parts])
    assert np.array_equal(joined, events.four_momentum[: len(joined)])
    other = generate_inclusive(3, base_seed=2, sample="inclusive")
    assert not np.array_equal(other.four_momentum[:4], events.four_momentum[:4])


def test_impossible_numbers_are_refused():
    with pytest.raises(ValueError, match="n_events"):
        generate_inclusive(-1, base_seed=1, sample="inclusive")
