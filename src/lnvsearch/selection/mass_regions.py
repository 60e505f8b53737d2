"""Acceptances of mass regions and mass spectra, from tables of weighted candidates.

A region is a list of windows [low, high) in GeV; two windows leave a hole between them, such as a
control region without the signal's.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lnvsearch.selection.weighted_cutflow import WeightedSums, efficiency_uncertainty

__all__ = [
    "ACCEPTANCE_COLUMNS",
    "BACKGROUND_COLUMNS",
    "NEAREST",
    "RegionAcceptance",
    "RegionCounter",
    "SPECTRUM_COLUMNS",
    "Spectrum",
    "acceptance_rows",
    "bound_of_none",
    "in_region",
    "mass_spectrum",
    "region_acceptances",
    "without",
]

#: Columns of a table of acceptances.
ACCEPTANCE_COLUMNS = (
    "sample",
    "variation",
    "selection",
    "region",
    "acceptance",
    "acceptance_uncertainty",
    "effective_events",
    "generated_events",
)

#: Columns of a table of expected events by region, and of their spectra; `role`: what the sample is
#: for, as the search's file says, or `derived` for what is not simulated.
BACKGROUND_COLUMNS = (
    "sample",
    "label",
    "role",
    "variation",
    "selection",
    "region",
    "expected_events",
    "statistical_uncertainty",
    "systematic_uncertainty",
    "effective_events",
)
SPECTRUM_COLUMNS = (
    "selection",
    "sample",
    "label",
    "role",
    "mass_low_gev",
    "mass_high_gev",
    "expected_events",
    "uncertainty",
)

#: An empty region is bounded by the largest weight of so many candidates nearest to it in mass.
NEAREST = 10

Region = Sequence  # [low, high], or a list of such windows


@dataclass(frozen=True)
class RegionAcceptance:
    """Sum of the weights in a region over that of all generated events.

    `effective_events`: unweighted events of the same relative precision; 0 where there are none,
    and then `uncertainty` is what one candidate more would change: no measurement of zero, but
    -ln(1 - CL) times it is an upper bound.
    """

    acceptance: float
    uncertainty: float
    effective_events: float


def bound_of_none(one_event: float) -> float:
    """Events expected at most at 90 % confidence level where none is left; `one_event`: its weight.

    As many as would leave none in one of ten simulations, each of the weight that one might have
    had.  Of several samples, each with none left, the largest bound holds for their sum, too: the
    mean number of all is below -ln(0.1), and the heaviest event is the worst of them.

    >>> round(bound_of_none(10.0), 2)
    23.03
    """
    return -math.log(0.1) * one_event


@dataclass(frozen=True)
class Spectrum:
    """Sums of weights in bins of mass: `edges_gev`: (b + 1,); `content`, `uncertainty`: (b,)."""

    edges_gev: np.ndarray
    content: np.ndarray
    uncertainty: np.ndarray


def in_region(mass_gev: np.ndarray, region: Region) -> np.ndarray:
    """Mask of the masses in a region; ValueError for windows that are not [low, high].

    >>> in_region(np.array([0.45, 0.49, 0.51]), [[0.4, 0.484], [0.504, 0.6]]).tolist()
    [True, False, True]
    """
    windows = _windows(region)
    mass = np.asarray(mass_gev)[..., None]
    return np.any((mass >= windows[:, 0]) & (mass < windows[:, 1]), axis=-1)


def without(region: Region, hole: Region) -> list[list[float]]:
    """The part of a region that lies outside another, as windows.

    >>> without([0.47, 0.505], [0.4886, 0.4988])
    [[0.47, 0.4886], [0.4988, 0.505]]
    """
    left = [list(map(float, window)) for window in _windows(region)]
    for low, high in _windows(hole):
        pieces = [
            piece
            for a, b in left
            for piece in ([a, min(b, float(low))], [max(a, float(high)), b])
            if piece[0] < piece[1]
        ]
        left = pieces
    return left


class RegionCounter:
    """Acceptances of mass regions and the mass spectrum of a sample that comes in chunks.

    `regions`: name -> Region; `edges_gev`: of the spectrum's bins.  An event must not be split
    between two chunks.  Nothing of the candidates is kept but sums.
    """

    def __init__(self, regions: Mapping[str, Region], edges_gev: Iterable[float]) -> None:
        self.regions = dict(regions)
        # One array for all counters that are given it: a sample has thousands of counters.
        self.edges_gev = edges_gev if isinstance(edges_gev, np.ndarray) else np.array([*edges_gev])
        self._sums = {name: WeightedSums() for name in self.regions}
        self._nearest = {name: np.empty((2, 0)) for name in self.regions}
        self._content = np.zeros(len(self.edges_gev) - 1)
        self._squares = np.zeros(len(self.edges_gev) - 1)

    def add(self, candidates: Mapping[str, np.ndarray]) -> None:
        """Count a chunk: `event_number`, `mass_gev`, `weight`, `weight_without_identification`."""
        mass, weight = np.asarray(candidates["mass_gev"]), np.asarray(candidates["weight"])
        for name, region in self.regions.items():
            self._sums[name] += _event_sums(candidates, in_region(mass, region))
            if self._sums[name].n_events == 0:
                found = np.stack([_distance(mass, region), weight])
                self._nearest[name] = _nearest(np.append(self._nearest[name], found, axis=1))
        spectrum = mass_spectrum(mass, weight, self.edges_gev)
        self._content += spectrum.content
        self._squares += spectrum.uncertainty**2

    def include(self, other: RegionCounter) -> None:
        """Count what another counter of the same regions and bins has counted."""
        for name, sums in other._sums.items():
            self._sums[name] += sums
            both = np.append(self._nearest[name], other._nearest[name], axis=1)
            self._nearest[name] = _nearest(both)
        self._content += other._content
        self._squares += other._squares

    def acceptances(
        self, *, sum_weight: float, sum_squared_weight: float
    ) -> dict[str, RegionAcceptance]:
        """Acceptance of every region, with the sums of weights of all generated events.

        Several candidates of one event are one entry.  A region without candidates gets as its
        uncertainty the largest weight of the NEAREST candidates outside, what one event there
        might have weighed; that of one whole event where there are no candidates at all.
        """
        return {
            name: RegionAcceptance(
                sums.weight / sum_weight,
                efficiency_uncertainty(
                    sums, sum_weight, sum_squared_weight,
                    one_event=self._one_event(name),
                ),
                sums.effective_events,
            )
            for name, sums in self._sums.items()
        }  # fmt: skip

    def _one_event(self, region: str) -> float | None:
        """Weight that one event in an empty region might have; None where nothing says."""
        if self._sums[region].n_events > 0:
            return None
        return float(np.max(self._nearest[region][1], initial=0.0)) or None

    def spectrum(self) -> Spectrum:
        """Sums of weights in the bins of mass."""
        return Spectrum(np.asarray(self.edges_gev), self._content, np.sqrt(self._squares))


def region_acceptances(
    candidates: Mapping[str, np.ndarray],
    regions: Mapping[str, Region],
    *,
    sum_weight: float,
    sum_squared_weight: float,
) -> dict[str, RegionAcceptance]:
    """Acceptance of every region, from candidates of the whole sample; see `RegionCounter`."""
    counter = RegionCounter(regions, (0.0, 1.0))
    counter.add(candidates)
    return counter.acceptances(sum_weight=sum_weight, sum_squared_weight=sum_squared_weight)


def acceptance_rows(
    acceptances: Mapping[str, RegionAcceptance],
    *,
    sample: str,
    variation: str,
    selection: str,
    generated_events: int,
) -> list[dict]:
    """One mapping a region, with the keys of ACCEPTANCE_COLUMNS."""
    return [
        dict(
            zip(
                ACCEPTANCE_COLUMNS,
                (
                    sample,
                    variation,
                    selection,
                    region,
                    a.acceptance,
                    a.uncertainty,
                    a.effective_events,
                    generated_events,
                ),
                strict=True,
            )
        )
        for region, a in acceptances.items()
    ]


def mass_spectrum(
    mass_gev: np.ndarray, weight: np.ndarray, edges_gev: Iterable[float]
) -> Spectrum:
    """Histogram of weights in bins [low, high), with uncertainties sqrt(sum of w^2).

    Raises ValueError for edges that do not ascend.
    """
    edges = np.asarray(list(edges_gev), dtype=float)
    if edges.ndim != 1 or len(edges) < 2 or np.any(np.diff(edges) <= 0):
        raise ValueError(f"edges_gev must be two or more ascending numbers, not {edges}")
    mass, weight = (np.asarray(values, dtype=float) for values in (mass_gev, weight))
    inside = (mass >= edges[0]) & (mass < edges[-1])
    bins, weight = _bins(mass[inside], edges), weight[inside]
    sums = [np.bincount(bins, w, minlength=len(edges) - 1) for w in (weight, weight**2)]
    return Spectrum(edges, sums[0], np.sqrt(sums[1]))


def _bins(mass_gev: np.ndarray, edges_gev: np.ndarray) -> np.ndarray:
    """Bins [low, high) of masses inside the edges; faster where the bins are about equally wide."""
    n = len(edges_gev) - 1
    guess = ((mass_gev - edges_gev[0]) * (n / (edges_gev[-1] - edges_gev[0]))).astype(np.int64)
    guess = np.minimum(guess, n - 1)
    guess -= mass_gev < edges_gev[guess]
    guess += mass_gev >= edges_gev[guess + 1]
    if np.all((mass_gev >= edges_gev[guess]) & (mass_gev < edges_gev[guess + 1])):
        return guess
    return np.searchsorted(edges_gev, mass_gev, side="right") - 1


def _windows(region: Region) -> np.ndarray:
    windows = np.atleast_2d(np.asarray(region, dtype=float))
    if windows.ndim != 2 or windows.shape[1] != 2 or np.any(windows[:, 0] >= windows[:, 1]):
        raise ValueError(f"region {region}: give [low, high] with low < high, or several of them")
    return windows


def _distance(mass_gev: np.ndarray, region: Region) -> np.ndarray:
    """How far masses (...) lie from a region's nearest window, GeV; 0 inside."""
    windows = _windows(region)
    mass = np.asarray(mass_gev)[..., None]
    return np.min(np.maximum(np.maximum(windows[:, 0] - mass, mass - windows[:, 1]), 0.0), axis=-1)


