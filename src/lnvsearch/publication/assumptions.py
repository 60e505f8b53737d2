"""The table of assumptions: numbers without a source, and what another value does to the headlines.

An assumption is a variation that the search's file marks.  Its effects come from the same results as
those of every other variation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lnvsearch.publication.rounding import round_significant
from lnvsearch.tables import text_table

__all__ = ["COLUMNS", "HEADINGS", "Effect", "assumption_table"]

COLUMNS = (
    "number", "value", "provenance", "varied_to", "variation", "description", "channel", "headline",
    "nominal", "varied", "effect_percent", "uncertainty_percent",
)  # fmt: skip
#: Columns of the short version.
SHORT = ("description", "channel", "headline", "effect_percent", "uncertainty_percent")
HEADINGS = {
    "number": "Number",
    "value": "Value",
    "provenance": "Provenance",
    "varied_to": "Varied to",
    "variation": "Variation",
    "description": "What is changed",
    "channel": "Channel",
    "headline": "Headline",
    "nominal": "Nominal",
    "varied": "Varied",
    "effect_percent": "Effect on headline (%)",
    "uncertainty_percent": "± (%)",
}


@dataclass(frozen=True)
class Effect:
    """A headline with and without a variation; `relative_uncertainty`: of the varied one."""

    channel: str
    headline: str
    nominal: float
    varied: float
    relative_uncertainty: float = 0.0

    @property
    def percent(self) -> float:
        """The difference over the nominal one; all of it if the nominal one is zero."""
        return 100.0 * (self.varied / self.nominal - 1.0) if self.nominal else 100.0


def assumption_table(
    assumptions: Iterable[Mapping[str, Any]], effects: Mapping[str, Sequence[Effect]]
) -> dict[str, list[str]]:
    """Return a row for each assumption and headline, as text.

    `assumptions`: of the search's file, each with its `variation`, `description` and the `numbers`
    changed ({number, value, provenance, varied_to}); `effects`: by variation.  One that was not run
    has a row without a headline.
    """
    return text_table(_rows(assumptions, effects), COLUMNS)


def _rows(
    assumptions: Iterable[Mapping[str, Any]], effects: Mapping[str, Sequence[Effect]]
) -> Iterator[dict[str, str]]:
    for assumption in assumptions:
        variation = assumption["variation"]
        row = {"variation": variation, "description": assumption["description"]} | {
            name: "; ".join(number[name] for number in assumption["numbers"])
            for name in ("number", "value", "provenance", "varied_to")
        }
        row["provenance"] = "; ".join(dict.fromkeys(row["provenance"].split("; ")))
        found = effects.get(variation) or ()
        if not found:
            yield row | {"headline": "not run"}
        for effect in found:
            yield row | {
                "channel": effect.channel,
                "headline": effect.headline,
                "nominal": round_significant(effect.nominal, 4),
                "varied": round_significant(effect.varied, 4),
                "effect_percent": f"{effect.percent:+.1f}",
                "uncertainty_percent": f"{100.0 * effect.relative_uncertainty:.1f}",
            }
