"""The compiled part of the 4C fit: many fits side by side, one a lane.

The arithmetic of one fit is short, the same for every event, and free of branches, so it is
written for the vector units: each quantity is a row of LANES numbers, and the innermost loops
run over the lanes, with a length known to the compiler.  A fit that has settled leaves its lane to
the next at once: few need twice the usual number of steps, and nobody waits for them.

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

LANES = 16

# First elements of the rows of a block.  Measured quantities of a track:
_COS0, _SIN0, _KAPPA0, _TAN0 = (row * LANES for row in range(4))
_C00, _C10, _C11, _C20, _C21, _C22 = (row * LANES for row in range(4, 10))
_MEASURED = 10 * LANES
# The present point of a track: four-momentum, 1/kappa, 1/E, and a - a0.
_PX, _PY, _PZ, _E, _INVERSE_KAPPA, _INVERSE_E = (row * LANES for row in range(6))
_D_PHI, _D_KAPPA, _D_TAN = (row * LANES for row in range(6, 9))
_PRESENT = 9 * LANES
# Sums over the tracks: the residual r and the lower triangle of S, row by row.
_R0, _R1, _R2, _R3 = (row * LANES for row in range(4))
_S00, _S10, _S11, _S20, _S21, _S22, _S30, _S31, _S32, _S33 = (
    row * LANES for row in range(4, 14)
)
_SUMS = 14 * LANES
# The state of a fit: multipliers, chi2 and that of the step before, chi2 when it has settled,
# steps, and whether it ends (1) with a solution (2).
_M0, _M1, _M2, _M3, _CHI2, _BEFORE, _RESULT, _STEPS, _END = (row * LANES for row in range(9))
_PROGRESS = 9 * LANES

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


@njit(cache=True, error_model="numpy", fastmath=_FUSED)
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


@njit(cache=True, error_model="numpy", forceinline=True)
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


@njit(cache=True, error_model="numpy", forceinline=True)
def _begin(masses, hypothesis, lane, mass_squared, progress):
    """Let the next step of a lane put its tracks at their measured parameters: no multiplier."""
    for track in range(masses.shape[1]):
        mass_squared[track * LANES + lane] = masses[hypothesis, track] ** 2
    for row in (_M0, _M1, _M2, _M3):
        progress[row + lane] = 0.0
    progress[_CHI2 + lane] = np.inf
    progress[_RESULT + lane] = np.inf
    progress[_STEPS + lane] = 0.0


@njit(inline="always")
def _set_momentum(present, lane, sine, cosine, kappa, tan_lambda, mass_squared):
    """Four-momentum, 1/kappa and 1/E of a track from its parameters.

    With w = sqrt(1 + tan_lambda^2 + m^2 kappa^2) the energy is w / |kappa|, so one division by
    kappa w gives all reciprocals: divisions and roots take most of the time of a fit.
    """
    w = math.sqrt(1.0 + tan_lambda * tan_lambda + mass_squared * kappa * kappa)
    reciprocal = 1.0 / (kappa * w)
    inverse_kappa = w * reciprocal
    pt = abs(inverse_kappa)
    present[_PX + lane] = -sine * pt
    present[_PY + lane] = cosine * pt
    present[_PZ + lane] = tan_lambda * pt
    present[_E + lane] = w * pt
    present[_INVERSE_KAPPA + lane] = inverse_kappa
    present[_INVERSE_E + lane] = abs(kappa) * kappa * reciprocal


@njit(cache=True, error_model="numpy", fastmath=_FUSED)
def _move_track(measured, present, progress, mass_squared):
    """Move a track to a0 - C A^T multiplier, with A taken at its present point."""
    for lane in range(LANES):
        px = present[_PX + lane]
        py = present[_PY + lane]
        pz = present[_PZ + lane]
        inverse_kappa = present[_INVERSE_KAPPA + lane]
        pt = abs(inverse_kappa)
        m0 = progress[_M0 + lane]
        m1 = progress[_M1 + lane]
        m2 = progress[_M2 + lane]
        m3 = progress[_M3 + lane] * present[_INVERSE_E + lane]
        # g = A^T multiplier
        g_phi = px * m1 - py * m0
        g_kappa = -inverse_kappa * (px * m0 + py * m1 + pz * m2 + (pt * pt + pz * pz) * m3)
        g_tan = pt * (m2 + pz * m3)

        c10 = measured[_C10 + lane]
        c20 = measured[_C20 + lane]
        c21 = measured[_C21 + lane]
        d_phi = -(measured[_C00 + lane] * g_phi + c10 * g_kappa + c20 * g_tan)
        d_kappa = -(c10 * g_phi + measured[_C11 + lane] * g_kappa + c21 * g_tan)
        d_tan = -(c20 * g_phi + c21 * g_kappa + measured[_C22 + lane] * g_tan)
        kappa = measured[_KAPPA0 + lane]
        limit = _LARGEST_CURVATURE_SHIFT * abs(kappa)
        d_phi = min(max(d_phi, -_LARGEST_TURN), _LARGEST_TURN)
        d_kappa = min(max(d_kappa, -limit), limit)
        present[_D_PHI + lane] = d_phi
        present[_D_KAPPA + lane] = d_kappa
        present[_D_TAN + lane] = d_tan

        sine, cosine = _sine_cosine(d_phi)
        sine0 = measured[_SIN0 + lane]
        cosine0 = measured[_COS0 + lane]
        _set_momentum(
            present,
            lane,
            sine0 * cosine + cosine0 * sine,
            cosine0 * cosine - sine0 * sine,
            kappa + d_kappa,
            measured[_TAN0 + lane] + d_tan,
            mass_squared[lane],
        )


@njit(cache=True, error_model="numpy")
def _start_sums(total, sums):
    """Set r to minus the total four-momentum and S to zero."""
    for row in range(4):
        for lane in range(LANES):
            sums[row * LANES + lane] = -total[row]
    for i in range(4 * LANES, _SUMS):
        sums[i] = 0.0


@njit(cache=True, error_model="numpy", fastmath=_FUSED)
def _add_track(measured, present, sums):
    """Add p(a) + A (a0 - a) of a track to r, and A C A^T to S."""
    for lane in range(LANES):
        px = present[_PX + lane]
        py = present[_PY + lane]
        pz = present[_PZ + lane]
        energy = present[_E + lane]
        inverse_kappa = present[_INVERSE_KAPPA + lane]
        # Rows of A = dp/d(phi, kappa, tan_lambda); zeros: d pz, d E / d phi, d px, d py / d tan.
        pt = abs(inverse_kappa)
        x_phi = -py
        x_kappa = -px * inverse_kappa
        y_phi = px
        y_kappa = -py * inverse_kappa
        z_kappa = -pz * inverse_kappa
        z_tan = pt
        inverse_energy = present[_INVERSE_E + lane]
        e_kappa = -(pt * pt + pz * pz) * inverse_kappa * inverse_energy
        e_tan = pt * pz * inverse_energy

        d_phi = present[_D_PHI + lane]
        d_kappa = present[_D_KAPPA + lane]
        d_tan = present[_D_TAN + lane]
        sums[_R0 + lane] += px - (x_phi * d_phi + x_kappa * d_kappa)
        sums[_R1 + lane] += py - (y_phi * d_phi + y_kappa * d_kappa)
        sums[_R2 + lane] += pz - (z_kappa * d_kappa + z_tan * d_tan)
        sums[_R3 + lane] += energy - (e_kappa * d_kappa + e_tan * d_tan)

        c00 = measured[_C00 + lane]
        c10 = measured[_C10 + lane]
        c11 = measured[_C11 + lane]
        c20 = measured[_C20 + lane]
        c21 = measured[_C21 + lane]
        c22 = measured[_C22 + lane]
        # Rows of A C
        xc_phi = x_phi * c00 + x_kappa * c10
        xc_kappa = x_phi * c10 + x_kappa * c11
        yc_phi = y_phi * c00 + y_kappa * c10
        yc_kappa = y_phi * c10 + y_kappa * c11
        zc_phi = z_kappa * c10 + z_tan * c20
        zc_kappa = z_kappa * c11 + z_tan * c21
        zc_tan = z_kappa * c21 + z_tan * c22
        ec_phi = e_kappa * c10 + e_tan * c20
        ec_kappa = e_kappa * c11 + e_tan * c21
        ec_tan = e_kappa * c21 + e_tan * c22
        sums[_S00 + lane] += xc_phi * x_phi + xc_kappa * x_kappa
        sums[_S10 + lane] += yc_phi * x_phi + yc_kappa * x_kappa
        sums[_S11 + lane] += yc_phi * y_phi + yc_kappa * y_kappa
        sums[_S20 + lane] += zc_phi * x_phi + zc_kappa * x_kappa
        sums[_S21 + lane] += zc_phi * y_phi + zc_kappa * y_kappa
        sums[_S22 + lane] += zc_kappa * z_kappa + zc_tan * z_tan
        sums[_S30 + lane] += ec_phi * x_phi + ec_kappa * x_kappa
        sums[_S31 + lane] += ec_phi * y_phi + ec_kappa * y_kappa
        sums[_S32 + lane] += ec_kappa * z_kappa + ec_tan * z_tan
        sums[_S33 + lane] += ec_kappa * e_kappa + ec_tan * e_tan


@njit(cache=True, error_model="numpy", fastmath=_FUSED)
def _solve(sums, progress):
    """Solve S multiplier = r by the decomposition S = L D L^T, and chi2 = r . multiplier.

    A matrix that is not positive definite (bad covariance, NaN) gives chi2 = NaN.
    """
    for lane in range(LANES):
        # Columns of L D are kept before the division by the diagonal D = (d0, d1, d2, d3).
        d0 = sums[_S00 + lane]
        u10 = sums[_S10 + lane]
        u20 = sums[_S20 + lane]
        u30 = sums[_S30 + lane]
        i0 = 1.0 / d0
        l10 = u10 * i0
        l20 = u20 * i0
        l30 = u30 * i0
        d1 = sums[_S11 + lane] - l10 * u10
        u21 = sums[_S21 + lane] - l20 * u10
        u31 = sums[_S31 + lane] - l30 * u10
        i1 = 1.0 / d1
        l21 = u21 * i1
        l31 = u31 * i1
        d2 = sums[_S22 + lane] - l20 * u20 - l21 * u21
        u32 = sums[_S32 + lane] - l30 * u20 - l31 * u21
        i2 = 1.0 / d2
        l32 = u32 * i2
        d3 = sums[_S33 + lane] - l30 * u30 - l31 * u31 - l32 * u32
        i3 = 1.0 / d3

        y0 = sums[_R0 + lane]
        y1 = sums[_R1 + lane] - l10 * y0
        y2 = sums[_R2 + lane] - l20 * y0 - l21 * y1
        y3 = sums[_R3 + lane] - l30 * y0 - l31 * y1 - l32 * y2
        z0 = y0 * i0
        z1 = y1 * i1
        z2 = y2 * i2
        z3 = y3 * i3
        chi2 = y0 * z0 + y1 * z1 + y2 * z2 + y3 * z3
        smallest = min(min(d0, d1), min(d2, d3))
        progress[_BEFORE + lane] = progress[_CHI2 + lane]
        progress[_CHI2 + lane] = chi2 if smallest > 0.0 else np.nan
        m2 = z2 - l32 * z3
        m1 = z1 - l21 * m2 - l31 * z3
        progress[_M0 + lane] = z0 - l10 * m1 - l20 * m2 - l30 * z3
        progress[_M1 + lane] = m1
        progress[_M2 + lane] = m2
        progress[_M3 + lane] = z3


@njit(inline="always")
def _row(array, index, length):
    return array[index * length : (index + 1) * length]


@njit(cache=True, error_model="numpy")
def _step(measured, present, mass_squared, total, sums, progress):
    """One linearisation and its solution, of all lanes."""
    _start_sums(total, sums)
    for track in range(len(mass_squared) // LANES):
        track_measured = _row(measured, track, _MEASURED)
        track_present = _row(present, track, _PRESENT)
        _move_track(track_measured, track_present, progress, _row(mass_squared, track, LANES))
        _add_track(track_measured, track_present, sums)
    _solve(sums, progress)


@njit(cache=True, error_model="numpy")
def _settle(progress, tolerance, shift_tolerance, max_iterations):
    """Which lanes end, and their results; returns how many.

    NaN counts as settled: it cannot recover.
    """
    n_ends = 0.0
    for lane in range(LANES):
        chi2, result = progress[_CHI2 + lane], progress[_RESULT + lane]
        change = abs(chi2 - progress[_BEFORE + lane])
        is_nan = chi2 != chi2
        still = (change <= tolerance * (1.0 + chi2)) & (chi2 < np.inf)
        fitted = (change <= shift_tolerance * (1.0 + chi2)) & (chi2 < np.inf)
        progress[_RESULT + lane] = chi2 if (result == np.inf) & (still | is_nan) else result
        progress[_STEPS + lane] += 1.0
        failed = is_nan | (progress[_STEPS + lane] >= max_iterations)
        end = 2.0 if fitted else (1.0 if failed else 0.0)
        progress[_END + lane] = end
        n_ends += end
    return n_ends


@njit(cache=True, error_model="numpy", forceinline=True)
def _write(progress, lane, present, event, hypothesis, chi_square, shift):
    """Write what the fit of a lane has found, and remove NaN, which a factor of 0 would keep."""
    result = progress[_RESULT + lane]
    chi_square[event, hypothesis] = np.inf if result != result else result
    is_good = progress[_END + lane] == 2.0
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
    mass_squared, sums = np.zeros(n_tracks * LANES), np.empty(_SUMS)
    progress = np.ones(_PROGRESS)
    event, hypothesis = np.full(LANES, -1), np.full(LANES, len(masses) - 1)
    n_begun, n_open = 0, n_events * len(masses)
    n_ends = 1.0
    while n_open > 0:
        for lane in range(LANES if n_ends > 0.0 else 0):
            if progress[_END + lane] == 0.0 or event[lane] >= n_events:
                continue
            if event[lane] >= 0:
                _write(progress, lane, present, event[lane], hypothesis[lane], chi_square, shift)
                n_open -= 1
            hypothesis[lane] += 1
            if hypothesis[lane] == len(masses):
                event[lane], hypothesis[lane] = n_begun, 0
                n_begun += 1
                if event[lane] < n_events:
                    _load(helix, covariance, cosines, sines, event[lane], lane, measured)
            _begin(masses, hypothesis[lane], lane, mass_squared, progress)
        _step(measured, present, mass_squared, total, sums, progress)
        n_ends = _settle(progress, tolerance, shift_tolerance, max_iterations)
