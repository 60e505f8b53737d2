"""Which probability a track of a true kind has under each hypothesis."""

from types import SimpleNamespace

import numpy as np
import pytest

from lnvsearch.experiments.na62.selection.identification import (
    candidate_probabilities,
    track_probabilities,
)

LKR, RICH, MUON = ("lkr",), ("lkr", "rich"), ("lkr", "muon")


def one_track(code, charge=1, tile=-1):
    return {
        "true_pdg_id": np.array([code]),
        "charge": np.array([charge]),
        "momentum_gev": np.array([20.0]),
        "muv3_tile": np.array([tile]),
    }


def track_probability(*arguments):
    """With all that is asked."""
    return track_probabilities(*arguments)[0]


@pytest.fixture(scope="module")
def maps(toys):
    return toys.maps(
        efficiency_pion=0.98,
        efficiency_pion_muon_search=0.99,
        efficiency_electron_lkr=0.96,
        efficiency_electron_rich=0.95,
        electron_to_pion=0.015,
        pion_to_electron_lkr_positive=0.0105,
        pion_to_electron_lkr_negative=0.0100,
        pion_to_electron_rich=0.001,
        pion_to_muon=0.006,
        efficiency_muon=0.9985,
        muon_to_pion=0.0015,
    )


@pytest.mark.parametrize(
    ("hypothesis", "code", "charge", "identification", "expected"),
    [
        ("pion", 211, 1, LKR, 0.98),
        ("electron", 211, 1, LKR, 0.0105),
        ("electron", -211, -1, LKR, 0.0100),
        ("electron", 211, 1, RICH, 0.0105 * 0.001),
        ("electron", -211, -1, RICH, 0.0100),  # the RICH is asked for positrons only
        ("electron", -11, 1, LKR, 0.96),
        ("electron", -11, 1, RICH, 0.96 * 0.95),
        ("electron", 11, -1, RICH, 0.96),
        ("pion", 11, -1, RICH, 0.015),
        ("pion", -13, 1, RICH, 1.0),  # a pion that decayed has no shower
        ("electron", -13, 1, LKR, 0.0),
        ("pion", 211, 1, MUON, 0.99 * (1 - 0.006)),
        ("muon", 211, 1, MUON, 0.006),
        ("muon", -13, 1, MUON, 0.9985),
        ("pion", -13, 1, MUON, 0.0015),
        # With electrons beside muons: what has a signal of the muon detector is a muon.
        ("electron", 211, 1, MUON, 0.0105 * (1 - 0.006)),
        ("electron", -11, 1, MUON, 0.96),
    ],
)
def test_each_kind_under_each_hypothesis(maps, hypothesis, code, charge, identification, expected):
    track = one_track(code, charge)
    found = track_probability(hypothesis, track, np.array([0]), identification, maps)
    assert found == pytest.approx([expected])


@pytest.mark.parametrize("tile", [-1, 17])
def test_after_a_decay_in_flight_the_muon_detector_decides(maps, tile):
    track, decayed = one_track(-13, 1, tile), np.array([1])
    muon = track_probability("muon", track, decayed, MUON, maps)
    pion = track_probability("pion", track, decayed, MUON, maps)
    assert muon.tolist() == [float(tile >= 0)]
    assert pion.tolist() == [float(tile < 0)]


@pytest.mark.parametrize("code", [211, -11, -13])
@pytest.mark.parametrize("identification", [LKR, RICH, MUON])
def test_hypotheses_exclude_each_other(maps, code, identification):
    lepton = "muon" if "muon" in identification else "electron"
    both = sum(
        track_probability(h, one_track(code), np.array([0]), identification, maps)[0]
        for h in ("pion", lepton)
    )
    assert 0.0 < both <= 1.0


