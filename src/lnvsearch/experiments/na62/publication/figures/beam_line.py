"""The layout of the NA62 beam line and detector: a side view drawn from the detector's settings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch.publication.figures.style import (
    COLOURS,
    PLAIN_LABEL,
    column_figure,
    in_style,
    label_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["layout"]

#: Periods of data that were over before the collimator was exchanged in 2018.
EARLY_PERIODS = frozenset({"run_2016", "run_2017"})
_COLUMNS = (
    "element", "part", "z_begin_m", "z_end_m", "x_low_m", "x_high_m", "z_provenance",
)
# Depth along z at which an element is drawn whose thickness the settings do not hold.
_DRAWN_DEPTH_M = {
    "GTK1": 0.3, "GTK2": 0.3, "GTK3": 0.3, "CHANTI": 0.8, "TRIM5": 1.0, "MNP33": 1.3,
    "STRAW": 0.4, "NewCHOD": 0.3, "CHOD": 0.3, "IRC": 0.4, "LKr": 1.3, "MUV1": 0.8, "MUV2": 0.8,
    "MUV3": 0.5, "SAC": 0.8,
}
# Half height at which beam detectors and magnets are drawn.
_BEAM_DETECTOR_HALF_M = 0.15
_MAGNET_X_M = (1.10, 1.50)
_RANGE_Z_M = (66.0, 265.0)
_RANGE_X_M = (-2.05, 3.35)
_LABEL_X_M = 2.05
_LABEL_SPACING_M = 4.4


@dataclass(frozen=True)
class _Element:
    """A rectangle of the drawing, in m: name, part of a pair, extent, source of z, style."""

    name: str
    part: str
    z: tuple[float, float]
    x: tuple[float, float]
    provenance: str
    colour: str
    hatch: str = ""
    label: str | None = None


class _Settings:
    """The detector's settings, whose leaves are numbers or {value, unit, provenance, source}."""

    def __init__(self, detector: Mapping[str, Any]):
        self._detector = detector

    def __call__(self, section: str, key: str) -> Any:
        leaf = self._leaf(section, key)
        return leaf["value"] if isinstance(leaf, Mapping) else leaf

    def provenance(self, section: str, key: str) -> str:
        leaf = self._leaf(section, key)
        return leaf["provenance"] if isinstance(leaf, Mapping) else ""

    def _leaf(self, section: str, key: str) -> Any:
        try:
            return self._detector[section][key]
        except KeyError as error:
            raise ValueError(
                f"the detector's settings lack {section}.{key}, which the layout draws; add it"
            ) from error


