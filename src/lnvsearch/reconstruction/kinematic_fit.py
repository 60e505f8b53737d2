"""The fit of tracks to a known total four-momentum (4C), under several mass hypotheses at once.

Each track has the measured parameters (phi0, kappa, tan_lambda) and their covariance.  The fit
finds the parameters with the smallest chi-square from the measured ones for which the
four-momenta add up to the given total: four constraints, so chi-square with four degrees of
freedom where the hypothesis holds.  The method is that of Lagrange multipliers with repeated
linearisation (P. Avery, "Applied Fitting Theory VI", CLEO note CBX 98-37, 1998), compiled for
blocks of events.

>>> import numpy as np
>>> helix = np.array([[[0.0, 1.0, 0.1], [3.1415926, -1.0, -0.1]]])     # back to back, 1 GeV pT
>>> covariance = np.tile([1e-6, 0, 1e-5, 0, 0, 1e-5], (1, 2, 1))       # lower triangles
>>> result = fit(helix, covariance, [[0.0, 0.0]], [0, 0, 0, 2.01])
>>> result.chi_square.shape, bool(result.converged[0, 0])
((1, 1), True)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lnvsearch.reconstruction.four_vectors import four_momenta

__all__ = [
    "FIT_PARAMETERS",
    "FitResult",
    "FittedTracks",
    "chi_square_probability",
    "fit",
    "fit_parameters",
    "fit_shifts",
    "fit_tracks",
    "gather_tracks",
]

#: The fitted parameters of a track; its covariance holds the lower triangle, row by row.
FIT_PARAMETERS = ("phi0", "kappa", "tan_lambda")
_COVARIANCE_ELEMENTS = tuple(
    f"cov_{row}_{column}"
    for i, row in enumerate(FIT_PARAMETERS)
    for column in FIT_PARAMETERS[: i + 1]
)
_LOWER_TRIANGLE = np.tril_indices(3)
_NUMBER_OF_CONSTRAINTS = 4

# Iterate until chi2 changes by less than this times (1 + chi2).  What remains is of the order of
# 1e-8 for a right hypothesis and below 1e-6 for any: see the accuracy check of benchmark/fit.py.
_TOLERANCE = 1e-7
# The parameters settle more slowly than chi2, which is stationary in them.
_FINE_TOLERANCE = 1e-11
_MAXIMUM_ITERATIONS = 40


@dataclass(frozen=True)
class FitResult:
    """Chi-squares of n events under h hypotheses.

    `chi_square`: (n, h), infinity where the fit found no solution.
    """

    chi_square: np.ndarray

    @property
    def converged(self) -> np.ndarray:
        """Mask of the fits with a solution, shape (n, h)."""
        return np.isfinite(self.chi_square)

    @property
    def n_failed(self) -> int:
        """Number of fits without a solution."""
        return int(np.sum(~self.converged))


@dataclass(frozen=True)
class FittedTracks:
    """The solution of n fits of k tracks under one hypothesis.

    `chi_square`: (n,), infinity where there is no solution; there the other arrays are NaN.
    `helix`: (n, k, 3) fitted phi0 (rad), kappa (1/GeV), tan_lambda.
    `four_momentum`: (n, k, 4) fitted (px, py, pz, E), GeV.
    `shift`: (n, k, 3), fitted minus measured parameters; `covariance`: the measured ones', (n, k, 6).
    """

    chi_square: np.ndarray
    helix: np.ndarray
    four_momentum: np.ndarray
    shift: np.ndarray
    covariance: np.ndarray

    @property
    def pulls(self) -> np.ndarray:
        """(Measured - fitted) / sqrt(variance of that difference), (n, k, 3).

        Standard normal where the covariance and the hypothesis are right.
        """
        variance = _variance_of_shift(self.helix, self.four_momentum, self.covariance)
        return -self.shift / np.sqrt(variance)


def fit(
    helix: np.ndarray,
    covariance: np.ndarray,
    masses_gev: np.ndarray,
    total_four_momentum: np.ndarray,
) -> FitResult:
    """Chi-squares of the four-constraint fits of n events under h mass hypotheses.

    `helix`: (n, k, 3) with phi0 (rad), kappa (1/GeV), tan_lambda of k >= 2 tracks.
    `covariance`: their covariances, (n, k, 3, 3), or (n, k, 6) as lower triangles row by row.
    `masses_gev`: (h, k).  `total_four_momentum`: (4,) as (px, py, pz, E), GeV.

    A fit without a solution gives infinity (never NaN): covariance not positive definite, NaN
    among the input, or a hypothesis so wrong that the linearisation does not settle (with four
    tracks at the J/psi, a few in ten thousand fits, of chi2 above 1000).  Each event's result
    is independent of the others in the batch, to the bit.
    Raises ValueError for shapes that do not fit together.
    """
    inputs = _checked(helix, covariance, masses_gev, total_four_momentum)
    return FitResult(_fitted(*inputs, _TOLERANCE)[0])


def fit_parameters(
    helix: np.ndarray,
    covariance: np.ndarray,
    masses_gev: np.ndarray,
    total_four_momentum: np.ndarray,
) -> FittedTracks:
    """Fitted parameters, momenta and pulls of n events under one mass hypothesis.

    As `fit`, with `masses_gev` of shape (k,).
    """
    helix, covariance, masses, total = _checked(
        helix, covariance, np.asarray(masses_gev, dtype=float)[np.newaxis], total_four_momentum
    )
    chi_square, shift = _fitted(
        helix, covariance, masses, total, _FINE_TOLERANCE, _FINE_TOLERANCE
    )
    fitted = helix + shift
    momentum = four_momenta(fitted[..., 0], fitted[..., 1], fitted[..., 2], masses[0])
    return FittedTracks(chi_square[:, 0], fitted, momentum, shift, covariance)


def fit_shifts(
    helix: np.ndarray,
    covariance: np.ndarray,
    masses_gev: np.ndarray,
    total_four_momentum: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Chi-squares (n,) of fits under one mass hypothesis, and fitted minus measured parameters.

    Arguments as of `fit_parameters`, chi-squares as of `fit`; the shifts, (n, k, 3), are NaN where
    they do not settle.
    """
    masses_gev = np.asarray(masses_gev, dtype=float)
    inputs = _checked(helix, covariance, masses_gev[np.newaxis], total_four_momentum)
    chi_square, shift = _fitted(*inputs, _TOLERANCE, _FINE_TOLERANCE)
    return chi_square[:, 0], shift


