"""Acceptance over the plane of the two pion-lepton masses, and of a decay with any density over it.

The plane's coordinates are the smaller and the larger of the two masses of a pion and a lepton (of BESIII:
a kaon and an electron).  A density is the squared amplitude: decays per unit of phase space, up to a
constant; phase space itself has the density 1.  The acceptance of a density is

    A = sum f_i <density>_i A_i / sum f_i <density>_i

over bins i with the share f_i of phase space, the acceptance A_i of simulated decays in them, and the
density averaged over the bin.  It holds for decays at one point; nothing flies.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lnvsearch import particles
from lnvsearch.files import read_text
from lnvsearch.interpretation.channels import Channel

__all__ = [
    "DALITZ_COLUMNS", "Density", "Plane", "dalitz_table", "phase_space_masses", "read_density", "read_plane",
    "sorted_pair_masses",
]  # fmt: skip

DALITZ_COLUMNS = (
    "smaller_low_gev", "smaller_high_gev", "larger_low_gev", "larger_high_gev", "phase_space_fraction",
    "acceptance", "acceptance_uncertainty",
)  # fmt: skip
_BINS = 12
_PHASE_SPACE_EVENTS = 400_000
#: A density is averaged over so many points a side of a bin; over more, to a limit, if its table is finer.
_POINTS = 6
_MOST_POINTS = 60


@dataclass(frozen=True, eq=False)
class Plane:
    """Bins (n,) of the plane by column of DALITZ_COLUMNS."""

    channel: Channel
    bins: Mapping[str, np.ndarray]

    @property
    def phase_space_acceptance(self) -> float:
        """Acceptance of decays flat in phase space."""
        return self.acceptance(np.ones(len(self.bins["acceptance"])))[0]

    def acceptance(self, mean_density: np.ndarray) -> tuple[float, float]:
        """Acceptance of densities (n,), averages over the bins, and its statistical uncertainty."""
        share = self.bins["phase_space_fraction"] * mean_density
        share = share / share.sum()
        uncertainty = np.sqrt(np.sum((share * self.bins["acceptance_uncertainty"]) ** 2))
        return float(share @ self.bins["acceptance"]), float(uncertainty)

    def of_density(self, density: Density) -> tuple[float, float]:
        """Acceptance of a density and its uncertainty.

        Raises ValueError where the density does not cover the plane, or is zero all over it.
        """
        smaller, larger, place = self._points(self._points_for(density))
        values = density(smaller, larger)
        total = np.bincount(place, weights=values, minlength=len(self.bins["acceptance"]))
        mean = total / np.bincount(place, minlength=len(total))
        if not (mean * self.bins["phase_space_fraction"]).sum() > 0.0:
            raise ValueError(f"{density.name}: the density is 0 all over the plane, or in less than 1 MeV of it")
        return self.acceptance(mean)

    def of_events(
        self, smaller: np.ndarray, larger: np.ndarray, weights: np.ndarray
    ) -> tuple[float, float]:
        """Acceptance of events (m,) with weights; ValueError for one outside the phase space."""
        index = self._bin_of(smaller, larger)
        if (index < 0).any():
            first = int(np.flatnonzero(index < 0)[0])
            raise ValueError(
                f"event {first + 1}: masses {smaller[first]:.4g} and {larger[first]:.4g} GeV lie outside the "
                f"phase space of {self.channel.final_state}; are these its decays, with momenta in GeV?"
            )
        total = np.bincount(index, weights=weights, minlength=len(self.bins["acceptance"]))
        if not total.sum() > 0.0:
            raise ValueError("the weights of the events add up to nothing > 0")
        share = total / total.sum()
        squared = np.bincount(index, weights=weights**2, minlength=len(share)) / weights.sum() ** 2
        accepted = self.bins["acceptance"]
        mean = float(share @ accepted)
        own = squared @ (accepted - mean) ** 2
        table = np.sum((share * self.bins["acceptance_uncertainty"]) ** 2)
        return mean, float(np.sqrt(own + table))

    def _bin_of(self, smaller: np.ndarray, larger: np.ndarray) -> np.ndarray:
        """Bin of each point, -1 outside; edges are widened by 0.1 % of their range for rounding."""
        found = np.full(len(smaller), -1)
        slack = 1e-3 * (self.bins["larger_high_gev"].max() - self.bins["smaller_low_gev"].min())
        for wide in (0.0, slack):
            for i in range(len(self.bins["acceptance"])):
                inside = found < 0
                for name, values in (("smaller", smaller), ("larger", larger)):
                    inside &= values >= self.bins[f"{name}_low_gev"][i] - wide
                    inside &= values <= self.bins[f"{name}_high_gev"][i] + wide
                found[inside] = i
        return found

    def _points_for(self, density: Density) -> int:
        """Points a side of a bin that miss no row of the density's table."""
        width = max(
            (self.bins[f"{name}_high_gev"] - self.bins[f"{name}_low_gev"]).max() for name in ("smaller", "larger")
        )
        step = min(np.diff(axis).min() for axis in (density.smaller_gev, density.larger_gev))
        return int(np.clip(np.ceil(width / step), _POINTS, _MOST_POINTS))

    def _points(self, points: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points of the plane at which a density is averaged, and their bins; one at least a bin."""
        share = (np.arange(points) + 0.5) / points
        a, b = (axis.ravel() for axis in np.meshgrid(share, share, indexing="ij"))
        edges = {key: self.bins[key][:, np.newaxis] ** 2 for key in DALITZ_COLUMNS[:4]}
        # Flat in the squares of the masses, as three-body phase space is.
        smaller = np.sqrt(edges["smaller_low_gev"] * (1.0 - a) + edges["smaller_high_gev"] * a)
        larger = np.sqrt(edges["larger_low_gev"] * (1.0 - b) + edges["larger_high_gev"] * b)
        inside = (smaller <= larger) & self._is_physical(smaller, larger)
        # A sliver of the plane in a bin: its centre stands for it.
        inside[~inside.any(axis=1), len(a) // 2] = True
        place = np.broadcast_to(np.arange(len(smaller))[:, np.newaxis], inside.shape)[inside]
        return smaller[inside], larger[inside], place

    def _is_physical(self, smaller: np.ndarray, larger: np.ndarray) -> np.ndarray:
        """Whether a three-body decay has these masses (Kibble's function); True of more bodies."""
        daughters = self.channel.dalitz["daughters"]
        if len(daughters) != 3:
            return np.ones(smaller.shape, dtype=bool)
        parent = particles.mass_gev(self.channel.parent) ** 2
        pion, lepton = (particles.mass_gev(daughters[k]) ** 2 for k in (0, 1))
        # Energies of pion and other lepton in the rest frame of the pion and the first lepton.
        s = smaller**2
        energy_pion = (s + pion - lepton) / (2.0 * smaller)
        energy_other = (parent - s - lepton) / (2.0 * smaller)
        momenta = np.sqrt(
            np.maximum(energy_pion**2 - pion, 0.0) * np.maximum(energy_other**2 - lepton, 0.0)
        )
        middle = pion + lepton + 2.0 * energy_pion * energy_other
        return np.abs(larger**2 - middle) <= 2.0 * momenta


@dataclass(frozen=True, eq=False)
class Density:
    """A density on a rectangular grid of points (a, b), linear between; `name` for messages."""

    name: str
    smaller_gev: np.ndarray
    larger_gev: np.ndarray
    values: np.ndarray

    def __call__(self, smaller: np.ndarray, larger: np.ndarray) -> np.ndarray:
        """Values at points (m,); ValueError for points that the grid does not cover."""
        weights = []
        for axis, points, name in (
            (self.smaller_gev, smaller, "smaller"),
            (self.larger_gev, larger, "larger"),
        ):
            if points.min() < axis[0] - 1e-9 or points.max() > axis[-1] + 1e-9:
                raise ValueError(
                    f"{self.name}: the density does not cover the plane: its {name}_gev goes from {axis[0]:g} to "
                    f"{axis[-1]:g} GeV, the decay's from {points.min():.4f} to {points.max():.4f}; extend the table"
                )
            high = np.clip(np.searchsorted(axis, points), 1, len(axis) - 1)
            weights.append((high, (points - axis[high - 1]) / (axis[high] - axis[high - 1])))
        (i, u), (j, v) = weights
        v0, v1 = self.values[i - 1], self.values[i]
        columns = np.arange(len(i))
        low = v0[columns, j - 1] * (1.0 - v) + v0[columns, j] * v
        high = v1[columns, j - 1] * (1.0 - v) + v1[columns, j] * v
        return low * (1.0 - u) + high * u


def read_density(path: str | Path) -> Density:
    """A CSV table smaller_gev, larger_gev, density on a rectangular grid of points.

    Raises ValueError, naming file and fix, for other columns, a cell that is no number, a negative
    density, or points that are no rectangle; OSError where there is no file.
    """
    columns = ("smaller_gev", "larger_gev", "density")
    numbers = _read_numbers(path, columns, "a density")
    a, b = (np.unique(numbers[name]) for name in columns[:2])
    order = np.lexsort((numbers["larger_gev"], numbers["smaller_gev"]))
    points = np.stack([numbers[name][order] for name in columns[:2]], axis=-1)
    rectangle = np.stack(np.meshgrid(a, b, indexing="ij"), axis=-1).reshape(-1, 2)
    if (
        min(len(a), len(b)) < 2
        or points.shape != rectangle.shape
        or not np.array_equal(points, rectangle)
    ):
        raise ValueError(
            f"{path}: the points must be a rectangle, every smaller_gev with every larger_gev once, two of each "
            f"at least; there are {len(points)} rows for {len(a)} times {len(b)}; put 0 where nothing decays"
        )
    values = numbers["density"][order].reshape(len(a), len(b))
    if not (np.isfinite(values) & (values >= 0.0)).all():
        raise ValueError(f"{path}: a density must be finite and >= 0")
    # Only ratios matter; sums of the largest numbers would overflow.
    return Density(str(path), a, b, values / max(values.max(), np.finfo(float).tiny))


@lru_cache(maxsize=8)
def read_plane(path: Path, channel: Channel) -> Plane:
    """The acceptance over a channel's plane (DALITZ_COLUMNS); ValueError or OSError as `read_density`."""
    return Plane(channel, _read_numbers(path, DALITZ_COLUMNS, "an acceptance over the plane"))


def _read_numbers(path: str | Path, columns: tuple[str, ...], what: str) -> dict[str, np.ndarray]:
    try:
        text = read_text(path, newline="")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), skipinitialspace=True))
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path}: not a CSV text ({error})") from error
    missing = [name for name in columns if not rows or name not in rows[0]]
    if missing:
        raise ValueError(
            f"{path}: no column {missing[0]!r}, or no row; {what} has {', '.join(columns)}"
        )
    try:
        return {name: np.array([float(row[name]) for row in rows]) for name in columns}
    except (TypeError, ValueError):
        raise ValueError(f"{path}: a cell of {', '.join(columns)} is no number") from None


