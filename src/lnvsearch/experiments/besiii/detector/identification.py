"""Particle identification by specific energy loss and by time of flight.

Each measurement is given as chi_h = (measured - expected_h)/resolution_h for the hypotheses
h = electron, pion, kaon, with the expectation at the *measured* momentum, as experiments do.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.elementary_functions import logarithm
from lnvsearch.experiments.besiii.detector.tracks import END_CAP, MISSED, first_crossing
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.particles import SPEED_OF_LIGHT_M_PER_NS
from lnvsearch.random_lanes import normal_pair

__all__ = [
    "dedx_curve",
    "flight_path_m",
    "flight_time_ns",
    "measure_dedx",
    "measure_flight_time",
]


@inner_kernel(forceinline=True)
def dedx_curve(beta_gamma, dedx):
    """Mean specific energy loss in arbitrary units.

    (C - beta^2 - ln(1/s^2 + 1/(beta gamma)^2))/beta^2: Bethe's formula with a relativistic rise
    that saturates at beta gamma = s; the form, with other exponents, of Blum, Riegler, Rolandi,
    "Particle Detection with Drift Chambers", section 10.
    """
    inverse_square = 1.0 / (beta_gamma * beta_gamma)
    beta_square = 1.0 / (1.0 + inverse_square)
    saturation = 1.0 / (dedx.saturation_beta_gamma * dedx.saturation_beta_gamma)
    curve = dedx.bethe_constant - beta_square - logarithm(saturation + inverse_square)
    return curve / beta_square


@inner_kernel(forceinline=True)
def measure_dedx(u0, u1, found, tail, true_beta_gamma, dedx):
    """Measured specific energy loss in the units of the curve; NaN where there is none.

    The first four arguments are uniform numbers.
    """
    normal, _ = normal_pair(u0, u1)
    normal *= dedx.tail_scale if tail < dedx.tail_fraction else 1.0
    measured = dedx_curve(true_beta_gamma, dedx) * (1.0 + dedx.resolution * normal)
    return np.nan if found >= dedx.efficiency else measured


@inner_kernel(forceinline=True)
def flight_path_m(pt_gev, tan_lambda, field_t, tof):
    """(region, length of the path to the counters in m); NaN where there is no counter."""
    region, arc, _ = first_crossing(
        pt_gev, tan_lambda, field_t, tof.barrel_radius_m, tof.barrel_half_length_m
    )
    end, end_arc, end_radius = first_crossing(
        pt_gev, tan_lambda, field_t, tof.end_cap_outer_radius_m, tof.end_cap_z_m
    )
    is_end = region == END_CAP
    is_hit = (end == END_CAP) & (end_radius >= tof.end_cap_inner_radius_m)
    end_arc = end_arc if is_hit else np.nan
    region = (END_CAP if is_hit else MISSED) if is_end else region
    arc = end_arc if is_end else arc
    return region, arc * math.sqrt(1.0 + tan_lambda * tan_lambda)


@inner_kernel(forceinline=True)
def measure_flight_time(u0, u1, found, tail, path_m, beta, resolution_ns, tof):
    """Measured time of flight, ns; NaN where there is no hit.

    The first four arguments are uniform numbers.
    """
    normal, _ = normal_pair(u0, u1)
    normal *= tof.tail_scale if tail < tof.tail_fraction else 1.0
    measured = path_m / (beta * SPEED_OF_LIGHT_M_PER_NS) + resolution_ns * normal
    return np.nan if found >= tof.hit_efficiency else measured


@inner_kernel(forceinline=True)
def flight_time_ns(path_m, p_gev, mass_gev):
    """Time of flight of a particle, ns: L/(beta c)."""
    energy = math.sqrt(p_gev * p_gev + mass_gev * mass_gev)
    return path_m * energy / (p_gev * SPEED_OF_LIGHT_M_PER_NS)
