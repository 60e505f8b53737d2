"""Speed of the 4C fit on one core, with the accuracy of the same calls beside it.

Run as `python benchmark/fit.py [number of events]`.  Times are CPU times of the process, the
median of several rounds behind a first call that compiles.  Exits with an error if the fit
disagrees with the fully converged solution or with an independent minimisation.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np

from lnvsearch.generation.phase_space import generate_phase_space
from lnvsearch.particles import mass_gev
from lnvsearch.random_streams import stream_key
from lnvsearch.reconstruction.candidates import mass_hypotheses
from lnvsearch.reconstruction.four_vectors import four_momenta
from lnvsearch.reconstruction.kinematic_fit import fit, fit_parameters

ROUNDS = 7
EVENTS_COMPARED = 20_000
EVENTS_COMPARED_WITH_SCIPY = 20
LARGEST_DISAGREEMENT = 1e-6  # in chi2, relative to 1 + chi2

FINAL_STATES = {
    "KKee": ["K+", "K+", "e-", "e-"],
    "KKpipi": ["K+", "K-", "pi+", "pi-"],
    "4K": ["K+", "K-", "K+", "K-"],
    "4pi": ["pi+", "pi-", "pi+", "pi-"],
}


def measured_events(n_events: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Phase-space K+ K+ e- e- events with helium-chamber errors: helix, covariance, total."""
    parent = mass_gev("J/psi(1S)")
    masses = np.array([mass_gev(name) for name in FINAL_STATES["KKee"]])
    key = stream_key(1, "benchmark", "phase_space")
    momentum = generate_phase_space(parent, masses, n_events, key)
    px, py, pz, energy = np.moveaxis(momentum, 2, 0)
    pt = np.hypot(px, py)
    inside = np.all((pt > 0.08) & (np.abs(pz) < 2.5 * pt), axis=1)
    pt, pz, energy = pt[inside], pz[inside], energy[inside]
    helix = np.stack([np.arctan2(-px, py)[inside], [1, 1, -1, -1] / pt, pz / pt], axis=-1)
    p = np.hypot(pt, pz)
    scattering = energy / p**2 / (pt / p) ** 1.5  # 1 / (beta p sin^1.5 theta)
    sigma = np.stack(
        [
            1e-3 * np.hypot(0.5, 1.4 * scattering),
            np.hypot(0.0027 * pt, 0.0033 * energy / p) / pt,
            1e-3 * np.hypot(2.8, 1.4 * scattering),
        ],
        axis=-1,
    )
    correlation = np.array([[1.0, -0.3, 0.0], [-0.3, 1.0, 0.0], [0.0, 0.0, 1.0]])
    noise = np.random.default_rng(1).normal(size=helix.shape) @ np.linalg.cholesky(correlation).T
    covariance = correlation * sigma[..., :, np.newaxis] * sigma[..., np.newaxis, :]
    rows, columns = np.tril_indices(3)
    triangles = np.ascontiguousarray(covariance[..., rows, columns])
    return helix + sigma * noise, triangles, np.array([0.0, 0.0, 0.0, parent])


def minimum_by_scipy(helix, covariance, masses, total) -> float:
    """Chi-square of one event by a general constrained minimiser."""
    from scipy.optimize import minimize

    matrix = np.empty((len(helix), 3, 3))
    rows, columns = np.tril_indices(3)
    matrix[:, rows, columns] = matrix[:, columns, rows] = covariance
    root = np.linalg.cholesky(matrix)

    def imbalance(z):
        point = helix + np.einsum("kij,kj->ki", root, z.reshape(-1, 3))
        return four_momenta(*point.T, masses).sum(axis=0) - total

    return minimize(
        lambda z: z @ z,
        np.zeros(helix.size),
        jac=lambda z: 2.0 * z,
        constraints={"type": "eq", "fun": imbalance},
        method="SLSQP",
        options={"ftol": 1e-13, "maxiter": 300},
    ).fun


def median_cpu_seconds(function) -> float:
    """Median CPU time of several calls, after one that compiles."""
    function()
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return statistics.median(times)


def disagreements(helix, covariance, masses, total) -> dict[str, float]:
    """Largest differences of chi2, relative to 1 + chi2, from two references.

    The converged solution is compared under every hypothesis, where there is one.
    """
    chi_square = fit(helix, covariance, masses, total).chi_square
    converged = [fit_parameters(helix, covariance, row, total).chi_square for row in masses]
    finite = np.isfinite(chi_square) & np.isfinite(np.transpose(converged))
    quick, fine = chi_square[finite], np.transpose(converged)[finite]
    few = range(EVENTS_COMPARED_WITH_SCIPY)
    minima = [minimum_by_scipy(helix[i], covariance[i], masses[0], total) for i in few]
    reference = np.array(minima)
    difference = chi_square[: len(reference), 0] - reference
    return {
        "converged solution": np.max(np.abs(quick - fine) / (1.0 + fine)),
        "minimum found by scipy": np.max(np.abs(difference) / (1.0 + reference)),
    }


def main(n_events: int) -> int:
    """Print the accuracy, then the speed; the exit code tells whether the accuracy is good."""
    masses = mass_hypotheses(FINAL_STATES).masses_gev
    helix, covariance, total = measured_events(n_events)
    result = fit(helix, covariance, masses, total)
    print(f"{len(helix)} events of 4 tracks, {len(masses)} mass hypotheses")
    print(f"mean chi2 of the right hypothesis {result.chi_square[:, 0].mean():.3f} (expected 4)")
    print(f"fits without a solution, by hypothesis: {np.sum(~result.converged, axis=0)}")
    compared = slice(EVENTS_COMPARED)
    differences = disagreements(helix[compared], covariance[compared], masses, total)
    for name, value in differences.items():
        print(f"largest disagreement with the {name}: {value:.1e}")
    for chosen, label in ((masses[:1], "one hypothesis"), (masses, f"{len(masses)} hypotheses")):
        seconds = median_cpu_seconds(lambda chosen=chosen: fit(helix, covariance, chosen, total))
        events = len(helix) / seconds / 1e6
        fits = events * len(chosen)
        print(f"{label}: {events:.2f} M events/s, {fits:.2f} M fits/s on one core")
    is_accurate = max(differences.values()) < LARGEST_DISAGREEMENT
    print("accuracy: good" if is_accurate else "accuracy: NOT GOOD, the speed means nothing")
    return 0 if is_accurate else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000))
