"""Topologies of pions that decay in flight, drawn where they would mislead a search.

K+ -> pi+ pi+ pi- with decays in flight is reconstructed near the kaon's mass as pi- mu+ mu+ in one
of some 10^11 decays.  Such events are sampled in steps, each with its exact weight.

0. Attention.  A kaon is looked at with a probability s that its pions' momenta and the place of its decay
   (upstream the place alone) decide, and its weight is 1/s then; where heavy candidates come from, more
   trials are drawn downstream.

1. Strata.  With q_i the probability that pion i decays before the calorimeter, the topologies
   (none; one; two or three decays) have known probabilities, products of q_i and 1 - q_i.
2. Trials (`pion_trials`).  For each pion n decays are drawn, each with the weight w = true over
   drawn density.
3. Choice.  Every combination c of trials that makes up a topology is an event as good as another.
   One is chosen with a probability in proportion to P_c w_c h_c, where h_c says how interesting
   the combination is (from its tracks without scattering and resolution).  The event's weight

       W = sum_c P_c w_c h_c / (N h_chosen),      N combinations a topology,

   makes the mean of W f(event) that of f over the true density, for any f and any h > 0: h
   decides on the variance alone.  (Sampling, importance resampling: D. B. Rubin, Bayesian
   Statistics 3 (1988) 395; here with h as the target.)

4. Hope (two or three decays).  An event without any combination above the smallest interest is kept with a
   fixed probability, and its weight is divided by that.

As h and w are bounded, from below and from above, so is W.
"""

from __future__ import annotations

import math

import numpy as np

from lnvsearch.experiments.na62.detector.interest import (
    ALONG_X,
    ALONG_Y,
    COSINE,
    IDENTITY,
    INTEREST_FLOOR,
    MOMENTUM,
    ROWS,
    WEIGHT,
    Z,
    interest,
    may_interest,
    prepare,
    reaches_beam,
)
from lnvsearch.experiments.na62.detector.pion_trials import (
    MOST_TRIALS,
    N_TRIALS,
    fill_trials,
    mean_flight,
)
from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.lanes import float_stack_array
from lnvsearch.random_streams import uniform4

__all__ = [
    "NO_PION_DECAYS",
    "ONE_PION_DECAYS",
    "PIONS_DECAY",
    "PIONS_DECAY_UPSTREAM",
    "plan_decays",
]

#: Modes beside those of `kinematics`: topologies with weights.
NO_PION_DECAYS, ONE_PION_DECAYS, PIONS_DECAY, PIONS_DECAY_UPSTREAM = 2, 3, 4, 5

#: Momenta (GeV) of the pions of kaons that are looked at most: three tracks look like a heavy pi- mu+ mu+
#: where the negative pion is slow, and the others share the rest; like pi+ mu+ mu- where a positive one is.
_SLOW_BELOW_GEV, _SHARED_ABOVE_GEV, _SHARED_BELOW_GEV = 20.0, 18.0, 44.0
#: Where the fastest positive pion looks like a muon of a heavy candidate with decays of two.
_FAST_ABOVE_GEV = 30.0
#: Probabilities to look at a kaon: such a one, the other such a one, one with such a pion, any other.
_LOOKED_AT = (0.5, 0.3, 0.15, 0.10)
#: The first falls where the kaon decays late, and its pions have less way to decay on before the first chamber:
#: up to the first place (m) it is as above, from the second one on the share of it that is left.
_EARLY_TO_M, _LATE_FROM_M, _LATE_SHARE = 160.0, 170.0, 0.1
#: Upstream: the same behind the last magnet of the beam.  Heavy candidates come from before it, where it
#: bends the pions away from the beam.
_LOOKED_AT_BEHIND_BEAM_LINE = 0.2
#: Probability to keep an event of which no combination is interesting: such ones are hardly ever selected.
_KEPT_WITHOUT_HOPE = 0.25

_ROWS = np.uint64(ROWS)
_row_lanes, _doubled_lanes = float_stack_array(ROWS), float_stack_array(2 * ROWS)


@inner_kernel(forceinline=True)
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


@inner_kernel(forceinline=True)
def _combinations(stratum, n):
    """Numbers of i and of j of a stratum."""
    return (n, n) if stratum < 4 else (n, 1)


@inner_kernel(forceinline=True)
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


@inner_kernel(forceinline=True)
def _weight(trials, a, b, c):
    """True over drawn density of a combination."""
    return trials[0, WEIGHT, a] * trials[1, WEIGHT, b] * trials[2, WEIGHT, c]


@inner_kernel(forceinline=True)
def _pair(stratum):
    """The pions that decay in a stratum of two decays."""
    if stratum == 0:
        return 1, 2
    if stratum == 1:
        return 0, 2
    return 0, 1


