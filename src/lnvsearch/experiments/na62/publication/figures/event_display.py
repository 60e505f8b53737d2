"""One recorded event drawn in the detector: from the side, from above, and at the calorimeter.

Tracks are the two straight lines of the file (docs/kaon_events.md), before and behind the magnet; they
begin where the lines of all tracks come closest to each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch import particles
from lnvsearch.event_files import EventFileError, read_tree
from lnvsearch.experiments.na62.event_files import iterate_spectrometer
from lnvsearch.experiments.na62.events import SpectrometerEvents
from lnvsearch.experiments.na62.publication.figures.beam_line import draw_detector
from lnvsearch.publication.figures.style import COLOURS, column_figure, in_style, label_axes
from lnvsearch.publication.labels import particle_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "could_be_signal",
    "draw_event",
    "first_candidate",
    "is_simulated",
    "pick_event",
    "read_event",
]

#: Masses that stay closed: the widest masked region of the papers, 470 to 505 MeV (2019, section 5;
#: 2022, section 5), and ten resolutions on both sides.
CLOSED_GEV = (0.455, 0.520)
_COLOURS = {"e": "vermilion", "mu": "green", "pi": "blue"}
_COLUMNS = (
    "track", "particle", "charge", "momentum_gev", "lkr_energy_gev", "z_vertex_m", "x_at_lkr_m",
    "y_at_lkr_m",
)


def first_candidate(selected: str | Path, tree: str) -> int | None:
    """Number of the first event in a tree of a file of selected events; None if it is empty."""
    numbers = read_tree(selected, tree, ["event_number"])["event_number"]
    return int(numbers[0]) if len(numbers) else None


def pick_event(events: SpectrometerEvents, number: int | None) -> SpectrometerEvents | None:
    """The event of this number alone, or the first; None if it is not there."""
    wanted = events.event["event_number"][:1] if number is None else [number]
    found = np.flatnonzero(np.isin(events.event["event_number"], wanted))
    if not len(found):
        return None
    row = slice(found[0], found[0] + 1)
    parts: dict[str, Any] = {
        part: {name: values[row] for name, values in getattr(events, part).items()}
        for part in ("event", "track", "cluster")
    }
    return replace(events, **parts)


def read_event(path: str | Path, number: int, tree_name: str = "Events") -> SpectrometerEvents:
    """One event of a file by its number.  Raises EventFileError where the file has none such."""
    for chunk in iterate_spectrometer(path, tree_name=tree_name):
        if (event := pick_event(chunk, number)) is not None:
            return event
    raise EventFileError(f"{path}: no event {number}; give a number of its branch event_number")


def is_simulated(event: SpectrometerEvents) -> bool:
    """Whether the event knows its true particles."""
    return bool(np.any(event.track["true_pdg_id"] != 0))


def could_be_signal(event: SpectrometerEvents) -> bool:
    """Whether three tracks of charge +1, as one pion and two leptons, have a mass that stays closed.

    So do the same with two clusters as a neutral pion.  Any three tracks count, whatever identifies
    them, the pion being any of them.
    """
    track, tracks = _tracks(event)
    momenta = _momenta(track)
    photons = _photons(event, track)
    for three in itertools.combinations(range(tracks), 3):
        if track["charge"][list(three)].sum() != 1:
            continue
        total = momenta[list(three)].sum(axis=0)
        for pion, lepton in itertools.product(three, ("e-", "mu-")):
            masses = [particles.mass_gev("pi+" if i == pion else lepton) for i in three]
            energy = np.sqrt((momenta[list(three)] ** 2).sum(axis=1) + np.square(masses)).sum()
            for extra in photons:
                squared = (energy + extra[0]) ** 2 - ((total + extra[1:]) ** 2).sum()
                if CLOSED_GEV[0] < np.sqrt(max(squared, 0.0)) < CLOSED_GEV[1]:
                    return True
    return False


@in_style
def draw_event(
    event: SpectrometerEvents, detector: Mapping[str, Any], title: str, label: str
) -> tuple[Figure, dict[str, list]]:
    """Draw an event (of `pick_event`) from above, from the side and at the calorimeter's front.

    The numbers are one row a track: `track, particle` (true at the calorimeter, where the file
    knows it), `charge, momentum_gev, lkr_energy_gev, z_vertex_m, x_at_lkr_m, y_at_lkr_m`.
    """
    figure, axes = column_figure(2, height_cm=9.6, nrows=2, ncols=2, width_ratios=[1.9, 1.0])
    (above, front), (side, empty) = axes
    empty.remove()
    front.remove()
    front = figure.add_subplot(axes[0, 0].get_gridspec()[:, 1])
    lines = _Lines(event, detector)
    for panel, axis in ((above, "x"), (side, "y")):
        draw_detector(panel, detector, axis)
        _draw_lines(panel, lines, axis)
        panel.set(xlim=(100.0, 262.0), ylim=(-1.6, 1.6), ylabel=f"${axis}$ [m]")
    above.tick_params(labelbottom=False)
    side.set_xlabel("$z$ along the beam [m]")
    _draw_front(front, lines, event, detector)
    front.text(0.5, -0.28, "momenta and energies in GeV", transform=front.transAxes, fontsize=8,
               ha="center", va="top")
    label_axes(above, label)
    front.set_title(title, loc="right", fontsize=8, pad=4)
    numbers: dict[str, list] = {name: [] for name in _COLUMNS}
    for i, name in enumerate(lines.names):
        row = (i + 1, name, int(lines.track["charge"][i]), float(lines.track["momentum_gev"][i]),
               float(lines.track["lkr_energy_gev"][i]), lines.z_vertex, *lines.at_calorimeter(i))
        for column, cell in zip(numbers.values(), row, strict=True):
            column.append(cell)
    return figure, numbers


class _Lines:
    """The tracks of an event as lines between the planes of the detector."""

    def __init__(self, event: SpectrometerEvents, detector: Mapping[str, Any]):
        def of(section: str, key: str) -> Any:
            leaf = detector[section][key]
            return leaf["value"] if isinstance(leaf, Mapping) else leaf

        self.track, self.n_tracks = _tracks(event)
        chambers = of("spectrometer", "chamber_z_m")
        self.first_z, self.last_z = float(chambers[0]), float(chambers[-1])
        self.magnet_z = float(of("spectrometer", "magnet_z_m"))
        self.calorimeter_z = float(of("lkr", "z_m"))
        self.muon_z = float(of("muv", "muv3_z_m"))
        self.z_vertex = self._closest()
        codes = self.track.get("true_pdg_id", np.zeros(self.n_tracks, dtype=int))
        self.names = [particles.name(int(code)) if code else "" for code in codes]

    def _closest(self) -> float:
        """z at which the spread of the lines in x and y is least."""
        slopes = np.stack([self.track["slope_x"], self.track["slope_y"]])
        places = np.stack([self.track["x_m"], self.track["y_m"]])
        slopes = slopes - slopes.mean(axis=1, keepdims=True)
        places = places - places.mean(axis=1, keepdims=True)
        return float(self.first_z - (slopes * places).sum() / max((slopes**2).sum(), 1e-12))

    def before(self, i: int, axis: str, z: float) -> float:
        return float(self.track[f"{axis}_m"][i] + self.track[f"slope_{axis}"][i] * (z - self.first_z))

    def behind(self, i: int, axis: str, z: float) -> float:
        slope = self.track[f"downstream_slope_{axis}"][i]
        return float(self.track[f"downstream_{axis}_m"][i] + slope * (z - self.last_z))

    def at_calorimeter(self, i: int) -> tuple[float, float]:
        x, y = (self.behind(i, axis, self.calorimeter_z) for axis in "xy")
        return x, y

    def colour(self, i: int) -> str:
        return COLOURS[_COLOURS.get(self.names[i].rstrip("+-"), "black")]

    def text(self, i: int) -> str:
        sign = "+" if self.track["charge"][i] > 0 else "-"
        name = particle_label(self.names[i]) if self.names[i] else sign
        return f"${name}$ {self.track['momentum_gev'][i]:.1f}"


def _draw_lines(axes: Axes, lines: _Lines, axis: str) -> None:
    for i in range(lines.n_tracks):
        through = int(lines.track["muv3_tile"][i]) >= 0
        end = lines.muon_z if through else lines.calorimeter_z
        z = [lines.z_vertex, lines.magnet_z, end]
        places = [
            lines.before(i, axis, z[0]), lines.before(i, axis, z[1]), lines.behind(i, axis, z[2])
        ]
        axes.plot(z, places, color=lines.colour(i), linewidth=1.1, zorder=5)
    axes.plot(lines.z_vertex, np.mean([lines.before(i, axis, lines.z_vertex)
              for i in range(lines.n_tracks)]), "k*", markersize=6, zorder=6)  # fmt: skip


def _draw_front(
    axes: Axes, lines: _Lines, event: SpectrometerEvents, detector: Mapping[str, Any]
) -> None:
    """The calorimeter's face: areas of circles are energies, photons are hollow."""
    from matplotlib.patches import Circle, RegularPolygon

    leaf = detector["lkr"]
    apothem, hole = (
        float(leaf[key]["value"] if isinstance(leaf[key], Mapping) else leaf[key])
        for key in ("apothem_m", "inner_radius_m")
    )
    axes.add_patch(RegularPolygon((0, 0), 8, radius=apothem / np.cos(np.pi / 8),
                                  orientation=np.pi / 8, facecolor="#F0E4EC",
                                  edgecolor=COLOURS["grey"], linewidth=0.6))
    axes.add_patch(Circle((0, 0), hole, facecolor="white", edgecolor=COLOURS["grey"], linewidth=0.6))
    middle = np.mean([lines.at_calorimeter(i) for i in range(lines.n_tracks)], axis=0)
    for i in range(lines.n_tracks):
        x, y = lines.at_calorimeter(i)
        energy = float(lines.track["lkr_energy_gev"][i])
        axes.plot(x, y, "+", color=lines.colour(i), markersize=5, zorder=5)
        axes.add_patch(Circle((x, y), 0.03 * np.sqrt(max(energy, 0.0)), facecolor=lines.colour(i),
                              alpha=0.6, zorder=4))
        # Away from the others.
        place = np.array([x, y]) + 0.25 * np.where(np.array([x, y]) < middle, -1.0, 1.0)
        axes.text(place[0], place[1], lines.text(i), fontsize=8, ha="center", va="center", zorder=6)
    cluster = {name: values[0] for name, values in event.cluster.items()}
    for i in np.flatnonzero(cluster["energy_gev"] > 0).tolist():
        x, y, energy = (float(cluster[name][i]) for name in ("x_m", "y_m", "energy_gev"))
        axes.add_patch(Circle((x, y), 0.03 * np.sqrt(energy), fill=False,
                              edgecolor=COLOURS["orange"], linewidth=1.1, zorder=4))
        axes.text(x, y - 0.2, rf"$\gamma$ {energy:.1f}", fontsize=8, ha="center", va="top", zorder=6)
    axes.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal")
    axes.set_xlabel("$x$ [m] at the calorimeter")
    axes.set_ylabel("$y$ [m]")


def _tracks(event: SpectrometerEvents) -> tuple[dict[str, np.ndarray], int]:
    """The tracks that are there, and how many."""
    there = event.track["charge"][0] != 0
    return {name: values[0][there] for name, values in event.track.items()}, int(there.sum())


def _momenta(track: Mapping[str, np.ndarray]) -> np.ndarray:
    direction = np.stack([track["slope_x"], track["slope_y"], np.ones(len(track["charge"]))], axis=1)
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    return direction * track["momentum_gev"][:, np.newaxis]


def _photons(event: SpectrometerEvents, track: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Nothing, and every pair of clusters as a neutral pion along the mean of the tracks (E, p)."""
    found = [np.zeros(4)]
    energies = event.cluster["energy_gev"][0]
    mean = _momenta(track).sum(axis=0)
    mean = mean / np.linalg.norm(mean)
    for i, j in itertools.combinations(np.flatnonzero(energies > 0), 2):
        energy = float(energies[i] + energies[j])
        momentum = np.sqrt(max(energy**2 - particles.mass_gev("pi0") ** 2, 0.0))
        found.append(np.array([energy, *(momentum * mean)]))
    return found
