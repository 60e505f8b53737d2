"""Jobs on Slurm stay known while Slurm does not answer.

The plugin (2.8) asks five times, within a second, for the state of all jobs.  If no answer comes, it
reports none as finished and none as running: Snakemake forgets them, and waits for them for ever, also
when it is told to end.  A controller that restarts, `squeue` that hangs, or one failed `scontrol`
where there is no accounting (the plugin then asks `sacct`) is enough.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

_PLUGIN = "snakemake_executor_plugin_slurm"


def keep_jobs_without_answer() -> None:
    """Let the plugin, where Snakemake has loaded it, name all jobs as running if Slurm told of none.

    It asks again after its usual time.  A version that does not count its queries stays as it is.
    """
    executor = getattr(sys.modules.get(_PLUGIN), "Executor", None)
    if executor is not None and not hasattr(executor, "asks_once"):
        executor.asks_once = executor.check_active_jobs
        executor.check_active_jobs = _checked


async def _checked(self, active_jobs: list) -> AsyncIterator:
    """The jobs that are still running, as far as is known."""
    answers = getattr(self, "_status_query_calls", None)
    async for job in self.asks_once(active_jobs):
        yield job
    if active_jobs and answers is not None and self._status_query_calls == answers:
        for job in active_jobs:
            yield job
