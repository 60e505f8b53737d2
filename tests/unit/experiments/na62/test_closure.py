"""Tag and probe: what comes out is what went in, bin by bin, and other decays' shares add up."""

import numpy as np
import pytest

from lnvsearch.experiments.na62.closure import (
    FEWEST_PROBES,
    MOMENTUM_BINS,
    ProbeSettings,
    contamination_rows,
    efficiency_rows,
)
from lnvsearch.experiments.na62.selection.identification_maps import MAPS, IdentificationMaps
from lnvsearch.experiments.na62.selection.probes import Kinematics, Probes
from lnvsearch.generation.kaon import MODES

ANCHORS = {name: {"momentum_gev": [10.0], "probability": [0.2]} for name in MAPS}
ANCHORS["efficiency_pion"] = {"momentum_gev": [10.0, 44.0], "probability": [0.5, 0.9]}
ANCHORS["muon_to_pion"] = {"momentum_gev": [10.0], "probability": [0.0]}


@pytest.fixture(scope="module")
def maps():
    return IdentificationMaps.from_anchors(ANCHORS)


def probes(n, charge=1, code=211, momentum=None):
    momentum = np.linspace(10.0, 44.0, n, endpoint=False) if momentum is None else momentum
    columns = (np.full(n, charge), np.full(n, code), np.full(n, -1), np.zeros(n, dtype=bool))
    return Probes(momentum, np.zeros(len(momentum)), *columns)


def settings(names=(), contamination=(), mode="pi_pi_pi"):
    return ProbeSettings(mode, 1000, names, (10.0, 44.0), Kinematics(), contamination)


def test_measured_probabilities_are_those_that_went_in(maps):
    names = ["efficiency_pion", "pion_to_electron_rich"]
    rows = list(efficiency_rows(probes(170_000), settings(names), maps, 1, "closure"))
    assert [row["map"] for row in rows] == [name for name in names for _ in range(MOMENTUM_BINS)]
    assert [row["momentum_gev"] for row in rows[:2]] == [11.0, 13.0]
    for row in rows[:MOMENTUM_BINS]:
        expected = 0.5 + 0.4 * (row["momentum_gev"] - 10.0) / 34.0
        assert row["true_probability"] == pytest.approx(expected, abs=1e-4)
        assert row["uncertainty"] == pytest.approx((expected * (1 - expected) / 1e4) ** 0.5, rel=1e-3)
    pulls = [(row["measured_probability"] - row["true_probability"]) / row["uncertainty"]
             for row in rows]  # fmt: skip
    assert np.max(np.abs(pulls)) < 4.0 and np.std(pulls) == pytest.approx(1.0, abs=0.4)


def test_maps_of_one_charge_are_measured_with_it_alone(maps):
    name = "pion_to_electron_lkr_negative"
    assert list(efficiency_rows(probes(1700), settings([name]), maps, 1, "closure")) == []
    of_pions = efficiency_rows(probes(1700, charge=-1), settings([name]), maps, 1, "closure")
    assert len(list(of_pions)) == MOMENTUM_BINS


def test_bins_of_few_probes_say_nothing(maps):
    few = probes(FEWEST_PROBES - 1, momentum=np.full(FEWEST_PROBES - 1, 11.0))
    assert list(efficiency_rows(few, settings(["efficiency_pion"]), maps, 1, "closure")) == []


def test_other_decays_have_their_share_by_branching_fraction(maps):
    """Muons without a signal are none here: what is left without signal are pions' decays."""
    found = {"e_nu_pi0": probes(170, code=-11), "mu_nu_pi0": probes(170, code=-13)}
    rows = list(contamination_rows("electron", settings((), ["mu_nu_pi0"], "e_nu_pi0"), found, maps))
    assert len(rows) == MOMENTUM_BINS
    one, other = (MODES[mode].branching_fraction.value for mode in found)
    for row in rows:
        assert (row["probe"], row["mode"]) == ("electron", "mu_nu_pi0")
        assert row["fraction"] == pytest.approx(other / (one + other))
        assert row["fraction_without_muon_signal"] == 0.0
    # Of muons, whose signal is what is measured, nothing is said of the rest.
    (*_, last) = contamination_rows("muon", settings((), ["mu_nu_pi0"], "mu_nu"), {
        "mu_nu": probes(170, code=-13), "mu_nu_pi0": probes(170, code=-13)}, maps)
    assert "fraction_without_muon_signal" not in last
