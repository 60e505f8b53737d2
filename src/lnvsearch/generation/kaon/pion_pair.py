"""K+ -> pi+ pi- l+ nu by the partial waves of the form factors F, G, H (and R).

Five variables: S_pi and S_l, squared masses of the pion and the lepton pair; theta_pi, of the
pi+ in the pions' rest frame, theta_l, of the l+ in the leptons', either against the pair's own
flight in the kaon's frame; phi between the planes (Cabibbo and Maksymowicz, Phys. Rev. 137
(1965) B438; Pais and Treiman, Phys. Rev. 168 (1968) 1858).

A search for fully measured decays selects those with a soft neutrino: the density may be multiplied by
`densities.softness` of its energy, and cut at a part of its maximum, which takes fewer attempts.  Weights
undo both.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.generation.kaon.attempts_together import (
    BLOCK,
    DENSITY,
    attempt_room,
    draw_attempts,
    draw_orientations,
    list_refused,
)
from lnvsearch.generation.kaon.densities import softness
from lnvsearch.generation.kaon.kinematics import place_many_pairs, two_body_momentum
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_lanes, store_lanes

__all__ = ["fill_pion_pair", "form_factors", "intensity", "pion_pair_maximum", "soft_pion_pair",
           "tangent_of_phase_shift"]

_MAXIMUM_ATTEMPTS = 1_000_000
_HEADROOM = 1.05
#: Points of a scan; they advance by powers of 1/g in the five variables, g^6 = g + 1, which fills these
#: evenly (M. Roberts, 'The unreasonable effectiveness of quasirandom sequences', 2018).
_SCAN = 512 * 1024
_STEPS = tuple(1.1347241384015195 ** -(k + 1) for k in range(5))
#: Where the density with a soft neutrino is cut, of its maximum: a quarter of it (e), or a half (mu), lies
#: higher, and has weights.
_CEILING = 0.5
#: The cosine of theta_pi is drawn from (1 + this times cosine)/2: the density rises with it.
_RISE = 0.5

_ZERO = np.uint64(0)
#: Where the rows of lanes begin.
_AT = tuple(np.uint64(row * int(LANES)) for row in range(7))
_lanes = float_stack_array(7 * int(LANES))


@inner_kernel(forceinline=True)
def tangent_of_phase_shift(squared_mass, pion, wave):
    """tan(delta) of pi pi scattering: isospin 0, S wave (`wave` 0) or isospin 1, P wave (1).

    tan(delta) = sigma q^(2l) (A + B q^2 + C q^4 + D q^6) (4 m^2 - s_l) / (s - s_l), in units of
    the pion's mass; the solution of the Roy equations of Colangelo, Gasser and Leutwyler, Nucl.
    Phys. B603 (2001) 125, section 17.
    """
    s = max(squared_mass / (pion * pion), 4.0)
    q = 0.25 * s - 1.0
    sigma = math.sqrt(1.0 - 4.0 / s)
    if wave == 0:
        series = 0.220 + q * (0.268 + q * (-0.0139 - 0.00139 * q))
        return sigma * series * (4.0 - 36.77) / (s - 36.77)
    series = 0.0379 + q * (0.140e-4 + q * (-0.673e-4 + 0.163e-7 * q))
    return sigma * q * series * (4.0 - 30.72) / (s - 30.72)


@inner_kernel(forceinline=True)
def form_factors(parameter, parent, pion, s_pi, s_lepton, cos_pion):
    """F, G, H, R of NA48/2, Phys. Lett. B715 (2012) 105, in units of f_s(0) e^(i dp): six numbers.

    F = [1 + fs' q^2 + fs'' q^4 + fe' S_l/4m^2] e^(i (ds - dp)) + fp cos(theta_pi), G = gp +
    gp' q^2, H = hp, q^2 = S_pi/4m^2 - 1; G and H are real, real parts of F and R come before the
    imaginary ones.  `parameter`: fs', fs'', fe', fp, gp, gp', hp, all over f_s, and the pion's and the
    lepton's mass.  R, which matters for muons only, is not measured: its lowest order, 1/2 [1 - (S_pi + nu)/(M^2 - S_l)] with
    nu = -2 sigma X cos(theta_pi), for which F4 vanishes without quark masses (Bijnens, Colangelo,
    Gasser, Nucl. Phys. B427 (1994) 427).
    """
    q = 0.25 * s_pi / (pion * pion) - 1.0
    shift_s = tangent_of_phase_shift(s_pi, pion, 0)
    shift_p = tangent_of_phase_shift(s_pi, pion, 1)
    # Both shifts lie between -90 and 90 degrees.
    norm = 1.0 / math.sqrt((1.0 + shift_s * shift_s) * (1.0 + shift_p * shift_p))
    s_real, s_imaginary = norm * (1.0 + shift_s * shift_p), norm * (shift_s - shift_p)
    f = 1.0 + q * (parameter[0] + parameter[1] * q) + parameter[2] * 0.25 * s_lepton / (pion * pion)
    sigma = math.sqrt(max(1.0 - 4.0 * pion * pion / s_pi, 0.0))
    x = parent * two_body_momentum(parent, math.sqrt(s_pi), math.sqrt(s_lepton))
    nu = -2.0 * sigma * x * cos_pion
    r = 0.5 * (1.0 - (s_pi + nu) / (parent * parent - s_lepton))
    return (
        f * s_real + parameter[3] * cos_pion, f * s_imaginary, parameter[4] + parameter[5] * q,
        parameter[6], r * s_real, r * s_imaginary,
    )


@inner_kernel(forceinline=True)
def intensity(parameter, parent, s_pi, s_lepton, cos_pion, cos_lepton, cos_phi, sin_phi):
    """J5 of d5Gamma = G_F^2 |V_us|^2 / (2 (4 pi)^6 M^5) rho J5 dS_pi dS_l dcos dcos dphi.

    rho = X sigma_pi (1 - z), z = m_l^2/S_l.  Bijnens, Colangelo, Ecker, Gasser, 'Semileptonic
    kaon decays', Second DAPHNE Physics Handbook (1995), eqs. for I_1 ... I_9 and F_1 ... F_4.
    F_2 and F_3 are real here, so that I_9 is 0.
    """
    pion, lepton = parameter[7], parameter[8]
    f_real, f_imaginary, g, h, r_real, r_imaginary = form_factors(
        parameter, parent, pion, s_pi, s_lepton, cos_pion
    )
    x = parent * two_body_momentum(parent, math.sqrt(s_pi), math.sqrt(s_lepton))
    sigma = math.sqrt(max(1.0 - 4.0 * pion * pion / s_pi, 0.0))
    pl = 0.5 * (parent * parent - s_pi - s_lepton)
    root = math.sqrt(s_pi * s_lepton)
    z = lepton * lepton / s_lepton
    f1, f1_imaginary = x * f_real + sigma * pl * cos_pion * g, x * f_imaginary
    f2 = sigma * root * g
    f3 = sigma * x * root * h / (parent * parent)
    f4 = -(pl * f_real + s_lepton * r_real + sigma * x * cos_pion * g)
    f4_imaginary = -(pl * f_imaginary + s_lepton * r_imaginary)
    a1 = f1 * f1 + f1_imaginary * f1_imaginary
    a2, a3 = f2 * f2, f3 * f3
    a4 = f4 * f4 + f4_imaginary * f4_imaginary
    c14 = f1 * f4 + f1_imaginary * f4_imaginary
    sine_squared = 1.0 - cos_pion * cos_pion
    sine = math.sqrt(max(sine_squared, 0.0))
    i1 = 0.25 * ((1.0 + z) * a1 + 0.5 * (3.0 + z) * (a2 + a3) * sine_squared + 2.0 * z * a4)
    i2 = -0.25 * (1.0 - z) * (a1 - 0.5 * (a2 + a3) * sine_squared)
    i3 = -0.25 * (1.0 - z) * (a2 - a3) * sine_squared
    i4 = 0.5 * (1.0 - z) * f1 * f2 * sine
    i5 = -(f1 * f3 + z * f4 * f2) * sine
    i6 = -(f2 * f3 * sine_squared - z * c14)
    i7 = (f1_imaginary * f2 + z * f4_imaginary * f3) * sine
    i8 = -0.5 * (1.0 - z) * f1_imaginary * f3 * sine
    sine_lepton = math.sqrt(max(1.0 - cos_lepton * cos_lepton, 0.0))
    square = sine_lepton * sine_lepton
    double = 2.0 * sine_lepton * cos_lepton
    return 2.0 * (1.0 - z) * (
        i1 + i2 * (1.0 - 2.0 * square) + i3 * square * (2.0 * cos_phi * cos_phi - 1.0)
        + i4 * double * cos_phi + i5 * sine_lepton * cos_phi + i6 * cos_lepton
        + i7 * sine_lepton * sin_phi + i8 * double * sin_phi
    )


@inner_kernel(forceinline=True)
def _neutrino_energy(parent, lepton, pair_pi, pair_l, cos_lepton):
    """Energy of the neutrino in the kaon's frame: the leptons' pair has a mass and a momentum there."""
    energy = 0.5 * (parent * parent + pair_l * pair_l - pair_pi * pair_pi) / parent
    momentum = two_body_momentum(parent, pair_pi, pair_l)
    in_pair = 0.5 * (pair_l - lepton * lepton / pair_l)
    return in_pair * (energy - momentum * cos_lepton) / pair_l


@inner_kernel(forceinline=True)
def _attempt(parameter, parent, u_total, u_share, u_pion, cos_lepton, turn, soft_gev):
    """Pair masses and cosine of the pions, true over drawn density, and the softness that it has as a factor.

    The masses are flat over their triangle: the two numbers fold where their sum passes 1.
    """
    cos_pion = (math.sqrt((1.0 - _RISE) * (1.0 - _RISE) + 4.0 * _RISE * u_pion) - 1.0) / _RISE
    pion, lepton = parameter[7], parameter[8]
    kinetic = parent - 2.0 * pion - lepton
    folds = u_total + u_share > 1.0
    pair_pi = 2.0 * pion + kinetic * (1.0 - u_total if folds else u_total)
    pair_l = lepton + kinetic * (1.0 - u_share if folds else u_share)
    x = parent * two_body_momentum(parent, pair_pi, pair_l)
    s_pi, s_l = pair_pi * pair_pi, pair_l * pair_l
    rho = (
        x * math.sqrt(max(1.0 - 4.0 * pion * pion / s_pi, 0.0))
        * max(1.0 - lepton * lepton / s_l, 0.0)
    )
    cos_phi, sin_phi = cosine_and_sine_of_turn(turn)
    # phi turns the other way than `turn` (sin phi = (c x v).d of Cabibbo and Maksymowicz).
    value = intensity(parameter, parent, s_pi, s_l, cos_pion, cos_lepton, cos_phi, -sin_phi)
    soft = softness(_neutrino_energy(parent, lepton, pair_pi, pair_l, cos_lepton), soft_gev)
    value *= soft * rho * pair_pi * pair_l / (1.0 + _RISE * cos_pion)
    return pair_pi, pair_l, cos_pion, value, soft


@inner_kernel()
def _make_attempts(drawn, n, parameter, parent, soft_gev, values):
    """Attempts from the first five of eight numbers each, `drawn`, two of (4, n) at least; LANES at a time.

    Rows of `values`, (7, n) at least: masses of both pairs, cosines, turn, density over that of the attempt, and
    softness.
    """
    number, out, total = _lanes(), _lanes(), np.uint64(n)
    # An array might overlap with what is written.
    constants = (
        parameter[0], parameter[1], parameter[2], parameter[3], parameter[4], parameter[5],
        parameter[6], parameter[7], parameter[8],
    )  # fmt: skip
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for row in range(4):
            load_lanes(drawn[0], row, start, lanes, number, np.uint64(row) * LANES)
        load_lanes(drawn[1], 0, start, lanes, number, _AT[4])
        for j in range(LANES):
            cos_lepton, turn = 2.0 * number[_AT[3] + j] - 1.0, number[_AT[4] + j]
            out[j], out[_AT[1] + j], out[_AT[2] + j], out[_AT[5] + j], out[_AT[6] + j] = _attempt(
                constants, parent, number[j], number[_AT[1] + j], number[_AT[2] + j], cos_lepton, turn,
                soft_gev,
            )
            out[_AT[3] + j], out[_AT[4] + j] = cos_lepton, turn
        for row in range(7):
            store_lanes(out, np.uint64(row) * LANES, lanes, values, row, start)


@njit(cache=True, error_model="numpy")
def _scanned(parameter, parent, soft_gev):
    """Density over that of attempts and the softness in it, (2, _SCAN), at evenly distributed attempts."""
    found, values = np.empty((2, _SCAN)), np.empty((7, BLOCK))
    drawn = (np.empty((4, BLOCK)), np.empty((4, BLOCK)))
    for start in range(0, _SCAN, BLOCK):
        for row in range(5):
            for k in range(BLOCK):
                drawn[row // 4][row % 4, k] = (start + k + 0.5) * _STEPS[row] % 1.0
        _make_attempts(drawn, BLOCK, parameter, parent, soft_gev, values)
        for k in range(BLOCK):
            found[0, start + k], found[1, start + k] = values[5, k], values[6, k]
    return found


def pion_pair_maximum(parameter: np.ndarray, parent: float) -> tuple[float, float]:
    """Bound of the density and its mean over a scan of the five variables.

    The mean times 4 (half of the squared kinetic energy) times the cosines' and angle's ranges
    is the integral of rho J5 over the five variables.
    """
    density, _ = _scanned(parameter, parent, math.inf)
    return _HEADROOM * float(np.max(density)), float(np.mean(density))


def soft_pion_pair(parameter: np.ndarray, parent: float, soft_gev: float) -> tuple[float, float]:
    """`maximum` and the mean of what `fill_pion_pair` draws with it, over that of the decay as it is.

    `soft_gev`: scale of `densities.softness`.
    """
    soft, factor = _scanned(parameter, parent, soft_gev)
    maximum = _CEILING * float(np.max(soft))
    return maximum, float(np.sum(np.minimum(soft, maximum)) / np.sum(soft / factor))


@inner_kernel()
def _accept(key, first_event, parameter, parent, maximum, soft_gev, room, chosen):
    """Rows of `_make_attempts` of n accepted events: `chosen`, (8, n), the last row unused."""
    drawn, values, n = room[3], room[4], chosen.shape[1]
    for attempt in range(_MAXIMUM_ATTEMPTS):
        draw_attempts(key, first_event, attempt, n, room)
        _make_attempts(drawn, n, parameter, parent, soft_gev, values)
        largest = 0.0
        for k in range(n):
            largest = max(largest, values[DENSITY, k])
        if largest > maximum and soft_gev == math.inf:
            raise RuntimeError("K -> pi pi l nu: density above its maximum")
        n = list_refused(n, maximum, room, chosen)
        if n == 0:
            return
    raise RuntimeError("K -> pi pi l nu: no event accepted")


@njit(cache=True, error_model="numpy")
def fill_pion_pair(key, first_event, parameter, parent, maximum, momentum, soft_gev, weight):
    """Events pi+ pi- l+ nu into `momentum`, (n, 4, 4).

    Unweighted where `soft_gev` is infinite.  Otherwise they follow the density times softness up to
    `maximum` (`soft_pion_pair`), and `weight`, (n,), is multiplied by true over drawn density.
    """
    flat, mass = momentum.reshape(-1), (parameter[7], parameter[7], parameter[8], 0.0)
    room = attempt_room()
    for start in range(0, len(momentum), BLOCK):
        n, first = min(BLOCK, len(momentum) - start), first_event + start
        chosen = np.empty((8, n))
        _accept(key, first, parameter, parent, maximum, soft_gev, room, chosen)
        if soft_gev < math.inf:
            for k in range(n):
                weight[start + k] *= max(chosen[DENSITY, k] / maximum, 1.0) / chosen[6, k]
        drawn = draw_orientations(key, first, n, room)
        place_many_pairs(chosen, drawn, parent, mass, flat, 16 * start)
