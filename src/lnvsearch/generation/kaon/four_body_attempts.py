"""Proposals for four-body decays with poles: one attempt of each process.

An attempt fills four rows of momenta, in the kaon's rest frame, and returns the differential
branching fraction f over the density g0 it was drawn from, and the ratio g1/g0 of two densities
that differ in the lepton pair's mass alone: g0 ~ 1/m, g1 flat.  With the share `flat` the
attempt comes from g1.

Where they are aimed, f is the true one times a factor for soft photons, real or virtual, which a search for
hard particles does not select (`hardness`): fewer of them are drawn.
"""

from __future__ import annotations

import math


from lnvsearch.generation.kaon.densities import softness
from lnvsearch.generation.kaon.four_body_amplitudes import (
    radiative_semileptonic,
    virtual_photon_current,
)
from lnvsearch.generation.kaon.kinematics import (
    orientation,
    place_two_pairs,
    two_body_momentum,
)
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = ["SOFT_SHARE", "hardness", "radiative_attempt", "virtual_photon_attempt"]

#: `hardness` of a soft photon.
SOFT_SHARE = 0.1

# What |M|^2 carries in front of four-body phase space: (2 pi)^(4 - 12).
_TWO_PI_POWER = (2.0 * math.pi) ** -8


@inner_kernel(forceinline=True)
def _pair_volume(parent, pair_a, pair_b, m1, m2, m3, m4):
    """Phase space a unit of dm_a^2 dm_b^2 of two pairs, all angles integrated, in 1.

    (pi p/M) (pi q_a/m_a) (pi q_b/m_b): each two-body d3p/2E delta4 is p/(4 M) times 4 pi.
    """
    return (
        math.pi**3 * two_body_momentum(parent, pair_a, pair_b) / parent
        * two_body_momentum(pair_a, m1, m2) / pair_a
        * two_body_momentum(pair_b, m3, m4) / pair_b
    )


@inner_kernel(forceinline=True)
def _draw_mass(u_choice, u_mass, low, high, flat):
    """Mass from (1 - flat) 1/m + flat constant."""
    if u_choice < flat:
        return low + u_mass * (high - low)
    return low * math.exp(u_mass * math.log(high / low))


@inner_kernel(forceinline=True)
def _mass_densities(mass, low, high):
    """The two densities of `_draw_mass`, a unit of dm^2."""
    return (
        0.5 / (mass * mass * math.log(high / low)),
        0.5 / (mass * (high - low)),
    )


@inner_kernel(forceinline=True)
def hardness(energy, least):
    """Factor of the density of a photon: SOFT_SHARE below an energy (GeV), 1 from there on."""
    return SOFT_SHARE if energy < least else 1.0


@inner_kernel(forceinline=True)
def _draw_energy(u, low, high, least):
    """Energy between two from 1/E times `hardness`, and the integral of this density."""
    edge = min(max(least, low), high)
    soft = SOFT_SHARE * math.log(edge / low)
    total = soft + math.log(high / edge)
    reached = u * total
    if reached < soft:
        return low * math.exp(reached / SOFT_SHARE), total
    return edge * math.exp(reached - soft), total


