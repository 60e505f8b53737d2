"""While Slurm does not answer, no job is forgotten."""

import asyncio
import sys
from types import SimpleNamespace

import pytest
import slurm_status


class Executor:
    """As the plugin's: after an answer it yields what runs, without one nothing."""

    def __init__(self, answers):
        self.answers, self._status_query_calls, self._status_query_failures = list(answers), 0, 0

    async def check_active_jobs(self, active_jobs):
        if not active_jobs:
            return
        running = self.answers.pop(0)
        if running is None:
            self._status_query_failures += 5
            return
        self._status_query_calls += 1
        for job in active_jobs:
            if job in running:
                yield job


class OtherExecutor(Executor):
    """Of a version that does not count."""

    def __init__(self, answers):
        self.answers = list(answers)

    async def check_active_jobs(self, active_jobs):
        for job in active_jobs if self.answers.pop(0) else []:
            yield job


@pytest.fixture
def rounds(monkeypatch):
    """The jobs that are left after each round of questions."""

    def rounds(kind, answers, jobs):
        executor_class = type(kind.__name__, (kind,), {})
        monkeypatch.setitem(sys.modules, "snakemake_executor_plugin_slurm", SimpleNamespace(Executor=executor_class))
        for _ in range(2):  # as in a process that reads the rules twice
            slurm_status.keep_jobs_without_answer()
        executor, left = executor_class(answers), []

        async def ask():
            return [job async for job in executor.check_active_jobs(jobs)]

        for _ in answers:
            jobs = asyncio.run(ask())
            left.append(jobs)
        return left

    return rounds


def test_jobs_are_kept_until_slurm_answers(rounds):
    assert rounds(Executor, [["a", "b"], None, None, ["b"], None, []], ["a", "b", "c"]) == [
        ["a", "b"], ["a", "b"], ["a", "b"], ["b"], ["b"], [],
    ]  # fmt: skip


def test_another_version_stays_as_it_is(rounds):
    assert rounds(OtherExecutor, [True, False], ["a"]) == [["a"], []]


def test_without_the_plugin_nothing_happens(monkeypatch):
    monkeypatch.setitem(sys.modules, "snakemake_executor_plugin_slurm", None)
    slurm_status.keep_jobs_without_answer()
    monkeypatch.delitem(sys.modules, "snakemake_executor_plugin_slurm")
    slurm_status.keep_jobs_without_answer()


def test_the_plugin_is_what_is_expected():
    """A newer one that counts otherwise, or that needs none of this, is looked at again."""
    plugin = pytest.importorskip("snakemake_executor_plugin_slurm", reason="make cluster")
    import inspect

    check = getattr(plugin.Executor, "asks_once", plugin.Executor.check_active_jobs)
    assert "self._status_query_calls += 1" in inspect.getsource(check)
    assert inspect.isasyncgenfunction(check)
