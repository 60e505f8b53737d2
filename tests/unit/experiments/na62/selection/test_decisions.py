"""What a recorded track is identified as, and that it is one thing only."""

import numpy as np
import pytest

from lnvsearch.experiments.na62.selection.decisions import (
    EnergyOverMomentum,
    candidate_decision,
    track_decision,
)

LKR, RICH, MUON, ALL = ("lkr",), ("lkr", "rich"), ("lkr", "muon"), ("lkr", "rich", "muon")
WINDOWS = EnergyOverMomentum(0.85, 0.9, 1.1, pion_maximum_muon_search=0.9, muon_maximum=0.2)
RATIOS = np.linspace(0.0, 1.3, 1301)


def tracks(ratio, charge=1, tile=-1, rich=-1):
    ratio = np.atleast_1d(np.asarray(ratio, dtype=float))
    return {
        "charge": np.full(len(ratio), charge),
        "momentum_gev": np.full(len(ratio), 20.0),
        "lkr_energy_gev": 20.0 * ratio,
        "muv3_tile": np.full(len(ratio), tile),
        "rich_positron": np.full(len(ratio), rich),
    }


@pytest.mark.parametrize(
    ("hypothesis", "identification", "ratio", "options", "expected"),
    [
        ("pion", LKR, 0.84, {}, True),
        ("pion", LKR, 0.86, {}, False),
        ("pion", LKR, 0.84, {"tile": 5}, True),  # no muon detector in the ee searches
        ("pion", MUON, 0.89, {}, True),
        ("pion", MUON, 0.91, {}, False),
        ("pion", MUON, 0.1, {"tile": 5}, False),
        ("electron", LKR, 0.89, {}, False),
        ("electron", LKR, 1.0, {}, True),
        ("electron", LKR, 1.11, {}, False),
        ("electron", RICH, 1.0, {"rich": 1}, True),
        ("electron", RICH, 1.0, {"rich": 0}, False),
        ("electron", RICH, 1.0, {"rich": -1}, False),
        ("electron", RICH, 1.0, {"rich": -1, "charge": -1}, True),  # positrons only
        ("electron", MUON, 1.0, {"tile": 5}, False),
        ("electron", LKR, 1.0, {"tile": 5}, True),
        ("muon", MUON, 0.1, {"tile": 0}, True),
        ("muon", MUON, 0.1, {}, False),
        ("muon", MUON, 0.21, {"tile": 0}, False),
        ("muon", (), 0.9, {}, True),
    ],
)
def test_each_hypothesis(hypothesis, identification, ratio, options, expected):
    found = track_decision(hypothesis, tracks(ratio, **options), identification, WINDOWS)
    assert found.tolist() == [expected]


@pytest.mark.parametrize("identification", [LKR, RICH, MUON, ALL])
@pytest.mark.parametrize("tile", [-1, 3])
@pytest.mark.parametrize("rich", [-1, 0, 1])
@pytest.mark.parametrize("charge", [-1, 1])
def test_a_track_is_one_thing_at_most(identification, tile, rich, charge):
    kinds = ("pion", "electron", "muon") if "muon" in identification else ("pion", "electron")
    track = tracks(RATIOS, charge, tile, rich)
    total = sum(track_decision(k, track, identification, WINDOWS).astype(int) for k in kinds)
    assert total.max() == 1 and total.min() == 0


def test_a_candidate_needs_all_three():
    three = [tracks([0.5, 0.5, 0.95]), tracks([1.0, 1.0, 1.0]), tracks([1.0, 0.5, 1.0], charge=-1)]
    track = {name: np.stack([t[name] for t in three]) for name in three[0]}
    kinds = ("pion", "electron", "electron")
    assert candidate_decision(kinds, track, LKR, WINDOWS).tolist() == [True, False, False]
    assert candidate_decision(kinds, track, (), WINDOWS).all()


def test_the_rich_is_asked_where_it_is_known_only():
    track = tracks(1.0)
    del track["rich_positron"]
    assert track_decision("electron", track, LKR, WINDOWS).all()
    with pytest.raises(ValueError, match="track_rich_positron"):
        track_decision("electron", track, RICH, WINDOWS)


def test_a_search_without_muons_has_no_window_for_them():
    with pytest.raises(ValueError, match="no muon_maximum"):
        track_decision("muon", tracks(0.1), MUON, EnergyOverMomentum(0.85, 0.9, 1.1))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ((0.95, 0.9, 1.1), "pion_maximum is 0.95.*electron_minimum"),
        ((0.85, 1.1, 0.9), "electron_minimum is 1.1.*electron_maximum"),
        ((0.85, 0.9, 1.1, 0.92), "pion_maximum_muon_search is 0.92"),
        ((0.85, 0.9, 1.1, 0.9, -0.2), "muon_maximum is -0.2"),
    ],
)
def test_windows_that_cannot_be_are_refused(values, words):
    with pytest.raises(ValueError, match=words):
        EnergyOverMomentum(*values)
