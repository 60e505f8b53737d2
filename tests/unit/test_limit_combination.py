"""Combined limits of searches: what may be combined, and what follows from halves of one channel."""

import pytest

from lnvsearch.limit_combination import combined_limits, parts_from, why_not

ELECTRONS = {
    "paper": "first", "channel": "piee", "final_state": "K+ -> pi- e+ e+",
    "data_sets": ["run_2017 of na62"],
}  # fmt: skip
MUONS = {**ELECTRONS, "channel": "pimumu", "final_state": "K+ -> pi- mu+ mu+"}
LATER = {**ELECTRONS, "paper": "second", "data_sets": ["run_2021 of na62"]}
BOTH_YEARS = {**LATER, "data_sets": ["run_2017 of na62", "run_2018 of na62"]}
PLUS = {**ELECTRONS, "subset": "plus", "fraction": 0.5, "observed": 1}
MINUS = {**PLUS, "subset": "minus", "observed": 0}


def refusals(first, second, model=None):
    return list(why_not(parts_from({"one": first, "other": second}), model))


def test_independent_data_of_one_final_state_are_combined():
    assert refusals(ELECTRONS, LATER) == []
    assert refusals(PLUS, MINUS) == []
    assert refusals(ELECTRONS, {**MUONS, "rate": 0.5}, "a heavy neutrino with equal mixings") == []


@pytest.mark.parametrize(
    ("first", "second", "model", "message"),
    [
        (ELECTRONS, BOTH_YEARS, None, "in the data of run_2017 of na62: the events of one are in"),
        (ELECTRONS, BOTH_YEARS, "any", "the events of one are in the other"),
        (ELECTRONS, MUONS, None, "have different branching fractions"),
        (ELECTRONS, {**LATER, "rate": 2.0}, None, "only a `model` gives rates"),
        (ELECTRONS, {**LATER, "data_sets": []}, None, "add `data_sets`"),
        (PLUS, PLUS, None, "the events of one are in the other"),
        (PLUS, ELECTRONS, None, "the events of one are in the other"),
        (PLUS, {**MINUS, "fraction": 0.6}, None, "add up to 1.1; at most 1"),
        (PLUS, {**MINUS, "observed": None}, None, "`subset` and `observed` belong together"),
        (ELECTRONS, {**LATER, "fraction": 0.5}, None, "not said of which events"),
    ],
)
def test_what_is_not_independent_or_not_one_number_is_refused(first, second, model, message):
    found = refusals(first, second, model)
    assert any(line.startswith("other") and message in line for line in found), found


TOYS = 200
RECORD = {
    "kind": "derived", "observed": 1, "background": 0.0, "background_uncertainty": 0.0,
    "efficiency": 0.1583, "efficiency_uncertainty": 0.07 * 0.1583, "scale": 1.0 / 10087e6,
}  # fmt: skip


def table(first, second, record=RECORD, common=0.0):
    parts = parts_from({"one": first, "other": second})
    records = {part.name: [record] for part in parts}
    columns = combined_limits("name", parts, records, 0.90, common, seed=1, toys=TOYS)
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize("background", [0.0, 0.6])
def test_halves_of_a_channel_give_the_limit_of_the_channel(background):
    """With one ratio of signal to background only the sum of the counts matters."""
    from lnvsearch.statistics.combination import Channel, interval

    record = {**RECORD, "background": background, "background_uncertainty": 0.4 * background}
    whole = Channel(
        "whole", 1, background, 0.1583 * 10087e6,
        {"background": 0.4} if background else {}, {"efficiency": 0.07},
    )  # fmt: skip
    rows = table(PLUS, MINUS, record)
    assert [row["observed"] for row in rows] == [1] * 5
    for row in rows:
        expected = interval([whole], row["method"], toys=TOYS).upper
        # Few toys here; unified intervals from a grid of signals; four digits.
        tolerance = 0.25 if row["method"] == "cls-profiled" else 6e-4
        assert float(row["upper_branching_fraction"]) == pytest.approx(expected, rel=tolerance)


def test_a_common_uncertainty_is_part_of_that_of_each_channel():
    by_method = {row["method"]: row for row in table(ELECTRONS, LATER, common=7.0)}
    apart = {row["method"]: row for row in table(ELECTRONS, LATER)}
    common, own = (float(t["cls"]["upper_branching_fraction"]) for t in (by_method, apart))
    assert common > own
    with pytest.raises(ValueError, match=r"more than that of first\.piee, 7 %"):
        table(ELECTRONS, LATER, common=8.0)


def test_more_events_than_the_channel_has_are_refused():
    with pytest.raises(ValueError, match="2 events of the 1 of first.piee"):
        table({**PLUS, "observed": 2}, MINUS)


def test_a_background_of_zero_with_an_error_is_said_to_be_taken_as_known():
    (row, *_) = table(ELECTRONS, LATER, {**RECORD, "background_uncertainty": 0.1})
    assert "no log-normal error" in row["remark"]
