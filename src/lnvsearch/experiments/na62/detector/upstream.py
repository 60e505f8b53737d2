"""Kaon decays before the fiducial volume, and the way of their products through the beam line.

Decays begin behind the last bend of the beam (BEND 6): products of earlier ones are swept apart.
Then come a collimator of steel, a thin magnet (TRIM5) in its iron and the entrance of the vacuum
tank.  What steel and iron stop is lost; scattering in the third beam spectrometer station, which is
small against the vertex resolution, is left out.
"""

from __future__ import annotations

import math


from lnvsearch.detector.gaussian import normal4, normal_quantile
from lnvsearch.experiments.na62.detector.kinematics import decay_pion_towards, kicked
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = ["draw_upstream_kaon", "pass_beam_line"]

_MUON, _PION = 1, 2  # columns of the particle masses
_FRONT, _BACK, _MAGNET = range(3)


@inner_kernel(forceinline=True)
def draw_upstream_kaon(key, event, beam, volume, upstream, mass_gev, ctau_m):
    """Momentum and point of decay of a kaon that decays before the fiducial volume.

    Returns (momentum GeV, slope_x, slope_y, x m, y m, z m, weight); the weight is the number of
    decays between `upstream.decays_begin_z_m` and the volume for each decay in the volume.
    """
    along, spread, _, _ = uniform4(key, event, 0, 0, 0)
    spot_x, spot_y, angle_x, angle_y = normal4(key, event, 0, 1)
    momentum = beam.momentum_gev * (1.0 + beam.momentum_spread * normal_quantile(spread))
    flight = momentum * ctau_m / mass_gev
    length = volume.begin_z_m - upstream.decays_begin_z_m
    z = upstream.decays_begin_z_m - flight * math.log1p(along * math.expm1(-length / flight))
    inside = -math.expm1(-(volume.end_z_m - volume.begin_z_m) / flight)
    weight = math.expm1(length / flight) / inside
    # The beam is known where the volume begins: back from there, through the magnet.
    slope_x = beam.slope_x + angle_x * beam.divergence_rad
    slope_y = beam.slope_y + angle_y * beam.divergence_rad
    x = beam.slope_x * (volume.begin_z_m - beam.axis_origin_z_m) + beam.spot_x_m * spot_x
    y = beam.slope_y * (volume.begin_z_m - beam.axis_origin_z_m) + beam.spot_y_m * spot_y
    corner = max(z, upstream.trim5_z_m)
    x -= slope_x * (volume.begin_z_m - corner)
    y -= slope_y * (volume.begin_z_m - z)
    if z < upstream.trim5_z_m:
        slope_x, slope_y = kicked(momentum, slope_x, slope_y, upstream.trim5_kick_gev)
        x -= slope_x * (corner - z)
    return momentum, slope_x, slope_y, x, y, z, weight


@inner_kernel(forceinline=True)
def _stopped(x, y, plane, upstream):
    """Whether a point lies in the collimator's steel or the magnet's iron: not in their opening."""
    x, y = abs(x), abs(y)
    if plane == _MAGNET:
        outer, opening_x = upstream.trim5_half_width_m, upstream.trim5_half_gap_m
        opening_y = opening_x
    else:
        outer = upstream.early_collimator_half_width_m
        opening_x = upstream.early_collimator_half_aperture_x_m
        opening_y = upstream.early_collimator_half_aperture_y_m
    return x < outer and y < outer and not (x < opening_x and y < opening_y)


@inner_kernel(forceinline=True)
def pass_beam_line(momentum, x, y, z, slope_x, slope_y, charge, decay, masses, upstream):
    """Carry a charged particle through collimator and magnet to just behind the latter.

    `decay`: see `kinematics`.  Returns (passes, has decayed, momentum, x, y, z, slope_x,
    slope_y).  The collimator is that of 2017; what passes outside steel and iron goes on.
    """
    decay_z, cosine, azimuth = decay
    decays = False
    for plane in range(3):
        plane_z = upstream.trim5_z_m
        if plane != _MAGNET:
            half = 0.5 * upstream.early_collimator_length_m
            plane_z = upstream.early_collimator_z_m + (half if plane == _BACK else -half)
        if plane_z < z:
            continue
        if decay_z < plane_z and not decays:
            x, y, z = x + slope_x * (decay_z - z), y + slope_y * (decay_z - z), decay_z
            momentum, slope_x, slope_y = decay_pion_towards(
                cosine, azimuth, momentum, slope_x, slope_y, masses[_PION], masses[_MUON]
            )
            decays = True
        x, y, z = x + slope_x * (plane_z - z), y + slope_y * (plane_z - z), plane_z
        if _stopped(x, y, plane, upstream):
            return False, decays, momentum, x, y, z, slope_x, slope_y
    # A thin magnet with the kick towards +x for positive particles.
    slope_x, slope_y = kicked(momentum, slope_x, slope_y, -charge * upstream.trim5_kick_gev)
    return True, decays, momentum, x, y, z, slope_x, slope_y
