"""Photons that convert in the first chamber: momenta, weights, and events with them."""

from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch.experiments.na62.detector.conversions import conversion_probability, convert_photons
from lnvsearch.experiments.na62.detector.simulate import Na62Detector, simulate_spectrometer
from lnvsearch.generation.kaon import MODES, generate_kaon_decays
from lnvsearch.generation.kaon.decays import KaonDecays

ROOT = Path(__file__).parents[5]
PHOTONS = [i for i, name in enumerate(MODES["pi_pi0"].final_state) if name == "gamma"]


@pytest.fixture(scope="module")
def detector():
    settings = quick_yaml.load((ROOT / "config/detectors/na62.yaml").read_text())
    return Na62Detector.from_settings(settings)


@pytest.fixture(scope="module")
def decays():
    return generate_kaon_decays("pi_pi0", 40_000, base_seed=1, sample="toy")


@pytest.fixture(scope="module")
def converted(decays, detector):
    return convert_photons(
        decays, PHOTONS, detector.response.spectrometer, base_seed=1, sample="toy"
    )


def test_pairs_have_the_momentum_of_their_photon(decays, converted):
    positrons = converted.four_momentum[:, PHOTONS, :3]
    electrons = converted.four_momentum[:, -2:, :3]
    assert np.allclose(positrons + electrons, decays.four_momentum[:, PHOTONS, :3], atol=1e-12)
    assert converted.pdg_id[PHOTONS].tolist() == [-11, -11]
    assert converted.pdg_id[-2:].tolist() == [11, 11]
    # Radiated photons stay what they are.
    assert np.array_equal(converted.pdg_id[3:-2], decays.pdg_id[3:])
    assert np.array_equal(converted.four_momentum[:, 0], decays.four_momentum[:, 0])


def test_weights_are_the_probability_and_the_shape_is_that_of_complete_screening(
    decays, converted, detector
):
    one = conversion_probability(detector.response.spectrometer)
    assert one == pytest.approx(7 / 9 * 0.5 * 0.0045)
    relative = converted.weight / one**2
    assert relative.mean() == pytest.approx(1.0, abs=4 * relative.std() / len(relative) ** 0.5)
    assert relative.max() < 1 / 0.3**2 + 1e-9
    size = np.linalg.norm(decays.four_momentum[:, PHOTONS[0], :3], axis=1)
    share = np.linalg.norm(converted.four_momentum[:, PHOTONS[0], :3], axis=1) / size
    for low, high in ((0.0, 0.02), (0.02, 0.3), (0.3, 0.7), (0.98, 1.0)):
        # Integral of (9/7) (1 - 4/3 x (1 - x)).
        expected = 9 / 7 * np.diff([x - 2 / 3 * x**2 + 4 / 9 * x**3 for x in (low, high)])[0]
        inside = relative * ((share > low) & (share < high))
        error = inside.std() / len(inside) ** 0.5
        assert inside.mean() == pytest.approx(expected, abs=4 * error)


def test_charges_are_treated_alike(converted):
    size = np.linalg.norm(converted.four_momentum[:, [*PHOTONS, -2, -1], :3], axis=2)
    soft = (size[:, :2].max(axis=1) < 0.01) * converted.weight
    other = (size[:, 2:].max(axis=1) < 0.01) * converted.weight
    error = np.hypot(soft.std(), other.std()) * len(soft) ** 0.5
    assert soft.sum() > 0 and abs(soft.sum() - other.sum()) < 4 * error


def test_the_spectrometer_finds_three_tracks_of_one_pion_and_two_pairs(converted, detector):
    events = simulate_spectrometer(converted, detector, base_seed=1, sample="toy")
    assert len(events) > 1000
    assert {-11, 11, 211} <= set(np.unique(events.track["true_pdg_id"]).tolist())


def test_a_number_does_not_depend_on_the_chunk(decays, converted, detector):
    some = slice(100, 110)
    part = KaonDecays(
        decays.event_number[some], decays.weight[some], decays.pdg_id, decays.four_momentum[some]
    )
    again = convert_photons(
        part, PHOTONS, detector.response.spectrometer, base_seed=1, sample="toy"
    )
    assert np.array_equal(again.four_momentum, converted.four_momentum[some])
    assert np.array_equal(again.weight, converted.weight[some])


def test_only_photons_convert(decays, detector):
    with pytest.raises(ValueError, match="code 22"):
        convert_photons(decays, [0], detector.response.spectrometer, base_seed=1, sample="toy")
