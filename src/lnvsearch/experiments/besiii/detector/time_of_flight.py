"""Counters of the time-of-flight system that two particles hit: each end reads the first light.

The barrel has two layers of long scintillators, read out at both ends.  Light that a particle
makes at z reaches one end z/v later and the other z/v earlier than light from the middle, and a
read-out end keeps the first light.  The time of a counter is the mean of its ends, that of a track
the mean of its counters in both layers.  With j over the particles that hit the same counter:

    t(layer) = [min_j (t_j + z_j/v) + min_j (t_j - z_j/v)]/2,

which is the particle's own time where it is alone.  Two particles far apart in z would both be given
a time earlier than either.  The experiment's reconstruction (package TofRec,
TofTrack::findTofDataBarrel) therefore looks at the place that the difference of the ends tells.  If it
is near (0.15 m) both tracks or neither, and lies between them, each gets the end on its side alone; if
it is near one, this one gets both ends and the other none; else the first in the list of tracks, taken
to be the one of higher pT, gets both.  A layer's time is used if it is compatible with one of the
hypotheses e, mu, pi, K, p, and so is the mean of the layers; this check is in the identification
software (ParticleID, TofCorrPID).  The counters
of the end caps have one layer and one read-out: there, the time is that of the earlier particle
(z = 0 in the formula).  After the upgrade the end caps have finer strips with two ends, and sharing
is neglected.

No random number is drawn: t_j is the measured time of the particle alone, with its error.  Left
out: particles that are not found as tracks, a particle that crosses two neighbours of one layer,
corrections for the height of overlapping pulses.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.elementary_functions import azimuth_of
from lnvsearch.experiments.besiii.detector.identification import flight_time_ns
from lnvsearch.experiments.besiii.detector.tracks import (
    BARREL,
    CURVATURE_GEV_PER_T_M,
    MISSED,
    transverse_arc_m,
)
from lnvsearch.inner_kernel import inner_kernel

__all__ = [
    "HIT",
    "NO_COUNTER",
    "counter_index",
    "counters_of",
    "hit_of",
    "share_counters",
    "shared_time",
    "write_deviations",
]

#: What a track leaves: its measured time, place along the counter (0 in the end caps), counters in
#: both layers (twice the same in an end cap), length of its path, measured momentum, resolution.
HIT = (
    "time_ns", "along_m", "inner_counter", "outer_counter", "path_m", "momentum_gev",
    "resolution_ns", "pt_gev",
)  # fmt: skip
_TIME, _ALONG, _INNER, _OUTER, _PATH, _MOMENTUM, _RESOLUTION, _PT = range(len(HIT))
NO_COUNTER = -1.0
_TWO_PI = 2.0 * math.pi
#: Resolution of one layer over that of both.
_ONE_LAYER = math.sqrt(2.0)
#: A track that both ends saw first lies at the place that they tell, but for rounding.
_AT_IT_M = 1e-6


@inner_kernel(forceinline=True)
def counter_index(azimuth, n_counters, shift):
    """Number of the counter at an azimuth (rad); the counters begin `shift` of a width below 0.

    >>> counter_index(0.1, 88.0, 0.0), counter_index(0.1, 88.0, 0.5), counter_index(-0.01, 88.0, 0.0)
    (1.0, 1.0, 87.0)
    """
    position = np.floor(azimuth / _TWO_PI * n_counters + shift)
    return position - n_counters * np.floor(position / n_counters)


@inner_kernel(forceinline=True)
def counters_of(momentum, charge, region, arc_m, field_t, end_cap_counters, shared):
    """Counters (inner, outer) that a track from the origin hits; NO_COUNTER where it hits none.

    `momentum`: (px, py, pz), GeV; `arc_m`: length in xy to the end cap, not used in the barrel;
    `end_cap_counters`: of each end cap, 0 if they are not shared; `shared`: the response's section
    shared_counters.  Numbers of barrel and end caps differ.
    """
    px, py, pz = momentum
    pt = math.sqrt(px * px + py * py)
    return _counters_at(
        azimuth_of(px, py), pt, pz, charge, region, arc_m, field_t, end_cap_counters, shared
    )


@inner_kernel(forceinline=True)
def _counters_at(azimuth, pt, pz, charge, region, arc_m, field_t, end_cap_counters, shared):
    """As `counters_of`, for a track that begins at an azimuth."""
    # A chord turns half as much as the direction; positive charges turn clockwise.
    turn_per_m = -0.5 * charge * CURVATURE_GEV_PER_T_M * field_t / pt
    n_counters = shared.barrel_counters
    inner_arc = transverse_arc_m(pt, shared.inner_layer_radius_m, field_t)
    outer_arc = transverse_arc_m(pt, shared.outer_layer_radius_m, field_t)
    inner = counter_index(azimuth + turn_per_m * inner_arc, n_counters, 0.0)
    outer = counter_index(azimuth + turn_per_m * outer_arc, n_counters, shared.layer_stagger)
    inner = inner if inner_arc < np.inf else NO_COUNTER
    outer = outer if outer_arc < np.inf else NO_COUNTER  # it curls up between the layers
    end = counter_index(azimuth + turn_per_m * arc_m, max(end_cap_counters, 1.0), 0.0)
    end += n_counters + (end_cap_counters if pz > 0.0 else 0.0)
    end = NO_COUNTER if (region == MISSED) | (end_cap_counters < 1.0) else end
    return (inner if region == BARREL else end, outer if region == BARREL else end)


@inner_kernel(forceinline=True)
def hit_of(time_ns, path_m, measured_p, resolution_ns, azimuth, pt, pz, charge, region, field_t,
           end_cap_counters, shared):  # fmt: skip
    """What a track leaves, in the order of HIT; time and path are NaN without a counter.

    `azimuth`, `pt`, `pz`: of the track where it begins.
    """
    tan_lambda = pz / pt
    arc = path_m / math.sqrt(1.0 + tan_lambda * tan_lambda)
    inner, outer = _counters_at(
        azimuth, pt, pz, charge, region, arc, field_t, end_cap_counters, shared
    )
    along = arc * tan_lambda if region == BARREL else 0.0
    return time_ns, along, inner, outer, path_m, measured_p, resolution_ns, pt


@inner_kernel(forceinline=True)
def _layer_shift(hits, layer, track, first, last, shared):
    """Time that a layer gives, less the track's own, ns; 0 if it is alone, NaN if it gets none."""
    counter = hits[layer, track]
    earlier_up = earlier_down = 0.0
    partner = -1
    for other in range(first, last):
        time = hits[_TIME, other]
        if counter == NO_COUNTER or hits[layer, other] != counter or math.isnan(time):
            continue
        later = time - hits[_TIME, track]
        beyond = (hits[_ALONG, other] - hits[_ALONG, track]) / shared.light_speed_m_per_ns
        earlier_up = min(earlier_up, later + beyond)
        earlier_down = min(earlier_down, later - beyond)
        if other != track and partner < 0:
            partner = other
    if partner < 0 or not shared.ends_are_assigned or counter >= shared.barrel_counters:
        return 0.5 * (earlier_up + earlier_down)
    # What the difference of the ends says of the place along the counter.
    place = 0.5 * (earlier_up - earlier_down) * shared.light_speed_m_per_ns
    return _assigned_shift(
        earlier_up, earlier_down, -place, hits[_ALONG, partner] - hits[_ALONG, track] - place,
        hits[_PT, track] >= hits[_PT, partner], shared.largest_distance_m,
    )  # fmt: skip


