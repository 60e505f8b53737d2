"""Events a second of the whole chain on one core: generation, detector, selection.

    python benchmark/chain.py [number of events]

Times are CPU seconds, the best of three after a warm-up.  The efficiency printed beside them must
be that of the workflow's sample `signal_phsp`, variation `uncalibrated`, within its uncertainty:
a fast chain that selects other events would show.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import yaml

from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.selection.kkee import select
from lnvsearch.experiments.besiii.selection.state import Selection
from lnvsearch.generation import Decay, RadiationSettings, generate
from lnvsearch.selection.cutflow import binomial_uncertainty

ROOT = Path(__file__).parent.parent
REPETITIONS = 3


def best_time(function):
    """(CPU seconds of the fastest of the repetitions, result)."""
    times = []
    for _ in range(REPETITIONS):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return min(times), result


def main(number: int = 50_000) -> None:
    """Print events a second of each stage and of all."""
    detector = yaml.safe_load((ROOT / "config/detectors/besiii.yaml").read_text())
    cuts = yaml.safe_load((ROOT / "config/papers/besiii_2025.yaml").read_text())["selection"]
    response = BesiiiResponse.from_mapping(detector)
    decay = Decay("J/psi(1S)", ["K+", "e-", "K+", "e-"])
    chosen = Selection.of_decays(
        "J/psi(1S)",
        cuts,
        final_state=("K+", "K+", "e-", "e-"),
        momentum_x_gev=response.beam.momentum_x_gev,
        magnetic_field_t=response.beam.magnetic_field_t,
    )
    streams = {"base_seed": 1, "sample": "benchmark"}
    radiation = RadiationSettings()
    few = generate(decay, 100, radiation=radiation, **streams)
    select(simulate(few, response, **streams), chosen)
    generation, events = best_time(
        lambda: generate(decay, number, radiation=radiation, **streams)
    )
    detection, recorded = best_time(lambda: simulate(events, response, **streams))
    selection, (_, flow) = best_time(lambda: select(recorded, chosen))
    stages = {"generation": generation, "detector": detection, "selection": selection}
    for name, seconds in {**stages, "all": sum(stages.values())}.items():
        print(f"{name:12s} {number / seconds / 1e3:8.0f} k events/s")
    passed = flow.events_out[-1]
    print(f"efficiency   {passed / number:.4f} +- {binomial_uncertainty(passed, number):.4f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
