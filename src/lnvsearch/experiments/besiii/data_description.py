"""What a file of recorded events holds, in words that reveal nothing of a closed window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from lnvsearch.event_files import named_tree, open_event_file
from lnvsearch.experiments.besiii.data_files import iterate_data

__all__ = ["TELLING_BRANCH", "describe_data"]

#: A branch that no other experiment's files have.
TELLING_BRANCH = "track_kappa"

_MEASUREMENTS = {"dedx": "dE/dx", "tof": "time of flight", "emc": "deviations of showers"}


def describe_data(
    path: str | Path, *, tree_name: str = "Events", branches: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Lines on a file that passed all checks of `iterate_data`, whose EventFileError it raises."""
    there, most = set(), 0
    for events in iterate_data(path, tree_name=tree_name, branches=branches):
        most = max(most, int(np.diff(events.track_offsets).max()))
        there |= {name for name in _MEASUREMENTS if np.any(np.isfinite(events.track[f"{name}_chi_kaon"]))}
    yield "format: tracks with covariances at BESIII (docs/events.md), all required branches there"
    yield "units: momenta and energies in GeV, lengths in cm, angles in rad: medians are where they can be"
    yield f"events: each is there once, with a weight of 1 and at most {most} tracks; charges agree with kappa"
    for name, words in _MEASUREMENTS.items():
        if name not in there:
            yield f"{words}: not there for any track; confidence levels do without"
    yield "identification: " + (", ".join(_MEASUREMENTS[name] for name in _MEASUREMENTS if name in there) or "none")
    with open_event_file(path) as file:
        has_truth = "truth_pdg_id" in named_tree(path, file[tree_name], branches or {})
    yield f"truth: {'there; a search of data does not look at it' if has_truth else 'none'}"
