"""What happens to particles in material: decay in flight, bremsstrahlung, photon conversion.

Multiple scattering and the mean energy loss by ionisation are not here: the track covariance
contains the one, and the track fit corrects the other.

Bremsstrahlung spectrum and conversion shares are those of complete screening (Particle Data
Group, "Passage of particles through matter", eqs. for k dsigma/dk and dsigma/dx):
dN/dy = t (4/3 - 4/3 y + y^2)/y of a photon's share y, and 1 - 4/3 x (1 - x) of an electron's
share x of a converted photon.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = [
    "PHOTONS_PER_X0",
    "conversion_layer",
    "conversion_share",
    "curvature_weight",
    "is_alive",
    "kicked_momentum",
    "merges_with_shower",
    "photon_number",
    "radiate_in_chamber",
    "radiate_in_walls",
    "survival_probability",
]

#: Photons with a smaller share of the electron's energy are left out; they carry on average
#: 4/3 of this share per radiation length.
_SMALLEST_SHARE = 1e-3
_LOG_SMALLEST_SHARE = math.log(_SMALLEST_SHARE)
#: Behind a photon with a larger share the pattern recognition loses the electron, whose track is
#: then that of the hits before.
_LARGEST_SHARE_FOLLOWED = 0.5
#: Photons per radiation length: the spectrum's integral above the smallest share.
PHOTONS_PER_X0 = (
    -4.0 / 3.0 * _LOG_SMALLEST_SHARE
    - 4.0 / 3.0 * (1.0 - _SMALLEST_SHARE)
    + 0.5 * (1.0 - _SMALLEST_SHARE**2)
)
_WALL, _CHAMBER = 0, 1
_SQRT_2 = math.sqrt(2.0)
_SQRT_HALF = math.sqrt(0.5)
#: Attempts to draw one photon: each is accepted with a probability of 2/3 at least.
_ATTEMPTS = 64


@inner_kernel(forceinline=True)
def survival_probability(mass_gev, ctau_m, p_gev, path_m):
    """Probability of no decay along a path: exp(-L m/(p c tau)); 1 for an infinite lifetime."""
    return math.exp(-path_m * mass_gev / (p_gev * ctau_m))


@inner_kernel(forceinline=True)
def is_alive(uniform, mass_gev, ctau_m, p_gev, path_m):
    """Whether `uniform` lies below `survival_probability`; mostly without its exponential."""
    if uniform < 1.0 - path_m * mass_gev / (p_gev * ctau_m):
        return True
    return uniform < survival_probability(mass_gev, ctau_m, p_gev, path_m)


@inner_kernel(forceinline=True)
def photon_number(thickness_x0, uniform):
    """Photons that an electron radiates in `thickness_x0` along its path, of a uniform number."""
    return _photon_number(PHOTONS_PER_X0 * thickness_x0, uniform)


@inner_kernel(forceinline=True)
def _photon_number(mean, uniform):
    """Poisson number for one uniform number, by inversion."""
    if uniform < 1.0 - mean:  # smaller than exp(-mean): nearly always, for a thin wall
        return 0
    number = 0
    probability = math.exp(-mean)
    cumulative = probability
    while uniform > cumulative and number < _ATTEMPTS:
        number += 1
        probability *= mean / number
        cumulative += probability
    return number


@inner_kernel(forceinline=True)
def _photon_share(key, event, slot, photon, layer):
    """(share y of the electron's energy, depth in [0, 1]) of one photon."""
    share, depth = _SMALLEST_SHARE, 0.0
    for attempt in range(_ATTEMPTS):
        u, accept, depth, _ = uniform4(
            key, event, slot, 1 + photon * _ATTEMPTS + attempt, layer
        )
        share = math.exp(u * _LOG_SMALLEST_SHARE)
        if accept < 1.0 - share + 0.75 * share * share:
            break
    return share, depth


@inner_kernel(forceinline=True)
def radiate_in_walls(key, event, slot, energy_gev, n_photons):
    """Energy (GeV) that is left to an electron which radiates `n_photons` in a wall."""
    for photon in range(n_photons):
        share, _ = _photon_share(key, event, slot, photon, _WALL)
        energy_gev *= 1.0 - share
    return energy_gev


@inner_kernel(forceinline=True)
def curvature_weight(rest):
    """Share of a curvature change that a track fit sees, for hits spread evenly along the track.

    `rest`: share of the measured track behind the change.  Projection of the deviation
    (s - f)^2/2 on the second Legendre polynomial: 10 r^3 - 15 r^4 + 6 r^5.
    """
    return rest * rest * rest * (10.0 + rest * (6.0 * rest - 15.0))


@inner_kernel(forceinline=True)
def radiate_in_chamber(key, event, slot, energy_gev, n_photons, arc_m, sine, bend_radius_m,
                       merging_angle):
    """Radiation of an electron along its track in the chamber.

    `n_photons`: of `photon_number`; `arc_m`: length in xy from the origin to the calorimeter (infinite if never reached), along
    which photons are radiated evenly;
    `sine`: sin theta.  Returns (energy left, fitted curvature over the true one at the origin,
    photon energy that merges with the electron's shower), GeV.
    """
    left = energy_gev
    curvature = 1.0
    merged = 0.0
    for photon in range(n_photons):
        share, depth = _photon_share(key, event, slot, photon, _CHAMBER)
        radiated = share * left
        after = left - radiated
        if share < _LARGEST_SHARE_FOLLOWED:
            change = energy_gev * (1.0 / after - 1.0 / left)
            curvature += change * curvature_weight(1.0 - depth)
        if merges_with_shower(depth * arc_m, arc_m, sine, bend_radius_m, merging_angle):
            merged += radiated
        left = after
    return left, curvature, merged


@inner_kernel(forceinline=True)
def merges_with_shower(emission_arc_m, arc_m, sine, bend_radius_m, merging_angle):
    """Whether a photon radiated along the track ends in the electron's own shower.

    It leaves on the tangent, so the two are (S - s)^2/(2 R) apart at the calorimeter.
    """
    if arc_m == np.inf:
        return False
    rest = arc_m - emission_arc_m
    return 0.5 * sine * rest * rest / (bend_radius_m * arc_m) < merging_angle


@inner_kernel(forceinline=True)
def conversion_layer(uniform, sine, material, conversion):
    """Where a photon converts: 0 nowhere, 1 in the beam pipe, 2 in the chamber's inner wall."""
    if not conversion.enabled:
        return 0
    rate = conversion.probability_per_x0 / sine
    through_pipe = math.exp(-rate * material.beam_pipe_x0)
    through_both = through_pipe * math.exp(-rate * material.inner_wall_x0)
    if uniform > 1.0 - through_both:
        return 0
    return 1 if uniform < 1.0 - through_pipe else 2


@njit(cache=True, error_model="numpy", forceinline=True)
def conversion_share(uniform):
    """The electron's share x of a converted photon, by inversion of 1 - 4/3 x (1 - x).

    The cumulative distribution (x - 2/3 x^2 + 4/9 x^3) 9/7 is, with y = 2x - 1, the cubic
    y^3 + 6 y = 7 (2u - 1), whose only real root is a hyperbolic sine.
    """
    right = 7.0 * (2.0 * uniform - 1.0)
    y = 2.0 * _SQRT_2 * math.sinh(math.asinh(0.25 * _SQRT_HALF * right) / 3.0)
    return 0.5 * (1.0 + y)


@inner_kernel(forceinline=True)
def kicked_momentum(photon, momentum_gev, kick_gev, azimuth):
    """Momentum of a given size along a photon, with a kick perpendicular to it."""
    energy = photon[3]
    transverse = math.hypot(photon[0], photon[1])
    kick = max(min(kick_gev, 0.5 * momentum_gev), -0.5 * momentum_gev)
    along = math.sqrt(momentum_gev * momentum_gev - kick * kick) / energy
    u, v = kick * math.cos(azimuth) / transverse, kick * math.sin(azimuth) / (transverse * energy)
    return (
        along * photon[0] - u * photon[1] - v * photon[0] * photon[2],
        along * photon[1] + u * photon[0] - v * photon[1] * photon[2],
        along * photon[2] + v * transverse * transverse,
    )
