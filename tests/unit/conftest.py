"""What unit tests share: invented results, checks of figures, the command line."""

import sys
from pathlib import Path

import pytest

from lnvsearch.cli import main

for folder in (".", "experiments/na62/publication"):
    sys.path.insert(0, str(Path(__file__).parent / folder))


@pytest.fixture
def answer(capsys):
    """Run a command that must succeed and return what it printed."""

    def run(command, *more):
        code = main([*command.split(), *more])
        captured = capsys.readouterr()
        assert code == 0, captured.err
        assert captured.err == ""
        return captured.out

    return run


@pytest.fixture
def refusal(capsys):
    """Run a command that must fail and return its one line of stderr."""

    def run(command, *more):
        assert main([*command.split(), *more]) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1 and captured.err.endswith("\n")
        return captured.err

    return run
