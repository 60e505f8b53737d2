"""The checksums of results: recorded when they are written, checked by whoever reads them.

A result that was edited by hand, or cut when it was copied, is thus named and not built upon.  The
records lie with Snakemake's own, in `.snakemake` of the working directory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from lnvsearch.files import written_whole

RECORDS = Path(".snakemake/checksums")


class EditedResultError(ValueError):
    """A result is not what was written; the message names it and the fix."""


def record(paths: Iterable[str]) -> None:
    """Record the checksums of results that a job has written."""
    for path in _results(paths):
        if path.is_file():
            with written_whole(_place(path)) as temporary:
                temporary.write_text(checksum(path))


def forget(paths: Iterable[str]) -> None:
    """Remove the records of results that a job is about to write."""
    for path in _results(paths):
        _place(path).unlink(missing_ok=True)


def check(paths: Iterable[str]) -> None:
    """Raise EditedResultError if a result is not what was written; one without a record passes."""
    if wrong := list(edited(paths)):
        raise EditedResultError(
            f"{', '.join(wrong)}: edited or damaged since it was written; delete it and run again"
        )


def edited(paths: Iterable[str]) -> Iterator[str]:
    """Existing results that differ from their recorded checksum."""
    for path in _results(paths):
        if path.is_file() and _recorded(path) not in (None, checksum(path)):
            yield str(path)


def unrecorded(paths: Iterable[str]) -> Iterator[str]:
    """Existing results without a recorded checksum."""
    return (str(path) for path in _results(paths) if path.is_file() and _recorded(path) is None)


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _results(paths: Iterable[str]) -> Iterator[Path]:
    return (path for path in map(Path, paths) if path.parts[0] == "results")


def _place(path: Path) -> Path:
    return RECORDS / path.parent / f"{path.name}.sha256"


def _recorded(path: Path) -> str | None:
    try:
        return _place(path).read_text()
    except OSError:
        return None
