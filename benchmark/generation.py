"""Four-body phase space, unweighted: checked against integration, and the case to time."""

from __future__ import annotations

import numpy as np
from timing import Case, check

from lnvsearch import particles
from lnvsearch.generation.phase_space import generate_phase_space, phase_space_volume
from lnvsearch.random_streams import stream_key

__all__ = ["KKEE", "M_JPSI", "prepare"]

M_JPSI, M_K, M_E = (particles.mass_gev(name) for name in ("J/psi(1S)", "K+", "e-"))
KKEE = [M_K, M_K, M_E, M_E]
KEY = stream_key(1, "benchmark", "phase_space")
#: Events of one call stay in the processor's cache, as they do for the peer, which keeps one.
EVENTS_PER_CALL = 4096


def mean_pair_mass_squared(points: int = 400) -> float:
    """<m^2> of the K K pair in J/psi -> K K e e by integration over its mass, GeV^2."""
    mass = np.linspace(2 * M_K + 1e-9, M_JPSI - 2 * M_E - 1e-9, points)
    density = np.array(
        [
            m * phase_space_volume(m, [M_K, M_K]) * phase_space_volume(M_JPSI, [m, M_E, M_E])
            for m in mass
        ]
    )
    return float(np.sum(mass**2 * density) / np.sum(density))


def accuracy(n_events: int) -> dict[str, float]:
    """Conservation, masses and mean pair mass of events; ends the program if they are wrong."""
    momenta = generate_phase_space(M_JPSI, KKEE, n_events, KEY)
    imbalance = np.abs(momenta.sum(axis=1) - [0, 0, 0, M_JPSI]).max() / M_JPSI
    check(bool(imbalance < 1e-12), "momentum conservation")
    shell = momenta[..., 3] ** 2 - np.sum(momenta[..., :3] ** 2, axis=-1) - np.square(KKEE)
    check(bool(np.abs(shell).max() < 1e-12), "masses on shell")
    pair = momenta[:, :2].sum(axis=1)
    squared = pair[:, 3] ** 2 - np.sum(pair[:, :3] ** 2, axis=1)
    pull = (squared.mean() - mean_pair_mass_squared()) / (squared.std() / np.sqrt(n_events))
    check(abs(pull) < 5.0, "mean squared mass of the K K pair")
    return {
        "largest_imbalance": float(imbalance),
        "largest_mass_squared_error_gev2": float(np.abs(shell).max()),
        "pull_of_mean_pair_mass_squared": float(pull),
    }


def prepare(n_events: int) -> tuple[dict[str, float], list[Case]]:
    """The accuracy, and the case to time."""
    calls = max(n_events // EVENTS_PER_CALL, 1)

    def run():
        for call in range(calls):
            generate_phase_space(
                M_JPSI, KKEE, EVENTS_PER_CALL, KEY, first_event=call * EVENTS_PER_CALL
            )

    return accuracy(n_events), [Case("phase_space_unweighted", calls * EVENTS_PER_CALL, run)]
