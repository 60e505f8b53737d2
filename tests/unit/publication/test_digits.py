"""Uncertainties decide the digits of printed tables, by the rule of the Particle Data Group."""

import pytest

from lnvsearch.publication.digits import in_digits, uncertainty_columns
from lnvsearch.publication.printing import Printing, texts


@pytest.mark.parametrize(
    ("value", "uncertainty", "shown"),
    [
        ("0.827", "0.119", ("0.83", "0.12")),  # the PDG's own three examples
        ("0.827", "0.367", ("0.8", "0.4")),
        ("0.827", "0.967", ("0.8", "1.0")),
        ("+37.7", "8.2", ("+38", "8")),
        ("-0.7", "2.4", ("-0.7", "2.4")),
        ("1.9e-09", "4.4e-10", ("1.9e-9", "0.4e-9")),
        # Digits that the table does not know are not made up.
        ("+1.2", "0.3", ("+1.2", "0.3")),
        ("1.234", "0.3", ("1.2", "0.3")),
        # No uncertainty, or none that says anything.
        ("1.2345", "", ("1.2345", "")),
        ("1.2345", "0.0", ("1.2345", "0.0")),
        ("", "0.1", ("", "0.1")),
        ("0.0", "6.8e-06", ("0", "7e-6")),
        ("< 4.2", "0.1", ("< 4.2", "0.1")),
    ],
)
def test_a_value_and_its_uncertainty_are_rounded_together(value, uncertainty, shown):
    found = in_digits({"x": [value], "x_uncertainty": [uncertainty]})
    assert (found["x"][0], found["x_uncertainty"][0]) == shown


def test_columns_find_their_uncertainties():
    names = ["published", "published_uncertainty", "x_percent", "x_uncertainty_percent", "y", "z",
             "uncertainty_percent"]  # fmt: skip
    assert uncertainty_columns(names) == {
        "x_percent": "x_uncertainty_percent", "z": "uncertainty_percent"
    }


def test_the_csv_of_a_printed_table_keeps_all_digits():
    found = texts({"effect_percent": ["+1.2"], "uncertainty_percent": ["5.1"]}, Printing())
    assert found["csv"].splitlines()[1] == "+1.2,5.1"
    assert "| +1 | 5 |" in found["md"] and "5.1" not in found["tex"] + found["long"]
