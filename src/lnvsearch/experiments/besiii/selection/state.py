"""What the cuts of K+ K+ e- e- and its like know: the settings of a selection, and the state of one chunk."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from lnvsearch import particles
from lnvsearch.experiments.besiii.events import HELIX_PARAMETERS, RecordedEvents
from lnvsearch.reconstruction import candidates, four_vectors, identification, vertex
from lnvsearch.reconstruction.kinematic_fit import fit_tracks

__all__ = [
    "OTHER_FINAL_STATES",
    "SearchState",
    "Selection",
    "conversion_pairs",
    "hadrons_first",
    "kinematic_fit_of",
    "measured_four_momenta",
]

#: Final states that compete with the signal's.
OTHER_FINAL_STATES = {
    "kkpipi": ("K+", "K-", "pi+", "pi-"),
    "kkkk": ("K+", "K-", "K+", "K-"),
    "pipipipi": ("pi+", "pi-", "pi+", "pi-"),
    # The kaon beside the hadrons of the signal: from K_S0 K+ pi-, whose K_S0 decays to pi+ pi-.
    "kpipipi": ("K+", "pi+", "pi-", "pi-"),
}


@dataclass(frozen=True)
class Selection:
    """The cuts, and what they must know of the decay and of the beams.

    `cuts`: mappings as in the search's YAML file, in order; `final_state`: four particles, two hadrons
    before two leptons of the other charge, like ("K+", "K+", "e-", "e-"); `total_four_momentum`: (4,) as (px, py, pz, E), GeV.
    """

    cuts: tuple[Mapping, ...]
    final_state: tuple[str, ...]
    total_four_momentum: tuple[float, float, float, float]
    magnetic_field_t: float

    @classmethod
    def of_decays(
        cls,
        parent: str,
        cuts: Sequence[Mapping],
        *,
        final_state: Sequence[str],
        momentum_x_gev: float,
        magnetic_field_t: float,
    ) -> Selection:
        """The selection of decays of a particle that moves along x."""
        energy = math.hypot(particles.mass_gev(parent), momentum_x_gev)
        return cls(
            tuple(cuts), hadrons_first(final_state), (momentum_x_gev, 0.0, 0.0, energy),
            magnetic_field_t,
        )  # fmt: skip

    @property
    def pairs(self) -> tuple[str, str]:
        """Names of the two pairs of a hadron and a lepton in names of columns.

        ("ke_1", "ke_2") for K+ K+ e- e-, where either may come first; ("ke", "pie") for K+ pi+ e- e-.
        Control samples without leptons have the same columns as the signal of K+ K+ e- e-.
        """
        if not any(name.startswith(("e", "mu")) for name in self.final_state):
            return "ke_1", "ke_2"
        first, second, lepton = (_species(name).lower() for name in self.final_state[:3])
        if first == second:
            return f"{first}{lepton}_1", f"{first}{lepton}_2"
        return f"{first}{lepton}", f"{second}{lepton}"

    def parameters(self) -> dict[str, dict]:
        """Name of a cut -> its parameters."""
        return {c["cut"]: {k: v for k, v in c.items() if k != "cut"} for c in self.cuts}


def hadrons_first(final_state: Sequence[str]) -> tuple[str, ...]:
    """Two hadrons and two leptons in the order and with the charges of `candidates.mass_hypotheses`.

    The selection finds both charges of a decay; hypotheses are listed for positive hadrons.  Of two
    different hadrons the kaon comes first.  Another final state, of a control sample, stays as it is.

    >>> hadrons_first(["e+", "pi-", "e+", "K-"])
    ('K+', 'pi+', 'e-', 'e-')
    """
    hadrons = [name for name in final_state if _species(name) not in ("e", "mu")]
    leptons = [name for name in final_state if name not in hadrons]
    if not leptons:
        return tuple(hadrons)
    hadrons.sort(key=lambda name: _species(name) != "K")
    if {particles.charge(name) for name in hadrons} != {-1}:
        return (*hadrons, *leptons)
    swapped = str.maketrans("+-", "-+")
    return tuple(name.translate(swapped) for name in (*hadrons, *leptons))


def _species(name: str) -> str:
    """A particle's name without its charge."""
    return name.rstrip("+-")


