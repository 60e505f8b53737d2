"""One style for all figures: sizes for print, colours safe for the colour-blind, and the label.

A figure is made at the size at which it is printed (8.6 cm, one column, or 17 cm, two), so that a
font size in points is the one on paper.  Nothing is told by colour alone: markers, line styles or
hatches tell the same.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "COLOURS",
    "DATA_LABEL",
    "LABEL",
    "PLAIN_LABEL",
    "column_figure",
    "figure_bytes",
    "in_style",
    "label_axes",
    "mark_small_statistics",
    "publication_style",
    "say_too_few",
]

LABEL = "lnvsearch reproduction — simulated events"
#: Of a figure that draws no event: diagrams, a detector, sums of probabilities.
PLAIN_LABEL = "lnvsearch reproduction"
#: Of a figure with recorded events of the user's own.
DATA_LABEL = "lnvsearch — simulated signal, recorded data"

# M. Okabe and K. Ito, "Color Universal Design" (2008): told apart by all common kinds of vision.
COLOURS = {
    "black": "#000000",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "green": "#009E73",
    "purple": "#CC79A7",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "grey": "#7F7F7F",
}

_CENTIMETRES_PER_INCH = 2.54
_WIDTH_CM = {1: 8.6, 2: 17.0}
_FONT_POINTS = 9.0
_SMALL_FONT_POINTS = 8.0


@lru_cache(maxsize=1)
def _parameters() -> Any:
    """Return the matplotlib parameters: mplhep's ROOT style, at the size of print."""
    import mplhep

    parameters = {
        key: value
        for key, value in mplhep.style.ROOT.items()
        # The style's mathematics font has no Greek letters.
        if not key.startswith("mathtext")
    }
    parameters |= {
        # The names themselves, not "sans-serif", so that a figure remembers its fonts.
        "font.family": ["TeX Gyre Heros", "DejaVu Sans"],
        "mathtext.fontset": "stixsans",
        "font.size": _FONT_POINTS,
        "axes.labelsize": _FONT_POINTS,
        "axes.titlesize": _FONT_POINTS,
        "xtick.labelsize": _SMALL_FONT_POINTS,
        "ytick.labelsize": _SMALL_FONT_POINTS,
        "legend.fontsize": _SMALL_FONT_POINTS,
        "legend.handlelength": 1.8,
        "legend.borderpad": 0.2,
        "legend.labelspacing": 0.3,
        "legend.borderaxespad": 0.9,
        "axes.linewidth": 0.8,
        "lines.linewidth": 1.2,
        "lines.markersize": 4.0,
        "patch.linewidth": 0.8,
        "hatch.linewidth": 0.5,
        "errorbar.capsize": 0.0,
        "xtick.major.size": 4.5,
        "xtick.minor.size": 2.5,
        "ytick.major.size": 4.5,
        "ytick.minor.size": 2.5,
        "xtick.major.width": 0.8,
        "ytick.major.width": 0.8,
        "xtick.minor.width": 0.6,
        "ytick.minor.width": 0.6,
        "xtick.major.pad": 3.0,
        "ytick.major.pad": 3.0,
        "figure.dpi": 300,
        "savefig.dpi": "figure",
        # Otherwise the names of the parts of an SVG or PDF are random.
        "svg.hashsalt": "lnvsearch",
    }
    return parameters


@contextmanager
def publication_style() -> Iterator[None]:
    """Make matplotlib draw in this style inside the block, and as before after it."""
    import matplotlib

    with matplotlib.rc_context(_parameters()):
        yield


def in_style(draw: Callable) -> Callable:
    """Run a drawing function inside `publication_style`."""

    @wraps(draw)
    def drawn(*args, **kwargs):
        with publication_style():
            return draw(*args, **kwargs)

    return drawn


def column_figure(columns: int = 1, height_cm: float = 6.6, **grid: Any) -> tuple[Figure, Any]:
    """Return a figure one or two columns wide, and its axes (as `Figure.subplots` gives them)."""
    from matplotlib.figure import Figure

    figure = Figure(
        figsize=(_WIDTH_CM[columns] / _CENTIMETRES_PER_INCH, height_cm / _CENTIMETRES_PER_INCH),
        layout="constrained",
    )
    layout: Any = figure.get_layout_engine()
    layout.set(w_pad=0.03, h_pad=0.03)
    return figure, figure.subplots(**grid)


def label_axes(axes: Axes, label: str = LABEL) -> None:
    """Write above the axes where what is drawn comes from: LABEL, DATA_LABEL or PLAIN_LABEL."""
    axes.set_title(label, loc="left", fontsize=_SMALL_FONT_POINTS, style="italic", pad=4)


def mark_small_statistics(figure: Figure, statistics: str) -> None:
    """Write over a figure how few events it is made of, where it draws events; nothing if empty."""
    labels = (axes.get_title(loc="left") for axes in figure.axes)
    if statistics and any(label in (LABEL, DATA_LABEL) for label in labels):
        figure.suptitle(statistics, fontsize=_SMALL_FONT_POINTS, color=COLOURS["vermilion"])


def say_too_few(axes: Axes, what: str) -> None:
    """Write into axes that would be empty what there is too little of to be drawn."""
    axes.text(
        0.5, 0.45, f"Too few events:\n{what}", transform=axes.transAxes, ha="center", va="center",
        fontsize=_FONT_POINTS, color=COLOURS["vermilion"], zorder=10,
        bbox={"facecolor": "white", "edgecolor": COLOURS["vermilion"], "pad": 4.0},
    )


def figure_bytes(figure: Figure, file_format: str) -> bytes:
    """Return a figure as the content of a `pdf` or `png` file, the same bytes every time.

    The date of making is left out; PNG files have 300 dots an inch.  The layout is that of the first call.
    """
    if file_format not in ("pdf", "png"):
        raise ValueError(f"file_format is {file_format!r}; it must be pdf or png")
    metadata = {"CreationDate": None} if file_format == "pdf" else {"Software": None}
    buffer = io.BytesIO()
    # Ticks are made when a figure is drawn: the style must hold then too.
    with publication_style():
        _lay_out(figure, file_format)
        figure.savefig(buffer, format=file_format, metadata=metadata)
    return buffer.getvalue()


def _lay_out(figure: Figure, file_format: str) -> None:
    """Find the layout once, for every format; with a layout to find, `savefig` draws everything twice."""
    engine = figure.get_layout_engine()
    if engine is None:
        return
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_pdf import FigureCanvasPdf

    # Texts are as wide as this format has them.
    (FigureCanvasPdf if file_format == "pdf" else FigureCanvasAgg)(figure)
    engine.execute(figure)
    figure.set_layout_engine(None)
