"""Tracks of trials (`pion_trials`): flight and fit without scattering and resolution, a pion's trials at once.

A pion's row of lanes has one trial each, and behind them the pion that does not decay.  Every lane does
everything, whether its pion decays before the magnet, behind it or not at all: what does not happen is not
taken.  As in `lanes`, loops of fixed length over arrays on the stack become vector instructions.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.experiments.na62.detector.flight_together import is_seen
from lnvsearch.experiments.na62.detector.interest import (
    ALONG_X,
    ALONG_Y,
    CHI_SQUARE,
    COSINE,
    IDENTITY,
    MOMENTUM,
    OTHER_IDENTITY,
    ROWS,
    SLOPE_X,
    SLOPE_Y,
    UNDECAYED,
    X,
    Y,
    Z,
    identities,
    is_used,
)
from lnvsearch.experiments.na62.detector.kinematics import kicked, muon_of_pion
from lnvsearch.experiments.na62.detector.track_fit import fit_track
from lnvsearch.inner_kernel import inner_kernel

__all__ = ["BEGIN_DECAY_Z", "BEGIN_MOMENTUM", "BEGIN_SLOPE_X", "BEGIN_SLOPE_Y", "BEGIN_X", "BEGIN_Y", "BEGIN_Z",
           "N_BEGIN", "measure_trial"]  # fmt: skip

#: How a trial begins its flight: place, slopes, momentum, and where it is to decay; GeV and m.
(
    BEGIN_X, BEGIN_Y, BEGIN_Z, BEGIN_SLOPE_X, BEGIN_SLOPE_Y, BEGIN_MOMENTUM, BEGIN_DECAY_Z,
) = range(7)  # fmt: skip
N_BEGIN = 7

_MUON, _PION = 1, 2  # columns of the particle masses
#: Tracks that miss a plane by less are interesting all the same: scattering may bring them back.
_MARGIN_M = 0.02
_AT = tuple(np.uint64(column * ROWS) for column in range(OTHER_IDENTITY + 1))


@inner_kernel(forceinline=True)
def _in_ring(x, y, z, slope_x, slope_y, plane_z, centre_x, inner, outer):
    """Whether a line from z is in a ring at a plane, or nearly."""
    x, y = x + slope_x * (plane_z - z) - centre_x, y + slope_y * (plane_z - z)
    inner, outer = inner - _MARGIN_M, outer + _MARGIN_M
    squared = x * x + y * y
    return (inner * inner < squared) & (squared < outer * outer)


@inner_kernel(forceinline=True)
def _passes_planes(x, y, slope_x, slope_y, momentum, charge, response):
    """Whether the line of a fitted track passes the planes behind the chambers, or nearly."""
    straws, lkr, muv = response.spectrometer, response.lkr, response.muv
    rich, pads, slabs = response.rich, response.pad_hodoscope, response.slab_hodoscope
    z = straws.magnet_z_m
    way = z - straws.chamber_z_m[0]
    x, y = x + slope_x * way, y + slope_y * way
    slope_x, slope_y = kicked(momentum, slope_x, slope_y, charge * straws.magnet_kick_gev)
    way = muv.muv3_z_m - z
    passes = max(abs(x + slope_x * way), abs(y + slope_y * way)) <= muv.half_width_m + _MARGIN_M
    way = lkr.z_m - z
    x_lkr, y_lkr = abs(x + slope_x * way), abs(y + slope_y * way)
    outer, inner = lkr.apothem_m + _MARGIN_M, lkr.inner_radius_m - _MARGIN_M
    passes &= max(x_lkr, y_lkr, math.sqrt(0.5) * (x_lkr + y_lkr)) <= outer
    passes &= x_lkr * x_lkr + y_lkr * y_lkr > inner * inner
    passes &= _in_ring(x, y, z, slope_x, slope_y, rich.entrance_z_m, rich.axis_x_m,
                       rich.inner_radius_m, rich.outer_radius_m)  # fmt: skip
    passes &= _in_ring(x, y, z, slope_x, slope_y, pads.z_m, 0.0, pads.inner_radius_m,
                       pads.outer_radius_m)  # fmt: skip
    passes &= _in_ring(x, y, z, slope_x, slope_y, slabs.vertical_z_m, 0.0, slabs.inner_radius_m,
                       slabs.outer_radius_m)  # fmt: skip
    return passes


@inner_kernel(forceinline=True)
def _fly_trial(begin, track, j, charge, masses, response):
    """Fly lane j of `begin`: (x and y in the chambers, slopes and momentum behind the last one)."""
    straws = response.spectrometer
    z_0, z_1, z_2, z_3 = straws.chamber_z_m
    magnet_z, kick = straws.magnet_z_m, charge * straws.magnet_kick_gev
    x, y, z = begin[_AT[BEGIN_X] + j], begin[_AT[BEGIN_Y] + j], begin[_AT[BEGIN_Z] + j]
    slope_x, slope_y = begin[_AT[BEGIN_SLOPE_X] + j], begin[_AT[BEGIN_SLOPE_Y] + j]
    momentum, decay_z = begin[_AT[BEGIN_MOMENTUM] + j], begin[_AT[BEGIN_DECAY_Z] + j]
    # The pion at the magnet, and behind it.
    bent_x, bent_y = x + slope_x * (magnet_z - z), y + slope_y * (magnet_z - z)
    bent_slope_x, bent_slope_y = kicked(momentum, slope_x, slope_y, kick)
    # Its decay.
    place_z = min(decay_z, response.lkr.z_m)
    is_before, decays = place_z < magnet_z, decay_z < response.lkr.z_m
    from_z = z if is_before else magnet_z
    from_slope_x = slope_x if is_before else bent_slope_x
    from_slope_y = slope_y if is_before else bent_slope_y
    place_x = (x if is_before else bent_x) + from_slope_x * (place_z - from_z)
    place_y = (y if is_before else bent_y) + from_slope_y * (place_z - from_z)
    along = track[_AT[ALONG_X] + j], track[_AT[ALONG_Y] + j]
    of_muon, muon_slope_x, muon_slope_y = muon_of_pion(
        track[_AT[COSINE] + j], along, momentum, from_slope_x, from_slope_y, masses[_PION], masses[_MUON]
    )
    # The muon's line behind the magnet.
    kicked_x, kicked_y = kicked(of_muon, muon_slope_x, muon_slope_y, kick)
    way = magnet_z - place_z
    line_x = place_x + muon_slope_x * way if is_before else place_x
    line_y = place_y + muon_slope_y * way if is_before else place_y
    line_z = magnet_z if is_before else place_z
    line_slope_x = kicked_x if is_before else muon_slope_x
    line_slope_y = kicked_y if is_before else muon_slope_y
    # Chambers: the pion before its decay, the muon behind it.
    way, of_pion = z_0 - place_z, place_z >= z_0
    x_0 = x + slope_x * (z_0 - z) if of_pion else place_x + muon_slope_x * way
    y_0 = y + slope_y * (z_0 - z) if of_pion else place_y + muon_slope_y * way
    way, of_pion = z_1 - place_z, place_z >= z_1
    x_1 = x + slope_x * (z_1 - z) if of_pion else place_x + muon_slope_x * way
    y_1 = y + slope_y * (z_1 - z) if of_pion else place_y + muon_slope_y * way
    way, of_pion = z_2 - magnet_z, place_z >= z_2
    x_2 = bent_x + bent_slope_x * way if of_pion else line_x + line_slope_x * (z_2 - line_z)
    y_2 = bent_y + bent_slope_y * way if of_pion else line_y + line_slope_y * (z_2 - line_z)
    way, of_pion = z_3 - magnet_z, place_z >= z_3
    x_3 = bent_x + bent_slope_x * way if of_pion else line_x + line_slope_x * (z_3 - line_z)
    y_3 = bent_y + bent_slope_y * way if of_pion else line_y + line_slope_y * (z_3 - line_z)
    return (
        (x_0, x_1, x_2, x_3), (y_0, y_1, y_2, y_3), line_slope_x if decays else bent_slope_x,
        line_slope_y if decays else bent_slope_y, of_muon if decays else momentum,
    )  # fmt: skip


@inner_kernel(forceinline=True)
def measure_trial(begin, track, j, charge, masses, response, fit):
    """Fly lane j of `begin`, rows of N_BEGIN, fit its track and write what follows its decay in `track`."""
    straws, muv = response.spectrometer, response.muv
    at_x, at_y, slope_x, slope_y, momentum = _fly_trial(begin, track, j, charge, masses, response)
    hole_0, hole_1, hole_2, hole_3 = straws.hole_centre_x_m
    is_found = is_seen(at_x[0], at_y[0], hole_0, straws) & is_seen(at_x[1], at_y[1], hole_1, straws)
    is_found &= is_seen(at_x[2], at_y[2], hole_2, straws) & is_seen(at_x[3], at_y[3], hole_3, straws)
    # What the muon detector sees.
    way = muv.muv3_z_m - straws.chamber_z_m[3]
    as_pion, as_muon = identities(momentum, at_x[3] + slope_x * way, at_y[3] + slope_y * way, muv)
    is_muon = track[_AT[Z] + j] < np.inf
    as_pion, as_muon = as_pion if is_muon else 1.0, as_muon if is_muon else UNDECAYED
    track[_AT[IDENTITY] + j] = as_pion if charge < 0.0 else as_muon
    track[_AT[OTHER_IDENTITY] + j] = as_muon if charge < 0.0 else as_pion
    x, y, slope_x, slope_y, momentum, fitted, chi_square = fit_track(at_x, at_y, fit)
    is_found &= (fitted * charge > 0.0) & is_used(momentum)
    is_found &= _passes_planes(x, y, slope_x, slope_y, momentum, charge, response)
    track[_AT[X] + j], track[_AT[Y] + j] = x, y
    track[_AT[SLOPE_X] + j], track[_AT[SLOPE_Y] + j] = slope_x, slope_y
    track[_AT[MOMENTUM] + j], track[_AT[CHI_SQUARE] + j] = momentum if is_found else np.inf, chi_square
