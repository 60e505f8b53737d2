"""Regions of mass that stay closed until an analysis is frozen, and what may be told meanwhile.

The order is that of the searches: control regions and the normalisation channel first, the masked
region, which contains the signal's, last.  What is closed is in no count and in no spectrum.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from lnvsearch.selection.mass_regions import in_region, mass_spectrum, without

__all__ = [
    "CLOSED_REGIONS",
    "closed_spectrum",
    "closed_windows",
    "count_regions",
    "regions_to_count",
]

#: Names of the regions that are closed, in the order in which they open.
CLOSED_REGIONS = ("masked", "signal")


Windows = Sequence[Sequence[float]]


def closed_windows(
    regions: Mapping[str, Windows], opened: Collection[str] = ()
) -> list[list[float]]:
    """Windows of a selection's closed regions, [low, high) in GeV; none where it has no such.

    `opened`: those of CLOSED_REGIONS that are open; of the masked one, what lies outside the signal's.

    >>> regions = {"lower": [[0.0, 0.47]], "masked": [[0.47, 0.5]], "signal": [[0.48, 0.49]]}
    >>> closed_windows(regions), closed_windows(regions, ["masked"])
    ([[0.47, 0.5], [0.48, 0.49]], [[0.48, 0.49]])
    """
    closed = [name for name in CLOSED_REGIONS if name not in opened]
    return [list(window) for name in closed for window in regions.get(name, ())]


def regions_to_count(regions: Mapping[str, Windows]) -> dict[str, Windows]:
    """A selection's regions, and what of the masked one lies outside the signal's.

    >>> regions_to_count({"masked": [[0.47, 0.505]], "signal": [[0.4886, 0.4988]]})
    ... # doctest: +NORMALIZE_WHITESPACE
    {'masked': [[0.47, 0.505]], 'signal': [[0.4886, 0.4988]],
     'masked_outside_signal': [[0.47, 0.4886], [0.4988, 0.505]]}
    """
    result = dict(regions)
    if all(name in regions for name in CLOSED_REGIONS):
        rest = without(regions["masked"], regions["signal"])
        result |= {"masked_outside_signal": rest} if rest else {}
    return result


def count_regions(
    mass_gev: np.ndarray, regions: Mapping[str, Windows], closed: Windows
) -> dict[str, int | None]:
    """Candidates (n,) in each region; None for one that overlaps a closed window.

    >>> count_regions(np.array([0.3, 0.49]), {"lower": [[0, 0.47]], "all": [[0, 1]]}, [[0.47, 0.5]])
    {'lower': 1, 'all': None}
    """
    return {
        name: None if _overlaps(region, closed) else int(np.sum(in_region(mass_gev, region)))
        for name, region in regions.items()
    }


def closed_spectrum(
    mass_gev: np.ndarray, edges_gev: Sequence[float] | np.ndarray, closed: Windows
) -> list[int | None]:
    """Candidates in bins (b + 1 edges, GeV); None for a bin that overlaps a closed window."""
    content = mass_spectrum(mass_gev, np.ones(len(mass_gev)), edges_gev).content
    bins = zip(edges_gev[:-1], edges_gev[1:], strict=True)
    return [
        None if _overlaps([[low, high]], closed) else int(events)
        for (low, high), events in zip(bins, content, strict=True)
    ]


def _overlaps(region: Windows, closed: Windows) -> bool:
    """Whether more than rounding of a region lies in closed windows."""
    if not closed:
        return False
    left = sum(high - low for low, high in without(region, closed))
    return left < sum(high - low for low, high in without(region, [[-2.0, -1.0]])) - 1e-9
