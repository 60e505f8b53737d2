"""Thinned decays: the same expectations, and hardly any loss of what a selection takes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from lnvsearch.experiments.na62.detector.beam import N_KAON_NUMBERS, draw_kaons
from lnvsearch.experiments.na62.detector.prospects import prospect, prospect_numbers
from lnvsearch.experiments.na62.detector.simulate import (
    Na62Detector,
    charges_and_species,
    simulate_spectrometer,
)
from lnvsearch.experiments.na62.detector.thinning import (
    LEAST_PROBABILITY,
    LEAST_PROBABILITY_WITH_PI0,
    Thinning,
)
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.select import select
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.generation.kaon import generate_kaon_decays
from lnvsearch.random_streams import stream_key

ROOT = Path(__file__).parents[5]
STREAM = {"base_seed": 3, "sample": "toy"}
AIM = {"aim": True, "largest_missing_gev": 6.0, "largest_missing_pt_gev": 0.1}
# Mode, options, full weight, whether there is a pi0, n.
SAMPLES = {
    "e_nu_pi0_dalitz": (AIM, 5e-4, False, 200_000),
    "pi_pi0_dalitz": (AIM, 1e-3, False, 200_000),
    "e_nu_pi0_dalitz_gamma": (AIM, 1e-3, True, 100_000),
    "pi_pi0_ee_sm": ({"aim": True, "decays_with_same_energies": 4}, 1e-3, True, 100_000),
}


@pytest.fixture(scope="module")
def detector():
    return Na62Detector.from_settings(
        yaml.safe_load((ROOT / "config/detectors/na62.yaml").read_text())
    )


def rows_of(decays, numbers):
    rows = np.searchsorted(decays.event_number, numbers)
    assert np.array_equal(decays.event_number[rows], numbers)
    return rows


@pytest.mark.parametrize("mode", SAMPLES)
def test_sums_of_weights_keep_their_expectations(mode, detector):
    options, full_weight, with_pi0, n = SAMPLES[mode]
    decays = generate_kaon_decays(mode, n, options=options, **STREAM)
    thinned = Thinning(detector, full_weight, with_pi0, **STREAM)(decays)
    rows = rows_of(decays, thinned.event_number)
    assert np.array_equal(thinned.four_momentum, decays.four_momentum[rows])
    # The weight is that of the decay over a probability between the least and 1.
    least = LEAST_PROBABILITY_WITH_PI0 if with_pi0 else LEAST_PROBABILITY
    probability = decays.weight[rows] / thinned.weight
    assert probability.min() >= least * (1 - 1e-12)
    assert probability.max() <= 1 + 1e-12
    assert len(thinned) < 0.15 * len(decays)
    energy = decays.four_momentum[:, :, 3]
    for value in (np.ones(len(decays)), energy[:, 0], energy[:, 1] > 0.1, energy[:, 2] * energy[:, 1]):
        terms = thinned.weight * value[rows]
        spread = np.sqrt(np.sum(terms**2 * (1 - probability)))
        assert abs(np.sum(terms) - np.sum(decays.weight * value)) < 4 * spread


def test_what_is_kept_does_not_depend_on_the_others(detector):
    decays = generate_kaon_decays("e_nu_pi0_dalitz", 20_000, options=AIM, **STREAM)
    thin = Thinning(detector, 5e-4, False, **STREAM)
    parts = [
        thin(replace(decays, event_number=decays.event_number[rows], weight=decays.weight[rows],
                     four_momentum=decays.four_momentum[rows]))
        for rows in (slice(0, 777), slice(777, None))
    ]  # fmt: skip
    whole = thin(decays)
    for name in ("event_number", "weight", "four_momentum"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(getattr(whole, name), joined)


def test_heavier_decays_are_kept_more_often(detector):
    decays = generate_kaon_decays("e_nu_pi0_dalitz", 50_000, options=AIM, **STREAM)
    kept = [len(Thinning(detector, weight, False, **STREAM)(decays)) for weight in (1e-4, 1e-2, 1.0)]
    assert kept[0] > kept[1] >= kept[2] > 0.9 * LEAST_PROBABILITY * len(decays)


def test_decays_of_five_tracks_are_refused(detector):
    decays = generate_kaon_decays("pi_pi0_double_dalitz", 10, **STREAM)
    with pytest.raises(ValueError, match="three charged particles, not 5"):
        Thinning(detector, 1e-3, False, **STREAM)(decays)


@pytest.mark.parametrize("channel, mode, least", [
    ("piee", "pi_ee_lnv", 0.98), ("pipi0ee", "pi_pi0_ee_lnv", 0.94),
])  # fmt: skip
def test_selected_decays_have_prospects(channel, mode, least, detector):
    """Of signal decays most that are selected, and few of the others."""
    paper = yaml.safe_load((ROOT / "config/papers/na62_2022.yaml").read_text())
    selection = SelectionSettings.from_mapping(paper["channels"][channel]["selections"]["lnv"])
    maps = IdentificationMaps.from_anchors(paper["identification"]["maps"])
    decays = generate_kaon_decays(mode, 20_000, radiation=False, **STREAM)
    events = simulate_spectrometer(decays, detector, **STREAM)
    found = select(
        events, replace(selection, trigger=()), detector=detector.response, identification=maps
    )
    species, charge = charges_and_species(decays.pdg_id)
    key = tuple(stream_key(STREAM["base_seed"], STREAM["sample"], "beam"))
    space = np.empty((len(species), 4)), np.empty((3, 2))
    numbers, response = prospect_numbers(), detector.response
    kaons = np.empty((N_KAON_NUMBERS, len(decays)))
    draw_kaons(key, decays.event_number, response.beam, response.fiducial_volume, numbers.kaon_mass,
               numbers.kaon_ctau_m, kaons)  # fmt: skip
    prospects = np.array([
        prospect(tuple(kaon), decays.four_momentum, i, species, charge, channel == "pipi0ee", response,
                 numbers, *space)
        for i, kaon in enumerate(kaons.T)
    ])  # fmt: skip
    assert np.all((prospects >= 0) & (prospects <= 1))
    selected = np.isin(decays.event_number, found.candidates["event_number"])
    assert selected.sum() > 50
    assert np.mean(prospects[selected] > 0.3) > least
    assert np.mean(prospects[~selected] > 0.3) < 0.1
