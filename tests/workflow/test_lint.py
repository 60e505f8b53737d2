"""What `snakemake --lint` finds is only what is so on purpose; rules are formatted; the catalog's file is whole."""

import os
import re
import shutil
import sys
from pathlib import Path

import hang_guard
import pytest
import quick_yaml

SNAKEFMT = shutil.which("snakefmt", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
pytestmark = pytest.mark.workflow


def test_lint_finds_only_rules_without_an_environment_of_their_own(root):
    """All rules run in the one environment of the lock files (`make environment`)."""
    process = hang_guard.run([sys.executable, "-m", "snakemake", "--lint"], cwd=root, merge=True)
    found = set(re.findall(r"(?m)^ +\* (.+)$", process.stdout))
    assert found == {"Specify a conda environment or container for each rule.:"}


@pytest.mark.skipif(not SNAKEFMT, reason="snakefmt is not installed (make deploy-tools)")
def test_rules_are_formatted(root):
    process = hang_guard.run([SNAKEFMT, "--check", "Snakefile", "workflow/rules"], cwd=root, merge=True)
    assert process.returncode == 0, process.stdout


def test_the_catalog_s_file_has_the_keys_that_the_catalog_reads(root):
    usage = quick_yaml.load((root / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert set(usage) == {"mandatory-flags", "software-stack-deployment", "report"}
    assert set(usage["mandatory-flags"]) == {"desc", "flags"}
    assert set(usage["software-stack-deployment"].values()) == {False}
    assert (root / "Snakefile").is_file() and (root / "config/README.md").is_file()
