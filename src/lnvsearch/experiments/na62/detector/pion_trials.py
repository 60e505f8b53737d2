"""Trials of pions that decay in flight: decays drawn where they would mislead a search, and their tracks.

The place is drawn from the exponential and from regions where a decay biases the momentum or the
direction of a track, the angles isotropically and towards those that do.  Behind the last chamber
nothing of the track is left to bias: there the direction is isotropic.  The weight of a trial is true
over drawn density.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.experiments.na62.detector.flight import in_chamber
from lnvsearch.experiments.na62.detector.interest import (
    CHI_SQUARE,
    IDENTITY,
    MOMENTUM,
    N_COLUMNS,
    OTHER_IDENTITY,
    SLOPE_X,
    SLOPE_Y,
    UNDECAYED,
    X,
    Y,
    identity,
    prepare,
)
from lnvsearch.experiments.na62.detector.kinematics import decay_pion_towards, kicked
from lnvsearch.experiments.na62.detector.track_fit import fit_track
from lnvsearch.experiments.na62.detector.upstream import pass_beam_line
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.random_streams import uniform4

__all__ = [
    "LARGEST_TRIAL_WEIGHT",
    "MOST_TRIALS",
    "N_TRIALS",
    "WEIGHT",
    "draw_trial",
    "fill_trials",
    "mean_flight",
    "trial_space",
]

#: Decays drawn for each pion of an event, and of an event that deserves attention.
N_TRIALS, MOST_TRIALS = 6, 16

# Columns of a trial, before those of its track.
_Z, _COSINE, _AZIMUTH, WEIGHT = range(4)
_MAGNET, _MUON, _PION = 2, 1, 2
#: Shares of the mixture of decay places, of a positive and of a negative pion: the exponential, and
#: evenly before the first chamber, to the magnet, to the third chamber, to the fourth, behind it.
_POSITIVE = (0.30, 0.00, 0.05, 0.40, 0.15, 0.10)
_NEGATIVE = (0.30, 0.20, 0.30, 0.15, 0.00, 0.05)
#: Of either, where the kaon decays before the fiducial volume.
_UPSTREAM = (0.35, 0.20, 0.10, 0.25, 0.07, 0.03)
_N_REGIONS = 5
#: Share of the isotropic part in cosine, and up to where the rest lies, evenly: muons that go
#: forwards keep the pion's momentum and mislead nobody.
_ISOTROPIC_COSINE, _BACKWARD_TO = 0.35, 0.6
#: Share of the isotropic part in azimuth, and how narrow the rest is.
_ISOTROPIC_AZIMUTH = 0.3
_CONCENTRATION_BEHIND, _CONCENTRATION_BEFORE = 0.75, 0.5
#: Bound of the weight of a trial: a density is at least its natural share.
LARGEST_TRIAL_WEIGHT = 1.0 / (_POSITIVE[0] * _ISOTROPIC_COSINE * _ISOTROPIC_AZIMUTH)
#: Tracks that miss a plane by less are interesting all the same: scattering may bring them back.
_MARGIN_M = 0.02


def trial_space() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arrays for `plan_decays`: trials, chosen combinations and their weights."""
    n = MOST_TRIALS
    return np.zeros((3, n + 1, N_COLUMNS)), np.zeros((4 * n * n, 3), np.int64), np.zeros(4 * n * n)


@inner_kernel(forceinline=True)
def _draw_place(uniform, begin_z, end_z, mean_z, shares, straws):
    """(z, true over drawn density) of a decay that happens between begin and end."""
    edges = (begin_z, straws.chamber_z_m[0], straws.magnet_z_m, straws.chamber_z_m[2],
             straws.chamber_z_m[3], end_z)  # fmt: skip
    decays = -math.expm1(-(end_z - begin_z) / mean_z)
    z = begin_z
    if uniform < shares[0]:
        z = begin_z - mean_z * math.log1p(-(uniform / shares[0]) * decays)
    else:
        rest = uniform - shares[0]
        for region in range(_N_REGIONS):
            share = shares[region + 1]
            if rest < share or region == _N_REGIONS - 1:
                z = edges[region] + min(rest / share, 1.0) * (edges[region + 1] - edges[region])
                break
            rest -= share
    true = math.exp(-(z - begin_z) / mean_z) / (mean_z * decays)
    drawn = shares[0] * true
    for region in range(_N_REGIONS):
        if edges[region] <= z < edges[region + 1]:
            drawn += shares[region + 1] / (edges[region + 1] - edges[region])
    return z, true / drawn


