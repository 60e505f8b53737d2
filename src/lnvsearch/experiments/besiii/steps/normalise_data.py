"""Parents, background and sensitivity of the user's own events."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from lnvsearch.experiments.besiii.data_files import iterate_data
from lnvsearch.experiments.besiii.events import COVARIANCE_ELEMENTS, RecordedEvents
from lnvsearch.experiments.besiii.selection.continuum import OffResonance, continuum_events
from lnvsearch.files import read_json
from lnvsearch.selection.cutflow import ALL_CUTS
from lnvsearch.selection.mass_regions import bound_of_none
from lnvsearch.tables import find_rows, read_csv

__all__ = ["normalise_data", "scaled_to_resonance"]


def normalise_data(inputs: Mapping, settings: Mapping) -> dict:
    """The record `sensitivity` of the user's own events.

    `inputs`: files `acceptance`, `systematics`, `background`, and a list `off_resonance` where there are some.
    `settings`: `limit` (of the channel), `own` {n_parents, luminosity_per_pb, energy_gev,
    off_resonance: [{energy_gev, luminosity_per_pb}]}, `selection`, and `names` of tree and branches.
    """
    own, limit = settings["own"], settings["limit"]
    observed = [
        _events_left(path, point["energy_gev"], settings)
        for path, point in zip(inputs.get("off_resonance", ()), own["off_resonance"], strict=True)
    ]
    record = _background(read_json(inputs["background"]), own, limit["n_parents"], observed)
    total = find_rows(read_csv(inputs["systematics"]), source="total")[0]
    simulated = find_rows(
        read_csv(inputs["acceptance"]), sample=limit["efficiency_sample"], variation="nominal",
        region=ALL_CUTS,
    )[0]["acceptance"]  # fmt: skip
    published = limit["efficiency"]
    parents = own["n_parents"]
    of_parents = parents["sigma"] / parents["mean"]
    efficiency, sensitivity = {}, {}
    for variant, mean, percent in (
        ("published_efficiency", published["mean"], published["relative_sigma_percent"]),
        ("simulated_efficiency", simulated, total["relative_uncertainty_percent"]),
    ):  # fmt: skip
        relative = math.hypot(percent / 100.0, of_parents)
        efficiency[variant] = {"mean": mean, "sigma": relative * mean}
        if mean > 0.0:
            one = 1.0 / (parents["mean"] * mean)
            sensitivity[variant] = {"mean": one, "sigma": relative * one}
    return {"sensitivity": {
        "n_parents": parents, "efficiency": efficiency, "single_event_sensitivity": sensitivity,
        **record,
    }}  # fmt: skip


def _background(
    simulated: Mapping, own: Mapping, published_parents: float, observed: Sequence[int]
) -> dict:
    """Exclusive decays of as many parents, and the continuum: the user's own, where it was measured."""
    exposure = own["n_parents"]["mean"] / published_parents
    continuum = exposure * simulated["continuum_events"]
    if observed:
        points = [OffResonance(**point, observed=n)
                  for point, n in zip(own["off_resonance"], observed, strict=True)]  # fmt: skip
        place = {name: own[name] for name in ("luminosity_per_pb", "energy_gev")}
        continuum = continuum_events(points, **place)
        # Of a Poisson count of several points, scaled as one sample.
        spread = continuum / math.sqrt(sum(observed)) if sum(observed) else 0.0
        one = continuum_events([replace(points[0], observed=1), *(replace(p, observed=0) for p in points[1:])],
                               **place)  # fmt: skip
        bound = None if sum(observed) else bound_of_none(one)
    else:
        spread, bound = 0.0, None
    return {
        "exposure": exposure,
        "off_resonance_observed": list(observed),
        "continuum_events": continuum,
        "continuum_upper_limit_90": bound,
        "continuum_from": "own files" if observed else "published count",
        "background_events": exposure * simulated["cocktail_events"] + continuum,
        "background_events_uncertainty": math.hypot(
            exposure * simulated["cocktail_events_uncertainty"], spread
        ),
        "background_left_out": exposure * (simulated.get("background_left_out") or 0.0),
    }


def _events_left(path: str | Path, energy_gev: float, settings: Mapping) -> int:
    """Events of a file off resonance that pass all cuts, their momenta scaled to the resonance."""
    from lnvsearch.experiments.besiii.selection.sample import select_chunks
    from lnvsearch.experiments.besiii.selection.state import Selection

    selection = Selection.of_decays(**settings["selection"])
    factor = settings["own"]["energy_gev"] / energy_gev
    chunks = ({"data": scaled_to_resonance(chunk, factor)}
              for chunk in iterate_data(path, **settings["names"]))  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        flows = select_chunks(chunks, {"data": ("data", selection)}, Path(folder) / "candidates.root")
        return sum(one["data"].events_out[-1] for one in flows)


def scaled_to_resonance(events: RecordedEvents, factor: float) -> RecordedEvents:
    """The same events with momenta and energies times a factor: kappa and its covariances over it."""
    track = dict(events.track)
    track["kappa"] = track["kappa"] / factor
    track["emc_energy"] = track["emc_energy"] * factor
    for name in COVARIANCE_ELEMENTS:
        if power := name.count("kappa"):
            track[name] = track[name] / factor**power
    return replace(events, track=track)
