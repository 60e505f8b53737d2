"""BESIII's chain in memory: generation, detector, reconstruction and selection of signal.

The efficiency must be that of the workflow's sample `signal_phsp`, variation `uncalibrated`,
within its uncertainty: a fast chain that selects other events would show.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from timing import Case, check

from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.selection.kkee import select
from lnvsearch.experiments.besiii.selection.state import Selection
from lnvsearch.generation import Decay, RadiationSettings, generate
from lnvsearch.selection.cutflow import binomial_uncertainty

__all__ = ["prepare"]

ROOT = Path(__file__).parent.parent
STREAM = {"base_seed": 1, "sample": "benchmark"}
DECAY = Decay("J/psi(1S)", ["K+", "e-", "K+", "e-"])
RADIATION = RadiationSettings()
#: Of the uncalibrated response, from a million events of other streams, with its error.  Kernels that drew
#: other random numbers, one track at a time, gave 0.1700 for the same decays.
EXPECTED_EFFICIENCY, EXPECTED_ERROR = 0.1702, 0.0004


def prepare(number: int) -> tuple[dict[str, float], list[Case]]:
    """The accuracy, and the cases to time: each stage alone, and the whole."""
    detector = yaml.safe_load((ROOT / "config/detectors/besiii.yaml").read_text())
    cuts = yaml.safe_load((ROOT / "config/papers/besiii_2025.yaml").read_text())["selection"]
    response = BesiiiResponse.from_mapping(detector)
    chosen = Selection.of_decays(
        "J/psi(1S)",
        cuts,
        final_state=("K+", "K+", "e-", "e-"),
        momentum_x_gev=response.beam.momentum_x_gev,
        magnetic_field_t=response.beam.magnetic_field_t,
    )

    def generated():
        return generate(DECAY, number, radiation=RADIATION, **STREAM)

    def chain():
        return select(simulate(generated(), response, **STREAM), chosen)

    events = generated()
    recorded = simulate(events, response, **STREAM)
    _, flow = select(recorded, chosen)
    passed = flow.events_out[-1]
    error = binomial_uncertainty(passed, number)
    pull = (passed / number - EXPECTED_EFFICIENCY) / (error**2 + EXPECTED_ERROR**2) ** 0.5
    check(abs(pull) < 5.0, f"efficiency of the BESIII chain, {passed / number:.4f}")
    accuracy = {
        "efficiency": passed / number, "uncertainty": float(error), "pull": float(pull)
    }
    return accuracy, [
        Case("besiii_chain", number, chain),
        Case("besiii_generation", number, generated),
        Case("besiii_detector", number, lambda: simulate(events, response, **STREAM)),
        Case("besiii_selection", number, lambda: select(recorded, chosen)),
    ]
