"""What a file of recorded events holds, in words that reveal nothing of a closed region."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from lnvsearch.event_files import named_tree, open_event_file
from lnvsearch.experiments.na62.event_files import iterate_data

__all__ = ["TELLING_BRANCH", "describe_data"]

#: A branch that no other experiment's files have.
TELLING_BRANCH = "track_momentum_gev"


def describe_data(
    path: str | Path, *, tree_name: str = "Events", branches: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Lines on a file that passed all checks of `iterate_data`, whose EventFileError it raises."""
    has_rich, has_clusters, has_muons, has_veto, most = False, False, False, False, 0
    for events in iterate_data(path, tree_name=tree_name, branches=branches):
        there = events.track["charge"] != 0
        most = max(most, int(there.sum(axis=1).max()))
        if "rich_positron" in events.track:
            has_rich |= bool(np.any(events.track["rich_positron"][there] >= 0))
        has_clusters |= bool(np.any(events.cluster["energy_gev"] > 0.0))
        has_muons |= bool(np.any(events.track["muv3_tile"][there] >= 0))
        has_veto |= bool(np.any(events.event["lav_energy_gev"] > 0.0))
    yield "format: three-track events in NA62's spectrometer (docs/kaon_events.md), all required branches there"
    yield "units: momenta and energies in GeV, positions in m: medians are where they can be"
    yield f"events: each is there once, with a weight of 1 and 3 to {most} tracks"
    held = {"E/p": True, "the muon detector": has_muons, "the RICH": has_rich, "photon clusters": has_clusters,
            "the large-angle veto": has_veto}  # fmt: skip
    yield "identification: " + ", ".join(name for name, is_there in held.items() if is_there) + (
        "".join(f"; nothing of {name}" for name, is_there in held.items() if not is_there)
    )
    yield "times and trigger: not in the format; conditions on them are the maker's of the file"
    with open_event_file(path) as file:
        has_truth = "track_true_pdg_id" in named_tree(path, file[tree_name], branches or {})
    yield f"truth: {'there; a search of data does not look at it' if has_truth else 'none'}"
