"""BESIII: J/psi decays at rest, with charged tracks, dE/dx, time of flight and a calorimeter."""

from importlib import import_module

#: Every function of `lnvsearch.experiments.interface.INTERFACE`, and the module that has it.
_HOME = {
    "simulate_sample": "chain",
    "write_events": "events",
    "read_events": "events",
    "select_sample": "selection.sample",
    "tabulate_sample": "selection.sample",
    "select_data": "selection.recorded",
    "estimate_backgrounds": "backgrounds",
    "compute_systematics": "systematics",
    "warm_up": "compilation",
    "describe_data": "data_description",
    "TELLING_BRANCH": "data_description",
    # Steps that the rules name, beyond those that every experiment has.
    "map_identification": "steps.map_identification",
    "calibrate_response": "steps.calibrate_response",
    "scan_cut": "steps.scan_cut",
    "compute_efficiencies": "steps.compute_efficiencies",
    "recast_search": "steps.recast_search",
    "normalise_data": "steps.normalise_data",
    "validate_simulation": "steps.validate_simulation",
    # Events as pictures: of the workflow, and of `lnvsearch show`.
    "draw_event": "event_display",
    "first_candidate": "event_display",
    "pick_event": "event_display",
    "read_event": "event_display",
    "could_be_signal": "event_display",
    "is_simulated": "event_display",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    # A job imports what it calls and nothing else.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
