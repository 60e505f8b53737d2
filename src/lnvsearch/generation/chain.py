"""The event loop: one decay tree, a block of events after another, in one compiled kernel.

A tree is a list of nodes in breadth-first order; node 0 is the decaying particle and the
daughters of a node are neighbours.  Every vertex is generated in its parent's rest frame: masses
of short-lived daughters, phase space (or a matrix element), radiation.  Then all is
boosted down the tree to the laboratory.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from lnvsearch.elementary_functions import cosine_and_sine_of_turn
from lnvsearch.generation.eikonal import FLIGHT_COLUMNS, SILENT
from lnvsearch.generation.majorana_pair import majorana_pair_vertex
from lnvsearch.generation.phase_space_blocks import fill_rows
from lnvsearch.generation.phase_space_kernels import (
    at_rest,
    decay_chain,
    draw_chain,
    find_maximum_weight,
    scratch,
)
from lnvsearch.generation.radiation import MAXIMUM_PHOTONS, radiate, radiate_if_loud
from lnvsearch.generation.silence import find_silent
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import normal_pair, uniform4

__all__ = ["DecayTree", "Streams", "generate_block"]

# How the daughters of a vertex are distributed (DecayTree.model).
# DRAWN: by the vertex above it.
PHASE_SPACE, DALITZ, MAJORANA_PAIR, DRAWN = 0, 1, 2, 3
# Where the mass of a node comes from (DecayTree.shape).
FIXED, BREIT_WIGNER, VIRTUAL_PHOTON = 0, 1, 2

_PHOTON_CODE = 22
_MAXIMUM_ATTEMPTS = 10_000_000
_EVENTS_TOGETHER = 1024


class DecayTree(NamedTuple):
    """A decay tree as arrays, one entry a node (see the module's text for their order).

    `parent`, `first`, `n_daughters` (0 for a final particle), `model` of its decay; `shape`: where
    its mass comes from; `mass`, `width`, GeV; `lowest`: least mass that its daughters need, GeV;
    `charge`, `spin_half`: for radiation; `output`: place among the final particles, -1 if it
    decays; `analysing_power`: of MAJORANA_PAIR, as a share of that of a V - A current; `code`,
    `conjugate`: PDG codes of the node and of its antiparticle.
    """

    parent: np.ndarray
    first: np.ndarray
    n_daughters: np.ndarray
    model: np.ndarray
    shape: np.ndarray
    mass: np.ndarray
    width: np.ndarray
    lowest: np.ndarray
    charge: np.ndarray
    spin_half: np.ndarray
    output: np.ndarray
    analysing_power: np.ndarray
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
    majorana_pair: np.ndarray


@inner_kernel(forceinline=True)
def _line_shape_mass(pole, width, low, high, uniform):
    """Mass from the relativistic Breit-Wigner 1 / ((s - m^2)^2 + m^2 Gamma^2), low < m < high."""
    scale = pole * width
    start = math.atan((low * low - pole * pole) / scale)
    stop = math.atan((high * high - pole * pole) / scale)
    squared = pole * pole + scale * math.tan(start + uniform * (stop - start))
    return math.sqrt(min(max(squared, low * low), high * high))


@inner_kernel()
def _virtual_photon_mass(low, high, uniform):
    """Mass drawn from dq^2/q^2, and the probability to accept it.

    dN/dq^2 = 1/q^2 (1 + 2 m^2/q^2) sqrt(1 - 4 m^2/q^2) for gamma* -> l+ l-, `low` = 2 m (Kroll
    and Wada, Phys. Rev. 98 (1955) 1355), times the phase space of the other particles.
    """
    mass = low * (high / low) ** uniform
    ratio = (low / mass) ** 2
    return mass, (1.0 + 0.5 * ratio) * math.sqrt(max(1.0 - ratio, 0.0))


@inner_kernel()
def _lightest(tree, first, n, mass):
    """Daughters' masses at their least, where the phase-space weight of a vertex is largest."""
    total = 0.0
    for node in range(first, first + n):
        mass[node] = tree.mass[node] if tree.shape[node] == FIXED else tree.lowest[node]
        total += mass[node]
    return total


@inner_kernel()
def _draw_masses(streams, event, attempt, tree, first, n, parent_mass, total, mass):
    """Masses of short-lived daughters; returns the kinetic energy left, negative if refused."""
    kinetic = parent_mass
    for node in range(first, first + n):
        if tree.shape[node] != FIXED:
            low, high = tree.lowest[node], parent_mass - (total - tree.lowest[node])
            u1, u2, _, _ = uniform4(streams.line_shape, event, node, attempt, 0)
            if tree.shape[node] == BREIT_WIGNER:
                mass[node] = _line_shape_mass(tree.mass[node], tree.width[node], low, high, u1)
            else:
                mass[node], probability = _virtual_photon_mass(low, high, u1)
                if u2 > probability:
                    return -1.0
        kinetic -= mass[node]
    return kinetic


@inner_kernel()
def _phase_space_vertex(streams, event, node, tree, maximum, masses_vary, mass, work, momentum):
    """One unweighted decay of `node`, with the masses of its short-lived daughters.

    Masses and kinematics are accepted together: line shapes times the true phase space.
    """
    first, n = tree.first[node], tree.n_daughters[node]
    total = 0.0
    if masses_vary:
        total = _lightest(tree, first, n, mass)
    needed = 0.0
    for daughter in range(first, first + n):
        needed += mass[daughter]
    kinetic = mass[node] - needed
    for attempt in range(_MAXIMUM_ATTEMPTS):
        if masses_vary:
            kinetic = _draw_masses(
                streams, event, attempt, tree, first, n, mass[node], total, mass
            )
            if kinetic < 0.0:
                continue
        if kinetic <= 0.0:
            at_rest(mass, first, n, momentum, first)
            return
        squared, uniform = draw_chain(
            streams.phase_space, event, node, attempt, kinetic, mass, first, n, work
        )
        if (uniform * maximum) ** 2 < squared:
            decay_chain(
                streams.phase_space, event, node, attempt, mass, first, n, work, momentum,
                first,
            )
            return
    raise RuntimeError("phase space: no event accepted; have the daughters room for their masses?")


@inner_kernel()
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
        # The factor 1 + 2 m^2/q^2 is the integral of the angular part: that supplies it.
        mass_part = math.sqrt(max(1.0 - ratio, 0.0)) * left * left * left
        # With one way out alone, LLVM makes dozens of attempts at once and throws most away.
        if mass_part > 1.0:
            raise RuntimeError("dalitz: density above its maximum")
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
    cos_azimuth, sin_azimuth = cosine_and_sine_of_turn(u2)
    nx, ny, nz = side * cos_azimuth, side * sin_azimuth, polar
    momentum[first, 0], momentum[first, 1], momentum[first, 2] = size * nx, size * ny, size * nz
    momentum[first, 3] = size
    # Leptons in the pair's frame, boosted against the photon.
    in_pair = math.sqrt(max(0.25 * squared - lepton * lepton, 0.0))
    pair_energy = math.sqrt(size * size + squared)
    sine = math.sqrt(1.0 - cosine * cosine)
    cos_turn, sin_turn = cosine_and_sine_of_turn(u3)
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


@inner_kernel(forceinline=True)
def _boost(frames, frame, frame_mass, rest, source, out, target):
    """Row `source` of `rest`, given in the rest frame of row `frame`, to row `target` of `out`."""
    fx, fy, fz, fe = frames[frame, 0], frames[frame, 1], frames[frame, 2], frames[frame, 3]
    px, py, pz, energy = rest[source, 0], rest[source, 1], rest[source, 2], rest[source, 3]
    along = fx * px + fy * py + fz * pz
    scale = (energy + along / (fe + frame_mass)) / frame_mass
    out[target, 0] = px + scale * fx
    out[target, 1] = py + scale * fy
    out[target, 2] = pz + scale * fz
    out[target, 3] = (fe * energy + along) / frame_mass


@inner_kernel()
def _vertex_maxima(tree, mass):
    """Maximum weight of each vertex whose parent's mass is fixed; 0 where it varies."""
    maxima = np.zeros(len(tree.mass))
    for node in range(len(tree.mass)):
        first, n = tree.first[node], tree.n_daughters[node]
        if n > 0 and tree.model[node] == PHASE_SPACE and tree.shape[node] == FIXED:
            kinetic = tree.mass[node] - _lightest(tree, first, n, mass)
            maxima[node] = find_maximum_weight(kinetic, mass, first, n)
    return maxima


@inner_kernel()
def _which_masses_vary(tree):
    """Whether a node has a daughter whose mass is drawn; and the largest number of daughters."""
    vary = np.zeros(len(tree.mass), dtype=np.bool_)
    widest = 2
    for node in range(len(tree.mass)):
        widest = max(widest, tree.n_daughters[node])
        if tree.shape[node] != FIXED:
            vary[tree.parent[node]] = True
    return vary, widest


@inner_kernel()
def _fill_plain_vertices(
    streams, first_event, n_events, tree, plain, maxima, photon_cut, mass, momenta, silent
):
    """Vertices at which no mass is drawn (`plain`), all events at once; `momenta`: (events, nodes, 4).

    `mass`: of the tree.  `silent`, (nodes, events): which of the daughters have no photon.
    """
    n_nodes = len(tree.mass)
    flat = momenta.reshape(-1)
    no_weights = np.empty(0)
    for node in range(n_nodes):
        if plain[node]:
            first, n = tree.first[node], tree.n_daughters[node]
            daughters = mass[first : first + n].copy()
            fill_rows(
                streams.phase_space, node, first_event, n_events, mass[node] - daughters.sum(), daughters,
                maxima[node], flat, 4 * first, 4 * n_nodes, no_weights,
            )
            if photon_cut > 0.0:
                find_silent(
                    streams.radiation, first_event, mass[node], photon_cut * mass[node], mass, tree.charge,
                    first, n, momenta[:n_events], silent,
                )


@inner_kernel(forceinline=True)
def _decay_all(streams, event, tree, plain, silent, maxima, masses_vary, photon_cut, mass, work,
               momentum, photon, photon_vertex, flight):
    """All vertices of one event, each in its parent's rest frame; returns the photon count.

    `momentum`, (nodes, 4), and `silent`, (nodes,), have the `plain` ones of `_fill_plain_vertices` already.
    """
    n_photons = 0
    for node in range(len(tree.mass)):
        first, n = tree.first[node], tree.n_daughters[node]
        if n == 0:
            continue
        if tree.model[node] == DALITZ:
            _dalitz_vertex(streams, event, node, tree, mass, momentum)
        elif tree.model[node] == MAJORANA_PAIR:
            majorana_pair_vertex(streams.majorana_pair, event, node, tree, mass, momentum)
        elif tree.model[node] == PHASE_SPACE:
            maximum = maxima[node]
            if tree.shape[node] != FIXED:
                kinetic = mass[node] - _lightest(tree, first, n, mass)
                maximum = find_maximum_weight(kinetic, mass, first, n)
            if not plain[node]:
                _phase_space_vertex(
                    streams, event, node, tree, maximum, masses_vary[node], mass, work, momentum
                )
        if photon_cut > 0.0:
            before = n_photons
            if plain[node]:
                for daughter in range(first, first + n):
                    flight[daughter, SILENT] = silent[daughter]
                n_photons = radiate_if_loud(
                    streams.radiation, event, mass[node], photon_cut * mass[node], mass, tree.charge,
                    tree.spin_half, first, n, momentum, photon, n_photons, flight,
                )
            else:
                n_photons = radiate(
                    streams.radiation, event, mass[node], photon_cut * mass[node], mass,
                    tree.charge, tree.spin_half, first, n, momentum, photon, n_photons, flight,
                )
            for k in range(before, n_photons):
                photon_vertex[k] = node
    return n_photons


@inner_kernel(forceinline=True)
def _draw_beam(key, event, beam, mass, laboratory):
    """Laboratory four-momentum of the decaying particle, into row 0."""
    u1, u2, _, _ = uniform4(key, event, 0, 0, 0)
    z1, z2 = normal_pair(u1, u2)
    px = beam[0] + beam[1] * z2
    pz = beam[2] + beam[3] * z1
    laboratory[0, 0], laboratory[0, 1], laboratory[0, 2] = px, 0.0, pz
    laboratory[0, 3] = math.sqrt(px * px + pz * pz + mass * mass)


@njit(cache=True, error_model="numpy")
def generate_block(streams, first_event, n_events, tree, beam, photon_cut, conjugate,
                   n_final, offsets, code, four_momentum, origin):
    """Generate events into flat arrays until they are done or the arrays are full.

    `beam`: (p_x, p_x spread, p_z, p_z spread) in GeV; `photon_cut`: fraction of the parent's
    mass, 0 for no radiation; `conjugate`: charge-conjugate half of the events.  Writes
    offsets[1:], codes, momenta in the laboratory, and the node that each particle comes from;
    returns the number of events written.
    """
    n_nodes = len(tree.mass)
    mass = tree.mass.copy()
    maxima = _vertex_maxima(tree, mass)
    masses_vary, widest = _which_masses_vary(tree)
    mass = tree.mass.copy()
    work = scratch(widest)
    momenta = np.empty((_EVENTS_TOGETHER, n_nodes, 4))
    plain = (maxima > 0.0) & ~masses_vary
    silent = np.zeros((n_nodes, _EVENTS_TOGETHER), dtype=np.bool_)
    laboratory = np.empty((n_nodes, 4))
    photon = np.empty((MAXIMUM_PHOTONS, 4))
    photon_vertex = np.empty(MAXIMUM_PHOTONS, dtype=np.int64)
    flight = np.empty((n_nodes, FLIGHT_COLUMNS))
    place = 0
    for i in range(n_events):
        if place + n_final + MAXIMUM_PHOTONS > len(code):
            return i
        event = first_event + i
        if i % _EVENTS_TOGETHER == 0:
            _fill_plain_vertices(
                streams, event, min(_EVENTS_TOGETHER, n_events - i), tree, plain, maxima, photon_cut,
                tree.mass, momenta, silent,
            )
        momentum = momenta[i % _EVENTS_TOGETHER]
        n_photons = _decay_all(
            streams, event, tree, plain, silent[:, i % _EVENTS_TOGETHER], maxima, masses_vary, photon_cut,
            mass, work, momentum, photon, photon_vertex, flight,
        )
        _draw_beam(streams.beam, event, beam, mass[0], laboratory)
        flip = conjugate and uniform4(streams.charge_conjugation, event, 0, 0, 0)[0] < 0.5
        for node in range(1, n_nodes):
            parent = tree.parent[node]
            _boost(laboratory, parent, mass[parent], momentum, node, laboratory, node)
            if tree.output[node] >= 0:
                row = place + tree.output[node]
                for component in range(4):
                    four_momentum[row, component] = laboratory[node, component]
                code[row] = tree.conjugate[node] if flip else tree.code[node]
                origin[row] = parent
        place += n_final
        for k in range(n_photons):
            vertex = photon_vertex[k]
            _boost(laboratory, vertex, mass[vertex], photon, k, four_momentum, place)
            code[place], origin[place] = _PHOTON_CODE, vertex
            place += 1
        offsets[i + 1] = place
    return n_events
