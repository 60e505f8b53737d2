"""ROOT files whose bytes depend on what they hold, and on nothing else.

A ROOT file has the times at which its parts were written and a random identifier (UUID).  Here the times are
ROOT's first one, as in files that ROOT itself writes with `?reproducible`, and the identifier is a hash of the
file: readers keep what they have read under it, so files that differ must not share one.
"""

from __future__ import annotations

import datetime
import hashlib
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

__all__ = ["PLACEHOLDER", "name_by_content", "without_clock"]

#: Stands for the identifier while a file is written.
PLACEHOLDER = uuid.uuid5(uuid.NAMESPACE_DNS, "lnvsearch")
_BLOCK = 1 << 20


class _FirstTime(datetime.datetime):
    """A clock that shows ROOT's first time."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> _FirstTime:
        return cls(1995, 1, 1)


@contextmanager
def without_clock() -> Iterator[None]:
    """Give uproot, while it writes trees, the first time of ROOT (uproot has no option for it)."""
    from unittest.mock import patch

    from uproot.writing import _cascade, _cascadetree

    with ExitStack() as stack:
        for module in (_cascade, _cascadetree):
            stack.enter_context(patch.object(module, "datetime", SimpleNamespace(datetime=_FirstTime)))
        yield


def name_by_content(path: str | Path) -> None:
    """Put a hash of a written file in the places of its identifier, which hold PLACEHOLDER."""
    with open(path, "r+b") as stream:
        hashed = hashlib.file_digest(stream, "sha256").digest()
        identifier = uuid.UUID(bytes=hashed[:16], version=5).bytes
        for place in _places(stream, PLACEHOLDER.bytes):
            stream.seek(place)
            stream.write(identifier)


def _places(stream: BinaryIO, what: bytes) -> list[int]:
    """Where a file has some bytes; blocks overlap, for what lies across an edge."""
    found, start = [], 0
    while True:
        stream.seek(start)
        block = stream.read(_BLOCK + len(what) - 1)
        at = block.find(what)
        while at >= 0:
            found.append(start + at)
            at = block.find(what, at + 1)
        if len(block) < _BLOCK:
            return found
        start += _BLOCK
