"""Sums, differences and the calibration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.systematics import (
    calibrate_scalar,
    linear_sum,
    mc_statistics,
    quadratic_sum,
    relative_difference,
)


def test_the_paper_s_per_particle_sums():
    assert linear_sum([(0.7, 2), (0.3, 2)]) == pytest.approx(2.0)
    assert linear_sum([(0.5, 2), (0.6, 2)]) == pytest.approx(2.2)


def test_the_paper_s_total():
    assert quadratic_sum([0.5, 2.0, 2.2, 6.2, 0.4, 0.9, 1.0]) == pytest.approx(7.04, abs=0.005)


def test_statistics_of_a_sample_match_binomial_toys():
    toys = np.random.default_rng(1).binomial(1000, 0.16, 20_000) / 1000
    assert mc_statistics(0.16, 1000) == pytest.approx(100 * toys.std() / 0.16, rel=0.03)


@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_difference_knows_its_sign_and_vanishes_for_equals(one, other):
    assert relative_difference(one, 0.0, one, 0.0).value == pytest.approx(0.0)
    assert np.sign(relative_difference(one, 0.01, other, 0.01).value) == np.sign(one - other)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="nominal is 0"):
        relative_difference(0.1, 0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="efficiency is 0"):
        mc_statistics(0.0, 10)
    with pytest.raises(ValueError, match="not below maximum"):
        calibrate_scalar(lambda k: 0.2, 0.1, 3.0, 0.0)
    with pytest.raises(ValueError, match="no lever"):
        calibrate_scalar(lambda k: 0.1 + k, 0.2, 0.0, 1.0)


@settings(deadline=None)
@given(st.floats(0.11, 0.19))
def test_a_calibration_finds_its_target(target):
    found = calibrate_scalar(lambda k: 0.2 - 0.05 * k, target, 0.0, 3.0)
    assert found.outcome == ("converged" if target > 0.05 else "at maximum")
    assert found.efficiency == pytest.approx(target, abs=1e-4)
    assert (found.value, found.efficiency) == found.trials[-1]


@pytest.mark.parametrize(("target", "value", "outcome"),
                         [(0.3, 0.0, "at minimum"), (0.01, 3.0, "at maximum")])
def test_a_target_out_of_reach_is_said_to_be(target, value, outcome):
    found = calibrate_scalar(lambda k: 0.2 - 0.05 * k, target, 0.0, 3.0)
    assert (found.value, found.outcome) == (value, outcome)
