"""Backgrounds from control samples: expected events of candidates with known weights."""

import numpy as np
import pytest

from lnvsearch.event_files import tree_file
from lnvsearch.experiments.na62.control_samples import (
    ControlSettings,
    estimate_from_control_samples,
)
from lnvsearch.experiments.na62.normalisation import Factor, Factors
from lnvsearch.generation.kaon import MODES
from lnvsearch.tables import find_rows

VALUES = {
    "samples": {"bkg_k3pi": {"mode": "pi_pi_pi", "role": "background"},
                "bkg_other": {"mode": "pi_pi_mu_nu", "role": "background"}},
    #: 1e12 kaon decays.
    "recomputation": {
        "candidates": 10_000, "contamination": 0.0,
        "normalisation_branching_fraction": {"mean": 2.5e-7, "sigma": 0.0},
        "normalisation_acceptance": {"mean": 0.04, "sigma": 0.0},
        "signal_acceptance": {"mean": 0.05, "sigma": 0.0},
    },
    "trigger": {"chains": {"di_muon": {"downscaling": 2.0}, "multi_track": {"downscaling": 100.0}}},
    "chains": ["di_muon"],
    "data_driven": {"k3pi": {"selection": "inverted", "chains": ["multi_track"],
                             "regions": {"control": [[0.0, 0.48]], "signal": [[0.49, 0.5]]}}},
}  # fmt: skip


@pytest.fixture
def files(tmp_path):
    """Ten candidates in the control region, of 1000 generated; the other sample does not enter."""
    sums = {name: np.array([1000.0]) for name in ("sum_weight", "sum_squared_weight")}
    columns = {
        "event_number": np.arange(10), "mass_gev": np.full(10, 0.45), "weight": np.full(10, 0.5),
        "weight_without_identification": np.ones(10), "transfer_probability": np.full(10, 0.01),
    }  # fmt: skip
    paths = {name: tmp_path / f"{name}.root" for name in VALUES["samples"]}
    for name, path in paths.items():
        with tree_file(path) as write:
            if name == "bkg_k3pi":
                write("pimumu_inverted", columns)
            write("Generated", sums)
    return paths


def test_events_of_the_control_sample_weigh_their_transfer_and_the_downscaling(files):
    settings = ControlSettings.from_mapping("pimumu", VALUES)
    factors = Factors({"nominal": Factor(0.8, 0.01)})
    table = estimate_from_control_samples(settings, files, factors)
    assert set(table["sample"]) == {"bkg_k3pi"} and table["process"] == ["k3pi", "k3pi"]
    (row,) = find_rows(table, region="control")
    decays = 1e12 * 0.8 * MODES["pi_pi_pi"].branching_fraction.value
    recorded = decays / 50.0 * 0.005
    assert row["control_events"] == pytest.approx(recorded)
    assert row["weight_per_control_event"] == pytest.approx(0.01 * 50.0)
    assert row["expected_events"] == pytest.approx(decays * 0.005 * 0.01)
    assert row["expected_precision"] == pytest.approx(0.5 * recorded**0.5)
    (empty,) = find_rows(table, region="signal")
    assert empty["expected_events"] == 0.0 and empty["weight_per_control_event"] is None
    assert empty["statistical_uncertainty"] > 0.0