@inner_kernel(forceinline=True)
def _assigned_shift(up, down, own_m, partner_m, is_first, largest_m):
    """Shift of a track that shares a counter with another, by the ends it is given; NaN for none.

    `up`, `down`: shifts of the far and of the near end; `own_m`, `partner_m`: how far beyond the place
    that the two ends tell the tracks are.
    """
    fits, partner_fits = abs(own_m) < largest_m, abs(partner_m) < largest_m
    if fits != partner_fits:
        return 0.5 * (up + down) if fits else np.nan
    is_between = min(own_m, partner_m) <= _AT_IT_M and max(own_m, partner_m) >= -_AT_IT_M
    if is_between and own_m != partner_m:
        return down if own_m > partner_m else up
    return 0.5 * (up + down) if is_first else np.nan


@inner_kernel(forceinline=True)
def _deviation(hits, track, time_ns, mass_gev):
    """(Time - expectation for a mass)/resolution of a track."""
    expected = flight_time_ns(hits[_PATH, track], hits[_MOMENTUM, track], mass_gev)
    return (time_ns - expected) / hits[_RESOLUTION, track]


@inner_kernel(forceinline=True)
def _is_compatible(hits, track, time_ns, masses, largest):
    """Whether the time deviates by less than `largest` from what one of the masses would need."""
    for mass in masses:
        if abs(_deviation(hits, track, time_ns, mass)) < largest:
            return True
    return False


@inner_kernel(forceinline=True)
def shared_time(hits, track, first, last, masses, shared):
    """Time of a track after sharing its counters, ns; NaN if no hypothesis explains it.

    `hits`: rows HIT, one column a track, those of the event are [first, last); `masses`: of the
    hypotheses, GeV.  The very same time as in `hits` for a track that is alone in its counters.
    """
    own = hits[_TIME, track]
    if math.isnan(own):
        return own
    inner = _layer_shift(hits, _INNER, track, first, last, shared)
    outer = _layer_shift(hits, _OUTER, track, first, last, shared)
    if inner == 0.0 and outer == 0.0:
        return own
    largest = shared.largest_deviation
    use_inner = _is_compatible(hits, track, own + inner, masses, _ONE_LAYER * largest)
    use_outer = _is_compatible(hits, track, own + outer, masses, _ONE_LAYER * largest)
    if use_inner and use_outer:
        time = own + 0.5 * (inner + outer)
    elif use_inner or use_outer:
        time = own + (inner if use_inner else outer)
    else:
        return np.nan
    return time if _is_compatible(hits, track, time, masses, largest) else np.nan


@inner_kernel(forceinline=True)
def write_deviations(chi, hits, n_tracks, mass_gev):
    """Write (time - expected)/resolution of the first tracks under one hypothesis to `chi`."""
    for track in range(n_tracks):
        chi[track] = _deviation(hits, track, hits[_TIME, track], mass_gev)


@inner_kernel(forceinline=True)
def share_counters(chi, hits, first, last, masses, hypotheses, shared):
    """Write `chi`, a row a hypothesis, anew for those tracks of an event, [first, last), that share a counter.

    `masses`: those that may explain a time; `hypotheses`: those of the rows, places in `masses`.
    """
    for track in range(first, last):
        time = shared_time(hits, track, first, last, masses, shared)
        if time != hits[_TIME, track]:
            for row in range(len(hypotheses)):
                chi[row, track] = _deviation(hits, track, time, masses[hypotheses[row]])
