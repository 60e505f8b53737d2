"""Settings of a job, with the values that an earlier job has found."""

from __future__ import annotations


def with_overlays(settings: dict, inputs: dict) -> dict:
    """Settings whose `detector` has the values of the overlay files among the inputs."""
    if not inputs.get("overlay") or not settings.get("is_calibrated", True):
        return settings
    from searches.reading import overlaid, read_yaml

    for path in inputs["overlay"]:
        overlay = read_yaml(path)
        if not isinstance(overlay.get("detector"), dict):
            raise ValueError(f"{path}: no values of a detector; delete it and run again")
        detector = overlaid(settings["detector"], overlay["detector"], path)
        settings = {**settings, "detector": detector}
    return settings


def sample_settings(told_apart: dict, inputs: dict) -> dict:
    """The settings of every variation of a sample's job, whole, with the overlays of the inputs."""
    from searches.differences import whole

    return {name: with_overlays(one, inputs) for name, one in whole(told_apart).items()}


def sample_arguments(snakemake) -> dict:
    """What every job of a sample is given, from the rule's parameters, inputs and wildcards."""
    params = snakemake.params
    return {
        "experiment": params.experiment,
        "simulations": params.simulations,
        "inputs": dict(snakemake.input.items()),
        "n_events": params.n_events,
        "base_seed": params.base_seed,
        "sample": snakemake.wildcards.sample,
    }
