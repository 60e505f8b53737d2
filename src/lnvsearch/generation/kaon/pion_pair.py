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

from lnvsearch.generation.kaon.densities import softness
from lnvsearch.generation.kaon.kinematics import (
    orientation,
    place_two_pairs,
    two_body_momentum,
)
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = ["fill_pion_pair", "form_factors", "intensity", "phase_shift", "pion_pair_maximum",
           "soft_pion_pair"]

_MAXIMUM_ATTEMPTS = 1_000_000
_HEADROOM = 1.05
_SCAN = 400_000
#: Where the density with a soft neutrino is cut, of its maximum: a sixth of it lies higher, and has weights.
_CEILING = 0.5


@inner_kernel(forceinline=True)
def phase_shift(squared_mass, pion, wave):
    """Phase shift of pi pi scattering: isospin 0, S wave (`wave` 0) or isospin 1, P wave (1).

    tan(delta) = sigma q^(2l) (A + B q^2 + C q^4 + D q^6) (4 m^2 - s_l) / (s - s_l), in units of
    the pion's mass; the solution of the Roy equations of Colangelo, Gasser and Leutwyler, Nucl.
    Phys. B603 (2001) 125, section 17.
    """
    s = max(squared_mass / (pion * pion), 4.0)
    q = 0.25 * s - 1.0
    sigma = math.sqrt(1.0 - 4.0 / s)
    if wave == 0:
        series = 0.220 + q * (0.268 + q * (-0.0139 - 0.00139 * q))
        return math.atan(sigma * series * (4.0 - 36.77) / (s - 36.77))
    series = 0.0379 + q * (0.140e-4 + q * (-0.673e-4 + 0.163e-7 * q))
    return math.atan(sigma * q * series * (4.0 - 30.72) / (s - 30.72))


@njit(cache=True, error_model="numpy", forceinline=True)
def form_factors(parameter, parent, pion, s_pi, s_lepton, cos_pion):
    """F, G, H, R (complex) of NA48/2, Phys. Lett. B715 (2012) 105, in units of f_s(0).

    F = [1 + fs' q^2 + fs'' q^4 + fe' S_l/4m^2] e^(i ds) + fp cos(theta_pi) e^(i dp), G = (gp +
    gp' q^2) e^(i dp), H = hp e^(i dp), q^2 = S_pi/4m^2 - 1.  `parameter`: fs', fs'', fe', fp,
    gp, gp', hp, all over f_s, and the pion's and the lepton's mass.  R, which matters for muons
    only, is not measured: its lowest order, 1/2 [1 - (S_pi + nu)/(M^2 - S_l)] with
    nu = -2 sigma X cos(theta_pi), for which F4 vanishes without quark masses (Bijnens, Colangelo,
    Gasser, Nucl. Phys. B427 (1994) 427).
    """
    q = 0.25 * s_pi / (pion * pion) - 1.0
    shift_s = phase_shift(s_pi, pion, 0)
    shift_p = phase_shift(s_pi, pion, 1)
    s_wave = complex(math.cos(shift_s), math.sin(shift_s))
    p_wave = complex(math.cos(shift_p), math.sin(shift_p))
    f = (
        (1.0 + q * (parameter[0] + parameter[1] * q) + parameter[2] * 0.25 * s_lepton
         / (pion * pion)) * s_wave
        + parameter[3] * cos_pion * p_wave
    )
    g = (parameter[4] + parameter[5] * q) * p_wave
    h = parameter[6] * p_wave
    sigma = math.sqrt(max(1.0 - 4.0 * pion * pion / s_pi, 0.0))
    x = parent * two_body_momentum(parent, math.sqrt(s_pi), math.sqrt(s_lepton))
    nu = -2.0 * sigma * x * cos_pion
    r = 0.5 * (1.0 - (s_pi + nu) / (parent * parent - s_lepton)) * s_wave
    return f, g, h, r


