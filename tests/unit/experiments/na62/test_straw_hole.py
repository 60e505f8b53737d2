"""What the hole of the straw chambers costs each search: two squares against one.

NA62's own acceptance has the square of 63.8 mm and the same turned by 45 degrees; one square alone
keeps more.  Expected ratios and their uncertainties: another program's events with the searches'
selections.
"""

from pathlib import Path

import numpy as np
import pytest
import quick_yaml

from lnvsearch.experiments.na62.chain import simulate
from lnvsearch.experiments.na62.selection.geometry import position_at
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.select import select
from lnvsearch.experiments.na62.selection.settings import SelectionDetector, SelectionSettings
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings

CONFIG = Path(__file__).parents[4] / "config"
HALF_M = 0.0638


def read(path):
    return quick_yaml.load((CONFIG / path).read_text(encoding="utf-8"))


def outside_holes(track, straws):
    """Whether each event has all its tracks outside of one square, and outside of both."""
    one = both = np.asarray(track["charge"]) != 2
    for z, centre in zip(straws.chamber_z_m, straws.hole_centre_x_m, strict=True):
        x, y = position_at(track, z, straws)
        x = x - centre
        one = one & (np.maximum(abs(x), abs(y)) > HALF_M)
        turned = np.maximum(abs(x - y), abs(x + y)) > np.sqrt(2.0) * HALF_M
        both = both & (np.maximum(abs(x), abs(y)) > HALF_M) & turned
    is_track = np.asarray(track["charge"]) != 0
    return np.all(one | ~is_track, axis=1), np.all(both | ~is_track, axis=1)


def accepted(paper, channel, selection, region, sample, n, half_m):
    """Acceptance with one square and with both, and the uncertainty of their ratio."""
    settings, detector = read(f"papers/{paper}.yaml"), read("detectors/na62.yaml")
    detector["spectrometer"]["hole_half_size_m"]["value"] = half_m
    chosen = SelectionSettings.from_mapping(settings["channels"][channel]["selections"][selection])
    planes = SelectionDetector.from_mapping(detector)
    ((low, high),) = chosen.regions[region]
    simulation = {
        "mode": settings["samples"][sample]["mode"], "detector": detector,
        "radiation": settings["generation"]["final_state_radiation"],
    }  # fmt: skip
    sums, lost_squared = np.zeros(2), 0.0
    for events in simulate(simulation, n, base_seed=4, sample=sample):
        found = select(
            events, chosen, detector=planes,
            identification=IdentificationMaps.from_anchors(settings["identification"]["maps"]),
            trigger=TriggerSettings.from_mapping(settings["trigger"]),
        ).candidates  # fmt: skip
        rows = np.searchsorted(events.event["event_number"], found["event_number"])
        weight = found["weight"] * ((found["mass_gev"] >= low) & (found["mass_gev"] < high))
        one, both = (mask[rows] for mask in outside_holes(events.track, planes.spectrometer))
        sums += [np.sum(weight[one]), np.sum(weight[both])]
        lost_squared += np.sum(weight[one & ~both] ** 2)
    return *(sums / n), np.sqrt(lost_squared) / sums[0]


@pytest.mark.parametrize(
    ("paper", "channel", "selection", "region", "sample", "n", "expected", "sigma"),
    [
        ("na62_2022", "piee", "sm", "normalisation", "norm_piee", 100_000, 0.9545, 0.0019),
        ("na62_2022", "piee", "lnv", "signal", "signal_piee", 100_000, 0.9513, 0.0023),
        ("na62_2019", "pimumu", "sm", "normalisation", "norm_pimumu", 100_000, 0.9411, 0.0026),
        ("na62_2019", "pimumu", "lnv", "signal", "signal_pimumu", 100_000, 0.9466, 0.0027),
        ("na62_2022", "pipi0ee", "lnv", "signal", "signal_pipi0ee", 300_000, 0.9053, 0.0043),
    ],
)
def test_acceptance_against_that_of_one_square(
    paper, channel, selection, region, sample, n, expected, sigma
):
    where = (paper, channel, selection, region, sample, n)
    # Without a hole in the simulation: all that either hole would take is there.
    one, both, own_sigma = accepted(*where, half_m=1e-6)
    assert both / one == pytest.approx(expected, abs=3.0 * np.hypot(sigma, own_sigma))
    # The hole of the simulation and of the selection is the two squares.
    simulated, *_ = accepted(*where, half_m=HALF_M)
    assert simulated == pytest.approx(both, rel=0.004)