@inner_kernel()
def _sum_of_weights(trials, stratum, n):
    """Sum of the weights of all combinations of a stratum."""
    result = 0.0
    if stratum < 3:
        one, other = _pair(stratum)
        first, second = 0.0, 0.0
        for i in range(n):
            first += trials[one, WEIGHT, i]
            second += trials[other, WEIGHT, i]
        return first * second
    if stratum > 3:
        for i in range(n):
            result += trials[stratum - 4, WEIGHT, i]
        return result
    # The sum over j of all i at once; the weights of the third pion one after the other twice.
    third, lines = _doubled_lanes(), _row_lanes()
    rows = np.uint64(n)
    for i in range(_ROWS):
        lines[i] = 0.0
    for j in range(rows):
        third[j] = third[rows + j] = trials[2, WEIGHT, j]
    for j in range(rows):
        for i in range(_ROWS):
            lines[i] += trials[1, WEIGHT, j] * third[i + j]
    for i in range(rows):
        result += trials[0, WEIGHT, i] * lines[i]
    return result


@inner_kernel()
def _range_of(trials, n):
    """Smallest and largest momenta of the decays that selections take, of the second and the third pion.

    Infinite, and minus infinity, where there are none.
    """
    lows, highs = (np.inf, np.inf), (-np.inf, -np.inf)
    for pion in range(1, 3):
        low, high = np.inf, -np.inf
        for row in range(n):
            p = trials[pion, MOMENTUM, row]
            low, high = min(low, p), max(high, p if p < np.inf else -np.inf)
        lows, highs = (lows[1], low), (highs[1], high)
    return lows, highs


@inner_kernel(forceinline=True)
def _may_have_any(trials, stratum, i, n, lows, highs, numbers):
    """Whether any j can bring the momenta of a combination to the beam's; see `_rows` and `_range_of`."""
    a, b, c = _rows(stratum, i, 0, n)
    p = (trials[0, MOMENTUM, a], trials[1, MOMENTUM, b], trials[2, MOMENTUM, c])
    varies = (stratum == 2 or stratum == 3, stratum < 2 or stratum == 3)
    low = p[0] + (lows[0] if varies[0] else p[1]) + (lows[1] if varies[1] else p[2])
    high = p[0] + (highs[0] if varies[0] else p[1]) + (highs[1] if varies[1] else p[2])
    return reaches_beam(low, high, numbers)


@inner_kernel(forceinline=True)
def _choose(key, event, trials, q, strata, n, negative, is_kept, numbers, rows, sums):
    """Rows of the chosen combination, the event's weight, and whether any combination is interesting.

    `strata`: the first and the one behind the last; `negative`: the pion of negative charge; `is_kept`:
    whether to choose one (else with a weight of 0) where none is interesting.  `rows`, `sums`: space for the
    combinations with an interest above the floor, the running sum of what they add to it, and the interest.
    """
    interesting, found, is_prepared = 0.0, 0, False
    lows, highs = _range_of(trials, n)
    for stratum in range(strata[0], strata[1]):
        n_i, n_j = _combinations(stratum, n)
        share = _stratum_probability(stratum, q) / (n_i * n_j)
        for i in range(n_i):
            if not _may_have_any(trials, stratum, i, n, lows, highs, numbers):
                continue
            for j in range(n_j):
                a, b, c = _rows(stratum, i, j, n)
                if not may_interest(trials, a, b, c, numbers):
                    continue
                if not is_prepared:
                    for pion in range(3):
                        prepare(trials, pion, pion == negative, numbers)
                    is_prepared = True
                above = interest(trials, a, b, c, negative, numbers)
                if above > 0.0:
                    interesting += share * _weight(trials, a, b, c) * above
                    rows[found, 0], rows[found, 1], rows[found, 2] = a, b, c
                    sums[0, found], sums[1, found] = interesting, above
                    found += 1
    if found == 0 and not is_kept:
        return n, n, n, 0.0, False
    plain = 0.0
    for stratum in range(strata[0], strata[1]):
        plain += _stratum_weight(trials, stratum, q, n)
    total = INTEREST_FLOOR * plain + interesting
    pick, _, _, _ = uniform4(key, event, 0, 0, 2)
    pick *= total
    if pick < interesting:
        f = 0
        while sums[0, f] < pick:
            f += 1
        return rows[f, 0], rows[f, 1], rows[f, 2], total / (INTEREST_FLOOR + sums[1, f]), True
    a, b, c = _pick_plainly(trials, q, strata, n, (pick - interesting) / INTEREST_FLOOR)
    above = 0.0
    for f in range(found):
        if rows[f, 0] == a and rows[f, 1] == b and rows[f, 2] == c:
            above = sums[1, f]
    return a, b, c, total / (INTEREST_FLOOR + above), found > 0


@inner_kernel()
def _stratum_weight(trials, stratum, q, n):
    """What the combinations of a stratum add to the sum of P_c w_c / N."""
    n_i, n_j = _combinations(stratum, n)
    return _stratum_probability(stratum, q) / (n_i * n_j) * _sum_of_weights(trials, stratum, n)


