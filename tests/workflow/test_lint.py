"""What `snakemake --lint` finds is only what is so on purpose."""

import re
import sys

import hang_guard
import pytest

pytestmark = pytest.mark.workflow


def test_lint_finds_only_rules_without_an_environment_of_their_own(root):
    """All rules run in the one environment of the lock files (`make environment`)."""
    process = hang_guard.run([sys.executable, "-m", "snakemake", "--lint"], cwd=root, merge=True)
    found = set(re.findall(r"(?m)^ +\* (.+)$", process.stdout))
    assert found == {"Specify a conda environment or container for each rule.:"}
