"""How well the rows of a comparison agree with the paper, and how many of its numbers do."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lnvsearch.publication.comparison import is_test, row_key
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.tables import Table, table_rows

__all__ = [
    "AGREEMENTS",
    "DISAGREEMENTS",
    "Tested",
    "agreement",
    "numbers_tested",
    "tests_of",
]

Row = Mapping[str, Any]

# From best to worst; each row that tests something falls into the first that holds.
AGREEMENTS = (
    "printed digits",
    "within 1 sigma",
    "within 2 sigma",
    "beyond 2 sigma",
    "no uncertainty",
)
#: What does not agree.
DISAGREEMENTS = ("beyond 2 sigma", "no uncertainty")


@dataclass(frozen=True)
class Tested:
    """A row that tests something, the number that it tests, and how well the two agree."""

    row: Row
    number: PublishedNumber

    @property
    def agreement(self) -> str:
        """One of `AGREEMENTS`."""
        return agreement(self.row, self.number.resolution)

    @property
    def factor(self) -> float:
        """How far the value is from the published one: |ln(value/published)|."""
        ratio = self.row["ratio"]
        return abs(math.log(ratio)) if ratio is not None and ratio > 0 else math.inf


def agreement(row: Row, resolution: float) -> str:
    """Return how well a test row agrees, one of `AGREEMENTS`.

    `resolution` is one unit of the last published digit, in the row's unit.
    """
    difference = abs(row["value"] - row["published"])
    # A relative hair, because a half in decimal digits is not one in binary.
    if difference <= 0.5 * resolution * (1 + 1e-9):
        return "printed digits"
    if row["pull"] is None:
        return "no uncertainty"
    if abs(row["pull"]) <= 1:
        return "within 1 sigma"
    return "within 2 sigma" if abs(row["pull"]) <= 2 else "beyond 2 sigma"


def tests_of(comparison: Table, published: PublishedNumbers) -> list[Tested]:
    """Return the rows that test something; ValueError for one of a number that is not published."""
    return [
        Tested(row, _number(published, row)) for row in table_rows(comparison) if is_test(row)
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
    return max(tests, key=lambda test: (AGREEMENTS.index(test.agreement), test.factor))


def _number(published: PublishedNumbers, row: Row) -> PublishedNumber:
    number = published.find(row["quantity"], row["mass_gev"], channel=row["channel"])
    if number is None:
        raise ValueError(f"the comparison has a row for {row_key(row)}, which is not published")
    return number