@inner_kernel()
def _pick_plainly(trials, q, strata, n, pick):
    """Rows of the combination at which the sum of weights reaches `pick`."""
    a, b, c = n, n, n
    for stratum in range(strata[0], strata[1]):
        here = _stratum_weight(trials, stratum, q, n)
        if pick > here and stratum + 1 < strata[1]:
            pick -= here
            continue
        n_i, n_j = _combinations(stratum, n)
        share = _stratum_probability(stratum, q) / (n_i * n_j)
        for i in range(n_i):
            for j in range(n_j):
                a, b, c = _rows(stratum, i, j, n)
                pick -= share * _weight(trials, a, b, c)
                if pick < 0.0:
                    return a, b, c
        return a, b, c
    return a, b, c


@inner_kernel(forceinline=True)
def _attention(pions, charge, laboratory, decay_z):
    """(probability that a kaon is looked at, number of trials of each pion); `decay_z`: of the kaon."""
    negative, low, high = 0.0, np.inf, 0.0
    for i in range(3):
        j = pions[i]
        if charge[j] < 0.0:
            negative = laboratory[j, 2]
        else:
            low, high = min(low, laboratory[j, 2]), max(high, laboratory[j, 2])
    if high < _SHARED_BELOW_GEV:
        if negative < _SLOW_BELOW_GEV and low > _SHARED_ABOVE_GEV:
            late = min(max((decay_z - _EARLY_TO_M) / (_LATE_FROM_M - _EARLY_TO_M), 0.0), 1.0)
            return (1.0 - (1.0 - _LATE_SHARE) * late) * _LOOKED_AT[0], MOST_TRIALS
        if low < _SLOW_BELOW_GEV and _SHARED_ABOVE_GEV < min(negative, high) < _SHARED_BELOW_GEV:
            return _LOOKED_AT[1], N_TRIALS
        if high > _FAST_ABOVE_GEV:
            return _LOOKED_AT[2], N_TRIALS
    return _LOOKED_AT[3], N_TRIALS


@inner_kernel()
def plan_decays(
    key, event, mode, pions, charge, laboratory, vertex, constants, response, fit, numbers, trials,
    rows, sums, plan,
):  # fmt: skip
    """Decays of the three pions of an event, as rows (z, cosine, azimuth) of `plan`.

    `pions`: their columns.  `trials`, `rows`, `sums`: the arrays of `trial_space`.  Returns the
    weight of the topology, as in the module; 0 for an event with a pion that flies backwards, and
    for a kaon that is not looked at or an event that is not kept.
    """
    q = (0.0, 0.0, 0.0)
    for i in range(3):
        j = pions[i]
        if laboratory[j, 2] <= 0.0:
            return 0.0
        mean = mean_flight(laboratory[j, 2], constants)
        q = (q[1], q[2], -math.expm1(-(response.lkr.z_m - vertex[2]) / mean))
        plan[j, 0] = np.inf
    if mode == NO_PION_DECAYS:
        return (1.0 - q[0]) * (1.0 - q[1]) * (1.0 - q[2])
    survival, n = 1.0, N_TRIALS
    pick, hope, _, _ = uniform4(key, event, 0, 0, 3)
    if mode != ONE_PION_DECAYS and numbers.strength > 0.0:
        if mode == PIONS_DECAY:
            survival, n = _attention(pions, charge, laboratory, vertex[2])
        elif vertex[2] > response.upstream.trim5_z_m:
            survival = _LOOKED_AT_BEHIND_BEAM_LINE
        if pick > survival:
            return 0.0
    negative = 0
    for i in range(3):
        fill_trials(key, event, trials, i, pions[i], charge[pions[i]], laboratory, vertex,
                    constants, response, fit, n)  # fmt: skip
        negative = i if charge[pions[i]] < 0.0 else negative
        if mode == ONE_PION_DECAYS:
            # Two do not decay: no search takes both for muons, and only control samples are left.
            for row in range(n + 1):
                trials[i, IDENTITY, row] = 1.0
    strata = (4, 7) if mode == ONE_PION_DECAYS else (0, 4)
    may_drop = mode != ONE_PION_DECAYS and numbers.strength > 0.0
    a, b, c, weight, is_hopeful = _choose(
        key, event, trials, q, strata, n, negative, not may_drop or hope < _KEPT_WITHOUT_HOPE,
        numbers, rows, sums,
    )  # fmt: skip
    if may_drop and not is_hopeful:
        survival *= _KEPT_WITHOUT_HOPE
    chosen = (a, b, c)
    for i in range(3):
        plan[pions[i], 0], plan[pions[i], 1] = trials[i, Z, chosen[i]], trials[i, COSINE, chosen[i]]
        plan[pions[i], 2] = math.atan2(trials[i, ALONG_Y, chosen[i]], trials[i, ALONG_X, chosen[i]])
    return weight / survival
