"""Trigger weights: the ratio of exposures, chains against simulated triggers, conditions."""

from dataclasses import replace

import numpy as np
import pytest

from lnvsearch.experiments.na62.selection.trigger import (
    TriggerChain,
    TriggerSettings,
    effective_downscaling,
    exposure_ratio,
    fulfilled,
    trigger_probability,
)

#: Downscaling of the search of 2019.
DOWNSCALING = TriggerSettings({
    "multi_track": TriggerChain(100.0),
    "di_electron": TriggerChain(8.0),
    "di_muon": TriggerChain(2.0),
})  # fmt: skip


def track_at(x, y, momentum=20.0, energy=20.0, tile=-1):
    """Tracks (3, 1) that fly along the beam at these places."""
    column = np.asarray(x, dtype=float)[:, None]
    zero = np.zeros_like(column)
    return {
        "charge": np.ones((3, 1)),
        "momentum_gev": zero + momentum,
        "lkr_energy_gev": zero + energy,
        "muv3_tile": np.full((3, 1), tile),
        "downstream_x_m": column,
        "downstream_y_m": np.asarray(y, dtype=float)[:, None],
        "downstream_slope_x": zero,
        "downstream_slope_y": zero,
    }


EVENT = {"other_energy_gev": np.array([0.0]), "negative_track": np.array([True])}
ELECTRONS, MUONS = ("pion", "electron", "electron"), ("pion", "muon", "muon")


def passes(toys, track, hypotheses=ELECTRONS, event=EVENT, **conditions):
    chain = replace(toys.chain, **conditions)
    return bool(fulfilled(chain, track, hypotheses, event, toys.detector)[0])


def test_the_exposures_of_the_two_searches_differ_by_the_printed_factor():
    ratio = exposure_ratio(["di_muon"], ["di_electron", "multi_track"], DOWNSCALING)
    assert ratio == pytest.approx(0.5 / (1 - (7 / 8) * (99 / 100)))
    assert round(ratio, 1) == 3.7


def test_one_chain_is_downscaled_as_it_says():
    assert effective_downscaling(["di_muon"], DOWNSCALING) == pytest.approx(2.0)


def test_weights_agree_with_simulated_triggers(toys):
    """Two chains, one of which needs the calorimeter; the hodoscope fails in both together."""
    trigger = TriggerSettings.from_mapping({
        "inefficiency": {"chod": 0.2, "lkr": 0.3},
        "chains": {
            "a": {"components": ["chod"], "downscaling": 4.0},
            "b": {"components": ["chod", "lkr"], "downscaling": 2.0,
                  "lkr_energy_minimum_gev": 20.0},
        },
    })  # fmt: skip
    rng = np.random.default_rng(1)
    n = 400_000
    chod, lkr = rng.uniform(size=n) > 0.2, rng.uniform(size=n) > 0.3
    a, b = rng.uniform(size=n) < 1 / 4, rng.uniform(size=n) < 1 / 2
    largest = np.mean(a | b)
    for energy, recorded in ((20.0, chod & (a | (b & lkr))), (5.0, chod & a)):
        track = track_at([0.3, 0.3, 0.3], [0.0, 0.0, 0.0], energy / 2, energy / 2)
        found = trigger_probability(
            ["a", "b"], trigger, track, ("pion", "pion", "electron"), EVENT, toys.detector
        )
        assert found[0] == pytest.approx(np.mean(recorded) / largest, abs=0.006)


def test_the_order_of_the_components_does_not_matter_to_the_bit(toys):
    """A product of efficiencies in the order of a set would change from process to process."""
    fails = {"chod": 0.01, "straw": 0.05, "rich": 0.001, "ktag": 0.001, "lkr": 0.003, "muv3": 0.07}
    expected = 1.0
    for name in sorted(fails):
        expected *= 1.0 - fails[name]
    for names in (list(fails), sorted(fails), sorted(fails)[::-1]):
        trigger = TriggerSettings({"only": TriggerChain(1.0, names)}, fails)
        weight = trigger_probability(["only"], trigger, {}, ELECTRONS, EVENT, toys.detector)
        assert weight[0] == expected


def test_certain_chains_have_weight_one_however_downscaled(toys):
    chains = {"a": replace(toys.chain, downscaling=100.0), "b": toys.chain}
    trigger = TriggerSettings(chains, {"straw": 0.04})
    track = track_at([0.3, 0.4, 0.5], [0.0, 0.0, 0.0])
    found = trigger_probability(["a", "b"], trigger, track, ELECTRONS, EVENT, toys.detector)
    assert found == pytest.approx([0.96])


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ([0.3, -0.3, 0.3], [0.3, -0.3, 0.3], True),
        ([0.3, -0.3, 0.3], [-0.3, 0.3, -0.3], True),
        ([0.3, -0.3, 0.3], [0.3, 0.3, 0.3], False),
        ([0.3, 0.3, 0.3], [0.3, -0.3, 0.3], False),
    ],
)
def test_opposite_quadrants(toys, x, y, expected):
    assert passes(toys, track_at(x, y), opposite_quadrants=True) == expected


def test_energy_follows_from_the_identification(toys):
    at = [0.3, 0.4, 0.5], [0.0, 0.0, 0.0]
    # A pion of 9 GeV that is taken for an electron has E/p = 1, whatever was simulated.
    assert passes(toys, track_at(*at, momentum=10.0, energy=0.5), lkr_energy_minimum_gev=20.0)
    pions = ("pion", "pion", "pion")
    soft = track_at(*at, momentum=10.0, energy=0.5)
    assert not passes(toys, soft, pions, lkr_energy_minimum_gev=20.0)
    # An electron that is taken for a pion has left less than its momentum: 3 x 7 x 0.85 < 20.
    assert not passes(toys, track_at(*at, 7.0, 7.0), pions, lkr_energy_minimum_gev=20.0)
    photon = {**EVENT, "other_energy_gev": np.array([19.0])}
    assert passes(toys, soft, pions, photon, lkr_energy_minimum_gev=20.0)


def test_two_tiles_are_two_different_ones(toys):
    apart, together = [0.0, 0.5, -0.5], [0.0, 0.5, 0.51]
    y = [0.5, 0.5, 0.5]
    assert passes(toys, track_at(apart, y), MUONS, muv3_tiles_minimum=2)
    assert not passes(toys, track_at(together, y), MUONS, muv3_tiles_minimum=2)


def test_inner_tiles_do_not_count_under_the_hypothesis(toys):
    inner = track_at([0.0, 0.5, -0.15], [0.5, 0.5, 0.15])
    assert passes(toys, inner, MUONS, muv3_tiles_minimum=2)
    assert not passes(toys, inner, MUONS, muv3_tiles_minimum=2, outer_tiles_only=True)
    outer = track_at([0.0, 0.5, -0.5], [0.5, 0.5, 0.5])
    assert passes(toys, outer, MUONS, muv3_tiles_minimum=2, outer_tiles_only=True)


def test_a_negative_track_is_needed(toys):
    none = {**EVENT, "negative_track": np.array([False])}
    track = track_at([0.3, 0.4, 0.5], [0.0, 0.0, 0.0])
    assert not passes(toys, track, event=none, negative_track=True)
    assert passes(toys, track, event=none)


def test_an_unknown_chain_is_named():
    with pytest.raises(ValueError, match="no chain magic; known: multi_track"):
        effective_downscaling(["magic"], DOWNSCALING)
    with pytest.raises(ValueError, match="no chain given"):
        effective_downscaling([], DOWNSCALING)
