"""Charged tracks: helix, efficiency, covariance, smearing.

Helix parameters (dr, phi0, kappa, dz, tan_lambda) at the point closest to the collision point:

* kappa = charge/pT in 1/GeV; p = (-sin phi0, cos phi0, tan_lambda)/|kappa|;
* the closest point is (dr cos phi0, dr sin phi0, dz) in cm;
* the field points along +z, so the helix axis lies at (dr + rho)(cos phi0, sin phi0) with the
  signed radius rho = 1/(0.299792458e-2 B kappa) in cm.

The covariance is parametric: sigma^2 = resolution^2 + (scattering/(beta p sin^n theta))^2 of each
parameter, with three correlations; r-phi (dr, phi0, kappa) and z (dz, tan_lambda) are
independent, as in a chamber whose axial wires measure the one and stereo wires the other.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.elementary_functions import arc_sine, azimuth_of, cosine_and_sine_of_turn
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.particles import SPEED_OF_LIGHT_M_PER_NS
from lnvsearch.random_lanes import normal_pair

__all__ = [
    "BARREL",
    "CURVATURE_GEV_PER_T_M",
    "END_CAP",
    "MISSED",
    "correlated_normals",
    "covariances",
    "finding_probability",
    "first_crossing",
    "helix_at_closest_approach",
    "helix_errors",
    "is_found",
    "pull_scales",
    "transverse_arc_m",
]

#: pT = 0.2998 GeV/(T m) times field times radius, for unit charge (definition of the metre).
CURVATURE_GEV_PER_T_M = SPEED_OF_LIGHT_M_PER_NS
#: Part of the detector that a track reaches.
MISSED, BARREL, END_CAP = 0, 1, 2
_CM_PER_M = 100.0
_TWO_PI = 2.0 * math.pi
_SQRT_HALF = math.sqrt(0.5)
#: Standard deviations above which the normal distribution's integral rounds to 1.
_SURELY = 8.5
#: Standard deviations above which it is 1 but for 3e-7, and a share below its square then.
_SAFELY, _SAFE_SHARE = 5.0, 1.0 - 1e-6
#: Sine of an angle below which three terms of its series are exact.
_SMALL_SINE = 0.01


@inner_kernel(forceinline=True)
def helix_at_closest_approach(x_cm, y_cm, z_cm, px, py, pz, charge, field_t):
    """Helix (dr, phi0, kappa, dz, tan_lambda) of a particle at a point near the origin.

    Position in cm relative to the collision point, momentum in GeV, `charge` +1 or -1.  Of the
    turns of the helix, the closest point is the one less than half a turn from the given point.
    """
    pt = math.sqrt(px * px + py * py)
    kappa = charge / pt
    rho = _CM_PER_M / (CURVATURE_GEV_PER_T_M * field_t * kappa)
    cos_here, sin_here = py / pt, -px / pt
    axis_x = x_cm + rho * cos_here
    axis_y = y_cm + rho * sin_here
    sign = 1.0 if rho > 0.0 else -1.0
    distance = math.sqrt(axis_x * axis_x + axis_y * axis_y)
    cos_0, sin_0 = sign * axis_x / distance, sign * axis_y / distance
    phi0 = azimuth_of(cos_0, sin_0)
    # Angle from the closest point to the given one, by its sine and cosine: no wrapping needed.
    sine, cosine = sin_here * cos_0 - cos_here * sin_0, cos_here * cos_0 + sin_here * sin_0
    square = sine * sine
    series = sine * (1.0 + square * (1.0 / 6.0 + square * (3.0 / 40.0)))
    is_small = (abs(sine) < _SMALL_SINE) & (cosine > 0.0)
    turn = series if is_small else azimuth_of(cosine, sine)
    tan_lambda = pz / pt
    dz = z_cm + rho * tan_lambda * turn
    phi0 = phi0 + _TWO_PI if phi0 < 0.0 else phi0
    return sign * distance - rho, phi0, kappa, dz, tan_lambda


@inner_kernel(forceinline=True)
def transverse_arc_m(pt_gev, radius_m, field_t):
    """Length in xy from the origin to a cylinder around it, m; infinite if the track curls up."""
    radius_of_curvature = pt_gev / (CURVATURE_GEV_PER_T_M * field_t)
    sine = 0.5 * radius_m / radius_of_curvature
    arc = 2.0 * radius_of_curvature * arc_sine(min(sine, 1.0))
    return np.inf if sine >= 1.0 else arc


@inner_kernel(forceinline=True)
def first_crossing(pt_gev, tan_lambda, field_t, radius_m, end_z_m):
    """Where a track from the origin leaves a cylinder of a radius and a half length.

    Returns (region, length in xy in m, radius there in m).  Region is BARREL, END_CAP, or MISSED
    for a track that curls through more than half a turn before it gets anywhere.
    """
    arc = transverse_arc_m(pt_gev, radius_m, field_t)
    slope = abs(tan_lambda)
    in_barrel = arc * slope <= end_z_m
    radius_of_curvature = pt_gev / (CURVATURE_GEV_PER_T_M * field_t)
    end_arc = end_z_m / slope
    curls = end_arc > math.pi * radius_of_curvature
    _, sine = cosine_and_sine_of_turn(min(end_arc / radius_of_curvature, math.pi) / (2.0 * _TWO_PI))
    region = MISSED if curls else END_CAP
    end_radius = np.nan if curls else 2.0 * radius_of_curvature * sine
    return (
        BARREL if in_barrel else region,
        arc if in_barrel else (np.inf if curls else end_arc),
        radius_m if in_barrel else end_radius,
    )


@inner_kernel(forceinline=True)
def _normal_cdf(x):
    if x > _SURELY:
        return 1.0
    return 0.5 * math.erfc(-x * _SQRT_HALF)


@inner_kernel(forceinline=True)
def finding_probability(species, pt_gev, p_gev, cos_theta, acceptance):
    """Probability that the pattern recognition finds a track.

    `species`: index into `lnvsearch.experiments.besiii.detector.simulate.SPECIES` (e, mu, pi, K, p); `acceptance`:
    the response's section.
    """
    edge = _normal_cdf((acceptance.cos_theta_edge - abs(cos_theta)) / acceptance.cos_theta_width)
    if species == 4:
        turn_on = (p_gev - acceptance.proton_p_threshold_gev) / acceptance.proton_p_width_gev
    elif species == 3:
        turn_on = (p_gev - acceptance.kaon_p_threshold_gev) / acceptance.kaon_p_width_gev
    else:
        turn_on = (pt_gev - acceptance.light_pt_threshold_gev) / acceptance.light_pt_width_gev
    return acceptance.efficiency * edge * _normal_cdf(turn_on)


@inner_kernel(forceinline=True)
def is_found(uniform, species, pt_gev, p_gev, cos_theta, acceptance):
    """Whether `uniform` lies below `finding_probability`; mostly without its error functions."""
    if uniform >= acceptance.efficiency:
        return False
    if species == 4:
        margin = p_gev - acceptance.proton_p_threshold_gev - _SAFELY * acceptance.proton_p_width_gev
    elif species == 3:
        margin = p_gev - acceptance.kaon_p_threshold_gev - _SAFELY * acceptance.kaon_p_width_gev
    else:
        margin = pt_gev - acceptance.light_pt_threshold_gev - _SAFELY * acceptance.light_pt_width_gev
    inside = acceptance.cos_theta_edge - abs(cos_theta) - _SAFELY * acceptance.cos_theta_width
    if min(margin, inside) > 0.0 and uniform < _SAFE_SHARE * acceptance.efficiency:
        return True
    return uniform < finding_probability(species, pt_gev, p_gev, cos_theta, acceptance)


@inner_kernel(forceinline=True)
def _quadrature(a, b):
    return math.sqrt(a * a + b * b)  # math.hypot guards against overflow, at ten times the cost


@inner_kernel(forceinline=True)
def helix_errors(pt_gev, p_gev, beta, tracking):
    """Standard deviations of (dr, phi0, kappa, dz, tan_lambda); units of the helix."""
    sine = pt_gev / p_gev
    root = math.sqrt(sine)
    inverse = 1.0 / (beta * p_gev)
    scatter_phi = inverse / (sine * root)
    scatter_z = inverse / (sine * sine * root)
    return (
        _quadrature(tracking.dr_resolution_cm, tracking.dr_scattering_cm_gev * scatter_phi),
        _quadrature(tracking.phi0_resolution_rad, tracking.phi0_scattering_rad_gev * scatter_phi),
        _quadrature(
            tracking.kappa_resolution_per_gev, tracking.kappa_scattering / (beta * root * pt_gev)
        ),
        _quadrature(tracking.dz_resolution_cm, tracking.dz_scattering_cm_gev * scatter_z),
        _quadrature(
            tracking.tan_lambda_resolution, tracking.tan_lambda_scattering_gev * scatter_z
        ),
    )


@inner_kernel(forceinline=True)
def pull_scales(first, second, pulls):
    """True error over the covariance's in r-phi and in z: core or tail, by two uniform numbers."""
    if not pulls.enabled:
        return 1.0, 1.0
    return (
        pulls.tail_scale if first < pulls.tail_fraction else pulls.core_scale,
        pulls.tail_scale if second < pulls.tail_fraction else pulls.core_scale,
    )


