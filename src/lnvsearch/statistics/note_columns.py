"""Notes of many experiments, each text kept once with the experiments that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["NoteColumns"]

# Entries whose presence fits into one integer an experiment.
_MOST_ENTRIES = 62


class NoteColumns:
    """Notes of `size` experiments; the texts of an experiment keep the order of the `add` calls."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.size = int(np.prod(shape))
        self._entries: list[tuple[np.ndarray, str | Callable[[int], str]]] = []

    def add(self, mask: ArrayLike, text: str | Callable[[int], str]) -> None:
        """Give the note to the experiments of the mask, which broadcasts to the shape.

        `text` may be a function of the flat index, for a note that holds the experiment's numbers.
        """
        flat = np.broadcast_to(mask, self.shape).reshape(-1)
        if flat.any():
            if len(self._entries) == _MOST_ENTRIES:
                raise ValueError(f"an experiment can have at most {_MOST_ENTRIES} notes")
            self._entries.append((flat, text))

    def lists(self) -> list[list[str]]:
        """Return the notes of each experiment."""
        return self.rendered(0, self.size, list)

    def rendered(
        self,
        first: int,
        last: int,
        render: Callable[[list[str]], Any],
        before: Mapping[int, Sequence[str]] | None = None,
    ) -> list:
        """Return `render(texts)` of the experiments `first` to `last` (excluded).

        Experiments with the same constant texts are rendered once, unless the result is a list.
        `before` holds texts that come before those of the notes, by flat index.
        """
        code = np.zeros(last - first, dtype=np.int64)
        for place, (mask, _) in enumerate(self._entries):
            code |= mask[first:last].astype(np.int64) << place
        codes = code.tolist()
        shared: dict[int, Any] = {}
        single: list[int] = []
        for kind in set(codes):
            texts = [text for bit, (_, text) in enumerate(self._entries) if kind >> bit & 1]
            constant = render is not list and all(isinstance(text, str) for text in texts)
            shared[kind] = render([str(text) for text in texts]) if constant else texts
            if not constant:
                single += np.flatnonzero(code == kind).tolist()
        result = list(map(shared.__getitem__, codes))
        for row in single:
            index = first + row
            result[row] = render(
                [text if isinstance(text, str) else text(index) for text in result[row]]
            )
        for index, earlier in (before or {}).items():
            if first <= index < last:
                result[index - first] = render([*earlier, *self._of(index)])
        return result

    def _of(self, index: int) -> list[str]:
        return [
            text if isinstance(text, str) else text(index)
            for mask, text in self._entries
            if mask[index]
        ]
