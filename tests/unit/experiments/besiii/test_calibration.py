"""The calibration of the response on few events."""

import pytest

from lnvsearch.experiments.besiii.calibration import calibrate_response, trials_table
from lnvsearch.experiments.besiii.chain import Generation, Simulation
from lnvsearch.generation.models import Beam, Decay
from lnvsearch.generation.radiation import RadiationSettings
from lnvsearch.selection.cutflow import binomial_uncertainty
from lnvsearch.systematics import Calibration

PARAMETER = "electron_energy_response.low_momentum_scale"


def test_the_scalar_found_gives_the_efficiency_asked_for(response, selection):
    decay = Decay("J/psi(1S)", ["K+", "e-", "K+", "e-"])
    generation = Generation(decay, Beam(), RadiationSettings(), charge_conjugate=True)
    found = calibrate_response(
        Simulation(generation, response), selection, 1000, base_seed=1, sample="calibration",
        parameter=PARAMETER, target=0.15, minimum=0.0, maximum=3.0,
    )
    assert found.outcome == "converged" and 0.0 < found.value < 3.0
    # An efficiency of 1000 events moves in steps; the bisection ends beside the right one.
    assert found.efficiency == pytest.approx(0.15, abs=0.003)
    assert found.trials[0][0] == 0.0 and found.trials[1][0] == 3.0
    assert found.trials[0][1] > found.trials[1][1]


def test_trials_have_binomial_uncertainties():
    found = Calibration(0.5, 0.2, "converged", ((0.0, 0.3), (0.5, 0.2)))
    assert trials_table(found, "scale", 100) == {
        "scale": [0.0, 0.5],
        "efficiency": [0.3, 0.2],
        "efficiency_uncertainty": [binomial_uncertainty(30, 100), binomial_uncertainty(20, 100)],
    }
