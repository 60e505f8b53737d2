"""What a comparison is: rows that set a published number against this project's value.

`quantity, channel, mass_gev, kind, variant` identify a row.  `kind` says what the value is:

`derived`        computed from published inputs only
`simulated`      from this project's own events
`external`       entered as published; it tests nothing
`not_simulated`  no value; the note gives the reason

`variant` tells `nominal`, `uncalibrated`, a hypothesis, a method or a prior.  `published` is empty
where the paper's digits are not legible.  `ratio` is value/published; `pull` is (value −
published)/√(σ_published² + σ_value²), where the paper states an uncertainty.  Rounding to printed
digits is none: it is a half-width, `rounding`, that no pull contains.  Where the simulation leaves no
event, `upper_bound` is all that it says; in a sum it is what the value leaves out.  A note that begins
with "no test" says why a row that has both numbers does not test anything.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.publication.rounding import round_significant
from lnvsearch.tables import Table, table_from_rows, table_rows

__all__ = [
    "COLUMNS",
    "EXPLANATIONS",
    "KINDS",
    "NO_TEST",
    "OF_SAMPLE_SIZE",
    "check_coverage",
    "check_unique",
    "comparison_row",
    "comparison_table",
    "is_bound",
    "is_test",
    "left_out_note",
    "row_key",
]

#: Column -> what it is, for print.
EXPLANATIONS = {
    "quantity": "name of the number in `resources/published/<paper>/numbers.csv`, unit at its end",
    "channel": "the decay that it belongs to; `all` for the whole paper",
    "mass_gev": "mass hypothesis in GeV, of a scan",
    "kind": "`derived`: from other numbers of the paper; `simulated`: from this project's events; "
    "`external`: entered as published, tests nothing; `not_simulated`: no value, the note says why",
    "variant": "`nominal`; `uncalibrated`; a hypothesis; or from which of the paper's numbers it is "
    "derived",
    "published": "the printed value; empty where it is not legible",
    "published_uncertainty": "standard deviation that the paper states, of this number or of what it "
    "is proportional to; empty if it states none",
    "value": "the value here, in the same unit",
    "uncertainty": "its standard deviation",
    "ratio": "value/published",
    "pull": "(value − published)/√(σ² published + σ² value); empty where the paper states no "
    "uncertainty: rounding is no standard deviation",
    "rounding": "half-width, not a standard deviation: half a unit of the last printed digit, and for "
    "a derived number what half a unit of its inputs' last digits makes of it",
    "upper_bound": "at 90 % confidence level: without a value, on the number itself; beside a value, "
    "on the decays without a simulated event left, which the value leaves out",
    "source": "the result or file that the value is from",
    "note": "what should be known; \"no test\" at its begin: the row tests nothing",
}
COLUMNS = tuple(EXPLANATIONS)
KINDS = ("derived", "simulated", "external", "not_simulated")
NO_TEST = "no test"
#: Note of a number that describes a simulated sample and no physics: how large it is, or the
#: statistical uncertainty that follows from that.
OF_SAMPLE_SIZE = f"{NO_TEST}: it follows from the size of the simulated sample, which is a setting"
_KEY = ("quantity", "channel", "mass_gev", "kind", "variant")


def comparison_row(
    number: PublishedNumber,
    kind: str,
    variant: str,
    value: float | None = None,
    uncertainty: float | None = None,
    *,
    published_uncertainty: float | None = None,
    input_rounding: float = 0.0,
    upper_bound: float | None = None,
    source: str = "",
    note: str = "",
) -> dict[str, Any]:
    """Return one row: a published number against a value in the same unit.

    `published_uncertainty` is the uncertainty that the paper states for the number; without it the
    one printed with it, if any.  `input_rounding` is the half-width that the printed digits of its
    inputs leave open in the value, `upper_bound` as in `EXPLANATIONS`.  External rows have no ratio
    and no pull.  Raises ValueError for an unknown kind, or a value where there can be none.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; it must be one of {KINDS}")
    if kind == "not_simulated" and value is not None:
        raise ValueError(f"{number.quantity}: a row of kind not_simulated cannot have a value")
    published = number.value if number.legible else None
    if published_uncertainty is None:
        published_uncertainty = number.uncertainty
    if published is None:
        published_uncertainty = None
    ratio = pull = rounding = None
    if kind in ("derived", "simulated") and published is not None:
        rounding = input_rounding + (0.0 if number.bound else 0.5 * number.resolution)
    if kind != "external" and value is not None and published is not None:
        ratio = value / published if published else None
        pull = _pull(value, uncertainty, published, published_uncertainty)
    return {
        "quantity": number.quantity,
        "channel": number.channel,
        "mass_gev": number.mass_gev,
        "kind": kind,
        "variant": variant,
        "published": published,
        "published_uncertainty": published_uncertainty,
        "value": value,
        "uncertainty": uncertainty,
        "ratio": ratio,
        "pull": pull,
        "rounding": rounding,
        "upper_bound": upper_bound or None,
        "source": source,
        "note": _joined(note, _reading_note(number)),
    }