def _nearest(found: np.ndarray) -> np.ndarray:
    """Of candidates (2, r), distance and weight, the NEAREST ones; the heavier of equally far."""
    if found.shape[1] <= NEAREST:
        return found
    # Few are as near as the last one of them: sorting these is enough.
    farthest = np.partition(found[0], NEAREST - 1)[NEAREST - 1]
    if not np.isnan(farthest):
        found = found[:, found[0] <= farthest]
    return found[:, np.lexsort((-found[1], found[0]))[:NEAREST]]


def _event_sums(candidates: Mapping[str, np.ndarray], mask: np.ndarray) -> WeightedSums:
    """Sums over events of the candidates in a mask.

    The weight with which an event was generated enters only in a correction of the order of the
    acceptance; the weight before identification stands for it.
    """
    if not np.any(mask):
        return WeightedSums()
    number = np.asarray(candidates["event_number"])[mask]
    if np.all(number[1:] >= number[:-1]):
        event = np.append(0, np.cumsum(number[1:] != number[:-1]))
    else:
        _, event = np.unique(number, return_inverse=True)
    left = np.bincount(event, np.asarray(candidates["weight"])[mask])
    before = np.zeros(len(left))
    before[event] = np.asarray(candidates["weight_without_identification"])[mask]
    return WeightedSums.of(left, before)
