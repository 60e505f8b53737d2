"""Data in the NA62 spectra: counts of regions that a paper prints, as text, and a user's own events.

The collaboration's events are not public one by one.  Recorded events that a user brings are drawn as
points with sqrt(n) above and below; bins that are still closed, and empty ones, have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch.experiments.na62.publication.numbers import counts_outside_signal
from lnvsearch.publication.published import PublishedNumber, PublishedNumbers
from lnvsearch.tables import Table, find_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DataPoints", "printed_counts", "quote_counts"]

# Counts of data that papers print, by selection: (name, quantity).
_COUNTS = {
    "sm": (("signal region", "normalisation_candidates"),),
    "sm_rich": (("signal region", "control_normalisation_candidates"),),
    "lnv": (
        ("control", "observed_events_control_region"),
        ("lower", "observed_events_lower_region"),
        ("masked", "observed_events_masked_region"),
        ("signal", "observed_events"),
        ("upper", "observed_events_upper_region"),
    ),
}


def printed_counts(
    channel: str, selection: str, published: PublishedNumbers
) -> list[tuple[str, PublishedNumber]]:
    """Return the legible counts that a paper prints of a selection, with their regions' names."""
    return [
        (name, number)
        for name, quantity in _COUNTS.get(selection, ())
        if (number := published.find(quantity, channel=channel)) is not None and number.legible
    ]


def quote_counts(
    axes: Axes, title: str, found: Sequence[tuple[str, PublishedNumber]]
) -> None:
    """Write the panel's name, and the counts of data that the paper prints."""
    text = title
    if found:
        counts = ", ".join(f"{_counted(name, n)} {int(n.value)}" for name, n in found)
        text += f"\nData, as published:\n{counts}"
    axes.text(
        0.035, 0.96, text, transform=axes.transAxes, va="top", ha="left", fontsize=8,
        linespacing=1.25, zorder=6,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.0},
    )


def _counted(name: str, number: PublishedNumber) -> str:
    """Name a region as in the panel; the first paper counts the masked one without the signal."""
    return f"{name} (rest)" if counts_outside_signal(number) else name


class DataPoints:
    """A user's own events in one selection: bins (GeV) and counts, closed bins left out.

    `data`: a table `selection, mass_low_gev, mass_high_gev, events` of one channel, or None.
    """

    LABEL = "Data (user's file)"

    def __init__(self, data: Table | None, selection: str) -> None:
        rows = find_rows(data, selection=selection) if data is not None else []
        rows = [row for row in rows if row["events"] is not None]
        self._selection = selection
        self._low = np.array([row["mass_low_gev"] for row in rows], dtype=float)
        self._high = np.array([row["mass_high_gev"] for row in rows], dtype=float)
        self._events = np.array([row["events"] for row in rows], dtype=int)

    @property
    def highest(self) -> float:
        """Largest count, with its uncertainty; 0 where there are none."""
        largest = float(self._events.max(initial=0))
        return largest + np.sqrt(largest)

    def draw(self, axes: Axes, handles: dict[str, Any]) -> None:
        """Draw a point for every bin with events."""
        filled = self._events > 0
        if not filled.any():
            return
        events = self._events[filled]
        points = axes.errorbar(
            500.0 * (self._low + self._high)[filled], events, np.sqrt(events),
            fmt="o", color="black", markersize=3.0, elinewidth=0.8, zorder=6,
        )
        handles.setdefault(self.LABEL, points)

    def rows(self, channel: str) -> list[Mapping[str, Any]]:
        """Return the numbers drawn, empty bins included."""
        bins = zip(self._low, self._high, self._events, strict=True)
        return [
            {
                "channel": channel, "drawn_as": "data", "selection": self._selection,
                "sample": "data", "label": self.LABEL, "mass_low_gev": round(float(low), 9),
                "mass_high_gev": round(float(high), 9), "data_events": int(events),
            }
            for low, high, events in bins
        ]
