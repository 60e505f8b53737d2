"""The event loop: one decay tree, event after event, in one compiled kernel.

A tree is a list of nodes in breadth-first order; node 0 is the decaying particle and the
daughters of a node are neighbours.  Every vertex is generated in its parent's rest frame: masses
of short-lived daughters, phase space (or the Dalitz matrix element), radiation.  Then all is
boosted down the tree to the laboratory.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from lnvsearch.generation.phase_space import (
    at_rest,
    decay_chain,
    draw_chain,
    find_maximum_weight,
)
from lnvsearch.generation.radiation import MAXIMUM_PHOTONS, radiate
from lnvsearch.random_streams import normal_pair, uniform4

__all__ = ["PHASE_SPACE", "DALITZ", "DecayTree", "Streams", "generate_block"]

PHASE_SPACE = 0
DALITZ = 1

_PHOTON_CODE = 22
_MAXIMUM_ATTEMPTS = 10_000_000


class DecayTree(NamedTuple):
    """A decay tree as arrays, one entry a node (see the module's text for their order).

    `parent`, `first`, `n_daughters` (0 for a final particle), `model` of its decay; `mass`, GeV;
    `width`, GeV, 0 for a fixed mass; `lowest`: least mass that its daughters need; `charged`,
    `spin_half`: for radiation; `output`: place among the final particles, -1 if it decays;
    `code`, `conjugate`: PDG codes of the node and of its antiparticle.
    """

    parent: np.ndarray
    first: np.ndarray
    n_daughters: np.ndarray
    model: np.ndarray
    mass: np.ndarray
    width: np.ndarray
    lowest: np.ndarray
    charged: np.ndarray
    spin_half: np.ndarray
    output: np.ndarray
    code: np.ndarray
    conjugate: np.ndarray


class Streams(NamedTuple):
    """Keys of the random streams of generation, one a physical process."""

    phase_space: np.ndarray
    line_shape: np.ndarray
    matrix_element: np.ndarray
    radiation: np.ndarray
    beam: np.ndarray
    charge_conjugation: np.ndarray


@njit(cache=True, error_model="numpy")
def _line_shape_mass(pole, width, low, high, uniform):
    """Mass from the relativistic Breit-Wigner 1 / ((s - m^2)^2 + m^2 Gamma^2), low < m < high."""
    scale = pole * width
    start = math.atan((low * low - pole * pole) / scale)
    stop = math.atan((high * high - pole * pole) / scale)
    squared = pole * pole + scale * math.tan(start + uniform * (stop - start))
    return math.sqrt(min(max(squared, low * low), high * high))


@njit(cache=True, error_model="numpy")
def _lightest(tree, first, n, mass):
    """Daughters' masses at their least, where the phase-space weight of a vertex is largest."""
    total = 0.0
    for node in range(first, first + n):
        mass[node] = tree.lowest[node] if tree.width[node] > 0.0 else tree.mass[node]
        total += mass[node]
    return total


@njit(cache=True, error_model="numpy")
def _draw_masses(streams, event, attempt, tree, first, n, parent_mass, total, mass):
    """Masses of short-lived daughters; returns the kinetic energy left (negative: closed)."""
    kinetic = parent_mass
    for node in range(first, first + n):
        if tree.width[node] > 0.0:
            high = parent_mass - (total - tree.lowest[node])
            uniform = uniform4(streams.line_shape, event, node, attempt, 0)[0]
            mass[node] = _line_shape_mass(
                tree.mass[node], tree.width[node], tree.lowest[node], high, uniform
            )
        kinetic -= mass[node]
    return kinetic


@njit(cache=True, error_model="numpy")
def _phase_space_vertex(streams, event, node, tree, maximum, has_widths, mass, work, momentum):
    """One unweighted decay of `node`, with the masses of its short-lived daughters.

    Masses and kinematics are accepted together: line shapes times the true phase space.
    """
    first, n = tree.first[node], tree.n_daughters[node]
    total = 0.0
    if has_widths:
        total = _lightest(tree, first, n, mass)
    kinetic = mass[node]
    for daughter in range(first, first + n):
        kinetic -= mass[daughter]
    for attempt in range(_MAXIMUM_ATTEMPTS):
        if has_widths:
            kinetic = _draw_masses(
                streams, event, attempt, tree, first, n, mass[node], total, mass
            )
            if kinetic < 0.0:
                continue
        if kinetic <= 0.0:
            at_rest(mass, first, n, momentum)
            return
        weight, threshold = draw_chain(
            streams.phase_space, event, node, attempt, kinetic, mass, first, n, work
        )
        if threshold * maximum < weight:
            decay_chain(
                streams.phase_space, event, node, attempt, mass, first, n, work, momentum
            )
            return
    raise RuntimeError("phase space: no event accepted; have the daughters room for their masses?")


@njit(cache=True, error_model="numpy")
def _dalitz_vertex(streams, event, node, tree, mass, momentum):
    """P -> gamma l+ l- (daughters in this order) after Kroll and Wada, Phys. Rev. 98 (1955) 1355.

    dN/dq^2 ~ 1/q^2 (1 + 2 m^2/q^2) sqrt(1 - 4 m^2/q^2) (1 - q^2/M^2)^3, form factor 1, and
    1 + cos^2 + (4 m^2/q^2) sin^2 for the lepton's angle in the pair's frame.
    """
    first = tree.first[node]
    parent, lepton = mass[node], mass[first + 1]
    threshold = 4.0 * lepton * lepton
    log_range = math.log(parent * parent / threshold)
    squared, cosine = threshold, 0.0
    for attempt in range(_MAXIMUM_ATTEMPTS):
        u1, u2, u3, u4 = uniform4(streams.matrix_element, event, node, attempt, 0)
        squared = threshold * math.exp(log_range * u1)
        ratio = threshold / squared
        left = 1.0 - squared / (parent * parent)
        cosine = 2.0 * u3 - 1.0
        angular = 0.5 * (1.0 + cosine * cosine + ratio * (1.0 - cosine * cosine))
        mass_part = (1.0 + 0.5 * ratio) * math.sqrt(max(1.0 - ratio, 0.0)) * left * left * left
        if u2 < mass_part and u4 < angular:
            break
    else:
        raise RuntimeError("dalitz: no event accepted; has the parent room for the leptons?")
    u1, u2, u3, _ = uniform4(streams.phase_space, event, node, 0, 0)
    pair = math.sqrt(squared)
    size = 0.5 * (parent - pair) * (parent + pair) / parent
    # The photon's direction, and two axes across it.
    polar = 2.0 * u1 - 1.0
    side = math.sqrt(1.0 - polar * polar)
    cos_azimuth, sin_azimuth = math.cos(2.0 * math.pi * u2), math.sin(2.0 * math.pi * u2)
    nx, ny, nz = side * cos_azimuth, side * sin_azimuth, polar
    momentum[first, 0], momentum[first, 1], momentum[first, 2] = size * nx, size * ny, size * nz
    momentum[first, 3] = size
    # Leptons in the pair's frame, boosted against the photon.
    in_pair = math.sqrt(max(0.25 * squared - lepton * lepton, 0.0))
    pair_energy = math.sqrt(size * size + squared)
    sine = math.sqrt(1.0 - cosine * cosine)
    cos_turn, sin_turn = math.cos(2.0 * math.pi * u3), math.sin(2.0 * math.pi * u3)
    tx = cos_turn * polar * cos_azimuth - sin_turn * sin_azimuth
    ty = cos_turn * polar * sin_azimuth + sin_turn * cos_azimuth
    tz = -cos_turn * side
    for which in range(2):
        direction = 1.0 if which == 0 else -1.0
        across = direction * in_pair * sine
        along = -(pair_energy * direction * in_pair * cosine + size * 0.5 * pair) / pair
        px, py, pz = along * nx + across * tx, along * ny + across * ty, along * nz + across * tz
        row = first + 1 + which
        momentum[row, 0], momentum[row, 1], momentum[row, 2] = px, py, pz
        momentum[row, 3] = math.sqrt(px * px + py * py + pz * pz + lepton * lepton)


@njit(cache=True, error_model="numpy")
def _boost(frame, frame_mass, rest, out):
    """Four-momentum `rest`, given in the rest frame of `frame`, seen where `frame` is given."""
    along = frame[0] * rest[0] + frame[1] * rest[1] + frame[2] * rest[2]
    scale = (rest[3] + along / (frame[3] + frame_mass)) / frame_mass
    out[0] = rest[0] + scale * frame[0]
    out[1] = rest[1] + scale * frame[1]
    out[2] = rest[2] + scale * frame[2]
    out[3] = (frame[3] * rest[3] + along) / frame_mass


@njit(cache=True, error_model="numpy")
def _vertex_maxima(tree, mass):
    """Maximum weight of each vertex whose parent's mass is fixed; 0 where it varies."""
    maxima = np.zeros(len(tree.mass))
    for node in range(len(tree.mass)):
        first, n = tree.first[node], tree.n_daughters[node]
        if n > 0 and tree.model[node] == PHASE_SPACE and tree.width[node] == 0.0:
            kinetic = tree.mass[node] - _lightest(tree, first, n, mass)
            maxima[node] = find_maximum_weight(kinetic, mass, first, n)
    return maxima


@njit(cache=True, error_model="numpy")
def generate_block(streams, first_event, n_events, tree, beam, photon_cut, conjugate,
                   n_final, offsets, code, four_momentum):
    """Generate events into flat arrays until they are done or the arrays are full.

    `beam`: (p_x, p_x spread, p_z, p_z spread) in GeV; `photon_cut`: fraction of the parent's
    mass, 0 for no radiation; `conjugate`: charge-conjugate half of the events.  Writes
    offsets[1:], codes and momenta in the laboratory; returns the number of events written.
    """
    n_nodes = len(tree.mass)
    mass = tree.mass.copy()
    maxima = _vertex_maxima(tree, mass)
    has_widths = np.zeros(n_nodes, dtype=np.bool_)
    widest = 2
    for node in range(1, n_nodes):
        if tree.width[node] > 0.0:
            has_widths[tree.parent[node]] = True
    for node in range(n_nodes):
        widest = max(widest, tree.n_daughters[node])
        mass[node] = tree.mass[node]
    work = np.empty((4, 3 * widest + 4))
    momentum = np.empty((n_nodes, 4))
    laboratory = np.empty((n_nodes, 4))
    photon = np.empty((MAXIMUM_PHOTONS, 4))
    photon_vertex = np.empty(MAXIMUM_PHOTONS, dtype=np.int64)
    place = 0
    for i in range(n_events):
        if place + n_final + MAXIMUM_PHOTONS > len(code):
            return i
        event = first_event + i
        n_photons = 0
        for node in range(n_nodes):
            first, n = tree.first[node], tree.n_daughters[node]
            if n == 0:
                continue
            if tree.model[node] == DALITZ:
                _dalitz_vertex(streams, event, node, tree, mass, momentum)
            else:
                maximum = maxima[node]
                if tree.width[node] > 0.0:
                    kinetic = mass[node] - _lightest(tree, first, n, mass)
                    maximum = find_maximum_weight(kinetic, mass, first, n)
                _phase_space_vertex(
                    streams, event, node, tree, maximum, has_widths[node], mass, work, momentum
                )
            if photon_cut > 0.0:
                before = n_photons
                n_photons = radiate(
                    streams.radiation, event, mass[node], photon_cut * mass[node], mass,
                    tree.charged, tree.spin_half, first, n, momentum, photon, n_photons,
                )
                photon_vertex[before:n_photons] = node

        u1, u2, _, _ = uniform4(streams.beam, event, 0, 0, 0)
        z1, z2 = normal_pair(u1, u2)
        laboratory[0, 0] = beam[0] + beam[1] * z2
        laboratory[0, 1] = 0.0
        laboratory[0, 2] = beam[2] + beam[3] * z1
        laboratory[0, 3] = math.sqrt(
            laboratory[0, 0] ** 2 + laboratory[0, 2] ** 2 + mass[0] * mass[0]
        )
        flip = conjugate and uniform4(streams.charge_conjugation, event, 0, 0, 0)[0] < 0.5
        for node in range(1, n_nodes):
            parent = tree.parent[node]
            _boost(laboratory[parent], mass[parent], momentum[node], laboratory[node])
            if tree.output[node] >= 0:
                row = place + tree.output[node]
                four_momentum[row, :] = laboratory[node]
                code[row] = tree.conjugate[node] if flip else tree.code[node]
        place += n_final
        for k in range(n_photons):
            vertex = photon_vertex[k]
            _boost(laboratory[vertex], mass[vertex], photon[k], four_momentum[place])
            code[place] = _PHOTON_CODE
            place += 1
        offsets[i + 1] = place
    return n_events
