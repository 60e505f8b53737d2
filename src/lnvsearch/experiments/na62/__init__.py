"""NA62: decays in flight of charged kaons, seen by a spectrometer, RICH, calorimeter and vetoes."""

from importlib import import_module

#: Every function of `lnvsearch.experiments.interface.INTERFACE`, and the module that has it.
_HOME = {
    "simulate_sample": "chain",
    "write_events": "event_files",
    "read_events": "event_files",
    "select_sample": "selection.counting",
    "tabulate_sample": "selection.counting",
    "select_data": "selection.recorded",
    "estimate_backgrounds": "estimates",
    "compute_systematics": "systematics",
    "warm_up": "compilation",
    "describe_data": "data_description",
    "TELLING_BRANCH": "data_description",
    # Steps that the rules name, beyond those that every experiment has.
    "map_identification": "steps.map_identification",
    "map_plane": "steps.map_plane",
    "calibrate_acceptance": "steps.calibrate_acceptance",
    "compute_sensitivity": "steps.compute_sensitivity",
    "normalise_data": "steps.normalise_data",
    "estimate_from_control_samples": "steps.estimate_from_control_samples",
    "recast_search": "steps.recast_search",
    "recast_decays": "steps.recast_decays",
    "validate_simulation": "steps.validate_simulation",
    "close_identification": "steps.close_identification",
    # Events as pictures: of the workflow, and of `lnvsearch show`.
    "draw_event": "publication.figures.event_display",
    "first_candidate": "publication.figures.event_display",
    "pick_event": "publication.figures.event_display",
    "read_event": "publication.figures.event_display",
    "could_be_signal": "publication.figures.event_display",
    "is_simulated": "publication.figures.event_display",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    # A job imports what it calls and nothing else.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
