"""Photons added to many decays of one parent, LANES at a time; `radiation.emit_photon` says what is done.

Photons of one decay follow one after another, as each changes the momenta of the others.  Those of
different decays go together.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.generation.recoil import recoil, stretched
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_listed_fours

__all__ = ["COSINE", "ENERGY", "KEPT", "N_PHOTON", "ONE_MINUS", "ONE_PLUS", "SINE", "emit_all"]

#: Rows of a photon: energy, 1 - c, 1 + c, cosine and sine of its azimuth, whether it is kept.
ENERGY, ONE_MINUS, ONE_PLUS, COSINE, SINE, KEPT = range(6)
N_PHOTON = 6

#: Rows of what follows from a photon: its emitter's direction, how much the others are stretched,
#: whether kinematics allow it.
_NX, _NY, _NZ, _FACTOR, _ALLOWED = range(5)

_ZERO = np.uint64(0)
_AT = tuple(np.uint64(row * int(LANES)) for row in range(N_PHOTON))
_four_lanes = float_stack_array(4 * int(LANES))
_photon_lanes = float_stack_array(N_PHOTON * int(LANES))
_stretch_lanes = float_stack_array(5 * int(LANES))


@inner_kernel(forceinline=True)
def _emit_lane(own, emitted, photon, stretch, j, parent, mass):
    """One photon of `photon`: rows of its emitter, `own`, change; rows of its momentum, `emitted`."""
    energy = photon[_AT[ENERGY] + j]
    (
        (own[j], own[_AT[1] + j], own[_AT[2] + j], own[_AT[3] + j]),
        (emitted[j], emitted[_AT[1] + j], emitted[_AT[2] + j]),
        (stretch[j], stretch[_AT[_NY] + j], stretch[_AT[_NZ] + j]),
        stretch[_AT[_FACTOR] + j],
        is_allowed,
    ) = recoil(
        own[j], own[_AT[1] + j], own[_AT[2] + j], own[_AT[3] + j], parent, energy,
        photon[_AT[ONE_MINUS] + j], photon[_AT[ONE_PLUS] + j], photon[_AT[COSINE] + j],
        photon[_AT[SINE] + j], mass,
    )  # fmt: skip
    emitted[_AT[3] + j], stretch[_AT[_ALLOWED] + j] = energy, 1.0 if is_allowed else 0.0


@inner_kernel(forceinline=True)
def _stretch_lane(four, stretch, j):
    """`recoil.stretched` of a four-momentum."""
    four[j], four[_AT[1] + j], four[_AT[2] + j], four[_AT[3] + j] = stretched(
        four[j], four[_AT[1] + j], four[_AT[2] + j], four[_AT[3] + j], stretch[j],
        stretch[_AT[_NY] + j], stretch[_AT[_NZ] + j], stretch[_AT[_FACTOR] + j],
    )  # fmt: skip


@inner_kernel()
def _store_fours(four, stretch, momentum, first, rows, start, lanes, column):
    for j in range(lanes):
        if stretch[_AT[_ALLOWED] + j] == 0.0:
            continue
        i = first + rows[start + j]
        momentum[i, column, 0], momentum[i, column, 1] = four[j], four[_AT[1] + j]
        momentum[i, column, 2], momentum[i, column, 3] = four[_AT[2] + j], four[_AT[3] + j]


@inner_kernel()
def _emit(n, first, rows, chosen, emitter, parent, mass, photons, primary, first_column, momentum,
          count):  # fmt: skip
    """One photon each, `chosen` of the columns of `photons`, of n decays, `rows` of the block."""
    own, emitted, other = _four_lanes(), _four_lanes(), _four_lanes()
    photon, stretch, total = _photon_lanes(), _stretch_lanes(), np.uint64(n)
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        load_listed_fours(primary, first, rows, start, lanes, emitter, own)
        for row in range(KEPT):
            for j in range(lanes):
                photon[np.uint64(row) * LANES + j] = photons[row, chosen[start + j]]
        for j in range(LANES):
            _emit_lane(own, emitted, photon, stretch, j, parent, mass)
        for column in range(primary.shape[1]):
            if column != emitter:
                load_listed_fours(primary, first, rows, start, lanes, column, other)
                for j in range(LANES):
                    _stretch_lane(other, stretch, j)
                _store_fours(other, stretch, primary, first, rows, start, lanes, column)
        _store_fours(own, stretch, primary, first, rows, start, lanes, emitter)
        most = 0
        for j in range(lanes):
            most = max(most, count[rows[start + j]])
        # Columns without a photon hold zeros, and keep them.
        for column in range(first_column, first_column + most):
            load_listed_fours(momentum, first, rows, start, lanes, column, other)
            for j in range(LANES):
                _stretch_lane(other, stretch, j)
            _store_fours(other, stretch, momentum, first, rows, start, lanes, column)
        for j in range(lanes):
            if stretch[_AT[_ALLOWED] + j] > 0.0:
                d = rows[start + j]
                for axis in range(4):
                    momentum[first + d, first_column + count[d], axis] = emitted[
                        np.uint64(axis) * LANES + j
                    ]
                count[d] += 1


@inner_kernel()
def _put_on_shell(n, first, rows, mass, primary):
    """The energies of n decays, `rows` of the block, from their momenta."""
    four, total = _four_lanes(), np.uint64(n)
    for column in range(primary.shape[1]):
        own = mass[column]
        for start in range(_ZERO, total, LANES):
            lanes = min(LANES, total - start)
            load_listed_fours(primary, first, rows, start, lanes, column, four)
            for j in range(LANES):
                px, py, pz = four[j], four[_AT[1] + j], four[_AT[2] + j]
                four[_AT[3] + j] = math.sqrt(px * px + py * py + pz * pz + own * own)
            for j in range(lanes):
                primary[first + rows[start + j], column, 3] = four[_AT[3] + j]


@inner_kernel()
def emit_all(n, first, parent, mass, n_listed, decays, photons, primary, first_column, momentum,
             lists, count, radiates):  # fmt: skip
    """Add the photons that are kept, lists by emitter, to the decays [first, first + n).

    `n_listed`: (k,); `decays`: (k, ...), of the block, ascending; `photons`: N_PHOTON rows an
    emitter; `lists`: room for three lists as long; `count`, `radiates`: room for n.
    """
    width = momentum.shape[1] - first_column
    waiting, chosen, rows = lists[0], lists[1], lists[2]
    for d in range(n):
        count[d], radiates[d] = 0, False
        for column in range(first_column, first_column + width):
            momentum[first + d, column, 0], momentum[first + d, column, 1] = 0.0, 0.0
            momentum[first + d, column, 2], momentum[first + d, column, 3] = 0.0, 0.0
    for emitter in range(primary.shape[1]):
        own, of_emitter = decays[emitter], photons[emitter * N_PHOTON : (emitter + 1) * N_PHOTON]
        left = 0
        for t in range(n_listed[emitter]):
            waiting[left] = t
            left += of_emitter[KEPT, t] != 0.0
        while left > 0:
            # Of each decay the first that waits.
            together, others, last = 0, 0, -1
            for w in range(left):
                t = waiting[w]
                d = own[t]
                if d == last:
                    waiting[others] = t
                    others += 1
                elif count[d] < width:
                    chosen[together], rows[together], radiates[d] = t, d, True
                    together += 1
                last = d
            _emit(together, first, rows, chosen, emitter, parent, mass[emitter], of_emitter, primary,
                  first_column, momentum, count)  # fmt: skip
            left = others
    left = 0
    for d in range(n):
        rows[left] = d
        left += radiates[d]
    _put_on_shell(left, first, rows, mass, primary)
