"""Selections of recorded events with closed windows of mass: events there make no candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lnvsearch.experiments.na62.selection.decisions import EnergyOverMomentum
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.selection.blinding import Windows

__all__ = ["closed_flow", "closed_selection"]


#: The cut that closes them.
FIRST_CUT = "open_and_identified"


def closed_selection(
    selection: SelectionSettings, windows: Windows, energy_over_momentum: EnergyOverMomentum
) -> SelectionSettings:
    """A selection of recorded events with windows of mass closed, for `select.select`.

    A cut before all others (with a pi0 behind the one that finds its photons) leaves the open
    candidates that are identified.  Both at once: a cut flow that counted open candidates before
    their identification, beside another selection's that counts all, would tell how many are not.
    """
    cuts = list(selection.cuts)
    first = {
        "cut": FIRST_CUT,
        "windows": windows,
        "identification": selection.identification,
        "energy_over_momentum": energy_over_momentum,
    }
    names = [cut["cut"] for cut in cuts]
    photons = [cuts.pop(names.index("photons"))] if "pi0" in selection.final_state else []
    return replace(selection, cuts=[*photons, first, *cuts])


def closed_flow(rows: Sequence[Mapping]) -> list[dict]:
    """Rows of a cut flow of a `closed_selection` from the first that holds no closed candidate.

    `rows`: as `WeightedCutFlow.rows` gives them.  That first row counts what comes in of all events.
    """
    names = [row["cut"] for row in rows]
    place = names.index(FIRST_CUT)
    first = {**rows[place], "events_in": rows[0]["events_in"]}
    later = [dict(row) for row in rows[place + 1 :] if row["cut"] != "identification"]
    return [first, *later]
