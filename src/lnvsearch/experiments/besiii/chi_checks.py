"""Whether the deviations of dE/dx, time of flight and showers are in standard deviations, as they tell themselves.

The difference of a track's deviations under two hypotheses does not depend on what the track is, but on what
both would leave, in units of the resolution.  Limits are a factor of three and more around those of
BESIII (dE/dx 6 %, time of flight 70 to 110 ps: Nucl. Instrum. Meth. A 614 (2010) 345).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lnvsearch.data_checks import check_all, check_median, check_no_stand_in
from lnvsearch.event_files import EventFileError

__all__ = ["DETECTORS", "check_deviations"]

DETECTORS = ("dedx", "tof", "emc")
_HYPOTHESES = ("electron", "pion", "kaon")
_ENOUGH = 60
#: Detector, one and the other hypothesis, range of momenta in GeV, limits of the median of one - other.
_DIFFERENCES = (
    ("dedx", "pion", "electron", (0.5, 0.7), (1.4, 16.0)),
    ("dedx", "pion", "kaon", (0.3, 0.5), (2.5, 40.0)),
    ("dedx", "electron", "kaon", (0.3, 0.5), (1.2, 30.0)),
    ("tof", "pion", "kaon", (0.5, 0.7), (3.0, 60.0)),
    ("tof", "electron", "pion", (0.3, 0.5), (0.7, 15.0)),
    ("emc", "pion", "electron", (0.5, 0.7), (1.5, 60.0)),
)
#: Of the smallest of the three deviations of a track, the median of the lower half: protons are none of the
#: three, but never three quarters of all tracks.  And the median of the largest.
_SMALLEST, _LARGEST = (0.02, 1.5), (1.0, 1e3)
_SHARE_OF_A_SIGN = 0.02
_MOST_WITHOUT_ONE = 0.01
#: Tracks with one number under all three hypotheses, as rounding may leave a few.
_MOST_ALIKE, _FEW_ALIKE = 1e-4, 3
_STANDARD = "write (measured - expected)/resolution"


def check_deviations(path: str | Path, track: Mapping[str, np.ndarray]) -> set[str]:
    """Which of DETECTORS measured any of the tracks (m,).

    Raises EventFileError, naming file, branch and fix, for what is no deviation in standard deviations.
    """
    momentum = np.hypot(1.0, track["tan_lambda"]) / np.abs(track["kappa"])
    return {name for name in DETECTORS if _check_detector(path, name, track, momentum)}


def _check_detector(path: str | Path, name: str, track: Mapping[str, np.ndarray], momentum: np.ndarray) -> bool:
    chi = {h: track[f"{name}_chi_{h}"].astype(float) for h in _HYPOTHESES}
    for hypothesis, values in chi.items():
        branch = f"track_{name}_chi_{hypothesis}"
        check_all(path, branch, ~np.isinf(values), "infinity: write NaN where there is no measurement")
        check_no_stand_in(path, branch, values)
    deviations = np.stack(list(chi.values()))
    known = np.isfinite(deviations)
    everywhere, somewhere = known.all(axis=0), known.any(axis=0)
    _check_same_tracks(path, name, known, somewhere)
    if np.count_nonzero(everywhere) >= _ENOUGH:
        _check_not_alike(path, name, deviations[:, everywhere])
        _check_scale(path, name, deviations[:, everywhere])
        for detector, one, other, (low, high), limits in _DIFFERENCES:
            there = everywhere & (momentum > low) & (momentum < high)
            if detector == name and np.count_nonzero(there) >= _ENOUGH:
                check_median(
                    path, f"track_{name}_chi_{one}", (chi[one] - chi[other])[there], limits,
                    f"differences to {name}_chi_{other} at {low:g} to {high:g} GeV",
                    f"{_STANDARD} of each hypothesis",
                )
    return bool(somewhere.any())


def _check_same_tracks(path: str | Path, name: str, known: np.ndarray, somewhere: np.ndarray) -> None:
    """What was measured has a deviation under every hypothesis."""
    for hypothesis, there in zip(_HYPOTHESES, known, strict=True):
        n_without = np.count_nonzero(somewhere & ~there)
        if n_without > _MOST_WITHOUT_ONE * len(somewhere):
            raise EventFileError(
                f"{path}: branch track_{name}_chi_{hypothesis} is NaN for {n_without} of {len(somewhere)} tracks "
                "that have another hypothesis; write all three, or NaN in all"
            )


def _check_not_alike(path: str | Path, name: str, deviations: np.ndarray) -> None:
    """No measurement deviates as much from what an electron as from what a pion and a kaon would leave."""
    alike = (deviations == deviations[0]).all(axis=0)
    if (n_alike := np.count_nonzero(alike)) > max(_FEW_ALIKE, _MOST_ALIKE * alike.size):
        raise EventFileError(
            f"{path}: branch track_{name}_chi_*: {n_alike} of {alike.size} tracks have one number "
            f"({deviations[0, alike][0] + 0.0:g}) under all three hypotheses; write NaN where there is no measurement"
        )


def _check_scale(path: str | Path, name: str, deviations: np.ndarray) -> None:
    size = np.abs(deviations)
    branch, fix = f"track_{name}_chi_*", f"{_STANDARD}, in units of one standard deviation"
    negative = np.mean(deviations < 0.0)
    if not _SHARE_OF_A_SIGN < negative < 1.0 - _SHARE_OF_A_SIGN:
        raise EventFileError(
            f"{path}: branch {branch}: {negative:.0%} are negative; {_STANDARD}, which has both signs, no "
            "probability and no chi square"
        )
    smallest = size.min(axis=0)
    lower_half = smallest[smallest <= np.median(smallest)]
    check_median(path, branch, lower_half, _SMALLEST, "smallest deviations (lower half) of the three hypotheses", fix)
    check_median(path, branch, size.max(axis=0), _LARGEST, "largest deviations of the three hypotheses", fix)
