"""The user's own events beside the paper's."""

import pytest

from lnvsearch.papers.besiii_2025.data_tables import data_counts, data_sensitivity
from lnvsearch.publication.published import read_published
from lnvsearch.tables import table_rows

RECORD = {
    "n_parents": {"mean": 1.234e9, "sigma": 0.5e7},
    "efficiency": {"published_efficiency": {"mean": 0.1583, "sigma": 0.011},
                   "simulated_efficiency": {"mean": 0.0, "sigma": 0.0}},
    "single_event_sensitivity": {"published_efficiency": {"mean": 5.12e-9, "sigma": 0.36e-9}},
    "off_resonance_observed": [3, 0], "continuum_events": 1.25, "continuum_from": "own files",
    "background_events": 1.3, "background_events_uncertainty": 0.7,
}  # fmt: skip


@pytest.fixture(scope="module")
def published(root):
    return read_published(root / "resources/published/besiii_2025/numbers.csv")


def test_counts_stand_beside_the_published_ones_and_closed_ones_say_so(published):
    counts = {"channel": ["kkee"] * 3, "selection": ["lnv"] * 3,
              "region": ["below_window", "signal", "mass_bin_0.575"], "events": [4, None, 2]}  # fmt: skip
    rows = table_rows(data_counts(published, counts))
    assert [(row["published"], row["user_data"]) for row in rows] == [("", "4"), ("1", "closed"), ("0", "2")]


def test_sensitivity_and_a_limit_once_it_is_there(published):
    limits = [
        {"kind": "user_data", "variant": "published_efficiency", "is_paper_method": True,
         "upper_branching_fraction": 1.2345e-8},
        {"kind": "simulated", "variant": "nominal", "is_paper_method": True,
         "upper_branching_fraction": 2.0},
    ]  # fmt: skip
    found = {row["quantity"]: row for row in table_rows(
        data_sensitivity(published, {"kkee": RECORD}, {"kkee": limits}))}  # fmt: skip
    column = "user_data_published_efficiency"
    assert {name: row[column] for name, row in found.items()} == {
        "n_parents": "(1.234 ± 0.005)e9", "off_resonance_events": "3 0", "continuum_events": "1.25",
        "background_events": "1.3 ± 0.7", "efficiency_percent": "15.8 ± 1.1",
        "single_event_sensitivity": "(5.1 ± 0.4)e-9", "upper_limit_branching_fraction": "1.23e-8",
    }
    assert found["n_parents"]["published"] == "10087e6"
    assert found["efficiency_percent"]["published"] == "15.83"
    assert found["continuum_events"]["note"] == "own files"
    # No event passed in this simulation, and no limit is set from it.
    other = {name: row["user_data_simulated_efficiency"] for name, row in found.items()}
    assert other["single_event_sensitivity"] == "" and other["upper_limit_branching_fraction"] == "closed"