def _fitted(helix, covariance, masses, total, tolerance, shift_tolerance=None):
    """Chi-squares (n, h) to a tolerance; shifts (n, k, 3) to another, of none without one."""
    from lnvsearch.reconstruction import _fit_kernel

    chi_square = np.empty((len(helix), len(masses)))
    shift = np.empty((0 if shift_tolerance is None else len(helix), *helix.shape[1:]))
    _fit_kernel.fit_chi_square(
        helix, covariance, masses, total, tolerance, shift_tolerance or tolerance,
        _MAXIMUM_ITERATIONS, chi_square, shift,
    )  # fmt: skip
    return chi_square, shift


def gather_tracks(
    track: Mapping[str, np.ndarray], track_index: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Helix parameters and covariances of candidates, as `fit` takes them.

    `track`: columns `phi0`, `kappa`, `tan_lambda` and `cov_<row>_<column>` of m tracks each
    (as in `lnvsearch.experiments.besiii.events.TRACK_BRANCHES`).  `track_index`: (c, k) positions among the m.
    Returns arrays of shape (c, k, 3) and (c, k, 6).
    """
    from lnvsearch.reconstruction._track_kernels import gather

    helix = np.empty((*track_index.shape, 3))
    covariance = np.empty((*track_index.shape, 6))
    columns = (track[name] for name in (*FIT_PARAMETERS, *_COVARIANCE_ELEMENTS))
    gather(*columns, track_index, helix, covariance)
    return helix, covariance


def fit_tracks(
    track: Mapping[str, np.ndarray],
    track_index: np.ndarray,
    masses_gev: np.ndarray,
    total_four_momentum: np.ndarray,
    candidates_per_chunk: int = 65_536,
) -> FitResult:
    """`gather_tracks` and `fit` in chunks, which bound the memory; same result as in one go."""
    masses_gev = np.asarray(masses_gev, dtype=float)
    chi_square = np.empty((len(track_index), len(masses_gev)))
    for start in range(0, len(track_index), candidates_per_chunk):
        chunk = slice(start, start + candidates_per_chunk)
        helix, covariance = gather_tracks(track, track_index[chunk])
        chi_square[chunk] = fit(helix, covariance, masses_gev, total_four_momentum).chi_square
    return FitResult(chi_square)


def chi_square_probability(
    chi_square: np.ndarray, degrees_of_freedom: int = _NUMBER_OF_CONSTRAINTS
) -> np.ndarray:
    """Upper tail probability of a chi-square; flat in (0, 1) for a right hypothesis.

    >>> float(chi_square_probability(0.0))
    1.0
    """
    from scipy.special import chdtrc

    return chdtrc(degrees_of_freedom, chi_square)


def _checked(
    helix, covariance, masses_gev, total_four_momentum
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The four inputs as C-contiguous float64 arrays of the shapes that the kernel takes."""
    helix = np.ascontiguousarray(helix, dtype=float)
    covariance = np.asarray(covariance, dtype=float)
    masses = np.ascontiguousarray(masses_gev, dtype=float)
    total = np.ascontiguousarray(total_four_momentum, dtype=float)
    if helix.ndim != 3 or helix.shape[2] != 3 or helix.shape[1] < 2:
        raise ValueError(f"helix has shape {helix.shape}: give (n, k, 3) with k >= 2 tracks")
    if covariance.shape == (*helix.shape, 3):
        covariance = covariance[..., *_LOWER_TRIANGLE]
    if covariance.shape != (*helix.shape[:2], 6):
        raise ValueError(
            f"covariance has shape {covariance.shape}: give {(*helix.shape[:2], 6)} "
            f"or {(*helix.shape, 3)} for this helix"
        )
    if masses.ndim != 2 or masses.shape[1] != helix.shape[1] or not np.all(masses >= 0.0):
        raise ValueError(
            f"masses_gev has shape {masses.shape}: give (h, {helix.shape[1]}), "
            "one mass >= 0 for each track"
        )
    if total.shape != (4,):
        raise ValueError(f"total_four_momentum has shape {total.shape}: give (px, py, pz, E)")
    return helix, np.ascontiguousarray(covariance), masses, total


def _variance_of_shift(
    helix: np.ndarray, momentum: np.ndarray, covariance: np.ndarray
) -> np.ndarray:
    """Variances of measured minus fitted parameters: diagonal of C A^T S^-1 A C, (n, k, 3)."""
    kappa = helix[..., 1]
    transverse = 1.0 / np.abs(kappa)
    jacobian = np.zeros((*helix.shape[:2], 4, 3))
    jacobian[..., 0, 0] = -momentum[..., 1]
    jacobian[..., 1, 0] = momentum[..., 0]
    jacobian[..., :3, 1] = -momentum[..., :3] / kappa[..., np.newaxis]
    jacobian[..., 3, 1] = -np.sum(momentum[..., :3] ** 2, axis=-1) / (kappa * momentum[..., 3])
    jacobian[..., 2, 2] = transverse
    jacobian[..., 3, 2] = momentum[..., 2] * transverse / momentum[..., 3]

    matrix = np.empty((*helix.shape, 3))
    matrix[..., *_LOWER_TRIANGLE] = covariance
    matrix[..., *_LOWER_TRIANGLE[::-1]] = covariance
    gain = jacobian @ matrix
    s = np.sum(gain @ np.swapaxes(jacobian, -1, -2), axis=1)
    solvable = np.all(np.isfinite(s), axis=(1, 2))
    s[~solvable] = np.eye(4)
    variance = np.sum(gain * np.linalg.solve(s[:, np.newaxis], gain), axis=-2)
    return np.where(solvable[:, np.newaxis, np.newaxis], variance, np.nan)
