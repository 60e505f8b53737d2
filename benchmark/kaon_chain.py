"""Events a second of the whole kaon chain on one core: generation, spectrometer, vertices, cuts.

    python benchmark/kaon_chain.py [number of generated decays]

Signal decays K+ -> pi- e+ e+ with radiation, through the selection `lnv` of the search of 2022;
rates are of generated decays.  Times are CPU seconds, the best of several rounds behind one that
compiles.  The events that were timed are checked, and the program ends with an error if the pull
of the vertex (the core of it, as electrons lose energy in the chambers) is off centre by 0.02 or
wider than 1 by a tenth, if the mass is off by 1 MeV, or if chunks of another size give other
candidates in a single bit.  The median chi-square is only printed.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

from lnvsearch import particles
from lnvsearch.experiments.na62.detector.simulate import Na62Detector, simulate_spectrometer
from lnvsearch.experiments.na62.event_files import iterate_spectrometer, write_spectrometer
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.select import fit_vertices, merge_candidates, select
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings
from lnvsearch.generation.kaon import generate_kaon_decays

ROOT = Path(__file__).parent.parent
ROUNDS = 7
DECAYS_PER_CHUNK = 200_000
OTHER_CHUNK = 30_000
STREAM = {"base_seed": 1, "sample": "benchmark"}


def best_time(function):
    """(CPU seconds of the fastest of the rounds, result), after one round that compiles."""
    function()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return min(times), result


class Chain:
    """The steps, each from what the one before gave; chunks of decays as the workflow has them."""

    def __init__(self) -> None:
        self.settings = yaml.safe_load((ROOT / "config/detectors/na62.yaml").read_text())
        self.paper = yaml.safe_load((ROOT / "config/papers/na62_2022.yaml").read_text())
        self.selection = SelectionSettings.from_mapping(
            self.paper["channels"]["piee"]["selections"]["lnv"]
        )
        self.detector = Na62Detector.from_settings(self.settings)
        self.maps = IdentificationMaps.from_anchors(self.paper["identification"]["maps"])
        self.options = {
            "detector": self.detector.response,
            "identification": self.maps,
            "trigger": TriggerSettings.from_mapping(self.paper["trigger"]),
            "loss_region": "signal",
        }

    def generate(self, first: int, n: int):
        return generate_kaon_decays("pi_ee_lnv", n, first_event=first, radiation=True, **STREAM)

    def simulate(self, decays):
        return simulate_spectrometer(decays, self.detector, **STREAM)

    def fit(self, events):
        return fit_vertices(events, self.detector.response)

    def select(self, events, vertices):
        return select(events, self.selection, vertices=vertices, **self.options)


def check(condition: bool, what: str) -> None:
    if not condition:
        sys.exit(f"wrong, so its speed does not count: {what}")


def check_accuracy(chain: Chain, number: int, events, vertices, selected) -> None:
    """Vertices and masses within five standard deviations, and chunks that join."""
    z = events.event["true_z_vertex_m"][vertices.event_index]
    # Bremsstrahlung bends some tracks: medians do not see them.
    good = np.isfinite(vertices.chi_square)
    n = np.count_nonzero(good)
    pull = ((vertices.position_m[:, 2] - z) / vertices.sigma_z_m)[good]
    half = np.diff(np.quantile(pull, [0.1587, 0.8413]))[0] / 2
    print(f"{n} vertices: median pull of z {np.median(pull):+.4f}, width {half:.4f}, "
          f"median chi-square {np.median(vertices.chi_square[good]):.3f} (2.366)")  # fmt: skip
    check(abs(np.median(pull)) < 5 * 1.2533 / math.sqrt(n) + 0.02, "the pull of z is off centre")
    check(abs(half - 1.0) < 0.1, "the pull of z has another width than 1")
    mass = selected.candidates["mass_gev"]
    peak = np.median(mass[np.abs(mass - particles.mass_gev("K+")) < 0.006])
    print(f"{len(mass)} candidates: median mass {1e3 * peak:.3f} MeV")
    check(abs(peak - particles.mass_gev("K+")) < 1e-3, "the mass is not the kaon's")
    parts = []
    for first in range(0, number, OTHER_CHUNK):
        recorded = chain.simulate(chain.generate(first, min(OTHER_CHUNK, number - first)))
        parts.append(chain.select(recorded, chain.fit(recorded)))
    joined = merge_candidates(part.candidates for part in parts)
    for name, values in selected.candidates.items():
        same = np.array_equal(values, joined[name], equal_nan=True)
        check(same, f"{name} depends on the size of the chunks")
    acceptance = selected.flow.efficiency("trigger")
    print(f"acceptance {acceptance[0]:.5f} +- {acceptance[1]:.5f}; other chunks: same candidates")


def input_and_output(events) -> dict[str, float]:
    """Seconds to write the recorded events as a ROOT file, and to read it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.root"
        write, _ = best_time(lambda: write_spectrometer(path, events))
        read, _ = best_time(lambda: list(iterate_spectrometer(path)))
    return {"write": write, "read": read}


def main(number: int = DECAYS_PER_CHUNK) -> None:
    """Print the accuracy, and decays a second of each step and of all."""
    chain = Chain()
    seconds = {}
    seconds["generate"], decays = best_time(lambda: chain.generate(0, number))
    seconds["simulate"], events = best_time(lambda: chain.simulate(decays))
    seconds["vertices"], vertices = best_time(lambda: chain.fit(events))
    seconds["select"], selected = best_time(lambda: chain.select(events, vertices))
    check_accuracy(chain, number, events, vertices, selected)
    steps = {**seconds, "all": sum(seconds.values()), **input_and_output(events)}
    for name, time_s in steps.items():
        rate, each = 1e-6 * number / time_s, 1e6 * time_s / number
        recorded = 1e6 * time_s / len(events)
        print(f"{name:>9}: {rate:6.2f} M decays/s, {each:.4f} us each; {recorded:.3f} us a record")
    print(f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
