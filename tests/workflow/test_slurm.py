"""Through a real Slurm of one node: the profile as shipped, without accounting.

The daemons run on loopback, without systemd; the test needs root, Debian's packages slurmctld, slurmd
and slurm-client, and the plugin (`make cluster`).  Runs, and commands of Slurm, that hang are ended; the
limits are many times what they take.  After a failure, all logs of the run are in a folder that the message names.
"""

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from same_results import assert_equal, keep, logs_of, new_folder
from small_run import CONFIG

#: No limit of Slurm's on the wall clock matters: the machine may be busy.  A job begins when it is sent, not three
#: seconds later, and one that is cancelled is killed after five seconds, not thirty.
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
SchedulerParameters=batch_sched_delay=0,sched_interval=1
KillWait=5
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
#: What jobs of two experiments make, each alone, and one of a group.
CALIBRATION = "results/besiii_2025/calibration/overlay.yaml"
IDENTIFICATION = "results/na62_2019/identification/nominal.json"
SAMPLE = "results/na62_2019/selected/signal_piee/nominal.root"
#: A sample that the group has, too, and a figure after it, in a group of its own.
TARGETS = ("results/besiii_2025/selected/signal_phsp/nominal.root", "results/na62_2019/figures/acceptance_dalitz.csv")
MARK = "# Of a test of lnvsearch"
RUN_LIMIT_S, COMMAND_LIMIT_S = 3600, 120


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
    for _ in range(5 * RUN_LIMIT_S):
        if found := condition():
            return found
        time.sleep(0.2)
    raise AssertionError(f"never seen: {what}")


def command(*arguments):
    """What a command of Slurm prints; it may fail now and then, as on a busy cluster."""
    return subprocess.run(
        ["timeout", "-k", "10", str(COMMAND_LIMIT_S), *arguments], capture_output=True, text=True
    ).stdout


