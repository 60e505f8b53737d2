"""Figures that every search has, and what all figures share.

`recast`     limits on decays through an on-shell N against its mass and lifetime
`coverage`   how often each limit method holds the true signal
`style`      sizes, colours, markers, and `figure_bytes` to make a PDF or PNG

Figures are made without pyplot: no global state, no display.
"""

from lnvsearch.publication.contents import Content

#: The coverage of all limit methods in a search's channels: sums over counts, with published backgrounds.
COVERAGE_MAP = Content(
    f"{__name__}.coverage.coverage_map", ("coverage",), ("labels",), origin="derived"
)
#: Acceptance and limits of a decay through an on-shell N.
RECAST_MAP = Content(
    f"{__name__}.recast.recast_map", ("recast/{decay}", "published"),
    ("decay_label", "published_channel"),
)