@inner_kernel(forceinline=True)
def intensity(parameter, parent, s_pi, s_lepton, cos_pion, cos_lepton, phi):
    """J5 of d5Gamma = G_F^2 |V_us|^2 / (2 (4 pi)^6 M^5) rho J5 dS_pi dS_l dcos dcos dphi.

    rho = X sigma_pi (1 - z), z = m_l^2/S_l.  Bijnens, Colangelo, Ecker, Gasser, 'Semileptonic
    kaon decays', Second DAPHNE Physics Handbook (1995), eqs. for I_1 ... I_9 and F_1 ... F_4.
    """
    pion, lepton = parameter[7], parameter[8]
    f, g, h, r = form_factors(parameter, parent, pion, s_pi, s_lepton, cos_pion)
    x = parent * two_body_momentum(parent, math.sqrt(s_pi), math.sqrt(s_lepton))
    sigma = math.sqrt(max(1.0 - 4.0 * pion * pion / s_pi, 0.0))
    pl = 0.5 * (parent * parent - s_pi - s_lepton)
    root = math.sqrt(s_pi * s_lepton)
    z = lepton * lepton / s_lepton
    f1 = x * f + sigma * pl * cos_pion * g
    f2 = sigma * root * g
    f3 = sigma * x * root * h / (parent * parent)
    f4 = -(pl * f + s_lepton * r + sigma * x * cos_pion * g)
    a1 = f1.real * f1.real + f1.imag * f1.imag
    a2 = f2.real * f2.real + f2.imag * f2.imag
    a3 = f3.real * f3.real + f3.imag * f3.imag
    a4 = f4.real * f4.real + f4.imag * f4.imag
    c12, c13 = f1.conjugate() * f2, f1.conjugate() * f3
    c23, c14 = f2.conjugate() * f3, f1.conjugate() * f4
    c42, c43 = f4.conjugate() * f2, f4.conjugate() * f3
    sine_squared = 1.0 - cos_pion * cos_pion
    sine = math.sqrt(max(sine_squared, 0.0))
    i1 = 0.25 * ((1.0 + z) * a1 + 0.5 * (3.0 + z) * (a2 + a3) * sine_squared + 2.0 * z * a4)
    i2 = -0.25 * (1.0 - z) * (a1 - 0.5 * (a2 + a3) * sine_squared)
    i3 = -0.25 * (1.0 - z) * (a2 - a3) * sine_squared
    i4 = 0.5 * (1.0 - z) * c12.real * sine
    i5 = -(c13.real + z * c42.real) * sine
    i6 = -(c23.real * sine_squared - z * c14.real)
    i7 = -(c12.imag + z * c43.imag) * sine
    i8 = 0.5 * (1.0 - z) * c13.imag * sine
    i9 = -0.5 * (1.0 - z) * c23.imag * sine_squared
    sine_lepton = math.sqrt(max(1.0 - cos_lepton * cos_lepton, 0.0))
    square = sine_lepton * sine_lepton
    double = 2.0 * sine_lepton * cos_lepton
    cos_phi, sin_phi = math.cos(phi), math.sin(phi)
    return 2.0 * (1.0 - z) * (
        i1 + i2 * (1.0 - 2.0 * square) + i3 * square * (2.0 * cos_phi * cos_phi - 1.0)
        + i4 * double * cos_phi + i5 * sine_lepton * cos_phi + i6 * cos_lepton
        + i7 * sine_lepton * sin_phi + i8 * double * sin_phi
        + i9 * square * 2.0 * sin_phi * cos_phi
    )


@inner_kernel(forceinline=True)
def _neutrino_energy(parent, lepton, pair_pi, pair_l, cos_lepton):
    """Energy of the neutrino in the kaon's frame: the leptons' pair has a mass and a momentum there."""
    energy = 0.5 * (parent * parent + pair_l * pair_l - pair_pi * pair_pi) / parent
    momentum = two_body_momentum(parent, pair_pi, pair_l)
    in_pair = 0.5 * (pair_l - lepton * lepton / pair_l)
    return in_pair * (energy - momentum * cos_lepton) / pair_l


@inner_kernel(forceinline=True)
def _attempt(parameter, parent, u_total, u_share, cos_pion, cos_lepton, turn, soft_gev):
    """Pair masses from two numbers, the density of the attempt, and the softness that it has as a factor.

    The masses are flat over their triangle: the two numbers fold where their sum passes 1.
    """
    pion, lepton = parameter[7], parameter[8]
    kinetic = parent - 2.0 * pion - lepton
    if u_total + u_share > 1.0:
        u_total, u_share = 1.0 - u_total, 1.0 - u_share
    pair_pi = 2.0 * pion + kinetic * u_total
    pair_l = lepton + kinetic * u_share
    x = parent * two_body_momentum(parent, pair_pi, pair_l)
    s_pi, s_l = pair_pi * pair_pi, pair_l * pair_l
    if s_l <= lepton * lepton or s_pi <= 4.0 * pion * pion:
        return pair_pi, pair_l, 0.0, 0.0
    rho = x * math.sqrt(1.0 - 4.0 * pion * pion / s_pi) * (1.0 - lepton * lepton / s_l)
    # phi turns the other way than `turn` (sin phi = (c x v).d of Cabibbo and Maksymowicz).
    phi = -2.0 * math.pi * turn
    value = intensity(parameter, parent, s_pi, s_l, cos_pion, cos_lepton, phi)
    soft = softness(_neutrino_energy(parent, lepton, pair_pi, pair_l, cos_lepton), soft_gev)
    return pair_pi, pair_l, value * soft * rho * pair_pi * pair_l, soft


