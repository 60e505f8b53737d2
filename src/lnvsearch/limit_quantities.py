"""Numbers as papers print them: `15.83%`, `7%` of a value, `+0.6-0.5`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

_NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_ASYMMETRIC = re.compile(rf"^\+({_NUMBER})(%?)[,/ ]*-({_NUMBER})(%?)$")
_REVERSED = re.compile(rf"^-({_NUMBER})(%?)[,/ ]*\+({_NUMBER})(%?)$")


@dataclass(frozen=True)
class Uncertainty:
    """Errors `up` and `down` in the unit of the value, or as fractions of it."""

    up: float
    down: float
    relative: bool = False

    @property
    def symmetric(self) -> bool:
        """Whether both errors are one."""
        return self.up == self.down

    def absolute(self, value: float) -> Uncertainty:
        """The same errors in the unit of the value."""
        if not self.relative:
            return self
        return Uncertainty(self.up * value, self.down * value)

    def __str__(self) -> str:
        return f"{self.up!r}" if self.symmetric else f"+{self.up:g}-{self.down:g}"


def parse_number(text: str) -> float:
    """Return a number; `15.83%` is 0.1583.  Raises ValueError for anything else, and for NaN."""
    cleaned = text.strip()
    scale = 1.0
    if cleaned.endswith("%"):
        cleaned, scale = cleaned[:-1].strip(), 100.0
    try:
        value = float(cleaned) / scale
    except ValueError as error:
        slip = (
            " (a decimal point, not a comma)" if re.fullmatch(r"-?\d+,\d+%?", text.strip()) else ""
        )
        raise ValueError(f"must be a number{slip}; got {text!r}") from error
    if math.isnan(value):
        raise ValueError(f"must be a number; got {text!r}; leave the cell or the option out")
    return value


def parse_uncertainty(text: str) -> Uncertainty:
    """Return the errors that are written as `0.4`, `7%`, `+0.6-0.5` or `+20%-10%`.

    Raises ValueError for anything else, for negative and for infinite errors.
    """
    cleaned = text.strip().replace("\u2212", "-").replace("±", "")
    for pattern, order in ((_ASYMMETRIC, (1, 2, 3, 4)), (_REVERSED, (3, 4, 1, 2))):
        match = pattern.match(cleaned)
        if match:
            up, up_percent, down, down_percent = (match.group(place) for place in order)
            if bool(up_percent) != bool(down_percent):
                raise ValueError(f"must have both errors in per cent or neither; got {text!r}")
            scale = 100.0 if up_percent else 1.0
            return Uncertainty(float(up) / scale, float(down) / scale, bool(up_percent))
    try:
        if cleaned.startswith("+"):
            raise ValueError("one of two errors")
        value = parse_number(cleaned)
    except ValueError as error:
        raise ValueError(
            f"must be a number, a percentage such as 7%, or +UP-DOWN such as +0.6-0.5; got {text!r}"
        ) from error
    if not (math.isfinite(value) and value >= 0.0):
        raise ValueError(f"must be finite and >= 0; got {text.strip()}")
    return Uncertainty(value, value, cleaned.endswith("%"))
