"""Through a real Slurm of one node: the profile as shipped, without accounting.

The daemons run on loopback, without systemd; the test needs root, Debian's packages slurmctld, slurmd
and slurm-client, and the plugin (`make cluster`).  Runs, and commands of Slurm, that hang are ended; the
limits are many times what they take.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import hang_guard
import pytest
from same_results import assert_equal
from small_run import CONFIG, TARGETS

#: No limit of Slurm's on the wall clock matters: the machine may be busy.
SLURM_CONF = """{mark}
ClusterName=lnvsearch
SlurmctldHost=localhost
AuthType=auth/none
CredType=cred/none
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ReturnToService=2
OverTimeLimit=UNLIMITED
MinJobAge=3600
MessageTimeout=60
BatchStartTimeout=600
UnkillableStepTimeout=1800
NodeName=localhost CPUs=2 RealMemory=8000 State=UNKNOWN
PartitionName=ci Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
#: The standard place: through SLURM_CONF another file reaches the commands, but not the jobs.
INSTALLED_CONF = Path("/etc/slurm/slurm.conf")
MARK = "# Of a test of lnvsearch"
RUN_LIMIT_S, COMMAND_LIMIT_S = 1800, 120


def why_not():
    if os.geteuid() != 0:
        return "Slurm's daemons of this test run as root"
    if missing := [name for name in ("slurmctld", "slurmd", "sbatch") if not shutil.which(name)]:
        return f"not installed: {', '.join(missing)}"
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        return "no plugin of Snakemake for Slurm (make cluster)"
    # What a test that was killed has left is no Slurm of this machine.
    if INSTALLED_CONF.exists() and MARK not in INSTALLED_CONF.read_text():
        return f"this machine has a Slurm of its own ({INSTALLED_CONF})"
    return ""


pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(bool(why_not()), reason=why_not() or "runs"),
]


def wait_until(condition, what):
    for _ in range(RUN_LIMIT_S):
        if found := condition():
            return found
        time.sleep(1)
    raise AssertionError(f"never seen: {what}")


def command(*arguments):
    """What a command of Slurm prints; it may fail now and then, as on a busy cluster."""
    return subprocess.run(
        ["timeout", "-k", "10", str(COMMAND_LIMIT_S), *arguments], capture_output=True, text=True
    ).stdout


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool"):
        (folder / name).mkdir()
    INSTALLED_CONF.parent.mkdir(exist_ok=True)
    INSTALLED_CONF.write_text(SLURM_CONF.format(folder=folder, mark=MARK))
    try:
        subprocess.run(["slurmctld"], check=True)
        subprocess.run(["slurmd", "-N", "localhost"], check=True)
        wait_until(lambda: command("sinfo", "-h", "-o", "%T").strip() == "idle", "an idle node")
        yield
    finally:
        for name in ("slurmd", "slurmctld"):
            pid = folder / f"{name}.pid"
            if pid.exists():
                os.kill(int(pid.read_text()), signal.SIGTERM)
        INSTALLED_CONF.unlink()


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "small.yaml"
    path.write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def local(config, snakemake, tmp_path_factory):
    """Folder of a run without a cluster."""
    folder = tmp_path_factory.mktemp("local")
    process = snakemake(folder, *TARGETS, config=str(config))
    assert process.returncode == 0, process.stdout[-4000:]
    return folder


@pytest.fixture
def on_slurm(root, config, slurm, tmp_path):
    """Starts a run through the profile; returns its process and its folder."""
    options = [
        "--workflow-profile", str(root / "profiles/slurm"), "--configfile", str(config),
        "--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2",
        "--slurm-no-account", "--default-resources", "slurm_partition=ci", "mem_mb=800", "runtime=60",
    ]  # fmt: skip
    with open(tmp_path / "log", "w") as log:
        process = subprocess.Popen(
            ["timeout", "-k", "60", str(RUN_LIMIT_S), sys.executable, "-m", "snakemake",
             *TARGETS, "--directory", str(tmp_path), *options],
            cwd=root, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    yield process, tmp_path
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    command("scancel", "--user", "root")
    wait_until(lambda: not jobs(), "an empty queue")


def jobs(*options):
    """Numbers of the jobs in the queue."""
    return command("squeue", "-h", "-o", "%i", *options).split()


def running_jobs():
    return jobs("--states=RUNNING")


def cancel_a_running_job(process):
    """Cancel a job that runs; tried again where it has ended by itself."""

    def cancelled():
        for job in running_jobs():
            command("scancel", job)
            wait_until(lambda: job not in running_jobs(), f"the end of job {job}")
            if command("squeue", "-h", "-o", "%T", "--states=all", "--jobs", job).strip() == "CANCELLED":
                return True
        return process.poll() is not None

    wait_until(cancelled, "a cancelled job")


def finished(process, folder):
    """The end of a run."""
    wait_until(lambda: process.poll() is not None, "the end of the run")
    assert process.returncode == 0, (folder / "log").read_text()[-6000:]


def test_cancelled_jobs_and_a_drained_node_change_nothing(local, on_slurm):
    """A job of each experiment is cancelled; the node takes no jobs for a while."""
    process, folder = on_slurm
    for first in ("results/besiii_2025", "results/na62_2019"):
        wait_until(lambda: process.poll() is not None or (folder / first).exists(), f"results of {first}")
        cancel_a_running_job(process)
    command("scontrol", "update", "nodename=localhost", "state=drain", "reason=test")
    wait_until(lambda: process.poll() is not None or not running_jobs(), "an empty node")
    command("scontrol", "update", "nodename=localhost", "state=resume")
    finished(process, folder)
    assert (folder / "log").read_text().count("Trying to restart") >= 2
    assert_equal(local, folder)


def test_a_terminated_run_ends_and_leaves_no_job(on_slurm):
    process, folder = on_slurm
    wait_until(lambda: process.poll() is not None or running_jobs(), "a running job")
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: process.poll() is not None, "the end of the run")
    assert process.returncode == 1, (folder / "log").read_text()[-6000:]
    wait_until(lambda: not jobs(), "no job left behind")
    assert not list(folder.glob(".snakemake/locks/*"))
