"""What branching fractions of an older table would change of the BESIII search."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lnvsearch.publication import branching_fractions as shared
from lnvsearch.tables import Table, table_rows, text_table

__all__ = ["branching_fractions"]


def branching_fractions(
    pdg: Table, other_fractions: Table, background: Table, limits: Mapping[str, Sequence[Mapping]]
) -> dict[str, list[str]]:
    """Return decays of the cocktail whose branching fraction differs in another table, and the effect.

    `background`: expected events, whose `source` names the PDG's identifiers; `limits`: records by
    channel, of which the simulated nominal one by the paper's method is set again with the other
    background.  The last line takes all other numbers together.
    """
    ((channel, records),) = limits.items()
    record = next(
        r for r in records
        if r["is_paper_method"] and (r["kind"], r["variant"]) == ("simulated", "nominal")
    )
    rows = table_rows(background)
    named = {row["sample"]: re.findall(r"\b[MS]\d+\.\d+\b", row["source"]) for row in rows}
    found = list(shared.differences(
        dict.fromkeys(name for names in named.values() for name in names), pdg, other_fractions, {}
    ))
    lines: list[dict[str, Any]] = []
    used, together = record["background"], 0.0
    for difference in found:
        touched = [row for row in rows if difference.identifier in named[row["sample"]]]
        change = (difference.ratio - 1) * sum(row["expected_events"] for row in touched)
        together += change
        lines.append(shared.line(
            channel, difference, used, used + change,
            shared.limit_ratio(record, used + change) - 1,
            "in " + ", ".join(row["sample"] for row in touched),
        ))
    total = shared.limit_ratio(record, used + together) - 1
    lines.append({
        "channel": channel, "mode": "all of them", "background_used": f"{used:.3g}",
        "background_with_other": f"{used + together:.3g}",
        "limit_change_percent": f"{100 * total:+.2f}",
    })
    return text_table(lines, shared.COLUMNS)
