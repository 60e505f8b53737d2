"""The limits of a search side by side: a line for each method and prior, a column for each input.

Columns are called by what a limit is made from: `derived_<variant>` from the paper's own numbers,
`simulated` from this simulation, `simulated_<hypothesis>` from each variation that is compared with
the paper, `user_data_<variant>` from the user's own events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lnvsearch.limit_inputs import USER_DATA
from lnvsearch.publication.rounding import round_significant
from lnvsearch.statistics.methods import display_name
from lnvsearch.tables import text_table

if TYPE_CHECKING:
    from lnvsearch.publication.published import PublishedNumbers

__all__ = ["COLUMNS", "HEADINGS", "SHORT", "SHORT_ROWS", "limits_by_method"]

Record = Mapping[str, Any]
Row = dict[str, Any]

#: Before those of the limits; `method` is the key of a method, `name` how it is called.
COLUMNS = ("channel", "quantity", "method", "name", "prior", "paper_method", "published")
HEADINGS = {"name": "Method", "method": "Key of the method", "paper_method": "The paper's own"}
#: Columns and rows of the short version.
SHORT = ("channel", "name", "prior", "published", "simulated", "user_data_*", "derived_nominal",
         "derived_printed_sensitivity")
SHORT_ROWS = {"quantity": "upper_limit_branching_fraction"}
#: What every limit is made from: the record's key, its name here, significant digits.
_INPUTS = (
    ("inputs", "published_inputs", None),
    ("observed", "observed_events", None),
    ("background", "background_events", 3),
)
_LIMITS = (
    ("upper_events", "upper_limit_signal_events", 4),
    ("upper_branching_fraction", "upper_limit_branching_fraction", 4),
)


def limits_by_method(
    limits: Mapping[str, Iterable[Record]], compared: Iterable[str], published: PublishedNumbers
) -> dict[str, list[str]]:
    """Return the limits of all channels as a table of text, rounded.

    `limits`: channel -> its records; `compared`: the variations that have a column beside nominal.
    Each channel begins with what its limits are made from: whether the paper's numbers among the
    inputs are the `published` ones or `overridden`, events observed, and background expected.  A
    limit that a method does not give, or that was not set by it, is an empty cell.
    """
    shown = {channel: list(_shown(records, set(compared))) for channel, records in limits.items()}
    columns = dict.fromkeys(
        _column(record) for records in shown.values() for record in _in_order(records)
    )
    rows = []
    for channel, records in shown.items():
        for key, quantity, digits in _INPUTS:
            rows.append(
                {"channel": channel, "quantity": quantity}
                | {_column(record): _input(record, key, digits) for record in records}
            )
        rows += _limit_rows(channel, records, published)
    return text_table(rows, (*COLUMNS, *columns))


def _shown(records: Iterable[Record], compared: set[str]) -> Iterator[Record]:
    for record in records:
        if record["kind"] != "simulated" or record["variant"] in {"nominal", *compared}:
            yield record


def _in_order(records: list[Record]) -> list[Record]:
    """Those from the paper's numbers, from this simulation, from the user's events."""
    kinds = ("derived", "simulated", USER_DATA)
    return sorted(records, key=lambda record: kinds.index(record["kind"]))


def _column(record: Record) -> str:
    kind, variant = record["kind"], record["variant"]
    return kind if (kind, variant) == ("simulated", "nominal") else f"{kind}_{variant}"


def _limit_rows(
    channel: str, records: list[Record], published: PublishedNumbers
) -> Iterator[Row]:
    """The limit in events and as a branching fraction, by method and prior."""
    ways = dict.fromkeys((record["method"], record["prior"]) for record in records)
    for key, quantity, digits in _LIMITS:
        number = published.find(quantity, channel=channel)
        for method, prior in ways:
            own = [r for r in records if (r["method"], r["prior"]) == (method, prior)]
            is_papers = own[0]["is_paper_method"]
            yield {
                "channel": channel, "quantity": quantity, "method": method,
                "name": display_name(method), "prior": prior, "paper_method": is_papers,
                "published": number.digits if number and number.legible and is_papers else "",
            } | {_column(record): _rounded(record[key], digits) for record in own}


def _input(record: Record, key: str, digits: int | None) -> str:
    """A background says which bound its sum leaves out: "0.07 and < 2800"."""
    text = _rounded(record[key], digits)
    left_out = record.get("background_left_out") if key == "background" else None
    return f"{text} and < {round_significant(left_out, 2)}" if left_out else text


def _rounded(value: Any, digits: int | None) -> str:
    return str(value) if digits is None else f"{value:.{digits}g}"
