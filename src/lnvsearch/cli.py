"""The `lnvsearch` command: the library for someone without the workflow.

Each subcommand is a module with two functions, listed in `COMMANDS`:

`add_parser(subparsers)`   declares the options and calls `set_defaults(run=run)`
`run(arguments)`           does the work and returns the text for stdout; raises `UsageError`

Exit codes: 0 done, 2 bad input (one line on stderr says which).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import lnvsearch

COMMANDS = ("lnvsearch.limit_command",)


class UsageError(ValueError):
    """Input from the prompt or from a file that cannot be used; the message is for the user."""


class OneLineParser(argparse.ArgumentParser):
    """Parser that raises `UsageError` where argparse would print its usage over several lines."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with all subcommands."""
    parser = OneLineParser(
        prog="lnvsearch",
        description=lnvsearch.__doc__,
        epilog="'lnvsearch COMMAND --help' explains a command with examples.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"lnvsearch {lnvsearch.__version__}")
    subparsers = parser.add_subparsers(title="commands", dest="command", required=True)
    for name in COMMANDS:
        import_module(name).add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    `argv` are the arguments after the program's name, by default those of the process.

    >>> main("limit --method cls --observed 0 --background 1 --efficiency 1".split())
    cls, 90 % confidence level
    lower  0
    upper  2.30259  produced signal decays
    0
    """
    try:
        arguments = build_parser().parse_args(argv)
        print(arguments.run(arguments))
    except UsageError as error:
        print(f"lnvsearch: error: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except SystemExit as finished:  # --help and --version print and end there
        return int(finished.code or 0)
    return 0
