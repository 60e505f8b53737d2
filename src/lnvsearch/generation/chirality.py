"""Decays to a lepton and a heavy neutrino N -> lepton + meson with V - A couplings, as weights.

A Majorana neutrino that is made with one charged lepton and decays to another of the same charge
leaves of its propagator the mass alone, so that for a current J (real, of the hadrons) and a meson P

    M ~ m_N u(l1) J P R v(l2),     J, P: slashed four-vectors, R = (1 + gamma5)/2,

    sum |M|^2 ~ A.B,   A = 2 (l1.J) J - J^2 l1,   B = 2 (l2.P) P - P^2 l2,

exactly, whatever the masses of the leptons (the terms with theirs vanish by chirality).  For K -> l N
the current is the kaon's momentum; then A.B ~ 1 + alpha cos, with the polarisation of N times its
analysing power (Atre, Han, Pascoli, Zhang, JHEP 05 (2009) 030, give the amplitude).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.inner_kernel import inner_kernel

__all__ = ["boosted", "minkowski", "to_rest_frame", "v_minus_a_weight", "weight_of_current"]


@inner_kernel(forceinline=True)
def minkowski(first, second):
    """Product of two four-vectors (x, y, z, t), in kernels: t t - x x - y y - z z."""
    result = first[3] * second[3]
    for axis in range(3):
        result = result - first[axis] * second[axis]
    return result


@inner_kernel(forceinline=True)
def _contracted(lepton, current):
    twice, square = 2.0 * minkowski(lepton, current), minkowski(current, current)
    return (
        twice * current[0] - square * lepton[0], twice * current[1] - square * lepton[1],
        twice * current[2] - square * lepton[2], twice * current[3] - square * lepton[3],
    )  # fmt: skip


@inner_kernel(forceinline=True)
def weight_of_current(lepton, current, decay_lepton, meson):
    """A.B of the module's text for one event, in kernels."""
    return minkowski(_contracted(lepton, current), _contracted(decay_lepton, meson))


@njit(cache=True, error_model="numpy")
def _weights(lepton, current, decay_lepton, meson, result):
    for i in range(len(result)):
        result[i] = weight_of_current(lepton[i], current[i], decay_lepton[i], meson[i])


def v_minus_a_weight(
    lepton: np.ndarray, current: np.ndarray, decay_lepton: np.ndarray, meson: np.ndarray
) -> np.ndarray:
    """A.B of the module's text, (n,), without normalisation; four-vectors (n, 4) in one frame.

    `lepton`: made with N by the `current`; `decay_lepton` and `meson`: what N decays to.
    """
    result = np.empty(len(lepton))
    vectors = (_rows(one, lepton.shape) for one in (lepton, current, decay_lepton, meson))
    _weights(*vectors, result)
    return result


@inner_kernel(forceinline=True)
def boosted(momentum, frame):
    """Components of a four-momentum where `frame` is at rest, without a rotation, in kernels."""
    mass = math.sqrt(minkowski(frame, frame))
    energy = minkowski(momentum, frame) / mass
    scale = (momentum[3] + energy) / (frame[3] + mass)
    return (
        momentum[0] - scale * frame[0], momentum[1] - scale * frame[1],
        momentum[2] - scale * frame[2], energy,
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _boost_all(momentum, frame, result):
    for i in range(len(result)):
        result[i, 0], result[i, 1], result[i, 2], result[i, 3] = boosted(momentum[i], frame[i])


def to_rest_frame(momentum: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Four-momenta (..., 4) boosted, without a rotation, to where `frame` (..., 4) is at rest."""
    shape = np.broadcast_shapes(momentum.shape, frame.shape)
    result = np.empty(shape)
    _boost_all(_rows(momentum, shape), _rows(frame, shape), result.reshape(-1, 4))
    return result


def _rows(vector: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Four-vectors as the kernels take them, (n, 4)."""
    whole = np.broadcast_to(np.asarray(vector, dtype=float), shape)
    return np.ascontiguousarray(whole).reshape(-1, 4)
