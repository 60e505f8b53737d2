"""Ke3 decays with a Dalitz pair, drawn where a search for fully measured decays selects them.

As `photon_aim`, with three changes that double the share of effective events:

- the photon n is drawn from (1 - b - s - o) u(n) + b (backwards) + s / x (forwards, 0.3 < x < 1.4) + o u'(n),
  x = 1 + n_z, with u' the density of an isotropic photon of a pion with (E, -p): against the pion it is soft;
- most masses of the pair are drawn from 1/m above 5 MeV: lighter pairs have tracks that cannot be told apart;
- more neutrinos fly backwards, in a narrower peak.

The weights undo all of it and are bounded by one over the shares that are left as they are.
"""

from __future__ import annotations

import math


from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "LEFT_ISOTROPIC", "LEFT_TRUE", "NEUTRINO_FRACTION", "NEUTRINO_NARROWING", "missed_photon",
    "pair_density", "pair_mass",
]

#: f of `aim`, and what narrows its peak.
NEUTRINO_FRACTION, NEUTRINO_NARROWING = 0.9, 0.55
#: b, s and o above.
_BACKWARD, _FORWARD, _AGAINST = 0.25, 0.55, 0.12
# d: see `photon_aim`.
_BACKWARD_WIDTH = 0.0135
_FORWARD_RANGE = (0.3, 1.4)
#: Shares of pair masses that are drawn from 1/m above the least mass (GeV), and flat.
_HARD_SHARE, _FLAT_SHARE, _LEAST_PAIR_GEV = 0.65, 0.05, 0.005
#: What is left: isotropic photons, and pair masses from the true spectrum.
LEFT_ISOTROPIC = 1.0 - _BACKWARD - _FORWARD - _AGAINST
LEFT_TRUE = 1.0 - _HARD_SHARE - _FLAT_SHARE


@inner_kernel(forceinline=True)
def pair_mass(u_choice, u_mass, low, parent):
    """Mass of the pair (GeV) if it is not drawn from the true spectrum; 0 if it is to be."""
    if u_choice < _HARD_SHARE:
        return _LEAST_PAIR_GEV * math.exp(u_mass * math.log(parent / _LEAST_PAIR_GEV))
    if u_choice < _HARD_SHARE + _FLAT_SHARE:
        return low + u_mass * (parent - low)
    return 0.0


@inner_kernel(forceinline=True)
def pair_density(mass, true, low, parent):
    """Density (1/GeV) that the mass was drawn from; `true`: that of the decay."""
    value = (1.0 - _HARD_SHARE - _FLAT_SHARE) * true + _FLAT_SHARE / (parent - low)
    if mass > _LEAST_PAIR_GEV:
        value += _HARD_SHARE / (mass * math.log(parent / _LEAST_PAIR_GEV))
    return value


@inner_kernel(forceinline=True)
def _from_pion(isotropic, px, py, pz, energy, parent):
    """Direction in the kaon's frame of a photon with a direction in the frame of a pion (p, E)."""
    rx, ry, rz = isotropic
    along = rx * px + ry * py + rz * pz
    scale = along / (energy + parent) + 1.0
    total = energy + along
    return (
        (parent * rx + scale * px) / total,
        (parent * ry + scale * py) / total,
        (parent * rz + scale * pz) / total,
    )


@inner_kernel(forceinline=True)
def _drawn_direction(u_choice, u_x, u_azimuth, isotropic, pion, parent):
    """Direction of the photon in the kaon's frame."""
    px, py, pz, energy = pion
    if u_choice >= _BACKWARD + _FORWARD + _AGAINST:
        return _from_pion(isotropic, px, py, pz, energy, parent)
    if u_choice >= _BACKWARD + _FORWARD:
        return _from_pion(isotropic, -px, -py, -pz, energy, parent)
    if u_choice < _BACKWARD:
        share = u_x / (1.0 + 0.5 * _BACKWARD_WIDTH)
        x = min(_BACKWARD_WIDTH * share / (1.0 - share), 2.0)
    else:
        x = _FORWARD_RANGE[0] * math.exp(u_x * math.log(_FORWARD_RANGE[1] / _FORWARD_RANGE[0]))
    side = math.sqrt(max(x * (2.0 - x), 0.0))
    cos_azimuth, sin_azimuth = cosine_and_sine_of_turn(u_azimuth)
    return side * cos_azimuth, side * sin_azimuth, x - 1.0


@inner_kernel(forceinline=True)
def missed_photon(u_choice, u_x, u_azimuth, isotropic, pion, parent):
    """Direction in the pion's rest frame and weight of a photon that nothing sees.

    `isotropic`: a random direction in that frame; `pion`: (px, py, pz, E) in the kaon's, `parent` its mass.
    """
    px, py, pz, energy = pion
    nx, ny, nz = _drawn_direction(u_choice, u_x, u_azimuth, isotropic, pion, parent)
    along = nx * px + ny * py + nz * pz
    shrink = energy - along
    scale = along / (energy + parent) - 1.0
    rx = (parent * nx + scale * px) / shrink
    ry = (parent * ny + scale * py) / shrink
    rz = (parent * nz + scale * pz) / shrink
    # Densities a unit of x, azimuth integrated.
    x = max(1.0 + nz, 0.0)
    true = 0.5 * parent * parent / (shrink * shrink)
    against = 0.5 * parent * parent / ((energy + along) * (energy + along))
    width = _BACKWARD_WIDTH
    drawn = (1.0 - _BACKWARD - _FORWARD - _AGAINST) * true + _AGAINST * against
    drawn += _BACKWARD * (1.0 + 0.5 * width) * width / ((x + width) * (x + width))
    if _FORWARD_RANGE[0] < x < _FORWARD_RANGE[1]:
        drawn += _FORWARD / (x * math.log(_FORWARD_RANGE[1] / _FORWARD_RANGE[0]))
    return rx, ry, rz, true / drawn
