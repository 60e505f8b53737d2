"""Jobs on this machine begin in a process that has loaded what they need, if there are many.

A job of this project computes for a second or less, and its process takes as long again to load numba,
compiled kernels or matplotlib.  Where a rule has several jobs, and from the second job of a kind on, jobs are
therefore forks of a process that has loaded them (`prepared_process`).  With LNVSEARCH_FRESH_JOBS=1 in the environment, and
wherever Snakemake or the system is not as expected, every job is a process of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

from fingerprint import ProjectCode
from prepared_process import NOT_BEGUN

#: Of other packages, what jobs load when they are at work, by kind.
_PACKAGES = {
    "kernels": ("awkward", "numpy.ma", "unittest.mock", "uproot", "uproot.writing"),
    "figures": (
        "matplotlib.figure", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_pdf", "mplhep",
    ),
    "others": (),
}  # fmt: skip
_LOGS = Path("results/logs/prepared_jobs")
#: What Snakemake knows of a job that has an environment of its own.
_OWN = ("conda_env", "container_img", "env_modules", "bench_record", "shadow_dir")
#: A parameter `code` as the rules write it: a fingerprint, the script, and what its job loads by name.
_CODE = re.compile(r"[0-9a-f]{16} of (.+)")
_LIBRARIES = (
    "OMP_NUM_THREADS", "GOTO_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS",
)  # fmt: skip


def prepare_jobs(code: ProjectCode, workflow=None) -> None:
    """Let Snakemake start scripts in Python by this module; `code` says what they load.

    `workflow`: Snakemake's; its plan, made later, says which rules have several jobs.
    """
    from snakemake.script import PythonScript

    known = {*_OWN, "input", "params", "path", "resources", "rulename", "threads"}
    if (
        sys.platform == "linux"
        and os.environ.get("LNVSEARCH_FRESH_JOBS", "0") in ("", "0")
        and not hasattr(PythonScript, "executes_itself")
        and known <= set(PythonScript.__init__.__code__.co_names)
    ):
        PythonScript.executes_itself = PythonScript.execute_script
        PythonScript.execute_script = _executing(code, cache(lambda: _rules_with_many(workflow)))


def _rules_with_many(workflow) -> set[str]:
    """Names of the rules of which several jobs are to run; none where that cannot be known."""
    with contextlib.suppress(AttributeError, RuntimeError):  # of another Snakemake, or while the plan changes
        rules = Counter(job.rule.name for job in workflow.dag.needrun_jobs(exclude_finished=False))
        return {name for name, number in rules.items() if number > 1}
    return set()


def _executing(code: ProjectCode, rules_with_many: Callable[[], set[str]]) -> Callable:
    def execute_script(self, fname, edit=False):
        process = None
        if _is_usual(self) and not edit:
            kind = _kinds.setdefault(_kind(self), _Kind())
            process = kind.process(self, code, self.rulename in rules_with_many())
        end = process.run(fname, _variables(self)) if process else None
        if end is None:
            self.executes_itself(fname, edit)
        elif end:
            raise subprocess.CalledProcessError(end, f"{sys.executable} {fname}")

    return execute_script


def _is_usual(script) -> bool:
    """Whether a job is one of these rules', and runs in the environment of this process on one core."""
    return (
        _CODE.match(str(script.params.get("code"))) is not None
        and not any(getattr(script, name) for name in _OWN)
        and script.threads == 1
        and not script.resources.get("shell_exec")
    )


def _variables(script) -> dict[str, str]:
    """The environment of a job, as Snakemake gives it."""
    variables = {**os.environ, **dict.fromkeys(_LIBRARIES, "1")}
    if folder := script.resources.get("tmpdir"):
        variables.update(dict.fromkeys(("TMPDIR", "TMP", "TEMPDIR", "TEMP"), str(folder)))
    return variables


def _draws(script) -> bool:
    return script.path.get_filename().startswith("draw_")


def _kind(script) -> str:
    """What jobs have in common that can be loaded for all: numba and some code, matplotlib, or little."""
    if "kernels" in script.input.keys():
        return str(script.params.get("code"))
    return "figures" if _draws(script) else "others"


def _needs(script, code: ProjectCode) -> dict:
    """What is to be loaded: packages and, where there are kernels, the code of the job and no other."""
    kind = _kind(script)
    if kind in _PACKAGES:
        return {"modules": _PACKAGES[kind], "kernels": None}
    name, *loaded = _CODE.match(kind)[1].split(" and ")
    folder = Path(__file__).parent / "scripts"
    reached = [module for module, path in code.reached(name, *loaded).items() if path.parent != folder]
    packages = [*_PACKAGES["kernels"], *(_PACKAGES["figures"] if _draws(script) else ())]
    return {"modules": [*packages, *sorted(reached)], "kernels": script.params.get("experiment")}


class _Kind:
    """Jobs that need the same: how many there were, and what is prepared for the others."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = 0
        self._process: PreparedProcess | None = None

    def process(self, script, code: ProjectCode, has_many: bool) -> PreparedProcess | None:
        """The process for a job, of a rule that has several or not; None where it begins afresh."""
        with self._lock:
            self._asked += 1
            # Kernels may be compiled after the first job: seldom asked for again, as a process takes half a second.
            is_time = self._asked >= (1 if has_many else 2) and self._asked.bit_count() == 1
            if is_time and self._process is None:
                log = _log(Path(script.path.get_filename()).stem)
                self._process = PreparedProcess.started(_needs(script, code), _variables(script), log)
            return self._process


_kinds: dict[str, _Kind] = {}
_number = itertools.count(1)


def _log(name: str) -> Path:
    """Where a process says what loading took, by the script that was first; logs of an earlier run go."""
    number = next(_number)
    if number == 1:
        shutil.rmtree(_LOGS, ignore_errors=True)
    return _LOGS / f"{number:02}_{name}.log"


class PreparedProcess:
    """One process of `prepared_process`, and the way to ask it for jobs."""

    def __init__(self, control: socket.socket, process: subprocess.Popen):
        self._control, self._process = control, process
        atexit.register(self._end_at_exit)

    @classmethod
    def started(cls, needs: dict, variables: dict[str, str], log: Path) -> PreparedProcess | None:
        """Start one that loads what `load` of `prepared_process` takes; None if it cannot."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        program = Path(__file__).with_name("prepared_process.py")
        command = [sys.executable, str(program), str(theirs.fileno()), str(log), json.dumps(needs)]
        with theirs:
            process = subprocess.Popen(command, env=variables, pass_fds=[theirs.fileno()])
        if ours.recv(16):
            return cls(ours, process)
        ours.close()
        process.wait()
        return None

    def run(self, script: str, variables: dict[str, str]) -> int | None:
        """Run a script in a fork; returns its exit code as `subprocess` does, None if it was not begun.

        The fork is killed with the process that has made it, which then tells nothing.
        """
        job = {"script": script, "folder": os.getcwd(), "variables": variables}
        told, tells = os.pipe()
        with open(told, "rb") as stream:
            try:
                socket.send_fds(self._control, [json.dumps(job).encode()], [tells])
            except OSError:
                return None
            finally:
                os.close(tells)
            end = stream.read()
        if end == NOT_BEGUN:
            return None
        return int(end or -signal.SIGKILL)

    def end(self) -> None:
        """Let the process end, and jobs in it; its time counts as that of this one's children."""
        atexit.unregister(self._end_at_exit)
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=10)

    def _end_at_exit(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it takes no time, and all is over
        self.end()
