"""Combinations of the tracks of an event, and the mass hypotheses under which to fit them.

Tracks of all events lie in flat arrays; event i owns the tracks [offsets[i], offsets[i + 1]).
A candidate is two tracks of one charge and two of the other, in the order [a, a, b, b]: the
kaons before the electrons in K+ K+ e- e- and its charge conjugate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

__all__ = [
    "Candidates",
    "MassHypotheses",
    "best_candidates",
    "both_orders",
    "mass_hypotheses",
    "opposite_sign_pairs",
    "same_sign_candidates",
]


@dataclass(frozen=True)
class Candidates:
    """c combinations of four tracks, ordered by event.

    `event_index`: (c,) position of the event.  `tracks`: (c, 4) positions in the flat track
    arrays, in the order [first, first, second, second].
    """

    event_index: np.ndarray
    tracks: np.ndarray

    def __len__(self) -> int:
        return len(self.event_index)

    def select(self, keep: np.ndarray) -> Candidates:
        """The candidates of a mask or of positions."""
        return Candidates(self.event_index[keep], self.tracks[keep])


@dataclass(frozen=True)
class MassHypotheses:
    """h ways to give masses to the four tracks of a candidate.

    `names`: the final state of each row (several rows may share one: the assignments).
    `particles`: the particle of each track, by row.  `masses_gev`: (h, 4).
    """

    names: tuple[str, ...]
    particles: tuple[tuple[str, ...], ...]
    masses_gev: np.ndarray

    def rows(self, name: str) -> np.ndarray:
        """Positions of the assignments of one final state; ValueError if there are none."""
        rows = np.flatnonzero(np.array(self.names) == name)
        if not len(rows):
            known = ", ".join(dict.fromkeys(self.names))
            raise ValueError(f"name is {name!r}: give one of {known}")
        return rows


def same_sign_candidates(
    track_offsets: np.ndarray,
    charge: np.ndarray,
    is_first: np.ndarray,
    is_second: np.ndarray,
    first_charges: Sequence[int] = (+1, -1),
) -> Candidates:
    """All combinations of two `first` tracks of one charge with two `second` of the other.

    `track_offsets`: (n + 1,); `charge` and the two masks: (m,).  A track may pass both masks but
    is used once in a combination.  `first_charges` (+1, -1) builds the charge conjugates too;
    with masks that overlap, (+1,) alone lists each set of four tracks once.
    """
    from lnvsearch.reconstruction._track_kernels import same_sign_candidates as fill

    offsets = np.ascontiguousarray(track_offsets, dtype=np.int64)
    columns = (np.ascontiguousarray(charge, dtype=np.int8),
               *(np.ascontiguousarray(mask, dtype=bool) for mask in (is_first, is_second)))  # fmt: skip
    charges = (+1 in first_charges, -1 in first_charges)
    room = len(offsets)  # hardly any event has more than one
    while True:
        event_index, tracks = np.empty(room, dtype=np.int64), np.empty((room, 4), dtype=np.int64)
        found = fill(offsets, *columns, *charges, event_index, tracks)
        if found <= room:
            return Candidates(event_index[:found], tracks[:found])
        room = found


def both_orders(found: Candidates, is_first: np.ndarray, is_second: np.ndarray) -> Candidates:
    """Candidates of two different first particles: every order in which both tracks pass as theirs.

    `is_first`, `is_second`: masks (m,) of the tracks that pass as the one and as the other.  Two
    tracks that pass as both give two candidates, which the mass hypotheses tell apart.

    >>> one = Candidates(np.array([0]), np.array([[0, 1, 2, 3]]))
    >>> both_orders(one, np.array([0, 1, 0, 0]) > 0, np.array([1, 1, 0, 0]) > 0).tracks.tolist()
    [[1, 0, 2, 3]]
    """
    tracks = np.repeat(found.tracks, 2, axis=0)
    tracks[1::2, :2] = tracks[1::2, 1::-1]
    both = Candidates(np.repeat(found.event_index, 2), tracks)
    return both.select(is_first[tracks[:, 0]] & is_second[tracks[:, 1]])


def opposite_sign_pairs(
    track_offsets: np.ndarray, charge: np.ndarray, is_chosen: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of chosen tracks with opposite charges: (event_index (c,), tracks (c, 2)).

    The positive track comes first.  These are the e+ e- pairs of the conversion veto.
    """
    event_of_track = np.repeat(np.arange(len(track_offsets) - 1), np.diff(track_offsets))
    charge = np.asarray(charge)
    pairs = _pairs(event_of_track, np.asarray(is_chosen, dtype=bool))
    pairs = pairs[~_same_charge(charge, pairs)]
    swap = charge[pairs[:, 0]] < 0
    pairs[swap] = pairs[swap][:, ::-1]
    return event_of_track[pairs[:, 0]], pairs