@njit(cache=True, error_model="numpy")
def _scanned(parameter, parent, key, soft_gev):
    """Density and the softness in it, (2, _SCAN), at points from the stream `key`."""
    found = np.empty((2, _SCAN))
    for i in range(_SCAN):
        u1, u2, u3, u4 = uniform4(key, i, 0, 0, 0)
        turn = uniform4(key, i, 0, 0, 1)[0]
        _, _, found[0, i], found[1, i] = _attempt(
            parameter, parent, u1, u2, 2.0 * u3 - 1.0, 2.0 * u4 - 1.0, turn, soft_gev
        )
    return found


def pion_pair_maximum(parameter: np.ndarray, parent: float, key: np.ndarray) -> tuple[float, float]:
    """Bound of the density and its mean over a scan of points from the stream `key`.

    The mean times 4 (half of the squared kinetic energy) times the cosines' and angle's ranges
    is the integral of rho J5 over the five variables.
    """
    density, _ = _scanned(parameter, parent, key, math.inf)
    return _HEADROOM * float(np.max(density)), float(np.mean(density))


def soft_pion_pair(
    parameter: np.ndarray, parent: float, key: np.ndarray, soft_gev: float
) -> tuple[float, float]:
    """`maximum` and the mean of what `fill_pion_pair` draws with it, over that of the decay as it is.

    `soft_gev`: scale of `densities.softness`.
    """
    soft, factor = _scanned(parameter, parent, key, soft_gev)
    maximum = _CEILING * float(np.max(soft))
    is_there = factor > 0.0
    true = np.sum(soft[is_there] / factor[is_there])
    return maximum, float(np.sum(np.minimum(soft, maximum)) / true)


@njit(cache=True, error_model="numpy")
def fill_pion_pair(key, first_event, parameter, parent, maximum, momentum, soft_gev, weight):
    """Events pi+ pi- l+ nu into momentum[:, :4]; (n, >= 4, 4).

    Unweighted where `soft_gev` is infinite.  Otherwise they follow the density times softness up to
    `maximum` (`soft_pion_pair`), and `weight`, (n,), is multiplied by true over drawn density.
    """
    pion, lepton = parameter[7], parameter[8]
    for i in range(len(momentum)):
        event = first_event + i
        accepted = False
        pair_pi, pair_l, cos_pion, cos_lepton, turn = 0.0, 0.0, 0.0, 0.0, 0.0
        value, soft = 0.0, 1.0
        for attempt in range(_MAXIMUM_ATTEMPTS):
            u1, u2, u3, u4 = uniform4(key, event, 0, attempt, 0)
            turn, u_accept, _, _ = uniform4(key, event, 0, attempt, 1)
            cos_pion, cos_lepton = 2.0 * u3 - 1.0, 2.0 * u4 - 1.0
            pair_pi, pair_l, value, soft = _attempt(
                parameter, parent, u1, u2, cos_pion, cos_lepton, turn, soft_gev
            )
            if value > maximum and soft_gev == math.inf:
                raise RuntimeError("K -> pi pi l nu: density above its maximum")
            if u_accept * maximum < value:
                accepted = True
                break
        if not accepted:
            raise RuntimeError("K -> pi pi l nu: no event accepted")
        if soft_gev < math.inf:
            weight[i] *= max(value / maximum, 1.0) / soft
        u1, u2, u3, _ = uniform4(key, event, 1, 0, 0)
        place_two_pairs(
            momentum[i], 0, parent, pair_pi, pair_l, cos_pion, cos_lepton, turn,
            pion, pion, lepton, 0.0, orientation(u1, u2, u3),
        )
