"""The loop over kaon decays whose pions decay as planned, with weights (`decays_in_flight`).

Written for speed by early rejection: leptons, which fly straight to the first chamber, are tested
there before anything is drawn for a track, and an event is dropped as soon as fewer than three
tracks can be left.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from lnvsearch.experiments.na62.detector.beam import draw_kaons
from lnvsearch.experiments.na62.detector.block import (
    ENERGY,
    carry_photons,
    decay_photons,
    end_block,
    enter_laboratory,
    kaon_of,
    second_vertex,
)
from lnvsearch.experiments.na62.detector.decays_in_flight import (
    PIONS_DECAY_UPSTREAM,
    plan_decays,
)
from lnvsearch.experiments.na62.detector.flight import fly, in_chamber
from lnvsearch.experiments.na62.detector.measurement import keep_rows_near
from lnvsearch.experiments.na62.detector.truth import write_event
from lnvsearch.experiments.na62.detector.upstream import draw_upstream_kaon
from lnvsearch.inner_kernel import inner_kernel

__all__ = ["simulate_block"]

#: Events with a total momentum farther from the beam's are not recorded.
RECORDED_WITHIN_GEV = 5.0
#: Pions, of which all tracks are, do not radiate.
_SILENT = (0.0, 0.0)


@inner_kernel(forceinline=True)
def _likely_lost(charge, vertex, second, displaced, spectrometer, laboratory):
    """First particle that misses a chamber if nothing but the magnet's kick bends it; -1 if none.

    To small angles: a guess about `fly`, not a decision.
    """
    z_0, z_1, z_2, z_3 = spectrometer.chamber_z_m
    for j in range(len(charge)):
        if laboratory[j, ENERGY] == 0.0:
            continue
        x, y, z = second if displaced[j] else vertex
        inverse = 1.0 / laboratory[j, 2]
        slope_x, slope_y = inverse * laboratory[j, 0], inverse * laboratory[j, 1]
        bend = -inverse * charge[j] * spectrometer.magnet_kick_gev
        bent_x = x - bend * (spectrometer.magnet_z_m - z)
        bent_slope_x = slope_x + bend
        # Last first: most of those that are lost miss the fourth chamber.
        if not (
            in_chamber(bent_x + bent_slope_x * (z_3 - z), y + slope_y * (z_3 - z), 3, spectrometer)
            and in_chamber(x + slope_x * (z_0 - z), y + slope_y * (z_0 - z), 0, spectrometer)
            and in_chamber(
                bent_x + bent_slope_x * (z_2 - z), y + slope_y * (z_2 - z), 2, spectrometer
            )
            and in_chamber(x + slope_x * (z_1 - z), y + slope_y * (z_1 - z), 1, spectrometer)
        ):
            return j
    return -1


@inner_kernel(forceinline=True)
def _fly_all(
    keys, event, species, charge, vertex, second, displaced, possible, minimum, constants,
    response, plan, laboratory, flown, first, slots, sources, photons,
):  # fmt: skip
    """Fly the charged particles of an event; columns of `flown` from `first` on for those found.

    `slots`, `sources`: of the tracks, which particle and column each is.
    `plan`: (z, cosine, azimuth) of the decays of pions.
    Returns (tracks found, 0 if fewer than recorded; photons; pions decayed).
    """
    found, n_photons, n_decays = 0, 0, 0
    # Where no track may be lost, one that is likely to be lost goes first; if it comes through, all
    # fly in their order, it once more and with the same numbers.
    likely_lost = -1
    if possible == minimum:
        likely_lost = _likely_lost(
            charge, vertex, second, displaced, response.spectrometer, laboratory
        )
    for step in range(-1, len(species)):
        j = likely_lost if step < 0 else step
        if j < 0 or laboratory[j, ENERGY] == 0.0:
            continue
        lab = (laboratory[j, 0], laboratory[j, 1], laboratory[j, 2], laboratory[j, 3])
        origin = second if displaced[j] else vertex
        decay = (plan[j, 0], plan[j, 1], plan[j, 2])
        complete, at_end, n_photons = fly(
            keys, event, j, species[j], charge[j], lab, origin, decay, _SILENT, constants, response,
            flown, first + found, photons, n_photons,
        )  # fmt: skip
        if at_end != species[j]:
            n_decays += 1
        if not complete:
            possible -= 1
            if possible < minimum:
                return 0, n_photons, n_decays
            continue
        if step < 0:
            n_photons, n_decays = 0, 0
            continue
        slots[first + found], sources[first + found] = j, first + found
        found += 1
    return found, n_photons, n_decays


@inner_kernel(forceinline=True)
def _kaon_of(key, event, mode, kaons, row, constants, response):
    """Kaon (momentum, slopes), vertex of its decay, and a factor of the event's weight."""
    if mode == PIONS_DECAY_UPSTREAM:
        p, slope_x, slope_y, x, y, z, share = draw_upstream_kaon(
            key, event, response.beam, response.fiducial_volume, response.upstream,
            constants.kaon_mass, constants.kaon_ctau_m,
        )  # fmt: skip
        return (p, slope_x, slope_y), (x, y, z), share
    kaon, vertex = kaon_of(kaons, row)
    return kaon, vertex, 1.0


