"""Lines of a table that hold numbers only, read as numbers; their cells as text where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import numpy as np

__all__ = ["NumberRows"]


class NumberRows(Sequence[list[str]]):
    """Rows of cells (a list of texts each), and `numbers`, (rows, columns), that `float` would make of them."""

    def __init__(self, text: str, separator: str, numbers: np.ndarray) -> None:
        self.text, self.separator, self.numbers = text, separator, numbers

    @classmethod
    def of(cls, text: str, separator: str, width: int) -> NumberRows | None:
        """Rows of whole lines of a text without quotes; None if one has not `width` numbers.

        >>> NumberRows.of("1,2.5\\n3,4\\n", ",", 2).numbers.tolist()
        [[1.0, 2.5], [3.0, 4.0]]
        """
        import warnings

        import numpy as np

        try:
            with warnings.catch_warnings():
                # Until numpy 2.3 no error, but a warning.
                warnings.simplefilter("error", DeprecationWarning)
                numbers = np.fromstring(text.replace("\n", separator), sep=separator)
        except (ValueError, DeprecationWarning):
            return None
        letters = np.frombuffer(text.encode(), dtype=np.uint8)
        is_end = letters == ord("\n")
        lines = int(np.count_nonzero(is_end)) + (not text.endswith("\n"))
        if numbers.size != lines * width:
            return None
        until_end = np.cumsum(letters == ord(separator))[np.append(np.flatnonzero(is_end), -1)[:lines]]
        if (np.diff(until_end, prepend=0) != width - 1).any():
            return None
        return cls(text, separator, numbers.reshape(lines, width))

    @cached_property
    def _rows(self) -> list[list[str]]:
        return [line.split(self.separator) for line in self.text.removesuffix("\n").split("\n")]

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, row: int) -> list[str]: ...
    @overload
    def __getitem__(self, row: slice) -> list[list[str]]: ...
    def __getitem__(self, row):
        return self._rows[row]
