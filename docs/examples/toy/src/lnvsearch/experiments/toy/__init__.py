"""A toy experiment: two charged tracks of a particle that decays at rest."""

from importlib import import_module

#: Every function of `lnvsearch.experiments.interface.INTERFACE`, and the module that has it.
_HOME = {
    "simulate_sample": "simulation",
    "write_events": "events",
    "read_events": "events",
    "select_sample": "selection",
    "tabulate_sample": "selection",
    "select_data": "selection",
    "estimate_backgrounds": "estimates",
    "compute_systematics": "estimates",
    "warm_up": "simulation",
}

__all__ = sorted(_HOME)


def __getattr__(name: str):
    # A job imports what it calls and nothing else.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
