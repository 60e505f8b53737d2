"""Acceptance and limit of a channel against mass and mean life of N, and the limits at one mass.

Quantities under the pointer and on the axes are columns of the channel's grid, unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lnvsearch.interpretation.channels import Channel, find_channel
from lnvsearch.interpretation.explore.words import FOUR_DIGITS, KINDS, method_words
from lnvsearch.interpretation.grids import CHIRALITIES, Grid, read_grids

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource, CustomJS, RadioButtonGroup, Select
    from bokeh.models.layouts import LayoutDOM
    from bokeh.plotting import figure

__all__ = ["map_view"]

_TOOLTIPS = [
    ("kind", "@kind"), ("mass of N", "@mass_gev{custom} GeV"),
    ("mean life", "@lifetime_ps{custom} ps"), ("acceptance", "@acceptance{custom}"),
    ("± statistical", "@acceptance_statistical{custom}"),
    ("± systematic", "@acceptance_systematic{custom}"),
    ("effective simulated events", "@effective_events{custom}"),
    ("events seen (published)", "@observed{custom}"),
    ("background (published)", "@background{custom}"),
    ("limit on the product, 90 % CL", "@branching_fraction_limit{custom}"), ("method", "@method"),
    ("limit by CLs", "@branching_fraction_limit_cls{custom}"),
]  # fmt: skip
_PALETTE = "Viridis256"
#: Puts the grid that is chosen in the place of the one that is shown.
_SHOW = """
const key = channel.value + ' ' + chiralities[chirality.active];
const grid = grids[key].data, words = about[channel.value], n = grid.mass_gev.length;
shown.data = {...grid, method: Array(n).fill(words.method), kind: Array(n).fill('simulated')};
for (const [mapper, name] of [[colours.acceptance, 'acceptance'],
                              [colours.limit, 'branching_fraction_limit']]) {
  const values = Array.from(grid[name]).filter(v => Number.isFinite(v) && v > 0);
  mapper.low = Math.min(...values);
  mapper.high = Math.min(1, Math.max(...values));
}
text.text = words.html;
const masses = Array.from(new Set(grid.mass_gev));
mass.end = Math.max(masses.length - 1, 1);
if (mass.value > mass.end) mass.value = mass.end;
const at = masses[Math.min(mass.value, masses.length - 1)], rows = [];
for (let i = 0; i < n; i++) if (grid.mass_gev[i] === at && grid.lifetime_ps[i] > 0) rows.push(i);
const part = {};
for (const name of Object.keys(shown.data)) part[name] = rows.map(i => shown.data[name][i]);
profile.data = part;
const lives = part.lifetime_ps;
references.data = {
  kind: words.kinds, limit: words.limits, method: words.kinds.map(() => words.method),
  left: words.kinds.map(() => lives[0]), right: words.kinds.map(() => lives[lives.length - 1]),
};
mass_text.text = 'Limits at a mass of ' + Number(at.toPrecision(6)) + ' GeV';
"""


def map_view(
    grids: Mapping[tuple[str, str], str | Path],
    uniform: Mapping[tuple[str, str], Mapping[str, float]] | None = None,
) -> LayoutDOM:
    """The maps of all channels as one layout.

    `grids`: (search, channel) -> file; `uniform`: the same -> limits by kind, `derived` and
    `simulated`, for decays at once that fill the phase space evenly, where a run made them.  Raises ValueError without any.  Sources are named "<search> <channel> <chirality>", and `shown`, `profile` and `references` on screen.
    """
    from bokeh.layouts import column, row
    from bokeh.models import ColumnDataSource, CustomJS, Div, Slider

    if not grids:
        raise ValueError("no search has a grid of masses and lifetimes: `papers` needs one with a recast")
    sources = {
        f"{search} {channel} {chirality}": _source(grid, f"{search} {channel} {chirality}")
        for (search, channel), path in grids.items()
        for chirality, grid in read_grids(Path(path)).items()
    }
    channels = {" ".join(key): find_channel(*key) for key in grids}
    about = {
        name: _about(channel, (uniform or {}).get((channel.paper, channel.name), {}))
        for name, channel in channels.items()
    }
    first = min(channels, key=lambda name: channels[name].published_limit)
    empty: dict[str, list] = {name: [] for name in next(iter(sources.values())).data}
    shown, profile = (
        ColumnDataSource({**empty, "method": [], "kind": []}, name=name)
        for name in ("shown", "profile")
    )
    bars = ("kind", "limit", "method", "left", "right")
    references = ColumnDataSource({key: [] for key in bars}, name="references")
    channel, chirality = _choices(channels, first)
    last = max(len(set(source.data["mass_gev"])) for source in sources.values()) - 1
    mass = Slider(
        title="mass of N", name="mass", start=0, end=max(last, 1), value=last // 2, step=1,
        show_value=False,
    )  # fmt: skip
    text, mass_text = Div(name="about"), Div(name="mass_text")
    acceptance, of_acceptance = _map(shown, "acceptance", "acceptance (simulated)")
    limit, of_limit = _map(
        shown, "branching_fraction_limit", "limit on the product (simulated)", acceptance
    )
    show = CustomJS(
        name="show_map", code=_SHOW,
        args={
            "channel": channel, "chirality": chirality, "chiralities": list(CHIRALITIES), "mass": mass,
            "grids": sources, "about": about, "shown": shown, "profile": profile,
            "references": references, "text": text, "mass_text": mass_text,
            "colours": {"acceptance": of_acceptance, "limit": of_limit},
        },
    )  # fmt: skip
    channel.js_on_change("value", show)
    chirality.js_on_change("active", show)
    mass.js_on_change("value", show)
    _choose_by_tap(acceptance, limit, shown, mass)
    return column(
        row(channel, chirality, spacing=30), text, row(acceptance, limit),
        row(mass, mass_text, spacing=30), _profile(profile, references, about), tags=[show],
    )  # fmt: skip


def _choices(channels: Mapping[str, Channel], first: str) -> tuple[Select, RadioButtonGroup]:
    """Of the channel and of the vertices."""
    from bokeh.models import RadioButtonGroup, Select

    channel = Select(
        title="search and channel", name="channel", value=first, width=420,
        options=[(name, one.title) for name, one in channels.items()],
    )  # fmt: skip
    chirality = RadioButtonGroup(
        name="chirality", active=1, labels=["isotropic vertices", "V − A vertices"]
    )
    return channel, chirality


def _source(grid: Grid, name: str) -> ColumnDataSource:
    """The grid's columns, and the edges of the cells that are drawn about its points."""
    from bokeh.models import ColumnDataSource

    mass, lifetime = np.meshgrid(grid.mass_gev, grid.lifetime_ps, indexing="ij")
    logarithms = _edges(np.log10(grid.lifetime_ps[grid.lifetime_ps > 0.0]))
    step = logarithms[1] - logarithms[0]
    if grid.lifetime_ps[0] == 0.0:
        # A decay at once has no place on the axis: a column of its own, left of all.
        logarithms = np.concatenate([[logarithms[0] - 2.0 * step], logarithms])
    ends = [10.0**logarithms, _edges(grid.mass_gev)]
    data = {"mass_gev": mass, "lifetime_ps": lifetime, **grid.values}
    for names, along, values in (
        (("left", "right"), lifetime, ends[0][np.newaxis, :]),
        (("bottom", "top"), mass, ends[1][:, np.newaxis]),
    ):
        low, high = (values[:, :-1], values[:, 1:]) if along is lifetime else (values[:-1], values[1:])
        for end, one in zip(names, (low, high), strict=True):
            data[end] = np.broadcast_to(one, mass.shape).astype(np.float32)
    return ColumnDataSource({key: values.ravel() for key, values in data.items()}, name=name)


