"""Limits that rare-decay searches printed, recomputed from their counts by their methods.

`limits.csv` holds a case a line: the inputs, what was printed and by which method, where the inputs
come from (most are recalled and were not read in the papers again: the column says so), and the
method used here.  Where `ratio` is empty the recomputed limit rounds to the printed digits; where
it is given the two differ by that ratio, for the `reason` given.
"""

import csv
from pathlib import Path

import pytest

from lnvsearch.statistics import (
    AsymmetricBackground,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    methods,
)

with (Path(__file__).parent / "limits.csv").open(newline="") as file:
    CASES = list(csv.DictReader(file))


def half_unit(printed):
    """Half a unit of the last printed digit."""
    digits, _, exponent = printed.partition("e")
    decimals = len(digits.partition(".")[2])
    return 0.5 * 10.0 ** (int(exponent or 0) - decimals)


def experiment(case):
    def number(name):
        return float(case[name] or 0.0)

    background, sigma = number("background"), number("background_uncertainty")
    efficiency, error = number("efficiency"), number("efficiency_uncertainty")
    return CountingExperiment(
        int(case["observed"]),
        GaussianBackground(background, sigma) if sigma else KnownBackground(background),
        GaussianEfficiency(efficiency, error) if error else KnownEfficiency(efficiency),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_published_limit(case):
    limit = methods.interval(case["method"], experiment(case), float(case["cl"])).upper
    printed = float(case["printed"])
    if case["ratio"]:
        assert limit / printed == pytest.approx(float(case["ratio"]), abs=6e-4)
        assert abs(limit - printed) > half_unit(case["printed"])
        assert case["reason"]
    else:
        assert abs(limit - printed) <= 1.001 * half_unit(case["printed"])


def test_every_case_says_where_its_inputs_come_from():
    assert len(CASES) >= 14
    assert all(case["inputs_provenance"] for case in CASES)


def test_belle_ii_tau_to_three_muons_with_its_asymmetric_background():
    # n = 1, b = 0.7 +0.6 -0.5: averaged 2.16e-8, published 1.9e-8 with profiled toys.
    background = AsymmetricBackground(0.7, 0.6, 0.5)
    measured = CountingExperiment(1, background, KnownEfficiency(1.58868e8))
    assert methods.interval("cls", measured).upper == pytest.approx(2.16e-8, rel=3e-3)
    assert methods.interval("cls-profiled", measured).upper == pytest.approx(1.95e-8, rel=3e-3)


def test_besiii_2025_from_its_printed_inputs():
    # N_up = 23.2 with 15.83 +- 7 %, one event, no background.
    measured = CountingExperiment(
        1, KnownBackground(0.0), GaussianEfficiency(0.1583, 0.07 * 0.1583)
    )
    assert methods.interval("rolke", measured).upper == pytest.approx(23.2, abs=0.05)