@inner_kernel(forceinline=True)
def correlated_normals(u0, u1, u2, u3, u4, u5, tracking):
    """Standard normal deviations of (dr, phi0, kappa, dz, tan_lambda), correlated, of uniform numbers.

    dr and kappa are linked through phi0 only, so that their correlation is the product of the
    other two and the covariance is positive definite for any correlations below 1.
    """
    dr, phi0 = normal_pair(u0, u1)
    kappa, dz = normal_pair(u2, u3)
    tan_lambda, _ = normal_pair(u4, u5)
    phi0 = _correlated(tracking.correlation_dr_phi0, dr, phi0)
    kappa = _correlated(tracking.correlation_phi0_kappa, phi0, kappa)
    tan_lambda = _correlated(tracking.correlation_dz_tan_lambda, dz, tan_lambda)
    return dr, phi0, kappa, dz, tan_lambda


@inner_kernel(forceinline=True)
def _correlated(correlation, other, normal):
    return correlation * other + math.sqrt(1.0 - correlation * correlation) * normal


@inner_kernel(forceinline=True)
def covariances(errors, tracking):
    """Those of (dr, phi0, kappa), lower triangle row by row, and of (dz, tan_lambda); nine numbers.

    r-phi and z are not correlated.
    """
    dr, phi0, kappa, dz, tan_lambda = errors
    dr_kappa = tracking.correlation_dr_phi0 * tracking.correlation_phi0_kappa
    return (
        dr * dr, tracking.correlation_dr_phi0 * phi0 * dr, phi0 * phi0,
        dr_kappa * kappa * dr, tracking.correlation_phi0_kappa * kappa * phi0, kappa * kappa,
        dz * dz, tracking.correlation_dz_tan_lambda * tan_lambda * dz, tan_lambda * tan_lambda,
    )  # fmt: skip
