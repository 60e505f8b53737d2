"""A Slurm that takes no jobs fails the run, with the reason, and nothing waits for jobs that are not there.

The plugin (2.8) asks for no controller before it submits.  Where the submission of a group raises, it
fails once more when it tells why (a group has no rule): neither the reason nor the failure reaches
Snakemake, which waits for this job for ever, also when it is told to end.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time

_PLUGIN = "snakemake_executor_plugin_slurm"
#: A controller that is busy or restarts may miss a try; one that hangs has this time for all of them.
TRIES, PAUSE_S, LIMIT_S = 4, 3.0, 20.0
#: After the reason the plugin gives the whole command, which is pages long.
_CALL = "\n    sbatch call:"


def fail_without_slurm() -> None:
    """Let the plugin, where Snakemake has loaded it, ask for a controller, and lose no failure."""
    executor = getattr(sys.modules.get(_PLUGIN), "Executor", None)
    if executor is not None and not hasattr(executor, "submits_itself"):
        executor.starts_itself, executor.__init__ = executor.__init__, _start
        executor.submits_itself, executor.run_job = executor.run_job, _submit
        executor.prints_itself, executor.print_job_error = executor.print_job_error, _print_error


def why_no_jobs() -> str:
    """Why Slurm takes no jobs; nothing if a controller answers."""
    if missing := [name for name in ("sbatch", "sinfo") if not shutil.which(name)]:
        return f"{' and '.join(missing)} not found in PATH; run where Slurm's commands are"
    end, said = time.monotonic() + LIMIT_S, ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE_S)
        # A file, not a pipe, which what a command has started may hold open.
        with tempfile.TemporaryFile("w+", errors="replace") as errors:
            try:
                left_s = max(end - time.monotonic(), 0.1)
                subprocess.run(
                    ["sinfo", "--noheader"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                    timeout=left_s, check=True,
                )  # fmt: skip
                return ""
            except subprocess.TimeoutExpired:
                said = f"sinfo had none after {LIMIT_S:g} s"
                break
            except (subprocess.CalledProcessError, OSError) as error:
                errors.seek(0)
                said = (errors.read().strip() or str(error)).splitlines()[-1]
    return f"no controller answers ({said}); try again when `scontrol ping` says UP"


def _start(self, workflow, logger) -> None:
    # Before anything runs that would have to be ended; jobs of this machine need no Slurm.
    if any(not job.is_local for job in workflow.dag.needrun_jobs()) and (reason := why_no_jobs()):
        sys.exit(f"Slurm takes no jobs: {reason}, or run on this machine: snakemake --cores 2")
    self.starts_itself(workflow, logger)


def _submit(self, job) -> None:
    try:
        self.submits_itself(job)
    except Exception as error:
        from snakemake_interface_executor_plugins.executors.base import SubmittedJobInfo

        try:
            # The first error is the reason; the second is that of the plugin when it tells of it.
            self.print_job_error(SubmittedJobInfo(job), f"Not submitted: {error.__context__ or error}\n")
        finally:
            self.workflow.scheduler.error_callback(job)


def _print_error(self, job_info, msg=None, **others) -> None:
    """Snakemake leaves out the reason of a group's failure."""
    if msg and job_info.job.is_group():
        self.logger.error(f"{job_info.job.name} failed. {msg.partition(_CALL)[0].strip()}")
    self.prints_itself(job_info, msg, **others)