@dataclass
class SearchState:
    """What the cuts know of a chunk of n events with m tracks and hand to one another.

    `good`, `lepton`: masks (m,); `hadrons`: species ("K", "pi") -> mask (m,).  Without identification
    `lepton` is None and `hadrons` empty.  After `kinematic_fit`, `best` holds one candidate an
    event, and the arrays below it are aligned with it; `measured`: their helices and covariances.
    """

    events: RecordedEvents
    selection: Selection
    good: np.ndarray = field(init=False)
    hadrons: dict[str, np.ndarray] = field(init=False, default_factory=dict)
    lepton: np.ndarray | None = field(init=False, default=None)
    found: candidates.Candidates | None = field(init=False, default=None)
    best: candidates.Candidates | None = field(init=False, default=None)
    measured: tuple[np.ndarray, np.ndarray] | None = field(init=False, default=None)
    chi_square: np.ndarray | None = field(init=False, default=None)
    other_chi_square: np.ndarray | None = field(init=False, default=None)
    masses: Mapping[str, np.ndarray] = field(init=False, default_factory=dict)
    identified: tuple[np.ndarray, np.ndarray] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.good = np.ones(len(self.events.track["charge"]), dtype=bool)

    @cached_property
    def event_of_track(self) -> np.ndarray:
        counts = np.diff(self.events.track_offsets)
        return np.repeat(np.arange(len(self.events)), counts)

    def n_tracks(self, mask: np.ndarray) -> np.ndarray:
        """Number of tracks of a mask in each event, (n,)."""
        return self.sums_of_tracks(mask)

    def sums_of_tracks(self, values: np.ndarray) -> np.ndarray:
        """Sums of an integer of each track, (m,), over the tracks of each event, (n,)."""
        before = np.concatenate([[0], np.cumsum(values)])
        return np.diff(before[self.events.track_offsets])

    def of_best(self, values: np.ndarray, missing: float | bool) -> np.ndarray:
        """Values of the best candidates as an array over events, (n,)."""
        assert self.best is not None
        result = np.full(len(self.events), missing)
        result[self.best.event_index] = values
        return result

    def has_pairs(self) -> np.ndarray:
        """Events with the two hadrons of one charge and two leptons of the other, (n,)."""
        from lnvsearch.reconstruction._track_kernels import like_sign_pairs

        first, second = self.hadron_masks()
        lepton = self.good if self.lepton is None else self.lepton
        if first is not second:
            return self._has_different_pairs(first, second, lepton)
        result = np.empty(len(self.events), dtype=bool)
        like_sign_pairs(
            self.events.track_offsets, self.events.track["charge"], first, lepton, result
        )
        return result

    def hadron_masks(self) -> tuple[np.ndarray, np.ndarray]:
        """Tracks that pass as the first and as the second hadron of the final state, (m,) each.

        All good tracks, as long as no cut has identified a species.
        """
        first, second = (
            self.hadrons.get(_species(name), self.good) for name in self.selection.final_state[:2]
        )
        return first, second

    def _has_different_pairs(self, first, second, lepton) -> np.ndarray:
        """`has_pairs` of two different hadrons: two tracks, one of which passes as either."""
        positive = self.events.track["charge"] > 0
        result = np.zeros(len(self.events), dtype=bool)
        for hadron, other in ((positive, ~positive), (~positive, positive)):
            result |= (
                (self.n_tracks(first & hadron) >= 1)
                & (self.n_tracks(second & hadron) >= 1)
                & (self.n_tracks((first | second) & hadron) >= 2)
                & (self.n_tracks(lepton & other) >= 2)
            )
        return result

    def identification(self, alive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Confidence levels (m, 3), 0 for tracks of lost events, and E/p (m,) of all tracks.

        `alive`: mask (n,) of the events left when this is first asked for; later there are fewer.
        """
        if self.identified is None:
            track = self.events.track
            chosen = self.good & alive[self.event_of_track]
            self.identified = (
                identification.confidence_levels(track, chosen=chosen),
                identification.energy_over_momentum(track),
            )
        return self.identified


def kinematic_fit_of(
    state: SearchState, found: candidates.Candidates, hypotheses: candidates.MassHypotheses
) -> np.ndarray:
    """Chi-squares of candidates under hypotheses, shape (c, h)."""
    return fit_tracks(
        state.events.track,
        found.tracks,
        hypotheses.masses_gev,
        np.array(state.selection.total_four_momentum),
    ).chi_square


def conversion_pairs(
    state: SearchState,
    usable: np.ndarray,
    *,
    pair_mass_maximum_gev: float,
    opening_angle_maximum_rad: float,
    radius_minimum_cm: float,
    radius_maximum_cm: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of tracks in the mask `usable` that look like a conversion: events (p,), tracks (p, 2).

    Mass, opening angle and radius of the vertex of a pair must all say so, whatever it is
    identified as.
    """
    events = state.events
    event_index, pairs = candidates.opposite_sign_pairs(
        events.track_offsets, events.track["charge"], usable
    )
    first, second = (
        np.stack([events.track[name][one] for name in HELIX_PARAMETERS], axis=1) for one in pairs.T
    )
    pair = vertex.pair_vertex(first, second, magnetic_field_t=state.selection.magnetic_field_t)
    is_conversion = (
        (pair.mass_gev(particles.mass_gev("e-")) < pair_mass_maximum_gev)
        & (np.arccos(pair.cos_opening_angle) < opening_angle_maximum_rad)
        & (pair.radius_cm > radius_minimum_cm)
        & (pair.radius_cm < radius_maximum_cm)
    )
    return event_index[is_conversion], pairs[is_conversion]


def measured_four_momenta(
    track: Mapping[str, np.ndarray], index: np.ndarray, masses_gev: np.ndarray
) -> np.ndarray:
    """Four-momenta (c, 4, 4) of candidates before the fit; `index` and `masses_gev`: (c, 4)."""
    return four_vectors.four_momenta(
        track["phi0"][index], track["kappa"][index], track["tan_lambda"][index], masses_gev
    )
