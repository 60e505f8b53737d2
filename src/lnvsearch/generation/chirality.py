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

import numpy as np

__all__ = ["minkowski", "to_rest_frame", "v_minus_a_weight"]


def minkowski(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Products (...,) of four-vectors (..., 4) as (x, y, z, t): t t - x x - y y - z z."""
    result = first[..., 3] * second[..., 3]
    for axis in range(3):
        result = result - first[..., axis] * second[..., axis]
    return result


def _contracted(lepton: np.ndarray, current: np.ndarray) -> np.ndarray:
    twice = 2.0 * minkowski(lepton, current)[..., np.newaxis]
    return twice * current - minkowski(current, current)[..., np.newaxis] * lepton


def v_minus_a_weight(
    lepton: np.ndarray, current: np.ndarray, decay_lepton: np.ndarray, meson: np.ndarray
) -> np.ndarray:
    """A.B of the module's text, (n,), without normalisation; four-vectors (n, 4) in one frame.

    `lepton`: made with N by the `current`; `decay_lepton` and `meson`: what N decays to.
    """
    return minkowski(_contracted(lepton, current), _contracted(decay_lepton, meson))


def to_rest_frame(momentum: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Four-momenta (..., 4) boosted, without a rotation, to where `frame` (..., 4) is at rest."""
    mass = np.sqrt(minkowski(frame, frame))
    energy = minkowski(momentum, frame) / mass
    scale = (momentum[..., 3] + energy) / (frame[..., 3] + mass)
    result = np.empty(np.broadcast_shapes(momentum.shape, frame.shape))
    result[..., :3] = momentum[..., :3] - scale[..., np.newaxis] * frame[..., :3]
    result[..., 3] = energy
    return result