@inner_kernel()
def radiative_attempt(key, event, attempt, parameter, parent, momentum):
    """Rows gamma e+ pi0 nu with a photon above parameter[2] GeV; returns (f/g0, 1).

    2 p_e.k is drawn from 1/(x + parameter[11]), the photon's energy from 1/E: the collinear and the soft
    pole.  f is 0 where the cosine between photon and e+ lies outside parameter[7] ... parameter[8].
    With parameter[9] > 0 it is f times the softness of the neutrino, and times the hardness of the
    photon, which is soft below parameter[10].
    """
    pion, lepton, least_photon = parameter[0], parameter[1], parameter[2]
    u1, u2, u3, u4 = uniform4(key, event, 0, attempt, 0)
    hardest = 0.5 * (parent * parent + lepton * lepton - pion * pion) / parent
    low = least_photon * lepton * lepton / hardest
    high = (parent - pion) * (parent - pion) - lepton * lepton
    away = parameter[11]
    log_product = math.log((high + away) / (low + away))
    product = max((low + away) * math.exp(u1 * log_product) - away, low)
    pair = math.sqrt(lepton * lepton + product)
    span = (parent - pair) * (parent - pair) - pion * pion
    if span <= 0.0:
        return 0.0, 1.0
    other = math.sqrt(pion * pion + u2 * span)
    flight = two_body_momentum(parent, pair, other)
    energy = math.sqrt(flight * flight + pair * pair)
    inside = 0.5 * product / pair
    softest = max(inside * (energy - flight) / pair, least_photon)
    top = inside * (energy + flight) / pair
    if top <= softest or flight <= 0.0:
        return 0.0, 1.0
    photon, log_energy = _draw_energy(u3, softest, top, parameter[10])
    # 2 p_e.k = 2 E_k (E_e - p_e cos), before anything else is computed in vain.
    electron = energy - photon
    size = math.sqrt(max(electron * electron - lepton * lepton, 0.0))
    between = electron - 0.5 * product / photon
    if between < parameter[7] * size or between > parameter[8] * size:
        return 0.0, 1.0
    u5, u6, u7, u8 = uniform4(key, event, 0, attempt, 1)
    cosine = min(max((photon * pair / inside - energy) / flight, -1.0), 1.0)
    place_two_pairs(
        momentum, 0, parent, pair, other, cosine, 2.0 * u4 - 1.0, u8,
        0.0, lepton, pion, 0.0, orientation(u5, u6, u7),
    )
    # dcos = pair / (inside flight) dE, E drawn from h / (E log), and f has the factor h, too.
    of_cosine = 2.0 * inside * flight / (pair * photon * log_energy)
    density = of_cosine / (
        (product + away) * log_product * span
        * _pair_volume(parent, pair, other, 0.0, lepton, pion, 0.0)
    )
    value = radiative_semileptonic(momentum, parameter, parent)
    if parameter[9] > 0.0:
        value *= softness(momentum[3, 3], parameter[9])
    return value * parameter[3] * _TWO_PI_POWER / density, 1.0


@inner_kernel()
def virtual_photon_attempt(key, event, attempt, parameter, parent, flat, momentum):
    """Rows pi+ pi0 e+ e-; returns (f/g0, g1/g0).

    The photon's energy is drawn from 1/E times its hardness, which f has, too: soft below parameter[4].
    """
    pion, neutral, lepton = parameter[0], parameter[1], parameter[2]
    u1, u2, u3, u4 = uniform4(key, event, 0, attempt, 0)
    u5, u6, u7, u8 = uniform4(key, event, 0, attempt, 1)
    u9, _, _, _ = uniform4(key, event, 0, attempt, 2)
    low, high = 2.0 * lepton, parent - pion - neutral
    pair = _draw_mass(u1, u2, low, high, flat)
    largest = 0.5 * (parent * parent + pair * pair - (pion + neutral) ** 2) / parent
    if largest <= pair:
        return 0.0, 1.0
    energy, log_energy = _draw_energy(u3, pair, largest, parameter[4])
    other = math.sqrt(max(
        parent * parent + pair * pair - 2.0 * parent * energy, (pion + neutral) ** 2
    ))
    volume = _pair_volume(parent, other, pair, pion, neutral, lepton, lepton)
    if volume <= 0.0:
        return 0.0, 1.0
    place_two_pairs(
        momentum, 0, parent, other, pair, 2.0 * u4 - 1.0, 2.0 * u5 - 1.0, u6,
        pion, neutral, lepton, lepton, orientation(u7, u8, u9),
    )
    of_log, of_flat = _mass_densities(pair, low, high)
    # d(other^2) = 2 M dE.
    density = of_log / (volume * 2.0 * parent * energy * log_energy)
    value = virtual_photon_current(momentum, parent) * parameter[3] * _TWO_PI_POWER
    return value / density, of_flat / of_log
