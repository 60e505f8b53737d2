"""Acceptance and limit of a channel against mass and lifetime of N, read from a grid and interpolated.

A grid has one row a mass, lifetime and chirality (GRID_COLUMNS); `lifetime_ps` 0 is a prompt decay.
Between points: linear in mass; the logarithm of the acceptance is linear in lifetime up to the first point
above 0, and in the logarithm of the lifetime beyond.
Beyond the longest lifetime, where nearly all N leave undecayed, the acceptance goes on as 1 / lifetime, or as
its square where the grid's end says that two N must decay.
That step outside the grid is in the notes of the answer; outside its masses there is no answer, as grids end
where hardly anything is accepted.
"""

from __future__ import annotations

import csv
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from lnvsearch.files import open_text

__all__ = ["CHIRALITIES", "GRID_COLUMNS", "Grid", "NoLimitError", "Point", "read_grids"]

GRID_COLUMNS = (
    "mass_gev", "lifetime_ps", "chirality", "acceptance", "acceptance_statistical",
    "acceptance_systematic", "effective_events", "observed", "background", "branching_fraction_limit",
    "branching_fraction_limit_cls",
)  # fmt: skip
CHIRALITIES = ("isotropic", "v_minus_a")
#: Fewer effective events at a point are said in the answer.
FEW_EVENTS = 100.0
_LIMITS = ("branching_fraction_limit", "branching_fraction_limit_cls")
_RELATIVE = ("acceptance_statistical", "acceptance_systematic")


class NoLimitError(ValueError):
    """A mass and lifetime at which the simulation accepts too little for a limit."""


