"""The simulated backgrounds of the NA62 searches by the names that the papers print.

A background table has the columns `sample, label, role, variation, selection, region,
expected_events, statistical_uncertainty, systematic_uncertainty, effective_events`, one row a sample
and region.  A sample is called after its process, `bkg_k3pi`; what it is for stands in `role`.
Where no simulated event is left, the statistical uncertainty is what one event might have counted
(the largest weight of the events nearest in mass): no measurement of zero but, times -ln(1 - CL), an
upper bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.publication.rounding import round_significant, with_uncertainty
from lnvsearch.selection.mass_regions import bound_of_none
from lnvsearch.tables import Table, table_rows

__all__ = [
    "Background",
    "background_of",
    "combined",
    "is_background",
    "is_in_no_sum",
    "lower_region_factors",
    "of_normalisation",
    "outside_signal",
    "process_background",
    "process_of",
    "processes_of",
    "simulated_cells",
    "total_background",
    "with_pileup",
    "with_process",
]

# Share of a region's events below which a difference is rounding of floating point.
_NOTHING = 1e-9
# A process that is simulated in more than one sample.
_PARTS = {"pipi0_dalitz_gamma": ("pipi0_dalitz_gamma", "pipi0_dalitz_gamma_soft")}
# What a sample of a process can be for: one in no sum, and the normalisation decay, too.
_ROLES = ("background", "control", "normalisation")

# One region by two names: what lies below the masked one.
_REGION_NAMES = {"lower": ("lower", "control"), "control": ("control", "lower")}


@dataclass(frozen=True)
class Background:
    """Expected events with uncertainties, and how many unweighted events would be as precise.

    `left_out`: of a sum, upper bound at 90 % confidence level on the parts of which no event is left.
    """

    events: float
    statistical: float
    systematic: float
    effective_events: float
    left_out: float = 0.0

    @property
    def sigma(self) -> float:
        return math.hypot(self.statistical, self.systematic)

    @property
    def is_empty(self) -> bool:
        """Whether no simulated event is behind it: then it is no measurement of zero."""
        return self.events == 0.0

    @property
    def upper_bound(self) -> float:
        """Where no event is left: upper bound on the expected events, at 90 % confidence level.

        As many as would leave none in one of ten simulations, each of the weight that one event
        might have had.
        """
        return bound_of_none(self.statistical)

    def scaled(self, factor: float, relative_sigma: float = 0.0) -> Background:
        """Return this times a factor whose relative uncertainty joins the statistical one."""
        return Background(
            factor * self.events,
            factor * math.hypot(self.statistical, self.events * relative_sigma),
            factor * self.systematic,
            self.effective_events,
            factor * self.left_out,
        )


def simulated_cells(
    background: Background | None, *, with_systematic: bool = False
) -> dict[str, str]:
    """Return the cells `simulated` and `effective_events`; nothing where none was simulated.

    A background of which no event is left has an upper bound at 90 % confidence level; so has a part
    of a sum, which says so: "0.07 ± 0.04 and < 2800".
    """
    if background is None:
        return {}
    if background.is_empty:
        bound = round_significant(background.upper_bound, 2)
        return {"simulated": f"< {bound}", "effective_events": "0"}
    sigma = background.sigma if with_systematic else background.statistical
    text = with_uncertainty(background.events, sigma)
    if background.left_out:
        text += f" and < {round_significant(background.left_out, 2)}"
    return {"simulated": text, "effective_events": f"{background.effective_events:.0f}"}


def combined(parts: Iterable[Background]) -> Background:
    """Add backgrounds: statistical uncertainties in quadrature, systematic ones linearly.

    Parts of which no event is left measure nothing: the largest of their upper bounds holds for all
    of them together, and stays with the sum.
    """
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    empty = [part for part in parts if part.is_empty]
    parts = [part for part in parts if not part.is_empty]
    if not parts:
        return max(empty, key=lambda part: part.statistical)
    left_out = max(*(part.left_out for part in parts), *(part.upper_bound for part in empty), 0.0)
    events = math.fsum(part.events for part in parts)
    squared = math.fsum(_squared_weights(part) for part in parts)
    return Background(
        events,
        math.hypot(*(part.statistical for part in parts)),
        math.fsum(part.systematic for part in parts),
        events**2 / squared if squared > 0 else 0.0,
        left_out,
    )


def background_of(table: Table, sample: str, selection: str, region: str) -> Background | None:
    """Return the nominal background of one sample, None where the table has no such row."""
    found = _rows(table, selection, region, "nominal")
    return next((_background(row) for row in found if row["sample"] == sample), None)


def process_background(
    table: Table, process: str, selection: str, region: str, variation: str = "nominal"
) -> Background | None:
    """Return the background of a printed process; None unless all its parts were simulated."""
    parts = []
    for name in _PARTS.get(process, (process,)):
        found = [
            row for row in _rows(table, selection, region, variation)
            if row["role"] in _ROLES and process_of(row["sample"]) == name
        ]
        if not found:
            return None
        parts.append(_background(min(found, key=lambda row: _ROLES.index(row["role"]))))
    return combined(parts)


def is_in_no_sum(table: Table, process: str) -> bool:
    """Whether a process was simulated as a control: shown, and in no sum."""
    roles = {
        role for sample, role in zip(table["sample"], table["role"], strict=True)
        if process_of(sample) == process
    }
    return "control" in roles and "background" not in roles


def processes_of(table: Table) -> list[str]:
    """Return the processes that have background samples in a table."""
    further = {part for process, parts in _PARTS.items() for part in parts if part != process}
    names = dict.fromkeys(
        process_of(sample) for sample, role in zip(table["sample"], table["role"], strict=True)
        if role == "background"
    )
    return [name for name in names if name not in further]


def total_background(
    table: Table, selection: str, region: str, variation: str = "nominal"
) -> Background | None:
    """Return the sum over all background decays, those that the paper does not list included.

    Under a variation, samples that do not have it keep their nominal value; None if none has it.
    The normalisation channel is no background in its own selections; in the others it is.
    Control samples and pileup, which is not simulated, are left out.  Samples of which no event is
    left add their upper bound (`left_out`).
    """
    varied, nominal = (_backgrounds(table, selection, region, name) for name in (variation, "nominal"))
    if not varied:
        return None
    return combined((nominal | varied).values())


def varied_share(table: Table, selection: str, region: str, variation: str) -> float:
    """Return what part of the nominal total are decays that a variation was simulated for."""
    varied, nominal = (_backgrounds(table, selection, region, name) for name in (variation, "nominal"))
    total = sum(one.events for one in nominal.values())
    return sum(one.events for name, one in nominal.items() if name in varied) / total if total else 0.0


def _backgrounds(
    table: Table, selection: str, region: str, variation: str
) -> dict[str, Background]:
    """The decays of a total, by sample."""
    is_own = of_normalisation(table, selection)
    return {
        row["sample"]: _background(row)
        for row in _rows(table, selection, region, variation)
        if is_background(row["role"], is_own)
    }


def with_pileup(total: Background, table: Table, selection: str, region: str) -> Background | None:
    """Return a total of decays with the derived pileup of the region; None if the table has none.

    The paper's total has it; it is from the paper's own arithmetic and not simulated.
    """
    pileup = background_of(table, "pileup", selection, region)
    return None if pileup is None else combined([total, pileup])


def with_process(
    total: Background, table: Table, process: str, selection: str, region: str, variation: str
) -> Background | None:
    """Return a total plus a process that is not part of the sum; None if no event of it was simulated.

    Under a variation that the process does not have it keeps its nominal value.
    """
    found = process_background(table, process, selection, region, variation)
    if found is None:
        found = process_background(table, process, selection, region)
    if found is None or found.is_empty:
        return None
    return combined([part for part in (total, found) if not part.is_empty])


def outside_signal(whole: Background, signal: Background) -> Background:
    """Return what a region holds outside the signal region, whose events are among its own.

    Where none is left outside, the bound is that of the region (or of what it has in the signal's).
    """
    events = whole.events - signal.events
    if events <= _NOTHING * whole.events:
        return Background(0.0, whole.statistical, 0.0, 0.0, whole.left_out)
    # Sums of squared weights are differences too.
    squared = _squared_weights(whole) - _squared_weights(signal)
    return Background(
        events,
        math.sqrt(max(whole.statistical**2 - signal.statistical**2, 0.0)),
        abs(whole.systematic - signal.systematic),
        events**2 / squared if squared > 0 else 0.0,
        whole.left_out,
    )


def _squared_weights(background: Background) -> float:
    if background.effective_events <= 0:
        return 0.0
    return background.events**2 / background.effective_events


def lower_region_factors(
    table: Table, published: PublishedNumbers, channel: str
) -> dict[str, tuple[float, float]]:
    """Return {process: (published/simulated below the masked region, relative uncertainty)}.

    For processes with a printed number there.  The uncertainty is the simulation's statistical one
    and the rounding of the print; it is the shape in mass that is then left to test.
    """
    factors = {}
    for process in processes_of(table):
        number = published.find(f"background_{process}_lower_region_events", channel=channel)
        simulated = process_background(table, process, "lnv", "lower")
        if number is None or simulated is None or simulated.is_empty:
            continue
        rounding = number.resolution / math.sqrt(12.0) / number.value
        relative = math.hypot(rounding, simulated.statistical / simulated.events)
        factors[process] = (number.value / simulated.events, relative)
    return factors


def is_background(role: str, is_own: bool) -> bool:
    """Whether a sample of this role counts; `is_own`: in a selection of the normalisation channel."""
    return role == "background" or (role == "normalisation" and not is_own)


def of_normalisation(table: Table, selection: str) -> bool:
    """Whether a selection is one of the normalisation channel: it has the region of this name."""
    return (selection, "normalisation") in zip(table["selection"], table["region"], strict=True)


def process_of(sample: str) -> str:
    """The process that a sample is called after: `k3pi` of `bkg_k3pi`."""
    return sample.partition("_")[2]


def _rows(table: Table, selection: str, region: str, variation: str) -> list[dict[str, Any]]:
    """Rows of a selection and region, by the region's first name that the table has."""
    of_selection = [
        row
        for row in table_rows(table)
        if row["selection"] == selection and row["variation"] == variation
        and row["expected_events"] is not None
    ]
    for name in _REGION_NAMES.get(region, (region,)):
        found = [row for row in of_selection if row["region"] == name]
        if found:
            return found
    return []


def _background(row: Mapping[str, Any]) -> Background:
    return Background(
        float(row["expected_events"]),
        float(row["statistical_uncertainty"] or 0.0),
        float(row["systematic_uncertainty"] or 0.0),
        float(row["effective_events"] or 0.0),
    )
