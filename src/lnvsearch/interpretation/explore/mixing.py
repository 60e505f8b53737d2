"""Limits on |U|^2 against the mass of N for a pattern of mixing that two sliders choose.

Sliders step through the patterns of a table; between its steps there is nothing.
"""

from __future__ import annotations

import math
from itertools import cycle
from typing import TYPE_CHECKING, Any

from lnvsearch.interpretation.channels import find_channel
from lnvsearch.interpretation.explore.patterns import mixing_patterns
from lnvsearch.interpretation.explore.words import FOUR_DIGITS, KINDS, method_words
from lnvsearch.interpretation.mixing_table import COMBINED
from lnvsearch.tables import Table, find_rows

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource, LegendItem
    from bokeh.models.layouts import LayoutDOM
    from bokeh.plotting import figure

__all__ = ["mixing_view"]

#: Columns of MIXING_COLUMNS that are numbers of the page; None is not a number there.
_NUMBERS = (
    "mass_gev", "mixing_limit", "mixing_upper_end", "lifetime_at_limit_ps", "acceptance_at_limit",
    "mixing_limit_prompt_reading", "lifetime_of_prompt_reading_ps",
)  # fmt: skip
_TEXTS = ("kind", "searches", "method", "remark")
_SHOWN = (*_NUMBERS, *_TEXTS, "shown", "shown_prompt")
_TOOLTIPS = [
    ("kind", "@kind"), ("search", "@searches"), ("mass of N", "@mass_gev{custom} GeV"),
    ("limit on what is drawn, 90 % CL", "@shown{custom}"),
    ("limit on |U|²", "@mixing_limit{custom}"), ("excluded up to", "@mixing_upper_end{custom}"),
    ("mean life at the limit", "@lifetime_at_limit_ps{custom} ps"),
    ("acceptance there", "@acceptance_at_limit{custom}"),
    ("read as prompt: |U|²", "@mixing_limit_prompt_reading{custom}"), ("method", "@method"),
    ("note", "@remark"),
]  # fmt: skip
_DASHES = ("solid", "dashed", "dotdash", "dotted")
_BLUES = (KINDS["simulated"][0], "#56B4E9", "#004c78")
_QUANTITIES = {"|U|²": None, "|U_e|²": "e", "|U_μ|²": "mu", "|U_τ|²": "tau"}
#: Shows the pattern of the sliders: every curve's rows of it, times the share of the flavour drawn.
_SHOW = """
if (electron.value + muon.value > 1 + 1e-9) {
  // The other one gives way.
  const other = cb_obj === muon ? electron : muon, one = cb_obj === muon ? muon : electron;
  other.value = Math.round((1 - one.value) * steps) / steps;
  return;
}
const e = Math.round(electron.value * steps), mu = Math.round(muon.value * steps);
const pattern = patterns[e + ',' + mu], flavour = flavours[quantity.active];
const share = flavour === null ? 1 : pattern[flavour];
const without = [];
for (const [name, source] of Object.entries(all)) {
  const from = source.data, rows = [];
  for (let i = 0; i < from.mixing.length; i++)
    if (from.mixing[i] === pattern.name) rows.push(i);
  const part = {};
  for (const key of columns) if (key in from) part[key] = rows.map(i => from[key][i]);
  part.shown = part.mixing_limit.map(v => share > 0 ? share * v : NaN);
  part.shown_prompt = part.mixing_limit_prompt_reading.map(v => share > 0 ? share * v : NaN);
  shown[name].data = part;
  if (rows.length && name in titles && !part.mixing_limit.some(Number.isFinite))
    without.push('<li>' + titles[name] + ': ' + part.remark[0] + '</li>');
  entries[name].visible = part.shown.some(Number.isFinite);
}
ratio.text = '<b>|U_e|² : |U_μ|² : |U_τ|² = ' + [pattern.e, pattern.mu, pattern.tau]
  .map(s => Number(s.toPrecision(4))).join(' : ') + '</b>'
  + (share > 0 ? '' : ' (this flavour does not mix: nothing is drawn)');
notes.text = (without.length ? 'No bound below 1 (at the first mass):<ul>' + without.join('') + '</ul>' : '');
"""