@dataclass(frozen=True)
class Point:
    """What a channel says of one mass and lifetime; limits are on the product of branching fractions."""

    mass_gev: float
    lifetime_ps: float
    chirality: str
    acceptance: float
    acceptance_statistical: float
    acceptance_systematic: float
    effective_events: float
    observed: int
    background: float
    branching_fraction_limit: float
    branching_fraction_limit_cls: float
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Grid:
    """One channel and chirality: values by column, each (masses, lifetimes), on a rectangle."""

    chirality: str
    mass_gev: np.ndarray
    lifetime_ps: np.ndarray
    values: dict[str, np.ndarray]

    def at(self, mass_gev: float, lifetime_ps: float) -> Point:
        """Interpolate.

        Raises ValueError for a lifetime that is negative or not finite, NoLimitError where there is none:
        outside the grid's masses, or where too little is accepted.
        """
        if not (math.isfinite(lifetime_ps) and lifetime_ps >= 0.0):
            raise ValueError(
                f"lifetime {lifetime_ps:g} ps: must be >= 0 and finite; 0 is a decay at once"
            )
        low, high, share = self._masses(mass_gev)
        notes = []
        beyond = 1.0
        longest = float(self.lifetime_ps[-1])
        if lifetime_ps > longest:
            power = self._escape_power(mass_gev)
            beyond = (longest / lifetime_ps) ** power
            notes.append(
                f"lifetime extrapolated: the grid ends at {longest:g} ps, the acceptance goes on as "
                + ("1/lifetime" if power == 1 else f"1/lifetime^{power}")
            )
        place = _place(min(lifetime_ps, longest), self.lifetime_ps)
        one = self._at_mass(low, place)
        other = one if low == high else self._at_mass(high, place)
        mixed: dict[str, Any] = {key: (1.0 - share) * one[key] + share * other[key] for key in one}
        mixed["acceptance"] *= beyond
        few = min(one["effective_events"], other["effective_events"])
        if few < FEW_EVENTS:
            notes.append(f"only {few:.3g} effective events: the acceptance is uncertain")
        counted = self._counted(low, high, share, one, other, mixed, notes)
        acceptance = mixed["acceptance"]
        if not acceptance > 0.0:
            raise NoLimitError(
                f"mass {mass_gev:g} GeV, lifetime {lifetime_ps:g} ps: no simulated event is accepted there, "
                "so that there is no limit"
            )
        return Point(
            mass_gev=mass_gev, lifetime_ps=lifetime_ps, chirality=self.chirality, acceptance=acceptance,
            effective_events=few, notes=tuple(notes), **counted,
            **{key: mixed[key] * acceptance for key in _RELATIVE},
            **{key: mixed[key] / acceptance for key in _LIMITS},
        )  # fmt: skip

    @cached_property
    def _places(self) -> list[float]:
        return [float(_place(value, self.lifetime_ps)) for value in self.lifetime_ps]

    @cached_property
    def _curves(self) -> dict[int, _Curves]:
        return {}

    def _escape_power(self, mass_gev: float) -> int:
        """How many N must decay in time: 2 where the end of the grid falls so steeply, as of a pair."""
        acceptance = self.values["acceptance"][int(np.argmin(np.abs(self.mass_gev - mass_gev)))]
        if acceptance[-1] <= 0.0:
            return 1
        slope = math.log(acceptance[-2] / acceptance[-1]) / math.log(
            self.lifetime_ps[-1] / self.lifetime_ps[-2]
        )
        return 2 if slope > 1.5 else 1

    def _masses(self, mass_gev: float) -> tuple[int, int, float]:
        """Indices of the masses on either side, and the share of the upper one."""
        first, last = float(self.mass_gev[0]), float(self.mass_gev[-1])
        if not first <= mass_gev <= last:
            raise NoLimitError(
                f"mass {mass_gev:g} GeV: the grid has {first:g} to {last:g} GeV; hardly anything is accepted "
                "beyond, and what is was not simulated; use --simulate"
            )
        high = int(np.searchsorted(self.mass_gev, mass_gev))
        low = max(high - 1, 0)
        if self.mass_gev[high] == mass_gev:
            return high, high, 0.0
        width = self.mass_gev[high] - self.mass_gev[low]
        return low, high, float((mass_gev - self.mass_gev[low]) / width)

    def _at_mass(self, index: int, place: float) -> dict[str, float]:
        """Values at one mass of the grid; relative uncertainties, limits times acceptance."""
        if index not in self._curves:
            values = {key: column[index] for key, column in self.values.items()}
            self._curves[index] = _Curves(self._places, values)
        found = self._curves[index].at(place)
        if found is None:
            raise NoLimitError(
                f"mass {self.mass_gev[index]:g} GeV: too few simulated events are accepted near this "
                "lifetime for a limit"
            )
        return found

    def _counted(self, low, high, share, one, other, mixed, notes) -> dict[str, Any]:
        """Counts; where they differ between the masses, those and the limits of the weaker one."""
        counts = {key: self.values[key][:, 0] for key in ("observed", "background")}
        nearest = low if share < 0.5 else high
        if counts["observed"][low] != counts["observed"][high]:
            weaker = one if one[_LIMITS[0]] >= other[_LIMITS[0]] else other
            nearest = low if weaker is one else high
            mixed.update({key: weaker[key] for key in _LIMITS})
            notes.append("an event was seen near this mass: the weaker limit of its two neighbours")
        return {
            "observed": int(counts["observed"][nearest]),
            "background": float(counts["background"][nearest]),
        }


def _place(lifetime: float, lifetimes: np.ndarray) -> float:
    """Where a lifetime lies: linear up to the first one above 0, logarithmic beyond."""
    scale = float(lifetimes[1] if lifetimes[0] == 0.0 else lifetimes[0])
    return lifetime / scale if lifetime < scale else 1.0 + math.log(lifetime / scale)


