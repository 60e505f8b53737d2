"""A process that has loaded what jobs of a kind need; every job of it is a fork.

`prepared_jobs` starts it, in the folder of the run, with a socket and what to load.  A fork costs some
hundredths of a second, and then is what a process of its own would be: it runs the script that it is
given as `__main__`, and nothing that it does comes back.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable
from types import ModuleType

import records
import starter

#: What is told of a job for which there was no memory.
NOT_BEGUN = b"not begun"
#: What the head loads that Snakemake puts before a script, and what every script does.
_OF_EVERY_JOB = ("csv", "numpy", "snakemake.iocontainers", "snakemake.logging", "yaml")


def load(modules: Iterable[str], kernels: str | None) -> None:
    """Load modules and, with `kernels`, the name of an experiment, the compiled kernels that are in them.

    Raises ImportError for a module that is not there, RuntimeError where kernels are not compiled for
    this processor.
    """
    if kernels is not None:
        from lnvsearch.numba_start import start_numba

        start_numba()
        from lnvsearch.kernel_cache import is_compiled

        if not is_compiled(f"experiments.{kernels}"):
            raise RuntimeError(f"the kernels of {kernels} are not compiled for this processor")
    for module in (*_OF_EVERY_JOB, *modules):
        importlib.import_module(module)
    if kernels is not None:
        load_kernels()
    if "matplotlib.figure" in modules:
        draw_once()
    records.packages()  # it keeps what it finds


def load_kernels() -> None:
    """Load all compiled versions of the kernels in the modules that are loaded.

    A kernel does this at its first call.  Here it is asked for by numba's own steps; where a version
    of numba has other ones, kernels are left to their first calls.
    """
    from numba.core.dispatcher import Dispatcher

    for name, module in list(sys.modules.items()):
        if name.startswith("lnvsearch."):
            for kernel in list(vars(module).values()):
                if isinstance(kernel, Dispatcher) and getattr(kernel, "__module__", "") == name:
                    with contextlib.suppress(AttributeError, KeyError, OSError, TypeError, ValueError):
                        _load_kernel(kernel)


def _load_kernel(kernel) -> None:
    if kernel.targetoptions.get("no_cpython_wrapper"):
        return  # only other kernels call it, and have it in them
    cache, code = kernel._cache, kernel.targetctx.codegen()
    for key in cache._cache_file._load_index():
        if key == cache._index_key(key[0], code):
            kernel.compile(key[0])


def draw_once() -> None:
    """Let matplotlib find its fonts and make its parser of formulas, which every figure needs."""
    from lnvsearch.publication.figures.style import column_figure, figure_bytes, in_style, label_axes

    figure, axes = in_style(column_figure)()
    axes.set(xlabel=r"$x_1$ [GeV/$c^2$]", ylabel="events")
    label_axes(axes)
    for file_format in ("pdf", "png"):
        figure_bytes(figure, file_format)


def serve(control: socket.socket) -> dict | None:
    """Fork for each job that is asked for; returns the job, in the fork alone.

    With a job comes a pipe, which gets its exit code, below 0 that of the signal that killed it.  Returns
    None, in the process itself, when nobody is left to ask: jobs that still run are killed then, as they are
    with this process.
    """
    pipes: dict[int, int] = {}
    own = os.getpid()
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # jobs answer it; whoever asked waits for them
    signal.signal(signal.SIGCHLD, lambda *_: _tell_ends(pipes, os.WNOHANG))
    while True:
        message, told, *_ = socket.recv_fds(control, 2**20, 1)
        if not message:
            break
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        try:
            process = os.fork()
        except OSError:
            process = -1
        if process > 0:
            pipes[process] = told[0]
        elif process < 0:
            with contextlib.suppress(OSError):
                os.write(told[0], NOT_BEGUN)
            os.close(told[0])
        else:
            starter.end_with(own)
            # It keeps its own pipe: where this process is killed, who asked waits until the job is, too.
            os.set_inheritable(told[0], False)
            for pipe in (control.fileno(), *pipes.values()):
                os.close(pipe)
            control.detach()
            signal.signal(signal.SIGINT, usual)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        if process == 0:
            return json.loads(message)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for process in pipes:
        os.kill(process, signal.SIGKILL)
    _tell_ends(pipes, 0)
    return None


def _tell_ends(pipes: dict[int, int], options: int) -> None:
    with contextlib.suppress(ChildProcessError):
        while True:
            process, status = os.waitpid(-1, options)
            if process == 0:
                return
            pipe = pipes.pop(process)
            with contextlib.suppress(OSError):
                os.write(pipe, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(pipe)


def run(script: str, folder: str, variables: dict[str, str]) -> int:
    """Run a script as a Python does that was started with it; returns its exit code."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    tempfile.tempdir = None  # it is asked of the environment once
    sys.argv[:] = [script]
    sys.path[0] = os.path.dirname(os.path.abspath(script))
    main = ModuleType("__main__")
    vars(main).update(__file__=script, __builtins__=builtins)
    sys.modules["__main__"] = main
    sys.modules.pop("__mp_main__", None)  # of multiprocessing: this process itself
    code = 0
    try:
        with open(script, "rb") as stream:
            exec(compile(stream.read(), script, "exec"), vars(main))
    except SystemExit as end:
        if isinstance(end.code, int | None):
            code = end.code or 0
        else:
            print(end.code, file=sys.stderr)
            code = 1
    except BaseException:
        traceback.print_exc()
        code = 1
    vars(main).pop("__file__", None)  # as Python does when a script has ended
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    return code & 255


def main() -> None:
    """Load, say that all is ready, serve; the log says what loading took."""
    control, log = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    begin = time.monotonic()
    try:
        load(**json.loads(sys.argv[3]))
        if len(os.listdir("/proc/self/task")) > 1:
            raise RuntimeError("a process with threads cannot be forked")
        os.makedirs(os.path.dirname(log), exist_ok=True)
        with open(log, "w", encoding="utf-8") as stream:
            print(records.used(time.monotonic() - begin), file=stream)
    except Exception as error:
        sys.exit(f"no process is prepared for jobs of one kind, they start afresh: {error}")
    gc.collect()
    gc.freeze()  # the garbage collector of a job need not look at what all share
    with contextlib.suppress(BrokenPipeError):  # nobody is left
        control.send(b"ready")
    job = serve(control)
    if job is not None:
        code = 1
        try:
            code = run(**job)
        finally:
            os._exit(code)


if __name__ == "__main__":
    main()
