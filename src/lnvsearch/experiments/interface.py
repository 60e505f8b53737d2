"""The face that every experiment has, and how it is found by its name.

It is what the rules of the workflow ask of an experiment, whatever the detector: functions of its
package, served on first use, so that a job imports what it calls and nothing else.
`docs/adding-an-experiment.md` walks through the smallest one.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

__all__ = ["INTERFACE", "ExperimentError", "load_experiment"]

#: The functions of every experiment.  Settings are mappings of plain values, of which only the
#: experiment knows the keys; tables are mappings from column to cells.  Settings of a sample come by
#: variation: simulated together are variations that share the decays, selected together those
#: and all that share their events.  A chunk maps variations to recorded events; one may hold
#: all variations or some.  Counts of a sample's parts are kept by pickle.
INTERFACE = {
    "simulate_sample": "(settings, n_events, *, base_seed, sample, part): chunks of recorded events",
    "write_events": "(path, chunks): a file of them",
    "read_events": "(path, variations): the chunks of such a file",
    "select_sample": "(chunks, settings, maps, candidates): a list of counts, chunk by chunk",
    "tabulate_sample": "(counts, settings, *, sample): SAMPLE_COLUMNS' tables",
    "select_data": "(events, settings, candidates): DATA_COLUMNS' tables of a user's own events",
    "estimate_backgrounds": "(inputs, settings): tables `background` and `spectra`, record `total`",
    "compute_systematics": "(inputs, settings): table `systematics`",
    "warm_up": "(settings): compile every kernel by sending a few events through",
}


class ExperimentError(ValueError):
    """An experiment's folder that cannot be used; the message names folder and fix."""


def load_experiment(name: str) -> ModuleType:
    """The experiment's package, with the functions of INTERFACE.

    Raises ExperimentError where there is no such folder, or a function of INTERFACE is missing.

    >>> load_experiment("besiii").simulate_sample.__name__
    'simulate_sample'
    """
    if find_spec(f"lnvsearch.experiments.{name}") is None:
        raise ExperimentError(f"lnvsearch/experiments/{name}: no such folder; add the experiment")
    package = import_module(f"lnvsearch.experiments.{name}")
    for function, purpose in INTERFACE.items():
        if function not in getattr(package, "__all__", ()):
            raise ExperimentError(
                f"lnvsearch/experiments/{name}/__init__.py: no `{function}` in __all__; write "
                f"{function}{purpose}"
            )
    return package
