"""A selection of K⁺ → π⁺π⁺π⁻ whose acceptance NA62's analysis package states: a check from outside.

The package (github.com/danecross/PyNA62Analysis, K3piSelection.cc) counts kaons with it.  It asks for
exactly one vertex, tracks in the acceptance of the spectrometer and the pad hodoscope, a total charge
of one, and windows of the vertex' χ² and z, of the total momentum and of the mass.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.na62.chain import simulate
from lnvsearch.experiments.na62.events import SpectrometerEvents
from lnvsearch.experiments.na62.selection.counted_vertices import CountedVertices
from lnvsearch.experiments.na62.selection.cuts import are_counted
from lnvsearch.experiments.na62.selection.geometry import inside
from lnvsearch.experiments.na62.selection.select import fit_vertices
from lnvsearch.experiments.na62.selection.settings import SelectionDetector
from lnvsearch.publication.comparison import NO_TEST

__all__ = ["ReferenceSelection", "reference_acceptance", "reference_rows"]

#: Acceptance of the package, and that of an earlier version, as the published numbers call them.
_QUANTITIES = {
    "k3pi_acceptance_of_package_percent": "NA62's own selection of K3pi, with all of its cuts",
    "k3pi_acceptance_of_package_four_chambers_percent": f"{NO_TEST}: the same acceptance again; here "
    "every track has hits in all four chambers, as no straw misses one",
}


@dataclass(frozen=True)
class ReferenceSelection:
    """The decays, and windows of the selection: GeV and m."""

    mode: str
    n_events: int
    planes: Sequence[str]
    chi_square_maximum: float
    z_minimum_m: float
    z_maximum_m: float
    momentum_deviation_maximum_gev: float
    mass_gev: tuple[float, float]
    counted: CountedVertices = field(default_factory=CountedVertices)


def reference_rows(
    settings: Mapping, detector: Mapping, base_seed: int
) -> Iterator[tuple[str, float, float, str]]:
    """Yield name, value and uncertainty in percent, and a note of each number of the package.

    `settings`: fields of ReferenceSelection; `detector`: section -> key -> number.
    """
    selection = ReferenceSelection(**settings)
    chunks = simulate(
        {"mode": selection.mode, "detector": detector}, selection.n_events,
        base_seed=base_seed, sample="reference_selection",
    )  # fmt: skip
    planes = SelectionDetector.from_mapping(detector)
    value, uncertainty = reference_acceptance(chunks, selection, planes)
    for name, note in _QUANTITIES.items():
        yield name, 100.0 * value, 100.0 * uncertainty, note


def reference_acceptance(
    chunks: Iterable[SpectrometerEvents], selection: ReferenceSelection, detector: SelectionDetector
) -> tuple[float, float]:
    """Share of the decays in the fiducial volume that are selected, and its uncertainty."""
    selected = squared = generated = 0.0
    for events in chunks:
        weight = _selected_weights(events, selection, detector)
        selected += float(np.sum(weight))
        squared += float(np.sum(weight**2))
        generated += events.sum_weight
    acceptance = selected / generated
    variance = max(squared / generated**2 * (1.0 - acceptance), 0.0)
    return acceptance, math.sqrt(variance)


def _selected_weights(
    events: SpectrometerEvents, selection: ReferenceSelection, detector: SelectionDetector
) -> np.ndarray:
    vertices = fit_vertices(events, detector)
    event, tracks = vertices.event_index, vertices.track_index
    counted = are_counted(vertices, events, selection.counted)
    good = counted & (np.bincount(event[counted], minlength=len(events))[event] == 1)
    for plane in selection.planes:
        seen = inside(events.track, plane, detector)
        good &= np.all(seen[event[:, None], tracks], axis=1)
    z = vertices.position_m[:, 2]
    good &= (vertices.charge == 1) & (vertices.chi_square <= selection.chi_square_maximum)
    good &= (z >= selection.z_minimum_m) & (z <= selection.z_maximum_m)
    total = np.linalg.norm(vertices.momentum_gev.sum(axis=1), axis=1)
    deviation = np.abs(total - detector.beam.momentum_gev)
    good &= deviation <= selection.momentum_deviation_maximum_gev
    momentum_squared = np.sum(vertices.momentum_gev**2, axis=2)
    energy = np.sqrt(momentum_squared + particles.mass_gev("pi+") ** 2).sum(axis=1)
    low, high = selection.mass_gev
    mass = np.sqrt(np.maximum(energy**2 - total**2, 0.0))
    good &= (mass >= low) & (mass <= high)
    return np.asarray(events.event["weight"], dtype=float)[event[good]]