class _Curves:
    """The values of one mass against lifetime, which `places` says where they lie.

    Lists, not arrays: a limit on a mixing looks at some hundred single lifetimes.
    """

    def __init__(self, places: list[float], values: dict[str, np.ndarray]):
        self._places = places
        acceptance = values["acceptance"]
        self._acceptance = acceptance.tolist()
        self._logarithm = np.log(np.maximum(acceptance, 1e-300)).tolist()
        self._effective = values["effective_events"].tolist()
        safe = np.where(acceptance > 0.0, acceptance, 1.0)
        self._relative = {key: (values[key] / safe).tolist() for key in _RELATIVE}
        self._limits = {}
        for key in _LIMITS:
            product = np.where(acceptance > 0.0, values[key], 0.0) * acceptance
            usable = np.isfinite(product) & (product > 0.0)
            usable_places = np.array(places)[usable].tolist()
            self._limits[key] = usable.tolist(), usable_places, product[usable].tolist()

    def at(self, place: float) -> dict[str, float] | None:
        """All of them at one place; None without limits beside it.

        The acceptance is linear in its logarithm, or itself beside a value of 0; the effective events
        are the fewer of the neighbours'; all else is linear.
        """
        beside = self._neighbours(place)
        if not all(usable[i] for usable, *_ in self._limits.values() for i in beside):
            return None
        if any(self._acceptance[i] <= 0.0 for i in beside):
            acceptance = _interpolated(place, self._places, self._acceptance)
        else:
            acceptance = math.exp(_interpolated(place, self._places, self._logarithm))
        return {
            "acceptance": acceptance,
            "effective_events": min(self._effective[i] for i in beside),
            **{key: _interpolated(place, self._places, one) for key, one in self._relative.items()},
            **{key: _interpolated(place, *one[1:]) for key, one in self._limits.items()},
        }

    def _neighbours(self, place: float) -> list[int]:
        above = bisect_left(self._places, place)
        last = min(above, len(self._places) - 1)
        if self._places[last] == place:
            return [last]
        return sorted({max(above - 1, 0), last})


def _interpolated(place: float, places: list[float], values: list[float]) -> float:
    """As np.interp, to the last digit, at a single place: ten times as fast."""
    i = bisect_right(places, place) - 1
    if i < 0:
        return values[0]
    if i == len(places) - 1 or places[i] == place:
        return values[i]
    slope = (values[i + 1] - values[i]) / (places[i + 1] - places[i])
    return slope * (place - places[i]) + values[i]


@lru_cache(maxsize=32)
def read_grids(path: Path) -> dict[str, Grid]:
    """The grids of a channel's file by chirality.

    Raises ValueError, naming file and line, for a missing column, a value out of range, or masses and
    lifetimes that are no rectangle; OSError where there is no file.
    """
    with open_text(path) as stream:
        rows = list(csv.DictReader(stream))
    missing = [name for name in GRID_COLUMNS if not rows or name not in rows[0]]
    if missing:
        raise ValueError(
            f"{path}: no column {missing[0]!r}, or no row; a grid has {', '.join(GRID_COLUMNS)}"
        )
    grids = {}
    for chirality in dict.fromkeys(row["chirality"] for row in rows):
        if chirality not in CHIRALITIES:
            raise ValueError(f"{path}: chirality {chirality!r}; there are {', '.join(CHIRALITIES)}")
        grids[chirality] = _grid(path, chirality, [r for r in rows if r["chirality"] == chirality])
    return grids


def _grid(path: Path, chirality: str, rows: list[dict]) -> Grid:
    columns = {}
    for name in GRID_COLUMNS:
        if name == "chirality":
            continue
        try:
            # An empty limit: too little is accepted, so that there is none.
            columns[name] = np.array([float(row[name] or "inf") for row in rows])
        except ValueError:
            raise ValueError(f"{path}: {name}: a cell is no number") from None
    masses, lifetimes = (np.unique(columns[name]) for name in ("mass_gev", "lifetime_ps"))
    order = np.lexsort((columns["lifetime_ps"], columns["mass_gev"]))
    shape = len(masses), len(lifetimes)
    rectangle = np.stack(np.meshgrid(masses, lifetimes, indexing="ij"), axis=-1).reshape(-1, 2)
    points = np.stack([columns["mass_gev"], columns["lifetime_ps"]], axis=-1)[order]
    if points.shape != rectangle.shape or not np.array_equal(points, rectangle):
        raise ValueError(
            f"{path}: {chirality}: every mass needs the same lifetimes, once each; "
            f"{len(rows)} rows for {shape[0]} masses and {shape[1]} lifetimes"
        )
    if lifetimes[0] < 0.0 or masses[0] <= 0.0 or not (lifetimes > 0.0).any():
        raise ValueError(f"{path}: masses must be > 0, lifetimes >= 0 and one of them > 0")
    values = {
        name: columns[name][order].reshape(shape)
        for name in columns
        if name not in ("mass_gev", "lifetime_ps")
    }
    if not ((values["acceptance"] >= 0.0) & (values["acceptance"] <= 1.0)).all():
        raise ValueError(f"{path}: acceptance must be between 0 and 1")
    return Grid(chirality, masses, lifetimes, values)
