"""Which files of the library a rule depends on.

The library is a house in which each floor imports only floors before it, so the files that a
floor can reach, directly or through others, are its own and those of all floors below.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

#: Each floor and the floors that it may import.
FLOORS: dict[str, tuple[str, ...]] = {
    "files": (),
    "particles": (),
    "random_streams": (),
    "events": ("files",),
    "generation": ("events", "particles", "random_streams"),
    "detector": ("events", "particles", "random_streams"),
    "reconstruction": ("events", "particles"),
    "selection": ("reconstruction",),
    "systematics": (),
    "statistics": (),
    "publication": ("files",),
}


def library_files(package: Path, floors: Iterable[str]) -> list[str]:
    """Paths of all Python files of `floors` and of what they may import, sorted.

    Raises KeyError for a floor that is not in FLOORS.
    """
    wanted: set[str] = set()
    waiting = list(floors)
    while waiting:
        floor = waiting.pop()
        if floor not in wanted:
            wanted.add(floor)
            waiting.extend(FLOORS[floor])
    return sorted(
        str(path)
        for floor in wanted
        for path in [package / f"{floor}.py", *(package / floor).rglob("*.py")]
        if path.exists()
    )