@inner_kernel()
def _one_event(n_particles, n_photons):
    """Space for an event: momenta in the laboratory, ends of tracks, photons, planned decays."""
    return (
        np.empty((n_particles, 4)),
        np.empty((n_particles, 3)),
        np.empty((n_photons, 6)),
        np.empty((n_particles, 3)),
    )


@njit(cache=True, error_model="numpy")
def simulate_block(
    first, last, event_number, weight, species, charge, momentum, displacement, displaced,
    leptons, minimum, mode, pions, keys, constants, response, fit, interest_numbers, space, output,
    room,
):  # fmt: skip
    """Simulate the decays [first, last); returns how many have `minimum` tracks and are recorded.

    `species`, `charge`: (k,); `momentum`: (n, k, 4); `displacement`: (n, 4), or (0, 4), from the
    kaon's decay to where the `displaced` particles, (k,), start; `leptons`: columns of two that go
    with a pion in column 0, or -1; `pions`: of the three that decay together;
    `space`: the arrays of `trial_space`.
    """
    # Arrays by themselves, indexed in full: taking them from a tuple, or a row from an array,
    # within the loop would count references, at a third of the kernel's time.
    numbers, events, tracks, n_tracks, clusters, n_clusters = output
    kaons, flown, slots, sources, nearby = (
        room.kaons, room.flown, room.slots, room.sources, room.nearby
    )
    width = tracks.shape[1] // len(numbers)
    laboratory, at_end, photons, plan = _one_event(len(species), clusters.shape[1])
    trials, rows, sums = space
    recorded = 0
    if mode != PIONS_DECAY_UPSTREAM:
        draw_kaons(keys.beam, event_number[first:last], response.beam, response.fiducial_volume,
                   constants.kaon_mass, constants.kaon_ctau_m, kaons)  # fmt: skip
    for i in range(first, last):
        event = event_number[i]
        kaon, vertex, share = _kaon_of(keys.beam, event, mode, kaons, i - first, constants, response)
        second = second_vertex(displacement, i, kaon, vertex, constants)
        possible = enter_laboratory(momentum, i, species, len(pions), minimum, kaon, vertex, second,
                                    displaced, constants, response.spectrometer,
                                    laboratory)  # fmt: skip
        if possible < minimum:
            continue
        decay_weight = weight[i] * share * plan_decays(
            keys.decay_in_flight, event, mode, pions, charge, laboratory, vertex, constants,
            response, fit, interest_numbers, trials, rows, sums, plan,
        )  # fmt: skip
        if decay_weight == 0.0:
            continue
        found, n_photons, n_decays = _fly_all(
            keys, event, species, charge, vertex, second, displaced, possible, minimum, constants,
            response, plan, laboratory, flown, width * recorded, slots, sources, photons,
        )  # fmt: skip
        if found < minimum:
            continue
        n_photons = decay_photons(momentum, i, species, kaon, vertex, second, displaced, constants,
                                  photons, n_photons)  # fmt: skip
        n_clusters[recorded], in_veto = carry_photons(
            keys, event, photons, n_photons, flown, sources, width * recorded, found, response, nearby,
            at_end, clusters, recorded,
        )  # fmt: skip
        n_tracks[recorded], numbers[recorded] = found, event
        write_event(events, recorded, decay_weight, in_veto, n_decays, vertex[2], momentum, i,
                    leptons)  # fmt: skip
        recorded += 1
    end_block(keys, 0, recorded, charge, species, constants, response, fit, output, room)
    return keep_rows_near(response.beam.momentum_gev, RECORDED_WITHIN_GEV, recorded, numbers, events,
                          tracks, n_tracks, clusters, n_clusters)  # fmt: skip
