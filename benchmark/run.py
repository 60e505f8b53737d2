"""All benchmarks: accuracy first, then rates a CPU second on one core, and their ratios to peers.

    python benchmark/run.py results/benchmark.json [--scale 1.0] [--rounds 9]

`make benchmark` runs it.  Every case runs once a round, in turn (see `timing`); `--scale` multiplies
the number of events.  Ends with an error, and writes nothing, if anything computes wrong numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from importlib.metadata import version
from pathlib import Path

import chain
import fit
import generation
import kaon_chain
import limits
import numpy as np
from peers import root_cases
from timing import alternate, check, ratio

import lnvsearch

BENCHMARKS = {
    "phase_space": (generation, 500_000),
    "limits": (limits, 500_000),
    "fit": (fit, 50_000),
    "besiii": (chain, 50_000),
    "na62": (kaon_chain, 80_000),
}
#: Name of a ratio -> (our case, the peer's).
RATIOS = {
    "unweighted 4-body phase space / TGenPhaseSpace": ("phase_space_unweighted", "TGenPhaseSpace"),
    "Rolke upper limits / TRolke": ("rolke_upper_limit", "TRolke"),
    "Rolke intervals / TRolke": ("rolke_interval", "TRolke"),
    **{
        f"Rolke upper limits / TRolke, {model}": (f"rolke_upper_limit_{model}", f"TRolke_{model}")
        for model in limits.OTHER_MODELS
    },
    "4C fits / the same fit in numpy": ("fit_4c", "numpy_fit_4c"),
    "BESIII chain / TGenPhaseSpace": ("besiii_chain", "TGenPhaseSpace"),
    "NA62 signal decays / TGenPhaseSpace": ("na62_chain", "TGenPhaseSpace"),
    "NA62 decays that radiate / TGenPhaseSpace": ("na62_chain_radiating", "TGenPhaseSpace"),
    "NA62 decays that radiate, all flown / TGenPhaseSpace": ("na62_chain_all_flown", "TGenPhaseSpace"),
}
PEER_EVENTS, PEER_LIMITS = 200_000, 20_000
FEWEST = 5_000


def processor() -> str:
    """Name of the processor, where the system tells it."""
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def compared_with_root(
    given: dict[str, np.ndarray], theirs: dict[str, np.ndarray]
) -> dict[str, float]:
    """TRolke's upper limits of the same experiments: it is good to about 1e-4 where it works."""
    medians = {}
    for model, upper in theirs.items():
        few = slice(len(upper))
        experiment = limits.build(given, few, model)
        ours = limits.rolke.upper_limit(experiment, limits.CONFIDENCE_LEVEL)
        usual = experiment.observed > np.maximum(experiment.background.estimate, 1.0)
        medians[model] = float(np.median(np.abs(upper / ours - 1.0)[usual]))
    # Its profile of two counts is inexact.
    exact = [median for model, median in medians.items() if model != "PoissonBkgBinomEff"]
    check(max(exact) < 1e-3, f"upper limits against TRolke's, {medians}")
    return {f"median_difference_from_trolke_{model}": median for model, median in medians.items()}


def run(scale: float, rounds: int) -> dict:
    """What the JSON file holds."""
    accuracy, cases = {}, {}
    for name, (module, number) in BENCHMARKS.items():
        accuracy[name], some = module.prepare(max(int(number * scale), FEWEST))
        cases.update({case.name: case for case in some})
    given = limits.arguments(max(int(PEER_LIMITS * scale), FEWEST), seed=2)
    of_root, root_version, upper = root_cases(
        max(int(PEER_EVENTS * scale), FEWEST), generation.M_JPSI, generation.KKEE, given,
        limits.MODELS, limits.CONFIDENCE_LEVEL,
    )
    if upper:
        accuracy["limits"].update(compared_with_root(given, upper))
    cases.update(of_root)
    seconds = alternate(list(cases.values()), rounds)
    missing = None if of_root else f"no ROOT: {root_version}"
    return {
        "ratios": {
            name: ratio(cases[ours], cases[peer], seconds) if peer in cases else None
            for name, (ours, peer) in RATIOS.items()
        },
        "why_a_ratio_is_null": missing,
        "accuracy": accuracy,
        "median_per_cpu_second": {
            name: cases[name].items / statistics.median(times) for name, times in seconds.items()
        },
        "cpu_seconds": seconds,
        "items": {name: case.items for name, case in cases.items()},
        "machine": {"processor": processor(), "cores": os.cpu_count()},
        "versions": {
            "python": platform.python_version(),
            "root": root_version if of_root else None,
            "lnvsearch": lnvsearch.__version__,
            **{name: version(name) for name in ("numba", "numpy", "scipy")},
        },
    }


def main() -> None:
    """Run, write the file, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="JSON file to write")
    parser.add_argument("--scale", type=float, default=1.0, help="times the number of events")
    parser.add_argument("--rounds", type=int, default=9, help="timed calls of each case")
    options = parser.parse_args()
    if options.rounds < 1 or not options.scale > 0.0:
        parser.error("--rounds must be 1 at least, and --scale above 0")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    result = run(options.scale, options.rounds)
    temporary = options.output.with_name(options.output.name + ".tmp")
    temporary.write_text(json.dumps(result, indent=2) + "\n")
    temporary.replace(options.output)
    for name, value in result["ratios"].items():
        numbers = result["why_a_ratio_is_null"] if value is None else (
            f"{value['median']:.3g} ({value['lowest']:.3g} to {value['highest']:.3g})"
        )
        print(f"{name:54s} {numbers}")


if __name__ == "__main__":
    main()
