"""One recorded event drawn in the detector: across the beams, and along them.

Tracks are the helices of the file (docs/events.md), from the interaction point to the front of the
calorimeter.  The detector is drawn from its settings; only the depth of the crystals is chosen for
the picture.
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
from lnvsearch.experiments.besiii.events import RecordedEvents, iterate_recorded
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

#: Masses of K K e e that stay closed: the paper's window, 3.07 to 3.12 GeV (section IV), with the
#: resolution of masses before the kinematic fit on both sides.
CLOSED_GEV = (3.02, 3.17)
_CM_PER_TESLA_GEV = 333.56
_CRYSTAL_DEPTH_M = 0.28
_METRES_PER_GEV = 0.25
_STEPS = 200
_COLOURS = {"e": "vermilion", "mu": "green", "pi": "blue", "K": "purple", "p": "orange"}
_DRAWN = frozenset(
    sign * particles.pdg_id(name) for name in ("e-", "mu-", "pi+", "K+", "p") for sign in (1, -1)
)
_COLUMNS = (
    "track", "particle", "charge", "momentum_gev", "cos_theta", "shower_energy_gev", "end_x_m",
    "end_y_m", "end_z_m",
)


def first_candidate(selected: str | Path, tree: str) -> int | None:
    """Number of the first event of a file of selected events that passes everything; None if none."""
    columns = read_tree(selected, tree or "Candidates")
    passed = np.all([v.astype(bool) for k, v in columns.items() if k.startswith("passes_")], axis=0)
    return int(columns["event_number"][passed][0]) if passed.any() else None


def pick_event(events: RecordedEvents, number: int | None) -> RecordedEvents | None:
    """The event of this number alone, or the first with four tracks of charge 0; None if not there."""
    first, last = events.track_offsets[:-1], events.track_offsets[1:]
    if number is None:
        charge = np.concatenate([[0], np.cumsum(events.track["charge"], dtype=int)])
        found = np.flatnonzero((last - first == 4) & (charge[last] == charge[first]))
    else:
        found = np.flatnonzero(events.event_number == number)
    if not len(found):
        return None
    row = found[0]
    tracks, truth = (
        slice(offsets[row], offsets[row + 1])
        for offsets in (events.track_offsets, events.truth_offsets)
    )
    return replace(
        events, event_number=events.event_number[row:row + 1], weight=events.weight[row:row + 1],
        track={name: values[tracks] for name, values in events.track.items()},
        track_offsets=np.array([0, tracks.stop - tracks.start]),
        truth={name: values[truth] for name, values in events.truth.items()},
        truth_offsets=np.array([0, truth.stop - truth.start]),
    )  # fmt: skip


def read_event(path: str | Path, number: int, tree_name: str = "Events") -> RecordedEvents:
    """One event of a file by its number.  Raises EventFileError where the file has none such."""
    for chunk in iterate_recorded(path, tree_name=tree_name, weighted=False):
        if (event := pick_event(chunk, number)) is not None:
            return event
    raise EventFileError(f"{path}: no event {number}; give a number of its branch event_number")


def is_simulated(event: RecordedEvents) -> bool:
    """Whether the event knows what was generated."""
    return len(event.truth["pdg_id"]) > 0


def could_be_signal(event: RecordedEvents) -> bool:
    """Whether two pairs of like sign, as kaons and electrons, have a mass that stays closed.

    Any four tracks of charge 0 count, whatever identifies them.
    """
    track, masses = event.track, [particles.mass_gev("K+"), particles.mass_gev("e-")]
    phi, tan_lambda = track["phi0"], track["tan_lambda"]
    momenta = np.stack([-np.sin(phi), np.cos(phi), tan_lambda], axis=1)
    momenta /= np.abs(track["kappa"])[:, np.newaxis]
    for four in itertools.combinations(range(len(phi)), 4):
        positive = [i for i in four if track["charge"][i] > 0]
        if len(positive) != 2:
            continue
        for kaons in (positive, [i for i in four if i not in positive]):
            energy = sum(
                np.sqrt((momenta[i] ** 2).sum() + masses[i not in kaons] ** 2) for i in four
            )
            mass = np.sqrt(max(energy**2 - (momenta[list(four)].sum(axis=0) ** 2).sum(), 0.0))
            if CLOSED_GEV[0] < mass < CLOSED_GEV[1]:
                return True
    return False


@in_style
def draw_event(
    event: RecordedEvents, detector: Mapping[str, Any], title: str, label: str
) -> tuple[Figure, dict[str, list]]:
    """Draw an event (of `pick_event`) in (x, y) and (z, r), in metres, from the detector's settings.

    A bar at the end of a track is the energy of its shower.  The numbers are one row a track:
    `track, particle` (true, where the file knows it), `charge, momentum_gev, cos_theta,
    shower_energy_gev` and where the track leaves the picture, `end_x_m, end_y_m, end_z_m`.
    """
    size = _Sizes(detector)
    figure, (across, along) = column_figure(2, height_cm=8.6, ncols=2, width_ratios=[1.0, 1.25])
    _draw_across(across, size)
    _draw_along(along, size)
    numbers: dict[str, list] = {name: [] for name in _COLUMNS}
    for i in range(len(event.track["charge"])):
        track = {name: float(values[i]) for name, values in event.track.items()}
        name = _true_name(event, int(track["truth_index"]))
        path = _helix(track, size)
        _draw_track(across, along, path, track, name)
        momentum = np.hypot(1.0, track["tan_lambda"]) / abs(track["kappa"])
        row = (i + 1, name, int(track["charge"]), momentum,
               track["tan_lambda"] / np.hypot(1.0, track["tan_lambda"]), track["emc_energy"],
               *path[-1])
        for column, cell in zip(numbers.values(), row, strict=True):
            column.append(cell)
    across.set(aspect="equal", xlabel="$x$ [m]", ylabel="$y$ [m]")
    along.set(aspect="equal", xlabel="$z$ [m]", ylabel=r"$r$, sign of $y$ [m]")
    along.text(0.98, 0.03, f"momenta in GeV/$c$; bars: showers, {_METRES_PER_GEV:g} m a GeV",
               transform=along.transAxes, fontsize=8, ha="right", va="bottom")
    label_axes(across, label)
    along.set_title(title, loc="right", fontsize=8, pad=4)
    return figure, numbers


class _Sizes:
    """What is drawn of the detector, in m, from its settings with or without their provenance."""

    def __init__(self, detector: Mapping[str, Any]):
        def of(section: str, key: str) -> float:
            leaf = detector[section][key]
            return float(leaf["value"] if isinstance(leaf, Mapping) else leaf)

        self.field_t = of("beam", "magnetic_field_t")
        self.pipe = 0.01 * of("material", "beam_pipe_radius_cm")
        self.wall = 0.01 * of("material", "inner_wall_radius_cm")
        self.counters = [
            of("shared_counters", f"{layer}_layer_radius_m") for layer in ("inner", "outer")
        ]
        self.counters_end = of("tof", "barrel_half_length_m")
        self.calorimeter = of("emc", "barrel_radius_m")
        cosine = of("emc", "barrel_cos_theta")
        self.end = self.calorimeter * cosine / np.sqrt(1.0 - cosine**2)
        outer, inner = (of("emc", f"end_cap_cos_theta_{n}") for n in ("minimum", "maximum"))
        self.cap = [self.end * np.sqrt(1.0 - c**2) / c for c in (inner, outer)]


def _draw_across(axes: Axes, size: _Sizes) -> None:
    from matplotlib.patches import Circle, Wedge

    outer = size.calorimeter + _CRYSTAL_DEPTH_M
    axes.add_patch(Wedge((0, 0), outer, 0, 360, width=_CRYSTAL_DEPTH_M, facecolor="#F0E4EC",
                         edgecolor=COLOURS["grey"], linewidth=0.5))
    for radius in size.counters:
        axes.add_patch(Circle((0, 0), radius, fill=False, edgecolor=COLOURS["green"], linewidth=0.8))
    for radius in (size.wall, size.pipe):
        axes.add_patch(Circle((0, 0), radius, fill=False, edgecolor=COLOURS["grey"], linewidth=0.5))
    limit = 1.32 * outer
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit))
    for text, height in (("drift chamber", 0.45), ("time of flight", size.counters[0] - 0.07),
                         ("calorimeter", outer - 0.09)):
        axes.text(0.0, -height, text, ha="center", va="center", fontsize=8, color=COLOURS["grey"])


def _draw_along(axes: Axes, size: _Sizes) -> None:
    from matplotlib.patches import Rectangle

    for sign in (1, -1):
        low = size.calorimeter if sign > 0 else -size.calorimeter - _CRYSTAL_DEPTH_M
        axes.add_patch(Rectangle((-size.end, low), 2 * size.end, _CRYSTAL_DEPTH_M,
                                 facecolor="#F0E4EC", edgecolor=COLOURS["grey"], linewidth=0.5))
        for end in (size.end, -size.end - _CRYSTAL_DEPTH_M):
            bottom = size.cap[0] if sign > 0 else -size.cap[1]
            axes.add_patch(Rectangle((end, bottom), _CRYSTAL_DEPTH_M, size.cap[1] - size.cap[0],
                                     facecolor="#F0E4EC", edgecolor=COLOURS["grey"], linewidth=0.5))
        for radius in size.counters:
            axes.plot([-size.counters_end, size.counters_end], [sign * radius] * 2,
                      color=COLOURS["green"], linewidth=0.8)
        for radius in (size.wall, size.pipe):
            axes.plot([-size.end, size.end], [sign * radius] * 2, color=COLOURS["grey"],
                      linewidth=0.5)
    limit = 1.1 * (size.end + _CRYSTAL_DEPTH_M)
    height = 1.32 * (size.calorimeter + _CRYSTAL_DEPTH_M)
    axes.set(xlim=(-limit, limit), ylim=(-height, height))


def _helix(track: Mapping[str, float], size: _Sizes) -> np.ndarray:
    """Points (n, 3) of a track in m, to the calorimeter's front or half a turn."""
    radius = 0.01 * _CM_PER_TESLA_GEV / (size.field_t * track["kappa"])
    closest = 0.01 * track["dr"]
    direction = np.array([np.cos(track["phi0"]), np.sin(track["phi0"])])
    centre = (closest + radius) * direction
    turned = track["phi0"] - np.sign(radius) * np.linspace(0.0, np.pi, _STEPS * 5)
    x, y = centre[:, np.newaxis] - radius * np.stack([np.cos(turned), np.sin(turned)])
    length = abs(radius) * np.linspace(0.0, np.pi, _STEPS * 5)
    z = 0.01 * track["dz"] + length * track["tan_lambda"]
    outside = (np.hypot(x, y) > size.calorimeter) | (np.abs(z) > size.end)
    last = int(np.argmax(outside)) if outside.any() else len(x) - 1
    return np.stack([x, y, z], axis=1)[: last + 1]


