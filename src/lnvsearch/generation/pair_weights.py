"""Weights that turn an isotropic pair of Majorana neutrinos into one with all its angles.

J/psi -> N N -> (l P)(l P) with phase space at every vertex has all angles flat, so that the weight of
an event is the density W of `majorana_pair` over its mean, 4/3: bounded by 3, and 1 on average.
Radiation comes behind each vertex and is the same for both densities: the weights are those of the
directions before it, drawn once more from the events' own random streams.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lnvsearch.generation.models import Decay, check_reweighting

__all__ = ["pair_weights"]

_MEAN_WEIGHT = 4.0 / 3.0


def pair_weights(
    decay: Decay,
    others: Mapping[str, Decay],
    n_events: int,
    *,
    base_seed: int,
    sample: str,
    first_event: int = 0,
) -> dict[str, np.ndarray]:
    """Weights (n_events,) of the events that `generate` makes of `decay`, for each of `others`, by name.

    The mean over many events is 1.  Raises ValueError as `check_reweighting`.
    """
    from lnvsearch.generation.decay_events import decay_tree
    from lnvsearch.generation.majorana_pair import analysing_power, angular_weight
    from lnvsearch.random_streams import stream_key

    for other in others.values():
        check_reweighting(decay, other)
    tree = decay_tree(decay)
    key = stream_key(base_seed, sample, "phase_space")
    vertices = []
    for node in range(3):
        first = tree.first[node]
        lepton = first + int(node > 0 and not tree.spin_half[first])
        direction = _directions(key, node, first_event, n_events, tree, lepton - first)
        vertices.append((direction, tree.mass[lepton], tree.mass[2 * first + 1 - lepton]))
    (pair, mass, _), (lepton_1, *masses_1), (lepton_2, *masses_2) = vertices
    largest = analysing_power(mass, *masses_1) * analysing_power(mass, *masses_2)
    return {
        name: angular_weight(pair, lepton_1, lepton_2, other.analysing_power**2 * largest)
        / _MEAN_WEIGHT
        for name, other in others.items()
    }


def _directions(key, node, first_event, n_events, tree, which) -> np.ndarray:
    """Unit vectors (n_events, 3) of one of the two daughters of a node in its rest frame."""
    from lnvsearch.generation.phase_space_blocks import fill_rows

    first = tree.first[node]
    masses = tree.mass[first : first + 2].copy()
    momenta = np.empty((n_events, 2, 4))
    fill_rows(
        key, node, first_event, n_events, tree.mass[node] - masses.sum(), masses, 1.0,
        momenta.reshape(-1), 0, 8, np.empty(0),
    )  # fmt: skip
    vectors = momenta[:, which, :3]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
