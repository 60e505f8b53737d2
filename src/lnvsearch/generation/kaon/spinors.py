"""Dirac spinors in the chiral basis and lepton currents, as tuples for compiled kernels.

gamma^mu = [[0, sigma^mu], [sigmabar^mu, 0]], sigma = (1, s), sigmabar = (1, -s), gamma5 =
diag(-1, -1, 1, 1); u = (sqrt(p.sigma) xi, sqrt(p.sigmabar) xi), v = (sqrt(p.sigma) eta,
-sqrt(p.sigmabar) eta) (Peskin and Schroeder, section 3.3).  Spin sums run over xi, eta = (1, 0)
and (0, 1).  Four-vectors are tuples (x, y, z, E), contravariant, real or complex; tuples stay
in registers where small arrays would not.
"""

from __future__ import annotations

import math

from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "add", "dot", "lepton_spinors", "neutrino_spinor", "pair_currents", "row", "sigma_current",
    "square", "weak_current",
]


@inner_kernel(forceinline=True)
def row(momentum, i):
    """Row i of an array of four-momenta as a tuple."""
    return momentum[i, 0], momentum[i, 1], momentum[i, 2], momentum[i, 3]


@inner_kernel(forceinline=True)
def add(a, b):
    """Sum of two four-vectors."""
    return a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]


@inner_kernel(forceinline=True)
def dot(a, b):
    """Minkowski product of two four-vectors (x, y, z, E)."""
    return a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2]


@inner_kernel(forceinline=True)
def square(value):
    """|z|^2 of a complex number."""
    return value.real * value.real + value.imag * value.imag


@inner_kernel(forceinline=True)
def lepton_spinors(p, mass, antiparticle):
    """Both spinors of a massive lepton, each (left 0, left 1, right 0, right 1).

    sqrt(p.sigma) = (p.sigma + m) / sqrt(2 (E + m)), and with the three-momentum's sign turned
    for sqrt(p.sigmabar).
    """
    x, y, z, energy = p
    norm = 1.0 / math.sqrt(2.0 * (energy + mass))
    sign = -norm if antiparticle else norm
    diagonal = energy + mass
    first = (
        complex(norm * (diagonal - z), 0.0), complex(-norm * x, -norm * y),
        complex(sign * (diagonal + z), 0.0), complex(sign * x, sign * y),
    )
    second = (
        complex(-norm * x, norm * y), complex(norm * (diagonal + z), 0.0),
        complex(sign * x, -sign * y), complex(sign * (diagonal - z), 0.0),
    )
    return first, second


@inner_kernel(forceinline=True)
def neutrino_spinor(p):
    """Left spinor (two components) of a massless neutrino: sqrt(2 E) times helicity -1/2."""
    x, y, z, energy = p
    norm = 1.0 / math.sqrt(energy + abs(z))
    backward = z < 0.0
    large, side = norm * (energy + abs(z)), norm * y
    return (
        complex(large if backward else -norm * x, 0.0 if backward else side),
        complex(-norm * x if backward else large, -side if backward else 0.0),
    )


@inner_kernel(forceinline=True)
def sigma_current(a0, a1, b0, b1, sign):
    """a^dagger (1, sign * sigma) b as a four-vector."""
    c0, c1 = a0.conjugate(), a1.conjugate()
    c00, c01, c10, c11 = c0 * b0, c0 * b1, c1 * b0, c1 * b1
    turned = c10 - c01
    return (
        sign * (c01 + c10),
        complex(-sign * turned.imag, sign * turned.real),
        sign * (c00 - c11),
        c00 + c11,
    )


@inner_kernel(forceinline=True)
def weak_current(neutrino, lepton):
    """ubar(nu) gamma^mu (1 - gamma5) v(l) of one spinor of l+."""
    x, y, z, t = sigma_current(neutrino[0], neutrino[1], lepton[0], lepton[1], -1.0)
    return 2.0 * x, 2.0 * y, 2.0 * z, 2.0 * t


@inner_kernel(forceinline=True)
def _pair_current(minus, plus):
    left = sigma_current(minus[0], minus[1], plus[0], plus[1], -1.0)
    return add(left, sigma_current(minus[2], minus[3], plus[2], plus[3], 1.0))


@inner_kernel(forceinline=True)
def pair_currents(minus, plus):
    """ubar(l-) gamma^mu v(l+) for the spins (l-, l+) = (0, 0), (0, 1), (1, 0), (1, 1)."""
    return (
        _pair_current(minus[0], plus[0]), _pair_current(minus[0], plus[1]),
        _pair_current(minus[1], plus[0]), _pair_current(minus[1], plus[1]),
    )
