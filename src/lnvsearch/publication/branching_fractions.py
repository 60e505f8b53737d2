"""Branching fractions of other editions beside those in use, and what each would change.

What is in use is the PDG's edition of `resources/pdg_branching_fractions.csv`, unless the paper states
another number; that of the PDG then stands beside it.  Others are in
`resources/other_branching_fractions.csv`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lnvsearch.publication.rounding import pdg_round
from lnvsearch.tables import Table, table_rows

__all__ = ["COLUMNS", "HEADINGS", "Difference", "Fraction", "differences", "limit_ratio", "line"]

COLUMNS = (
    "channel", "mode", "used", "used_source", "other", "other_source", "difference_percent",
    "difference_sigma", "background_used", "background_with_other", "limit_change_percent", "note",
)
#: Columns of the short version.
SHORT = ("channel", "mode", "used", "other", "difference_sigma", "limit_change_percent")
HEADINGS = {
    "channel": "Channel", "mode": "Decay", "used": "Used", "used_source": "Its source", "other": "Other",
    "other_source": "Its source", "difference_percent": "Difference (%)",
    "difference_sigma": "Difference (sigma)", "background_used": "Background",
    "background_with_other": "Background with the other",
    "limit_change_percent": "Limit changes by (%)",
}  # fmt: skip
#: Differences that are shown: either is enough.
_LEAST_PERCENT, _LEAST_SIGMA = 1.0, 1.0


@dataclass(frozen=True)
class Fraction:
    """A branching fraction, its standard uncertainty and where it is from."""

    value: float
    uncertainty: float
    source: str


@dataclass(frozen=True)
class Difference:
    """Two branching fractions of one decay; `identifier` is the PDG's."""

    identifier: str
    decay: str
    used: Fraction
    other: Fraction

    @property
    def ratio(self) -> float:
        """Other over used."""
        return self.other.value / self.used.value

    @property
    def sigmas(self) -> float:
        """The difference over both uncertainties in quadrature."""
        difference = self.other.value - self.used.value
        return difference / math.hypot(self.used.uncertainty, self.other.uncertainty)

    @property
    def is_shown(self) -> bool:
        """Whether it is more than 1 % or more than one standard deviation."""
        return abs(self.ratio - 1.0) > _LEAST_PERCENT / 100 or abs(self.sigmas) > _LEAST_SIGMA


def differences(
    identifiers: Iterable[str], pdg: Table, others: Table, stated: Mapping[str, Fraction]
) -> Iterator[Difference]:
    """Yield what differs, for decays by their identifiers.

    `pdg`, `others`: the two tables of resources; `stated`: numbers that the paper itself states,
    which are then the ones in use.
    """
    edition = {row["pdg_identifier"]: row for row in table_rows(pdg)}
    for name in identifiers:
        row = edition[name]
        of_pdg = Fraction(row["branching_fraction"], row["uncertainty"], f"PDG {row['edition']}")
        used = stated.get(name, of_pdg)
        found = [of_pdg] if name in stated else []
        found += [
            Fraction(other["branching_fraction"], other["uncertainty"], other["source"])
            for other in table_rows(others) if other["pdg_identifier"] == name
        ]
        for other in found:
            difference = Difference(name, row["decay"], used, other)
            if difference.is_shown:
                yield difference


def limit_ratio(record: Mapping[str, Any], background: float) -> float:
    """Return the upper limit in events with another background, over that of a limit's record."""
    from lnvsearch.statistics import methods

    options = methods.method_options(record["method"], False, record["prior"])
    uppers = []
    for mean in (background, record["background"]):
        experiment = methods.counting_experiment(
            record["observed"], mean, record["background_uncertainty"], record["efficiency"],
            record["efficiency_uncertainty"],
        )
        interval = methods.interval(
            record["method"], experiment, record["confidence_level"], **options
        )
        uppers.append(float(interval.upper))
    return uppers[0] / uppers[1]


def line(
    channel: str,
    difference: Difference,
    background: float | None = None,
    background_with_other: float | None = None,
    limit_change: float | None = None,
    note: str = "",
) -> dict[str, Any]:
    """Return a line of the table; `limit_change`: of the limit, relative."""
    shown = {"background_used": background, "background_with_other": background_with_other}
    return {
        "channel": channel,
        "mode": f"{difference.decay} ({difference.identifier})",
        "used": pdg_round(difference.used.value, difference.used.uncertainty),
        "used_source": difference.used.source,
        "other": pdg_round(difference.other.value, difference.other.uncertainty),
        "other_source": difference.other.source,
        "difference_percent": f"{100 * (difference.ratio - 1):+.1f}",
        "difference_sigma": f"{difference.sigmas:+.1f}",
        **{name: "" if value is None else f"{value:.3g}" for name, value in shown.items()},
        "limit_change_percent": "" if limit_change is None else f"{100 * limit_change:+.2f}",
        "note": note,
    }