@inner_kernel(forceinline=True)
def _draw_cosine(uniform):
    """(cosine, true over drawn density): isotropic, or anywhere but forwards."""
    if uniform < _ISOTROPIC_COSINE:
        cosine = 2.0 * uniform / _ISOTROPIC_COSINE - 1.0
    else:
        share = (uniform - _ISOTROPIC_COSINE) / (1.0 - _ISOTROPIC_COSINE)
        cosine = share * (1.0 + _BACKWARD_TO) - 1.0
    drawn = 0.5 * _ISOTROPIC_COSINE
    if cosine < _BACKWARD_TO:
        drawn += (1.0 - _ISOTROPIC_COSINE) / (1.0 + _BACKWARD_TO)
    return cosine, 0.5 / drawn


@inner_kernel(forceinline=True)
def _draw_azimuth(uniform, favoured, concentration):
    """(azimuth, true over drawn density): isotropic, or a wrapped Cauchy about a direction."""
    if uniform < _ISOTROPIC_AZIMUTH:
        away = 2.0 * math.pi * (uniform / _ISOTROPIC_AZIMUTH - 0.5)
    else:
        share = (uniform - _ISOTROPIC_AZIMUTH) / (1.0 - _ISOTROPIC_AZIMUTH)
        narrow = (1.0 - concentration) / (1.0 + concentration)
        away = 2.0 * math.atan(narrow * math.tan(math.pi * (share - 0.5)))
    squared = concentration * concentration
    peak = (1.0 - squared) / (1.0 + squared - 2.0 * concentration * math.cos(away))
    return favoured + away, 1.0 / (_ISOTROPIC_AZIMUTH + (1.0 - _ISOTROPIC_AZIMUTH) * peak)


@inner_kernel(forceinline=True)
def draw_trial(
    key, event, slot, attempt, line, begin_z, end_z, mean_z, charge, beam, volume, straws
):
    """A decay of a pion that decays: (z, cosine, azimuth, weight <= LARGEST_TRIAL_WEIGHT).

    `line`: slopes of the pion before the spectrometer's magnet; `volume`: the fiducial one.
    """
    place, along, about, _ = uniform4(key, event, slot, attempt, 0)
    shares = _POSITIVE if charge > 0.0 else _NEGATIVE
    if begin_z < volume.begin_z_m:
        shares = _UPSTREAM
    z, weight = _draw_place(place, begin_z, end_z, mean_z, shares, straws)
    azimuth, of_azimuth = 2.0 * math.pi * about, 1.0
    if z >= straws.chamber_z_m[3]:
        return z, 2.0 * along - 1.0, azimuth, weight
    cosine, of_cosine = _draw_cosine(along)
    if z >= straws.magnet_z_m:
        # Against the magnet: the track looks straighter and its momentum higher.
        favoured = 0.0 if charge > 0.0 else math.pi
        azimuth, of_azimuth = _draw_azimuth(about, favoured, _CONCENTRATION_BEHIND)
    elif charge > 0.0:
        # Away from the beam: the track leaves the kaon's direction by a larger angle.
        favoured = math.atan2(line[1] - beam.slope_y, line[0] - beam.slope_x)
        azimuth, of_azimuth = _draw_azimuth(about, favoured, _CONCENTRATION_BEFORE)
    return z, cosine, azimuth, weight * of_cosine * of_azimuth


@inner_kernel(forceinline=True)
def _in_ring(x, y, z, slope_x, slope_y, plane_z, centre_x, inner, outer):
    """Whether a line from z is in a ring at a plane, or nearly."""
    x, y = x + slope_x * (plane_z - z) - centre_x, y + slope_y * (plane_z - z)
    inner, outer = inner - _MARGIN_M, outer + _MARGIN_M
    return inner * inner < x * x + y * y < outer * outer


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
    if max(abs(x + slope_x * way), abs(y + slope_y * way)) > muv.half_width_m + _MARGIN_M:
        return False
    way = lkr.z_m - z
    x_lkr, y_lkr = abs(x + slope_x * way), abs(y + slope_y * way)
    outer, inner = lkr.apothem_m + _MARGIN_M, lkr.inner_radius_m - _MARGIN_M
    if max(x_lkr, y_lkr, math.sqrt(0.5) * (x_lkr + y_lkr)) > outer:
        return False
    return (
        x_lkr * x_lkr + y_lkr * y_lkr > inner * inner
        and _in_ring(x, y, z, slope_x, slope_y, rich.entrance_z_m, rich.axis_x_m,
                     rich.inner_radius_m, rich.outer_radius_m)
        and _in_ring(x, y, z, slope_x, slope_y, pads.z_m, 0.0, pads.inner_radius_m,
                     pads.outer_radius_m)
        and _in_ring(x, y, z, slope_x, slope_y, slabs.vertical_z_m, 0.0, slabs.inner_radius_m,
                     slabs.outer_radius_m)
    )  # fmt: skip


@inner_kernel(forceinline=True)
def _identities(momentum, position, slope_x, slope_y, muv):
    """Chances that the muon of a decayed pion is taken for a pion and for a muon at MUV3."""
    x, y, z = position
    x, y = x + slope_x * (muv.muv3_z_m - z), y + slope_y * (muv.muv3_z_m - z)
    return identity(False, momentum, x, y, muv), identity(True, momentum, x, y, muv)


