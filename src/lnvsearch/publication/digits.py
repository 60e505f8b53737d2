"""Digits of a printed table's numbers: those that their uncertainties leave.

A table's CSV keeps all digits; in print, a value and its uncertainty are rounded by the rule of the
Particle Data Group (see `rounding`).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from lnvsearch.publication.rounding import pdg_round_pair
from lnvsearch.tables import Table, cell_text

__all__ = ["in_digits", "uncertainty_columns"]

_WORD = "uncertainty"


def uncertainty_columns(names: Iterable[str]) -> dict[str, str]:
    """Return the column of the uncertainty of each value that has one, by the columns' names.

    `x_uncertainty` belongs to `x`, and `x_uncertainty_percent` to `x_percent`; `uncertainty` (or
    `uncertainty_percent`) to the column before it.  What is published keeps the digits of its paper.

    >>> uncertainty_columns(["x_percent", "x_uncertainty_percent", "y", "uncertainty"])
    {'x_percent': 'x_uncertainty_percent', 'y': 'uncertainty'}
    """
    known = list(names)
    found = {}
    for before, name in zip(["", *known], known, strict=False):
        first, word, unit = name.partition(_WORD)
        value = first.rstrip("_") + unit if first else before
        if word and value in known and not value.startswith("published"):
            found[value] = name
    return found


def in_digits(table: Table) -> dict[str, list[str]]:
    """Return the table as text, each value and its uncertainty rounded together.

    >>> in_digits({"x": ["+1.23", "17"], "x_uncertainty": ["4.6", ""]})
    {'x': ['+1', '17'], 'x_uncertainty': ['5', '']}
    """
    cells = {name: [cell_text(cell) for cell in column] for name, column in table.items()}
    for value, uncertainty in uncertainty_columns(table).items():
        pairs = [_rounded(*pair) for pair in zip(cells[value], cells[uncertainty], strict=True)]
        cells[value], cells[uncertainty] = [one for one, _ in pairs], [other for _, other in pairs]
    return cells


def _rounded(value: str, uncertainty: str) -> tuple[str, str]:
    """Both texts with the digits that the uncertainty leaves; as they are if one is no number."""
    try:
        numbers = Decimal(value), Decimal(uncertainty)
    except InvalidOperation:
        return value, uncertainty
    last_digit = numbers[1].as_tuple().exponent
    if not isinstance(last_digit, int) or not numbers[0].is_finite() or not numbers[1] > 0:
        return value, uncertainty
    shown, error = pdg_round_pair(float(value), float(uncertainty), last_digit)
    if not numbers[0]:
        shown = "0"
    return ("+" if value.startswith("+") else "") + shown, error
