"""Photons that convert in the first straw chamber of NA62, as decays with weights.

Before the magnet nothing tells the electron and the positron of such a photon from particles of
the decay: they fly on along the photon, and have hits in all four chambers if the conversion lies
far enough in front in the first.  A converted photon is therefore a pair that begins at the
kaon's vertex, in the direction of the photon; the weight is the probability of the conversion.
The pair's opening angle, of the order of m_e/E, is left out.

Pairs of which one particle is too soft to be tracked matter to searches that ask for all of the
kaon's momentum, and are drawn more often.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numba import njit

from lnvsearch import particles
from lnvsearch.detector.material import conversion_share
from lnvsearch.experiments.na62.detector.response import Spectrometer
from lnvsearch.generation.kaon.decays import KaonDecays
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import stream_key, uniform4

__all__ = ["conversion_probability", "convert_photons"]

#: Share of pairs that are drawn uneven: the smaller cumulative probability from 1/u above the
#: smallest.  Every weight stays below 1 / (1 - share).
_UNEVEN_SHARE = 0.7
_SMALLEST = 1e-3
_LOG_RANGE = math.log(0.5 / _SMALLEST)


def conversion_probability(spectrometer: Spectrometer) -> float:
    """Probability that a photon through chamber 1 becomes two particles with hits in it: 7/9 t."""
    return 7.0 / 9.0 * spectrometer.conversion_share * spectrometer.thickness_x0


def convert_photons(
    decays: KaonDecays,
    columns: Sequence[int],
    spectrometer: Spectrometer,
    *,
    base_seed: int,
    sample: str,
) -> KaonDecays:
    """The decays with the photons of some columns converted in chamber 1, all of them.

    Each of `columns` becomes a positron; its electron is appended behind the last column.  Sums of
    the weights over those of the decays that went in are probabilities for a decay *and* its
    conversions.  Raises ValueError for a column that holds no photons.

    >>> convert_photons(decays, [3], spectrometer, base_seed=1, sample="toy")  # doctest: +SKIP
    """
    columns = np.asarray(columns, dtype=np.int64)
    photon, electron = particles.pdg_id("gamma"), particles.pdg_id("e-")
    if np.any(decays.pdg_id[columns] != photon):
        raise ValueError(f"columns are {columns.tolist()}: give some that hold photons (code 22)")
    n, k, _ = decays.four_momentum.shape
    momentum = np.empty((n, k + len(columns), 4))
    momentum[:, :k] = decays.four_momentum
    weight = np.array(decays.weight, dtype=np.float64)
    _convert(
        stream_key(base_seed, sample, "conversion"),
        np.ascontiguousarray(decays.event_number, dtype=np.int64), columns,
        conversion_probability(spectrometer), particles.mass_gev("e-"), k, momentum, weight,
    )
    pdg_id = np.concatenate([decays.pdg_id, np.full(len(columns), electron)])
    pdg_id[columns] = -electron
    return KaonDecays(
        decays.event_number, weight, pdg_id, momentum, generated_weight=decays.generated_weight
    )


@inner_kernel(forceinline=True)
def _uneven_uniform(u_choice, u, u_side):
    """A number in (0, 1) that is near one of the ends more often, and its weight."""
    value = u
    if u_choice < _UNEVEN_SHARE:
        value = _SMALLEST * math.exp(u * _LOG_RANGE)
        if u_side < 0.5:
            value = 1.0 - value
    smaller = min(value, 1.0 - value)
    density = 1.0 - _UNEVEN_SHARE
    if smaller > _SMALLEST:
        density += 0.5 * _UNEVEN_SHARE / (smaller * _LOG_RANGE)
    return value, 1.0 / density


@njit(cache=True, error_model="numpy")
def _convert(key, event_number, columns, probability, mass, first_new, momentum, weight):
    """Share the photons' momenta among positrons, in place, and electrons from `first_new` on."""
    for i in range(len(momentum)):
        for c in range(len(columns)):
            u_choice, u, u_side, _ = uniform4(key, event_number[i], c, 0, 0)
            uniform, factor = _uneven_uniform(u_choice, u, u_side)
            share = conversion_share(uniform)
            weight[i] *= probability * factor
            plus, minus = 0.0, 0.0
            for axis in range(3):
                whole = momentum[i, columns[c], axis]
                momentum[i, columns[c], axis] = share * whole
                momentum[i, first_new + c, axis] = (1.0 - share) * whole
                plus += (share * whole) ** 2
                minus += ((1.0 - share) * whole) ** 2
            momentum[i, columns[c], 3] = math.sqrt(plus + mass * mass)
            momentum[i, first_new + c, 3] = math.sqrt(minus + mass * mass)