@in_style
def layout(
    detector: Mapping[str, Any], data_sets: Sequence[str] = ()
) -> tuple[Figure, dict[str, list]]:
    """Draw beam line and detector in (z, x), with different scales, from the detector's settings.

    `data_sets` are the periods of the data: the collimator is the small one of the first years
    (`early_collimator`) if all of them are among `EARLY_PERIODS`, else the one of 2018.

    `detector` is the content of the detector's file (metres, rad; leaves with or without their
    provenance).  Positions and transverse sizes are to scale; the depth along z of thin detectors
    and the yokes of the magnets are for the eye.  The numbers are one row a rectangle: `element,
    part, z_begin_m, z_end_m, x_low_m, x_high_m, z_provenance` (where the position comes from), and
    the points of the beam axis as elements `beam`.  Raises ValueError if a setting is missing.
    """
    from matplotlib.patches import Rectangle

    settings = _Settings(detector)
    figure, axes = column_figure(2, height_cm=8.6)
    numbers: dict[str, list] = {name: [] for name in _COLUMNS}
    begin, end = (settings("fiducial_volume", f"{name}_z_m") for name in ("begin", "end"))
    axes.axvspan(begin, end, facecolor="#EFEFEF", edgecolor="none", zorder=0)
    axes.text(0.5 * (begin + end), -1.62, "fiducial volume", ha="center", va="center", fontsize=8)
    _note(numbers, ("fiducial volume", "", begin, end, None, None,
                    settings.provenance("fiducial_volume", "begin_z_m")))
    labels: dict[str, tuple[float, float]] = {}
    is_early = bool(data_sets) and EARLY_PERIODS.issuperset(data_sets)
    for element in _elements(settings, "early_collimator" if is_early else "collimator"):
        axes.add_patch(Rectangle(
            (element.z[0], element.x[0]), element.z[1] - element.z[0], element.x[1] - element.x[0],
            facecolor=element.colour, edgecolor="black", linewidth=0.4, hatch=element.hatch,
            zorder=2,
        ))
        _note(numbers, (element.name, element.part, *element.z, *element.x, element.provenance))
        if element.label:
            top = max(labels.get(element.label, (0.0, -9.9))[1], element.x[1])
            labels[element.label] = (0.5 * sum(element.z), top)
    _draw_beam(axes, settings, numbers)
    _write_labels(axes, labels)
    axes.set(xlim=_RANGE_Z_M, ylim=_RANGE_X_M)
    axes.set_yticks([-2, -1, 0, 1, 2])
    axes.yaxis.set_minor_locator(_no_minor_ticks())
    axes.set_xlabel("$z$ along the beam [m]")
    axes.set_ylabel("$x$ [m], enlarged", y=0.5, ha="center")
    label_axes(axes, f"{PLAIN_LABEL} — the detector as it is simulated")
    return figure, numbers


def _no_minor_ticks():
    from matplotlib.ticker import NullLocator

    return NullLocator()


def _elements(settings: _Settings, collimator: str) -> Iterator[_Element]:
    yield from _beam_elements(settings, collimator)
    yield from _vetoes(settings)
    yield from _spectrometer(settings)
    yield from _downstream(settings)


def _thin(name: str, z: float) -> tuple[float, float]:
    half = 0.5 * _DRAWN_DEPTH_M[name]
    return (z - half, z + half)


def _behind(name: str, front: float) -> tuple[float, float]:
    return (front, front + _DRAWN_DEPTH_M[name])


def _pair(
    name: str, z: tuple[float, float], inner: tuple[float, float], outer: float, provenance: str,
    colour: str, hatch: str = "", label: str | None = None,
) -> Iterator[_Element]:
    """Above and below a hole, whose edges are `inner` (m)."""
    yield _Element(name, "+x", z, (inner[1], outer), provenance, colour, hatch, label)
    yield _Element(name, "-x", z, (-outer, inner[0]), provenance, colour, hatch)


def _beam_elements(settings: _Settings, collimator: str) -> Iterator[_Element]:
    """What stands in or around the beam in front of the fiducial volume."""
    half = _BEAM_DETECTOR_HALF_M
    begin = settings("upstream", "ktag_z_m")
    end = begin + settings("upstream", "ktag_length_m")
    yield _Element("KTAG", "", (begin, end), (-half, half),
                   settings.provenance("upstream", "ktag_z_m"), COLOURS["sky"], label="KTAG")
    for name in ("GTK1", "GTK2", "GTK3"):
        key = f"{name.lower()}_z_m"
        yield _Element(name, "", _thin(name, settings("upstream", key)), (-half, half),
                       settings.provenance("upstream", key), COLOURS["green"], label=name)
    yield from _collimator(settings, collimator)
    trim5 = settings("upstream", "trim5_z_m")
    gap = settings("upstream", "trim5_half_gap_m")
    yield from _pair("TRIM5", _thin("TRIM5", trim5), (-gap, gap),
                     settings("upstream", "trim5_half_width_m"),
                     settings.provenance("upstream", "trim5_z_m"), COLOURS["vermilion"], "///",
                     "TRIM5")
    chanti = settings("upstream", "chanti_z_m")
    yield from _pair("CHANTI", _thin("CHANTI", chanti), (-0.05, 0.05), half,
                     settings.provenance("upstream", "chanti_z_m"), COLOURS["purple"],
                     label="CHANTI")


