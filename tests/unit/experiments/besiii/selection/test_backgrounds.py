"""Mis-identification weights and the continuum."""

import math

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.selection import background_weights
from lnvsearch.experiments.besiii.selection.background_weights import weigh
from lnvsearch.experiments.besiii.selection.continuum import OffResonance, continuum_events
from lnvsearch.experiments.besiii.selection.identification_map import IdentificationMap
from lnvsearch.generation.decay_events import generate
from lnvsearch.generation.models import Decay
from lnvsearch.reconstruction.candidates import Candidates


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


def recorded(daughters, response):
    events = generate(Decay("J/psi(1S)", daughters), 2000, base_seed=3, sample="weights")
    return simulate(events, response, base_seed=3, sample="weights")


def test_perfect_identification_leaves_no_background(response, selection):
    events = recorded(["K+", "K-", "pi+", "pi-"], response)
    perfect = flat_map({"e+": 1.0, "e-": 1.0}, {"K+": 1.0, "K-": 1.0})
    assert len(weigh(events, selection, perfect)["weight"]) == 0


def test_weights_of_perfect_identification_count_the_signal(response, selection):
    """With probabilities of 0 and 1, the sum of weights is a plain selection without PID cuts."""
    events = recorded(["K+", "K+", "e-", "e-"], response)
    perfect = flat_map({"e+": 1.0, "e-": 1.0}, {"K+": 1.0, "K-": 1.0})
    found = weigh(events, selection, perfect)
    assert set(np.unique(found["weight"])) == {1.0}
    assert 0.1 * len(events) < np.sum(found["chi_square"] < 20) < len(events)


def test_weights_are_products_over_the_tracks(response, selection):
    events = recorded(["K+", "K-", "pi+", "pi-"], response)
    kaon = {"K+": 0.9, "K-": 0.9, "pi+": 0.1, "pi-": 0.1}
    electron = {"K+": 0.01, "K-": 0.01, "pi+": 0.02, "pi-": 0.02}
    weight = weigh(events, selection, flat_map(electron, kaon))["weight"]
    # K K of one charge: a true kaon and a pion; e e of the other: the other kaon and pion.
    assert weight.size and np.allclose(weight, 0.9 * 0.1 * 0.01 * 0.02)


def test_the_map_s_uncertainty_adds_over_the_tracks(response, selection):
    events = recorded(["K+", "K-", "pi+", "pi-"], response)
    everything = flat_map(dict.fromkeys(("K+", "K-", "pi+", "pi-"), 0.5),
                          dict.fromkeys(("K+", "K-", "pi+", "pi-"), 0.5))
    found = weigh(events, selection, everything)
    relative = found["map_uncertainty"] / found["weight"]
    assert np.allclose(relative, math.hypot(0.1, 0.1, 0.2, 0.2))


@pytest.mark.parametrize(
    ("pair", "weight"),
    [
        ([0, 2], 1.0),  # a track taken for a kaon is no electron
        ([2, 4], 1.0 - 0.3),  # one taken for an electron, one besides
        ([4, 5], 1.0 - 0.3 * 0.2),  # both besides the assignment
    ],
)
def test_a_conversion_counts_as_often_as_both_are_electrons(monkeypatch, pair, weight):
    """Tracks 0, 1 are taken for kaons, 2, 3 for electrons, and 4, 5 for nothing."""
    found = Candidates(np.array([7]), np.array([[0, 1, 2, 3]]))
    pairs = np.array([7]), np.array([pair])
    monkeypatch.setattr(background_weights, "conversion_pairs", lambda *_, **__: pairs)
    state = type("State", (), {"good": None})
    is_electron = np.array([0.9, 0.9, 0.5, 0.5, 0.3, 0.2])
    result = background_weights._without_conversion(state, found, is_electron, {})
    assert result == pytest.approx([weight])


def test_the_continuum_scales_with_luminosity_and_cross_section():
    on_resonance = {"luminosity_per_pb": 100.0, "energy_gev": 3.0}
    same = [OffResonance(3.0, 50.0, 4)]
    assert continuum_events(same, **on_resonance) == 8.0
    higher = [OffResonance(6.0, 50.0, 4)]  # a quarter of the cross section
    assert continuum_events(higher, **on_resonance) == 32.0
    assert continuum_events(same * 2, **on_resonance) == 8.0
    with pytest.raises(ValueError, match="luminosities > 0"):
        continuum_events([], **on_resonance)
