"""No job writes a result when the Snakemake that has started it was killed."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import starter

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked at in /proc")

#: A process that stands for Snakemake, with a job as a fork of a prepared process, and as a process of its own.
PREPARED = """
import os, starter
from pathlib import Path
from prepared_jobs import PreparedProcess
starter.name_starter()
process = PreparedProcess.started({"modules": [], "kernels": None}, dict(os.environ), Path("logs/a.log"))
print(process.run("script.py", dict(os.environ)))
"""
FRESH = """
import subprocess, sys, starter
starter.name_starter()
subprocess.run(["bash", "-c", "set -euo pipefail; " + sys.argv[1]])
"""
#: A job that has begun when `begun` has its number, and writes when it finds `go`.
JOB = """
import os, time
from types import SimpleNamespace
from job import job
from output import write_result
with job(SimpleNamespace(rule="a_rule", log=["a_job.log"], output=["results/a.csv"])):
    with open("number", "w") as stream:
        print(os.getpid(), os.getppid(), file=stream)
    os.rename("number", "begun")
    while not os.path.exists("go"):
        time.sleep(0.01)
    write_result("results/a.csv", {"x": [1]})
"""


@pytest.fixture
def started(root, tmp_path):
    """Start a process that stands for Snakemake; returns it, and the numbers of its job and that one's parent."""
    processes = []
    paths = [str(root / name) for name in ("workflow", "workflow/scripts", "src")]
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    variables = {**os.environ, **one_thread, "PYTHONPATH": os.pathsep.join(paths)}
    (tmp_path / "script.py").write_text(JOB)

    def start(text, *words):
        process = subprocess.Popen(
            [sys.executable, "-c", text, *words], cwd=tmp_path, env=variables, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        wait_for(lambda: (tmp_path / "begun").exists() or process.poll() is not None)
        return process, *map(int, (tmp_path / "begun").read_text().split())

    yield start
    (tmp_path / "go").touch()
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


def wait_for(is_so, looks=12_000):
    for _ in range(looks):
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError("it did not come")


def has_ended(number):
    return not starter._began(number)


def written(folder):
    return [path.name for name in ("results", ".snakemake") for path in (folder / name).rglob("*") if path.is_file()]


def kill(process):
    process.kill()
    process.wait()


def fresh(after=""):
    return FRESH, f"{shlex.quote(sys.executable)} script.py{after}"


def test_a_fork_is_killed_with_snakemake(started, tmp_path):
    process, job, prepared = started(PREPARED)
    kill(process)
    wait_for(lambda: has_ended(job) and has_ended(prepared))
    assert not written(tmp_path)


@pytest.mark.skipif(not (shutil.which("pgrep") and shutil.which("pwdx")), reason="procps is not installed")
def test_the_command_of_the_page_finds_a_fork(started, tmp_path, root):
    _, job, prepared = started(PREPARED)
    (command,) = re.findall("^pgrep .*$", (root / "docs/running.md").read_text("utf-8"), re.MULTILINE)
    found = subprocess.check_output(["sh", "-c", command], text=True).splitlines()
    assert {f"{number}: {tmp_path.resolve()}" for number in (job, prepared)} <= set(found)


def test_a_fork_is_killed_with_the_process_that_has_made_it(started, tmp_path):
    process, job, prepared = started(PREPARED)
    os.kill(prepared, signal.SIGKILL)
    wait_for(lambda: has_ended(job))
    assert process.stdout.read() == f"-{signal.SIGKILL:d}\n"
    assert not written(tmp_path)


def test_a_fork_outlives_neither_of_both(started, tmp_path):
    process, job, prepared = started(PREPARED)
    os.kill(prepared, signal.SIGSTOP)  # so that it does not see the end of the other
    kill(process)
    os.kill(prepared, signal.SIGKILL)
    wait_for(lambda: has_ended(job))
    assert not written(tmp_path)


def test_a_job_of_its_own_is_killed_with_snakemake(started, tmp_path):
    text, command = fresh()
    process, job, _ = started(text, f"exec {command}")
    kill(process)
    wait_for(lambda: has_ended(job))
    assert not written(tmp_path)


def test_a_job_below_a_shell_writes_nothing_without_snakemake(started, tmp_path):
    process, job, shell = started(*fresh(after="; true"))
    assert shell != process.pid
    kill(process)
    (tmp_path / "go").touch()
    wait_for(lambda: has_ended(job))
    assert not [name for name in written(tmp_path) if not name.startswith(".a.")]


@pytest.mark.parametrize("start", [(PREPARED,), fresh(), fresh(after="; true")])
def test_a_job_writes_while_snakemake_is_there(started, tmp_path, start):
    process, *_ = started(*start)
    (tmp_path / "go").touch()
    process.wait()
    assert sorted(written(tmp_path)) == ["a.csv", "a.csv.sha256"]


@pytest.mark.parametrize("named", ["", f"{2**30} 1 another-namespace"])
def test_a_snakemake_that_cannot_be_seen_is_none_that_is_gone(monkeypatch, named):
    monkeypatch.setenv(starter.VARIABLE, named)
    starter.end_with_starter()


def test_another_process_with_its_number_is_not_snakemake(monkeypatch):
    monkeypatch.delenv(starter.VARIABLE, raising=False)
    starter.name_starter()
    sent = []
    monkeypatch.setattr(os, "kill", lambda *words: sent.append(words))
    starter.end_if_alone()
    assert sent == []
    number, began, namespace = os.environ[starter.VARIABLE].split()
    monkeypatch.setenv(starter.VARIABLE, f"{number} {int(began) - 1} {namespace}")
    starter.end_if_alone()
    assert sent == [(os.getpid(), signal.SIGKILL)]


def test_a_process_that_nobody_has_waited_for_has_ended():
    process = subprocess.Popen([sys.executable, "-c", ""])
    state = Path(f"/proc/{process.pid}/stat")
    wait_for(lambda: state.read_text().rpartition(")")[2].split()[0] == "Z")
    assert has_ended(process.pid)
    process.wait()
