"""The user's own parents, backgrounds and files off resonance."""

import json
import math

import numpy as np
import pytest

from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.events import write_recorded
from lnvsearch.experiments.besiii.selection.kkee import select
from lnvsearch.experiments.besiii.steps.normalise_data import normalise_data, scaled_to_resonance
from lnvsearch.generation.decay_events import generate
from lnvsearch.generation.models import Decay
from lnvsearch.reconstruction.four_vectors import momentum_gev

BACKGROUND = {
    "cocktail_events": 0.4, "cocktail_events_uncertainty": 0.1, "continuum_events": 0.0,
    "background_left_out": 0.2,
}  # fmt: skip
LIMIT = {
    "n_parents": 1e10, "efficiency_sample": "signal",
    "efficiency": {"mean": 0.16, "relative_sigma_percent": 3.0},
}  # fmt: skip
OWN = {"n_parents": {"mean": 1e9, "sigma": 4e7}, "luminosity_per_pb": 300.0, "energy_gev": 3.097,
       "off_resonance": []}  # fmt: skip


@pytest.fixture
def inputs(tmp_path):
    files = {
        "background": json.dumps(BACKGROUND),
        "systematics": "source,relative_uncertainty_percent\ntotal,3.0\n",
        "acceptance": "sample,variation,region,acceptance\nsignal,nominal,all,0.2\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return {name: str(tmp_path / name) for name in files}


def record(inputs, **settings):
    settings = {"own": OWN, "limit": LIMIT, **settings}
    return normalise_data(inputs, settings)["sensitivity"]


def test_numbers_follow_from_the_parents(inputs):
    found = record(inputs)
    assert found["exposure"] == pytest.approx(0.1)
    assert found["background_events"] == pytest.approx(0.04)
    assert found["background_events_uncertainty"] == pytest.approx(0.01)
    assert found["background_left_out"] == pytest.approx(0.02)
    assert found["continuum_from"] == "published count"
    for variant, mean in (("published_efficiency", 0.16), ("simulated_efficiency", 0.2)):
        one = found["single_event_sensitivity"][variant]
        assert one["mean"] == pytest.approx(1.0 / (1e9 * mean))
        # 3 % of the efficiency and 4 % of the parents.
        assert one["sigma"] / one["mean"] == pytest.approx(0.05)
        assert found["efficiency"][variant]["sigma"] == pytest.approx(0.05 * mean)


@pytest.fixture(scope="module")
def events(response):
    streams = {"base_seed": 6, "sample": "off"}
    decays = generate(Decay("J/psi(1S)", ["K+", "e-", "K+", "e-"]), 600, **streams)
    return simulate(decays, response, **streams)


def test_files_off_resonance_are_selected_as_at_the_resonance(tmp_path, inputs, events, settings, selection):
    """Decays as of a smaller centre-of-mass energy: the same ones pass, once scaled."""
    factor = 3.0 / 3.097
    write_recorded(tmp_path / "off.root", scaled_to_resonance(events, factor))
    table, _ = select(events, selection)
    passed = int(np.sum(np.all([v for k, v in table.items() if k.startswith("passes_")], axis=0)))
    assert passed > 30
    own = {**OWN, "off_resonance": [{"energy_gev": 3.0, "luminosity_per_pb": 100.0}]}
    selected = {
        "cuts": settings["selection"], "final_state": ["K+", "K+", "e-", "e-"], "parent": "J/psi(1S)",
        "momentum_x_gev": selection.total_four_momentum[0], "magnetic_field_t": 1.0,
    }  # fmt: skip
    inputs = {**inputs, "off_resonance": [str(tmp_path / "off.root")]}
    found = record(inputs, own=own, selection=selected, names={})
    (observed,) = found["off_resonance_observed"]
    assert abs(observed - passed) <= 2  # float32
    expected = observed * 3.0 * (3.0 / 3.097) ** 2
    assert found["continuum_events"] == pytest.approx(expected)
    assert found["continuum_from"] == "own files"
    assert found["background_events"] == pytest.approx(expected + 0.04)
    assert found["background_events_uncertainty"] == pytest.approx(
        math.hypot(0.01, expected / math.sqrt(observed))
    )
    without = record(
        inputs, own=own, names={},
        selection={**selected, "cuts": [*settings["selection"][:-1], {
            "cut": "signal_window", "mass_minimum_gev": 9.0, "mass_maximum_gev": 9.1}]},
    )  # fmt: skip
    assert without["off_resonance_observed"] == [0] and without["continuum_events"] == 0.0
    assert without["continuum_upper_limit_90"] == pytest.approx(math.log(10) * 3.0 * (3.0 / 3.097) ** 2)


def test_scaling_changes_momenta_and_keeps_angles_and_relative_errors(events):
    scaled = scaled_to_resonance(events, 1.1)
    before, after = (momentum_gev(e.track["kappa"], e.track["tan_lambda"]) for e in (events, scaled))
    assert np.allclose(after, 1.1 * before)
    for name in ("phi0", "tan_lambda", "dr"):
        assert np.array_equal(scaled.track[name], events.track[name])
    relative = [np.sqrt(e.track["cov_kappa_kappa"]) / abs(e.track["kappa"]) for e in (events, scaled)]
    assert np.allclose(*relative, rtol=1e-5)
    eigenvalues = np.linalg.eigvalsh(scaled.track_covariance())
    assert np.all(eigenvalues[:, -1] > 0.0)