def test_a_candidate_is_the_product_of_its_tracks(maps):
    singles = [one_track(211), one_track(-11), one_track(11, -1)]
    track = {name: np.stack([t[name] for t in singles]) for name in singles[0]}
    found, without_rich = candidate_probabilities(
        ("pion", "electron", "electron"), track, np.array([0]), RICH, maps
    )
    assert found == pytest.approx([0.98 * (0.96 * 0.95) * 0.96])
    assert without_rich == pytest.approx([0.98 * 0.96 * 0.96])


@pytest.mark.parametrize("hypothesis, by_map", [("muon", 0.9985), ("pion", 0.0015)])
@pytest.mark.parametrize("tile", [-1, 5])
def test_the_signal_decides_on_the_muon_of_a_pion_only(maps, hypothesis, by_map, tile):
    """A muon from the vertex has its map, whatever else decays in its event."""
    decays, signal = np.array([1]), float((tile >= 0) == (hypothesis == "muon"))
    exact = SimpleNamespace(needs=maps.needs, others=maps.tables, of_tracks=maps.of_tracks)
    for known, expected in ((1, signal), (0, by_map), (None, signal)):
        track = one_track(-13, tile=tile)
        if known is not None:
            track["true_from_pion"] = np.array([known])
        for one in (maps, exact):
            found = track_probability(hypothesis, track, decays, MUON, one)
            assert found.tolist() == [pytest.approx(expected)]


def test_other_particles_are_nothing_and_data_have_no_probability(maps):
    track = one_track(2212)
    assert track_probability("pion", track, np.array([0]), LKR, maps).tolist() == [0.0]
    with pytest.raises(ValueError, match="true_pdg_id 0"):
        track_probability("pion", one_track(0), np.array([0]), LKR, maps)


@pytest.mark.parametrize(("code", "charge"), [(211, 1), (-211, -1), (-11, 1), (11, -1), (-13, 1)])
@pytest.mark.parametrize("identification", [MUON, ("lkr", "rich", "muon")])
@pytest.mark.parametrize(("n_decays", "tile"), [(0, -1), (1, -1), (1, 5)])
def test_a_track_is_one_thing_only(maps, code, charge, identification, n_decays, tile):
    """Pion, electron and muon exclude one another: the probabilities add up to 1 at most.

    The pion's map must leave room for the electron's: 0.98 and 0.0105 do.
    """
    from types import SimpleNamespace

    exclusive = SimpleNamespace(
        needs=maps.needs,
        others=maps.tables,
        of_tracks=lambda name, track: maps.of_tracks(
            "efficiency_pion" if name == "efficiency_pion_muon_search" else name, track
        ),
    )
    track = one_track(code, charge, tile)
    total = sum(
        track_probability(kind, track, np.array([n_decays]), identification, exclusive)
        for kind in ("pion", "electron", "muon")
    )
    assert 0.9 < total <= 1.0 + 1e-12


@pytest.mark.parametrize("hypothesis", ["pion", "electron", "muon"])
@pytest.mark.parametrize("identification", [LKR, RICH, MUON, ("lkr", "rich", "muon")])
def test_maps_of_more_than_the_momentum_are_combined_in_the_same_way(maps, hypothesis, identification):
    random, n = np.random.default_rng(6), 400
    track = {
        "true_pdg_id": random.choice([211, -211, 11, -11, 13, -13, 2212], n),
        "charge": random.choice([-1, 1], n),
        "momentum_gev": random.uniform(5.0, 45.0, n),
        "muv3_tile": random.choice([-1, 17], n),
        "true_from_pion": random.choice([0, 1], n),
    }
    decays = random.integers(0, 2, n)
    exact = SimpleNamespace(needs=maps.needs, others=maps.tables, of_tracks=maps.of_tracks)
    found = track_probabilities(hypothesis, track, decays, identification, maps)
    expected = track_probabilities(hypothesis, track, decays, identification, exact)
    assert np.array_equal(found, expected)
    without = [name for name in identification if name != "rich"]
    assert np.array_equal(found[1], track_probability(hypothesis, track, decays, without, maps))
