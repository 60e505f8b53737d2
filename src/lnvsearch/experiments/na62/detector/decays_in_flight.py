"""Topologies of pions that decay in flight, drawn where they would mislead a search.

K+ -> pi+ pi+ pi- with decays in flight is reconstructed near the kaon's mass as pi- mu+ mu+ in one
of some 10^11 decays.  Such events are sampled in three steps, each with its exact weight.

1. Strata.  With q_i the probability that pion i decays before the calorimeter, the topologies
   (none; one; two or three decays) have known probabilities, products of q_i and 1 - q_i.
2. Trials.  For each pion n decays are drawn: the place from the exponential and from regions
   where a kink biases the momentum, the direction isotropic and towards directions that do.  The
   weight of a trial is w = true over drawn density.
3. Choice.  Every combination c of trials that makes up a topology is an event as good as another.
   One is chosen with a probability in proportion to P_c w_c h_c, where h_c says how interesting
   the combination is (from its tracks without scattering and resolution).  The event's weight

       W = sum_c P_c w_c h_c / (N h_chosen),      N combinations a topology,

   makes the mean of W f(event) that of f over the true density, for any f and any h > 0: h
   decides on the variance alone.  (Sampling, importance resampling: D. B. Rubin, Bayesian
   Statistics 3 (1988) 395; here with h as the target.)

As h and w are bounded, from below and from above, so is W.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.experiments.na62.detector.flight import in_chamber
from lnvsearch.experiments.na62.detector.interest import (
    CHI_SQUARE,
    INTEREST_FLOOR,
    MOMENTUM,
    N_COLUMNS,
    SLOPE_X,
    SLOPE_Y,
    X,
    Y,
    interest,
    prepare,
)
from lnvsearch.experiments.na62.detector.kinematics import decay_pion_towards, kicked
from lnvsearch.experiments.na62.detector.track_fit import fit_track
from lnvsearch.experiments.na62.detector.upstream import pass_beam_line
from lnvsearch.random_streams import uniform4

__all__ = [
    "LARGEST_TRIAL_WEIGHT",
    "NO_PION_DECAYS",
    "N_TRIALS",
    "ONE_PION_DECAYS",
    "PIONS_DECAY",
    "PIONS_DECAY_UPSTREAM",
    "draw_trial",
    "plan_decays",
    "trial_space",
]

#: Modes beside those of `kinematics`: topologies with weights.
NO_PION_DECAYS, ONE_PION_DECAYS, PIONS_DECAY, PIONS_DECAY_UPSTREAM = 2, 3, 4, 5
#: Decays drawn for each pion of an event.
N_TRIALS = 6

# Columns of a trial, before those of its track.
_Z, _COSINE, _AZIMUTH, _WEIGHT = range(4)
_MAGNET, _MUON, _PION = 2, 1, 2
#: Shares of the regions in the mixture of decay places: the exponential; evenly from the magnet to
#: the third chamber; evenly from the first chamber to the magnet; evenly between chambers 3 and 4.
_NATURAL, _BEHIND_MAGNET, _BEFORE_MAGNET = 0.4, 0.3, 0.2
#: Shares of the isotropic part in cosine and in azimuth, and how narrow the rest is.
_ISOTROPIC_COSINE, _ISOTROPIC_AZIMUTH = 0.5, 0.4
_CONCENTRATION_BEHIND, _CONCENTRATION_BEFORE = 0.9, 0.6
#: Bound of the weight of a trial: a density is at least its natural share.
LARGEST_TRIAL_WEIGHT = 1.0 / (_NATURAL * _ISOTROPIC_COSINE * _ISOTROPIC_AZIMUTH)


def trial_space() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arrays for `plan_decays`: trials, chosen combinations and their weights."""
    n = N_TRIALS
    return np.zeros((3, n + 1, N_COLUMNS)), np.zeros((4 * n * n, 3), np.int64), np.zeros(4 * n * n)


@njit(cache=True, error_model="numpy", forceinline=True)
def _draw_place(uniform, begin_z, end_z, mean_z, straws):
    """(z, true over drawn density) of a decay that happens between begin and end."""
    magnet_z, third_z = straws.magnet_z_m, straws.chamber_z_m[2]
    first_z, fourth_z = straws.chamber_z_m[0], straws.chamber_z_m[3]
    decays = -math.expm1(-(end_z - begin_z) / mean_z)
    if uniform < _NATURAL:
        z = begin_z - mean_z * math.log1p(-(uniform / _NATURAL) * decays)
    elif uniform < _NATURAL + _BEHIND_MAGNET:
        z = magnet_z + (uniform - _NATURAL) / _BEHIND_MAGNET * (third_z - magnet_z)
    elif uniform < _NATURAL + _BEHIND_MAGNET + _BEFORE_MAGNET:
        share = (uniform - _NATURAL - _BEHIND_MAGNET) / _BEFORE_MAGNET
        z = first_z + share * (magnet_z - first_z)
    else:
        rest = 1.0 - _NATURAL - _BEHIND_MAGNET - _BEFORE_MAGNET
        z = third_z + (1.0 - uniform) / rest * (fourth_z - third_z)
    true = math.exp(-(z - begin_z) / mean_z) / (mean_z * decays)
    drawn = _NATURAL * true
    if magnet_z <= z < third_z:
        drawn += _BEHIND_MAGNET / (third_z - magnet_z)
    elif first_z <= z < magnet_z:
        drawn += _BEFORE_MAGNET / (magnet_z - first_z)
    elif third_z <= z < fourth_z:
        rest = 1.0 - _NATURAL - _BEHIND_MAGNET - _BEFORE_MAGNET
        drawn += rest / (fourth_z - third_z)
    return z, true / drawn


