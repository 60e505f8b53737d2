"""Checks of a user's own file: wrong units, weights, events that occur twice.

Each check names the file, the branch, how many values are wrong, and what to write instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lnvsearch.event_files import EventFileError

__all__ = [
    "EventsSeen", "check_all", "check_bulk", "check_event_numbers", "check_median", "check_no_placeholder",
    "check_no_stand_in", "check_share", "check_size",
]

#: Of fewer values the median may be anywhere.
_FEWEST_VALUES = 10
#: As many events may share one number.
_FEW = 10
#: Of as many values eight in ten say what the bulk is, and one value is not there again and again by chance.
_BULK, _OUTSIDE = 60, 0.1
_MANY, _MOST_ALIKE = 200, 0.01
#: Share of values that cannot be above which another unit, and not a bad measurement, made them; and
#: as many of them may be there in any case, such as in a file's last chunk.
_MOST_IMPOSSIBLE, _FEW_IMPOSSIBLE = 0.01, 3
#: Numbers, of either sign, that programs write for what is not there: no measured float is one by chance.
_SMALLEST_PLACEHOLDER = 99.0
_LARGEST = (2.0**31 - 1.0, 2.0**31, 2.0**63, float(np.finfo(np.float32).max), float(np.finfo(np.float64).max))
_PLACEHOLDERS = np.unique([
    kind(number)
    for number in (*(float("9" * n) for n in range(2, 13)), *(10.0**n for n in range(2, 39)), *_LARGEST)
    for kind in (float, lambda value: float(np.float32(min(value, _LARGEST[3]))))
])  # fmt: skip
#: Multipliers of the mixing function of splitmix64.
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


def check_all(path: str | Path, branch: str, is_right: np.ndarray, fix: str) -> None:
    """Raise EventFileError, with the number of wrong values, unless all values (n,) of a branch are right."""
    wrong = np.count_nonzero(~is_right)
    if wrong:
        raise EventFileError(f"{path}: branch {branch} is wrong in {wrong} of {len(is_right)} places; {fix}")


def check_size(path: str | Path, branch: str, values: np.ndarray, most: float, fix: str) -> None:
    """Raise EventFileError unless all values (n,) of a branch are within -most and +most, as no track's are."""
    check_all(path, branch, np.abs(values) <= most, f"none can be beyond {most:g}: {fix}")


def check_median(
    path: str | Path, branch: str, values: np.ndarray, limits: Sequence[float], what: str, fix: str,
    *, fewest: int = _FEWEST_VALUES,
) -> None:
    """Raise EventFileError if the median of values (n,) is outside the limits, as with wrong units.

    `what`: the values and their unit, in words.  Nothing is said of fewer than `fewest`, such as a file's
    last chunk has.
    """
    low, high = limits
    if len(values) >= fewest and not low <= (median := float(np.median(values))) <= high:
        raise EventFileError(
            f"{path}: branch {branch}: half of all {what} are above {median:.3g}, where {low:g} to "
            f"{high:g} can be; {fix}"
        )


def check_bulk(
    path: str | Path, branch: str, values: np.ndarray, limits: Sequence[float], what: str, fix: str
) -> None:
    """Raise EventFileError if a tenth of values (n,) is below the limits or above them, as where a part of
    the events has other units."""
    low, high = limits
    if len(values) < _BULK:
        return
    for side, share in (("below", np.mean(values < low)), ("above", np.mean(values > high))):
        if share > _OUTSIDE:
            raise EventFileError(
                f"{path}: branch {branch}: {share:.0%} of all {what} are {side} the {low:g} to {high:g} that can "
                f"be; {fix}, in all parts of the file"
            )


def check_share(
    path: str | Path, branch: str, values: np.ndarray, limits: Sequence[float], what: str, fix: str
) -> None:
    """Raise EventFileError if more than 1 % of values (n,), and more than three, are beyond limits that a
    measured track or shower is never beyond, as where one run of many has other units.

    `what`: the values and their unit, in words.
    """
    low, high = limits
    for side, wrong in (("below", values < low), ("above", values > high)):
        n_wrong = np.count_nonzero(wrong)
        if n_wrong > max(_FEW_IMPOSSIBLE, _MOST_IMPOSSIBLE * len(values)):
            raise EventFileError(
                f"{path}: branch {branch}: {n_wrong} of {len(values)} {what} ({n_wrong / len(values):.1%}) are {side} "
                f"the {low:g} to {high:g} that can be; {fix}, in all parts of the file"
            )


