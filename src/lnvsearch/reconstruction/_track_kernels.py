"""Compiled loops over tracks and pairs of tracks; the modules that call them say what they do."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import cosine_and_sine_of_turn, exponential, scaled_error_function
from lnvsearch.inner_kernel import inner_kernel

_TWO_PI = 2.0 * math.pi
_SQRT_HALF = math.sqrt(0.5)
_DENSITY_FACTOR = math.sqrt(2.0 / math.pi)


@njit(cache=True, error_model="numpy")
def chi_square_levels(chi, chosen, level):
    """Upper tail probability of the squares' sum of each track's deviations.

    `chi`: tuple of d <= 3 arrays (m,); `chosen`: mask (m,) of the tracks that are wanted, the others
    have the level 0.  NaN is no measurement; without any the level is 0.  Closed forms for one, two
    and three degrees of freedom (Abramowitz and Stegun, 26.4.4 and 26.4.5).
    """
    for i in range(len(level)):
        total, degrees = 0.0, 0.0
        for k in range(len(chi)):
            value = float(chi[k][i])
            is_measured = value == value
            total += value * value if is_measured else 0.0
            degrees += 1.0 if is_measured else 0.0
        root = math.sqrt(total)
        tail = scaled_error_function(root * _SQRT_HALF)
        tail += _DENSITY_FACTOR * root if degrees == 3.0 else 0.0
        tail = 1.0 if degrees == 2.0 else tail
        is_wanted = chosen[i] & (degrees > 0.0)
        level[i] = tail * exponential(-0.5 * total) if is_wanted else 0.0


@inner_kernel(forceinline=True)
def _pair_mass(momentum, first, second):
    """Invariant mass of two four-momenta; -sqrt(-m2) for a space-like sum."""
    squared = (momentum[first, 3] + momentum[second, 3]) ** 2
    for axis in range(3):
        squared -= (momentum[first, axis] + momentum[second, axis]) ** 2
    return math.copysign(math.sqrt(abs(squared)), squared)


@njit(cache=True, error_model="numpy")
def candidate_masses(helix, masses, total, pairs):
    """Masses of candidates of four tracks: of all, (c,), and of two pairs, (c, 2), GeV.

    `helix`: (c, 4, 3) with phi0, kappa, tan_lambda; `masses`: (c, 4).  The first two tracks are paired
    with the last two so that the two masses are the closest to each other; a tie keeps the order.
    """
    momentum = np.empty((4, 4))
    for i in range(len(helix)):
        px = py = pz = energy = 0.0
        for k in range(4):
            transverse = 1.0 / abs(helix[i, k, 1])
            turns = helix[i, k, 0] / _TWO_PI
            cosine, sine = cosine_and_sine_of_turn(turns - np.floor(turns))
            momentum[k, 0] = -sine * transverse
            momentum[k, 1] = cosine * transverse
            momentum[k, 2] = helix[i, k, 2] * transverse
            squared = transverse * transverse * (1.0 + helix[i, k, 2] ** 2)
            momentum[k, 3] = math.sqrt(squared + masses[i, k] ** 2)
            px += momentum[k, 0]
            py += momentum[k, 1]
            pz += momentum[k, 2]
            energy += momentum[k, 3]
        squared = energy * energy - px * px - py * py - pz * pz
        total[i] = math.copysign(math.sqrt(abs(squared)), squared)
        pairs[i, 0], pairs[i, 1] = _pair_mass(momentum, 0, 2), _pair_mass(momentum, 1, 3)
        first, second = _pair_mass(momentum, 0, 3), _pair_mass(momentum, 1, 2)
        if abs(first - second) < abs(pairs[i, 0] - pairs[i, 1]):
            pairs[i, 0], pairs[i, 1] = first, second


@njit(cache=True, error_model="numpy")
def gather(phi0, kappa, tan_lambda, c00, c10, c11, c20, c21, c22, index, helix, covariance):
    """Fill helix (c, k, 3) and covariance (c, k, 6) with the tracks at `index`, (c, k)."""
    for i in range(index.shape[0]):
        for k in range(index.shape[1]):
            track = index[i, k]
            helix[i, k, 0] = phi0[track]
            helix[i, k, 1] = kappa[track]
            helix[i, k, 2] = tan_lambda[track]
            covariance[i, k, 0] = c00[track]
            covariance[i, k, 1] = c10[track]
            covariance[i, k, 2] = c11[track]
            covariance[i, k, 3] = c20[track]
            covariance[i, k, 4] = c21[track]
            covariance[i, k, 5] = c22[track]


@inner_kernel(forceinline=True)
def _parallel_point(helix, i, cos_0, sin_0, radial_x, radial_y, rho, position, momentum):
    """Where the direction from the centre of track i's circle to the track is `radial`."""
    side = -1.0 if helix[i, 2] > 0.0 else 1.0
    # The vector from the centre to a point of the track is -rho (cos, sin)(phi).
    cosine, sine = side * radial_x, side * radial_y
    turn = math.atan2(sine * cos_0 - cosine * sin_0, cosine * cos_0 + sine * sin_0)
    transverse = 1.0 / abs(helix[i, 2])
    position[i, 0] += 0.5 * (helix[i, 0] * cos_0 + rho * (cos_0 - cosine))
    position[i, 1] += 0.5 * (helix[i, 0] * sin_0 + rho * (sin_0 - sine))
    position[i, 2] += 0.5 * (helix[i, 3] - rho * helix[i, 4] * turn)
    momentum[i, 0] = -sine * transverse
    momentum[i, 1] = cosine * transverse
    momentum[i, 2] = helix[i, 4] * transverse