@njit(cache=True, error_model="numpy", forceinline=True)
def _draw_cosine(uniform):
    """(cosine, true over drawn density): isotropic, or rising towards the forward direction."""
    if uniform < _ISOTROPIC_COSINE:
        cosine = 2.0 * uniform / _ISOTROPIC_COSINE - 1.0
        root = math.sqrt(0.5 * (1.0 - cosine))
    else:
        root = (uniform - _ISOTROPIC_COSINE) / (1.0 - _ISOTROPIC_COSINE)
        cosine = 1.0 - 2.0 * root * root
    # cosine = 1 - 2 u^2 has the density 1/(4 u).
    forward = 0.25 / root
    return cosine, 0.5 / (_ISOTROPIC_COSINE * 0.5 + (1.0 - _ISOTROPIC_COSINE) * forward)


@njit(cache=True, error_model="numpy", forceinline=True)
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


@njit(cache=True, error_model="numpy", forceinline=True)
def draw_trial(key, event, slot, attempt, line, begin_z, end_z, mean_z, charge, beam, straws):
    """A decay of a pion that decays: (z, cosine, azimuth, weight <= LARGEST_TRIAL_WEIGHT).

    `line`: slopes of the pion before the spectrometer's magnet.
    """
    place, along, about, _ = uniform4(key, event, slot, attempt, 0)
    z, weight = _draw_place(place, begin_z, end_z, mean_z, straws)
    cosine, of_cosine = _draw_cosine(along)
    if z < straws.magnet_z_m:
        # Away from the beam: the track leaves the kaon's direction by a larger angle.
        favoured = math.atan2(line[1] - beam.slope_y, line[0] - beam.slope_x)
        concentration = _CONCENTRATION_BEFORE
    else:
        # Against the magnet: the track looks straighter and its momentum higher.
        favoured = 0.0 if charge > 0.0 else math.pi
        concentration = _CONCENTRATION_BEHIND
    azimuth, of_azimuth = _draw_azimuth(about, favoured, concentration)
    return z, cosine, azimuth, weight * of_cosine * of_azimuth


@njit(cache=True, error_model="numpy")
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
    for plane in range(5):
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
    x_at, y_at, slope_x, slope_y, momentum, fitted, chi_square = fit_track(
        (x_0, x_1, x_2, x), (y_0, y_1, y_2, y), fit
    )
    if fitted * charge > 0.0:
        trials[pion, row, MOMENTUM], trials[pion, row, CHI_SQUARE] = momentum, chi_square
        trials[pion, row, X], trials[pion, row, Y] = x_at, y_at
        trials[pion, row, SLOPE_X], trials[pion, row, SLOPE_Y] = slope_x, slope_y


@njit(cache=True, error_model="numpy", forceinline=True)
def _rows(stratum, i, j, n):
    """Rows of the trials of three pions in a combination of a stratum; row n has not decayed.

    Strata 0 to 2: the pion of that number has not decayed; 3: all have; 4 to 6: only pion
    stratum - 4 has.  Three decays take n^2 of the n^3 combinations, as in a Latin square.
    """
    if stratum == 0:
        return n, i, j
    if stratum == 1:
        return i, n, j
    if stratum == 2:
        return i, j, n
    if stratum == 3:
        return i, j, (i + j) % n
    if stratum == 4:
        return i, n, n
    if stratum == 5:
        return n, i, n
    return n, n, i


@njit(cache=True, error_model="numpy", forceinline=True)
def _combinations(stratum, n):
    """Numbers of i and of j of a stratum."""
    return (n, n) if stratum < 4 else (n, 1)


@njit(cache=True, error_model="numpy", forceinline=True)
def _stratum_probability(stratum, q):
    """Probability of a stratum from those of the three pions to decay."""
    if stratum < 3:
        result = 1.0
        for pion in range(3):
            result *= 1.0 - q[pion] if pion == stratum else q[pion]
        return result
    if stratum == 3:
        return q[0] * q[1] * q[2]
    result = 1.0
    for pion in range(3):
        result *= q[pion] if pion == stratum - 4 else 1.0 - q[pion]
    return result


@njit(cache=True, error_model="numpy", forceinline=True)
def _weight(trials, a, b, c):
    """True over drawn density of a combination."""
    return trials[0, a, _WEIGHT] * trials[1, b, _WEIGHT] * trials[2, c, _WEIGHT]