def _collimator(settings: _Settings, name: str) -> Iterator[_Element]:
    """The collimator in front of the fiducial volume; the early one is as wide as it is high."""
    middle, length, aperture = (
        settings("upstream", f"{name}_{key}_m") for key in ("z", "length", "half_aperture_x")
    )
    width = "half_width" if name == "early_collimator" else "half_width_x"
    yield from _pair(
        "collimator", (middle - 0.5 * length, middle + 0.5 * length), (-aperture, aperture),
        settings("upstream", f"{name}_{width}_m"),
        settings.provenance("upstream", f"{name}_z_m"), COLOURS["grey"], "xxx", "collimator",
    )


def _vetoes(settings: _Settings) -> Iterator[_Element]:
    """The twelve rings of the large-angle veto."""
    width = settings("lav", "radial_width_m")
    stations = zip(
        *(settings("lav", key) for key in ("front_z_m", "depth_m", "inner_radius_m")), strict=True
    )
    for index, (z, depth, radius) in enumerate(stations, start=1):
        yield from _pair(f"LAV{index}", (z, z + depth), (-radius, radius), radius + width,
                         settings.provenance("lav", "front_z_m"), COLOURS["orange"], "",
                         f"LAV{index}")


def _spectrometer(settings: _Settings) -> Iterator[_Element]:
    """The straw chambers with the gap for the beam, and the magnet between them."""
    half, radius = (settings("spectrometer", n) for n in ("hole_half_size_m", "outer_radius_m"))
    # At y = 0, where the plane is drawn, the hole ends with the turned square's corners.
    half *= math.sqrt(2.0)
    chambers = zip(
        settings("spectrometer", "chamber_z_m"), settings("spectrometer", "hole_centre_x_m"),
        strict=True,
    )
    for index, (z, centre) in enumerate(chambers, start=1):
        yield from _pair(f"STRAW{index}", _thin("STRAW", z), (centre - half, centre + half), radius,
                         settings.provenance("spectrometer", "chamber_z_m"), COLOURS["blue"], "",
                         f"STRAW{index}")
    magnet = settings("spectrometer", "magnet_z_m")
    inner, outer = _MAGNET_X_M
    yield from _pair("MNP33", _thin("MNP33", magnet), (-inner, inner), outer,
                     settings.provenance("spectrometer", "magnet_z_m"), COLOURS["vermilion"], "///",
                     "MNP33")


def _downstream(settings: _Settings) -> Iterator[_Element]:
    """Everything behind the spectrometer."""
    front, length, axis, inner, outer = (
        settings("rich", n)
        for n in ("entrance_z_m", "length_m", "axis_x_m", "inner_radius_m", "outer_radius_m")
    )
    yield from _pair("RICH", (front, front + length), (axis - inner, axis + inner), outer,
                     settings.provenance("rich", "entrance_z_m"), "#D9EEF9", "", "RICH")
    for name, section, key in (
        ("NewCHOD", "pad_hodoscope", "z_m"), ("CHOD", "slab_hodoscope", "vertical_z_m"),
        ("CHOD", "slab_hodoscope", "horizontal_z_m"),
    ):
        radius = settings(section, "inner_radius_m")
        yield from _pair(name, _thin(name, settings(section, key)), (-radius, radius),
                         settings(section, "outer_radius_m"), settings.provenance(section, key),
                         COLOURS["green"], "", "CHOD tiles" if name == "NewCHOD" else "CHOD slabs")
    radius = settings("irc", "inner_radius_m")
    yield from _pair("IRC", _thin("IRC", settings("irc", "z_m")), (-radius, radius),
                     settings("irc", "outer_radius_m"), settings.provenance("irc", "z_m"),
                     COLOURS["black"], "", "IRC")
    radius = settings("lkr", "inner_radius_m")
    yield from _pair("LKr", _behind("LKr", settings("lkr", "z_m")), (-radius, radius),
                     settings("lkr", "apothem_m"), settings.provenance("lkr", "z_m"),
                     COLOURS["purple"], "", "LKr")
    hole, width = settings("muv", "hole_radius_m"), settings("muv", "half_width_m")
    for name, colour, hatch in (("MUV1", COLOURS["grey"], "..."), ("MUV2", COLOURS["grey"], "..."),
                                ("MUV3", COLOURS["blue"], "\\\\\\")):
        key = f"{name.lower()}_z_m"
        yield from _pair(name, _behind(name, settings("muv", key)), (-hole, hole), width,
                         settings.provenance("muv", key), colour, hatch, name)
    half = settings("sac", "half_width_m")
    yield _Element("SAC", "", _behind("SAC", settings("sac", "z_m")), (-half, half),
                   settings.provenance("sac", "z_m"), COLOURS["black"], label="SAC")


