"""The one free scalar of the detector, from the one published efficiency."""

from __future__ import annotations

from lnvsearch.experiments.besiii.chain import EVENTS_PER_CHUNK, Simulation, generate
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.selection.kkee import select
from lnvsearch.experiments.besiii.selection.state import Selection
from lnvsearch.selection.cutflow import binomial_uncertainty
from lnvsearch.systematics import Calibration, calibrate_scalar

__all__ = ["calibrate_response", "trials_table"]


def calibrate_response(
    settings: Simulation,
    selection: Selection,
    n_events: int,
    *,
    base_seed: int,
    sample: str,
    parameter: str,
    target: float,
    minimum: float,
    maximum: float,
) -> Calibration:
    """Find the value of one number of the response at which the efficiency is `target`.

    `parameter`: `section.key` of the response, between `minimum` and `maximum`.  All trials see
    the same generated events and the same random numbers.
    Raises ValueError as `calibrate_scalar` does.
    """
    events = generate(settings.generation, n_events, base_seed=base_seed, sample=sample)

    def efficiency_of(scalar: float) -> float:
        response = settings.response.with_values({parameter: scalar})
        selected = 0
        for chunk in events.chunks(EVENTS_PER_CHUNK):
            _, flow = select(
                simulate(chunk, response, base_seed=base_seed, sample=sample), selection
            )
            selected += flow.events_out[-1]
        return selected / n_events

    return calibrate_scalar(efficiency_of, target, minimum, maximum)


def trials_table(found: Calibration, name: str, n_events: int) -> dict[str, list]:
    """All trials of a calibration with `n_events` events: the scalar, under `name`, and efficiency."""
    return {
        name: [scalar for scalar, _ in found.trials],
        "efficiency": [efficiency for _, efficiency in found.trials],
        "efficiency_uncertainty": [
            binomial_uncertainty(efficiency * n_events, n_events)
            for _, efficiency in found.trials
        ],
    }
