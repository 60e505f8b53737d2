"""The cut-flow engine: counts, order, errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.selection.cutflow import COLUMNS, CutFlow, apply_cuts, binomial_uncertainty


def above(state, alive, *, threshold):
    return state > threshold


def even(state, alive):
    return state % 2 == 0


CUTS = {"above": above, "even": even}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 100), min_size=1, max_size=200), st.integers(0, 100))
def test_counts_are_those_of_the_events_left(values, threshold):
    state = np.array(values)
    cuts = [{"cut": "above", "threshold": threshold}, {"cut": "even"}]
    passes, flow = apply_cuts(cuts, CUTS, state, len(state), len(state))
    assert flow.events_out[0] == np.sum(state > threshold)
    assert flow.events_out[1] == np.sum((state > threshold) & (state % 2 == 0))
    assert np.array_equal(passes["even"], state % 2 == 0)


def test_the_order_of_independent_cuts_does_not_matter_in_the_end():
    state = np.arange(50)
    cuts = [{"cut": "above", "threshold": 20}, {"cut": "even"}]
    _, one = apply_cuts(cuts, CUTS, state, 50, 50)
    _, other = apply_cuts(cuts[::-1], CUTS, state, 50, 50)
    assert one.events_out[-1] == other.events_out[-1]
    assert one.cuts == other.cuts[::-1]


def test_a_later_cut_sees_which_events_are_left():
    seen = []

    def look(state, alive):
        seen.append(alive.copy())
        return alive

    cuts = [{"cut": "even"}, {"cut": "look"}]
    apply_cuts(cuts, {**CUTS, "look": look}, np.arange(4), 4, 4)
    assert seen[0].tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("cuts", "message"),
    [
        ([{"cut": "magic"}], "known cuts: above, even"),
        ([{"cut": "above", "treshold": 1}], "no parameter treshold"),
        ([{"cut": "even"}, {"cut": "even"}], "comes twice"),
    ],
)
def test_mistakes_are_named(cuts, message):
    with pytest.raises(ValueError, match=message):
        apply_cuts(cuts, CUTS, np.arange(3), 3, 3)


def test_chunks_add_up():
    parts = [CutFlow(100, ("a", "b"), (40, 10)), CutFlow(100, ("a", "b"), (30, 20))]
    assert CutFlow.merged(parts) == CutFlow(100, ("a", "b"), (70, 30))
    assert CutFlow.merged(parts, n_generated=200).n_generated == 200
    with pytest.raises(ValueError, match="same cuts"):
        CutFlow.merged([parts[0], CutFlow(100, ("a",), (1,))])


def test_rows_begin_with_all_generated_events():
    rows = CutFlow(200, ("a", "b"), (100, 50)).rows("signal", "nominal")
    assert list(rows[0]) == list(COLUMNS)
    assert [row["events_in"] for row in rows] == [200, 100]
    assert rows[1]["cumulative_efficiency"] == 0.25
    assert rows[1]["cumulative_efficiency_uncertainty"] == pytest.approx(np.sqrt(0.25 * 0.75 / 200))


@pytest.mark.parametrize("passed", [0, 50])
def test_an_uncertainty_is_never_zero(passed):
    assert binomial_uncertainty(passed, 50) == 1 / 50
