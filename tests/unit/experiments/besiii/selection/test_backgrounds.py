"""Mis-identification weights and the continuum."""

import math

import numpy as np
import pytest
import yaml

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector import simulate as besiii
from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.selection import kkee as besiii_kkee
from lnvsearch.experiments.besiii.selection.background_weights import (
    IdentificationMap,
    read_identification,
    weigh,
)
from lnvsearch.experiments.besiii.selection.continuum import OffResonance, continuum_events
from lnvsearch.generation.models import Decay
from lnvsearch.generation.decay_events import generate

ARGUMENTS = {
    "final_state": ("K+", "K+", "e-", "e-"),
    "total_four_momentum": (0.034, 0.0, 0.0, math.hypot(particles.mass_gev("J/psi(1S)"), 0.034)),
    "magnetic_field_t": 1.0,
}


def flat_map(electron, kaon):
    """A map without dependence on momentum or angle; by species."""
    tables = {
        code: {"electron": np.full((2, 2), electron.get(name, 0.0)),
               "kaon": np.full((2, 2), kaon.get(name, 0.0))}
        for name in ("K+", "K-", "pi+", "pi-", "e+", "e-")
        for code in [particles.pdg_id(name)]
    }
    relative = {code: {"electron": 0.1, "kaon": 0.2} for code in tables}
    return IdentificationMap(np.array([0.5, 1.0]), np.array([0.2, 0.7]), tables, relative)


@pytest.fixture(scope="module")
def cuts(root):
    return yaml.safe_load((root / "config/papers/besiii_2025.yaml").read_text())["selection"]


def recorded(daughters, root):
    response = BesiiiResponse.from_mapping(
        yaml.safe_load((root / "config/detectors/besiii.yaml").read_text())
    )
    events = generate(Decay("J/psi(1S)", daughters), 2000, base_seed=3, sample="weights")
    return besiii.simulate(events, response, base_seed=3, sample="weights")


def test_perfect_identification_leaves_no_background(root, cuts):
    events = recorded(["K+", "K-", "pi+", "pi-"], root)
    perfect = flat_map({"e+": 1.0, "e-": 1.0}, {"K+": 1.0, "K-": 1.0})
    assert len(weigh(events, cuts, perfect, **ARGUMENTS)["weight"]) == 0


def test_weights_of_perfect_identification_count_the_signal(root, cuts):
    """With probabilities of 0 and 1, the sum of weights is a plain selection without PID cuts."""
    events = recorded(["K+", "K+", "e-", "e-"], root)
    perfect = flat_map({"e+": 1.0, "e-": 1.0}, {"K+": 1.0, "K-": 1.0})
    found = weigh(events, cuts, perfect, **ARGUMENTS)
    state = besiii_kkee.SearchState(
        events, ARGUMENTS["final_state"], np.array(ARGUMENTS["total_four_momentum"]), 1.0
    )
    assert set(np.unique(found["weight"])) == {1.0}
    assert 0.1 * len(events) < np.sum(found["chi_square"] < 20) < len(events)
    assert len(state.good) == events.track_offsets[-1]


def test_weights_are_products_over_the_tracks(root, cuts):
    events = recorded(["K+", "K-", "pi+", "pi-"], root)
    kaon = {"K+": 0.9, "K-": 0.9, "pi+": 0.1, "pi-": 0.1}
    electron = {"K+": 0.01, "K-": 0.01, "pi+": 0.02, "pi-": 0.02}
    weight = weigh(events, cuts, flat_map(electron, kaon), **ARGUMENTS)["weight"]
    # K K of one charge: a true kaon and a pion; e e of the other: the other kaon and pion.
    assert weight.size and np.allclose(weight, 0.9 * 0.1 * 0.01 * 0.02)


def test_the_map_s_uncertainty_adds_over_the_tracks(root, cuts):
    events = recorded(["K+", "K-", "pi+", "pi-"], root)
    everything = flat_map(dict.fromkeys(("K+", "K-", "pi+", "pi-"), 0.5),
                          dict.fromkeys(("K+", "K-", "pi+", "pi-"), 0.5))
    found = weigh(events, cuts, everything, **ARGUMENTS)
    relative = found["map_uncertainty"] / found["weight"]
    assert np.allclose(relative, math.hypot(0.1, 0.1, 0.2, 0.2))


def test_the_map_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "map.npz"
    found = np.full((2, 2), 1000)
    np.savez(path, momentum_gev=[0.5, 1.0], absolute_cos_theta=[0.2, 0.7], **{
        "-211_found": found,
        "-211_electron_identified": np.array([[100, 200], [300, 400]]),
        "-211_kaon_identified": np.zeros((2, 2)),
    })
    probability, relative = read_identification(path).lookup(
        np.array([-211, -211, 321]), np.array([0.1, 2.0, 1.0]), np.array([0.0, 0.9, 0.5])
    )
    assert probability["electron"].tolist() == [0.1, 0.4, 0.0]
    assert relative["electron"][:2] == pytest.approx(1 / np.sqrt(1000))
    # Never seen in 4000 tracks: not zero, but the posterior mean, uncertain by itself.
    assert probability["kaon"][:2] == pytest.approx(1 / 4002)
    assert relative["kaon"][0] == 1.0


def test_the_continuum_scales_with_luminosity_and_cross_section():
    on_resonance = {"luminosity_per_pb": 100.0, "energy_gev": 3.0}
    same = [OffResonance(3.0, 50.0, 4)]
    assert continuum_events(same, **on_resonance) == 8.0
    higher = [OffResonance(6.0, 50.0, 4)]  # a quarter of the cross section
    assert continuum_events(higher, **on_resonance) == 32.0
    assert continuum_events(same * 2, **on_resonance) == 8.0
    with pytest.raises(ValueError, match="luminosities > 0"):
        continuum_events([], **on_resonance)