def _edges(points: np.ndarray) -> np.ndarray:
    """Ends of cells about points in order: half way, and as far beyond the first and the last."""
    if len(points) == 1:
        half = 0.05 * abs(points[0]) or 0.05
        return np.array([points[0] - half, points[0] + half])
    between = 0.5 * (points[1:] + points[:-1])
    return np.concatenate([
        [2.0 * points[0] - between[0]], between, [2.0 * points[-1] - between[-1]],
    ])  # fmt: skip


def _about(channel: Channel, uniform: Mapping[str, float]) -> dict:
    """What the page says of a channel, and its limits for an even density, by kind."""
    known = {"published": channel.published_limit, **uniform}
    known = {kind: known[kind] for kind in KINDS if kind in known}
    missing = " and ".join(kind for kind in KINDS if kind not in known)
    left_out = f" (run the workflow for what is {missing})" if missing else ""
    limits = ", ".join(
        f"<b style='color:{KINDS[kind][0]}'>{kind} {value:.3g}</b>" for kind, value in known.items()
    )
    method = method_words(channel.method)
    return {
        "method": method, "kinds": list(known), "limits": list(known.values()),
        "html": f"{channel.chain}. Limit of a decay at once that fills the phase space evenly: "
                f"{limits}{left_out}.",
    }  # fmt: skip