def _draw_track(
    across: Axes, along: Axes, path: np.ndarray, track: Mapping[str, float], name: str
) -> None:
    colour = COLOURS[_COLOURS.get(name.rstrip("+-~"), "black")]
    x, y, z = path.T
    radius = np.hypot(x, y) * (-1.0 if y[-1] < 0 else 1.0)
    bar = _METRES_PER_GEV * track["emc_energy"]
    momentum = np.hypot(1.0, track["tan_lambda"]) / abs(track["kappa"])
    sign = "+" if track["charge"] > 0 else "-"
    text = f"${particle_label(name)}$" if name else f"${sign}$"
    for axes, (u, v) in ((across, (x, y)), (along, (z, radius))):
        axes.plot(u, v, color=colour, linewidth=1.1, zorder=3)
        step = np.array([u[-1], v[-1]])
        step = step / np.hypot(*step)
        if bar > 0:
            axes.plot([u[-1], u[-1] + bar * step[0]], [v[-1], v[-1] + bar * step[1]], color=colour,
                      linewidth=4.0, solid_capstyle="butt", zorder=4)
    step = np.array([x[-1], y[-1]]) / np.hypot(x[-1], y[-1])
    place = step * (np.hypot(x[-1], y[-1]) + max(bar, 0.0) + 0.2)
    across.text(place[0], place[1], f"{text} {momentum:.2f}", ha="center", va="center", fontsize=8, zorder=5,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.6})


def _true_name(event: RecordedEvents, index: int) -> str:
    """Name of the generated particle of a track; empty where there is none."""
    if not 0 <= index < len(event.truth["pdg_id"]):
        return ""
    code = int(event.truth["pdg_id"][index])
    return particles.name(code) if code in _DRAWN else ""
