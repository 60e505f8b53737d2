"""Where a limit method holds the true signal less often than it promises.

A coverage table has the columns `paper, channel, method, true_signal, coverage, nominal`: the true
signal in expected signal events (produced events times efficiency), the probability that the
interval or limit holds it, and the level that the method promises.  A further column
`coverage_uncertainty`, the standard error where auxiliary measurements were drawn, may be there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lnvsearch.tables import Table, table_from_rows, table_rows

__all__ = [
    "COLUMNS",
    "HEADINGS",
    "SHORT",
    "UNDERCOVERAGE_COLUMNS",
    "Curve",
    "coverage_curves",
    "is_undercovered",
    "undercoverage",
]

COLUMNS = ("paper", "channel", "method", "true_signal", "coverage", "nominal")
UNDERCOVERAGE_COLUMNS = (
    "paper",
    "channel",
    "method",
    "nominal",
    "lowest_coverage",
    "true_signal_at_lowest",
    "undercovered_from",
    "undercovered_to",
    "undercovered_ranges",
    "undercovered_percent",
    "scanned_to",
)
HEADINGS = {
    "nominal": "Promised", "true_signal_at_lowest": "at a true signal of",
    "undercovered_from": "Less than promised from", "undercovered_to": "to",
    "undercovered_ranges": "Ranges", "undercovered_percent": "Share of the scan (%)",
    "scanned_to": "Scanned to",
}  # fmt: skip
#: Columns of the short version.
SHORT = ("channel", "method", "nominal", "lowest_coverage", "true_signal_at_lowest",
         "undercovered_from", "undercovered_to", "undercovered_percent")
# A coverage summed from probabilities is exact to about 1e-12 times the number of counts.
_ROUNDING = 1e-9
# A drawn coverage fluctuates: it is below nominal if it is by more than this many standard errors.
_STANDARD_ERRORS = 2.0

Curve = list[dict[str, Any]]


def coverage_curves(table: Table) -> dict[tuple[str, str, str], Curve]:
    """Return the rows of each (paper, channel, method), by ascending true signal.

    Raises ValueError if a column is missing, the table is empty, a coverage or nominal level is no
    probability, a signal is negative, or a curve has a single signal, one signal twice, or two
    nominal levels.
    """
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise ValueError(f"the coverage table lacks {missing}; its columns are {list(COLUMNS)}")
    rows = table_rows(table)
    if not rows:
        raise ValueError("the coverage table has no rows; it must have at least one")
    curves: dict[tuple[str, str, str], Curve] = {}
    for row in rows:
        for name, highest in (("coverage", 1.0), ("nominal", 1.0), ("true_signal", math.inf)):
            if row[name] is None or not 0.0 <= row[name] <= highest:
                raise ValueError(
                    f"{name} must be between 0 and {highest:g}; got {row[name]!r} in {row}"
                )
        curves.setdefault((row["paper"], row["channel"], row["method"]), []).append(row)
    for key, curve in curves.items():
        curve.sort(key=lambda row: row["true_signal"])
        if len({row["true_signal"] for row in curve}) < max(len(curve), 2):
            raise ValueError(
                f"the coverage of {key} must have at least two values of true_signal, each once"
            )
        if len({row["nominal"] for row in curve}) > 1:
            raise ValueError(f"the coverage of {key} has several nominal levels; it must have one")
    return curves


def is_undercovered(row: Mapping[str, Any]) -> bool:
    """Tell whether the coverage is below nominal, by more than it fluctuates if it was drawn."""
    margin = _STANDARD_ERRORS * (row.get("coverage_uncertainty") or 0.0)
    return row["coverage"] < row["nominal"] - max(margin, _ROUNDING)


def undercoverage(table: Table) -> dict[str, list[str]]:
    """Return for each channel and method the lowest coverage and where the method under-covers.

    One row a (paper, channel, method), in the order of the table; cells are text, signals are
    expected signal events.  `undercovered_from` and `undercovered_to` are the first and the last
    scanned signal that is covered less than nominal, `undercovered_ranges` the number of unbroken
    runs of such signals between them, and `undercovered_percent` their share of all scanned ones,
    which reach to `scanned_to`.  Where a method never under-covers the first two are empty.  See
    `coverage_curves` for the columns of `table` and the errors.
    """
    lines = []
    for (paper, channel, method), curve in coverage_curves(table).items():
        below = [is_undercovered(row) for row in curve]
        signals = [row["true_signal"] for row in curve]
        under = [signal for signal, is_below in zip(signals, below, strict=True) if is_below]
        before = [False, *below[:-1]]
        starts = [now and not was for now, was in zip(below, before, strict=True)]
        lowest = min(curve, key=lambda row: row["coverage"])
        lines.append({
            "paper": paper,
            "channel": channel,
            "method": method,
            "nominal": f"{lowest['nominal']:.6g}",
            "lowest_coverage": f"{lowest['coverage']:.4f}",
            "true_signal_at_lowest": f"{lowest['true_signal']:.4g}",
            "undercovered_from": f"{under[0]:.4g}" if under else "",
            "undercovered_to": f"{under[-1]:.4g}" if under else "",
            "undercovered_ranges": str(sum(starts)),
            "undercovered_percent": f"{100 * len(under) / len(curve):.1f}",
            "scanned_to": f"{signals[-1]:.4g}",
        })
    return table_from_rows(lines, UNDERCOVERAGE_COLUMNS)
