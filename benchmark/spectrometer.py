"""Speed of the NA62 simulation on one core, with the accuracy of the same tracks beside it.

Run as `python benchmark/spectrometer.py [number of decays]`.  Times are CPU times of the process,
the median of several rounds behind a first call that compiles.  Exits with an error if the
chi-square of the tracks is not that of three degrees of freedom, or if the momentum resolution
disagrees with the fit's own covariance.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import yaml
from timing import median_cpu_seconds

from lnvsearch.experiments.na62.detector.simulate import (
    Na62Detector,
    simulate_spectrometer,
    track_covariance,
)
from lnvsearch.generation.kaon import generate_kaon_decays
from lnvsearch.generation.kaon.decays import KaonDecays

RESPONSE_FILE = Path(__file__).parents[1] / "config/detectors/na62.yaml"
MODES = ("pi_ee_lnv", "pi_mumu_lnv", "pi_pi_pi", "e_nu_pi0_dalitz")
SAMPLE = {"base_seed": 1, "sample": "benchmark"}


def check_accuracy(detector: Na62Detector, decays: KaonDecays) -> None:
    """Chi-square and momentum resolution of muons, within 5 standard deviations.

    The momentum of a muon of a fully measured decay is not known in the laboratory; its error is
    taken from two simulations that differ in the hits' and the scattering's numbers alone.
    """
    still = {"decay_in_flight": "off"}
    exact = Na62Detector(detector.response.with_values(
        {"spectrometer.hit_resolution_m": 1e-6, "spectrometer.thickness_x0": 0.0}
    ))  # fmt: skip
    events = simulate_spectrometer(decays, detector, **SAMPLE, **still)
    truth = simulate_spectrometer(decays, exact, **SAMPLE, **still)
    _, i, j = np.intersect1d(
        events.event["event_number"], truth.event["event_number"], return_indices=True
    )
    momentum = truth.track["momentum_gev"][j].ravel()
    curvature = 1.0 / events.track["momentum_gev"][i].ravel() - 1.0 / momentum
    grid = np.geomspace(1.0, 80.0, 200)
    sigma = np.sqrt([track_covariance(detector, p)[4, 4] for p in grid])
    fast = momentum > 3.0
    pull = (curvature / np.interp(momentum, grid, sigma))[fast]
    chi_square = events.track["chi_square"][i].ravel()[fast]
    n = pull.size
    print(f"accuracy on {n} tracks: pull of 1/p {pull.mean():.4f} +- {pull.std():.4f}, "
          f"chi-square {chi_square.mean():.4f} (3)")  # fmt: skip
    for p in (10.0, 20.0, 40.0):
        published = math.hypot(0.30, 0.005 * p)
        ours = 100.0 * p * math.sqrt(track_covariance(detector, p)[4, 4])
        print(f"sigma(p)/p at {p:.0f} GeV: {ours:.3f} % (published {published:.3f} %)")
    if abs(pull.mean()) > 5.0 / math.sqrt(n) or abs(pull.std() - 1.0) > 5.0 / math.sqrt(2.0 * n):
        sys.exit("pulls of the curvature are not centred on 0 with width 1")
    if abs(chi_square.mean() - 3.0) > 5.0 * math.sqrt(6.0 / n):
        sys.exit("the chi-square of the track fit is not 3")


def main(n_decays: int) -> None:
    """Print accuracy, and speed and recorded share of several decays."""
    detector = Na62Detector.from_settings(yaml.safe_load(RESPONSE_FILE.read_text()))
    muons = generate_kaon_decays("pi_mumu_lnv", n_decays, radiation=False, **SAMPLE)
    check_accuracy(detector, muons)
    for mode in MODES:
        decays = generate_kaon_decays(mode, n_decays, **SAMPLE)
        events = simulate_spectrometer(decays, detector, **SAMPLE)

        def again(decays=decays):
            return simulate_spectrometer(decays, detector, **SAMPLE)

        seconds = median_cpu_seconds(again)
        share = events.event["weight"].sum() / events.sum_weight
        print(f"{mode:>16}: {share:.4f} recorded, {1e-6 * n_decays / seconds:.2f} M decays/s, "
              f"{1e6 * seconds / n_decays:.2f} us a decay")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
