"""Readings of the mass scan: what they differ by, from numbers whose answer is known."""

import numpy as np
import pytest

from lnvsearch.papers.besiii_2025.readings import (
    Reading,
    _relative_uncertainty,
    pair_angles,
    readings,
    scan_readings,
)
from lnvsearch.papers.besiii_2025.summary import mass_bin_sentences
from lnvsearch.tables import table_rows


def test_every_reading_has_its_deviations_from_the_legible_numbers(published, results):
    found = {
        (one.variation, one.in_mass_bin): one
        for one in readings(results["efficiencies"], published)
    }
    assert len(found) == 6  # three angles, with the bin in mass and without
    # One legible mass of the made-up results: 10.75 % and 0.97 of it against 8.97 %.
    assert found["nominal", False].deviation_percent == pytest.approx([100 * (10.75 / 8.97 - 1)])
    inside = found["pair_v_minus_a", True]
    assert inside.rms_percent == pytest.approx(100 * abs(0.97 * 0.75 * 10.75 / 8.97 - 1))
    rows = table_rows(scan_readings(results["efficiencies"], published))
    assert [(row["angles"], row["mass_bin"]) for row in rows] == [
        (angles, reading) for angles in ("isotropic", "1 + cos²θ", "V − A")
        for reading in ("with", "without")
    ]  # fmt: skip
    assert rows[1]["largest_deviation_percent"] == "+19.8"
    assert rows[1]["slope_percent_per_gev"] == ""  # no mass from 0.9 GeV on


def test_mean_and_slope_are_those_of_a_straight_line():
    masses = [0.575, 0.9, 1.0, 1.4]
    reading = Reading("nominal", True, masses, [30.0, *(5.0 - 10.0 * m for m in masses[1:])])
    above = reading.above()
    assert above.mass_gev == (0.9, 1.0, 1.4)
    assert above.slope_percent_per_gev == pytest.approx(-10.0)
    assert above.mean_percent == pytest.approx(5.0 - 10.0 * 1.1)


def test_a_limit_moves_with_the_inverse_of_the_efficiency(published, results):
    first, second, last = table_rows(pair_angles(results["efficiencies"], published))
    assert first["limit_published"] == "2.04e-9"
    assert float(first["limit_ratio_one_plus_cos2"]) == pytest.approx(1 / 0.9, abs=0.01)
    assert float(first["limit_ratio_v_minus_a"]) == pytest.approx(1 / 0.75, abs=0.01)
    assert float(first["limit_moved_v_minus_a"]) == pytest.approx(2.04e-9 / 0.75, rel=2e-3)
    # Independent samples of 0.1 % of absolute uncertainty each.
    relative = 0.1 * (1 / 10.43**2 + 1 / (0.75 * 10.43) ** 2) ** 0.5
    uncertainty = float(first["limit_ratio_v_minus_a_uncertainty"])
    assert uncertainty == pytest.approx(relative / 0.75, rel=0.05)
    assert second["limit_published"] == second["limit_moved_v_minus_a"] == ""  # not legible
    assert last["limit_moved_v_minus_a"] != ""


def test_a_ratio_to_the_same_events_with_weights_knows_of_their_covariance(published, results):
    """Against toys: 0 or 1 a decay, with a weight that goes with it."""
    random = np.random.default_rng(3)
    ratios, one = [], None
    for _ in range(400):
        weight = random.uniform(0.5, 1.5, 2000)
        passes = random.random(2000) < 0.2 * weight
        e, varied = passes.mean(), weight[passes].sum() / weight.sum()
        ratios.append(e / varied)
        error = np.sqrt((weight**2 * (passes - varied) ** 2).sum()) / weight.sum()
        one = [(100 * e, 100 * np.sqrt(e * (1 - e) / 2000)), (100 * varied, 100 * error)]
    together = ratios[-1] * _relative_uncertainty(*one, 2000)
    assert together == pytest.approx(np.std(ratios), rel=0.2)
    assert together < 0.5 * ratios[-1] * _relative_uncertainty(*one, None)
    free, bound = (
        table_rows(pair_angles(results["efficiencies"], published, weighted_variations=names))[0]
        for names in ((), ("pair_v_minus_a",))
    )
    changed = {name for name in free if free[name] != bound[name]}
    assert "limit_ratio_v_minus_a_uncertainty" in changed
    assert not any("one_plus_cos2" in name for name in changed)


def test_the_sentence_on_the_mass_bin_says_what_the_numbers_prefer():
    masses = (0.9, 1.4)
    found = [Reading("nominal", True, masses, (1.0, -9.0)),
             Reading("nominal", False, masses, (2.0, -6.0))]  # fmt: skip
    text = mass_bin_sentences(found, 7.0)
    assert "each uncertain by 7 % or more" in text
    assert "- isotropic: it deviates by 6.4 % (rms of 2 masses) with the bin and 4.5 %" in text
    assert "prefer no bin" in text
    assert "takes 2.0 % of the events" in text
    assert "the slope -20.0 and -16.0 %/GeV, so that 20 % of the slope comes from the bin" in text
    assert "V − A" not in text
    assert mass_bin_sentences([], 7.0) == mass_bin_sentences(found[:1], 7.0) == ""
