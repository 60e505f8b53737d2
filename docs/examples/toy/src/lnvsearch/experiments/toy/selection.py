"""The selection: one cut, on the mass of the two tracks together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lnvsearch.event_files import tree_file
from lnvsearch.experiments.toy.events import iterate_tracks
from lnvsearch.particles import mass_gev
from lnvsearch.reconstruction.four_vectors import invariant_mass_gev
from lnvsearch.selection.cutflow import ALL_CUTS, CutFlow, apply_cuts
from lnvsearch.selection.sample_tables import counted, joined

__all__ = ["CUTS", "pair_mass_gev", "select_data", "select_sample", "tabulate_sample"]


def mass_window(
    mass: np.ndarray, alive: np.ndarray, *, minimum_gev: float, maximum_gev: float
) -> np.ndarray:
    """Both tracks are found, and their mass lies in the window."""
    return (mass > minimum_gev) & (mass < maximum_gev)


CUTS = {"mass_window": mass_window}


def pair_mass_gev(tracks_gev: np.ndarray, final_state: Sequence[str]) -> np.ndarray:
    """Mass (n,) of two tracks, (n, 2, 3), with the masses of the particles that they should be."""
    masses = np.array([mass_gev(name) for name in final_state])
    energy = np.sqrt(np.sum(tracks_gev**2, axis=-1) + masses**2)
    return invariant_mass_gev(np.sum(np.concatenate([tracks_gev, energy[..., None]], -1), axis=1))


def select_sample(
    chunks: Iterable[Mapping[str, np.ndarray]],
    settings: Mapping[str, Mapping],
    maps: Sequence[str],
    candidates: str | Path,
) -> list[dict[str, CutFlow]]:
    """Select simulated events; what the cuts leave of each chunk, by variation.

    `settings`: by variation, whose `events` it selects, the `cuts` and the `final_state`.  The
    masses selected by the first go to `candidates`.
    """
    flows: list[dict[str, CutFlow]] = []
    with tree_file(candidates) as write:
        for parts in chunks:
            flows.append({})
            for name, one in settings.items():
                if one["events"] not in parts:
                    continue
                tracks = parts[one["events"]]
                mass, total = pair_mass_gev(tracks, one["final_state"]), len(tracks)
                passes, flows[-1][name] = apply_cuts(one["cuts"], CUTS, mass, total, total)
                if name == next(iter(settings)):
                    write("Candidates", {"mass_gev": mass[np.all([*passes.values()], axis=0)]})
    return flows


def tabulate_sample(
    counts: Sequence[Mapping[str, CutFlow]], settings: Mapping[str, Mapping], *, sample: str
) -> dict[str, dict[str, list]]:
    """The tables `cutflow` and `acceptance`; `settings`: by variation, the `channel`."""
    return joined(
        counted(
            flow, {ALL_CUTS: flow.events_out[-1]}, channel=settings[name]["channel"],
            selection="signal", sample=sample, variation=name,
        )
        for name, flow in ((name, _merged(counts, name)) for name in settings)
    )  # fmt: skip


def _merged(counts: Sequence[Mapping[str, CutFlow]], variation: str) -> CutFlow:
    flows = [chunk[variation] for chunk in counts if variation in chunk]
    return CutFlow.merged(flows, sum(flow.n_generated for flow in flows))


def select_data(
    events: str | Path, settings: Mapping, candidates: str | Path
) -> dict[str, dict[str, list]]:
    """Select a file of a user's own events; tables `cutflow` and `counts`.

    Nothing is selected, and no count given, before the user opens the signal window.
    """
    names = {"channel": settings["channel"], "selection": "signal"}
    counts = {**{name: [value] for name, value in names.items()}, "region": ["signal"]}
    if not settings["is_unblinded"]:
        with tree_file(candidates):
            return {"counts": {**counts, "events": [None]}}
    chunks = ({"data": tracks} for tracks in iterate_tracks(events))
    flows = select_sample(chunks, {"data": {**settings, "events": "data"}}, [], candidates)
    flow = _merged(flows, "data")
    cutflow = counted(flow, {}, **names, sample="data", variation="nominal")["cutflow"]
    return {"cutflow": cutflow, "counts": {**counts, "events": [flow.events_out[-1]]}}
