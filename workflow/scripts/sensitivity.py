"""Single-event sensitivities of a limit's settings: as printed, and from the published inputs."""

from __future__ import annotations

from collections.abc import Mapping


def printed_sensitivity(limit: Mapping) -> tuple[float, float]:
    """Mean and uncertainty of the single-event sensitivity that the paper prints."""
    printed = limit["single_event_sensitivity"]
    return printed["mean"], printed["sigma"]


def recomputed_sensitivity(limit: Mapping) -> tuple[float, float]:
    """Mean and total uncertainty of the single-event sensitivity from its published inputs."""
    sensitivity = recomputed(limit["recomputation"])[1]
    return sensitivity.mean, sensitivity.sigma


def recomputed(inputs: Mapping):
    """The number of decays and the single-event sensitivity, with uncertainties by origin.

    `inputs` is `recomputation` of a limit's settings.
    """
    from lnvsearch.sensitivity import Estimate, number_of_decays, single_event_sensitivity

    def external(name):
        return Estimate(inputs[name]["mean"], external=inputs[name]["sigma"])

    def systematic(name):
        return Estimate(inputs[name]["mean"], systematic=inputs[name]["sigma"])

    decays = number_of_decays(
        inputs["candidates"],
        inputs["contamination"],
        external("normalisation_branching_fraction"),
        systematic("normalisation_acceptance"),
    )
    further = "further_branching_fraction"
    sensitivity = single_event_sensitivity(
        decays,
        systematic("signal_acceptance"),
        external(further) if further in inputs else None,
    )
    return decays, sensitivity
