"""K3pi decays before the fiducial volume: importance sampling against a plain simulation.

    python benchmark/kaon_upstream.py [number of plain decays] [number of weighted decays]

The search for K+ -> pi- mu+ mu+ sees kaons that decay between BEND 6 and the fiducial volume, and
two pions of which decay in flight, in about one of 10^7 cases.  The workflow samples them with
weights (experiments/na62/detector/decays_in_flight.py).  Here the same decays are flown without any weight, from
100 to 101.8 m in front of the last magnet of the beam, where nearly all that counts comes from: the
detector is the same, with the fiducial volume and the beam's slope of that place.  The program prints
the candidates for each kaon decay in the fiducial volume by mass, and ends with an error if the two
differ by more than four standard deviations anywhere.  With the default numbers it takes about
five minutes; times are CPU seconds.
"""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

import numpy as np
import yaml

from lnvsearch import particles
from lnvsearch.experiments.na62.detector.simulate import Na62Detector, simulate_spectrometer
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.select import select
from lnvsearch.experiments.na62.selection.settings import SelectionDetector, SelectionSettings
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings
from lnvsearch.generation.kaon import generate_kaon_decays

ROOT = Path(__file__).parent.parent
PLACE_Z_M = (100.0, 101.8)
MASSES_GEV = (0.43, 0.46, 0.475, 0.51)
DECAYS_PER_CHUNK = 200_000
SEED = 7


class Upstream:
    """Both samplings of one place of the beam line, through the selection `lnv`."""

    def __init__(self) -> None:
        self.settings = yaml.safe_load((ROOT / "config/detectors/na62.yaml").read_text())
        self.detector = Na62Detector.from_settings(self.settings)
        paper = yaml.safe_load((ROOT / "config/papers/na62_2019.yaml").read_text())
        self.maps = IdentificationMaps.from_anchors(paper["identification"]["maps"])
        self.selection = SelectionSettings.from_mapping(
            paper["channels"]["pimumu"]["selections"]["lnv"]
        )
        self.trigger = TriggerSettings.from_mapping(paper["trigger"])
        self.seen_by = SelectionDetector.from_mapping(self.settings)

    def plain(self, number: int) -> np.ndarray:
        """Sums of weights and of their squares by mass (2, m), for each decay in the volume."""
        response = self.detector.response
        # From here the volume begins before other parts of the beam line, which the settings do not allow; and
        # before TRIM5 the beam has not got its slope yet.
        begin_z, end_z = PLACE_Z_M
        response = response._replace(
            fiducial_volume=response.fiducial_volume._replace(begin_z_m=begin_z, end_z_m=end_z),
            beam=response.beam._replace(slope_x=0.0),
        )
        return self._sums(Na62Detector(response), number, "plain", "natural", self._decays_here_for_each())

    def weighted(self, number: int) -> np.ndarray:
        """The same, as the workflow samples it."""
        return self._sums(self.detector, number, "weighted", "upstream", 1.0)

    def _decays_here_for_each(self) -> float:
        """Kaon decays in PLACE_Z_M for each in the fiducial volume."""
        volume = self.settings["fiducial_volume"]
        flight = (self.settings["beam"]["momentum_gev"]["value"] * particles.ctau_m("K+")
                  / particles.mass_gev("K+"))  # fmt: skip
        begin, end = volume["begin_z_m"]["value"], volume["end_z_m"]["value"]
        alive = [math.exp((begin - z) / flight) for z in (*PLACE_Z_M, begin, end)]
        return (alive[0] - alive[1]) / (alive[2] - alive[3])

    def _sums(self, detector, number, sample, decay_in_flight, scale) -> np.ndarray:
        sums, generated = np.zeros((2, len(MASSES_GEV) - 1)), 0.0
        for first in range(0, number, DECAYS_PER_CHUNK):
            decays = generate_kaon_decays(
                "pi_pi_pi", min(DECAYS_PER_CHUNK, number - first), base_seed=SEED, sample=sample,
                first_event=first, radiation=True,
            )  # fmt: skip
            events = simulate_spectrometer(
                decays, detector, base_seed=SEED, sample=sample, decay_in_flight=decay_in_flight
            )
            generated += events.sum_weight
            found = select(
                events, self.selection, detector=self.seen_by, identification=self.maps,
                trigger=self.trigger,
            ).candidates  # fmt: skip
            z = found["true_z_vertex_m"]
            here = (z > PLACE_Z_M[0]) & (z < PLACE_Z_M[1]) & (found["n_decays_in_flight"] > 1)
            for power in (1, 2):
                sums[power - 1] += np.histogram(
                    found["mass_gev"][here], MASSES_GEV, weights=found["weight"][here] ** power
                )[0]
        return sums * (np.array([[scale], [scale**2]]) / np.array([[generated], [generated**2]]))


def main(plain: int = 60_000_000, weighted: int = 600_000) -> None:
    """Print both results by mass; exit with an error where they disagree."""
    upstream, results = Upstream(), {}
    for name, number in (("plain", plain), ("weighted", weighted)):
        start = time.process_time()
        results[name] = getattr(upstream, name)(number)
        print(f"{name}: {number} decays, {time.process_time() - start:.0f} s")
    worst = 0.0
    for i in range(len(MASSES_GEV) - 1):
        values = [results[name][0, i] for name in results]
        sigmas = [math.sqrt(results[name][1, i]) for name in results]
        # A sum without an event has no uncertainty to compare with.
        pull = (values[1] - values[0]) / math.hypot(*sigmas) if all(sigmas) else 0.0
        worst = max(worst, abs(pull))
        texts = ", ".join(f"{name} {1e12 * v:.1f} +- {1e12 * s:.1f}"
                          for name, v, s in zip(results, values, sigmas, strict=True))
        print(f"{MASSES_GEV[i]:.3f}-{MASSES_GEV[i + 1]:.3f} GeV: {texts} in 10^12; pull {pull:+.1f}")
    if worst > 4.0:
        sys.exit("the two samplings disagree")


if __name__ == "__main__":
    main(*(int(float(argument)) for argument in sys.argv[1:]))
