"""The `lnvsearch` command: the library for someone without the workflow.

Each subcommand is a module with two functions, listed in `COMMANDS`:

`add_parser(subparsers)`   declares the options and calls `set_defaults(run=run)`
`run(arguments)`           does the work and returns the text for stdout, or its pieces; raises
                           `UsageError`

Exit codes: 0 done, 1 the output could not be written, 2 bad input (one line on stderr says which),
130 interrupted.
A reader that closes the pipe early, such as `head`, is no error.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import NoReturn

import lnvsearch
from lnvsearch.limit_words import option_word

COMMANDS = (
    "lnvsearch.limit_command",
    "lnvsearch.combine_command",
    "lnvsearch.recast_command",
    "lnvsearch.check_config_command",
    "lnvsearch.experiments.commands.check_events",
    "lnvsearch.experiments.commands.show",
    "lnvsearch.experiments.besiii.dst.command",
)
# Packages that are missing after a plain `pip install lnvsearch`, by the extra that has them.
_EXTRAS = {
    "simulation": ("awkward", "correctionlib", "numba", "pythia8mc", "uproot"),
    "plots": ("matplotlib", "mplhep"),
    "workflow": ("pydantic", "snakemake"),
    "dst": ("pybes3",),
}
# A negative number, a percentage or a pair of errors that begins with the lower one.
_NEGATIVE = re.compile(r"-(\d|\.\d)")

_LONGEST_MESSAGE = 1200


class UsageError(ValueError):
    """Input from the prompt or from a file that cannot be used; the message is for the user."""


class _Printed(Exception):
    """The text of --help or --version, which is written like any answer."""


class OneLineParser(argparse.ArgumentParser):
    """Parser that raises `UsageError` where argparse would print its usage over several lines."""

    def _print_message(self, message: str, file=None) -> NoReturn:
        raise _Printed(message.rstrip("\n"))

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
    ... # doctest: +ELLIPSIS
    cls, 90 % confidence level
    lower  0
    upper  2.30  produced signal decays
    ...
    0
    """
    try:
        arguments = build_parser().parse_args(_joined(sys.argv[1:] if argv is None else argv))
        text = arguments.run(arguments)
    except UsageError as error:
        _complain(" ".join(str(error).split()))
        return 2
    except _Printed as wanted:
        text = str(wanted)
    except KeyboardInterrupt:
        _complain("interrupted")
        return 130
    except ModuleNotFoundError as error:
        _complain(_missing(error))
        return 2
    except MemoryError:
        _complain("these numbers need more memory than there is")
        return 2
    return _write(text)


def _missing(error: ModuleNotFoundError) -> str:
    """What to install for a package that an extra brings."""
    package = (error.name or "").partition(".")[0]
    extra = next((name for name, packages in _EXTRAS.items() if package in packages), None)
    if extra is None:
        raise error
    return f"this needs the package {package}: pip install 'lnvsearch[{extra}]'"


def _joined(argv: Sequence[str]) -> list[str]:
    """The arguments, options spelled as declared, with `--option -1e9` as `--option=-1e9`.

    argparse would take the number for an option.
    """
    joined: list[str] = []
    for word in map(option_word, argv):
        if joined and _NEGATIVE.match(word) and re.fullmatch(r"--[a-z-]+", joined[-1]):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _write(text: str | Iterable[str]) -> int:
    """Print the answer and return the exit code."""
    if sys.stdout is None:
        _complain("the answer cannot be written: stdout is closed")
        return 1
    try:
        for piece in [text] if isinstance(text, str) else text:
            sys.stdout.write(piece)
        print(flush=True)
    except BrokenPipeError:
        # The reader has what it wanted; the interpreter shall not try again at its end.
        _discard_stdout()
        return 0
    except UnicodeEncodeError as error:
        _complain(
            f"the answer cannot be written: {error.object[error.start]!r} does not exist in the "
            f"encoding {error.encoding} of stdout; set PYTHONIOENCODING=utf-8"
        )
        _discard_stdout()
        return 1
    except (OSError, ValueError) as error:
        _complain(f"the answer cannot be written: {error}")
        _discard_stdout()
        return 1
    return 0


def _discard_stdout() -> None:
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = None


def _complain(message: str) -> None:
    if len(message) > _LONGEST_MESSAGE:  # an odd file may have no line ends; what to do stands last
        message = f"{message[: _LONGEST_MESSAGE // 2]} [...] {message[-_LONGEST_MESSAGE // 2 :]}"
    message = message.encode("utf-8", "backslashreplace").decode()
    # Where stderr is closed or full, too, the exit code has to say it.
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.write(f"lnvsearch: error: {message}\n")
