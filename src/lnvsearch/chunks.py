"""Samples in chunks: what is in memory at a time, and what a part of a sample holds."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

__all__ = ["chunks_of_part"]

#: A sample has so many chunks at least, so that it can be cut into parts.
_LEAST = 4

_LOGGER = logging.getLogger("lnvsearch")
#: Work that takes longer says how far it is, so often (s).
_EVERY_S = 5.0


def chunks_of_part(
    n_events: int, largest: int, part: tuple[int, int] = (0, 1)
) -> Iterator[tuple[int, int]]:
    """First event and number of events of the chunks of one part of a sample.

    `part`: its index and the number of parts.  The chunks of a sample do not depend on its parts,
    so that sums over chunks in their order do not either; where there are fewer chunks than parts,
    some parts are empty.  A chunk is done when the next one is asked for; work that takes longer than
    five seconds logs how much is done, the rate and what remains (logger `lnvsearch`).

    >>> list(chunks_of_part(10, 3)), list(chunks_of_part(10, 3, (1, 2)))
    ([(0, 3), (3, 3), (6, 3), (9, 1)], [(6, 3), (9, 1)])
    """
    index, n_parts = part
    size = min(largest, -(-n_events // _LEAST))
    firsts = range(0, n_events, max(size, 1))
    begin, end = (len(firsts) * edge // n_parts for edge in (index, index + 1))
    chunks = [(first, min(size, n_events - first)) for first in firsts[begin:end]]
    total = sum(number for _, number in chunks)
    start = last = time.monotonic()
    done = 0
    for first, number in chunks:
        yield first, number
        done += number
        now = time.monotonic()
        if now - last >= _EVERY_S and done < total:
            last = now
            rate = done / (now - start)
            _LOGGER.info(
                f"{done:,} of {total:,} events, {rate:,.0f} a second, {(total - done) / rate:.0f} s remain"
            )
