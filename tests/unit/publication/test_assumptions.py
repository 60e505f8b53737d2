"""The table of assumptions: which numbers, where they come from, and what another value does."""

import pytest

from lnvsearch.publication.assumptions import COLUMNS, Effect, assumption_table
from lnvsearch.tables import table_rows


def number(name, value, provenance, varied):
    return {"number": name, "value": value, "provenance": provenance, "varied_to": varied}


ASSUMPTIONS = [
    {"variation": "wider", "description": "a wider beam", "numbers": [
        number("beam.spot_x_m", "0.012 m", "memory", "0.0144"),
        number("beam.spot_y_m", "0.006 m", "memory", "0.0072"),
    ]},
    {"variation": "left_out", "description": "a higher threshold", "numbers": [
        number("lav.threshold_gev", "0.02 GeV", "assumed", "0.05"),
    ]},
]  # fmt: skip


def test_an_effect_is_the_difference_over_the_nominal_headline():
    assert Effect("piee", "limit", 2.0e-10, 2.3e-10).percent == pytest.approx(15.0)
    assert Effect("piee", "events", 0.0, 0.1).percent == 100.0


def test_a_row_for_each_headline_names_all_numbers_of_the_variation():
    effects = {"wider": [Effect("piee", "limit", 2.0e-10, 2.3e-10, 0.01),
                         Effect("piee", "total background", 0.4, 0.38)]}
    table = assumption_table(ASSUMPTIONS, effects)
    assert tuple(table) == COLUMNS
    limit, background, missing = table_rows(table)
    assert limit["number"] == "beam.spot_x_m; beam.spot_y_m"
    assert (limit["value"], limit["varied_to"]) == ("0.012 m; 0.006 m", "0.0144; 0.0072")
    assert limit["description"] == "a wider beam"
    assert limit["provenance"] == "memory"  # once, where both are alike
    assert (limit["nominal"], limit["varied"]) == ("2.000e-10", "2.300e-10")
    assert (limit["effect_percent"], limit["uncertainty_percent"]) == ("+15.0", "1.0")
    assert background["effect_percent"] == "-5.0"
    assert (missing["variation"], missing["headline"]) == ("left_out", "not run")
