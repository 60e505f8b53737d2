"""Snakemake's scheduler passes over the waiting jobs once for each job that ends, no more."""

import sys

import hang_guard
import pytest
import quick_yaml

pytestmark = pytest.mark.workflow

NUMBER_OF_JOBS = 300
EMPTY_JOBS = f"""

rule empty_jobs:
    input:
        [f"empty/{{i}}" for i in range({NUMBER_OF_JOBS})],


rule empty_job:
    output:
        touch("empty/{{i}}"),
    shell:
        "sleep 0.02"
"""


@pytest.fixture
def with_empty_jobs(root, tmp_path):
    """The project with many jobs more that do nothing, for at least six seconds in all."""
    for name in ("config", "profiles", "resources", "src", "workflow"):
        (tmp_path / name).symlink_to(root / name)
    (tmp_path / "Snakefile").write_text((root / "Snakefile").read_text() + EMPTY_JOBS)
    # Without the options that only the plugin knows.
    profile = quick_yaml.load((root / "profiles/slurm/profile.yaml").read_text())
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster/profile.yaml").write_text(
        quick_yaml.dump({key: value for key, value in profile.items() if "slurm-" not in key})
    )
    return tmp_path


def passes(project, *arguments):
    """Passes over the waiting jobs of a run with empty jobs."""
    command = [sys.executable, "-m", "snakemake", "empty_jobs", "--cores", "1", "--verbose"]
    process = hang_guard.run([*command, *arguments], cwd=project, merge=True)
    assert process.returncode == 0, process.stdout[-4000:]
    assert len(list((project / "empty").iterdir())) == NUMBER_OF_JOBS
    return process.stdout.count("Resources before job selection")


@pytest.mark.parametrize("arguments", [
    (),  # profiles/default is loaded by itself
    ("--workflow-profile", "cluster", "--executor", "local", "--jobs", "1"),
])
def test_every_finished_job_costs_one_pass(with_empty_jobs, arguments):
    """A timer that starts another pass would show: six seconds hold six passes for every timer."""
    assert NUMBER_OF_JOBS <= passes(with_empty_jobs, *arguments) <= NUMBER_OF_JOBS + 2


def test_a_limit_of_the_users_own_is_kept(with_empty_jobs):
    """Then the passes are many: when these are few, Snakemake is repaired and `onstart` can go."""
    assert passes(with_empty_jobs, "--max-jobs-per-timespan", "101/1s") > 2 * NUMBER_OF_JOBS