def mass_hypotheses(final_states: Mapping[str, Sequence[str]]) -> MassHypotheses:
    """All assignments of the particles of each final state to tracks of charges (+, +, -, -).

    `final_states`: name -> four particle names, two positive and two negative.  K+ K- pi+ pi-
    has four assignments, 2(K+ K-) and 2(pi+ pi-) one each.  The masses hold for a candidate of
    charges (-, -, +, +) as well, as a particle and its antiparticle weigh the same.  Positive
    particles come first: K+ K+ e- e- (not its conjugate) gives the order of `Candidates`.
    Raises ValueError for another number of particles or unbalanced charges.

    >>> mass_hypotheses({"4pi": ["pi+", "pi-", "pi+", "pi-"]}).particles
    (('pi+', 'pi+', 'pi-', 'pi-'),)
    """
    from lnvsearch.particles import charge, mass_gev

    names, particles = [], []
    for name, members in final_states.items():
        if len(members) != 4 or sorted(charge(member) for member in members) != [-1, -1, 1, 1]:
            raise ValueError(
                f"final_states[{name!r}] is {list(members)}: "
                "give two positive and two negative particles"
            )
        positive = [member for member in members if charge(member) > 0]
        negative = [member for member in members if charge(member) < 0]
        for plus in dict.fromkeys(permutations(positive)):
            for minus in dict.fromkeys(permutations(negative)):
                names.append(name)
                particles.append(plus + minus)
    masses = np.array([[mass_gev(member) for member in row] for row in particles]).reshape(-1, 4)
    return MassHypotheses(tuple(names), tuple(particles), masses)


def best_candidates(event_index: np.ndarray, chi_square: np.ndarray) -> np.ndarray:
    """Positions of the candidate with the smallest chi-square in each event, ordered by event.

    `event_index`, `chi_square`: (c,).  Of equal ones the first is taken.

    >>> best_candidates(np.array([0, 0, 3]), np.array([7.0, 5.0, np.inf])).tolist()
    [1, 2]
    """
    event_index = np.asarray(event_index)
    if np.all(event_index[1:] > event_index[:-1]):  # one candidate an event
        return np.arange(len(event_index))
    order = np.lexsort((chi_square, event_index))
    ordered = event_index[order]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    return order[is_first]


def _runs(start: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The positions start[i], start[i] + 1, ... (count[i] of them) of all i, one after another."""
    before = np.cumsum(count) - count
    return np.arange(count.sum()) - np.repeat(before - start, count)


def _pairs(event_of_track: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """All pairs (i < j) of chosen tracks of the same event, shape (c, 2), ordered by event."""
    chosen = np.flatnonzero(mask)
    event = event_of_track[chosen]
    end_of_event = np.searchsorted(event, event, side="right")
    position = np.arange(len(chosen))
    later = end_of_event - position - 1
    pairs = np.stack([np.repeat(position, later), _runs(position + 1, later)], axis=1)
    return chosen[pairs]


def _same_charge(charge: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    return charge[pairs[:, 0]] == charge[pairs[:, 1]]
