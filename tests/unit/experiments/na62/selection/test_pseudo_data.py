"""Pseudo-data: decisions whose mean is what the maps say, and nothing of the truth."""

from dataclasses import replace

import numpy as np
import pytest

from lnvsearch.experiments.na62.selection.decisions import EnergyOverMomentum, track_decision
from lnvsearch.experiments.na62.selection.identification import track_probabilities
from lnvsearch.experiments.na62.selection.pseudo_data import pseudo_data
from lnvsearch.experiments.na62.selection.select import select
from lnvsearch.experiments.na62.selection.settings import SelectionSettings

SM, LNV = ("pi+", "e+", "e-"), ("pi-", "e+", "e+")
WINDOWS = EnergyOverMomentum(0.85, 0.9, 1.1, pion_maximum_muon_search=0.9, muon_maximum=0.2)
DRAW = {"base_seed": 5, "sample": "toy"}
N = 60_000


@pytest.fixture(scope="module")
def maps(toys):
    """Far from certain, so that a few thousand tracks tell."""
    return toys.maps(
        efficiency_pion=0.80,
        efficiency_pion_muon_search=0.85,
        efficiency_electron_lkr=0.7,
        efficiency_electron_rich=0.6,
        electron_to_pion=0.2,
        electron_to_muon=0.05,
        pion_to_electron_lkr_positive=0.12,
        pion_to_electron_lkr_negative=0.10,
        pion_to_electron_rich=0.3,
        pion_to_muon=0.07,
        efficiency_muon=0.9,
        muon_to_pion=0.1,
    )


@pytest.fixture(scope="module")
def events(toys):
    return toys.events(SM, N, 21)


def agree(found, expected, n):
    """Within four standard deviations of a fraction of n."""
    return abs(found - expected) < 4.0 * np.sqrt(max(expected * (1 - expected), 1.0 / n) / n)


@pytest.mark.parametrize("code", [211, -11, -13])
@pytest.mark.parametrize("identification", [("lkr",), ("lkr", "rich")])
@pytest.mark.parametrize("hypothesis", ["pion", "electron"])
@pytest.mark.parametrize("column", [0, 2])  # a positive track, and a negative one
def test_decisions_have_the_maps_means(events, maps, code, identification, hypothesis, column):
    true = {**events.track, "true_pdg_id": np.full_like(events.track["true_pdg_id"], code)}
    given = replace(events, track=true)
    drawn = pseudo_data(given, maps, WINDOWS, **DRAW)
    assert len(drawn) == N
    of_column = {k: v[:, column] for k, v in true.items()}
    no_decay = np.zeros(N, dtype=int)
    wanted = track_probabilities(hypothesis, of_column, no_decay, identification, maps)[0, 0]
    track = {name: values[:, column] for name, values in drawn.track.items()}
    found = track_decision(hypothesis, track, identification, WINDOWS).mean()
    assert agree(found, wanted, N)


@pytest.mark.parametrize(
    ("code", "hypothesis", "wanted"),
    [
        (211, "muon", 0.07),
        (211, "pion", 0.85 - 0.07),
        (-11, "muon", 0.05),
        (-11, "electron", 0.7),
        (-13, "muon", 0.9),
        (-13, "pion", 0.1),
    ],
)
def test_muons_are_told_by_their_signal(events, maps, code, hypothesis, wanted):
    true = {**events.track, "true_pdg_id": np.full_like(events.track["true_pdg_id"], code)}
    drawn = pseudo_data(replace(events, track=true), maps, WINDOWS, **DRAW)
    track = {name: values[:, 0] for name, values in drawn.track.items()}
    found = track_decision(hypothesis, track, ("lkr", "muon"), WINDOWS).mean()
    assert agree(found, wanted, N)


