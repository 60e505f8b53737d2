"""The compiled part of the 4C fit: many fits side by side, one a lane.

The arithmetic of one fit is short, the same for every event, and free of branches, so it is
written for the vector units: each quantity is a row of LANES numbers, of which `vectors` takes
eight at a time.  A fit that has settled leaves its lane to the next at once: few need twice the
usual number of steps, and nobody waits for them.

Notation: measured parameters a0 = (phi, kappa, tan_lambda) of each track with covariance C, its
four-momentum p(a), and A = dp/da.  The constraint is sum p(a) = total.  Linearised at the
present point a, the constrained minimum is (P. Avery, "Applied Fitting Theory VI", CLEO note
CBX 98-37, 1998)

    S = sum A C A^T,   r = sum [p(a) + A (a0 - a)] - total,   multiplier = S^-1 r,
    chi2 = r . multiplier,   a = a0 - C A^T multiplier,

repeated until chi2 stands still.  At the fixed point the constraint holds exactly, and
a - a0 = -C A^T multiplier with the derivatives taken there: the true constrained minimum.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from lnvsearch.inner_kernel import inner_kernel
from lnvsearch.vectors import (
    WIDTH,
    absolute,
    broadcast,
    choose,
    load,
    lowest_place,
    places,
    square_root,
    store,
)

#: Three vectors: while one waits for its last division the others go on, and all stays in the first cache.
LANES = 24

# First elements of the rows of a block.  Measured quantities of a track:
_COS0, _SIN0, _KAPPA0, _TAN0 = (row * LANES for row in range(4))
_C00, _C10, _C11, _C20, _C21, _C22 = (row * LANES for row in range(4, 10))
_MEASURED = 10 * LANES
# The present point of a track: four-momentum, 1/kappa, 1/E, and a - a0.
_PX, _PY, _PZ, _E, _INVERSE_KAPPA, _INVERSE_E = (row * LANES for row in range(6))
_D_PHI, _D_KAPPA, _D_TAN = (row * LANES for row in range(6, 9))
_PRESENT = 9 * LANES
# The state of a fit: multipliers, chi2, chi2 when it has settled, and steps; what the last fit
# to end in this lane gave.
_M0, _M1, _M2, _M3, _CHI2, _SETTLED, _STEPS, _RESULT = (row * LANES for row in range(8))
_PROGRESS = 8 * LANES

# A fit that turns a track by 45 degrees or shifts its curvature by 75 % is far outside any
# resolution.  Steps stop there; what then does not settle is reported as not converged.
_LARGEST_TURN = math.pi / 4
_LARGEST_CURVATURE_SHIFT = 0.75

_HALF_PI_HIGH = 1.5707963267948966
_HALF_PI_LOW = 6.123233995736766e-17  # pi/2 minus the line above

_SINE = tuple((-1.0) ** n / math.factorial(2 * n + 1) for n in range(8))
_COSINE = tuple((-1.0) ** n / math.factorial(2 * n) for n in range(9))


# Let a * b + c be one instruction with one rounding; nothing else of "fast" arithmetic.
_FUSED = {"contract"}


@njit(inline="always")
def _sine_cosine(x):
    """Sine and cosine for |x| <= pi/4 from their power series, exact to 1e-16.

    The mathematical library's are not vectorised.
    """
    y = x * x
    sine = _SINE[5] + y * (_SINE[6] + y * _SINE[7])
    sine = _SINE[2] + y * (_SINE[3] + y * (_SINE[4] + y * sine))
    sine = _SINE[0] + y * (_SINE[1] + y * sine)
    cosine = _COSINE[6] + y * (_COSINE[7] + y * _COSINE[8])
    cosine = _COSINE[3] + y * (_COSINE[4] + y * (_COSINE[5] + y * cosine))
    cosine = _COSINE[0] + y * (_COSINE[1] + y * (_COSINE[2] + y * cosine))
    return x * sine, cosine


@inner_kernel(fastmath=_FUSED)
def _cosines_and_sines(helix, cosines, sines):
    """Cosine and sine of the azimuth of all tracks: `helix` (t, 3), the others (t,)."""
    for i in range(len(helix)):
        cosines[i] = helix[i, 0]
    for i in range(len(helix)):
        phi = cosines[i]
        quarters = np.floor(phi / _HALF_PI_HIGH + 0.5)
        sine, cosine = _sine_cosine((phi - quarters * _HALF_PI_HIGH) - quarters * _HALF_PI_LOW)
        is_odd = quarters - 2.0 * np.floor(0.5 * quarters)
        half = np.floor(0.5 * quarters)
        sign = 1.0 - 2.0 * (half - 2.0 * np.floor(0.5 * half))
        sines[i] = sign * (sine + is_odd * (cosine - sine))
        cosines[i] = sign * (cosine - is_odd * (sine + cosine))


@inner_kernel(forceinline=True)
def _load(helix, covariance, cosines, sines, event, lane, measured):
    """Copy the tracks of an event to a lane."""
    for track in range(helix.shape[1]):
        row = track * _MEASURED + lane
        measured[row + _COS0] = cosines[event, track]
        measured[row + _SIN0] = sines[event, track]
        measured[row + _KAPPA0] = helix[event, track, 1]
        measured[row + _TAN0] = helix[event, track, 2]
        for element in range(6):
            measured[row + _C00 + element * LANES] = covariance[event, track, element]


@inner_kernel(forceinline=True)
def _limited(value, limit):
    """`value` between -limit and limit; NaN stays."""
    value = choose(-limit > value, -limit, value)
    return choose(limit < value, limit, value)


@inner_kernel(fastmath=_FUSED)
def _move_tracks(measured, present, progress, mass_squared):
    """Move each track to a0 - C A^T multiplier, with A taken at its present point.

    With w = sqrt(1 + tan_lambda^2 + m^2 kappa^2) the energy is w / |kappa|, so one division by
    kappa w gives all reciprocals: a division or a root takes as long as ten products.
    """
    for track in range(len(mass_squared) // LANES):
        for lane in range(0, LANES, WIDTH):
            a, p = track * _MEASURED + lane, track * _PRESENT + lane
            px, py, pz = load(present, p + _PX), load(present, p + _PY), load(present, p + _PZ)
            inverse_kappa = load(present, p + _INVERSE_KAPPA)
            pt = absolute(inverse_kappa)
            m0, m1 = load(progress, _M0 + lane), load(progress, _M1 + lane)
            m2, m3 = load(progress, _M2 + lane), load(progress, _M3 + lane)
            m3 = m3 * load(present, p + _INVERSE_E)
            # g = A^T multiplier
            g_phi = px * m1 - py * m0
            g_kappa = -inverse_kappa * (px * m0 + py * m1 + pz * m2 + (pt * pt + pz * pz) * m3)
            g_tan = pt * (m2 + pz * m3)

            c10, c20, c21 = load(measured, a + _C10), load(measured, a + _C20), load(measured, a + _C21)
            d_phi = -(load(measured, a + _C00) * g_phi + c10 * g_kappa + c20 * g_tan)
            d_kappa = -(c10 * g_phi + load(measured, a + _C11) * g_kappa + c21 * g_tan)
            d_tan = -(c20 * g_phi + c21 * g_kappa + load(measured, a + _C22) * g_tan)
            kappa = load(measured, a + _KAPPA0)
            d_phi = _limited(d_phi, broadcast(_LARGEST_TURN))
            d_kappa = _limited(d_kappa, _LARGEST_CURVATURE_SHIFT * absolute(kappa))
            store(present, p + _D_PHI, d_phi)
            store(present, p + _D_KAPPA, d_kappa)
            store(present, p + _D_TAN, d_tan)

            sine, cosine = _sine_cosine(d_phi)
            sine_0, cosine_0 = load(measured, a + _SIN0), load(measured, a + _COS0)
            kappa = kappa + d_kappa
            tan_lambda = load(measured, a + _TAN0) + d_tan
            squared = load(mass_squared, track * LANES + lane)
            w = square_root(1.0 + tan_lambda * tan_lambda + squared * kappa * kappa)
            reciprocal = 1.0 / (kappa * w)
            inverse_kappa = w * reciprocal
            pt = absolute(inverse_kappa)
            store(present, p + _PX, -(sine_0 * cosine + cosine_0 * sine) * pt)
            store(present, p + _PY, (cosine_0 * cosine - sine_0 * sine) * pt)
            store(present, p + _PZ, tan_lambda * pt)
            store(present, p + _E, w * pt)
            store(present, p + _INVERSE_KAPPA, inverse_kappa)
            store(present, p + _INVERSE_E, absolute(kappa) * kappa * reciprocal)


@njit(cache=True, error_model="numpy", fastmath=_FUSED, forceinline=True)
def _with_track(measured, a, present, p, r, s):
    """r and S with p(a) + A (a0 - a) and A C A^T of a track whose rows begin at `a` and `p`."""
    px, py, pz = load(present, p + _PX), load(present, p + _PY), load(present, p + _PZ)
    inverse_kappa, inverse_energy = load(present, p + _INVERSE_KAPPA), load(present, p + _INVERSE_E)
    # Rows of A = dp/d(phi, kappa, tan_lambda); zeros: d pz, d E / d phi, d px, d py / d tan.
    pt = absolute(inverse_kappa)
    x_phi, x_kappa = -py, -px * inverse_kappa
    y_phi, y_kappa = px, -py * inverse_kappa
    z_kappa, z_tan = -pz * inverse_kappa, pt
    e_kappa = -(pt * pt + pz * pz) * inverse_kappa * inverse_energy
    e_tan = pt * pz * inverse_energy

    d_phi, d_kappa = load(present, p + _D_PHI), load(present, p + _D_KAPPA)
    d_tan = load(present, p + _D_TAN)
    r = (
        r[0] + (px - (x_phi * d_phi + x_kappa * d_kappa)),
        r[1] + (py - (y_phi * d_phi + y_kappa * d_kappa)),
        r[2] + (pz - (z_kappa * d_kappa + z_tan * d_tan)),
        r[3] + (load(present, p + _E) - (e_kappa * d_kappa + e_tan * d_tan)),
    )
    c00, c10, c11 = load(measured, a + _C00), load(measured, a + _C10), load(measured, a + _C11)
    c20, c21, c22 = load(measured, a + _C20), load(measured, a + _C21), load(measured, a + _C22)
    # Rows of A C
    xc_phi, xc_kappa = x_phi * c00 + x_kappa * c10, x_phi * c10 + x_kappa * c11
    yc_phi, yc_kappa = y_phi * c00 + y_kappa * c10, y_phi * c10 + y_kappa * c11
    zc_phi, zc_kappa = z_kappa * c10 + z_tan * c20, z_kappa * c11 + z_tan * c21
    zc_tan = z_kappa * c21 + z_tan * c22
    ec_phi, ec_kappa = e_kappa * c10 + e_tan * c20, e_kappa * c11 + e_tan * c21
    ec_tan = e_kappa * c21 + e_tan * c22
    s = (
        s[0] + (xc_phi * x_phi + xc_kappa * x_kappa),
        s[1] + (yc_phi * x_phi + yc_kappa * x_kappa),
        s[2] + (yc_phi * y_phi + yc_kappa * y_kappa),
        s[3] + (zc_phi * x_phi + zc_kappa * x_kappa),
        s[4] + (zc_phi * y_phi + zc_kappa * y_kappa),
        s[5] + (zc_kappa * z_kappa + zc_tan * z_tan),
        s[6] + (ec_phi * x_phi + ec_kappa * x_kappa),
        s[7] + (ec_phi * y_phi + ec_kappa * y_kappa),
        s[8] + (ec_kappa * z_kappa + ec_tan * z_tan),
        s[9] + (ec_kappa * e_kappa + ec_tan * e_tan),
    )
    return r, s


@njit(cache=True, error_model="numpy", fastmath=_FUSED, forceinline=True)
def _solution(r, s):
    """The solution of S multiplier = r by the decomposition S = L D L^T, and chi2 = r . multiplier.

    `s`: the lower triangle, row by row.  A matrix that is not positive definite (bad covariance,
    NaN) gives chi2 = NaN.
    """
    y0, y1, y2, y3 = r
    # Columns of L D are kept before the division by the diagonal D = (d0, d1, d2, d3).
    d0, u10, d1, u20, u21, d2, u30, u31, u32, d3 = s
    i0 = 1.0 / d0
    l10, l20, l30 = u10 * i0, u20 * i0, u30 * i0
    d1 = d1 - l10 * u10
    u21 = u21 - l20 * u10
    u31 = u31 - l30 * u10
    i1 = 1.0 / d1
    l21, l31 = u21 * i1, u31 * i1
    d2 = d2 - l20 * u20 - l21 * u21
    u32 = u32 - l30 * u20 - l31 * u21
    i2 = 1.0 / d2
    l32 = u32 * i2
    d3 = d3 - l30 * u30 - l31 * u31 - l32 * u32
    i3 = 1.0 / d3

    y1 = y1 - l10 * y0
    y2 = y2 - l20 * y0 - l21 * y1
    y3 = y3 - l30 * y0 - l31 * y1 - l32 * y2
    z0, z1, z2, m3 = y0 * i0, y1 * i1, y2 * i2, y3 * i3
    chi2 = y0 * z0 + y1 * z1 + y2 * z2 + y3 * m3
    chi2 = choose((d0 > 0.0) & (d1 > 0.0) & (d2 > 0.0) & (d3 > 0.0), chi2, np.nan)
    m2 = z2 - l32 * m3
    m1 = z1 - l21 * m2 - l31 * m3
    return z0 - l10 * m1 - l20 * m2 - l30 * m3, m1, m2, m3, chi2


@inner_kernel(forceinline=True)
def _settle(progress, lane, solution, tolerance, shift_tolerance, max_iterations):
    """Keep the step of eight fits, or, of those that end, the result; returns places of two kinds.

    The first have ended, of which the second with a solution.  NaN counts as settled: it cannot
    recover.
    """
    m0, m1, m2, m3, chi2 = solution
    settled, steps = load(progress, _SETTLED + lane), load(progress, _STEPS + lane) + 1.0
    change = absolute(chi2 - load(progress, _CHI2 + lane))
    is_nan = chi2 != chi2
    still = (change <= tolerance * (1.0 + chi2)) & (chi2 < np.inf)
    fitted = (change <= shift_tolerance * (1.0 + chi2)) & (chi2 < np.inf)
    settled = choose((settled == np.inf) & (still | is_nan), chi2, settled)
    ends = fitted | is_nan | (steps >= max_iterations)
    store(progress, _RESULT + lane, choose(settled == settled, settled, np.inf))
    # The next fit of a lane begins at the measured parameters: no multiplier.
    store(progress, _M0 + lane, choose(ends, 0.0, m0))
    store(progress, _M1 + lane, choose(ends, 0.0, m1))
    store(progress, _M2 + lane, choose(ends, 0.0, m2))
    store(progress, _M3 + lane, choose(ends, 0.0, m3))
    store(progress, _CHI2 + lane, choose(ends, np.inf, chi2))
    store(progress, _SETTLED + lane, choose(ends, np.inf, settled))
    store(progress, _STEPS + lane, choose(ends, 0.0, steps))
    return places(ends), places(fitted)


@inner_kernel(fastmath=_FUSED)
def _step(
    measured, present, mass_squared, total, progress, tolerance, shift_tolerance, max_iterations
):
    """One linearisation and its solution, of all lanes; returns as `_settle`, a bit a lane."""
    _move_tracks(measured, present, progress, mass_squared)
    ended, fitted = np.uint64(0), np.uint64(0)
    for lane in range(0, LANES, WIDTH):
        r = (
            broadcast(-total[0]), broadcast(-total[1]), broadcast(-total[2]), broadcast(-total[3])
        )
        o = broadcast(0.0)
        s = (o, o, o, o, o, o, o, o, o, o)
        for track in range(len(mass_squared) // LANES):
            r, s = _with_track(
                measured, track * _MEASURED + lane, present, track * _PRESENT + lane, r, s
            )
        some, good = _settle(
            progress, lane, _solution(r, s), tolerance, shift_tolerance, max_iterations
        )
        ended |= some << np.uint64(lane)
        fitted |= good << np.uint64(lane)
    return ended, fitted


@inner_kernel(forceinline=True)
def _write(shift, event, present, lane, is_good):
    """Write the parameters that a fit has found; remove NaN, which a factor of 0 would keep."""
    for track in range(shift.shape[1] if len(shift) else 0):
        row = track * _PRESENT + lane
        shift[event, track, 0] = present[row + _D_PHI] if is_good else np.nan
        shift[event, track, 1] = present[row + _D_KAPPA] if is_good else np.nan
        shift[event, track, 2] = present[row + _D_TAN] if is_good else np.nan
    if not is_good:
        for row in range(lane, len(present), LANES):
            present[row] = 0.0


@njit(cache=True, error_model="numpy")
def fit_chi_square(
    helix, covariance, masses, total, tolerance, shift_tolerance, max_iterations, chi_square, shift
):  # fmt: skip
    """Fill `chi_square` (n, h) with the chi2 of the 4C fits; infinity where there is none.

    `helix` (n, k, 3), `covariance` (n, k, 6), `masses` (h, k), `total` (4,), all C-contiguous.
    `tolerance`: chi2 has settled when it changes by less than this times 1 + chi2.
    `shift` (n, k, 3) takes fitted minus measured parameters when chi2 has settled to
    `shift_tolerance`, which is not larger, of the last hypothesis, NaN where it has not; give an
    array of shape (0, k, 3) to leave that out.

    A lane goes through the hypotheses of its event and then takes the next event, each fit
    as soon as the last has settled: results do not depend on what the other lanes do.
    """
    n_events, n_tracks = helix.shape[:2]
    cosines, sines = np.empty((n_events, n_tracks)), np.empty((n_events, n_tracks))
    _cosines_and_sines(helix.reshape(-1, 3), cosines.reshape(-1), sines.reshape(-1))
    measured, present = np.zeros(n_tracks * _MEASURED), np.zeros(n_tracks * _PRESENT)
    mass_squared, squares = np.zeros(n_tracks * LANES), masses * masses
    progress = np.zeros(_PROGRESS)
    progress[_CHI2:_STEPS] = np.inf
    event, hypothesis = np.full(LANES, -1), np.full(LANES, len(masses) - 1)
    n_begun, n_open = 0, n_events * len(masses)
    ended, fitted = ~np.uint64(0) >> np.uint64(64 - LANES), np.uint64(0)
    while n_open > 0:
        while ended > 0:
            lane = lowest_place(ended)
            ended &= ended - np.uint64(1)
            if event[lane] >= n_events:
                continue
            if event[lane] >= 0:
                is_good = (fitted >> np.uint64(lane)) & np.uint64(1) == 1
                chi_square[event[lane], hypothesis[lane]] = progress[_RESULT + lane]
                _write(shift, event[lane], present, lane, is_good)
                n_open -= 1
            hypothesis[lane] += 1
            if hypothesis[lane] == len(masses):
                event[lane], hypothesis[lane] = n_begun, 0
                n_begun += 1
                if event[lane] < n_events:
                    _load(helix, covariance, cosines, sines, event[lane], lane, measured)
            for track in range(n_tracks):
                mass_squared[track * LANES + lane] = squares[hypothesis[lane], track]
        ended, fitted = _step(
            measured, present, mass_squared, total, progress,
            tolerance, shift_tolerance, float(max_iterations),
        )  # fmt: skip
