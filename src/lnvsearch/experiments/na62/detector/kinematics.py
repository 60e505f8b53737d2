"""What changes a track's line in NA62: the decay in flight of a pion, and a thin magnet."""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = [
    "DECAYS_NATURALLY",
    "DECAYS_NEVER",
    "decay_pion",
    "decay_pion_towards",
    "kicked",
    "muon_of_pion",
    "sample_decay_direction",
    "sample_decay_z",
]

#: How each pion decays in flight.  A decay is (z in m, cosine, azimuth of the muon in the pion's
#: frame); of a pion that does not decay, z is infinite.
DECAYS_NATURALLY, DECAYS_NEVER = 0, 1


@inner_kernel(forceinline=True)
def sample_decay_z(key, event, slot, mode, begin_z, end_z, mean_length_z):
    """Where a pion decays: (z in m, weight); infinity for a decay behind `end_z` or none.

    `mean_length_z`: mean flight length along z, m.  The weight is the ratio of the true density
    to the one drawn from.
    """
    if mode == DECAYS_NEVER:
        return np.inf, 1.0
    uniform, _, _, _ = uniform4(key, event, slot, 0, 0)
    z = begin_z - mean_length_z * math.log(uniform)
    return (z if z < end_z else np.inf), 1.0


@inner_kernel(forceinline=True)
def sample_decay_direction(key, event, slot):
    """(cosine, azimuth) of a muon that is isotropic in the pion's frame."""
    cosine, azimuth, _, _ = uniform4(key, event, slot, 0, 1)
    return 2.0 * cosine - 1.0, 2.0 * math.pi * azimuth


@inner_kernel(forceinline=True)
def decay_pion(key, event, slot, momentum, slope_x, slope_y, pion_mass, muon_mass):
    """Muon of pi -> mu nu, isotropic in the pion's frame: (momentum GeV, slope_x, slope_y)."""
    cosine, azimuth = sample_decay_direction(key, event, slot)
    return decay_pion_towards(
        cosine, azimuth, momentum, slope_x, slope_y, pion_mass, muon_mass
    )


@inner_kernel(forceinline=True)
def decay_pion_towards(cosine, azimuth, momentum, slope_x, slope_y, pion_mass, muon_mass):
    """Muon of pi -> mu nu in a direction of the pion's frame: (momentum GeV, slope_x, slope_y).

    `cosine`: to the pion's direction of flight; `azimuth`: about it, from x towards y.
    """
    about = (math.cos(azimuth), math.sin(azimuth))
    return muon_of_pion(cosine, about, momentum, slope_x, slope_y, pion_mass, muon_mass)


@inner_kernel(forceinline=True)
def muon_of_pion(cosine, about, momentum, slope_x, slope_y, pion_mass, muon_mass):
    """`decay_pion_towards`, with cosine and sine of the azimuth, `about`."""
    rest_momentum = 0.5 * (pion_mass * pion_mass - muon_mass * muon_mass) / pion_mass
    rest_energy = pion_mass - rest_momentum
    across = rest_momentum * math.sqrt(1.0 - cosine * cosine)
    energy = math.sqrt(momentum * momentum + pion_mass * pion_mass)
    along = (energy * rest_momentum * cosine + momentum * rest_energy) / pion_mass
    px, py = across * about[0], across * about[1]
    # Rotation of z into the pion's direction by the smallest angle.
    nz = 1.0 / math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    nx, ny = slope_x * nz, slope_y * nz
    tilt = (nx * px + ny * py) / (1.0 + nz)
    pz = nz * along - nx * px - ny * py
    px, py = px - nx * tilt + nx * along, py - ny * tilt + ny * along
    return math.sqrt(px * px + py * py + pz * pz), px / pz, py / pz


@inner_kernel(forceinline=True)
def kicked(momentum, slope_x, slope_y, kick):
    """Slopes behind the magnet; a particle that it turns around gets slopes of infinity."""
    pz = momentum / math.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    px, py = pz * slope_x - kick, pz * slope_y
    pz_squared = momentum * momentum - px * px - py * py
    is_turned = pz_squared <= 0.0
    pz = math.sqrt(1.0 if is_turned else pz_squared)
    return np.inf if is_turned else px / pz, np.inf if is_turned else py / pz
