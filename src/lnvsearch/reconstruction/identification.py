"""Particle identification from confidence levels of the electron, pion and kaon hypotheses.

Each track carries, for each hypothesis h and each detector (dE/dx, time of flight, calorimeter),
chi_h = (measured - expected_h) / resolution_h.  Their squares add up to a chi-square with as
many degrees of freedom as there are measurements, and the confidence level is its upper tail
probability.  The thresholds are arguments: their values are the analysis's, not the method's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lnvsearch.reconstruction.four_vectors import momentum_gev

__all__ = [
    "DETECTORS",
    "HYPOTHESES",
    "confidence_levels",
    "energy_over_momentum",
    "is_electron",
    "is_kaon",
    "is_muon",
    "is_pion",
]

#: Order of the last axis of every array of confidence levels.
HYPOTHESES = ("electron", "pion", "kaon")
DETECTORS = ("dedx", "tof", "emc")
_ELECTRON, _PION, _KAON = range(3)


def confidence_levels(
    track: Mapping[str, np.ndarray],
    detectors: Sequence[str] = DETECTORS,
    chosen: np.ndarray | None = None,
    hypotheses: Sequence[str] = HYPOTHESES,
) -> np.ndarray:
    """Confidence levels of m tracks, shape (m, h) in the order of `hypotheses` (HYPOTHESES).

    `chosen`: mask (m,) of the tracks that are wanted, all by default; the others have the level 0.
    `track`: columns `<detector>_chi_<hypothesis>`, each of shape (m,); NaN says that there is
    no measurement, and it does not count as a degree of freedom.  A hypothesis without any
    measurement has the level 0: nothing speaks for it, and no cut on it is passed.
    Raises ValueError for an unknown detector and KeyError for a missing column.

    >>> column = {f"tof_chi_{name}": np.array([0.0]) for name in HYPOTHESES}
    >>> confidence_levels(column, detectors=["tof"]).tolist()
    [[1.0, 1.0, 1.0]]
    """
    from lnvsearch.reconstruction._track_kernels import chi_square_levels

    unknown = set(detectors) - set(DETECTORS)
    if unknown or not detectors:
        raise ValueError(
            f"detectors is {list(detectors)}: give one or more of {', '.join(DETECTORS)}"
        )
    n = len(track[f"{detectors[0]}_chi_{hypotheses[0]}"])
    if chosen is None:
        chosen = np.ones(n, dtype=bool)
    levels = np.empty((len(hypotheses), n))  # one row of memory each
    for column, hypothesis in enumerate(hypotheses):
        chi = tuple(np.asarray(track[f"{name}_chi_{hypothesis}"]) for name in detectors)
        chi_square_levels(chi, chosen, levels[column])
    return levels.T


def energy_over_momentum(track: Mapping[str, np.ndarray]) -> np.ndarray:
    """E/p of m tracks: calorimeter energy (GeV) over momentum (GeV); 0 without a shower.

    `track`: columns `emc_energy`, `kappa`, `tan_lambda`, each of shape (m,).
    """
    return track["emc_energy"] / momentum_gev(track["kappa"], track["tan_lambda"])


def is_electron(
    confidence: np.ndarray,
    energy_over_momentum: np.ndarray,
    *,
    minimum_confidence: float,
    minimum_fraction: float,
    energy_over_momentum_range: tuple[float, float],
) -> np.ndarray:
    """Mask of electron candidates, shape (m,).

    `confidence`: (m, 3) from `confidence_levels`; `energy_over_momentum`: (m,).  A candidate has
    CL_e > `minimum_confidence`, CL_e / (CL_e + CL_pi + CL_K) > `minimum_fraction`, and E/p
    inside the open range.  The BESIII search of 2025 (section III) takes 0.001, 0.8, (0.8, 1.2).
    Raises ValueError for a fraction outside [0, 1) or an empty range.
    """
    if not 0.0 <= minimum_fraction < 1.0:
        raise ValueError(f"minimum_fraction is {minimum_fraction}: give a value in [0, 1)")
    low, high = energy_over_momentum_range
    if not low < high:
        raise ValueError(
            f"energy_over_momentum_range is ({low}, {high}): give the lower limit first"
        )
    electron = confidence[:, _ELECTRON]
    return (
        (electron > minimum_confidence)
        & (electron > minimum_fraction * confidence.sum(axis=1))
        & (energy_over_momentum > low)
        & (energy_over_momentum < high)
    )


def is_kaon(
    confidence: np.ndarray,
    energy_over_momentum: np.ndarray,
    *,
    minimum_confidence: float,
    maximum_energy_over_momentum: float,
) -> np.ndarray:
    """Mask of kaon candidates, shape (m,).

    CL_K > `minimum_confidence`, CL_K > CL_pi, and E/p < `maximum_energy_over_momentum`.
    The BESIII search of 2025 (section III) takes 0 and 0.8.
    """
    kaon = confidence[:, _KAON]
    return (
        (kaon > minimum_confidence)
        & (kaon > confidence[:, _PION])
        & (energy_over_momentum < maximum_energy_over_momentum)
    )


def is_pion(
    confidence: np.ndarray,
    energy_over_momentum: np.ndarray,
    *,
    minimum_confidence: float,
    maximum_energy_over_momentum: float,
) -> np.ndarray:
    """Mask of pion candidates, shape (m,).

    CL_pi > `minimum_confidence`, CL_pi > CL_e, CL_pi > CL_K, and E/p < `maximum_energy_over_momentum`.
    Muons pass as well: nothing but the muon counter tells them apart above 0.3 GeV.
    """
    pion = confidence[:, _PION]
    return (
        (pion > minimum_confidence)
        & (pion > confidence[:, _ELECTRON])
        & (pion > confidence[:, _KAON])
        & (energy_over_momentum < maximum_energy_over_momentum)
    )


def is_muon(
    confidence: np.ndarray,
    muon: np.ndarray,
    energy_over_momentum: np.ndarray,
    *,
    minimum_confidence: float,
    maximum_energy_over_momentum: float,
) -> np.ndarray:
    """Mask of muon candidates, shape (m,); `muon`: confidence levels of that hypothesis, (m,).

    CL_mu > `minimum_confidence`, CL_mu > CL_e, CL_mu > CL_K, and E/p < `maximum_energy_over_momentum`.
    """
    return (
        (muon > minimum_confidence)
        & (muon > confidence[:, _ELECTRON])
        & (muon > confidence[:, _KAON])
        & (energy_over_momentum < maximum_energy_over_momentum)
    )
