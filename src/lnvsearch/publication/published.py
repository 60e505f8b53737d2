"""The numbers that a paper prints, as records.

They are kept in `resources/published/<paper>/numbers.csv`, whose columns are described in the
`SOURCES.md` beside each file, `entered` and `not_simulated` in lnvsearch.publication.entered.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from lnvsearch.files import open_text
from lnvsearch.tables import same_mass

__all__ = ["COLUMNS", "PublishedNumber", "PublishedNumbers", "read_published"]

COLUMNS = (
    "quantity",
    "channel",
    "mass_gev",
    "value",
    "uncertainty",
    "unit",
    "reading_confidence",
    "printed_as",
    "where",
    "note",
    "entered",
    "not_simulated",
)
_CONFIDENCES = ("high", "medium", "low", "none")


@dataclass(frozen=True)
class PublishedNumber:
    """One number of a paper.

    `digits` is the value as printed (`"17.20"`, empty where illegible), `value` the same as float
    or None, `resolution` the size of one unit of its last printed digit; `mass_gev` is None for a
    number that belongs to no mass hypothesis.  `entered` says where it is entered, `not_simulated`
    why it cannot be simulated, `place` in which line of which file it stands.
    """

    quantity: str
    channel: str
    mass_gev: float | None
    digits: str
    value: float | None
    uncertainty: float | None
    resolution: float | None
    unit: str
    reading_confidence: str
    printed_as: str
    where: str
    note: str
    entered: str = ""
    not_simulated: str = ""
    place: str = ""

    @property
    def entered_keys(self) -> tuple[str, ...]:
        """The single entries of `entered`."""
        return tuple(key.strip() for key in self.entered.split(";")) if self.entered else ()

    @property
    def legible(self) -> bool:
        """True if the digits are read with high or medium confidence: only these test anything."""
        return self.value is not None and self.reading_confidence in ("high", "medium")

    @property
    def bound(self) -> str:
        """`upper` or `lower` where the paper prints a bound ("less than 1 %"), as its note says."""
        return next((b for b in ("upper", "lower") if self.note.startswith(f"{b} bound")), "")

    @property
    def key(self) -> tuple[str, str, float | None]:
        """What identifies the number: quantity, channel, mass hypothesis (GeV)."""
        return (self.quantity, self.channel, self.mass_gev)


class PublishedNumbers(Sequence[PublishedNumber]):
    """All numbers of one paper in the order of its file, with look-up by quantity, channel, mass.

    The look-ups take `mass_gev` (GeV; None for a number that belongs to no mass hypothesis) and
    `channel`.  Where only one channel has a number of this name and mass, the channel may be left
    out; where several have, leaving it out is a ValueError that names them.
    """

    def __init__(self, numbers: Sequence[PublishedNumber]):
        self._numbers = tuple(numbers)
        self._by_quantity: dict[str, list[PublishedNumber]] = {}
        for number in self._numbers:
            named = self._by_quantity.setdefault(number.quantity, [])
            for other in named:
                if _same_key(number, other):
                    raise ValueError(
                        f"{number.place or 'numbers'}: {number.key} is listed twice"
                        f"{f' (first in {other.place})' if other.place else ''}; quantity, channel "
                        "and mass_gev together must be unique: remove one, or name it differently"
                    )
            named.append(number)

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index):
        return self._numbers[index]

    def __iter__(self) -> Iterator[PublishedNumber]:
        return iter(self._numbers)

    def find(
        self, quantity: str, mass_gev: float | None = None, *, channel: str | None = None
    ) -> PublishedNumber | None:
        """Return the number of this name, mass hypothesis and channel, or None.

        Raises ValueError if `channel` is left out and several channels have one.
        """
        found = [
            number
            for number in self._by_quantity.get(quantity, ())
            if same_mass(number.mass_gev, mass_gev) and channel in (None, number.channel)
        ]
        if len(found) > 1:
            raise ValueError(
                f"the paper prints {quantity}{_at(mass_gev, None)} for several channels; "
                f"channel must be one of {sorted(number.channel for number in found)}"
            )
        return found[0] if found else None

    def value(
        self, quantity: str, mass_gev: float | None = None, *, channel: str | None = None
    ) -> float:
        """Return the legible value of this number; ValueError if there is none."""
        value = self.legible_value(quantity, mass_gev, channel=channel)
        if value is None:
            raise ValueError(
                f"the paper prints no legible {quantity}{_at(mass_gev, channel)}; "
                "the known quantities are in the paper's numbers.csv"
            )
        return value

    def legible_value(
        self, quantity: str, mass_gev: float | None = None, *, channel: str | None = None
    ) -> float | None:
        """Return the value if it is legible, and None otherwise."""
        number = self.find(quantity, mass_gev, channel=channel)
        return number.value if number is not None and number.legible else None

    def channels(self) -> list[str]:
        """Return the channels of the paper's numbers, in the order in which they first appear."""
        return list(dict.fromkeys(number.channel for number in self._numbers))

    def masses_gev(self) -> list[float]:
        """Return all mass hypotheses (GeV) of the paper, ascending."""
        return sorted({n.mass_gev for n in self._numbers if n.mass_gev is not None})


