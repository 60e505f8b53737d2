"""How fast kaon decays are generated, on one core: `python benchmark/kaon_generation.py`.

Every timing stands behind an accuracy check of the same events: four-momentum, masses, weights
of mean 1.  CPU time, median of several runs, without compilation.  `aimed` are events generated
with early rejection, of which only those kept cost memory.
"""

from __future__ import annotations

import argparse
import json
import math

import numpy as np
from timing import check, median_cpu_seconds

from lnvsearch import particles
from lnvsearch.generation.kaon import (
    MODES,
    generate_kaon_decays,
    generate_selected_kaon_decays,
)

M_K = particles.mass_gev("K+")
REPETITIONS = 5
SLOW = ("trilepton", "bremsstrahlung_semileptonic", "virtual_photon")
AIM = {"aim": True, "largest_missing_gev": 5.0, "largest_missing_pt_gev": 0.060}


def events_per_second(function, n_events: int) -> float:
    """Median rate of several runs."""
    return n_events / median_cpu_seconds(lambda: function(n_events), REPETITIONS)


def check_decays(mode: str, radiation: bool, n_events: int) -> None:
    decays = generate_kaon_decays(
        mode, n_events, base_seed=1, sample="benchmark", radiation=radiation
    )
    total = decays.four_momentum.sum(axis=1)
    check(bool(np.abs(total - [0, 0, 0, M_K]).max() < 1e-12), f"{mode}: four-momentum")
    rows = decays.four_momentum[:, : len(MODES[mode].final_state)]
    mass = [0.0 if "nu" in name else particles.mass_gev(name) for name in MODES[mode].final_state]
    shell = rows[..., 3] ** 2 - np.sum(rows[..., :3] ** 2, axis=-1) - np.square(mass)
    check(bool(np.abs(shell).max() < 1e-12), f"{mode}: masses on shell")
    error = decays.weight.std() / math.sqrt(n_events)
    check(abs(decays.weight.mean() - 1.0) < 5 * error + 1e-3, f"{mode}: weights of mean 1")


def benchmark(n_events: int) -> dict[str, float]:
    """Rates in events a second by name."""
    rates = {}
    for mode in MODES:
        n = n_events // 10 if MODES[mode].model in SLOW else n_events
        for radiation in (False, True):
            check_decays(mode, radiation, n)

            def run(n, mode=mode, radiation=radiation):
                generate_kaon_decays(mode, n, base_seed=1, sample="benchmark", radiation=radiation)

            rates[mode + ("_radiation" if radiation else "")] = events_per_second(run, n)
    for mode in ("e_nu_pi0_dalitz", "pi_pi0_dalitz", "e_nu_ee"):
        n = n_events // 10 if MODES[mode].model in SLOW else n_events

        def run_aimed(n, mode=mode):
            generate_selected_kaon_decays(
                mode, n, base_seed=1, sample="benchmark", options=AIM
            )

        rates[f"{mode}_aimed"] = events_per_second(run_aimed, n)
    return {name: round(rate) for name, rate in rates.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=200_000)
    print(json.dumps(benchmark(parser.parse_args().events), indent=2))
