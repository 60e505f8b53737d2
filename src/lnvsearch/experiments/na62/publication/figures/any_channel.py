"""Mass spectra of any search for a kaon decay; conventions as in `na62_spectra`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lnvsearch.experiments.na62.publication.figures.looks import Regions, particle_label
from lnvsearch.experiments.na62.publication.figures.spectra import spectra_figure
from lnvsearch.publication.figures.style import in_style
from lnvsearch.publication.published import PublishedNumbers
from lnvsearch.tables import Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["na62_masses"]


@in_style
def na62_masses(
    spectra: Table,
    published: PublishedNumbers,
    *,
    channel: str,
    panels: Sequence[Mapping[str, Any]],
    label: str | None = None,
    signal_branching_fraction: float = 1e-10,
    data: Table | None = None,
) -> tuple[Figure, dict[str, list]]:
    """Draw the masses of any channel: a panel for each of its selections.

    A panel has the keys `selection`, `title`, `final_state` (PDG names) and `regions`
    ({name: windows in GeV}): `normalisation`, `masked` and `signal` are marked where it has them.
    `label` names the signal decay.  Counts of data are quoted if legible.
    `data` are a user's own events.
    """
    regions = {
        panel["selection"]: Regions(
            *(_hull(panel["regions"].get(name)) for name in ("normalisation", "masked", "signal"))
        )
        for panel in panels
    }
    masses = {
        panel["selection"]: rf"$m({''.join(map(particle_label, panel['final_state']))})$"
        for panel in panels
    }
    columns = 1 if len(panels) == 1 else 2
    return spectra_figure(
        spectra, published, channel, [(panel["selection"], panel["title"]) for panel in panels],
        (-(-len(panels) // columns), columns), signal_branching_fraction,
        label=label, regions=regions, masses=masses, data=data,
    )


def _hull(windows: Sequence[Sequence[float]] | None) -> tuple[float, float] | None:
    """Beginning of the first and end of the last window of a region."""
    return (windows[0][0], windows[-1][1]) if windows else None
