"""Sums, differences and the calibration."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.systematics import (
    Percentage,
    Source,
    calibrate_scalar,
    calibration_record,
    linear_sum,
    mc_statistics,
    quadratic_sum,
    relative_difference,
    total_row,
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


PER_PARTICLE = [{"percent": 0.7, "particles": 2}, {"percent": 0.3, "particles": 2}]


def test_external_numbers_enter_as_published():
    def external(**values):
        own = {"source": "one", "label": "One", "in_total": "external"}
        return Source.from_mapping(own | values).external_percent

    assert external(external_percent=6.2) == 6.2
    assert external(external_percent=PER_PARTICLE) == pytest.approx(2.0)
    assert external() is None


def test_a_source_has_a_row_for_each_of_its_numbers():
    estimate = {"method": "relative_difference", "variation": "pulls_off"}
    source = {"source": "kinematic_fit", "external_percent": 6.2, "in_total": "external",
              "estimate": estimate}
    external, simulated = Source.from_mapping(source).rows(Percentage(-5.0, 0.4))
    assert (external["kind"], external["relative_uncertainty_percent"]) == ("external", 6.2)
    assert external["in_total"] and not simulated["in_total"]
    assert simulated["variation"] == "pulls_off" and simulated["published_percent"] == 6.2
    assert simulated["relative_uncertainty_percent"] == -5.0
    assert simulated["statistical_uncertainty_percent"] == 0.4
    assert Source("material", "none").rows(None) == []
    other = Source.from_mapping({**source, "in_total": "estimate"})
    _, enters = other.rows(Percentage(-5.0, 0.4))
    assert enters["in_total"]


def test_the_total_adds_what_enters():
    rows = [
        {"relative_uncertainty_percent": 3.0, "in_total": True},
        {"relative_uncertainty_percent": 7.0, "in_total": False},
        {"relative_uncertainty_percent": -4.0, "in_total": True},
    ]
    assert total_row(rows)["relative_uncertainty_percent"] == 5.0
    assert not total_row(rows)["in_total"]


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="nominal is 0"):
        relative_difference(0.1, 0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="efficiency is 0"):
        mc_statistics(0.0, 10)
    with pytest.raises(ValueError, match="not below maximum"):
        calibrate_scalar(lambda k: 0.2, 0.1, 3.0, 0.0)
    with pytest.raises(ValueError, match="cannot calibrate it"):
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


def test_the_record_of_a_calibration_has_the_same_keys_for_every_experiment():
    values = {"nominal": {"value": 1.6, "uncertainty": None, "simulated": 0.157}}
    record = calibration_record(
        "a scalar", values, sample="toy", target=0.1568, target_source="invented", rule="a fit", events=9
    )
    assert list(record) == [
        "calibrated", "sample", "target", "target_source", "values", "rule", "events",
    ]
    assert record["values"]["nominal"]["value"] == 1.6
