"""Charged particles of many decays on their way to the laboratory, LANES decays at once.

Leptons fly straight to the first chamber: decays with too few particles that may reach it end here,
before anything is drawn for a track.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.experiments.na62.detector.beam import N_KAON_NUMBERS, boost_of, boosted
from lnvsearch.experiments.na62.detector.flight import ELECTRON, PION
from lnvsearch.experiments.na62.detector.flight_together import (
    CHARGE,
    MASS,
    MOMENTUM,
    N_BEGIN,
    SLOPE_X,
    SLOPE_Y,
    SPECIES,
    X,
    Y,
    Z,
    is_seen,
)
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import (
    LANES,
    float_stack_array,
    integer_stack_array,
    load_fours,
    load_lanes,
    store_lanes,
)

__all__ = ["DECAY_Z", "N_PARTICLE", "PX", "PY", "PZ", "enter_together"]

#: Rows of a particle: those that a flight begins with, its momentum, GeV, and where it decays, m.
PX, PY, PZ, DECAY_Z = range(N_BEGIN, N_BEGIN + 4)
N_PARTICLE = N_BEGIN + 4

#: Rows of a kaon behind those that are drawn: its boost, where it decays, and the second vertex.
_BOOST, _VERTEX, _SECOND = N_KAON_NUMBERS, N_KAON_NUMBERS + 5, N_KAON_NUMBERS + 8
_N_KAON = N_KAON_NUMBERS + 11
#: Rows of a particle in the laboratory: momentum, slopes, its size, and 1 where it may be a track.
_N_LABORATORY, _SIZE, _MAY = 7, 5, 6

_ZERO = np.uint64(0)
#: Where the rows of lanes begin.
_AT = tuple(np.uint64(row * int(LANES)) for row in range(_N_KAON))
_kaon_lanes = float_stack_array(_N_KAON * int(LANES))
_particle_lanes = float_stack_array(_N_LABORATORY * int(LANES))
_four_lanes = float_stack_array(4 * int(LANES))
_one_lane = float_stack_array(int(LANES))
_passing_lanes = integer_stack_array(int(LANES))


@inner_kernel(forceinline=True)
def _boosted_lane(kaon, four, j):
    """A four-vector of the rest frame, rows of `four`, in the laboratory."""
    return boosted(
        four[j], four[_AT[1] + j], four[_AT[2] + j], four[_AT[3] + j], kaon[_AT[_BOOST] + j],
        kaon[_AT[_BOOST + 1] + j], kaon[_AT[_BOOST + 2] + j], kaon[_AT[_BOOST + 3] + j],
        kaon[_AT[_BOOST + 4] + j],
    )  # fmt: skip


@inner_kernel(forceinline=True)
def _enter_lane(kaon, four, out, j, origin, is_lepton, is_displaced, straws):
    """Rows `out` of one particle that starts at the row `origin` of `kaon`."""
    z_0, hole_x = straws.chamber_z_m[0], straws.hole_centre_x_m[0]
    px, py, pz, _ = _boosted_lane(kaon, four, j)
    x, y, z = kaon[origin + j], kaon[origin + LANES + j], kaon[origin + LANES + LANES + j]
    out[j], out[_AT[1] + j], out[_AT[2] + j] = px, py, pz
    out[_AT[3] + j], out[_AT[4] + j] = px / pz, py / pz
    out[_AT[_SIZE] + j] = math.sqrt(px * px + py * py + pz * pz)
    path = (z_0 - z) / pz
    # A straight line that reaches the straws of the first chamber.
    may = (pz > 0.0) & is_seen(x + path * px, y + path * py, hole_x, straws) if is_lepton else True
    # A track that starts behind the first chamber cannot have all four.
    out[_AT[_MAY] + j] = 1.0 if may & (not is_displaced or z < z_0) else 0.0


@inner_kernel()
def _list_decays(start, lanes, minimum, numbers, columns, species, charge, displaced, masses,
                 event_number, beam_line_end, kaon, laboratory, many, left, t, particles):  # fmt: skip
    """List the decays of a block of lanes and their particles; decays and particles so far."""
    rows, firsts, lasts, events, slots, kinds, begin, alone = particles
    passing, n = _passing_lanes(), _ZERO
    for j in range(lanes):
        passing[n] = j
        n += np.uint64(many[j] >= minimum)
    for i in range(n):
        j = passing[i]
        rows[left], firsts[left] = start + j, t
        for c in range(numbers):
            row = c * _N_LABORATORY
            if laboratory[row + _MAY, j] == 0.0:
                continue
            k = columns[c]
            origin = (_SECOND if displaced[k] else _VERTEX) * np.int64(LANES) + np.int64(j)
            begin[X, t], begin[Y, t] = kaon[origin], kaon[origin + np.int64(LANES)]
            begin[Z, t] = kaon[origin + 2 * np.int64(LANES)]
            begin[SLOPE_X, t], begin[SLOPE_Y, t] = laboratory[row + 3, j], laboratory[row + 4, j]
            begin[MOMENTUM, t] = laboratory[row + _SIZE, j]
            begin[MASS, t], begin[CHARGE, t] = masses[species[k]], charge[k]
            begin[SPECIES, t] = species[k]
            begin[PX, t], begin[PY, t] = laboratory[row, j], laboratory[row + 1, j]
            begin[PZ, t], begin[DECAY_Z, t] = laboratory[row + 2, j], np.inf
            events[t], slots[t], kinds[t] = event_number[start + j], k, species[k]
            # Backwards, or through the beam line, of which those that fly together know nothing.
            alone[t] = laboratory[row + 2, j] <= 0.0 or begin[Z, t] < beam_line_end
            t += 1
        lasts[left] = t
        left += 1
    return left, t


@inner_kernel()
def enter_together(
    first, last, event_number, species, charge, momentum, displacement, displaced, minimum,
    constants, straws, beam_line_end, kaons, particles,
):  # fmt: skip
    """List the decays [first, last) that may have `minimum` tracks, and their charged particles.

    `beam_line_end`: z (m) of its last magnet, before which particles fly alone.
    `kaons`: (N_KAON_NUMBERS, ...), of these decays; `particles`: the first eight arrays of
    `natural_kernel.Particles`.  Returns how many decays and particles are listed.
    """
    kaon, four, out, many = _kaon_lanes(), _four_lanes(), _particle_lanes(), _one_lane()
    columns, numbers = np.empty(len(species), dtype=np.int64), 0
    for k in range(len(species)):
        columns[numbers] = k
        numbers += (species[k] >= ELECTRON) & (species[k] <= PION)
    laboratory = np.empty((numbers * _N_LABORATORY, int(LANES)))
    total, left, t = np.uint64(last - first), 0, 0
    for start in range(_ZERO, total, LANES):
        lanes = min(LANES, total - start)
        for row in range(N_KAON_NUMBERS):
            load_lanes(kaons, row, start, lanes, kaon, np.uint64(row) * LANES)
        for j in range(LANES):
            (
                kaon[_AT[_BOOST] + j], kaon[_AT[_BOOST + 1] + j], kaon[_AT[_BOOST + 2] + j],
                kaon[_AT[_BOOST + 3] + j], kaon[_AT[_BOOST + 4] + j],
            ) = boost_of(kaon[j], constants.kaon_mass, kaon[_AT[1] + j], kaon[_AT[2] + j])  # fmt: skip
            kaon[_AT[_VERTEX] + j], kaon[_AT[_VERTEX + 1] + j] = kaon[_AT[3] + j], kaon[_AT[4] + j]
            kaon[_AT[_VERTEX + 2] + j] = kaon[_AT[5] + j]
            many[j] = 0.0
        if len(displacement) > 0:
            for j in range(lanes):
                i = first + np.int64(start + j)
                four[j], four[_AT[1] + j] = displacement[i, 0], displacement[i, 1]
                four[_AT[2] + j], four[_AT[3] + j] = displacement[i, 2], displacement[i, 3]
            for j in range(LANES):
                dx, dy, dz, _ = _boosted_lane(kaon, four, j)
                kaon[_AT[_SECOND] + j] = kaon[_AT[_VERTEX] + j] + dx
                kaon[_AT[_SECOND + 1] + j] = kaon[_AT[_VERTEX + 1] + j] + dy
                kaon[_AT[_SECOND + 2] + j] = kaon[_AT[_VERTEX + 2] + j] + dz
        for c in range(numbers):
            k = columns[c]
            is_lepton, is_displaced = species[k] != PION, displaced[k]
            origin = np.uint64(_SECOND if is_displaced else _VERTEX) * LANES
            load_fours(momentum, np.uint64(first) + start, k, lanes, four)
            for j in range(LANES):
                _enter_lane(kaon, four, out, j, origin, is_lepton, is_displaced, straws)
                many[j] += out[_AT[_MAY] + j]
            for row in range(_N_LABORATORY):
                store_lanes(
                    out, np.uint64(row) * LANES, LANES, laboratory, c * _N_LABORATORY + row, _ZERO
                )
        left, t = _list_decays(
            start, lanes, minimum, numbers, columns, species, charge, displaced, constants.masses,
            event_number[first:], beam_line_end, kaon, laboratory, many, left, t, particles,
        )  # fmt: skip
    return left, t
