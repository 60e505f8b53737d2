"""The cuts of the NA62 searches, one function each, on candidates of three tracks.

Sections 2 of both papers say what is asked; their conditions on times have no counterpart here, as
nothing has a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from lnvsearch.experiments.na62.events import SpectrometerEvents
from lnvsearch.experiments.na62.selection.candidates import Candidates
from lnvsearch.experiments.na62.selection.counted_vertices import CountedVertices
from lnvsearch.experiments.na62.selection.decisions import EnergyOverMomentum, candidate_decision
from lnvsearch.experiments.na62.selection.geometry import sensitive_areas
from lnvsearch.experiments.na62.selection.kernels import all_inside
from lnvsearch.reconstruction.neutral_pion import find_photon_pairs
from lnvsearch.reconstruction.three_track_vertex import ThreeTrackVertices
from lnvsearch.selection.mass_regions import in_region

__all__ = ["CUTS", "are_counted"]


def one_vertex(
    state: Candidates,
    alive: np.ndarray,
    *,
    chi_square_maximum: float,
    z_minimum_m: float,
    z_maximum_m: float,
    counted: CountedVertices = CountedVertices(),
) -> np.ndarray:
    """Exactly one vertex of three tracks, of whatever charge, which lies in the fiducial volume.

    `counted`: which vertices there are, whether or not they pass; or a mapping of its fields.
    """
    if not isinstance(counted, CountedVertices):
        counted = CountedVertices(**counted)
    vertices = state.vertices
    is_there = are_counted(vertices, state.events, counted)
    number = np.bincount(vertices.event_index[is_there], minlength=len(state.events))
    z = vertices.position_m[:, 2]
    good = is_there & (vertices.chi_square < chi_square_maximum)
    good &= (z > z_minimum_m) & (z < z_maximum_m)
    return good[state.vertex] & (number[state.event] == 1)


def are_counted(
    vertices: ThreeTrackVertices, events: SpectrometerEvents, counted: CountedVertices
) -> np.ndarray:
    """Which vertices of the events, (m,), there are."""
    z = vertices.position_m[:, 2]
    result = vertices.chi_square < counted.chi_square_maximum
    result &= (z > counted.z_minimum_m) & (z < counted.z_maximum_m)
    fits = np.asarray(events.track["chi_square"])
    for i in range(3):
        fit = fits[vertices.event_index, vertices.track_index[:, i]]
        result &= fit <= counted.track_chi_square_maximum
    return result


def geometry(state: Candidates, alive: np.ndarray, *, planes: Sequence[str]) -> np.ndarray:
    """All three tracks within the sensitive areas of detectors."""
    result = np.ones(len(state), dtype=bool)
    for areas in sensitive_areas(planes, state.detector):
        lines = state.lines(areas.branches)
        all_inside(state.flat, *lines, areas.kind, areas.numbers, result)
    return result


def track_separation(
    state: Candidates, alive: np.ndarray, *, chambers: Sequence[int], minimum_m: float
) -> np.ndarray:
    """Every two tracks apart in straw chambers (counted from 1)."""
    result = np.ones(len(state), dtype=bool)
    for chamber in chambers:
        z = state.detector.spectrometer.chamber_z_m[chamber - 1]
        result &= state.smallest_distance(z) >= minimum_m
    return result


def lkr_separation(state: Candidates, alive: np.ndarray, *, minimum_m: float) -> np.ndarray:
    """Every two tracks apart at the front of the calorimeter."""
    return state.smallest_distance(state.detector.lkr.z_m) >= minimum_m


def track_momentum(
    state: Candidates, alive: np.ndarray, *, minimum_gev: float, maximum_gev: float
) -> np.ndarray:
    """Momentum of each track within a window."""
    momentum = state.track("momentum_gev")
    return np.all((momentum > minimum_gev) & (momentum < maximum_gev), axis=0)


def rich_angle(state: Candidates, alive: np.ndarray, *, minimum_rad: float) -> np.ndarray:
    """Angle between every two tracks in the RICH, so that their light cones overlap less."""
    return state.smallest_angle > minimum_rad


def large_angle_veto(
    state: Candidates, alive: np.ndarray, *, threshold_gev: float | None = None
) -> np.ndarray:
    """No photon above a threshold, by default the detector's, in the large-angle veto."""
    if threshold_gev is None:
        threshold_gev = state.detector.lav.threshold_gev
    return state.events.event["lav_energy_gev"][state.event] <= threshold_gev


def total_momentum(
    state: Candidates, alive: np.ndarray, *, deviation_maximum_gev: float
) -> np.ndarray:
    """Total momentum near that of the beam."""
    beam = state.detector.beam.momentum_gev
    return np.abs(state.total_momentum_gev - beam) < deviation_maximum_gev


def missing_momentum(state: Candidates, alive: np.ndarray, *, minimum_gev: float) -> np.ndarray:
    """Total momentum far below that of the beam (control selection)."""
    return state.detector.beam.momentum_gev - state.total_momentum_gev > minimum_gev


def transverse_momentum(state: Candidates, alive: np.ndarray, *, maximum_gev: float) -> np.ndarray:
    """Total momentum across the beam's axis."""
    return state.transverse_momentum_gev < maximum_gev


def dilepton_mass(state: Candidates, alive: np.ndarray, *, minimum_gev: float) -> np.ndarray:
    """Mass of the two leptons."""
    return state.dilepton_mass_gev > minimum_gev


def photons(
    state: Candidates,
    alive: np.ndarray,
    *,
    energy_minimum_gev: float,
    separation_minimum_m: float,
) -> np.ndarray:
    """Exactly two clusters without a track, apart from each other and from the tracks."""
    cluster = {name: values[state.event] for name, values in state.events.cluster.items()}
    x, y = state.impacts(state.detector.lkr.z_m)
    state.photons = find_photon_pairs(
        cluster,
        x.T,
        y.T,
        energy_minimum_gev=energy_minimum_gev,
        track_distance_minimum_m=separation_minimum_m,
    )
    with np.errstate(invalid="ignore"):
        apart = state.photons.separation_m >= separation_minimum_m
    return (state.photons.number == 2) & apart


def neutral_vertex(
    state: Candidates, alive: np.ndarray, *, distance_maximum_m: float
) -> np.ndarray:
    """Vertices of the tracks and of the photons agree along the beam."""
    distance = np.abs(state.z_vertex_m - state.neutral_pions.z_vertex_m)
    return distance < distance_maximum_m


def open_and_identified(
    state: Candidates,
    alive: np.ndarray,
    *,
    windows: Sequence[Sequence[float]],
    identification: Sequence[str],
    energy_over_momentum: EnergyOverMomentum,
) -> np.ndarray:
    """Blinding: recorded candidates that are identified, with a mass (GeV) outside [low, high)."""
    decision = candidate_decision(state.kinds, state.tracks, identification, energy_over_momentum)
    return decision & ~in_region(state.mass_gev, windows)


#: Name of each cut in the search's YAML -> function.
CUTS: dict[str, Callable[..., np.ndarray]] = {
    function.__name__: function
    for function in (
        one_vertex,
        geometry,
        track_separation,
        lkr_separation,
        track_momentum,
        rich_angle,
        large_angle_veto,
        total_momentum,
        missing_momentum,
        transverse_momentum,
        dilepton_mass,
        photons,
        neutral_vertex,
        open_and_identified,
    )
}
