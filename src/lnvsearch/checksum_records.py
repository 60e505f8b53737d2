"""Checksums of the results of a run: one small file for each, beside the folder `results`.

A record holds the checksum (SHA-256), the result that the file belongs to, and the one that is to be made to have
it again.  The workflow writes and checks them (`workflow/checksums.py`); what reads results of a run without
it checks the file that it reads.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["RECORDS", "SUFFIX", "check_as_written", "checksum", "record_of", "recorded"]

#: Where records lie, in the folder in which the workflow runs.
RECORDS = Path(".snakemake/checksums")
SUFFIX = ".sha256"


def checksum(path: str | Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    import hashlib

    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def record_of(path: Path) -> Path:
    """The record of a file, both relative to the folder of the run."""
    return RECORDS / path.parent / f"{path.name}{SUFFIX}"


def recorded(record: Path) -> tuple[str, str, str]:
    """Checksum, result and what to make, as a record has them; empty if it cannot be read."""
    try:
        known, _, rest = record.read_text().partition(" ")
    except (OSError, UnicodeDecodeError):
        return "", "", ""
    result, _, target = rest.partition("\n")
    return known, result, target


def check_as_written(path: str | Path) -> None:
    """Raise ValueError, with the fix, for a file of a run that is not what its job wrote; without a record it passes."""
    place = Path(os.path.abspath(path))
    for folder in place.parents:
        within = place.relative_to(folder)
        known, result, target = recorded(folder / record_of(within))
        if known and known != checksum(place):
            raise ValueError(
                f"{path}: edited or damaged since it was written; delete it and make it again, in {folder}: "
                f"snakemake {target or result or within} --cores 1"
            )
