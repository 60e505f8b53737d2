"""A job that is killed is told with the command that makes it again."""

import signal
import subprocess
from types import SimpleNamespace

import killed_jobs
import pytest

SCRIPT = SimpleNamespace(rulename="a_rule", log=["logs/a.log"], output=["results/a.csv"])


@pytest.mark.parametrize("code, said", [
    (-signal.SIGKILL, "a_rule: the job was killed by SIGKILL, perhaps for want of memory (details: logs/a.log; again: "),
    (128 + signal.SIGTERM, "a_rule: the job was killed by SIGTERM (details: logs/a.log; again: "),
])  # fmt: skip
def test_what_is_told(capsys, monkeypatch, code, said):
    monkeypatch.setenv("LNVSEARCH_OPTIONS", "--cores 1 --configfile own.yaml")
    fails(code)
    assert capsys.readouterr().err == f"{said}snakemake results/a.csv --force --cores 1 --configfile own.yaml)\n"


@pytest.mark.parametrize("code", [1, 2, 127, 255, -signal.SIGINT, 128 + signal.SIGINT])
def test_other_jobs_tell_themselves(capsys, code):
    fails(code)
    assert capsys.readouterr().err == ""


def fails(code):
    def execute(script, name, edit):
        raise subprocess.CalledProcessError(code, name)

    with pytest.raises(subprocess.CalledProcessError):
        killed_jobs._telling(execute)(SCRIPT, "a.py")


def test_jobs_of_every_kind_are_told(monkeypatch):
    from snakemake.script import PythonScript

    monkeypatch.setattr(PythonScript, "execute_script", PythonScript.execute_script)
    monkeypatch.delattr(PythonScript, "executes_untold", raising=False)
    usual = PythonScript.execute_script
    for _ in range(2):  # a workflow may be read twice
        killed_jobs.tell_killed_jobs()
        assert PythonScript.executes_untold is usual and PythonScript.execute_script is not usual
    monkeypatch.delattr(PythonScript, "executes_untold")