@inner_kernel()
def _measure(trials, pion, row, four_momentum, vertex, charge, masses, response, fit):
    """Fit the track of a trial without scattering and resolution; writes the row's last columns."""
    px, py, pz, _ = four_momentum
    x, y, z = vertex
    straws = response.spectrometer
    decay_z, cosine = trials[pion, row, _Z], trials[pion, row, _COSINE]
    azimuth = trials[pion, row, _AZIMUTH]
    slope_x, slope_y = px / pz, py / pz
    momentum = math.sqrt(px * px + py * py + pz * pz)
    trials[pion, row, MOMENTUM] = np.inf
    as_pion, as_muon = 1.0, UNDECAYED
    if z < response.upstream.trim5_z_m:
        passes, decays, momentum, x, y, z, slope_x, slope_y = pass_beam_line(
            momentum, x, y, z, slope_x, slope_y, charge, (decay_z, cosine, azimuth), masses,
            response.upstream,
        )  # fmt: skip
        if not passes:
            return
        if decays:
            decay_z = np.inf
    x_0, x_1, x_2, y_0, y_1, y_2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    for plane in range(_N_REGIONS):
        chamber = plane if plane < _MAGNET else plane - 1
        plane_z = straws.magnet_z_m if plane == _MAGNET else straws.chamber_z_m[chamber]
        if decay_z < plane_z:
            x, y, z = x + slope_x * (decay_z - z), y + slope_y * (decay_z - z), decay_z
            momentum, slope_x, slope_y = decay_pion_towards(
                cosine, azimuth, momentum, slope_x, slope_y, masses[_PION], masses[_MUON]
            )
            decay_z = np.inf
        x, y, z = x + slope_x * (plane_z - z), y + slope_y * (plane_z - z), plane_z
        if plane == _MAGNET:
            slope_x, slope_y = kicked(momentum, slope_x, slope_y, charge * straws.magnet_kick_gev)
            continue
        if not in_chamber(x, y, chamber, straws):
            return
        if chamber == 0:
            x_0, y_0 = x, y
        elif chamber == 1:
            x_1, y_1 = x, y
        elif chamber == 2:
            x_2, y_2 = x, y
    if trials[pion, row, _Z] < np.inf:
        if decay_z < response.lkr.z_m:
            momentum, slope_x, slope_y = decay_pion_towards(
                cosine, azimuth, momentum, slope_x, slope_y, masses[_PION], masses[_MUON]
            )
        as_pion, as_muon = _identities(momentum, (x, y, z), slope_x, slope_y, response.muv)
    trials[pion, row, IDENTITY] = as_pion if charge < 0.0 else as_muon
    trials[pion, row, OTHER_IDENTITY] = as_muon if charge < 0.0 else as_pion
    x_at, y_at, slope_x, slope_y, momentum, fitted, chi_square = fit_track(
        (x_0, x_1, x_2, x), (y_0, y_1, y_2, y), fit
    )
    if fitted * charge > 0.0 and _passes_planes(
        x_at, y_at, slope_x, slope_y, momentum, charge, response
    ):
        trials[pion, row, MOMENTUM], trials[pion, row, CHI_SQUARE] = momentum, chi_square
        trials[pion, row, X], trials[pion, row, Y] = x_at, y_at
        trials[pion, row, SLOPE_X], trials[pion, row, SLOPE_Y] = slope_x, slope_y


@inner_kernel(forceinline=True)
def mean_flight(pz, constants):
    """Mean flight length of a pion along z, m."""
    return pz * constants.pion_ctau_m / constants.masses[_PION]


@inner_kernel()
def fill_trials(
    key, event, trials, i, slot, charge, laboratory, vertex, constants, response, fit, numbers, n
):  # fmt: skip
    """Draw the trials of pion i, which has column `slot`, and the track without a decay."""
    lab = (laboratory[slot, 0], laboratory[slot, 1], laboratory[slot, 2], laboratory[slot, 3])
    mean, line = mean_flight(lab[2], constants), (lab[0] / lab[2], lab[1] / lab[2])
    for row in range(n + 1):
        z, cosine, azimuth, weight = np.inf, 1.0, 0.0, 1.0
        if row < n:
            z, cosine, azimuth, weight = draw_trial(
                key, event, slot, row + 1, line, vertex[2], response.lkr.z_m, mean, charge,
                response.beam, response.fiducial_volume, response.spectrometer,
            )  # fmt: skip
        trials[i, row, _Z], trials[i, row, _COSINE] = z, cosine
        trials[i, row, _AZIMUTH], trials[i, row, WEIGHT] = azimuth, weight
        _measure(trials, i, row, lab, vertex, charge, constants.masses, response, fit)
        prepare(trials, i, row, charge < 0.0, numbers)
