"""The one free scalar of the detector, from the one published efficiency."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.experiments.besiii import calibration
from lnvsearch.experiments.besiii.chain import Simulation
from lnvsearch.experiments.besiii.selection.state import Selection
from lnvsearch.selection.cutflow import binomial_uncertainty
from lnvsearch.systematics import calibration_record

__all__ = ["calibrate_response"]


def calibrate_response(inputs: Mapping, settings: Mapping) -> dict:
    """The `overlay` with the scalar, the `record` of how it was found, and all `trials`.

    `settings`: `calibration` {sample, parameter, target, minimum, maximum}, the `simulation` and
    `selection` of its sample, `n_events`, `base_seed`.
    """
    chosen, n_events = settings["calibration"], settings["n_events"]
    section, _, key = chosen["parameter"].partition(".")
    found = calibration.calibrate_response(
        Simulation.from_mapping(settings["simulation"]),
        Selection.of_decays(**settings["selection"]),
        n_events,
        base_seed=settings["base_seed"],
        **{name: chosen[name] for name in ("sample", "parameter", "target", "minimum", "maximum")},
    )
    return {
        "overlay": {"detector": {section: {key: found.value}}},
        "trials": calibration.trials_table(found, key, n_events),
        "record": calibration_record(
            chosen["parameter"],
            {
                "nominal": {
                    "value": found.value,
                    "uncertainty": None,
                    "simulated": found.efficiency,
                    "simulated_uncertainty": binomial_uncertainty(
                        found.efficiency * n_events, n_events
                    ),
                }
            },
            sample=chosen["sample"],
            target=chosen["target"],
            target_source="published efficiency of the phase-space model, section III",
            rule="bisection of the efficiency on one sample, the random streams of which no other "
            "sample uses; everything else stays as published or estimated beforehand",
            outcome=found.outcome,
            allowed=[chosen["minimum"], chosen["maximum"]],
            simulated_at_ends=[found.trials[0][1], found.trials[1][1]],
            events=n_events,
            base_seed=settings["base_seed"],
        ),
    }
