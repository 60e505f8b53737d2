"""What one photon does to the decay that radiates it, in the rest frame of the decaying particle.

The photon and its emitter share what the emitter had; all else in the decay, Y, recoils as one system
whose mass stays.  Without branches, so that many decays can go side by side (`emission_together`).
"""

from __future__ import annotations

import math

from lnvsearch.inner_kernel import inner_kernel

__all__ = ["across", "recoil", "stretched"]


@inner_kernel(forceinline=True)
def across(nx, ny, nz, cosine, sine):
    """Unit vector across (nx, ny, nz) at an azimuth of this cosine and sine.

    After Duff et al., JCGT 6 (2017) 1: no direction is singular.
    """
    sign = math.copysign(1.0, nz)
    a = -1.0 / (sign + nz)
    b = nx * ny * a
    return (
        cosine * (1.0 + sign * nx * nx * a) + sine * b,
        cosine * sign * b + sine * (sign + ny * ny * a),
        -cosine * sign * nx - sine * ny,
    )


@inner_kernel(forceinline=True)
def stretched(px, py, pz, energy, nx, ny, nz, factor):
    """Boost of a four-momentum along (nx, ny, nz): E + p_parallel grows by `factor`."""
    along = px * nx + py * ny + pz * nz
    plus = (energy + along) * factor
    minus = (energy - along) / factor
    shift = 0.5 * (plus - minus) - along
    return px + shift * nx, py + shift * ny, pz + shift * nz, 0.5 * (plus + minus)


@inner_kernel(forceinline=True)
def _recoil_momentum(parent, photon, cosine, mass, rest_squared):
    """Momentum of the emitter next to a photon at angle `cosine`, and whether it is possible.

    The larger root of 2 (M - k) E + 2 k c p = M^2 - 2 M k + m^2 - m_Y^2.
    """
    a, b = 2.0 * (parent - photon), 2.0 * photon * cosine
    c = parent * parent - 2.0 * parent * photon + mass * mass - rest_squared
    discriminant = c * c - (a * a - b * b) * mass * mass
    is_possible = (discriminant >= 0.0) & (c > 0.0)
    root = math.sqrt(discriminant if is_possible else 0.0)
    momentum = (a * root - b * c) / (a * a - b * b)
    return momentum, is_possible & (c - b * momentum > 0.0) & (momentum > 0.0)


@inner_kernel(forceinline=True)
def recoil(
    px, py, pz, own_energy, parent, energy, one_minus, one_plus, cos_azimuth, sin_azimuth, mass
):
    """What follows if a particle, of mass `mass`, radiates a photon of an energy at an angle to it.

    `one_minus`, `one_plus`: 1 - c and 1 + c of the angle.  Returns its new four-momentum, the photon's
    momentum, the direction and factor by which all others are `stretched`, and whether kinematics
    allow it; if not, the rest means nothing.
    """
    size, rest_energy = math.sqrt(px * px + py * py + pz * pz), parent - own_energy
    rest_squared = max((rest_energy - size) * (rest_energy + size), 0.0)
    cosine, sine = 0.5 * (one_plus - one_minus), math.sqrt(one_minus * one_plus)
    after, is_allowed = _recoil_momentum(parent, energy, cosine, mass, rest_squared)
    squared = after * after + energy * energy + 2.0 * after * energy * cosine
    is_allowed = is_allowed & (squared > 0.0)
    total = math.sqrt(squared if is_allowed else 1.0)
    # Photon and emitter share the transverse momentum; their sum flies along the old direction.
    nx, ny, nz = px / size, py / size, pz / size
    tx, ty, tz = across(nx, ny, nz, cos_azimuth, sin_azimuth)
    sideways = after * energy * sine / total
    along_own = after * (after + energy * cosine) / total
    along_photon = energy * (energy + after * cosine) / total
    own = (
        along_own * nx + sideways * tx, along_own * ny + sideways * ty,
        along_own * nz + sideways * tz, math.sqrt(after * after + mass * mass),
    )  # fmt: skip
    photon = (
        along_photon * nx - sideways * tx, along_photon * ny - sideways * ty,
        along_photon * nz - sideways * tz,
    )  # fmt: skip
    factor = (math.sqrt(total * total + rest_squared) + total) / (rest_energy + size)
    return own, photon, (-nx, -ny, -nz), factor, is_allowed
