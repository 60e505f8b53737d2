"""The page as one HTML file that needs no other, with the plotting library inside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lnvsearch.interpretation.explore.maps import map_view
from lnvsearch.interpretation.explore.mixing import mixing_view
from lnvsearch.interpretation.explore.words import KINDS, kind_html
from lnvsearch.publication.pages import page
from lnvsearch.tables import Table

if TYPE_CHECKING:
    from bokeh.models.layouts import LayoutDOM

__all__ = ["LARGEST_BYTES", "explore_page"]

#: A page that is mailed and opened by a telephone.
LARGEST_BYTES = 8_000_000
_TITLE = "A heavy neutral lepton N in searches for lepton-number violation"
_FIRST_WORDS = """
<p class='mark'>This is a reproduction with a fast simulation, no collaboration's result: acceptances are those of
this project's simulated events, counts and backgrounds those of the papers.</p>
<p>{kinds}. Nothing here needs a network. Rest the pointer on a cell or a curve for its numbers.</p>
"""
_MAPS = """
<h2>Mass and mean life</h2>
<p>N is on its mass shell, decays after its own mean life, and takes no model but the angles of its vertices. Limits, at
90 % confidence level, are on the product of the branching fractions of its production and its decay. Grey: no limit below 1, or
too few simulated events are accepted for one. A tap on a cell shows its mass below.</p>
"""
_MIXING = """
<h2>Mixing</h2>
<p>A Majorana N that only mixes: |U|² = |U_e|² + |U_μ|² + |U_τ|² gives both its rate and its mean life, and the limit takes both
together (V − A vertices). Thin: what the limit of a decay at once would say, which contradicts itself. Limits of other searches are
shown for a single flavour, the combination for the patterns of <code>mixing_limits</code> in
the configuration.</p>
"""


def explore_page(
    grids: Mapping[tuple[str, str], str | Path],
    limits: Table,
    public: Table,
    steps: int,
    uniform: Mapping[tuple[str, str], Mapping[str, float]] | None = None,
    sources: str = "",
) -> str:
    """Return the page (HTML).

    `grids`, `uniform`: as `map_view` takes them; `limits`, `public`, `steps`: as `mixing_view` does;
    `sources`: where the grids are from, in words.  Raises ValueError for a page above LARGEST_BYTES.
    """
    body = _FIRST_WORDS.format(kinds="; ".join(map(kind_html, KINDS)))
    if sources:
        body += f"<p>{sources}</p>"
    body += f"{_MAPS}<div id='maps'></div>{_MIXING}<div id='mixing'></div>"
    body += _library()
    body += _embedded(map_view(grids, uniform), "maps")
    body += _embedded(mixing_view(limits, public, steps), "mixing")
    text = page(_TITLE, body)
    if (size := len(text.encode())) > LARGEST_BYTES:
        raise ValueError(
            f"the page would have {size / 1e6:.1f} MB, more than {LARGEST_BYTES / 1e6:.0f}: use grids of fewer "
            "masses and lifetimes (recast_masses, recast_lifetimes)"
        )
    return text


def _library() -> str:
    """The plotting library's own scripts, without those of parts that the page does not use."""
    from bokeh.resources import Resources

    return Resources(mode="inline", components=["bokeh", "bokeh-widgets"], minified=True).render()


def _embedded(layout: LayoutDOM, place: str) -> str:
    """A layout as data, and a script that draws it in a place and runs its first callback."""
    from bokeh.embed import json_item

    show = layout.tags[0]
    # A text within a script ends at the first "</".
    item = json.dumps(json_item(layout, place)).replace("</", "<\\/")
    return (
        f"<script type='application/json' id='{place}-data'>{item}</script>\n<script>\n"
        f"Bokeh.embed.embed_item(JSON.parse(document.getElementById('{place}-data').textContent))"
        f".then(async () => {{\n  const found = Bokeh.documents.map(d => d.get_model_by_id('{show.id}'));\n"
        f"  await found.find(Boolean).execute(null);\n"
        f"  document.getElementById('{place}').dataset.ready = 'yes';\n}});\n</script>\n"
    )