@njit(cache=True, error_model="numpy", forceinline=True)
def _choose(key, event, trials, q, strata, numbers, rows, sums):
    """Rows of the chosen combination and the event's weight; see the module.

    `strata`: the first and the one behind the last.  `rows`, `sums`: space for the combinations
    with an interest above the floor, and the running sum of what they add to it.
    """
    plain, interesting, found = 0.0, 0.0, 0
    for stratum in range(strata[0], strata[1]):
        n_i, n_j = _combinations(stratum, N_TRIALS)
        share = _stratum_probability(stratum, q) / (n_i * n_j)
        for i in range(n_i):
            for j in range(n_j):
                a, b, c = _rows(stratum, i, j, N_TRIALS)
                weight = share * _weight(trials, a, b, c)
                plain += weight
                above = interest(trials, a, b, c, numbers)
                if above > 0.0:
                    interesting += weight * above
                    rows[found, 0], rows[found, 1], rows[found, 2] = a, b, c
                    sums[found] = interesting
                    found += 1
    total = INTEREST_FLOOR * plain + interesting
    pick, _, _, _ = uniform4(key, event, 0, 0, 2)
    pick *= total
    if pick < interesting:
        f = np.searchsorted(sums[:found], pick)
        a, b, c = rows[f, 0], rows[f, 1], rows[f, 2]
    else:
        a, b, c = _pick_plainly(trials, q, strata, (pick - interesting) / INTEREST_FLOOR)
    above = interest(trials, a, b, c, numbers)
    return a, b, c, total / (INTEREST_FLOOR + above)


@njit(cache=True, error_model="numpy")
def _pick_plainly(trials, q, strata, pick):
    """Rows of the combination at which the sum of weights reaches `pick`."""
    a, b, c = N_TRIALS, N_TRIALS, N_TRIALS
    for stratum in range(strata[0], strata[1]):
        n_i, n_j = _combinations(stratum, N_TRIALS)
        share = _stratum_probability(stratum, q) / (n_i * n_j)
        for i in range(n_i):
            for j in range(n_j):
                a, b, c = _rows(stratum, i, j, N_TRIALS)
                pick -= share * _weight(trials, a, b, c)
                if pick < 0.0:
                    return a, b, c
    return a, b, c


@njit(cache=True, error_model="numpy", forceinline=True)
def _mean_flight(pz, constants):
    """Mean flight length of a pion along z, m."""
    return pz * constants.pion_ctau_m / constants.masses[_PION]


@njit(cache=True, error_model="numpy")
def _fill_trials(
    key, event, trials, i, slot, charge, laboratory, vertex, constants, response, fit, numbers
):  # fmt: skip
    """Draw the trials of pion i, which has column `slot`, and the track without a decay."""
    lab = (laboratory[slot, 0], laboratory[slot, 1], laboratory[slot, 2], laboratory[slot, 3])
    mean, line = _mean_flight(lab[2], constants), (lab[0] / lab[2], lab[1] / lab[2])
    for row in range(N_TRIALS + 1):
        z, cosine, azimuth, weight = np.inf, 1.0, 0.0, 1.0
        if row < N_TRIALS:
            z, cosine, azimuth, weight = draw_trial(
                key, event, slot, row + 1, line, vertex[2], response.lkr.z_m, mean, charge,
                response.beam, response.spectrometer,
            )  # fmt: skip
        trials[i, row, _Z], trials[i, row, _COSINE] = z, cosine
        trials[i, row, _AZIMUTH], trials[i, row, _WEIGHT] = azimuth, weight
        _measure(trials, i, row, lab, vertex, charge, constants.masses, response, fit)
        prepare(trials, i, row, charge < 0.0, numbers)


@njit(cache=True, error_model="numpy")
def plan_decays(
    key, event, mode, pions, charge, laboratory, vertex, constants, response, fit, numbers, trials,
    rows, sums, plan,
):  # fmt: skip
    """Decays of the three pions of an event, as rows (z, cosine, azimuth) of `plan`.

    `pions`: their columns.  `trials`, `rows`, `sums`: the arrays of `trial_space`.  Returns the
    weight of the topology, as in the module; 0 for an event with a pion that flies backwards.
    """
    q = (0.0, 0.0, 0.0)
    for i in range(3):
        j = pions[i]
        if laboratory[j, 2] <= 0.0:
            return 0.0
        mean = _mean_flight(laboratory[j, 2], constants)
        q = (q[1], q[2], -math.expm1(-(response.lkr.z_m - vertex[2]) / mean))
        plan[j, 0] = np.inf
    if mode == NO_PION_DECAYS:
        return (1.0 - q[0]) * (1.0 - q[1]) * (1.0 - q[2])
    for i in range(3):
        _fill_trials(key, event, trials, i, pions[i], charge[pions[i]], laboratory, vertex,
                     constants, response, fit, numbers)  # fmt: skip
    strata = (4, 7) if mode == ONE_PION_DECAYS else (0, 4)
    a, b, c, weight = _choose(key, event, trials, q, strata, numbers, rows, sums)
    chosen = (a, b, c)
    for i in range(3):
        for column in range(3):
            plan[pions[i], column] = trials[i, chosen[i], column]
    return weight