def mixing_view(limits: Table, public: Table, steps: int) -> LayoutDOM:
    """Sliders and figure.

    `limits`: of `pattern_limits` with these steps; `public`: mixing, experiment, mass_gev, mixing_limit of other searches,
    which show for a single flavour.  Sources of all patterns are named "all <curve>", those on screen "mixing <curve>".
    """
    from bokeh.layouts import column, row
    from bokeh.models import ColumnDataSource, CustomJS, Div, RadioButtonGroup, Slider

    every = _sources(limits, public)
    shown = {
        name: ColumnDataSource({key: [] for key in _SHOWN}, name=f"mixing {name}") for name in every
    }
    titles = {
        name: find_channel(*name.split()).title for name in dict.fromkeys(limits["searches"])
        if name != COMBINED
    }  # fmt: skip
    electron, muon = (
        Slider(title=f"share of |U_{words}|²", name=name, start=0.0, end=1.0, step=1.0 / steps,
               value=value, width=260)
        for words, name, value in (("e", "share_e", 1.0), ("μ", "share_mu", 0.0))
    )  # fmt: skip
    quantity = RadioButtonGroup(name="quantity", labels=list(_QUANTITIES), active=0)
    ratio, notes = Div(name="ratio"), Div(name="notes")
    patterns = {
        f"{e},{mu}": {"name": one.name, "e": one.e, "mu": one.mu, "tau": one.tau}
        for (e, mu), one in mixing_patterns(steps).items()
    }
    drawn, entries = _figure(shown, titles)
    show = CustomJS(
        name="show_mixing", code=_SHOW,
        args={
            "electron": electron, "muon": muon, "quantity": quantity, "ratio": ratio,
            "notes": notes, "all": every, "shown": shown, "patterns": patterns, "steps": steps,
            "flavours": list(_QUANTITIES.values()), "columns": list(_SHOWN), "titles": titles,
            "entries": entries,
        },
    )  # fmt: skip
    electron.js_on_change("value", show)
    muon.js_on_change("value", show)
    quantity.js_on_change("active", show)
    return column(
        row(electron, muon, quantity, spacing=30), ratio, drawn, notes, tags=[show]
    )


def _sources(limits: Table, public: Table) -> dict[str, ColumnDataSource]:
    """Curve -> its rows of all patterns."""
    every = {}
    for name in dict.fromkeys(limits["searches"]):
        rows = find_rows(limits, searches=name)
        method = "CLs" if name == COMBINED else method_words(find_channel(*name.split()).method)
        every[name] = _source(
            [row | {"kind": "simulated", "method": method} for row in rows], name
        )
    for name in dict.fromkeys(public["experiment"]):
        rows = [
            dict.fromkeys(_NUMBERS) | row
            | {"kind": "published", "searches": name, "method": "theirs", "remark": row["source"]}
            for row in find_rows(public, experiment=name)
        ]  # fmt: skip
        every[name] = _source(rows, name)
    return every


def _source(rows: list[dict[str, Any]], name: str) -> ColumnDataSource:
    import numpy as np
    from bokeh.models import ColumnDataSource

    data: dict[str, Any] = {
        key: np.array([math.nan if row[key] is None else row[key] for row in rows], dtype=float)
        for key in _NUMBERS
    }
    data |= {key: [row[key] or "" for row in rows] for key in _TEXTS}
    data["mixing"] = [str(row["mixing"]) for row in rows]
    return ColumnDataSource(data, name=f"all {name}")


def _figure(
    shown: dict[str, ColumnDataSource], titles: dict[str, str]
) -> tuple[figure, dict[str, LegendItem]]:
    """The curves, and the entry of each in the legend."""
    from bokeh.models import CustomJSHover, HoverTool
    from bokeh.plotting import figure

    drawn = figure(
        y_axis_type="log", width=1000, height=480, name="mixing_figure",
        x_axis_label="mass of N [GeV]", y_axis_label="upper limit (90 % CL)",
        tools="pan,box_zoom,wheel_zoom,reset,save",
    )  # fmt: skip
    dashes, blues, others = cycle(_DASHES), cycle(_BLUES), cycle(("solid", "dotted"))
    points, labels = [], {}
    for name, source in shown.items():
        if name in titles:
            style = {"color": next(blues), "line_dash": next(dashes), "line_width": 2}
            label = f"simulated: {titles[name]}"
            drawn.line("mass_gev", "shown_prompt", source=source, color=style["color"], line_alpha=0.5,
                       legend_label="simulated, read as prompt: contradicts itself")  # fmt: skip
        elif name == COMBINED:
            style = {"color": KINDS["simulated"][0], "line_width": 9, "line_alpha": 0.3}
            label = "simulated: combined"
        else:
            style = {"color": KINDS["published"][0], "line_dash": next(others)}
            label = f"published: {name}"
        drawn.line("mass_gev", "shown", source=source, legend_label=label, **style)
        points.append(drawn.scatter("mass_gev", "shown", source=source, size=4, color=style["color"]))
        labels[label] = name
    numbers = CustomJSHover(code=FOUR_DIGITS)
    formatters = {
        words.partition("{")[0]: numbers for _, words in _TOOLTIPS if "{custom}" in words
    }
    drawn.add_tools(HoverTool(
        renderers=points, tooltips=_TOOLTIPS, formatters=formatters, mode="mouse",
    ))  # fmt: skip
    drawn.toolbar.logo = None
    drawn.add_layout(drawn.legend[0], "right")
    drawn.legend.click_policy = "hide"
    items = {item.label.value: item for item in drawn.legend[0].items}
    return drawn, {name: items[label] for label, name in labels.items()}
