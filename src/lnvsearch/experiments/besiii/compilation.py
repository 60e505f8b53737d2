"""Every kernel compiled, by a few events through the whole chain."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.besiii.chain import Simulation, simulate
from lnvsearch.experiments.besiii.selection.kkee import select
from lnvsearch.experiments.besiii.selection.state import Selection

__all__ = ["warm_up"]


def warm_up(settings: Mapping) -> None:
    """Generate, record and select a few events; `settings`: `simulation` and `selection`."""
    simulation = Simulation.from_mapping(settings["simulation"])
    recorded = next(simulate(simulation, 2000, base_seed=0, sample="warm_up"))
    select(recorded, Selection.of_decays(**settings["selection"]))