def read_published(path: str | Path) -> PublishedNumbers:
    """Read the numbers of a paper from its `numbers.csv`.

    Raises ValueError, naming file, line and column, if a column is missing, a number cannot be
    read, a confidence is unknown or a number is listed twice.
    """
    with open_text(path) as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path}: missing columns {missing}; needed are {list(COLUMNS)}")
        numbers = [_published_number(row, f"{path}, line {reader.line_num}") for row in reader]
    return PublishedNumbers(numbers)


def _last_digit(value: Decimal) -> float:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), value  # neither infinite nor undefined
    return float(Decimal(1).scaleb(exponent))


def _published_number(row: dict[str, str], place: str) -> PublishedNumber:
    if None in row:
        raise ValueError(f"{place}: more cells than the header has columns; remove the last ones")
    if None in row.values():
        raise ValueError(f"{place}: fewer cells than the header has columns; add the empty ones")
    confidence = row["reading_confidence"]
    if confidence not in _CONFIDENCES:
        raise ValueError(
            f"{place}: reading_confidence is {confidence!r}; it must be one of {_CONFIDENCES}"
        )
    if not row["quantity"]:
        raise ValueError(f"{place}: quantity is empty; every number needs a name")
    value = _decimal(row, "value", place)
    mass = _decimal(row, "mass_gev", place)
    uncertainty = _decimal(row, "uncertainty", place)
    return PublishedNumber(
        quantity=row["quantity"],
        channel=row["channel"],
        mass_gev=None if mass is None else float(mass),
        digits=row["value"],
        value=None if value is None else float(value),
        uncertainty=None if uncertainty is None else float(uncertainty),
        resolution=None if value is None else _last_digit(value),
        unit=row["unit"],
        reading_confidence=confidence,
        printed_as=row["printed_as"],
        where=row["where"],
        note=row["note"],
        entered=row["entered"],
        not_simulated=row["not_simulated"],
        place=place,
    )


def _same_key(first: PublishedNumber, second: PublishedNumber) -> bool:
    same = (first.quantity, first.channel) == (second.quantity, second.channel)
    return same and same_mass(first.mass_gev, second.mass_gev)


def _at(mass_gev: float | None, channel: str | None) -> str:
    """Say where a number was looked for: " at 0.65 GeV for channel 'kkee'"."""
    at_mass = "" if mass_gev is None else f" at {mass_gev} GeV"
    return at_mass + ("" if channel is None else f" for channel {channel!r}")


def _decimal(row: dict[str, str], column: str, place: str) -> Decimal | None:
    if row[column] == "":
        return None
    try:
        number = Decimal(row[column])
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"{place}: {column} is {row[column]!r}; it must be a number or empty")
    return number
