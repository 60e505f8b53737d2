"""`lnvsearch check-config`: are configuration files of the workflow fit for use, without running them.

The workflow knows its own keys: its program does the work, in the folder of the project.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

from lnvsearch.cli import UsageError

_PROGRAM = Path("workflow/check_configuration.py")


def add_parser(subparsers: Any) -> None:
    """Declare the command."""
    parser = subparsers.add_parser(
        "check-config",
        help="check configuration files of the workflow; nothing in them runs",
        description="Check files that are meant for `snakemake --configfile`, which would run what a "
        "file tells it to run before any check, or files of searches, detectors and calibrations. Here "
        "they are read as data.",
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="YAML, in the order of --configfile; or of config/papers/ and its like")
    parser.add_argument(
        "--project", type=Path, help="folder of the workflow (default: this one, or the command's own)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> str:
    """What the files ask for; UsageError with every problem."""
    known = [arguments.project] if arguments.project else [Path(), Path(__file__).parents[2]]
    programs = [folder / _PROGRAM for folder in known if (folder / _PROGRAM).is_file()]
    if not programs:
        raise UsageError(f"{known[0]}: no {_PROGRAM}; give the workflow's folder as --project")
    process = subprocess.run(
        [sys.executable, str(programs[0].resolve()), *arguments.files],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if process.returncode:
        lines = process.stderr.splitlines() or [f"{programs[0]} ended without a word, with code {process.returncode}"]
        raise UsageError(_in_one_line(lines, process.returncode == 2))
    return process.stdout.rstrip()


def _in_one_line(lines: list[str], are_problems: bool, most: int = 1500) -> str:
    """Problems, those that fit and how many more there are; of a program that failed, its last words."""
    if not are_problems:
        return "; ".join(lines[-20:])
    kept = lines[:1]
    for line in lines[1:]:
        if len("; ".join([*kept, line])) > most:
            break
        kept.append(line)
    more = len(lines) - len(kept)
    return "; ".join(kept) + (f"; and {more} more problem{'s' if more > 1 else ''}" if more else "")