def _draw_beam(axes: Axes, settings: _Settings, numbers: dict[str, list]) -> None:
    """The beam of undecayed kaons: straight, kicked by TRIM5, and back by the spectrometer."""
    slope = settings("beam", "slope_x")
    origin = settings("beam", "axis_origin_z_m")
    magnet = settings("spectrometer", "magnet_z_m")
    bent = slope - settings("spectrometer", "magnet_kick_gev") / settings("beam", "momentum_gev")
    z = np.array([_RANGE_Z_M[0], origin, magnet, settings("sac", "z_m")])
    at_magnet = slope * (magnet - origin)
    x = np.array([0.0, 0.0, at_magnet, at_magnet + bent * (z[3] - magnet)])
    axes.plot(z, x, color=COLOURS["vermilion"], linewidth=1.0, linestyle=(0, (5, 1.5)), zorder=3)
    axes.annotate("$K^+$ beam, 75 GeV/$c$", (87.0, 0.0), xytext=(87.0, -1.15), ha="center",
                  fontsize=8, arrowprops={"arrowstyle": "-", "linewidth": 0.5})
    for i in range(3):
        _note(numbers, ("beam", f"piece {i + 1}", *map(float, (z[i], z[i + 1], x[i], x[i + 1])),
                        settings.provenance("beam", "slope_x")))


def _write_labels(axes: Axes, labels: Mapping[str, tuple[float, float]]) -> None:
    """Names above, upright, far enough apart, with a line to what they name."""
    names = sorted(labels, key=lambda name: labels[name][0])
    wanted = np.array([labels[name][0] for name in names])
    for name, z, place in zip(names, wanted, _spread(wanted), strict=True):
        axes.plot([z, z, place], [labels[name][1] + 0.03, 1.62, _LABEL_X_M - 0.05], color="black",
                  linewidth=0.35, zorder=1)
        axes.text(place, _LABEL_X_M, name, rotation=90, ha="center", va="bottom", fontsize=8)


def _spread(wanted: np.ndarray) -> np.ndarray:
    """Move sorted places apart to the least spacing, as little as needed, and keep their order.

    Places that would be too close form a block centred on the mean of where they want to be.
    """
    blocks: list[list[float]] = []  # [mean of the wanted places of the first, how many]
    for index, place in enumerate(wanted):
        blocks.append([place - index * _LABEL_SPACING_M, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, count = blocks.pop()
            before, n = blocks[-1]
            blocks[-1] = [(before * n + mean * count) / (n + count), n + count]
    first = np.concatenate([np.full(count, mean) for mean, count in blocks])
    low, high = _RANGE_Z_M[0] + 2.5, _RANGE_Z_M[1] - 2.5
    last = high - (len(wanted) - 1) * _LABEL_SPACING_M
    return np.clip(first, low, last) + np.arange(len(wanted)) * _LABEL_SPACING_M


def _note(numbers: dict[str, list], cells: tuple) -> None:
    for column, cell in zip(numbers.values(), cells, strict=True):
        column.append(cell)
