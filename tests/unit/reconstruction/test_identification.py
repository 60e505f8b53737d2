"""Confidence levels and the candidate masks, at and around their thresholds."""

import numpy as np
import pytest

from lnvsearch.reconstruction.identification import (
    HYPOTHESES,
    confidence_levels,
    energy_over_momentum,
    is_electron,
    is_kaon,
)

ELECTRON_CUTS = {
    "minimum_confidence": 0.001,
    "minimum_fraction": 0.8,
    "energy_over_momentum_range": (0.8, 1.2),
}
KAON_CUTS = {"minimum_confidence": 0.0, "maximum_energy_over_momentum": 0.8}


def columns(chi):
    """Columns of tracks from an array (3 detectors, 3 hypotheses, m)."""
    return {
        f"{detector}_chi_{hypothesis}": np.asarray(chi)[i, j]
        for i, detector in enumerate(("dedx", "tof", "emc"))
        for j, hypothesis in enumerate(HYPOTHESES)
    }


def test_true_hypothesis_has_flat_confidence_level_whatever_is_missing():
    rng = np.random.default_rng(1)
    chi = rng.normal(size=(3, 3, 40_000))
    chi[1, :, :10_000] = np.nan
    chi[2, :, 5_000:20_000] = np.nan
    level = np.sort(confidence_levels(columns(chi))[:, 0])
    distance = np.max(np.abs(level - (np.arange(level.size) + 0.5) / level.size))
    assert distance < 1.63 / np.sqrt(level.size)  # Kolmogorov, 1 %


def test_levels_against_the_closed_forms():
    chi = np.full((3, 3, 1), np.nan)
    chi[0, 0], chi[1, 0] = 1.0, 2.0  # two measurements: exp(-chi2 / 2)
    chi[0, 1] = 1.0  # one: P(|z| > 1)
    level = confidence_levels(columns(chi))[0]
    assert level[0] == pytest.approx(np.exp(-2.5))
    assert level[1] == pytest.approx(0.31731050786)
    assert level[2] == 0.0  # nothing measured


def test_detectors_can_be_left_out():
    chi = np.zeros((3, 3, 2))
    chi[2] = 50.0
    assert np.all(confidence_levels(columns(chi)) < 1e-100)
    assert np.all(confidence_levels(columns(chi), ("dedx", "tof")) == 1.0)
    with pytest.raises(ValueError, match="dedx, tof, emc"):
        confidence_levels(columns(chi), ("muon",))
    with pytest.raises(ValueError, match="detectors"):
        confidence_levels(columns(chi), ())


def test_energy_over_momentum():
    track = {
        "emc_energy": np.array([0.5, 0.0]),
        "kappa": np.array([-2.0, 1.0]),
        "tan_lambda": np.array([np.sqrt(3.0), 0.0]),
    }
    np.testing.assert_allclose(energy_over_momentum(track), [0.5, 0.0])


@pytest.mark.parametrize(
    ("confidence", "ep", "expected"),
    [
        ((0.5, 0.0, 0.0), 1.0, True),
        ((0.0011, 0.0, 0.0), 1.0, True),
        ((0.0009, 0.0, 0.0), 1.0, False),
        ((0.5, 0.0, 0.12), 1.0, True),  # 0.806 of the sum
        ((0.5, 0.0, 0.13), 1.0, False),  # 0.794
        ((0.5, 0.13, 0.0), 1.0, False),
        ((0.5, 0.0, 0.0), 0.79, False),
        ((0.5, 0.0, 0.0), 0.81, True),
        ((0.5, 0.0, 0.0), 1.19, True),
        ((0.5, 0.0, 0.0), 1.21, False),
        ((0.0, 0.0, 0.0), 1.0, False),
    ],
)
def test_electron_cuts(confidence, ep, expected):
    mask = is_electron(np.array([confidence]), np.array([ep]), **ELECTRON_CUTS)
    assert mask.tolist() == [expected]


@pytest.mark.parametrize(
    ("confidence", "ep", "expected"),
    [
        ((0.9, 0.1, 0.2), 0.3, True),
        ((0.0, 0.2, 0.1), 0.3, False),
        ((0.0, 0.0, 1e-300), 0.0, True),
        ((0.0, 0.0, 0.0), 0.0, False),
        ((0.0, 0.0, 0.5), 0.79, True),
        ((0.0, 0.0, 0.5), 0.81, False),
    ],
)
def test_kaon_cuts(confidence, ep, expected):
    mask = is_kaon(np.array([confidence]), np.array([ep]), **KAON_CUTS)
    assert mask.tolist() == [expected]


def test_no_track_is_both_electron_and_kaon():
    rng = np.random.default_rng(2)
    confidence, ep = rng.random((5000, 3)) ** 4, rng.uniform(0, 1.5, 5000)
    electron = is_electron(confidence, ep, **ELECTRON_CUTS)
    kaon = is_kaon(confidence, ep, **KAON_CUTS)
    assert electron.any() and kaon.any() and not np.any(electron & kaon)


def test_impossible_thresholds_are_named():
    one = np.ones((1, 3)), np.ones(1)
    with pytest.raises(ValueError, match="minimum_fraction"):
        is_electron(*one, **{**ELECTRON_CUTS, "minimum_fraction": 1.0})
    with pytest.raises(ValueError, match="energy_over_momentum_range"):
        is_electron(*one, **{**ELECTRON_CUTS, "energy_over_momentum_range": (1.2, 0.8)})


def test_tracks_that_are_not_wanted_have_no_level():
    chi = np.random.default_rng(2).normal(size=(3, 3, 100))
    chosen = np.arange(100) % 3 == 0
    some, every = confidence_levels(columns(chi), chosen=chosen), confidence_levels(columns(chi))
    assert np.array_equal(some[chosen], every[chosen])
    assert np.all(some[~chosen] == 0.0)
