"""The guard against hangs: it ends what spins or sleeps for ever, and nothing else."""

import os
import signal
import subprocess
import sys

import hang_guard
import pytest

needs_proc = pytest.mark.skipif(
    not (hang_guard.PROC / "self" / "stat").exists(), reason="the states of threads are in /proc"
)


def python(program, **options):
    return hang_guard.run([sys.executable, "-S", "-c", program], **options)


def test_a_child_gives_back_its_output_and_its_code():
    done = python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)")
    assert (done.returncode, done.stdout, done.stderr) == (3, "out\n", "err\n")
    merged = python("import os; os.write(1, b'out '); os.write(2, b'err')", merge=True)
    assert (merged.stdout, merged.stderr) == ("out err", "")


def test_a_child_that_spins_is_ended_by_its_cpu_time():
    done = python("while True: pass", cpu_limit_s=1)
    assert done.returncode == -signal.SIGXCPU


def test_the_limit_holds_for_each_process_of_the_child():
    done = python(
        "import subprocess, sys\n"
        "print(subprocess.run([sys.executable, '-S', '-c', 'while True: pass']).returncode)",
        cpu_limit_s=1,
    )
    assert (done.returncode, done.stdout) == (0, f"{-signal.SIGXCPU}\n")


SLEEPS = """
import os, subprocess, sys
print('group', os.getpgrp(), flush=True)
subprocess.run([sys.executable, '-S', '-c', 'import threading; threading.Event().wait()'])
"""


@needs_proc
def test_a_child_that_sleeps_for_ever_is_ended_with_all_its_processes():
    with pytest.raises(hang_guard.HangError, match="asleep at 5 looks") as caught:
        python(SLEEPS, looks=5, between_looks_s=0.05)
    message = str(caught.value)
    assert message.count("threading.Event().wait()") == 2  # the parent's program names it, too
    group = int(message.rpartition("group ")[2])
    assert hang_guard.look(group)[0] <= set("ZX")


@needs_proc
def test_a_child_that_wakes_up_now_and_then_is_alive(monkeypatch):
    """Asleep at most looks; between two that find it so, it has used CPU time."""
    monkeypatch.setattr(hang_guard, "IDLE_CPU_S", 0.015)
    program = (
        "import time\n"
        "for _ in range(10):\n"
        "    time.sleep(0.2)\n"
        "    end = time.process_time() + 0.04\n"
        "    while time.process_time() < end: pass\n"
    )
    assert python(program, looks=3, between_looks_s=0.3).returncode == 0


@needs_proc
def test_a_starved_child_is_alive():
    """Behind another process on the same core, it gets a hundredth of its time."""
    core = {min(os.sched_getaffinity(0))}
    spin = f"import os; os.sched_setaffinity(0, {core})\nwhile True: pass"
    starved = (
        f"import os, time; os.sched_setaffinity(0, {core}); os.nice(19)\n"
        # Where each session has its own share of a core, niceness counts for the session.
        "if os.path.exists('/proc/self/autogroup'): open('/proc/self/autogroup', 'w').write('19')\n"
        "end = time.process_time() + 0.02\n"
        "while time.process_time() < end: pass\n"
    )
    other = subprocess.Popen([sys.executable, "-S", "-c", spin])
    try:
        assert python(starved, looks=3, between_looks_s=0.05).returncode == 0
    finally:
        other.kill()
        other.wait()


@needs_proc
def test_a_child_that_was_stopped_is_not_taken_for_asleep():
    """As a whole machine may be, and goes on later: here another process wakes it."""
    program = (
        "import os, signal, subprocess, sys, time\n"
        "if os.fork() == 0:\n"
        "    parent = os.getppid(); time.sleep(1.0); os.kill(parent, signal.SIGCONT)\n"
        "    os._exit(0)\n"
        "os.kill(os.getpid(), signal.SIGSTOP)\n"
    )
    assert python(program, looks=3, between_looks_s=0.05).returncode == 0


def test_nothing_stays_behind_a_child_that_ended():
    done = python(
        "import os, subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(1e6)'])\n"
        "print(os.getpgrp())"
    )
    if hang_guard.PROC.exists():
        assert hang_guard.look(int(done.stdout))[0] <= set("ZX")
