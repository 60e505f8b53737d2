"""J/psi -> N N -> (l P)(l P): two identical Majorana fermions N, with all their angles.

A J/psi that e+ e- annihilation made has spin projections +1 and -1 along the beam, equally often,
and never 0.  Two identical fermions with J = 1 are in the state 3P1 (the state must be odd under
their exchange: L + S even): helicity amplitudes obey F(a, b) = -F(b, a) (Jacob and Wick, Ann.
Phys. 7 (1959) 404), so only opposite helicities are left, with one amplitude whatever the mass.
That holds for any coupling.  N -> meson + lepton tells the spin of N with the analysing power
`alpha`, which depends on the chirality of the coupling: +-1 for a purely left- or right-handed
current and a massless lepton; 0 if both are equally strong, which leaves the decays isotropic.  Its
sign is the same for both decays, and only the square enters:

    W = (1 + cos^2) (1 + alpha^2 x1 x2) + alpha^2 sin^2 (z1 z2 - y1 y2).

cos, sin: of the angle between beam and direction n of the first N; (x, y, z): components of the
direction of each lepton in the rest frame of its N (reached without a rotation) along n, across n
in the plane of n and the beam, and across that plane.  Integrated over one lepton, the other is
isotropic and n follows 1 + cos^2, for any alpha.  The charge-conjugate decay has the same W.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.generation.phase_space_kernels import momentum_squared
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = ["analysing_power", "angular_weight", "majorana_pair_vertex", "weight_of_angles"]


@njit(cache=True, error_model="numpy")
def analysing_power(parent_gev, lepton_gev, meson_gev):
    """|alpha| of dN/dcos ~ 1 + alpha P cos for N -> lepton + pseudoscalar by a V - A current.

    From |u(l) p_P (1 - g5) u(N)|^2 with the spin of N (Atre et al., JHEP 05 (2009) 030, give the
    sum over spins); exactly 1 for a massless lepton.  0 at threshold.

    >>> analysing_power(0.7, 0.0, 0.494)
    1.0
    """
    kinetic = parent_gev - lepton_gev - meson_gev
    if kinetic <= 0.0:
        return 0.0
    parent, lepton, meson = parent_gev**2, lepton_gev**2, meson_gev**2
    momentum = math.sqrt(momentum_squared(kinetic, lepton_gev, meson_gev))
    polarised = 2.0 * parent_gev * momentum * (parent - lepton)
    return polarised / ((parent - lepton) ** 2 - meson * (parent + lepton))


def angular_weight(direction, lepton_1, lepton_2, alpha_squared: float = 1.0):
    """W of the module's text, for unit vectors of shape (..., 3); its mean over all angles is 4/3.

    `direction`: first N in the frame of the J/psi, z along the beam; `lepton_1`, `lepton_2`: in
    the rest frames of the first and the second N.
    """
    vectors = [np.asarray(vector, dtype=float) for vector in (direction, lepton_1, lepton_2)]
    result = np.empty(vectors[0].shape[:-1])
    _weigh_angles(*(vector.reshape(-1, 3) for vector in vectors), alpha_squared, result.reshape(-1))
    return result


@njit(cache=True, error_model="numpy")
def _weigh_angles(direction, lepton_1, lepton_2, alpha_squared, result):
    for i in range(len(result)):
        result[i] = weight_of_angles(direction[i], lepton_1[i], lepton_2[i], alpha_squared)


@inner_kernel(forceinline=True)
def _along(first, second):
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]


@inner_kernel(forceinline=True)
def weight_of_angles(direction, lepton_1, lepton_2, alpha_squared):
    """`angular_weight` of one event, in kernels."""
    cosine = direction[2]
    along_1, along_2 = _along(direction, lepton_1), _along(direction, lepton_2)
    across = _along(lepton_1, lepton_2) - along_1 * along_2
    # sin^2 y1 y2: the beam's part across n is sin times the unit vector of y.
    in_plane = (lepton_1[2] - along_1 * cosine) * (lepton_2[2] - along_2 * cosine)
    return (1.0 + cosine * cosine) * (1.0 + alpha_squared * along_1 * along_2) + alpha_squared * (
        (1.0 - cosine * cosine) * across - 2.0 * in_plane
    )


@inner_kernel(forceinline=True)
def _two_body(parent, sign_x, sign_y, sign_z, lepton, meson, mass, momentum):
    """Lepton along the unit vector, meson against it, in the rest frame of their parent."""
    kinetic = max(mass[parent] - mass[lepton] - mass[meson], 0.0)
    squared = momentum_squared(kinetic, mass[lepton], mass[meson])
    size = math.sqrt(squared)
    for row, direction in ((lepton, size), (meson, -size)):
        momentum[row, 0], momentum[row, 1] = direction * sign_x, direction * sign_y
        momentum[row, 2] = direction * sign_z
        momentum[row, 3] = math.sqrt(squared + mass[row] * mass[row])


@inner_kernel()
def majorana_pair_vertex(key, event, node, tree, mass, momentum):
    """Momenta of the pair, and of the daughters of both, each in its parent's rest frame.

    Direct sampling: cos from 1 + cos^2, the first lepton isotropic, the second from what is left
    of W, 1 + P.e with a vector P no longer than 1: an isotropic direction, reversed with the
    probability (1 - P.e)/2.
    """
    first = tree.first[node]
    second = first + 1
    lepton_1 = tree.first[first] if tree.spin_half[tree.first[first]] else tree.first[first] + 1
    lepton_2 = tree.first[second] if tree.spin_half[tree.first[second]] else tree.first[second] + 1
    meson_1 = 2 * tree.first[first] + 1 - lepton_1
    meson_2 = 2 * tree.first[second] + 1 - lepton_2
    u1, u2, u3, u4 = uniform4(key, event, node, 0, 0)
    u5, u6, u7, _ = uniform4(key, event, node, 0, 1)

    # The distribution function of 1 + c^2 is (c^3 + 3 c + 4)/8; Cardano solves it for c.
    cosine = 2.0 * math.sinh(math.asinh(4.0 * u1 - 2.0) / 3.0)
    cosine = min(max(cosine, -1.0), 1.0)
    sine = math.sqrt(1.0 - cosine * cosine)
    cos_azimuth, sin_azimuth = cosine_and_sine_of_turn(u2)
    _two_body(node, sine * cos_azimuth, sine * sin_azimuth, cosine, first, second, mass, momentum)

    x1 = 2.0 * u3 - 1.0
    across = math.sqrt(1.0 - x1 * x1)
    cos_turn, sin_turn = cosine_and_sine_of_turn(u4)
    y1, z1 = across * cos_turn, across * sin_turn
    x2 = 2.0 * u5 - 1.0
    across = math.sqrt(1.0 - x2 * x2)
    cos_turn, sin_turn = cosine_and_sine_of_turn(u6)
    y2, z2 = across * cos_turn, across * sin_turn
    alpha_squared = (
        tree.analysing_power[node] ** 2
        * analysing_power(mass[first], mass[lepton_1], mass[meson_1])
        * analysing_power(mass[second], mass[lepton_2], mass[meson_2])
    )
    transverse = sine * sine / (1.0 + cosine * cosine)
    projection = alpha_squared * (x1 * x2 + transverse * (z1 * z2 - y1 * y2))
    if u7 > 0.5 * (1.0 + projection):
        x2, y2, z2 = -x2, -y2, -z2

    # Axes: n; z less its part along n, upwards; and n x (that), which lies in the plane z = 0.
    for parent, lepton, meson, x, y, z in (
        (first, lepton_1, meson_1, x1, y1, z1),
        (second, lepton_2, meson_2, x2, y2, z2),
    ):
        level = x * sine - y * cosine
        _two_body(
            parent, level * cos_azimuth + z * sin_azimuth, level * sin_azimuth - z * cos_azimuth,
            x * cosine + y * sine, lepton, meson, mass, momentum,
        )  # fmt: skip