def phase_space_masses(channel: Channel, n_events: int, seed: int = 1) -> np.ndarray:
    """Smaller and larger mass (n, 2) in GeV of decays flat in phase space."""
    from lnvsearch.generation.phase_space import generate_phase_space
    from lnvsearch.random_streams import stream_key

    daughters = [particles.mass_gev(name) for name in channel.dalitz["daughters"]]
    key = stream_key(seed, channel.name, "phase_space")
    momenta = generate_phase_space(particles.mass_gev(channel.parent), daughters, n_events, key)
    return sorted_pair_masses(momenta, channel)


def sorted_pair_masses(momenta: np.ndarray, channel: Channel) -> np.ndarray:
    """Smaller and larger mass (n, 2) of the channel's two pairs from momenta (n, k, 4), (px, py, pz, E)."""
    masses = []
    for pair in channel.dalitz["pairs"]:
        total = momenta[:, pair].sum(axis=1)
        masses.append(np.sqrt(np.maximum(total[:, 3] ** 2 - (total[:, :3] ** 2).sum(axis=1), 0.0)))
    return np.sort(np.stack(masses, axis=1), axis=1)


def dalitz_table(
    channel: Channel,
    masses_gev: np.ndarray,
    weights: np.ndarray,
    total_weight: float,
    bins: int = _BINS,
) -> dict[str, list[float]]:
    """Acceptance over the plane from a phase-space sample: DALITZ_COLUMNS as columns.

    `masses_gev` (s, 2): true masses of the selected decays; `weights` (s,); `total_weight`: of all generated.
    """
    generated = phase_space_masses(channel, _PHASE_SPACE_EVENTS)
    low, high = generated.min(), generated.max()
    pad = 1e-3 * (high - low)
    edges = np.linspace(low - pad, high + pad, bins + 1)
    selected = np.sort(masses_gev, axis=1)

    def sums(points, values):
        return np.histogram2d(points[:, 0], points[:, 1], bins=[edges, edges], weights=values)[0]

    share = sums(generated, None) / len(generated)
    accepted, squared = sums(selected, weights), sums(selected, weights**2)
    table: dict[str, list[float]] = {name: [] for name in DALITZ_COLUMNS}
    for i, j in np.argwhere(share > 0.0):
        expected = total_weight * share[i, j]
        acceptance = accepted[i, j] / expected
        spread = np.hypot(
            np.sqrt(squared[i, j]) / expected, acceptance / np.sqrt(share[i, j] * len(generated))
        )
        cells = (
            edges[i],
            edges[i + 1],
            edges[j],
            edges[j + 1],
            share[i, j],
            min(acceptance, 1.0),
            spread,
        )
        for name, cell in zip(DALITZ_COLUMNS, cells, strict=True):
            table[name].append(float(f"{cell:.6g}"))
    return table
