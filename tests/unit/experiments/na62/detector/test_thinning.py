"""Thinned decays: the same expectations, and hardly any loss of what a selection takes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch.experiments.na62.detector.prospects import prospect_numbers
from lnvsearch.experiments.na62.detector.prospects_together import find_prospects
from lnvsearch.experiments.na62.detector.simulate import (
    Na62Detector,
    charges_and_species,
    simulate_spectrometer,
)
from lnvsearch.experiments.na62.detector.thinning import (
    LEAST_PROBABILITY,
    Thinning,
    least_probability,
)
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.select import select
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.generation.kaon import generate_kaon_decays
from lnvsearch.random_streams import stream_key

ROOT = Path(__file__).parents[5]
STREAM = {"base_seed": 3, "sample": "toy"}
AIM = {"aim": True, "largest_missing_gev": 6.0, "largest_missing_pt_gev": 0.1}
# Mode: options, (full weight, whether there is a pi0, leptons), n.
SAMPLES = {
    "e_nu_pi0_dalitz": (AIM, (5e-4, False, ["e"]), 200_000),
    "pi_pi0_dalitz": (AIM, (1e-3, False, ["e"]), 200_000),
    "e_nu_pi0_dalitz_gamma": (AIM, (1e-3, True, ["e"]), 100_000),
    "pi_pi0_ee_sm": ({"aim": True, "decays_with_same_energies": 4}, (1e-3, True, ["e"]), 100_000),
    "pi_pi_e_nu": (AIM, (0.2, False, ["e", "mu"]), 100_000),
    "pi_pi_mu_nu": (AIM, (0.2, False, ["mu"]), 100_000),
    # Prospects of decays without a muon, in selections that ask for two.
    "e_nu_ee": (AIM, (0.2, False, ["mu"]), 50_000),
}


@pytest.fixture(scope="module")
def detector():
    return Na62Detector.from_settings(
        quick_yaml.load((ROOT / "config/detectors/na62.yaml").read_text())
    )


def rows_of(decays, numbers):
    rows = np.searchsorted(decays.event_number, numbers)
    assert np.array_equal(decays.event_number[rows], numbers)
    return rows


@pytest.mark.parametrize("mode", SAMPLES)
def test_sums_of_weights_keep_their_expectations(mode, detector):
    options, choice, n = SAMPLES[mode]
    decays = generate_kaon_decays(mode, n, options=options, **STREAM)
    thinned = Thinning(detector, *choice, **STREAM)(decays)
    rows = rows_of(decays, thinned.event_number)
    assert np.array_equal(thinned.four_momentum, decays.four_momentum[rows])
    assert np.array_equal(thinned.generated_weight, decays.weight[rows])
    # The weight is that of the decay over a probability between the least and 1.
    least = least_probability(*choice[1:])
    probability = decays.weight[rows] / thinned.weight
    assert probability.min() >= least * (1 - 1e-12)
    assert probability.max() <= 1 + 1e-12
    assert len(thinned) < (least + 0.12) * len(decays)
    energy = decays.four_momentum[:, :, 3]
    for value in (np.ones(len(decays)), energy[:, 0], energy[:, 1] > 0.1, energy[:, 2] * energy[:, 1]):
        terms = thinned.weight * value[rows]
        spread = np.sqrt(np.sum(terms**2 * (1 - probability)))
        assert abs(np.sum(terms) - np.sum(decays.weight * value)) < 4 * spread


@pytest.mark.parametrize("leptons", [["e", "mu"], ["mu"]])
@pytest.mark.parametrize("channel, name", [
    ("piee", "lnv_auxiliary"), ("pimumu", "lnv_inverted_none"), ("pimumu", "lnv"),
])  # fmt: skip
def test_acceptances_of_thinned_decays_are_those_of_all(channel, name, leptons, detector):
    """In selections of electrons and of muons, and with prospects that know muons only."""
    paper = quick_yaml.load((ROOT / "config/papers/na62_2019.yaml").read_text())
    selection = SelectionSettings.from_mapping(paper["channels"][channel]["selections"][name])
    maps = IdentificationMaps.from_anchors(paper["identification"]["maps"])
    decays = generate_kaon_decays("pi_pi_e_nu", 60_000, options=AIM, **STREAM)
    found = []
    for some in (decays, Thinning(detector, 0.05, False, leptons, **STREAM)(decays)):
        events = simulate_spectrometer(some, detector, **STREAM)
        selected = select(
            events, replace(selection, trigger=()), detector=detector.response, identification=maps
        )
        found.append(selected.candidates)
    plain, thinned = found
    assert np.all(np.isin(thinned["event_number"], plain["event_number"]))
    assert np.array_equal(events.generated_weight, decays.weight[rows_of(decays, events.event["event_number"])])
    # What is kept weighs as before over its probability.
    first = np.unique(plain["event_number"], return_index=True)[1]
    before = plain["weight_without_identification"][first]
    rows = np.searchsorted(plain["event_number"][first], thinned["event_number"])
    probability = before[rows] / thinned["weight_without_identification"]
    spread = np.sqrt(np.sum(thinned["weight"] ** 2 * (1 - probability)))
    assert len(thinned["weight"]) > 50
    assert abs(np.sum(thinned["weight"]) - np.sum(plain["weight"])) < 4 * spread


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


def test_leptons_that_no_selection_asks_for_are_refused(detector):
    with pytest.raises(ValueError, match="give e, mu, or both"):
        Thinning(detector, 1e-3, False, ["tau"], **STREAM)


@pytest.mark.parametrize("search, channel, mode, least", [
    ("na62_2022", "piee", "pi_ee_lnv", 0.98), ("na62_2022", "pipi0ee", "pi_pi0_ee_lnv", 0.94),
    ("na62_2019", "pimumu", "pi_mumu_lnv", 0.98),
])  # fmt: skip
def test_selected_decays_have_prospects(search, channel, mode, least, detector):
    """Of signal decays most that are selected, and few of the others."""
    paper = quick_yaml.load((ROOT / f"config/papers/{search}.yaml").read_text())
    selection = SelectionSettings.from_mapping(paper["channels"][channel]["selections"]["lnv"])
    maps = IdentificationMaps.from_anchors(paper["identification"]["maps"])
    decays = generate_kaon_decays(mode, 20_000, radiation=False, **STREAM)
    events = simulate_spectrometer(decays, detector, **STREAM)
    found = select(
        events, replace(selection, trigger=()), detector=detector.response, identification=maps
    )
    species, charge = charges_and_species(decays.pdg_id)
    key = tuple(stream_key(STREAM["base_seed"], STREAM["sample"], "beam"))
    numbers = prospect_numbers(["mu" if channel == "pimumu" else "e"])
    prospects, rows = np.zeros(len(decays)), np.arange(len(decays))
    find_prospects(key, decays.event_number, decays.four_momentum, species, charge, channel == "pipi0ee",
                   detector.response, numbers, rows, len(rows), prospects)  # fmt: skip
    assert np.all((prospects >= 0) & (prospects <= 1))
    selected = np.isin(decays.event_number, found.candidates["event_number"])
    assert selected.sum() > 50
    assert np.mean(prospects[selected] > 0.3) > least
    assert np.mean(prospects[~selected] > 0.3) < 0.1
