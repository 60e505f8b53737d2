"""Reasons in a line: the key and both values."""

import pytest
from reasons import in_short, shorten_reasons

SETTINGS = {"nominal": {"cuts": {"mass": [0.4, 0.6], "names": ["a", "b"]}, "n": 1}, "up": {"n": 2}}


def changed(**nominal):
    return repr({**SETTINGS, "nominal": {**SETTINGS["nominal"], **nominal}})


@pytest.mark.parametrize(("before", "now", "said"), [
    ({repr(SETTINGS)}, {changed(n=3)}, "nominal.n: 1 -> 3"),
    ({repr(SETTINGS)}, {changed(cuts={"mass": [0.4, 0.7], "names": ["a", "b"]})},
     "nominal.cuts.mass: [0.4, 0.6] -> [0.4, 0.7]"),
    ({repr(SETTINGS)}, {changed(extra=True)}, "nominal.extra: nothing -> True"),
    # Two parameters: each is held against the one that it is most like.
    ({repr(SETTINGS), "1000"}, {"2000", changed(n=3)}, "1000 -> 2000; nominal.n: 1 -> 3"),
    ({"'0123456789abcdef of run_step'"}, {"'fedcba9876543210 of run_step'"}, "the code of run_step"),
    ({"{'a': 1, 'b': 1, 'c': 1, 'd': 1, 'e': 1}"}, {"{'a': 2, 'b': 2, 'c': 2, 'd': 2, 'e': 2}"},
     "a: 1 -> 2; b: 1 -> 2; c: 1 -> 2 and 2 more"),
    ({"{'a': 1}"}, set(), "a: 1 -> nothing"),
    ({"array([1])"}, {"array([2])"}, "'array([1])' -> 'array([2])'"),
    (set(), set(), "no parameter has changed"),
])  # fmt: skip
def test_the_key_and_both_values(before, now, said):
    assert in_short(before, now) == said


def test_a_long_value_is_cut():
    assert len(in_short({repr({"key": "x" * 5000})}, {repr({"key": "y" * 5000})})) < 200


def test_snakemake_says_it(monkeypatch):
    from snakemake.persistence import ParamsChange

    monkeypatch.setattr(ParamsChange, "__str__", ParamsChange.__str__)
    shorten_reasons()
    assert str(ParamsChange({"{'n': 1}"}, {"{'n': 2}"}, {"out"})) == "n: 1 -> 2"