@njit(cache=True, error_model="numpy")
def parallel_points(first, second, scale, position, momentum_1, momentum_2):
    """Parallel points of pairs of helices, (n, 5) each; `position` (n, 3) must be 0 before.

    `scale`: from kappa to the inverse radius, 1/cm per 1/GeV.
    """
    for i in range(len(first)):
        cos_1, sin_1 = math.cos(first[i, 1]), math.sin(first[i, 1])
        cos_2, sin_2 = math.cos(second[i, 1]), math.sin(second[i, 1])
        rho_1, rho_2 = 1.0 / (first[i, 2] * scale), 1.0 / (second[i, 2] * scale)
        x = (second[i, 0] + rho_2) * cos_2 - (first[i, 0] + rho_1) * cos_1
        y = (second[i, 0] + rho_2) * sin_2 - (first[i, 0] + rho_1) * sin_1
        distance = math.sqrt(x * x + y * y)
        x /= distance
        y /= distance
        _parallel_point(first, i, cos_1, sin_1, x, y, rho_1, position, momentum_1)
        _parallel_point(second, i, cos_2, sin_2, -x, -y, rho_2, position, momentum_2)


@njit(cache=True, error_model="numpy")
def like_sign_pairs(offsets, charge, first, second, found):
    """Events with two `first` tracks of one charge and two `second` of the other."""
    for event in range(len(found)):
        plus_first = minus_first = plus_second = minus_second = 0
        for track in range(offsets[event], offsets[event + 1]):
            is_plus = charge[track] > 0  # no branch: charges cannot be foreseen
            plus_first += first[track] & is_plus
            plus_second += second[track] & is_plus
            minus_first += first[track] & (not is_plus)
            minus_second += second[track] & (not is_plus)
        found[event] = (plus_first >= 2 and minus_second >= 2) or (
            minus_first >= 2 and plus_second >= 2
        )


@inner_kernel(forceinline=True)
def _candidates_of(begin, end, charge, is_first, is_second, plus, minus, tracks, n):
    """Write the candidates of the tracks [begin, end) behind n others; returns how many there are then."""
    for i in range(begin, end):
        if not is_first[i] or not (plus if charge[i] > 0 else minus):
            continue
        for j in range(i + 1, end):
            if not is_first[j] or charge[j] != charge[i]:
                continue
            for k in range(begin, end):
                if not is_second[k] or charge[k] != -charge[i]:
                    continue
                for m in range(k + 1, end):
                    if is_second[m] and charge[m] == charge[k]:
                        if n < len(tracks):
                            tracks[n, 0], tracks[n, 1], tracks[n, 2], tracks[n, 3] = i, j, k, m
                        n += 1
    return n


@njit(cache=True, error_model="numpy")
def same_sign_candidates(offsets, charge, is_first, is_second, plus, minus, event_index, tracks):
    """Two `first` tracks of one charge (`plus`, `minus`: of which) with two `second` of the other.

    Returns how many there are; those for which `event_index` (c,) and `tracks` (c, 4) have room are written.
    """
    n = 0
    for event in range(len(offsets) - 1):
        before = n
        n = _candidates_of(
            offsets[event], offsets[event + 1], charge, is_first, is_second, plus, minus, tracks, n
        )
        for row in range(before, min(n, len(event_index))):
            event_index[row] = event
    return n
