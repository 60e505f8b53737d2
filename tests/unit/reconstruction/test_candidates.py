"""Combinations against a plain loop over itertools, and the mass assignments."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.particles import mass_gev
from lnvsearch.reconstruction.candidates import (
    best_candidates,
    mass_hypotheses,
    opposite_sign_pairs,
    same_sign_candidates,
)

track = st.tuples(st.sampled_from([-1, 1]), st.booleans(), st.booleans())
sample = st.lists(st.lists(track, max_size=7), max_size=6)


def flat(events):
    """Offsets, charges and the two masks of a list of events of (charge, first, second)."""
    offsets = np.cumsum([0, *map(len, events)])
    tracks = np.array([t for event in events for t in event], dtype=int).reshape(-1, 3)
    return offsets, tracks[:, 0], tracks[:, 1].astype(bool), tracks[:, 2].astype(bool)


@settings(deadline=None, max_examples=150)
@given(sample)
def test_candidates_are_those_of_a_plain_loop(events):
    offsets, charge, first, second = flat(events)
    found = same_sign_candidates(offsets, charge, first, second)
    expected = set()
    for event in range(len(events)):
        tracks = range(offsets[event], offsets[event + 1])
        for a in combinations([i for i in tracks if first[i]], 2):
            for b in combinations([i for i in tracks if second[i]], 2):
                q = [charge[i] for i in (*a, *b)]
                if q[0] == q[1] == -q[2] == -q[3]:
                    expected.add((event, *a, *b))
    rows = {(event, *row) for event, row in zip(found.event_index, found.tracks.tolist())}
    assert rows == expected
    assert len(found) == len(expected)
    assert np.all(np.diff(found.event_index) >= 0)


@settings(deadline=None, max_examples=100)
@given(sample)
def test_opposite_sign_pairs_are_those_of_a_plain_loop(events):
    offsets, charge, chosen, _ = flat(events)
    event_index, pairs = opposite_sign_pairs(offsets, charge, chosen)
    expected = {
        (event, max(pair, key=lambda i: charge[i]), min(pair, key=lambda i: charge[i]))
        for event in range(len(events))
        for pair in combinations(
            [i for i in range(offsets[event], offsets[event + 1]) if chosen[i]], 2
        )
        if charge[pair[0]] != charge[pair[1]]
    }
    assert {(e, *p) for e, p in zip(event_index, pairs.tolist())} == expected
    assert len(pairs) == len(expected)


def test_four_pions_make_one_candidate_with_one_charge_first():
    offsets, charge = np.array([0, 4]), np.array([1, -1, 1, -1])
    every = np.ones(4, dtype=bool)
    one = same_sign_candidates(offsets, charge, every, every, first_charges=(+1,))
    assert one.tracks.tolist() == [[0, 2, 1, 3]]
    assert len(same_sign_candidates(offsets, charge, every, every)) == 2
    assert len(one.select(np.array([False]))) == 0


def test_assignments_of_the_background_hypotheses():
    hypotheses = mass_hypotheses(
        {
            "KKee": ["K+", "K+", "e-", "e-"],
            "KKpipi": ["K+", "K-", "pi+", "pi-"],
            "4K": ["K+", "K-", "K+", "K-"],
            "4pi": ["pi+", "pi-", "pi+", "pi-"],
        }
    )
    assert hypotheses.names == ("KKee", *["KKpipi"] * 4, "4K", "4pi")
    kaon, pion, electron = mass_gev("K+"), mass_gev("pi+"), mass_gev("e-")
    np.testing.assert_array_equal(hypotheses.masses_gev[0], [kaon, kaon, electron, electron])
    rows = {tuple(row) for row in hypotheses.masses_gev[hypotheses.rows("KKpipi")]}
    assert rows == {
        (a, b, c, d)
        for a, b in ((kaon, pion), (pion, kaon))
        for c, d in ((kaon, pion), (pion, kaon))
    }
    assert hypotheses.rows("4K").tolist() == [5]
    with pytest.raises(ValueError, match="KKee"):
        hypotheses.rows("nothing")


def test_control_sample_has_four_assignments():
    hypotheses = mass_hypotheses({"pppipi": ["p", "p~", "pi+", "pi-"]})
    assert hypotheses.masses_gev.shape == (4, 4)
    assert ("p", "pi+", "p~", "pi-") in hypotheses.particles


@pytest.mark.parametrize("members", [["K+", "K+", "K+", "e-"], ["K+", "e-"], ["K+", "e-"] * 3])
def test_unbalanced_hypothesis_is_named(members):
    with pytest.raises(ValueError, match="'odd'.*two positive"):
        mass_hypotheses({"odd": members})


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 100)), max_size=30))
def test_best_candidate_has_the_smallest_chi_square_of_its_event(rows):
    event = np.array([row[0] for row in rows], dtype=int)
    chi_square = np.array([row[1] for row in rows])
    best = best_candidates(event, chi_square)
    assert event[best].tolist() == sorted(set(event.tolist()))
    for i in best:
        assert chi_square[i] == chi_square[event == event[i]].min()
