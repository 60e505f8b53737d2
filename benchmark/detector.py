"""Speed of the BESIII simulation on one core, with the accuracy of the same events beside it.

Run as `python benchmark/detector.py [number of events]`.  Times are CPU times of the process,
the median of several rounds behind a first call that compiles.  Exits with an error if pulls,
chi-square or efficiency of the simulated tracks are not what the response says.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import yaml
from timing import median_cpu_seconds

from lnvsearch.experiments.besiii.detector.response import BesiiiResponse
from lnvsearch.experiments.besiii.detector.simulate import simulate
from lnvsearch.experiments.besiii.events import HELIX_PARAMETERS
from lnvsearch.generation.decay_events import generate
from lnvsearch.generation.events import GeneratedEvents
from lnvsearch.generation.models import Decay
from lnvsearch.generation.radiation import RadiationSettings

RESPONSE_FILE = Path(__file__).parents[1] / "config/detectors/besiii.yaml"
SAMPLE = {"base_seed": 1, "sample": "benchmark"}

#: Gaussian errors as the covariance says, and nothing that changes the momentum.
IDEAL = {
    "beam.spot_x_cm": 0.0,
    "beam.spot_y_cm": 0.0,
    "beam.spot_z_cm": 0.0,
    "pulls.enabled": False,
    "conversion.enabled": False,
    "material.beam_pipe_x0": 0.0,
    "material.inner_wall_x0": 0.0,
    "material.chamber_x0": 0.0,
}


def signal(n_events: int, radiation: RadiationSettings | None) -> GeneratedEvents:
    """J/psi -> K+ K+ e- e- and its conjugate in phase space."""
    decay = Decay("J/psi(1S)", ["K+", "e-", "K+", "e-"])
    return generate(decay, n_events, radiation=radiation, **SAMPLE)


def check_accuracy(response: BesiiiResponse, n_events: int) -> None:
    """Pulls of mean 0 and width 1, and a chi-square of 5, within 5 standard deviations."""
    events = signal(n_events, radiation=None)
    recorded = simulate(events, response.with_values(IDEAL), **SAMPLE)
    owner = np.repeat(events.offsets[:-1], np.diff(recorded.track_offsets))
    px, py, pz, _ = events.four_momentum[owner + recorded.track["truth_index"]].T
    pt = np.hypot(px, py)
    true = [0.0, np.arctan2(-px, py), recorded.track["charge"] / pt, 0.0, pz / pt]
    difference = np.stack(
        [recorded.track[name] - value for name, value in zip(HELIX_PARAMETERS, true, strict=True)],
        axis=1,
    )
    difference[:, 1] = np.remainder(difference[:, 1] + np.pi, 2.0 * np.pi) - np.pi
    covariance = recorded.track_covariance()
    pulls = difference / np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    solved = np.linalg.solve(covariance, difference[..., np.newaxis])[..., 0]
    chi_square = (difference * solved).sum(axis=1)
    n = len(pulls)
    print(
        f"accuracy on {n} tracks: pull means {np.round(pulls.mean(axis=0), 4)}, "
        f"widths {np.round(pulls.std(axis=0), 4)}, chi-square {chi_square.mean():.4f} (5)"
    )
    if np.any(np.abs(pulls.mean(axis=0)) > 5.0 / math.sqrt(n)):
        sys.exit("pulls are not centred on 0")
    if np.any(np.abs(pulls.std(axis=0) - 1.0) > 5.0 / math.sqrt(2.0 * n)):
        sys.exit("pulls have not the width 1")
    if abs(chi_square.mean() - 5.0) > 5.0 * math.sqrt(10.0 / n):
        sys.exit("the chi-square of the five parameters is not 5")


def main(n_events: int) -> None:
    """Print accuracy and speed."""
    response = BesiiiResponse.from_mapping(yaml.safe_load(RESPONSE_FILE.read_text()))
    check_accuracy(response, n_events)
    events = signal(n_events, RadiationSettings())
    tracks_found = len(simulate(events, response, **SAMPLE).track["kappa"])
    seconds = median_cpu_seconds(lambda: simulate(events, response, **SAMPLE))
    print(f"{n_events} events of 4 tracks, {tracks_found / n_events:.2f} found: "
          f"{1e-3 * n_events / seconds:.0f} k events/s, "
          f"{1e9 * seconds / tracks_found:.0f} ns a track found")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
