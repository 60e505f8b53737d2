"""A Snakemake that is told to end (SIGTERM) does so, whatever it was doing.

Snakemake (9.27) answers the signal in its main thread, and there waits for a lock that this very thread may
hold: it then sleeps for ever.  So do the Snakemakes of jobs that a cluster cancels, and where the cluster
does not kill what is left of a job, they stay.
"""

from __future__ import annotations

import _thread

from snakemake.scheduling.job_scheduler import JobScheduler


def end_when_told() -> None:
    """Let another thread answer the signal, which can wait until the lock is free."""
    if not hasattr(JobScheduler, "exits_itself"):
        JobScheduler.exits_itself = JobScheduler.exit_gracefully
        JobScheduler.exit_gracefully = _exit_in_a_thread


def _exit_in_a_thread(self, *args) -> None:
    # Not by `threading`, which has locks of its own that the interrupted thread may hold.
    _thread.start_new_thread(self.exits_itself, args)
