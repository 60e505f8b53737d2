"""Which files of the library a rule depends on.

The library is a house in which each floor imports only floors before it, so the files that a
floor can reach, directly or through others, are its own and those of all floors below.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

#: Each floor and the floors that it may import.
FLOORS: dict[str, tuple[str, ...]] = {
    "files": (),
    "particles": (),
    "random_streams": (),
    "events": ("files",),
    "kaon_events": ("kaon_event_files",),
    "kaon_event_files": ("events", "kaon_events"),
    "generation": ("events", "kaon_events", "particles", "random_streams"),
    "detector": ("events", "kaon_events", "particles", "random_streams"),
    "reconstruction": ("events", "kaon_events", "particles"),
    "selection": ("random_streams", "reconstruction"),
    "systematics": (),
    "statistics": (),
    "sensitivity": (),
    "publication": ("files", "particles", "sensitivity"),
}


def library_version(package: Path, floors: Iterable[str]) -> str:
    """A fingerprint of the code of `floors` and of all that they may import.

    As a parameter of a rule it makes an edit of the library run the rule again; as a list of
    files among the inputs the same would cost Snakemake minutes in a large workflow.
    Raises KeyError for a floor that is not in FLOORS.
    """
    digest = hashlib.sha256()
    for path in library_files(package, floors):
        digest.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def library_files(package: Path, floors: Iterable[str]) -> list[Path]:
    """All Python files of `floors` and of what they may import, sorted."""
    wanted: set[str] = set()
    waiting = list(floors)
    while waiting:
        floor = waiting.pop()
        if floor not in wanted:
            wanted.add(floor)
            waiting.extend(FLOORS[floor])
    wanted |= {"experiments", "papers"}
    return sorted(
        path
        for floor in wanted
        for path in [package / f"{floor}.py", *(package / floor).rglob("*.py")]
        if path.exists()
    )