def check_no_placeholder(path: str | Path, branch: str, values: np.ndarray, fix: str) -> None:
    """Raise EventFileError if any of values (n,) of a measured quantity is a number such as -999, 9999 or 1e9.

    Only for quantities of which such numbers are none by chance, such as floating-point ones below 99.
    """
    large = values[np.abs(values) >= _SMALLEST_PLACEHOLDER].astype(float)
    if len(large) and len(found := large[np.isin(np.abs(large), _PLACEHOLDERS)]):
        raise EventFileError(
            f"{path}: branch {branch} is {found[0]:g} in {np.count_nonzero(found == found[0])} of {len(values)} "
            f"places, which stands for what is not there; {fix}"
        )


def check_no_stand_in(path: str | Path, branch: str, values: np.ndarray) -> None:
    """Raise EventFileError if one number stands for what was not measured among values (n,), NaN left out."""
    known = values[~np.isnan(values)]
    if len(known) < _MANY:
        return
    numbers, counts = np.unique(known, return_counts=True)
    if counts.max() > _MOST_ALIKE * len(known):
        raise EventFileError(
            f"{path}: branch {branch} is {numbers[counts.argmax()] + 0.0:g} in {counts.max()} of {len(known)} places; "
            "write NaN where there is no measurement"
        )


def check_event_numbers(path: str | Path, values: np.ndarray) -> None:
    """Raise EventFileError if event numbers (n,), integers, are beyond 64 bits with a sign."""
    if len(values) and int(values.max()) >= 2**63:
        raise EventFileError(f"{path}: branch event_number holds numbers beyond int64; write smaller ones")


class EventsSeen:
    """The events of a file so far: none may come twice, nor a track twice in one.

    What tells events apart is their tracks, in any order and to float32, not their numbers: a copy has
    the same ones under another number, and files of two runs have other tracks under the same numbers.
    """

    def __init__(self) -> None:
        self._events: list[np.ndarray] = []
        self._n_events = 0
        self._numbers: set = set()
        self._n_twice = 0
        self._with_twice: int | None = None

    def add(self, event_number: np.ndarray, event_of_track: np.ndarray, *columns: np.ndarray) -> None:
        """Events (n,) by their numbers, the index of the event of each track (m,), and columns of tracks (m,)."""
        numbers = np.asarray(event_number).astype("int64")
        self._n_events += len(numbers)
        self._numbers |= set(np.unique(numbers)[:2].tolist())
        keys = np.zeros(len(event_of_track), dtype="uint64")
        for column in columns:
            keys = _mixed(keys, column)
        self._note_twice(numbers, event_of_track, keys)
        sums = np.zeros(len(numbers), dtype="uint64")
        np.add.at(sums, event_of_track, keys)  # modulo 2^64, so that their order does not matter
        with_tracks = np.bincount(event_of_track, minlength=len(numbers)) > 0
        self._events.append(np.stack([sums, numbers.view("uint64")], axis=1)[with_tracks])

    def _note_twice(self, numbers: np.ndarray, event_of_track: np.ndarray, keys: np.ndarray) -> None:
        order = np.lexsort((keys, event_of_track))
        event, key = event_of_track[order], keys[order]
        again = event[1:][(key[1:] == key[:-1]) & (event[1:] == event[:-1])]
        if len(again) and self._with_twice is None:
            self._with_twice = int(numbers[again[0]])
        self._n_twice += len(np.unique(again))

    def check(self, path: str | Path) -> None:
        """Raise EventFileError if an event is there twice, or a track twice in an event."""
        if len(self._numbers) == 1 < self._n_events - _FEW:
            raise EventFileError(
                f"{path}: branch event_number is {self._numbers.pop():g} for all {self._n_events} events; "
                "write the number that each event has in its run"
            )
        if self._n_twice:
            raise EventFileError(
                f"{path}: {self._n_twice} of {self._n_events} events have the same track twice, the first is "
                f"event_number {self._with_twice}; write every track once"
            )
        events = np.concatenate(self._events)
        events = events[np.lexsort(events.T[::-1])]
        again = events[1:, 0] == events[:-1, 0]
        if np.any(again):
            one, other = (events[i:][: len(again)][again][0, 1].astype("int64") for i in (0, 1))
            raise EventFileError(
                f"{path}: {np.count_nonzero(again)} of {len(events)} events occur more than once, for example "
                f"event_number {one} and {other}, with the same tracks; write every event once"
            )


def _mixed(keys: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Keys (m,) with one more column in them, by the mixing function of splitmix64."""
    with np.errstate(over="ignore"):
        # To float32, and 0 for -0: a copy may have been written with fewer digits.
        keys = (keys ^ (column.astype("float32") + np.float32(0)).view("uint32")) * _MIX[0] + _MIX[1]
    keys = (keys ^ (keys >> np.uint64(30))) * _MIX[0]
    keys = (keys ^ (keys >> np.uint64(27))) * _MIX[1]
    return keys ^ (keys >> np.uint64(31))
