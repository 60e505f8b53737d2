"""Weighted cut flows: the unweighted limit, chunks, and uncertainties against repeated toys."""

import numpy as np
import pytest

from lnvsearch.selection import cutflow
from lnvsearch.selection.weighted_cutflow import (
    flow_of_events,
    COLUMNS,
    WeightedCutFlow,
    WeightedSums,
    efficiency_uncertainty,
    weighted_flow,
)


def flow_of(passes, weights, event_row, generated):
    totals = (len(generated), float(generated.sum()), float(np.sum(generated**2)))
    return weighted_flow(passes, weights, event_row, generated, totals)


def test_unweighted_events_have_the_binomial_uncertainty():
    left, generated = np.repeat([1.0, 0.0], [30, 70]), np.ones(100)
    sums = WeightedSums.of(left, generated)
    assert sums.effective_events == 30
    found = efficiency_uncertainty(sums, 100.0, 100.0)
    assert found == pytest.approx(cutflow.binomial_uncertainty(30, 100))


@pytest.mark.parametrize("n_left", [0, 100])
def test_none_and_all_have_the_uncertainty_of_one_event(n_left):
    sums = WeightedSums.of(np.repeat([1.0, 0.0], [n_left, 100 - n_left]), np.ones(100))
    assert efficiency_uncertainty(sums, 100.0, 100.0) == pytest.approx(0.01)
    assert efficiency_uncertainty(sums, 100.0, 100.0, one_event=1e-4) == pytest.approx(1e-6)


def test_the_uncertainty_is_the_spread_of_repeated_toys():
    rng = np.random.default_rng(1)
    efficiencies, stated = [], []
    for _ in range(2000):
        generated = rng.exponential(size=400)
        left = generated * rng.uniform(0.0, 1.0, 400) * (rng.uniform(size=400) < 0.5)
        sums = WeightedSums.of(left, generated)
        totals = generated.sum(), np.sum(generated**2)
        efficiencies.append(sums.weight / totals[0])
        stated.append(efficiency_uncertainty(sums, *totals))
    assert np.mean(stated) == pytest.approx(np.std(efficiencies), rel=0.06)


def test_of_events_that_are_kept_at_random_the_uncertainty_is_the_spread_of_toys():
    """In every row: half of the generated weight passes, so that the terms with the efficiency count."""
    rng = np.random.default_rng(2)
    found, stated = [], []
    for _ in range(2000):
        generated = rng.exponential(size=300)
        kept = np.flatnonzero(rng.uniform(size=300) < 0.2)
        passes = {"first": rng.uniform(size=len(kept)) < 0.8, "second": rng.uniform(size=len(kept)) < 0.8}
        weights = [("identification", np.full(len(kept), 0.9))]
        totals = (300, float(generated.sum()), float(np.sum(generated**2)))
        _, flow = weighted_flow(
            passes, weights, np.arange(len(kept)), generated[kept], totals, start=generated[kept] / 0.2
        )
        rows = [flow.efficiency(cut) for cut in flow.cuts]
        found.append([efficiency for efficiency, _ in rows])
        stated.append([uncertainty for _, uncertainty in rows])
    assert np.mean(found, axis=0) == pytest.approx([0.8, 0.64, 0.576], rel=0.01)
    assert np.mean(stated, axis=0) == pytest.approx(np.std(found, axis=0), rel=0.05)


def test_an_event_counts_once_until_its_candidates_have_probabilities():
    generated = np.array([2.0, 1.0, 1.0])
    event_row = np.array([0, 0, 1])
    passes = {"first": np.array([True, True, True]), "second": np.array([True, True, False])}
    weights = [("identification", np.array([0.5, 0.25, 1.0]))]
    alive, flow = flow_of(passes, weights, event_row, generated)
    assert alive.tolist() == [True, True, False]
    assert [s.weight for s in flow.sums] == [3.0, 2.0, 1.5]
    assert [s.n_events for s in flow.sums] == [2, 1, 1]


def test_chunks_add_up_to_the_whole():
    rng = np.random.default_rng(2)
    generated = rng.uniform(0.5, 1.5, 60)
    mask, probability = rng.uniform(size=60) < 0.7, rng.uniform(size=60)
    totals = (60, float(generated.sum()), float(np.sum(generated**2)))

    def part(rows):
        weights = [("identification", probability[rows])]
        row = np.arange(len(generated[rows]))
        return weighted_flow({"cut": mask[rows]}, weights, row, generated[rows], totals)[1]

    whole = part(slice(None))
    merged = WeightedCutFlow.merged([part(slice(0, 25)), part(slice(25, 60))])
    assert merged.cuts == whole.cuts
    for one, other in zip(merged.sums, whole.sums, strict=True):
        assert one.n_events == other.n_events
        assert one.weight == pytest.approx(other.weight)
        assert one.product == pytest.approx(other.product)
    assert merged.efficiency("identification") == pytest.approx(whole.efficiency("identification"))


def test_rows_have_the_columns_and_go_on_where_the_last_ended():
    passes = {"one": np.array([True, True, False]), "two": np.array([True, False, False])}
    _, flow = flow_of(passes, [], np.arange(3), np.ones(3))
    rows = flow.rows("signal", "nominal", "lnv")
    assert tuple(rows[0]) == COLUMNS == (*cutflow.COLUMNS, "selection")
    assert [row["events_in"] for row in rows] == [3.0, 2.0]
    assert [row["events_out"] for row in rows] == [2.0, 1.0]
    assert rows[1]["cumulative_efficiency"] == pytest.approx(1 / 3)
    assert rows[1]["selection"] == "lnv"


def test_flows_of_different_samples_do_not_merge():
    _, one = flow_of({"a": np.ones(3, bool)}, [], np.arange(3), np.ones(3))
    _, other = flow_of({"b": np.ones(3, bool)}, [], np.arange(3), np.ones(3))
    with pytest.raises(ValueError, match="same cuts"):
        WeightedCutFlow.merged([one, other])
    with pytest.raises(ValueError, match="at least one"):
        WeightedCutFlow.merged([])
    with pytest.raises(ValueError, match="it has a"):
        one.efficiency("b")


def test_masks_over_all_events_give_the_flow_of_one_candidate_an_event():
    random = np.random.default_rng(5)
    weights = random.uniform(0.0, 3.0, 400)
    passes = {name: random.random(400) < 0.6 for name in ("first", "second")}
    totals = 1000, weights.sum(), (weights**2).sum()
    _, expected = weighted_flow(passes, [], np.arange(400), weights, totals)
    found = flow_of_events(passes, weights, 1000)
    assert found.cuts == expected.cuts and found.n_generated == 1000
    for cut in found.cuts:
        assert found.efficiency(cut) == pytest.approx(expected.efficiency(cut), rel=1e-12)