@pytest.fixture(scope="module")
def only_here():
    """One Slurm on a machine at a time: tests of another checkout wait."""
    import fcntl

    with open(Path(tempfile.gettempdir()) / "lnvsearch_slurm.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def slurm(only_here, tmp_path_factory):
    """The folder of the daemons."""
    folder = tmp_path_factory.mktemp("slurm")
    for name in ("state", "spool"):
        (folder / name).mkdir()
    INSTALLED_CONF.parent.mkdir(exist_ok=True)
    INSTALLED_CONF.write_text(SLURM_CONF.format(folder=folder, mark=MARK))
    try:
        subprocess.run(["slurmctld"], check=True)
        subprocess.run(["slurmd", "-N", "localhost"], check=True)
        wait_until(lambda: command("sinfo", "-h", "-o", "%T").strip() == "idle", "an idle node")
        yield folder
    finally:
        for name in ("slurmd", "slurmctld"):
            stop(folder / f"{name}.pid")
        INSTALLED_CONF.unlink(missing_ok=True)


def stop(pid):
    """End a daemon by its file; returns its number."""
    if pid.exists():
        number = int(pid.read_text())
        os.kill(number, signal.SIGTERM)
        return number


def restart_controller(folder):
    """It knows of all jobs from what it has saved; meanwhile no command of Slurm gets an answer."""
    number = stop(folder / "slurmctld.pid")
    wait_until(lambda: not Path(f"/proc/{number}").exists(), "the end of the controller")
    assert not command("squeue", "-h")
    subprocess.run(["slurmctld"], check=True)
    wait_until(lambda: command("sinfo", "-h", "-o", "%T").strip(), "the controller")


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
def begun(local, tmp_path):
    """A copy of the local run in which the kernels are compiled, and nothing after them is there."""
    folder = shutil.copytree(local, tmp_path / "run")
    for part in (folder / "results").iterdir():
        if part.name != "kernels":
            shutil.rmtree(part)
    return folder


#: In the place of a command of Slurm: a controller that is too busy at some calls.
BUSY = """#!/bin/sh
echo >> "$0.calls"
case " {refused} " in *" $(wc -l < "$0.calls") "*)
    echo "{name}: error: Unable to contact slurm controller" >&2; exit 1
esac
exec {path} "$@"
"""
#: The plugin asks five times in a row for the state of jobs.
REFUSED = {"sbatch": "2 3", "squeue": "2 3 4 5 6 7"}


@pytest.fixture
def busy_commands(tmp_path):
    """A folder with commands of a busy Slurm, for the beginning of PATH."""
    folder = tmp_path / "busy"
    folder.mkdir()
    for name, refused in REFUSED.items():
        (folder / name).write_text(BUSY.format(name=name, refused=refused, path=shutil.which(name)))
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def on_slurm(root, config, slurm, busy_commands, begun, tmp_path):
    """Starts a run through the profile, with faults; returns its process and its folder."""
    options = [
        "--workflow-profile", str(root / "profiles/slurm"), "--configfile", str(config),
        "--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1",
        "--slurm-no-account", "--default-resources", "slurm_partition=ci", "mem_mb=800", "runtime=60",
    ]  # fmt: skip
    started = []

    def start(faults):
        paths = [str(root / "tests/workflow/faults"), os.environ.get("PYTHONPATH")]
        variables = {
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "LNVSEARCH_FAULTS": json.dumps({**faults, "--workflow-profile": "patience"}),
            "PATH": f"{busy_commands}{os.pathsep}{os.environ['PATH']}",
            # As in the local run: fonts are those that Matplotlib finds anew, and commits and edits
            # that are made meanwhile are none of the results.
            "MPLCONFIGDIR": str(begun / ".matplotlib"), "GIT_CEILING_DIRECTORIES": str(root),
        }
        with open(begun / "log", "w") as log:
            started.append(subprocess.Popen(
                ["timeout", "-k", "60", str(RUN_LIMIT_S), sys.executable, "-m", "snakemake",
                 *TARGETS, "--directory", str(begun), *options],
                cwd=root, env={**os.environ, **variables}, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True,
            ))  # fmt: skip
        return started[0], begun

    yield start
    for process in started:
        if process.poll() is None:
            print(said(begun))  # pytest shows it: the test has failed
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    command("scancel", "--user", "root")
    wait_until(lambda: not jobs(), "an empty queue")
    end_what_is_left(begun)


def left(folder):
    """Processes of jobs, or of the Snakemakes around them, by their command lines."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            line = (process / "cmdline").read_bytes()
            if str(folder).encode() in line:
                found[int(process.name)] = line
    return found


def end_what_is_left(folder):
    """After a test that has failed."""
    for process in left(folder):
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)


def jobs(*options):
    """Numbers of the jobs in the queue."""
    return command("squeue", "-h", "-o", "%i", *options).split()


def reached(process, folder, *results):
    """Wait until jobs have made results that they do not hand over before `go` is there."""
    for result in results:
        mark = folder / (result.replace("/", "_") + ".fault")
        wait_until(lambda mark=mark: mark.exists() or process.poll() is not None, result)
        assert mark.exists(), said(folder)


def end(process):
    """The return code of a run, at its end."""
    wait_until(lambda: process.poll() is not None, "the end of the run")
    return process.returncode


def child_of(process_id):
    """Snakemake itself: `timeout`, if told to end, would kill it after a while."""
    return int(Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()[0])


def log_of(folder):
    return (folder / "log").read_text()


def said(folder):
    """The end of the log of a run that went wrong, and where the other logs are."""
    kept = new_folder()
    keep(folder, logs_of(folder), kept)
    if INSTALLED_CONF.exists():
        daemons = Path(INSTALLED_CONF.read_text().split("StateSaveLocation=")[1].split()[0]).parent
        keep(daemons, ["slurmctld.log", "slurmd.log"], kept / "slurm")
    return f"all logs are kept in {kept}\n{log_of(folder)[-6000:]}"


def test_lost_jobs_and_a_drained_node_change_nothing(local, slurm, on_slurm, busy_commands):
    """A job of each experiment is cancelled, one dies within a group, the node takes no jobs for a while.

    The controller is too busy twice for a job, and once to tell of jobs, for longer than the plugin asks,
    and is restarted while jobs run.
    """
    process, folder = on_slurm({CALIBRATION: "wait", IDENTIFICATION: "wait", SAMPLE: "kill"})
    reached(process, folder, CALIBRATION, IDENTIFICATION)
    restart_controller(slurm)
    assert len(jobs("--states=RUNNING")) == 2 and process.poll() is None, said(folder)
    command("scontrol", "update", "nodename=localhost", "state=drain", "reason=test")
    command("scancel", *jobs("--states=RUNNING"))
    (folder / "go").touch()
    wait_until(lambda: jobs("--states=PENDING") or process.poll() is not None, "a job that waits")
    wait_until(lambda: not jobs("--states=RUNNING,COMPLETING"), "an empty node")
    command("scontrol", "update", "nodename=localhost", "state=resume")
    assert end(process) == 0, said(folder)
    for rule in ("calibrate_response", "map_identification"):
        assert f"Error in rule {rule}" in log_of(folder)
    assert log_of(folder).count("Trying to restart") >= 5
    for name, refused in REFUSED.items():
        assert len((busy_commands / f"{name}.calls").read_text()) > int(refused[-1]), name
    nothing_is_left(folder)
    assert_equal(local, folder)


def nothing_is_left(folder):
    """Neither a process nor a lock of a run that has ended."""
    wait_until(lambda: not left(folder), "the end of all processes")
    assert not list(folder.glob(".snakemake/locks/*"))


def test_a_terminated_run_lets_its_jobs_end_and_leaves_none(on_slurm):
    process, folder = on_slurm({IDENTIFICATION: "wait"})
    reached(process, folder, IDENTIFICATION)
    os.kill(child_of(process.pid), signal.SIGTERM)
    wait_until(lambda: "Will exit after finishing" in log_of(folder) or process.poll() is not None, "TERM")
    (folder / "go").touch()
    assert end(process) == 1, said(folder)
    assert not jobs()
    nothing_is_left(folder)
    assert (folder / IDENTIFICATION).exists() and not (folder / TARGETS[1]).exists()


def test_an_interrupted_run_cancels_its_jobs_and_leaves_none(local, config, on_slurm, snakemake):
    """Ctrl-C; a run without a cluster goes on to the same results, what the jobs were about to write is made anew."""
    process, folder = on_slurm({CALIBRATION: "wait", IDENTIFICATION: "wait"})
    reached(process, folder, CALIBRATION, IDENTIFICATION)
    os.kill(child_of(process.pid), signal.SIGINT)
    assert end(process) == 1, said(folder)
    wait_until(lambda: not jobs(), "an empty queue")
    nothing_is_left(folder)
    assert not (folder / IDENTIFICATION).exists() and not (folder / CALIBRATION).exists()
    resumed = snakemake(folder, *TARGETS, config=str(config))
    assert resumed.returncode == 0, resumed.stdout[-4000:]
    assert_equal(local, folder)
