"""Bounds of time and memory: what is too long ends in an exception, and nothing is left behind."""

import resource
import signal
import sys

import numpy as np
import pytest

from lnvsearch import computing_budget
from lnvsearch.cli import main
from lnvsearch.computing_budget import OutOfBudget, budget


def test_an_endless_computation_ends(monkeypatch):
    monkeypatch.setattr(computing_budget, "MOST_SECONDS", 0.05)
    with pytest.raises(OutOfBudget, match="processor time"), budget():
        while True:
            pass
    assert signal.getsignal(signal.SIGPROF) == signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_a_table_has_the_time_of_all_its_experiments(monkeypatch):
    monkeypatch.setattr(computing_budget, "MOST_SECONDS", 7.0)
    with budget(1000):
        remaining, _ = signal.getitimer(signal.ITIMER_PROF)
    assert 6000.0 < remaining <= 7001.0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux bounds memory so")
def test_memory_is_bounded_and_the_bound_taken_away(monkeypatch):
    monkeypatch.setattr(computing_budget, "MOST_BYTES", 50_000_000)
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with pytest.raises(MemoryError), budget():
        np.ones(20_000_000)
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
    assert np.ones(20_000_000).nbytes > 50_000_000


@pytest.mark.parametrize(
    "command",
    [
        "limit --method cls --observed 3 --background 1 --efficiency 1",
        "limit --method rolke --observed 3 --background 1 --efficiency 1 --scan",
    ],
)
def test_the_command_refuses_in_one_line(command, capsys, monkeypatch):
    from lnvsearch import limit_answers, limit_extras

    def endless(*arguments):
        while True:
            pass

    monkeypatch.setattr(computing_budget, "MOST_SECONDS", 0.05)
    module, name = (limit_extras, "scan") if "--scan" in command else (limit_answers, "group_limits")
    monkeypatch.setattr(module, name, endless)
    assert main(command.split()) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "processor time" in message


def test_combine_refuses_in_one_line(tmp_path, capsys, monkeypatch):
    from lnvsearch.statistics import combination

    def endless(*arguments, **options):
        while True:
            pass

    monkeypatch.setattr(computing_budget, "MOST_SECONDS", 0.05)
    monkeypatch.setattr(combination, "interval", endless)
    path = tmp_path / "one.yaml"
    path.write_text("channels: {a: {observed: 1, background: 1, efficiency: 1}}")
    assert main(["combine", str(path), "--method", "cls"]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "processor time" in message
