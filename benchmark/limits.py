"""Profile-likelihood upper limits a second on one core, behind an accuracy check in the same run.

    python benchmark/limits.py [--experiments 1000000] [--repeat 9] [--json]

Each experiment has its own count, known background and Gaussian efficiency.  Timed is what a user
calls, from plain arrays to limits: building the CountingExperiment with its checks, and
`rolke.upper_limit` (or `rolke.interval`).  The best of the repetitions counts, after one call that
compiles; both wall-clock and CPU rates are printed, since other work on the machine slows the
first.

Before a rate is believed, all limits are checked against two references that share neither the
compiled kernel nor its number of Newton steps: the bracketing solver in numpy on a sample, and
-2 ln lambda at the limit, in units of the limit, wherever the limit is a crossing of the
experiment's own count.  An error above the tolerance (1e-6) makes the exit code 1.

For scale: ROOT's compiled TRolke makes 137 thousand limits a second on the machine on which this
kernel makes 20 to 30 million.
"""

import argparse
import json
import sys
import time

import numpy as np

from lnvsearch.statistics import CountingExperiment, GaussianEfficiency, KnownBackground, rolke

CONFIDENCE_LEVEL = 0.90
TOLERANCE = 1e-6
SAMPLE = 4000


def generate(size: int, seed: int) -> dict[str, np.ndarray]:
    """Arguments like those of a mass scan: up to three background counts, one signal count."""
    rng = np.random.default_rng(seed)
    background = rng.uniform(0.0, 3.0, size)
    efficiency = rng.uniform(0.05, 0.30, size)
    return {
        "observed": rng.poisson(background + 1.0),
        "background": background,
        "efficiency": efficiency,
        "efficiency_sigma": efficiency * rng.uniform(0.01, 0.10, size),
    }


def build(arguments: dict[str, np.ndarray], index: slice | np.ndarray = slice(None)):
    """The CountingExperiment of the selected arguments."""
    return CountingExperiment(
        arguments["observed"][index],
        KnownBackground(arguments["background"][index]),
        GaussianEfficiency(arguments["efficiency"][index], arguments["efficiency_sigma"][index]),
    )


def relative_errors(arguments: dict[str, np.ndarray], upper: np.ndarray) -> dict[str, float]:
    """Largest relative error of the limits by the two references."""
    small_pieces = [slice(first, first + 500) for first in range(0, min(SAMPLE, upper.size), 500)]
    sample = 0.0
    for piece in small_pieces:  # too small for the compiled kernel
        reference = rolke.upper_limit(build(arguments, piece), CONFIDENCE_LEVEL)
        sample = max(sample, np.abs(upper[piece] / reference - 1.0).max())
    own = np.flatnonzero(arguments["observed"] >= np.maximum(arguments["background"], 1.0))
    experiment, limit = build(arguments, own), upper[own]
    value = rolke.minus_two_log_lambda(experiment, limit)
    step = 1e-4 * limit
    slope = (rolke.minus_two_log_lambda(experiment, limit + step) - value) / step
    crossing = np.abs((value - rolke.threshold(CONFIDENCE_LEVEL)) / (slope * limit)).max()
    return {"bracketing_solver": float(sample), "crossing": float(crossing)}


def measure(function, arguments: dict[str, np.ndarray], repeat: int) -> dict[str, float]:
    """Best rates, in limits a second, of `repeat` calls after one that compiles."""
    function(build(arguments), CONFIDENCE_LEVEL)
    wall, cpu = [], []
    for _ in range(repeat):
        wall_start, cpu_start = time.perf_counter(), time.process_time()
        function(build(arguments), CONFIDENCE_LEVEL)
        wall.append(time.perf_counter() - wall_start)
        cpu.append(time.process_time() - cpu_start)
    size = arguments["observed"].size
    return {"per_second": size / min(wall), "per_cpu_second": size / min(cpu)}


def main() -> int:
    """Check, measure, print; 0 if every limit is within the tolerance."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--experiments", type=int, default=1_000_000, help="number of experiments")
    parser.add_argument("--repeat", type=int, default=9, help="timed calls; the best counts")
    parser.add_argument("--seed", type=int, default=1, help="seed of the arguments")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()

    arguments = generate(options.experiments, options.seed)
    upper = rolke.upper_limit(build(arguments), CONFIDENCE_LEVEL)
    errors = relative_errors(arguments, upper)
    accurate = max(errors.values()) <= TOLERANCE
    result = {
        "experiments": options.experiments,
        "largest_relative_error": errors,
        "tolerance": TOLERANCE,
        "accurate": accurate,
        "upper_limit": measure(rolke.upper_limit, arguments, options.repeat),
        "interval": measure(rolke.interval, arguments, options.repeat),
    }
    if options.json:
        print(json.dumps(result))
    else:
        print(f"{options.experiments} experiments; largest relative error (tolerance {TOLERANCE}):")
        for name, error in errors.items():
            print(f"  {name:18s} {error:.1e}")
        for name in ("upper_limit", "interval"):
            rate = result[name]
            print(
                f"rolke.{name:12s} {rate['per_second'] / 1e6:6.1f} M/s wall clock, "
                f"{rate['per_cpu_second'] / 1e6:6.1f} M/s of CPU time"
            )
    return 0 if accurate else 1


if __name__ == "__main__":
    sys.exit(main())
