"""A Slurm that takes no jobs ends a run, with the reason; stand-ins for its commands, which fail."""

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import hang_guard
import pytest
import slurm_submission

#: What it says when it has no answer; the last line is the reason.
SILENT = 'echo "sinfo: error: at first" >&2; echo "sinfo: error: Unable to contact slurm controller" >&2; exit 1'


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Put commands, name -> lines of a shell, in the place of Slurm's; each call adds a line to `name.calls`."""
    folder = tmp_path / "commands"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(slurm_submission, "PAUSE_S", 0.0)

    def put(**lines):
        for name, line in lines.items():
            (folder / name).write_text(f'#!/bin/sh\necho >> "$0.calls"\n{line}\n')
            (folder / name).chmod(0o755)
        return folder

    return put


def calls(folder, name):
    file = folder / f"{name}.calls"
    return len(file.read_text()) if file.exists() else 0


def test_a_controller_that_answers_is_asked_once(commands):
    folder = commands(sbatch="exit 0", sinfo="exit 0")
    assert slurm_submission.why_no_jobs() == ""
    assert calls(folder, "sinfo") == 1 and calls(folder, "sbatch") == 0


def test_a_controller_that_misses_some_tries_is_one(commands):
    folder = commands(sbatch="exit 0", sinfo=f'[ $(wc -l < "$0.calls") -gt 3 ] || {{ {SILENT}; }}')
    assert slurm_submission.why_no_jobs() == ""
    assert calls(folder, "sinfo") == 4


def test_no_controller_is_a_reason_in_one_line(commands):
    folder = commands(sbatch="exit 0", sinfo=SILENT)
    reason = slurm_submission.why_no_jobs()
    assert "no controller answers (sinfo: error: Unable to contact slurm controller)" in reason
    assert "\n" not in reason and calls(folder, "sinfo") == slurm_submission.TRIES


def test_a_controller_that_hangs_has_a_limit(commands, monkeypatch):
    """Also where the command is a script that has started another."""
    monkeypatch.setattr(slurm_submission, "LIMIT_S", 0.5)
    commands(sbatch="exit 0", sinfo="sleep 5")
    assert "sinfo had none after 0.5 s" in slurm_submission.why_no_jobs()


def test_missing_commands_are_named(commands, monkeypatch):
    monkeypatch.setenv("PATH", str(commands(sinfo="exit 0")))
    assert slurm_submission.why_no_jobs().startswith("sbatch not found in PATH")


class Executor:
    """As the plugin's, where a submission fails."""

    def __init__(self, workflow, logger):
        self.workflow, self.logger = workflow, logger

    def run_job(self, job):
        try:
            raise OSError("no partition")
        except OSError:
            job.rule.name  # noqa: B018 - a group has none

    def print_job_error(self, job_info, msg=None, **others):
        self.logger.error("Error in group")


@pytest.fixture
def started(monkeypatch):
    """Starts an executor for jobs, given whether each is of this machine; what it says and fails is kept."""

    def start(*local):
        kind = type("Executor", (Executor,), {})
        monkeypatch.setitem(sys.modules, "snakemake_executor_plugin_slurm", SimpleNamespace(Executor=kind))
        for _ in range(2):  # as in a process that reads the rules twice
            slurm_submission.fail_without_slurm()
        said, failed = [], []
        jobs = [SimpleNamespace(is_local=is_local) for is_local in local]
        workflow = SimpleNamespace(
            dag=SimpleNamespace(needrun_jobs=lambda: jobs), scheduler=SimpleNamespace(error_callback=failed.append)
        )
        return kind(workflow, SimpleNamespace(error=said.append)), said, failed

    return start


def test_a_run_with_jobs_for_slurm_does_not_begin_without_it(commands, started):
    commands(sbatch="exit 0", sinfo=SILENT)
    with pytest.raises(SystemExit, match="^Slurm takes no jobs: no controller answers .* --cores 2$"):
        started(True, False)


def test_jobs_of_this_machine_need_no_slurm(commands, started):
    folder = commands(sbatch="exit 1", sinfo=SILENT)
    started(True, True)
    started()
    assert calls(folder, "sinfo") == 0


def test_a_submission_that_raises_is_a_failed_job_with_its_reason(started):
    executor, said, failed = started()
    group = SimpleNamespace(name="chain", is_group=lambda: True)
    executor.run_job(group)
    assert failed == [group] and said == ["chain failed. Not submitted: no partition", "Error in group"]


def test_the_reason_of_a_failed_group_is_printed(started):
    executor, said, _ = started()
    group = SimpleNamespace(job=SimpleNamespace(name="chain", is_group=lambda: True))
    executor.print_job_error(group, "sbatch failed.\n    sbatch call:\n        pages of it")
    job = SimpleNamespace(job=SimpleNamespace(name="one", is_group=lambda: False))
    executor.print_job_error(job, "sbatch failed.")
    assert said == ["chain failed. sbatch failed.", "Error in group", "Error in group"]


#: Two jobs, one of them in a group, of which each goes to Slurm.
RULES = """
import sys
sys.path.insert(0, {folder!r})
import slurm_submission
slurm_submission.fail_without_slurm()
slurm_submission.PAUSE_S = 0.0

rule all:
    input: "alone", "grouped"

rule alone:
    output: "alone"
    shell: "touch {{output}}"

rule grouped:
    output: "grouped"
    group: "chain"
    shell: "touch {{output}}"
"""
GONE = "echo 'sbatch: error: Batch job submission failed: Unable to contact slurm controller' >&2; exit 1"


@pytest.mark.parametrize(
    ("sinfo", "options", "reason"),
    [
        # The plugin asks for the default partition; without one it submits.
        ('[ $(wc -l < "$0.calls") -le 1 ] || { ' + SILENT + "; }", (), "Failed to run sinfo"),
        ("exit 0", ("slurm_partition=ci",), "Batch job submission failed: Unable to contact slurm controller"),
    ],
)
def test_a_controller_that_goes_away_fails_the_run(root, commands, tmp_path, sinfo, options, reason):
    """Whether a submission raises within the plugin or `sbatch` fails, also of a group."""
    pytest.importorskip("snakemake_executor_plugin_slurm", reason="make cluster")
    commands(sbatch=GONE, sinfo=sinfo, squeue="exit 1", scontrol="exit 1", sacct="exit 1")
    (tmp_path / "Snakefile").write_text(RULES.format(folder=str(Path(root) / "workflow")))
    resources = ("--default-resources", *options, "mem_mb=10", "runtime=1")
    process = hang_guard.run(
        [sys.executable, "-m", "snakemake", "--executor", "slurm", "--jobs", "4", "--directory", str(tmp_path),
         "--snakefile", str(tmp_path / "Snakefile"), "--slurm-no-account", *resources, "--retries", "1",
         "--keep-going", "--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1"],
        cwd=tmp_path, env=dict(os.environ), merge=True,
    )  # fmt: skip
    assert process.returncode == 1, process.stdout[-4000:]
    assert "Error in rule alone" in process.stdout and "Error in rule grouped" in process.stdout, process.stdout
    assert process.stdout.count(reason) >= 4, process.stdout
    assert not list(tmp_path.glob(".snakemake/locks/*"))
