"""Electromagnetic calorimeter: where tracks reach it, and what they leave there.

Electrons leave their energy, less a shift and a tail that go as 1/E; muons and hadrons a
minimum-ionising signal that is capped by their kinetic energy; hadrons that interact leave a
broad share of the available energy, distributed as Beta(2, 3): mean 0.4, rms 0.2.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import cube_root
from lnvsearch.experiments.besiii.detector.tracks import (
    BARREL,
    CURVATURE_GEV_PER_T_M,
    END_CAP,
    MISSED,
    first_crossing,
)
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_lanes import normal_pair

__all__ = [
    "electron_resolution",
    "electron_shower",
    "expected_electron_energy",
    "expected_energy",
    "expected_hadron_energy",
    "hadron_shower",
    "shower_direction",
    "shower_region",
]

_MEAN_SHARE, _VARIANCE_SHARE = 0.4, 0.04  # of Beta(2, 3)
# A charge exchange makes a pi0, whose photons leave nearly all of their energy.
_LARGEST_NEUTRAL_LOSS = 0.4
# No response makes more than this share of the showers a tail.
_LARGEST_TAIL_FRACTION = 0.9
# Positions in lnvsearch.experiments.besiii.detector.simulate.SPECIES.
_ELECTRON, _PION, _KAON, _PROTON = 0, 2, 3, 4


@inner_kernel(forceinline=True)
def shower_region(pt_gev, tan_lambda, field_t, emc):
    """Where a track from the origin meets the calorimeter: (region, length in xy in m).

    BARREL, END_CAP, or MISSED for the gap between the two, the beam hole, and a track that curls
    up before the barrel and reaches no end cap in its first half turn.
    """
    end_z = emc.barrel_radius_m * emc.barrel_cos_theta / math.sqrt(1.0 - emc.barrel_cos_theta**2)
    region, arc, radius = first_crossing(pt_gev, tan_lambda, field_t, emc.barrel_radius_m, end_z)
    cos_theta = end_z / math.sqrt(end_z * end_z + radius * radius)
    is_inside = (emc.end_cap_cos_theta_minimum < cos_theta) & (
        cos_theta < emc.end_cap_cos_theta_maximum
    )
    is_missed = (region == END_CAP) & (not is_inside)
    return MISSED if is_missed else region, np.inf if is_missed else arc


@inner_kernel(forceinline=True)
def shower_direction(px, py, pz, charge, arc_m, field_t):
    """Unit vector from the origin to the point where a track meets the calorimeter."""
    pt = math.sqrt(px * px + py * py)
    radius = pt / (CURVATURE_GEV_PER_T_M * field_t)
    half_turn = -0.5 * charge * arc_m / radius  # positive charges turn clockwise
    chord = 2.0 * radius * math.sin(0.5 * arc_m / radius)
    cosine, sine = math.cos(half_turn), math.sin(half_turn)
    x = chord * (px * cosine - py * sine) / pt
    y = chord * (px * sine + py * cosine) / pt
    z = arc_m * pz / pt
    length = math.sqrt(x * x + y * y + z * z)
    return x / length, y / length, z / length


@inner_kernel(forceinline=True)
def electron_resolution(energy_gev, region, emc):
    """sigma(E)/E: constant term plus 1/sqrt(E) term in quadrature, as given at 1 GeV."""
    at_1_gev = emc.barrel_resolution if region == BARREL else emc.end_cap_resolution
    constant = emc.constant_fraction**2
    return at_1_gev * math.sqrt(constant + (1.0 - constant) / energy_gev)


@inner_kernel(forceinline=True)
def expected_electron_energy(p_gev, response):
    """Mean shower energy of an electron outside the tail, GeV: E - k * shift, never negative."""
    return max(p_gev - response.low_momentum_scale * response.mean_shift_gev, 0.0)


@inner_kernel(forceinline=True)
def electron_shower(u0, u1, tail, depth, energy_gev, region, emc, response):
    """Measured energy of an electromagnetic shower, GeV.

    The first four arguments are uniform numbers; `energy_gev`: what enters, merged photons included.  Tail showers, a share
    k * tail_fraction/E of all, lose a share of their energy that is uniform up to the largest.
    """
    normal, _ = normal_pair(u0, u1)
    energy = expected_electron_energy(energy_gev, response)
    tail_fraction = response.low_momentum_scale * response.tail_fraction_gev / energy_gev
    is_tail = tail < min(tail_fraction, _LARGEST_TAIL_FRACTION)
    energy *= 1.0 - response.tail_maximum_loss * depth if is_tail else 1.0
    return energy * (1.0 + electron_resolution(energy_gev, region, emc) * normal)


@inner_kernel(forceinline=True)
def _ionisation_energy(kinetic_gev, beta, emc):
    """Mean energy of a particle that does not interact: rises as beta^(-5/3), until it stops."""
    # beta^(5/3) from a cube root: pow is slow.
    return min(kinetic_gev, emc.minimum_ionising_energy_gev / (beta * cube_root(beta * beta)))


@inner_kernel(forceinline=True)
def _interaction(species, charge, kinetic_gev, mass_gev, emc):
    """(probability to interact in the crystals, energy available there in GeV)."""
    is_negative = charge < 0
    kaon = emc.kaon_minus_interaction_probability if is_negative else emc.kaon_plus_interaction_probability
    proton = emc.antiproton_interaction_probability if is_negative else emc.proton_interaction_probability
    probability = kaon if species == _KAON else 0.0
    probability = proton if species == _PROTON else probability
    probability = emc.pion_interaction_probability if species == _PION else probability
    released = emc.kaon_minus_release_gev if species == _KAON else 0.0
    released = 2.0 * mass_gev if species == _PROTON else released
    return probability, kinetic_gev + (released if is_negative else 0.0)


@inner_kernel(forceinline=True)
def _second_smallest(u0, u1, u2, u3):
    """Second smallest of four uniform numbers: distributed as Beta(2, 3)."""
    low_1, high_1 = min(u0, u1), max(u0, u1)
    low_2, high_2 = min(u2, u3), max(u2, u3)
    return min(max(low_1, low_2), min(high_1, high_2))


@inner_kernel(forceinline=True)
def hadron_shower(uniforms, species, charge, p_gev, mass_gev, emc):
    """(Energy that a muon or hadron leaves in GeV, whether it interacts and so makes a shower).

    `uniforms`: eight uniform numbers.
    """
    u0, u1, interacts, exchanges, v0, v1, v2, v3 = uniforms
    normal, _ = normal_pair(u0, u1)
    total = math.sqrt(p_gev * p_gev + mass_gev * mass_gev)
    kinetic = total - mass_gev
    energy = _ionisation_energy(kinetic, p_gev / total, emc)
    energy *= max(1.0 + emc.minimum_ionising_spread * normal, 0.0)
    probability, available = _interaction(species, charge, kinetic, mass_gev, emc)
    does_interact = interacts < probability
    is_exchanged = (species == _PION) & (exchanges < emc.charge_exchange_probability)
    left = available * _second_smallest(v0, v1, v2, v3)
    left = total * (1.0 - _LARGEST_NEUTRAL_LOSS * v0) if is_exchanged else left
    return left if does_interact else energy, does_interact


@inner_kernel(forceinline=True)
def expected_hadron_energy(species, charge, p_gev, mass_gev, emc):
    """(mean, standard deviation) of `hadron_shower`, charge exchange left out, GeV.

    Mixture of two parts: variance = sum w (variance + mean^2) - mean^2.
    """
    total = math.sqrt(p_gev * p_gev + mass_gev * mass_gev)
    kinetic = total - mass_gev
    ionisation = _ionisation_energy(kinetic, p_gev / total, emc)
    probability, available = _interaction(species, charge, kinetic, mass_gev, emc)
    mean = (1.0 - probability) * ionisation + probability * _MEAN_SHARE * available
    square = (1.0 - probability) * ionisation**2 * (1.0 + emc.minimum_ionising_spread**2)
    square += probability * available**2 * (_VARIANCE_SHARE + _MEAN_SHARE**2)
    return mean, math.sqrt(square - mean * mean)


@njit(cache=True, error_model="numpy", forceinline=True)
def expected_energy(species, charge, p_gev, region, mass_gev, emc, electron_response):
    """(mean, standard deviation) of a shower under a hypothesis, GeV."""
    if species == _ELECTRON:  # the same for all tracks of a loop
        mean = expected_electron_energy(p_gev, electron_response)
        return mean, p_gev * electron_resolution(p_gev, region, emc)
    return expected_hadron_energy(species, charge, p_gev, mass_gev, emc)
