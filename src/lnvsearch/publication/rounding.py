"""Rounding for print: a value and its uncertainty share their last digit.

The rule is the Particle Data Group's (S. Navas et al., Phys. Rev. D 110, 030001 (2024),
Introduction, section 5.3): look at the three leading digits of the uncertainty.  100 to 354: keep
two digits.  355 to 949: keep one.  950 to 999: round up to 1000 and keep two.  The value is rounded
at the same decimal place.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

__all__ = ["pdg_round", "pdg_round_pair", "round_significant", "with_uncertainty"]

# Numbers whose leading digit is at these powers of ten or beyond are printed with an exponent.
_SMALLEST_PLAIN_EXPONENT = -4
_LARGEST_PLAIN_EXPONENT = 6


def pdg_round(value: float, uncertainty: float) -> str:
    """Return `value ± uncertainty` as text, rounded by the rule of the Particle Data Group.

    Raises ValueError if the value is not finite, or the uncertainty negative or not finite.

    >>> pdg_round(0.827, 0.119), pdg_round(0.827, 0.367), pdg_round(0.827, 0.967)
    ('0.83 ± 0.12', '0.8 ± 0.4', '0.8 ± 1.0')
    >>> pdg_round(2.2986e-9, 4.4e-11)
    '(2.30 ± 0.04)e-9'
    """
    value_text, uncertainty_text = pdg_round_pair(value, uncertainty)
    value_digits, _, exponent = value_text.partition("e")
    uncertainty_digits = uncertainty_text.partition("e")[0]
    if exponent:
        return f"({value_digits} ± {uncertainty_digits})e{exponent}"
    return f"{value_digits} ± {uncertainty_digits}"


def pdg_round_pair(
    value: float, uncertainty: float, last_digit: int | None = None
) -> tuple[str, str]:
    """Return value and uncertainty as two texts with the same last decimal place.

    `last_digit`: power of ten of the last digit to which the uncertainty is known; none is added.
    A zero uncertainty says nothing about digits: the value is then given as it is, with at most
    six significant digits.  Raises ValueError as `pdg_round`.

    >>> pdg_round_pair(15.6812, 0.1152)
    ('15.68', '0.12')
    """
    if not math.isfinite(value):
        raise ValueError(f"value must be finite, not {value}")
    if not (math.isfinite(uncertainty) and uncertainty >= 0):
        raise ValueError(f"uncertainty must be finite and at least 0, not {uncertainty}")
    if uncertainty == 0:
        return f"{float(value):.6g}", "0"
    rounded, last_place = _rounded_uncertainty(float(uncertainty))
    if last_digit is not None and last_digit > last_place:
        rounded, last_place = _round_at(Decimal(repr(float(uncertainty))), last_digit), last_digit
    value_decimal = _round_at(Decimal(repr(float(value))), last_place)
    leading = max(_leading_exponent(value_decimal), _leading_exponent(rounded))
    if _SMALLEST_PLAIN_EXPONENT < leading < _LARGEST_PLAIN_EXPONENT:
        return f"{value_decimal:f}", f"{rounded:f}"
    return _with_exponent(value_decimal, last_place, leading), _with_exponent(
        rounded, last_place, leading
    )


def with_uncertainty(value: float, uncertainty: float | None) -> str:
    """Return `pdg_round`, or four significant digits where there is no uncertainty."""
    return pdg_round(value, uncertainty) if uncertainty else round_significant(value, 4)


def round_significant(value: float, digits: int) -> str:
    """Return the value with so many significant digits; `2.300e-9` for the very small or large.

    >>> round_significant(2.2999e-9, 4), round_significant(17.2, 4), round_significant(0.0, 3)
    ('2.300e-9', '17.20', '0')
    """
    if digits < 1:
        raise ValueError(f"digits must be at least 1, not {digits}")
    if not math.isfinite(value):
        raise ValueError(f"value must be finite, not {value}")
    if value == 0:
        return "0"
    # The text of the scientific format has the right digits even where rounding carries.
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    leading = int(exponent)
    if _SMALLEST_PLAIN_EXPONENT < leading < _LARGEST_PLAIN_EXPONENT:
        return f"{Decimal(f'{mantissa}e{leading}'):f}"
    return f"{mantissa}e{leading}"


def _rounded_uncertainty(uncertainty: float) -> tuple[Decimal, int]:
    """Return the rounded uncertainty and the power of ten of its last digit."""
    exact = Decimal(repr(uncertainty))
    leading = _leading_exponent(exact)
    three_digits = int(exact.scaleb(2 - leading))
    if three_digits <= 354:
        last_place = leading - 1
    elif three_digits <= 949:
        last_place = leading
    else:
        return Decimal(1).scaleb(leading + 1).quantize(Decimal(1).scaleb(leading)), leading
    return _round_at(exact, last_place), last_place


def _round_at(number: Decimal, last_place: int) -> Decimal:
    """Round half up at a power of ten, which may be above the units (1234 at 2 is 1200)."""
    quotient = number.scaleb(-last_place).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    rounded = quotient.scaleb(last_place)
    # "-0.0" would claim a sign that the digits do not show.
    return abs(rounded) if rounded == 0 else rounded


def _leading_exponent(number: Decimal) -> int:
    return number.adjusted()


def _with_exponent(number: Decimal, last_place: int, exponent: int) -> str:
    decimals = max(exponent - last_place, 0)
    return f"{number.scaleb(-exponent):.{decimals}f}e{exponent}"
