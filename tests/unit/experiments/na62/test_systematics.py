"""What variations change, in numbers that one can compute by hand."""

import pytest

from lnvsearch.experiments.na62.estimates import BackgroundSettings
from lnvsearch.experiments.na62.normalisation import Acceptance, Acceptances, Factor, Factors
from lnvsearch.experiments.na62.systematics import systematics_table
from lnvsearch.generation.kaon import MODES
from lnvsearch.tables import find_rows

VARIATIONS = {"shifted": "something else", "elsewhere": "touches nothing"}
SETTINGS = BackgroundSettings.from_mapping({
    "samples": {"signal_piee": {"mode": "pi_ee_lnv", "role": "signal"},
                "bkg_k3pi": {"mode": "pi_pi_pi", "role": "background"}},
    "recomputation": {"normalisation_branching_fraction": {"mean": 3e-7, "sigma": 0.09e-7}},
    "signal": {"sample": "signal_piee", "selection": "lnv", "region": "signal"},
    "systematic": {}, "varied_modes": {}, "pileup": None, "chains": {}, "trigger": {"chains": {}},
})  # fmt: skip
ACCEPTANCES = Acceptances(
    {("signal_piee", name, "lnv", "signal"): Acceptance(value, value / 100.0, 1e4, 1e5)
     for name, value in (("nominal", 0.05), ("shifted", 0.04))}, "acceptance.csv",
)  # fmt: skip
FACTORS = Factors({"nominal": Factor(0.5, 0.01), "shifted": Factor(0.6, 0.01)})
EVENTS = {("nominal", "control"): 10.0, ("nominal", "signal"): 2.0,
          ("shifted", "control"): 12.0, ("shifted", "signal"): 3.0}  # fmt: skip


@pytest.fixture
def table():
    background = {
        "sample": ["bkg_k3pi"] * 4, "variation": [v for v, _ in EVENTS],
        "selection": ["lnv"] * 4, "region": [r for _, r in EVENTS],
        "expected_events": list(EVENTS.values()),
        "statistical_uncertainty": [0.1 * number for number in EVENTS.values()],
    }  # fmt: skip
    return systematics_table(ACCEPTANCES, FACTORS, background, SETTINGS, VARIATIONS)


def only(table, **wanted):
    (row,) = find_rows(table, **wanted)
    return row


def test_the_sensitivity_follows_the_calibrated_acceptance(table):
    row = only(table, variation="shifted", quantity="single_event_sensitivity")
    assert (row["nominal"], row["varied"]) == pytest.approx((40.0, 1.0 / 0.024))
    assert row["relative_difference_percent"] == pytest.approx(100.0 * (0.025 / 0.024 - 1.0))
    assert row["relative_difference_uncertainty_percent"] == pytest.approx(1.0)
    assert row["description"] == "something else"
    assert find_rows(table, variation="elsewhere") == []


def test_the_known_decay_s_branching_fraction_moves_the_sensitivity(table):
    row = only(table, variation="branching_fractions", quantity="single_event_sensitivity")
    assert row["relative_difference_percent"] == pytest.approx(3.0)
    fraction = MODES["pi_pi_pi"].branching_fraction
    for region in ("control", "signal"):
        own = only(table, variation="branching_fractions", sample="bkg_k3pi", region=region)
        assert own["relative_difference_percent"] == pytest.approx(
            100.0 * fraction.uncertainty / fraction.value
        )


def test_expected_events_move_by_region(table):
    place = {"variation": "shifted", "quantity": "expected_events", "sample": "bkg_k3pi"}
    assert only(table, region="control", **place)["relative_difference_percent"] == pytest.approx(20.0)
    row = only(table, region="signal", **place)
    assert row["relative_difference_percent"] == pytest.approx(50.0)
    assert row["relative_difference_uncertainty_percent"] == pytest.approx(15.0)


def test_normalised_below_the_signal_region_less_is_left(table):
    quantity = "expected_events_normalised_below_signal"
    row = only(table, quantity=quantity)
    assert (row["variation"], row["region"], row["nominal"]) == ("shifted", "signal", 2.0)
    assert row["varied"] == pytest.approx(3.0 * 10.0 / 12.0)
    assert row["relative_difference_uncertainty_percent"] == pytest.approx(15.0 * 10.0 / 12.0)
