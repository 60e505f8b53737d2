"""Labels of the rows of `lnvsearch limit --table`, for a million of them."""

from __future__ import annotations

import numpy as np

__all__ = ["Labels"]

# Pieces of labels that are there as lists.
_UNPACKED = 4


class Labels:
    """Texts of rows, packed by the pieces in which they were read: lists of a million take 60 MB."""

    def __init__(self) -> None:
        self._packed: list[str] = []
        self._starts: list[int] = []
        self._size = 0
        self._lists: dict[int, list[str]] = {}

    def add(self, texts: list[str]) -> None:
        """Add the texts of the next rows, of which none holds a NUL: no table does."""
        self._packed.append("\0".join(texts))
        self._starts.append(self._size)
        self._size += len(texts)

    def at(self, rows: np.ndarray) -> list[str]:
        """The texts of rows, rising."""
        found: list[str] = []
        piece_of_row = np.searchsorted(self._starts, rows, side="right") - 1
        for piece in np.unique(piece_of_row).tolist():
            texts = self._list(piece)
            places = rows[piece_of_row == piece] - self._starts[piece]
            found += map(texts.__getitem__, places.tolist())
        return found

    def _list(self, piece: int) -> list[str]:
        if piece not in self._lists:
            if len(self._lists) == _UNPACKED:
                self._lists.clear()
            self._lists[piece] = self._packed[piece].split("\0")
        return self._lists[piece]