def test_after_a_decay_in_flight_the_simulated_signal_counts(events, maps):
    tile = np.full_like(events.track["muv3_tile"], -1)
    tile[::2] = 17
    true = np.full_like(events.track["true_pdg_id"], -13)
    flown = np.ones(N, dtype=np.int8)
    drawn = pseudo_data(
        replace(
            events,
            track={**events.track, "true_pdg_id": true, "muv3_tile": tile},
            event={**events.event, "n_decays_in_flight": flown},
        ),
        maps, WINDOWS, **DRAW,
    )  # fmt: skip
    assert np.array_equal(drawn.track["muv3_tile"], tile)


def test_weights_decide_whether_an_event_is_there(toys, maps):
    weight = np.linspace(0.0, 0.9, N)
    drawn = pseudo_data(toys.events(SM, N, 22, weight=weight), maps, WINDOWS, scale=0.5, **DRAW)
    assert np.all(drawn.event["weight"] == 1.0)
    assert abs(len(drawn) - 0.5 * weight.sum()) < 4.0 * np.sqrt(0.5 * weight.sum())
    mean = drawn.event["event_number"].mean() / N
    assert mean == pytest.approx(2 / 3, abs=0.01)  # of a density that rises linearly
    with pytest.raises(ValueError, match="scale is 2"):
        pseudo_data(toys.events(SM, N, 22, weight=weight), maps, WINDOWS, scale=2.0, **DRAW)


def test_nothing_of_the_truth_is_left(events, maps):
    drawn = pseudo_data(events, maps, WINDOWS, **DRAW)
    assert not np.any(drawn.track["true_pdg_id"])
    assert np.all(np.isnan(drawn.event["true_z_vertex_m"]))
    assert np.all(drawn.event["n_decays_in_flight"] == -1)
    assert drawn.metadata["pseudo_data_of"] == "toy"


def test_chunks_join_and_seeds_differ(events, maps):
    def half(rows):
        return replace(
            events,
            **{part: {k: v[rows] for k, v in getattr(events, part).items()}
               for part in ("event", "track", "cluster")},
        )  # fmt: skip

    whole = pseudo_data(events, maps, WINDOWS, scale=0.7, **DRAW)
    parts = [
        pseudo_data(half(rows), maps, WINDOWS, scale=0.7, **DRAW)
        for rows in (slice(1000), slice(1000, None))
    ]
    for name in ("lkr_energy_gev", "muv3_tile", "rich_positron"):
        joined = np.concatenate([part.track[name] for part in parts])
        assert np.array_equal(joined, whole.track[name]), name
    other = pseudo_data(events, maps, WINDOWS, scale=0.7, base_seed=6, sample="toy")
    assert not np.array_equal(other.event["event_number"], whole.event["event_number"])


@pytest.mark.parametrize("final_state", [SM, LNV])
@pytest.mark.parametrize("identification", [["lkr"], ["lkr", "rich"]])
def test_counts_of_decisions_are_the_sums_of_weights(
    toys, events, maps, final_state, identification
):
    """The same selection, with weights on simulation and decisions on what is drawn from it."""
    selection = SelectionSettings(final_state, 1, toys.loose_cuts, identification)
    weighted = select(events, selection, detector=toys.detector, identification=maps).candidates
    drawn = pseudo_data(events, maps, WINDOWS, **DRAW)
    found_in = select(drawn, selection, detector=toys.detector, identification=WINDOWS)
    counted, flow = found_in.candidates, found_in.flow
    expected, found = weighted["weight"].sum(), len(counted["weight"])
    assert expected > 20
    assert abs(found - expected) < 4.0 * np.sqrt(expected)
    assert np.all(counted["weight"] == 1.0)
    # No event has two candidates, and the flow ends with their number.
    assert len(set(counted["event_number"])) == found == flow.sums[-1].weight


def test_maps_that_give_a_track_to_both_are_refused(toys, events):
    maps = toys.maps(efficiency_pion=0.95, pion_to_electron_lkr_positive=0.2)
    with pytest.raises(ValueError, match=r"pion or electron with a probability of 1\.15"):
        pseudo_data(events, maps, WINDOWS, **DRAW)
