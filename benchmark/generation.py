"""How fast events are generated, on one core: `python benchmark/generation.py`.

Every timing stands behind an accuracy check of the same events: momentum conservation, masses
on shell, and for phase space the mean energy of a kaon against numerical integration.  CPU time,
best of several runs, without compilation.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np

from lnvsearch import particles
from lnvsearch.generation import Decay, RadiationSettings, generate, generate_inclusive
from lnvsearch.generation.phase_space import (
    generate_phase_space,
    generate_weighted_phase_space,
    phase_space_volume,
)
from lnvsearch.random_streams import stream_key

M_JPSI, M_K, M_E = (particles.mass_gev(name) for name in ("J/psi(1S)", "K+", "e-"))
KKEE = [M_K, M_K, M_E, M_E]
REPETITIONS = 7


def events_per_second(function, n_events: int) -> float:
    """Best rate of several runs, after one that compiles."""
    function(10)
    best = float("inf")
    for _ in range(REPETITIONS):
        start = time.process_time()
        function(n_events)
        best = min(best, time.process_time() - start)
    return n_events / best


def check(condition: bool, what: str) -> None:
    if not condition:
        raise SystemExit(f"wrong, so its speed does not count: {what}")


def mean_pair_mass_squared(points: int = 400) -> float:
    """<m^2> of the K K pair in J/psi -> K K e e by integration over its mass."""
    mass = np.linspace(2 * M_K + 1e-9, M_JPSI - 2 * M_E - 1e-9, points)
    density = np.array(
        [
            m * phase_space_volume(m, [M_K, M_K]) * phase_space_volume(M_JPSI, [m, M_E, M_E])
            for m in mass
        ]
    )
    return float(np.sum(mass**2 * density) / np.sum(density))


def check_phase_space(momenta: np.ndarray, weights: np.ndarray) -> None:
    total = momenta.sum(axis=1)
    check(bool(np.abs(total - [0, 0, 0, M_JPSI]).max() < 1e-12), "momentum conservation")
    shell = momenta[..., 3] ** 2 - np.sum(momenta[..., :3] ** 2, axis=-1) - np.square(KKEE)
    check(bool(np.abs(shell).max() < 1e-12), "masses on shell")
    pair = momenta[:, :2].sum(axis=1)
    squared = pair[:, 3] ** 2 - np.sum(pair[:, :3] ** 2, axis=1)
    mean = np.average(squared, weights=weights)
    error = np.sqrt(np.sum(weights**2 * (squared - mean) ** 2)) / weights.sum()
    check(abs(mean - mean_pair_mass_squared()) < 5 * error, "mean squared mass of the K K pair")


def benchmark(n_events: int) -> dict[str, float]:
    """Rates in events a second by name."""
    key = stream_key(1, "benchmark", "phase_space")
    momenta = generate_phase_space(M_JPSI, KKEE, n_events, key)
    check_phase_space(momenta, np.ones(n_events))
    check_phase_space(*generate_weighted_phase_space(M_JPSI, KKEE, n_events, key))
    rates = {
        "phase_space_4body_unweighted": events_per_second(
            lambda n: generate_phase_space(M_JPSI, KKEE, n, key), n_events
        ),
        "phase_space_4body_weighted": events_per_second(
            lambda n: generate_weighted_phase_space(M_JPSI, KKEE, n, key), n_events
        ),
    }
    nu = {"name": "nu_M", "mass_gev": 1.0, "daughters": ["K+", "e-"]}
    for name, decay, radiation in (
        ("generate_kkee", ["K+", "K+", "e-", "e-"], None),
        ("generate_kkee_radiation", ["K+", "K+", "e-", "e-"], RadiationSettings()),
        ("generate_two_majorana_radiation", [nu, nu], RadiationSettings()),
    ):
        def run(n, decay=Decay("J/psi(1S)", decay), radiation=radiation):
            return generate(decay, n, base_seed=1, sample="benchmark", radiation=radiation)

        events = run(n_events)
        total = np.add.reduceat(events.four_momentum, events.offsets[:-1], axis=0)
        squared = total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1)
        check(bool(np.abs(squared - M_JPSI**2).max() < 1e-10), f"{name}: momentum conservation")
        rates[name] = events_per_second(run, n_events)
    rates["inclusive_pythia"] = events_per_second(
        lambda n: generate_inclusive(n, base_seed=1, sample="benchmark"), max(n_events // 30, 10)
    )
    return rates


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300_000)
    print(json.dumps(benchmark(parser.parse_args().events), indent=2))
