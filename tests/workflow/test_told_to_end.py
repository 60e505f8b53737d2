"""Snakemake ends when it is told to, also while it holds its own lock."""

import signal
import threading

import told_to_end
from snakemake.scheduling.job_scheduler import JobScheduler


def test_a_signal_that_comes_while_the_lock_is_held_is_answered_later(monkeypatch):
    monkeypatch.setattr(JobScheduler, "exit_gracefully", JobScheduler.exit_gracefully)
    told_to_end.end_when_told()
    scheduler = JobScheduler.__new__(JobScheduler)
    scheduler._lock, scheduler._open_jobs, scheduler._user_kill = threading.Lock(), threading.Semaphore(0), None
    before = signal.signal(signal.SIGTERM, scheduler.exit_gracefully)
    try:
        with scheduler._lock:
            signal.raise_signal(signal.SIGTERM)
            assert scheduler._user_kill is None
        scheduler._open_jobs.acquire()
        assert scheduler._user_kill == "graceful"
    finally:
        signal.signal(signal.SIGTERM, before)
        monkeypatch.delattr(JobScheduler, "exits_itself", raising=False)


def test_a_machine_with_htcondor_s_binding_alone_is_none_of_a_fault():
    """Snakemake imports the binding with its plugins; all other warnings are errors."""
    import warnings

    import pytest

    says = "The environment variable CONDOR_CONFIG is unset and none of the default locations contain a file."
    warnings.warn(says, UserWarning, stacklevel=1)
    with pytest.raises(UserWarning, match="another"):
        warnings.warn("another", UserWarning, stacklevel=1)


def test_the_handler_is_still_one_that_needs_this():
    """A Snakemake whose lock the same thread may take twice is looked at again."""
    import inspect

    own = getattr(JobScheduler, "exits_itself", JobScheduler.exit_gracefully)
    assert "with self._lock:" in inspect.getsource(own)
    assert "self._lock = threading.Lock()" in inspect.getsource(JobScheduler.__init__)
