"""What is closed is in no count and no bin, and no cut flow tells of it."""

import numpy as np
import pytest

from lnvsearch.experiments.na62.selection.blinding import closed_flow, closed_selection
from lnvsearch.experiments.na62.selection.decisions import EnergyOverMomentum
from lnvsearch.experiments.na62.selection.select import select
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.selection.blinding import (
    closed_spectrum,
    closed_windows,
    count_regions,
    regions_to_count,
)

LNV = ("pi-", "e+", "e+")
WINDOWS = EnergyOverMomentum(0.85, 0.9, 1.1)
REGIONS = {
    "signal": [[0.4886, 0.4988]],
    "masked": [[0.470, 0.505]],
    "lower": [[0.0, 0.470]],
    "upper": [[0.505, 0.600]],
}
CLOSED = closed_windows(REGIONS)


def test_masked_and_signal_are_closed_and_nothing_else():
    assert CLOSED == [[0.470, 0.505], [0.4886, 0.4988]]
    assert closed_windows({"normalisation": [[0.47, 0.505]], "lower": [[0.0, 0.47]]}) == []


def test_regions_that_touch_the_closed_ones_are_open():
    mass = np.array([0.30, 0.4699, 0.4700, 0.4937, 0.5049, 0.5050, 0.55])
    found = count_regions(mass, regions_to_count(REGIONS), CLOSED)
    assert found == {
        "signal": None, "masked": None, "lower": 2, "upper": 2, "masked_outside_signal": None,
    }  # fmt: skip
    opened = count_regions(mass, regions_to_count(REGIONS), [])
    assert opened == {
        "signal": 1, "masked": 3, "lower": 2, "upper": 2, "masked_outside_signal": 2,
    }  # fmt: skip


@pytest.mark.parametrize("region", [[[0.0, 1.0]], [[0.40, 0.484], [0.49, 0.60]], [[0.49, 0.491]]])
def test_a_region_that_overlaps_is_closed_whatever_is_in_it(region):
    assert count_regions(np.empty(0), {"control": region}, CLOSED) == {"control": None}


def test_bins_that_overlap_are_empty():
    edges = [0.46, 0.468, 0.472, 0.50, 0.506, 0.51]
    mass = np.array([0.461, 0.469, 0.49, 0.5055, 0.508, 0.508])
    assert closed_spectrum(mass, edges, CLOSED) == [1, None, None, None, 2]
    assert closed_spectrum(mass, edges, []) == [1, 1, 1, 1, 2]


def with_energy(events, ratio):
    """Pions and electrons of exact E/p: those of `ratio` for the first track."""
    energy = np.array(events.track["momentum_gev"])
    energy[:, 0] *= ratio
    events.track["lkr_energy_gev"] = energy.astype(np.float32)
    return events


def closed_run(toys, ratio):
    selection = SelectionSettings(LNV, 1, toys.loose_cuts, ["lkr"], regions=REGIONS)
    events = with_energy(toys.events(LNV, 500, 31), ratio)
    options = {"detector": toys.detector, "identification": WINDOWS}
    opened = select(events, selection, **options).candidates
    found = select(events, closed_selection(selection, CLOSED, WINDOWS), **options)
    return opened, found.candidates, closed_flow(found.flow.rows("data", "nominal", "lnv"))


def test_a_flow_does_not_tell_whether_closed_candidates_are_identified(toys):
    """All of the toys have the kaon's mass; once the pions are pions, once they are nothing."""
    opened, candidates, rows = closed_run(toys, 0.5)
    assert len(opened["mass_gev"]) > 20 and len(candidates["mass_gev"]) == 0
    nothing, none_left, other_rows = closed_run(toys, 1.2)
    assert len(nothing["mass_gev"]) == len(none_left["mass_gev"]) == 0
    assert rows == other_rows
    assert rows[0]["cut"] == "open_and_identified"
    assert (rows[0]["events_in"], rows[0]["events_out"]) == (500, 0)
    assert "identification" not in [row["cut"] for row in rows]


def test_with_a_neutral_pion_the_photons_come_first():
    cuts = [{"cut": "one_vertex"}, {"cut": "photons"}, {"cut": "neutral_vertex"}]
    selection = SelectionSettings([*LNV, "pi0"], 1, cuts, ["lkr"])
    names = [cut["cut"] for cut in closed_selection(selection, CLOSED, WINDOWS).cuts]
    assert names == ["photons", "open_and_identified", "one_vertex", "neutral_vertex"]
    rows = [
        {"cut": name, "events_in": float(10 - i), "events_out": float(9 - i)}
        for i, name in enumerate(names)
    ]
    # What the photons alone leave is not told: with few other events it would be the signal's.
    assert [row["cut"] for row in closed_flow(rows)] == names[1:]
    assert closed_flow(rows)[0] == {"cut": names[1], "events_in": 10.0, "events_out": 8.0}
