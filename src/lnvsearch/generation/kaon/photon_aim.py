"""Where the photon of a Dalitz decay flies, in the decays that a search may select.

A search for fully measured decays loses this photon in two ways only: it flies backwards in the
kaon's rest frame, past the outer edge of the large-angle veto, or it is soft and flies forward
into the calorimeter, which does not veto.  Its direction n in the kaon's frame is drawn from

    (1 - b - s) u(n) + [b (1 + d/2) d / (x + d)^2 + s c / x^2 (x > e)] / (2 pi),   x = 1 + n_z,

u being the density of an isotropic photon of a pion with (E, p), M^2 / (4 pi (E - p.n)^2).

Where another photon is there, the two may look like a neutral pion: the angle between them in the
pion's frame then comes with a share from the window in which their mass is near the pion's.

The weights undo both and are bounded by one over the share that is left isotropic.
"""

from __future__ import annotations

import math


from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.generation.kaon.sharp_aim import missed_photon
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = [
    "BACKWARD_SHARE", "FORWARD_SHARE", "ISOTROPIC", "MISSED", "MISSED_SHARPLY", "PAIRED",
    "PAIRED_SHARE", "aimed_photon",
]

#: What the photon is aimed at: nothing, the ways past the vetoes, a mass with another photon, the ways past
#: the vetoes as `sharp_aim` has them.
ISOTROPIC, MISSED, PAIRED, MISSED_SHARPLY = 0, 1, 2, 3

#: b and s above, and the share of photons drawn from the window in mass.
BACKWARD_SHARE, FORWARD_SHARE, PAIRED_SHARE = 0.33, 0.52, 0.80
# d: a photon leaves past 50 mrad, the veto's edge, for x < 0.035 (kaons of 75 GeV).
_BACKWARD_WIDTH = 0.015
# e: it reaches the calorimeter from the fiducial volume below about 15 mrad, for x > 0.3.
_FORWARD_EDGE = 0.3
# Neutral vertices within 8 m of the decay, 70 m or more before the calorimeter: 12 % in mass.
_MASS_WINDOW = (0.86, 1.14)


@inner_kernel(forceinline=True)
def _aimed_density(x):
    """Density in x of the two aimed shares together."""
    width = _BACKWARD_WIDTH
    value = BACKWARD_SHARE * (1.0 + 0.5 * width) * width / ((x + width) * (x + width))
    if x > _FORWARD_EDGE:
        value += FORWARD_SHARE / ((1.0 / _FORWARD_EDGE - 0.5) * x * x)
    return value


@inner_kernel(forceinline=True)
def _missed(u_choice, u_x, u_azimuth, isotropic, pion, parent):
    """Direction in the pion's rest frame and weight of a photon that nothing sees.

    `isotropic`: a random direction in the pion's frame; `pion`: (px, py, pz, E).
    """
    px, py, pz, energy = pion
    if u_choice >= BACKWARD_SHARE + FORWARD_SHARE:
        rx, ry, rz = isotropic
        along = rx * px + ry * py + rz * pz
        scale = along / (energy + parent) + 1.0
        x = 1.0 + (parent * rz + scale * pz) / (energy + along)
        # E - p.n, without the subtraction.
        shrink = parent * parent / (energy + along)
    else:
        if u_choice < BACKWARD_SHARE:
            share = u_x / (1.0 + 0.5 * _BACKWARD_WIDTH)
            x = min(_BACKWARD_WIDTH * share / (1.0 - share), 2.0)
        else:
            edge = 1.0 / _FORWARD_EDGE
            x = 1.0 / (edge - u_x * (edge - 0.5))
        side = math.sqrt(max(x * (2.0 - x), 0.0))
        cos_azimuth, sin_azimuth = cosine_and_sine_of_turn(u_azimuth)
        nx, ny, nz = side * cos_azimuth, side * sin_azimuth, x - 1.0
        along = nx * px + ny * py + nz * pz
        shrink = energy - along
        scale = along / (energy + parent) - 1.0
        rx = (parent * nx + scale * px) / shrink
        ry = (parent * ny + scale * py) / shrink
        rz = (parent * nz + scale * pz) / shrink
    # Density of the isotropic photon a unit of x, azimuth integrated: M^2/(2 (E - p.n)^2).
    true = 0.5 * parent * parent / (shrink * shrink)
    rest = 1.0 - BACKWARD_SHARE - FORWARD_SHARE
    return rx, ry, rz, true / (rest * true + _aimed_density(max(x, 0.0)))


@inner_kernel(forceinline=True)
def _paired(u_choice, u_cosine, u_azimuth, isotropic, photon_energy, pion, parent, partner):
    """Direction in the pion's rest frame and weight, for a mass with `partner` near the pion's.

    `partner`: (kx, ky, kz) of the other photon in the kaon's frame; `photon_energy`: of the
    Dalitz photon in the pion's frame.
    """
    px, py, pz, energy = pion
    kx, ky, kz = partner
    rx, ry, rz = isotropic
    size = math.sqrt(kx * kx + ky * ky + kz * kz)
    along = kx * px + ky * py + kz * pz
    scale = (along / (energy + parent) - size) / parent
    other = (energy * size - along) / parent
    ax, ay, az = (kx + scale * px) / other, (ky + scale * py) / other, (kz + scale * pz) / other
    unit = parent * parent / (2.0 * photon_energy * other)
    high = 1.0 - unit * _MASS_WINDOW[0] * _MASS_WINDOW[0]
    low = max(1.0 - unit * _MASS_WINDOW[1] * _MASS_WINDOW[1], -1.0)
    if high - low < 1e-6:
        return rx, ry, rz, 1.0
    if u_choice < PAIRED_SHARE:
        cosine = low + u_cosine * (high - low)
        # Two axes across (Duff et al., JCGT 6 (2017) 1).
        sign = math.copysign(1.0, az)
        a = -1.0 / (sign + az)
        b = ax * ay * a
        cos_azimuth, sin_azimuth = cosine_and_sine_of_turn(u_azimuth)
        side = math.sqrt(max(1.0 - cosine * cosine, 0.0))
        s, t = side * cos_azimuth, side * sin_azimuth
        rx = cosine * ax + s * (1.0 + sign * ax * ax * a) + t * b
        ry = cosine * ay + s * sign * b + t * (sign + ay * ay * a)
        rz = cosine * az - s * sign * ax - t * ay
        inside = True
    else:
        cosine = rx * ax + ry * ay + rz * az
        inside = low < cosine < high
    if inside:
        return rx, ry, rz, 0.5 / (0.5 * (1.0 - PAIRED_SHARE) + PAIRED_SHARE / (high - low))
    return rx, ry, rz, 1.0 / (1.0 - PAIRED_SHARE)


@inner_kernel(forceinline=True)
def aimed_photon(key, event, slot, aim, isotropic, photon_energy, pion, parent, partner):
    """Direction of a Dalitz decay's photon in the pion's rest frame, and its weight.

    `aim`: MISSED, MISSED_SHARPLY or PAIRED; `isotropic`: the direction that it has otherwise.
    """
    u_choice, u_polar, u_azimuth, _ = uniform4(key, event, slot, 0, 4)
    if aim == MISSED_SHARPLY:
        return missed_photon(u_choice, u_polar, u_azimuth, isotropic, pion, parent)
    if aim == MISSED:
        return _missed(u_choice, u_polar, u_azimuth, isotropic, pion, parent)
    return _paired(
        u_choice, u_polar, u_azimuth, isotropic, photon_energy, pion, parent, partner
    )
