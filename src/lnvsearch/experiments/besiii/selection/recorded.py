"""The user's own recorded events in the selection; the signal window stays closed until opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lnvsearch.event_files import read_tree
from lnvsearch.experiments.besiii.data_files import iterate_data
from lnvsearch.experiments.besiii.selection.counts import SPECTRUM_EDGES_GEV
from lnvsearch.experiments.besiii.selection.sample import select_chunks
from lnvsearch.experiments.besiii.selection.state import Selection
from lnvsearch.selection.blinding import closed_spectrum, count_regions
from lnvsearch.selection.cutflow import CutFlow
from lnvsearch.selection.sample_tables import DATA_COLUMNS
from lnvsearch.tables import table_from_rows

__all__ = ["select_data"]


def select_data(
    events: str | Path, settings: Mapping, candidates: str | Path
) -> dict[str, dict[str, list]]:
    """Select a file of recorded events; the tables of DATA_COLUMNS.

    `settings`: `selection` (arguments of `Selection.of_decays`, with the cut `closed_window` where
    the window is closed), `window_gev` of the signal, the name of the `tree` of events (Events without it),
    what it calls its `branches` where they have other names, `is_unblinded`, and the names `channel` and
    `selection_name`.  While the window is closed, nothing that is written depends on what is in it.
    Counts are of what passes all cuts: on both sides of the window, in it (`signal`), and in it and in
    the bin around each mass of the scan (`mass_bin_<mass>`, of `mass_bins`); the spectrum is before the window.
    """
    selection = Selection.of_decays(**settings["selection"])
    names = {"tree_name": settings.get("tree", "Events"), "branches": settings.get("branches")}
    chunks = ({"data": chunk} for chunk in iterate_data(events, **names))
    flows = select_chunks(chunks, {"data": ("data", selection)}, candidates)
    flow = CutFlow.merged(one["data"] for one in flows)
    table = read_tree(candidates, "Candidates")
    closed = [] if settings["is_unblinded"] else [settings["window_gev"]]
    passes = [v for name, v in table.items() if name.startswith("passes_") and "window" not in name]
    mass_gev = table["mass_gev"][np.all(passes, axis=0)]
    place = {"channel": settings["channel"], "selection": settings["selection_name"]}
    low, high = settings["window_gev"]
    regions = {
        "signal": [[low, high]],
        "below_window": [[SPECTRUM_EDGES_GEV[0], low]],
        "above_window": [[high, SPECTRUM_EDGES_GEV[-1]]],
    }
    counts = count_regions(mass_gev, regions, closed)
    counts |= _mass_bin_counts(table, np.all(passes, axis=0), settings, selection.pairs, bool(closed))
    bins = zip(
        SPECTRUM_EDGES_GEV[:-1], SPECTRUM_EDGES_GEV[1:], closed_spectrum(mass_gev, SPECTRUM_EDGES_GEV, closed), strict=True
    )
    rows = {
        "cutflow": _open_rows(flow.rows("data", "nominal")) if closed else flow.rows("data", "nominal"),
        "counts": [{"region": region, "events": n} for region, n in counts.items()],
        "spectra": [
            {"mass_low_gev": round(float(low), 9), "mass_high_gev": round(float(high), 9), "events": n}
            for low, high, n in bins
        ],
    }
    return {
        kind: table_from_rows([{**place, **row} for row in rows[kind]], columns)
        for kind, columns in DATA_COLUMNS.items()
    }


def _mass_bin_counts(
    table, passes, settings: Mapping, names: Sequence[str], is_closed: bool
) -> dict[str, int | None]:
    """Candidates in the window and in the bin around each mass of the scan; None while closed."""
    if "mass_bins" not in settings:
        return {}
    bins, (low, high) = settings["mass_bins"], settings["window_gev"]
    inside = passes & (table["mass_gev"] > low) & (table["mass_gev"] < high)
    pair = np.stack([table[f"{bins['masses']}_m_{name}_gev"][inside] for name in names])
    counts = {}
    for mass in bins["masses_gev"]:
        first, last = mass - bins["width_gev"] / 2, mass + bins["width_gev"] / 2
        n = int(np.count_nonzero(np.all((pair >= first) & (pair < last), axis=0)))
        counts[f"mass_bin_{mass:.3f}"] = None if is_closed else n
    return counts


def _open_rows(rows) -> list[dict]:
    """Rows of a cut flow from the cut that closes the window: those before would tell its content.

    The first counts what comes in of all events, so that nothing tells what was closed from what
    other cuts remove.
    """
    rows = list(rows)
    place = [row["cut"] for row in rows].index("closed_window")
    return [{**rows[place], "events_in": rows[0]["events_in"]}, *rows[place + 1 :]]
