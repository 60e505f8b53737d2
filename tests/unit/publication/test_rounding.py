"""Rounding for print: the Particle Data Group's examples, and what the rule promises."""

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lnvsearch.publication.rounding import pdg_round, pdg_round_pair, round_significant


@pytest.mark.parametrize(
    ("value", "uncertainty", "expected"),
    [
        # The three examples of the Review's introduction, section 5.3.
        (0.827, 0.119, "0.83 ± 0.12"),
        (0.827, 0.367, "0.8 ± 0.4"),
        (0.827, 0.967, "0.8 ± 1.0"),
        # The edges of the three ranges.
        (1.0, 0.354, "1.00 ± 0.35"),
        (1.0, 0.355, "1.0 ± 0.4"),
        (1.0, 0.949, "1.0 ± 0.9"),
        (1.0, 0.950, "1.0 ± 1.0"),
        # Above the units, very small and very large.
        (1234, 567, "1200 ± 600"),
        (2.2986e-9, 4.4e-11, "(2.30 ± 0.04)e-9"),
        (10087e6, 44e6, "(1.009 ± 0.004)e10"),
        (-0.004, 0.1, "0.00 ± 0.10"),
    ],
)
def test_pdg_examples(value, uncertainty, expected):
    assert pdg_round(value, uncertainty) == expected


@settings(deadline=None, max_examples=200)
@given(
    value=st.floats(-1e12, 1e12),
    uncertainty=st.floats(1e-12, 1e12),
)
def test_value_and_uncertainty_share_their_last_digit(value, uncertainty):
    value_text, uncertainty_text = pdg_round_pair(value, uncertainty)
    rounded = Decimal(uncertainty_text)
    assert Decimal(value_text).as_tuple().exponent == rounded.as_tuple().exponent
    # One digit is at worst 0.355 -> 0.4, two digits 0.1005 -> 0.10; 0.95 goes up to 1.0.
    assert abs(float(rounded) / uncertainty - 1) < 0.13
    assert abs(float(value_text) - value) <= 0.55 * uncertainty + 1e-15 * abs(value)


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_impossible_uncertainty_is_refused(bad):
    with pytest.raises(ValueError, match="uncertainty"):
        pdg_round(1.0, bad)


def test_value_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="value"):
        pdg_round(math.nan, 1.0)
    with pytest.raises(ValueError, match="value"):
        round_significant(math.inf, 3)
    with pytest.raises(ValueError, match="digits"):
        round_significant(1.0, 0)


def test_zero_uncertainty_keeps_the_value():
    assert pdg_round(12.5, 0.0) == "12.5 ± 0"


@settings(deadline=None, max_examples=200)
@given(
    value=st.floats(1e-12, 1e12),
    digits=st.integers(1, 8),
)
def test_significant_digits_are_as_many_as_asked(value, digits):
    text = round_significant(value, digits)
    assert float(text) == pytest.approx(value, rel=0.5000001 * 10 ** (1 - digits))
    if "e" in text:
        assert len(text.split("e")[0].replace(".", "")) == digits
