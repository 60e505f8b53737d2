"""The first page of the results: what was run, the limits beside the papers', how to read the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from lnvsearch.publication.pages import links, page, table_html
from lnvsearch.publication.printing import Printing
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import round_significant
from lnvsearch.publication.words import plain
from lnvsearch.tables import table_from_rows

__all__ = ["limits_by_kind", "start_page"]

_WORDS = """
<h2>How to read</h2>
<p>All events are simulated, by a fast simulation of this project; nothing here is a result of a
collaboration. Every number carries one of three words. <b>Published</b>: copied from the paper.
<b>Derived</b>: computed from published numbers only. <b>Simulated</b>: from this project's own events.</p>
<p>Columns of tables sort when their heading is clicked; the field above a table seeks rows. Rounded numbers
are whole where the pointer rests. Beside every figure lies a table of the numbers drawn (same name, .csv).
"""
_COLUMNS = ("search", "channel", "published", "derived", "simulated", "level")
_HEADINGS = {
    "search": "Search", "channel": "Decay", "published": "Upper limit, published",
    "derived": "Derived from published inputs", "simulated": "Simulated here",
    "level": "Confidence level (%)",
}


def start_page(
    limits: Mapping[str, Mapping[str, Iterable[Mapping[str, Any]]]],
    published: Mapping[str, PublishedNumbers],
    searches: Mapping[str, Mapping[str, Any]],
    run: Mapping[str, str],
) -> str:
    """Return the page (HTML).

    `limits`: search -> channel -> records of its limits; `published`: search -> its numbers;
    `searches`: search -> `title`, `channels` (decays in words), `links` (as `pages.links` takes them)
    and `statistics` (a mark where there are few events); `run`: what was run, words -> values.
    """
    rows = [
        _row(search, channel, searches[search], records, published[search])
        for search, channels in limits.items() for channel, records in channels.items()
    ]  # fmt: skip
    marks = "".join(
        f"<p class='mark'>{escape(plain(of['title']))}: {escape(of['statistics'])}</p>"
        for of in searches.values() if of["statistics"]
    )
    said = "".join(f"<li>{escape(k)}: {escape(str(v))}</li>" for k, v in run.items())
    results = "".join(
        f"<h2>{escape(plain(of['title']))}</h2>\n{links(of['links'])}" for of in searches.values()
    )
    return page(
        "Searches for lepton-number violation, regenerated",
        f"{marks}<h2>Upper limits on branching fractions, by each paper's method</h2>"
        f"{table_html(table_from_rows(rows, _COLUMNS), Printing(headings=_HEADINGS))}"
        f"<h2>What was run</h2><ul>{said}</ul>{_WORDS}{results}",
    )


def _row(
    search: str, channel: str, of: Mapping[str, Any], records: Iterable[Mapping[str, Any]],
    published: PublishedNumbers,
) -> dict[str, Any]:
    """The limits of one channel by the paper's method: the first derived one, and nominal."""
    own = [record for record in records if record["is_paper_method"]]
    number = published.find("upper_limit_branching_fraction", channel=channel)
    found = limits_by_kind(own)
    return {
        "search": of["title"], "channel": of["channels"][channel],
        "published": number.printed_as if number is not None else None,
        **{kind: value and _power_of_ten(value) for kind, value in found.items()},
        "level": next((f"{100 * r['confidence_level']:g}" for r in own), None),
    }


def limits_by_kind(records: Iterable[Mapping[str, Any]]) -> dict[str, float | None]:
    """Limits of a channel by the paper's method: the first `derived` one, and `simulated`, nominal."""
    own = [record for record in records if record["is_paper_method"]]
    return {
        kind: next(
            (r["upper_branching_fraction"] for r in own
             if r["kind"] == kind and (kind == "derived" or r["variant"] == "nominal")), None,
        )
        for kind in ("derived", "simulated")
    }  # fmt: skip


def _power_of_ten(value: float) -> str:
    """Three digits: 2.30 × 10⁻⁹, as papers print limits."""
    mantissa, _, exponent = round_significant(value, 3).partition("e")
    raised = exponent.translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa} × 10{raised}" if exponent else mantissa
