"""Maps of identification probabilities."""

import numpy as np
import pytest

from lnvsearch.experiments.besiii.detector.misidentification import (
    IdentificationProbability,
    identification_probability,
)
from lnvsearch.experiments.besiii.detector.simulate import simulate

MOMENTA = np.array([0.3, 0.6, 1.0])
COSINES = np.array([0.1, 0.6])


def cuts(track):
    return {
        "electron": np.nan_to_num(track["emc_chi_electron"], nan=99.0) ** 2 < 9.0,
        "any": np.ones(len(track["kappa"]), dtype=bool),
        "none": np.zeros(len(track["kappa"]), dtype=bool),
    }


def sampled(response, code, n_samples=500):
    return identification_probability(
        response, code, MOMENTA, COSINES, n_samples=n_samples, base_seed=2, cuts=cuts
    )


def test_probabilities_have_the_grid_s_shape_and_limits(response):
    result = sampled(response, 211)
    assert result.n_found.shape == (3, 2) and np.all(result.n_found > 300)
    assert np.all(result.probability("any") == 1.0)
    assert np.all(result.probability("none") == 0.0)
    electron = result.probability("electron")
    assert np.all((electron >= 0.0) & (electron < 0.2))


def test_electrons_pass_electron_cuts(response):
    assert np.all(sampled(response, -11).probability("electron")[1:] > 0.85)


def test_map_is_the_share_of_simulated_tracks(response, isotropic):
    """A point of the map against an independent sample of the same momentum and angle."""
    result = identification_probability(
        response, -211, [0.6], [0.6], n_samples=4000, base_seed=2, cuts=cuts
    )
    events = isotropic((-211,), 40_000, momentum=(0.599, 0.601), cos_theta=0.62)
    cosine = events.four_momentum[:, 2] / np.linalg.norm(events.four_momentum[:, :3], axis=1)
    recorded = simulate(events, response, base_seed=9, sample="other")
    near = np.abs(np.abs(np.repeat(cosine, np.diff(recorded.track_offsets))) - 0.6) < 0.02
    share = cuts(recorded.track)["electron"][near].mean()
    difference = result.probability("electron")[0, 0] - share
    assert abs(difference) < 4 * np.hypot(
        result.uncertainty("electron")[0, 0], np.sqrt(share / near.sum())
    )


def test_splitting_into_passes_changes_nothing(response, monkeypatch):
    whole = sampled(response, 321)
    monkeypatch.setattr("lnvsearch.experiments.besiii.detector.misidentification._PARTICLES_PER_PASS", 700)
    pieces = sampled(response, 321)
    assert np.array_equal(whole.n_found, pieces.n_found)
    for name in whole.n_identified:
        assert np.array_equal(whole.n_identified[name], pieces.n_identified[name])


def test_uncertainty_is_not_zero_where_none_passes():
    result = IdentificationProbability(
        211, np.array([1.0]), np.array([0.0]), np.array([[100]]), {"none": np.array([[0]])}
    )
    assert 0.0 < result.uncertainty("none")[0, 0] < 0.02
    assert result.probability("none")[0, 0] == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"species_pdg": 22}, "species_pdg is 22: give one of"),
        ({"momentum_gev": [0.0, 1.0]}, "momentum_gev"),
        ({"cos_theta": [1.0]}, "cos_theta"),
        ({"n_samples": 0}, "n_samples is 0"),
    ],
)
def test_what_is_out_of_range_is_named(response, change, message):
    arguments = {
        "species_pdg": 211,
        "momentum_gev": [0.5],
        "cos_theta": [0.0],
        "n_samples": 10,
        "base_seed": 1,
        "cuts": cuts,
    } | change
    with pytest.raises(ValueError, match=message):
        identification_probability(response, **arguments)
