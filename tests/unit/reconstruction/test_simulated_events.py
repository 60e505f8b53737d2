"""The fit and the vertices on events of the whole simulation, without radiation and overlays."""

from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.events import HELIX_PARAMETERS
from lnvsearch.generation import Beam, Decay, generate
from lnvsearch.particles import mass_gev
from lnvsearch.reconstruction.candidates import opposite_sign_pairs
from lnvsearch.reconstruction.kinematic_fit import (
    chi_square_probability,
    fit_parameters,
    gather_tracks,
)
from lnvsearch.reconstruction.vertex import pair_vertex

CARD = Path(__file__).parents[3] / "config" / "detectors" / "besiii.yaml"


@pytest.fixture(scope="module")
def response():
    """The detector with right errors and without the material's radiation."""
    card = BesiiiResponse.from_mapping(quick_yaml.load(CARD.read_text()))
    return card.with_values({"pulls.enabled": False})


def fitted(decay_products, response, seed):
    """Fits of the events in which all four particles left a track, matched by truth."""
    beam = Beam(momentum_z_spread_gev=0.0)
    generated = generate(
        Decay("J/psi(1S)", decay_products), 20_000, base_seed=seed, sample="toy", beam=beam
    )
    recorded = simulate(generated, response, base_seed=seed, sample="toy")
    whole = np.flatnonzero(np.diff(recorded.track_offsets) == 4)
    index = recorded.track_offsets[whole][:, np.newaxis] + np.arange(4)
    order = np.argsort(recorded.track["truth_index"][index], axis=1)
    index = np.take_along_axis(index, order, axis=1)
    total = generated.four_momentum.reshape(-1, 4, 4)[0].sum(axis=0)
    masses = [mass_gev(name) for name in decay_products]
    return fit_parameters(*gather_tracks(recorded.track, index), masses, total)


@pytest.mark.parametrize("decay_products", [["K+", "K-", "pi+", "pi-"], ["p", "p~", "pi+", "pi-"]])
def test_chi_square_has_four_degrees_of_freedom(decay_products, response):
    tracks = fitted(decay_products, response, seed=5)
    n = len(tracks.chi_square)
    assert n > 3000
    assert abs(tracks.chi_square.mean() - 4.0) < 3.5 * np.sqrt(8.0 / n)
    probability = np.sort(chi_square_probability(tracks.chi_square))
    distance = np.max(np.abs(probability - (np.arange(n) + 0.5) / n))
    assert distance < 1.63 / np.sqrt(n)
    assert np.max(np.abs(tracks.pulls.mean(axis=0))) < 4.5 / np.sqrt(n)
    assert np.max(np.abs(tracks.pulls.std(axis=0) - 1.0)) < 4.5 / np.sqrt(2 * n)


def test_larger_true_errors_than_the_covariance_raise_the_chi_square(response):
    overlay = response.with_values({"pulls.enabled": True})
    nominal = fitted(["K+", "K-", "pi+", "pi-"], overlay, seed=5).chi_square.mean()
    scale, tail, fraction = response.pulls[1:4]
    expected = 4.0 * ((1 - fraction) * scale**2 + fraction * tail**2)
    assert nominal == pytest.approx(expected, rel=0.05)


def pair_vertices(decay_products, n_events, from_particles, response):
    """Vertices of the e+ e- pairs that come from some of a decay's particles."""
    decay = Decay("J/psi(1S)", decay_products)
    generated = generate(decay, n_events, base_seed=9, sample="pairs")
    recorded = simulate(generated, response, base_seed=9, sample="pairs")
    track = recorded.track
    chosen = np.isin(track["truth_index"], from_particles)
    _, pairs = opposite_sign_pairs(recorded.track_offsets, track["charge"], chosen)
    helix = np.stack([track[name] for name in HELIX_PARAMETERS], axis=-1)
    field = response.beam.magnetic_field_t
    return pair_vertex(helix[pairs[:, 0]], helix[pairs[:, 1]], magnetic_field_t=field)


def test_conversions_are_found_at_the_material(response):
    vertex = pair_vertices(["gamma", "K+", "K-"], 60_000, [0], response)
    assert len(vertex.radius_cm) > 300
    # Two layers of material: the pairs come from one or the other.
    material = response.material
    layers = np.array([material.beam_pipe_radius_cm, material.inner_wall_radius_cm])
    distance = np.min(np.abs(vertex.radius_cm[:, np.newaxis] - layers), axis=1)
    assert np.mean(distance < 1.0) > 0.7
    forwards = np.sum(vertex.position_cm * vertex.momentum_gev.sum(axis=1), axis=1) > 0.0
    assert np.mean(forwards) > 0.95
    assert np.median(vertex.mass_gev(mass_gev("e-"))) < 0.02


def test_prompt_pairs_do_not_look_like_conversions(response):
    vertex = pair_vertices(["K+", "K-", "e+", "e-"], 5000, [2, 3], response)
    at_material = (vertex.radius_cm > 2.0) & (vertex.radius_cm < 8.0)
    assert len(at_material) > 2000
    assert np.mean(at_material & (vertex.mass_gev(mass_gev("e-")) < 0.05)) < 0.01
