"""How well the rows of a comparison agree with the paper, and how many of its numbers do.

Rounding to printed digits is not a standard deviation, so it makes no pull.  A number that the paper
prints without an uncertainty agrees where its digits are met, or where the value's own uncertainty
reaches them; how far it is off is then told by the ratio alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lnvsearch.publication.comparison import is_bound, is_test, row_key
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.tables import Table, table_rows

__all__ = [
    "AGREEMENTS",
    "BOUNDED",
    "DISAGREEMENTS",
    "Tested",
    "agreement",
    "agreement_of",
    "numbers_tested",
    "tests_of",
]

Row = Mapping[str, Any]

#: What a simulated bound leaves open: the value agrees or not, depending on where below it is.
BOUNDED = "bounded only"
# From best to worst; each row that tests something falls into the first that holds.
AGREEMENTS = (
    "printed digits",
    "rounded inputs",
    "within 1 sigma",
    "within 2 sigma",
    BOUNDED,
    "beyond 2 sigma",
    "beyond printed digits",
)
#: What does not agree.
DISAGREEMENTS = ("beyond 2 sigma", "beyond printed digits")
# A half in decimal digits is not one in binary.
_HAIR = 1 + 1e-9


@dataclass(frozen=True)
class Tested:
    """A row that tests something, the number that it tests, and how well the two agree."""

    row: Row
    number: PublishedNumber

    @property
    def agreement(self) -> str:
        """One of `AGREEMENTS`."""
        return agreement(self.row, self.number)

    @property
    def ends(self) -> tuple[float, float]:
        """Between which values the number here is: one twice, or with what a bound leaves open."""
        return _ends(self.row)

    def factor(self, known: float = 1.0) -> float:
        """How far value and published number are apart: |ln(value/published)|, at least.

        Counted from the nearest number of the same printed digits, and from the nearer end of what
        a bound leaves open.  `known` multiplies the value first.
        """
        published, rounding = self.row["published"], self.row["rounding"] or 0.0
        low, high = (known * end for end in self.ends)
        if high < published - rounding:
            return math.log((published - rounding) / high) if high > 0 else math.inf
        if low > published + rounding:
            return math.log(low / (published + rounding)) if published + rounding > 0 else math.inf
        return 0.0


def agreement(row: Row, number: PublishedNumber) -> str:
    """Return how well a row that tests `number` agrees with it, one of `AGREEMENTS`.

    Of a number with decays that are only bounded both ends must agree, or neither on the same side.
    """
    low, high = _ends(row)
    first = _at(row, number, low)
    if low == high:
        return first
    second = _at(row, number, high)
    disagree = [found in DISAGREEMENTS for found in (first, second)]
    if is_bound(row):
        # The lower end is 0, which no simulation has measured.
        return second if disagree[1] and high < row["published"] else BOUNDED
    if not any(disagree):
        return max(first, second, key=AGREEMENTS.index)
    if all(disagree) and (low > row["published"]) == (high > row["published"]):
        return first if low > row["published"] else second
    return BOUNDED


def _ends(row: Row) -> tuple[float, float]:
    value = row["value"]
    if value is None:
        return 0.0, row["upper_bound"]
    return value, value + (row["upper_bound"] or 0.0)


def _at(row: Row, number: PublishedNumber, value: float) -> str:
    return agreement_of(
        value, row["published"], row["uncertainty"], row["published_uncertainty"],
        0.5 * number.resolution, row["rounding"], number.bound,
    )


def agreement_of(
    value: float, published: float, uncertainty: float | None, published_uncertainty: float | None,
    half_unit: float, rounding: float | None = None, bound: str = "",
) -> str:
    """Return how well a value agrees with a published number, one of `AGREEMENTS` but `BOUNDED`.

    `half_unit` is half of one unit of the last printed digit, `rounding` that and what the printed
    digits of the value's inputs leave open; `published_uncertainty` is what the paper states, `bound`
    says which of `upper` and `lower` the published number is, if it is a bound.
    """
    difference = value - published
    if bound:
        half_unit = 0.0
        difference = max(difference if bound == "upper" else -difference, 0.0)
    difference = abs(difference)
    if difference <= half_unit * _HAIR:
        return "printed digits"
    rounding = max(rounding or 0.0, half_unit)
    if difference <= rounding * _HAIR:
        return "rounded inputs"
    if published_uncertainty:
        sigmas = difference / math.hypot(uncertainty or 0.0, published_uncertainty)
    else:
        sigmas = (difference - rounding) / uncertainty if uncertainty else math.inf
    if sigmas <= 2:
        return "within 1 sigma" if sigmas <= 1 else "within 2 sigma"
    return "beyond 2 sigma" if published_uncertainty else "beyond printed digits"


def tests_of(comparison: Table, published: PublishedNumbers) -> list[Tested]:
    """Return the rows that test something; ValueError for one of a number that is not published."""
    return [
        Tested(row, _number(published, row)) for row in table_rows(comparison)
        if is_test(row) or is_bound(row)
    ]


def numbers_tested(tests: Iterable[Tested], kind: str) -> list[Tested]:
    """Return one test of this kind (`derived`, `simulated`) for each number that has one.

    The variant `nominal` stands for a number.  Where none is called so, a derived number stands
    with the variant that agrees least, and a simulated one (a hypothesis alone) is left out.
    """
    found: dict[tuple, list[Tested]] = {}
    for test in tests:
        if test.row["kind"] == kind:
            found.setdefault(test.number.key, []).append(test)
    chosen = []
    for of_number in found.values():
        nominal = [test for test in of_number if test.row["variant"] == "nominal"]
        if nominal:
            chosen += nominal
        elif kind == "derived":
            chosen.append(_worst(of_number))
    return chosen


def _worst(tests: Sequence[Tested]) -> Tested:
    return max(tests, key=lambda test: (AGREEMENTS.index(test.agreement), test.factor()))


def _number(published: PublishedNumbers, row: Row) -> PublishedNumber:
    number = published.find(row["quantity"], row["mass_gev"], channel=row["channel"])
    if number is None:
        raise ValueError(f"the comparison has a row for {row_key(row)}, which is not published")
    return number
