"""Through a real Slurm of one node: the profile as shipped, without accounting.

The daemons run on loopback, without systemd; the test needs root, Debian's packages slurmctld, slurmd
and slurm-client, and the plugin (`make cluster`).
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

TARGET = "results/besiii_2025/efficiencies/kkee.csv"
CONFIG = """papers: [besiii_2025]
statistics: {signal: 500, calibration: 1000, control: 500, background: 500, inclusive: 500, identification: 100}
majorana_masses_gev: [1.0]
variations: []
"""
SLURM_CONF = """ClusterName=lnvsearch
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
NodeName=localhost CPUs=2 RealMemory=8000 State=UNKNOWN
PartitionName=ci Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
#: The standard place: through SLURM_CONF another file reaches the commands, but not the jobs.
INSTALLED_CONF = Path("/etc/slurm/slurm.conf")


def why_not():
    if os.geteuid() != 0:
        return "Slurm's daemons of this test run as root"
    if missing := [name for name in ("slurmctld", "slurmd", "sbatch") if not shutil.which(name)]:
        return f"not installed: {', '.join(missing)}"
    if importlib.util.find_spec("snakemake_executor_plugin_slurm") is None:
        return "no plugin of Snakemake for Slurm (make cluster)"
    if INSTALLED_CONF.exists():
        return f"this machine has a Slurm of its own ({INSTALLED_CONF})"
    return ""


pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "runs")


def wait_until(condition, what, looks=600):
    for _ in range(looks):
        if found := condition():
            return found
        time.sleep(1)
    raise AssertionError(f"never seen: {what}")


def command(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool"):
        (folder / name).mkdir()
    INSTALLED_CONF.parent.mkdir(exist_ok=True)
    INSTALLED_CONF.write_text(SLURM_CONF.format(folder=folder))
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
def local(root, config, tmp_path_factory):
    """Folder of a run without a cluster."""
    folder = tmp_path_factory.mktemp("local")
    arguments = ["--cores", "2", "--directory", str(folder), "--configfile", str(config)]
    process = hang_guard.run([sys.executable, "-m", "snakemake", TARGET, *arguments], cwd=root, merge=True)
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
    log = open(tmp_path / "log", "w")
    process = subprocess.Popen(
        [sys.executable, "-m", "snakemake", TARGET, "--directory", str(tmp_path), *options],
        cwd=root, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    yield process, tmp_path
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    command("scancel", "--user", "root")
    log.close()


def running_jobs():
    return command("squeue", "-h", "-o", "%i", "--states=RUNNING").split()


def finished(process, folder):
    """The end of a run, however long it takes while the cluster has something to do."""
    wait_until(lambda: process.poll() is not None, "the end of the run", looks=3600)
    assert process.returncode == 0, (folder / "log").read_text()[-6000:]


def test_a_cancelled_job_and_a_drained_node_change_nothing(local, on_slurm):
    process, folder = on_slurm
    samples = folder / "results/besiii_2025/acceptance"
    wait_until(lambda: process.poll() is not None or (samples.exists() and running_jobs()), "a sample")
    command("scancel", *running_jobs()[:1])
    command("scontrol", "update", "nodename=localhost", "state=drain", "reason=test")
    wait_until(lambda: process.poll() is not None or not running_jobs(), "an empty node")
    command("scontrol", "update", "nodename=localhost", "state=resume")
    finished(process, folder)
    assert "Trying to restart" in (folder / "log").read_text()
    assert_equal(local, folder)


def test_a_terminated_run_ends_and_leaves_no_job(on_slurm):
    process, _ = on_slurm
    wait_until(lambda: process.poll() is not None or running_jobs(), "a running job")
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: process.poll() is not None, "the end of the run")
    wait_until(lambda: not running_jobs(), "no job left behind")
