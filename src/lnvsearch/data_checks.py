"""Checks of a user's own file: wrong units, weights, events that occur twice.

Each check names the file, the branch, how many values are wrong, and what to write instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lnvsearch.event_files import EventFileError

__all__ = ["EventsSeen", "check_all", "check_event_numbers", "check_median"]

#: Of fewer values the median may be anywhere.
_FEWEST_VALUES = 10
#: As many events may share one number.
_FEW = 10


def check_all(path: str | Path, branch: str, is_right: np.ndarray, fix: str) -> None:
    """Raise EventFileError, with the number of wrong values, unless all values (n,) of a branch are right."""
    wrong = np.count_nonzero(~is_right)
    if wrong:
        raise EventFileError(f"{path}: branch {branch} is wrong in {wrong} of {len(is_right)} places; {fix}")


def check_median(
    path: str | Path, branch: str, values: np.ndarray, limits: Sequence[float], what: str, fix: str
) -> None:
    """Raise EventFileError if the median of values (n,) is outside the limits, as with wrong units.

    `what`: the values and their unit, in words.  Nothing is said of a few, such as a file's last chunk has.
    """
    low, high = limits
    if len(values) >= _FEWEST_VALUES and not low <= (median := float(np.median(values))) <= high:
        raise EventFileError(
            f"{path}: branch {branch}: half of all {what} are above {median:.3g}, where {low:g} to "
            f"{high:g} can be; {fix}"
        )


def check_event_numbers(path: str | Path, values: np.ndarray) -> None:
    """Raise EventFileError if event numbers (n,) are not integers."""
    is_whole = values.dtype != bool and bool(np.all(np.isfinite(values) & (values == np.floor(values))))
    if not is_whole:
        raise EventFileError(
            f"{path}: branch event_number holds {values.dtype} that are no whole numbers; write integers"
        )


class EventsSeen:
    """The events of a file so far: none may come twice."""

    def __init__(self) -> None:
        self._keys: list[np.ndarray] = []
        self._n_events = 0
        self._numbers: set = set()

    def add(self, event_number: np.ndarray, *sums: np.ndarray) -> None:
        """Events (n,) by their numbers and sums over their tracks: files of two runs may share the
        numbers, but not the tracks behind them."""
        self._n_events += len(event_number)
        self._numbers |= set(np.unique(event_number)[:2].tolist())
        columns = [np.asarray(event_number).astype("int64").view("uint64")]
        columns += [np.asarray(one, dtype="float64").view("uint64") for one in sums]
        keys = np.stack(columns, axis=1)
        self._keys.append(keys[np.any(keys[:, 1:], axis=1)])  # of events with tracks

    def check(self, path: str | Path) -> None:
        """Raise EventFileError if an event is there twice."""
        if len(self._numbers) == 1 < self._n_events - _FEW:
            raise EventFileError(
                f"{path}: branch event_number is {self._numbers.pop():g} for all {self._n_events} events; "
                "write the number that each event has in its run"
            )
        keys = np.concatenate(self._keys)
        keys = keys[np.lexsort(keys.T)]
        again = np.all(keys[1:] == keys[:-1], axis=1)
        if np.any(again):
            number = keys[1:][again][:, 0].astype("int64").min()
            raise EventFileError(
                f"{path}: {np.count_nonzero(again)} of {len(keys)} events occur more than once, the first with "
                f"event_number {number} and the same tracks; write every event once"
            )
