"""Backgrounds from control samples with inverted identification.

A background in which pions pass for muons is estimated from events of the search's own selection
in which the same tracks are identified as pions.  A trigger chain without muons, downscaled by D1,
records them; the search's own chain is downscaled by D2.  A control event counts

    w = (product of the probabilities of misidentification at the tracks' momenta) x D1/D2,

and the estimate is the sum of w (NA62, Phys. Lett. B 797 (2019) 134794, section 3.2).  Here the
control sample is simulated: its size for a number of kaon decays, the estimate that it gives, and
how precise a sample of that size makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lnvsearch.selection.mass_regions import Region, RegionAcceptance, region_acceptances

__all__ = ["TRANSFER_COLUMNS", "ControlEstimate", "ControlTransfer", "control_transfers"]

#: Columns of candidates that a transfer needs.
TRANSFER_COLUMNS = (
    "event_number",
    "mass_gev",
    "weight",
    "weight_without_identification",
    "transfer_probability",
)


@dataclass(frozen=True)
class ControlEstimate:
    """What a control sample is expected to say of a background.

    `control_events`, `events`: of the control sample, and of the background that it implies, each
    with the simulation's statistical uncertainty (of an empty region: what one event more would
    change) and effective events.  `precision`: standard deviation of the estimate from a real
    control sample, whose number of events fluctuates.
    """

    control_events: float
    control_events_uncertainty: float
    events: float
    uncertainty: float
    effective_events: float
    precision: float

    @property
    def weight_per_event(self) -> float | None:
        """Mean weight of a control event; None without any."""
        return self.events / self.control_events if self.control_events > 0 else None


@dataclass(frozen=True)
class ControlTransfer:
    """Shares of the generated decays in one region of mass.

    `control`: recorded in the control sample; `transferred`: the same, each event weighted with its
    probability of misidentification; `squared`: with the square of it.
    """

    control: RegionAcceptance
    transferred: RegionAcceptance
    squared: float

    def expected(self, decays: float, downscaling_ratio: float) -> ControlEstimate:
        """For a number of decays that the search's own chains see, and D1/D2.

        >>> share = RegionAcceptance(0.1, 0.01, 100.0)
        >>> few = RegionAcceptance(0.1 * 0.005, 0.01 * 0.005, 100.0)
        >>> one = ControlTransfer(share, few, 0.1 * 0.005**2).expected(500.0, 50.0)
        >>> round(one.control_events, 9), round(one.events, 9), round(one.precision, 9)
        (1.0, 0.25, 0.25)
        """
        recorded = decays / downscaling_ratio
        return ControlEstimate(
            recorded * self.control.acceptance,
            recorded * self.control.uncertainty,
            decays * self.transferred.acceptance,
            decays * self.transferred.uncertainty,
            self.transferred.effective_events,
            downscaling_ratio * float(np.sqrt(recorded * self.squared)),
        )


def control_transfers(
    candidates: Mapping[str, np.ndarray],
    regions: Mapping[str, Region],
    *,
    sum_weight: float,
    sum_squared_weight: float,
) -> dict[str, ControlTransfer]:
    """The transfer of every region, from candidates of a selection with inverted identification.

    `candidates`: columns TRANSFER_COLUMNS, (r,) each.  The sums are those of the weights of
    all generated events.
    """
    probability = np.asarray(candidates["transfer_probability"])
    sums = {"sum_weight": sum_weight, "sum_squared_weight": sum_squared_weight}
    control, transferred, squared = (
        region_acceptances(
            {**candidates, "weight": np.asarray(candidates["weight"]) * probability**power},
            regions, **sums,
        )
        for power in (0, 1, 2)
    )  # fmt: skip
    return {
        name: ControlTransfer(control[name], transferred[name], squared[name].acceptance)
        for name in regions
    }
