"""What a recorded track is identified as: a decision of calorimeter, muon detector and RICH.

Simulated tracks are identified with probabilities (`identification`), because a fast simulation
cannot predict showers and rings; a recorded track has them, and is identified or is not.  What the
searches ask for (section 2 of both papers):

`pion`       E/p below a limit; in a search with muons, no signal of the muon detector
`electron`   E/p in a window; with muons in the search, no signal of the muon detector; a positron is
             confirmed by the RICH where a selection asks it
`muon`       E/p below a limit, and a signal of the muon detector

A track is one of them at most, as long as the limit of the pion's E/p is not above the electron's
window.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["EnergyOverMomentum", "candidate_decision", "track_decision"]


@dataclass(frozen=True)
class EnergyOverMomentum:
    """Windows of E/p: the calorimeter's energy over the spectrometer's momentum.

    `pion_maximum_muon_search` is the pion's limit where `muon` is among the identification, and
    `muon_maximum` the muon's; None where a search has no muons.
    Raises ValueError for windows that are upside down, or a pion's limit above the electron's
    window: a track would be both.
    """

    pion_maximum: float
    electron_minimum: float
    electron_maximum: float
    pion_maximum_muon_search: float | None = None
    muon_maximum: float | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.electron_minimum < self.electron_maximum:
            raise ValueError(
                f"electron_minimum is {self.electron_minimum}: it must be above 0 and below "
                f"electron_maximum ({self.electron_maximum})"
            )
        for name in ("pion_maximum", "pion_maximum_muon_search"):
            limit = getattr(self, name)
            if limit is not None and not 0.0 < limit <= self.electron_minimum:
                raise ValueError(
                    f"{name} is {limit}: it must be above 0 and at most electron_minimum "
                    f"({self.electron_minimum}), as a track is not pion and electron at once"
                )
        if self.muon_maximum is not None and not self.muon_maximum > 0.0:
            raise ValueError(f"muon_maximum is {self.muon_maximum}: it must be above 0")

    def limit(self, name: str) -> float:
        """A window's end; ValueError where the search has none."""
        value = getattr(self, name)
        if value is None:
            raise ValueError(
                f"energy_over_momentum has no {name}, but a selection identifies muons; give it"
            )
        return value


def candidate_decision(
    hypotheses: Sequence[str],
    track: Mapping[str, np.ndarray],
    identification: Collection[str],
    windows: EnergyOverMomentum,
) -> np.ndarray:
    """Whether all three tracks are identified as wanted, (r,).

    `hypotheses`: three of pion, electron and muon, in the order of the tracks.  `track`: arrays
    (3, r).  `identification`: of lkr, rich, muon; none leaves every track as it is.
    """
    names = _needed(identification)
    result = np.ones(track["charge"].shape[1], dtype=bool)
    for i, kind in enumerate(hypotheses):
        column = {name: track[name][i] for name in names}
        result &= track_decision(kind, column, identification, windows)
    return result


def track_decision(
    hypothesis: str,
    track: Mapping[str, np.ndarray],
    identification: Collection[str],
    windows: EnergyOverMomentum,
) -> np.ndarray:
    """Whether one track of each of r candidates is identified as `hypothesis`, (r,).

    Raises ValueError where the RICH is asked and the tracks have no `rich_positron`, or where muons
    are asked for and `windows` has no limit for them.
    """
    if not identification:
        return np.ones(len(track["charge"]), dtype=bool)
    ratio = np.asarray(track["lkr_energy_gev"], dtype=float) / track["momentum_gev"]
    with_muons = "muon" in identification
    has_signal = np.asarray(track["muv3_tile"]) >= 0
    if hypothesis == "muon":
        return (ratio < windows.limit("muon_maximum")) & has_signal
    if hypothesis == "pion":
        name = "pion_maximum_muon_search" if with_muons else "pion_maximum"
        result = ratio < windows.limit(name)
    else:
        result = (ratio > windows.electron_minimum) & (ratio < windows.electron_maximum)
        if "rich" in identification:
            result &= (track["charge"] < 0) | (_rich(track) == 1)
    return result & ~has_signal if with_muons else result


def _needed(identification: Collection[str]) -> list[str]:
    names = ["charge", "momentum_gev", "lkr_energy_gev", "muv3_tile"]
    return [*names, "rich_positron"] if "rich" in identification else names


def _rich(track: Mapping[str, np.ndarray]) -> np.ndarray:
    try:
        return np.asarray(track["rich_positron"])
    except KeyError:
        raise ValueError(
            "the selection asks the RICH, but the tracks have no rich_positron; fill the branch "
            "track_rich_positron as docs/kaon_events.md describes"
        ) from None
