"""Charged particles of many decays on their way to the laboratory, LANES decays at once.

Leptons fly straight to the first chamber: decays with too few particles that may reach it end here,
before anything is drawn for a track.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.experiments.na62.detector.beam import N_KAON_NUMBERS, boost_of, boosted
from lnvsearch.experiments.na62.detector.flight import PION
from lnvsearch.experiments.na62.detector.flight_together import (
    MOMENTUM,
    N_BEGIN,
    SLOPE_X,
    SLOPE_Y,
    X,
    Y,
    Z,
    is_seen,
)
from lnvsearch.experiments.na62.detector.hopeless import is_hopeless
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import LANES, float_stack_array, load_fours, load_lanes, store_lanes

__all__ = ["APART", "DECAY_Z", "HOPELESS", "MAY", "N_PARTICLE", "PX", "PY", "PZ", "enter_together"]

#: Rows of a particle: those that a flight begins with, its momentum, GeV, and where it decays, m; and, as
#: 1 or 0, whether it may be a track, is one that nothing but `fly` can follow, and has no hope.
PX, PY, PZ, DECAY_Z, MAY, APART, HOPELESS = range(N_BEGIN, N_BEGIN + 7)
N_PARTICLE = N_BEGIN + 7
#: Those that are written here; the others are the same for all decays.
_WRITTEN = (X, Y, Z, SLOPE_X, SLOPE_Y, MOMENTUM, PX, PY, PZ, DECAY_Z, MAY, APART, HOPELESS)

#: Rows of a kaon behind those that are drawn: its boost, where it decays, and the second vertex.
_BOOST, _VERTEX, _SECOND = N_KAON_NUMBERS, N_KAON_NUMBERS + 5, N_KAON_NUMBERS + 8
_N_KAON = N_KAON_NUMBERS + 11

_ZERO = np.uint64(0)
#: Where the rows of lanes begin.
_AT = tuple(np.uint64(row * int(LANES)) for row in range(max(_N_KAON, N_PARTICLE)))
_kaon_lanes = float_stack_array(_N_KAON * int(LANES))
_particle_lanes = float_stack_array(N_PARTICLE * int(LANES))
_four_lanes = float_stack_array(4 * int(LANES))
_one_lane = float_stack_array(int(LANES))


@inner_kernel(forceinline=True)
def _boosted_lane(kaon, four, j):
    """A four-vector of the rest frame, rows of `four`, in the laboratory."""
    return boosted(
        four[j], four[_AT[1] + j], four[_AT[2] + j], four[_AT[3] + j], kaon[_AT[_BOOST] + j],
        kaon[_AT[_BOOST + 1] + j], kaon[_AT[_BOOST + 2] + j], kaon[_AT[_BOOST + 3] + j],
        kaon[_AT[_BOOST + 4] + j],
    )  # fmt: skip


@inner_kernel(forceinline=True)
def _enter_lane(kaon, four, out, j, origin, is_lepton, is_displaced, straws, beam_line_end):
    """Rows `out` of one particle that starts at the row `origin` of `kaon`."""
    z_0, hole_x = straws.chamber_z_m[0], straws.hole_centre_x_m[0]
    px, py, pz, _ = _boosted_lane(kaon, four, j)
    x, y, z = kaon[origin + j], kaon[origin + LANES + j], kaon[origin + LANES + LANES + j]
    out[_AT[X] + j], out[_AT[Y] + j], out[_AT[Z] + j] = x, y, z
    out[_AT[PX] + j], out[_AT[PY] + j], out[_AT[PZ] + j] = px, py, pz
    out[_AT[SLOPE_X] + j], out[_AT[SLOPE_Y] + j] = px / pz, py / pz
    out[_AT[MOMENTUM] + j] = math.sqrt(px * px + py * py + pz * pz)
    path = (z_0 - z) / pz
    # A straight line that reaches the straws of the first chamber.
    may = (pz > 0.0) & is_seen(x + path * px, y + path * py, hole_x, straws) if is_lepton else True
    # A track that starts behind the first chamber cannot have all four.
    out[_AT[MAY] + j] = 1.0 if may & (not is_displaced or z < z_0) else 0.0
    # Backwards, or through the beam line, of which those that fly together know nothing.
    out[_AT[APART] + j] = 1.0 if (pz <= 0.0) | (z < beam_line_end) else 0.0
    out[_AT[DECAY_Z] + j] = np.inf


@inner_kernel(forceinline=True)
def _judge_lane(out, j, mass, charge, straws, scattering_gev):
    """The row HOPELESS of a particle: that it may be a track, flies with others, and is lost certainly."""
    hopeless = is_hopeless(
        (out[_AT[X] + j], out[_AT[Y] + j], out[_AT[Z] + j]),
        (out[_AT[PX] + j], out[_AT[PY] + j], out[_AT[PZ] + j]), out[_AT[SLOPE_X] + j],
        out[_AT[SLOPE_Y] + j], out[_AT[MOMENTUM] + j], mass, charge, straws, scattering_gev,
    )  # fmt: skip
    out[_AT[HOPELESS] + j] = (1.0 if hopeless else 0.0) * (out[_AT[MAY] + j] - out[_AT[APART] + j])


@inner_kernel()
def enter_together(
    first, last, columns, species, charge, momentum, displacement, displaced, minimum, constants,
    straws, beam_line_end, kaons, rows, begin,
):  # fmt: skip
    """Bring the charged particles of the decays [first, last) to the laboratory.

    `columns`: (k,), those of charged particles; `beam_line_end`: z (m) of its last magnet, before which
    particles fly apart; `kaons`: (N_KAON_NUMBERS, ...), of these decays; `begin`: (N_PARTICLE, k m), where
    particle c of the decay d of m is written to the column c m + d.
    Returns how many decays may have `minimum` tracks; `rows`: (m,), which.
    """
    kaon, four, out, many = _kaon_lanes(), _four_lanes(), _particle_lanes(), _one_lane()
    total, left = np.uint64(last - first), 0
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
        for c in range(len(columns)):
            k = columns[c]
            is_lepton, is_displaced = species[k] != PION, displaced[k]
            origin = np.uint64(_SECOND if is_displaced else _VERTEX) * LANES
            load_fours(momentum, np.uint64(first) + start, k, lanes, four)
            for j in range(LANES):
                _enter_lane(kaon, four, out, j, origin, is_lepton, is_displaced, straws, beam_line_end)
                many[j] += out[_AT[MAY] + j]
            for j in range(LANES):
                _judge_lane(out, j, constants.masses[species[k]], charge[k], straws,
                            constants.scattering_gev)  # fmt: skip
            for row in _WRITTEN:
                store_lanes(out, np.uint64(row) * LANES, lanes, begin, row, np.uint64(c * len(rows)) + start)
        for j in range(lanes):
            rows[left] = start + j
            left += many[j] >= minimum
    return left