def comparison_table(
    rows: Sequence[Mapping[str, Any]], published: PublishedNumbers
) -> dict[str, list]:
    """Return the rows as a table, in the paper's order of numbers.

    Raises ValueError if two rows have the same key or a published number has none.
    """
    order = {number.key: index for index, number in enumerate(published)}
    ordered = sorted(rows, key=lambda row: order[row_key(row)])
    table = table_from_rows(ordered, COLUMNS)
    check_unique(table)
    check_coverage(table, published)
    return table


def check_unique(comparison: Table) -> None:
    """Raise ValueError, naming it, if two rows have one key.

    The key is (quantity, channel, mass_gev, kind, variant).
    """
    seen = set()
    for row in table_rows(comparison):
        key = tuple(row[name] for name in _KEY)
        if key in seen:
            raise ValueError(
                f"two rows of the comparison have {dict(zip(_KEY, key, strict=True))}; "
                "give them different variants"
            )
        seen.add(key)


def check_coverage(comparison: Table, published: PublishedNumbers) -> None:
    """Raise ValueError, naming them, if numbers of the paper have no row in the comparison."""
    covered = {row_key(row) for row in table_rows(comparison)}
    missing = [number.key for number in published if number.key not in covered]
    if missing:
        raise ValueError(
            f"published numbers without a row in the comparison: {missing}; add a value for each, "
            "or a row of kind not_simulated with the reason"
        )


def row_key(row: Mapping[str, Any]) -> tuple[str, str, float | None]:
    """Return which published number a row is about, as `PublishedNumber.key`."""
    return (row["quantity"], row["channel"], row["mass_gev"])


def is_test(row: Mapping[str, Any]) -> bool:
    """Tell whether a row tests anything: two legible numbers, neither copied from the other."""
    return (
        row["kind"] in ("derived", "simulated")
        and row["published"] is not None
        and row["value"] is not None
        and not (row["note"] or "").startswith(NO_TEST)
    )


def is_bound(row: Mapping[str, Any]) -> bool:
    """Tell whether a row has a bound and nothing else to set against a legible number."""
    return (
        row["kind"] == "simulated"
        and row["published"] is not None
        and row["value"] is None
        and row["upper_bound"] is not None
    )


def left_out_note(left_out: float | None) -> str:
    """Note on the backgrounds of a sum that have no simulated event left; empty if there is none.

    `left_out`: upper bound on them at 90 % confidence level.
    """
    if not left_out:
        return ""
    return (
        f"and < {round_significant(left_out, 2)} at 90 % confidence level of decays without a "
        "simulated event left, which the value leaves out"
    )


def _pull(
    value: float,
    uncertainty: float | None,
    published: float,
    published_uncertainty: float | None,
) -> float | None:
    if not published_uncertainty:
        return None
    return (value - published) / math.hypot(uncertainty or 0.0, published_uncertainty)


def _reading_note(number: PublishedNumber) -> str:
    if number.legible:
        return ""
    if number.value is None:
        return f"published digits not legible (text: {number.printed_as})"
    return f"published digits doubtful (text: {number.printed_as})"


def _joined(*notes: str) -> str:
    return "; ".join(note for note in notes if note)