def _map(source: ColumnDataSource, quantity: str, title: str, other: figure | None = None):
    """A figure of one quantity in colours, with the ranges of another, and its colour mapper."""
    from bokeh.models import ColorBar, HoverTool, LogColorMapper
    from bokeh.plotting import figure
    from bokeh.transform import transform

    mapper = LogColorMapper(
        palette=_PALETTE, low=1e-12, high=1.0, nan_color="#dddddd", low_color="#dddddd",
        high_color="#dddddd",
    )
    ranges = {"x_range": other.x_range, "y_range": other.y_range} if other else {}
    drawn = figure(
        title=title, x_axis_type="log", width=560, height=380,
        x_axis_label="mean life of N [ps]; first column: a decay at once",
        y_axis_label="mass of N [GeV]", tools="pan,box_zoom,wheel_zoom,tap,reset,save", **ranges,
    )  # fmt: skip
    cells = drawn.quad(
        left="left", right="right", bottom="bottom", top="top", source=source,
        color=transform(quantity, mapper), nonselection_alpha=1.0,
    )  # fmt: skip
    drawn.add_layout(ColorBar(color_mapper=mapper, width=14), "right")
    drawn.add_tools(HoverTool(renderers=[cells], tooltips=_TOOLTIPS, formatters=_formatters()))
    drawn.toolbar.logo = None
    drawn.grid.visible = False
    return drawn, mapper


def _formatters() -> dict:
    """Every number under the pointer with four digits."""
    from bokeh.models import CustomJSHover

    numbers = CustomJSHover(code=FOUR_DIGITS)
    return {
        words.removesuffix(" GeV").removesuffix(" ps").partition("{")[0]: numbers
        for _, words in _TOOLTIPS
        if "{custom}" in words
    }


def _profile(
    profile: ColumnDataSource, references: ColumnDataSource, about: Mapping[str, Mapping]
) -> figure:
    """The limits at one mass against the mean life, with those of an even density that are known."""
    from bokeh.models import CDSView, CustomJSHover, GroupFilter, HoverTool
    from bokeh.plotting import figure

    drawn = figure(
        x_axis_type="log", y_axis_type="log", width=760, height=330, name="profile_figure",
        x_axis_label="mean life of N [ps]", y_axis_label="limit on the product of B",
        tools="pan,box_zoom,wheel_zoom,reset,save",
    )  # fmt: skip
    blue = KINDS["simulated"][0]
    known = {kind for one in about.values() for kind in one["kinds"]}
    line = drawn.line(
        "lifetime_ps", "branching_fraction_limit", source=profile, color=blue, line_width=2,
        legend_label="simulated, the paper's method",
    )  # fmt: skip
    drawn.line(
        "lifetime_ps", "branching_fraction_limit_cls", source=profile, color=blue,
        line_dash="dotted", line_width=2, legend_label="simulated, CLs",
    )  # fmt: skip
    even = [
        drawn.segment(
            "left", "limit", "right", "limit", source=references, color=colour, line_dash=dash,
            view=CDSView(filter=GroupFilter(column_name="kind", group=kind)), line_width=2,
            legend_label=f"{kind}, at once and even in phase space",
        )
        for (kind, (colour, _)), dash in zip(KINDS.items(), ("dashed", "dotdash", "dotted"), strict=True)
        if kind in known
    ]  # fmt: skip
    numbers = CustomJSHover(code=FOUR_DIGITS)
    drawn.add_tools(HoverTool(renderers=[line], tooltips=_TOOLTIPS, formatters=_formatters()))
    drawn.add_tools(HoverTool(
        renderers=even, formatters={"@limit": numbers},
        tooltips=[("kind", "@kind"), ("limit, even density", "@limit{custom}"), ("method", "@method")],
    ))  # fmt: skip
    drawn.toolbar.logo = None
    drawn.legend.location = "top_left"
    return drawn


def _choose_by_tap(acceptance: figure, limit: figure, shown: ColumnDataSource, mass) -> CustomJS:
    """A tap on a cell of a map chooses its mass."""
    from bokeh.models import CustomJS, TapTool

    choose = CustomJS(
        args={"shown": shown, "mass": mass},
        code="""
        const masses = Array.from(new Set(shown.data.mass_gev));
        const row = shown.selected.indices[0];
        if (row !== undefined) mass.value = masses.indexOf(shown.data.mass_gev[row]);
        """,
    )
    for drawn in (acceptance, limit):
        drawn.select_one(TapTool).callback = choose
    return choose
