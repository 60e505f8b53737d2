"""The checksums of results: recorded when they are written, checked by whoever reads them.

A result that was edited by hand, or cut when it was copied, is thus named and not built upon.  A folder
is recorded file by file: one that is missing there counts as edited, too.  The records lie with
Snakemake's own, in `.snakemake` of the working directory.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from lnvsearch.checksum_records import RECORDS, SUFFIX, checksum, record_of, recorded
from lnvsearch.files import written_whole

#: What Snakemake puts into a folder that is the result of a job.
OF_SNAKEMAKE = ".snakemake_timestamp"


class EditedResultError(ValueError):
    """A result is not what was written; the message names it and the fix."""


def record(paths: Iterable[str], made_with: str = "") -> None:
    """Record the checksums of results that a job has written, files and folders.

    `made_with`: the result that Snakemake makes them with, if it does not know the paths themselves.
    """
    for result in _results(paths):
        for path in _files(result):
            if path.is_file():
                with written_whole(record_of(path)) as temporary:
                    # What is to be deleted if the file is edited, the whole folder if the job made one;
                    # and what is to be made.
                    temporary.write_text(f"{checksum(path)} {result}\n{made_with or result}")


def forget(paths: Iterable[str]) -> None:
    """Remove the records of results that a job is about to write."""
    for result in _results(paths):
        for path in _files(result):
            record_of(path).unlink(missing_ok=True)


def check(paths: Iterable[str]) -> None:
    """Raise EditedResultError if a result is not what was written; one without a record passes."""
    if wrong := list(edited(paths)):
        raise EditedResultError("; ".join(map(problem, wrong)))


def edited(paths: Iterable[str]) -> Iterator[str]:
    """Files that differ from their recorded checksum, and those that a folder has lost."""
    for result in _results(paths):
        for path in _files(result):
            known, *_ = recorded(record_of(path))
            if known and known != (checksum(path) if path.is_file() else "none"):
                yield str(path)


def problem(path: str) -> str:
    """What is wrong with an edited file, and the fix.

    It is made again by its name: a run does not miss what no result that is left to do reads.
    """
    _, result, target = recorded(record_of(Path(path)))
    what = "it" if result in ("", path) else result
    options = os.environ.get("LNVSEARCH_OPTIONS", "--cores 1")
    command = f"snakemake {shlex.quote(target or result or path)} {options}"
    return f"{path}: edited or damaged since it was written; delete {what} and make it again: {command}"


def unrecorded(paths: Iterable[str]) -> Iterator[str]:
    """Existing results without a recorded checksum."""
    for result in _results(paths):
        for path in _files(result):
            if path.is_file() and not recorded(record_of(path))[0]:
                yield str(path)


def folders(results: Path) -> Iterator[str]:
    """Folders that are, each as a whole, the result of a job."""
    return (str(mark.parent) for mark in results.rglob(OF_SNAKEMAKE))


def _results(paths: Iterable[str]) -> Iterator[Path]:
    return (path for path in map(Path, paths) if path.parts[0] == "results")


def _files(result: Path) -> list[Path]:
    """The file itself; of a folder all files that are in it, or were when it was recorded."""
    records = RECORDS / result
    if not (result.is_dir() or records.is_dir()):
        return [result]
    there = {path for path in result.rglob("*") if path.is_file() and path.name != OF_SNAKEMAKE}
    known = {path.relative_to(RECORDS).with_suffix("") for path in records.rglob(f"*{SUFFIX}")}
    return sorted(there | known)
