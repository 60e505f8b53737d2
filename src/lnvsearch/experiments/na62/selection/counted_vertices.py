"""Which vertices an event has: part of the condition that it have exactly one.

Nothing heavy is imported here: the definition of a search's keys has its defaults from it.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CountedVertices"]


@dataclass(frozen=True)
class CountedVertices:
    """Which vertices of three tracks there are, before any cut on them.

    As NA62's builder of vertices has it (SpectrometerVertexBuilder.cc, github.com/danecross/
    PyNA62Analysis): chi^2 below 100, between 50 and 180 m, of tracks whose fit has at most 100 for
    each degree of freedom (Track.cc there).  Hits decide how many these are: 16 views of four planes
    with straws of 9.8 mm every 17.6 mm (SpectrometerGeometry.cc) have 36, less five parameters.  A
    kink adds as much to chi^2 whether its hits are added up before the fit, as here, or in it: 3100.
    """

    chi_square_maximum: float = 100.0
    z_minimum_m: float = 50.0
    z_maximum_m: float = 180.0
    track_chi_square_maximum: float = 3100.0
