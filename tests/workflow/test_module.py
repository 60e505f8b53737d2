"""The workflow as a module of another one: in a folder with a configuration of its user's.

The file is what snakedeploy writes, but for a path where that has an address.
"""

import os
import shutil
import sys

import hang_guard
import pytest
import yaml

pytestmark = pytest.mark.workflow

SNAKEFILE = """from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


module lnvsearch:
    snakefile:
        "{root}/Snakefile"
    config:
        config


use rule * from lnvsearch
"""
CUTFLOW = "results/besiii_2025/cutflow/signal_phsp/uncalibrated.csv"
NUMBERS = "resources/published/besiii_2025/numbers.csv"


@pytest.fixture
def deployed(root, tmp_path):
    """The user's folder: the file, and the configuration with fewer events and one search."""
    folder = tmp_path / "deployed"
    shutil.copytree(root / "config", folder / "config")
    (folder / "workflow").mkdir()
    (folder / "workflow/Snakefile").write_text(SNAKEFILE.format(root=root))
    config = yaml.safe_load((folder / "config/config.yaml").read_text())
    config["papers"], config["statistics"]["signal"] = ["besiii_2025"], 300
    (folder / "config/config.yaml").write_text(yaml.safe_dump(config))
    return folder


@pytest.fixture
def run(root):
    def run(folder, *arguments):
        command = [sys.executable, "-m", "snakemake", *arguments, "--cores", "1"]
        process = hang_guard.run(
            command, cwd=folder, merge=True, env={**os.environ, "MPLCONFIGDIR": str(folder)}
        )
        assert process.returncode == 0, process.stdout[-4000:]
        return process.stdout

    return run


def test_a_deployed_workflow_gives_the_same_results(root, deployed, run, tmp_path):
    run(deployed, CUTFLOW)
    own = deployed / "config/config.yaml"
    run(root, CUTFLOW, "--directory", str(tmp_path / "plain"), "--configfile", str(own))
    assert (deployed / CUTFLOW).read_bytes() == (tmp_path / "plain" / CUTFLOW).read_bytes()


def test_cuts_and_published_numbers_are_those_beside_the_users_file(root, deployed, run):
    def listed():
        return run(deployed, "--dry-run", "--printshellcmds")

    assert f"{root}/{NUMBERS}" in listed()
    shutil.copytree(root / "resources", deployed / "resources")
    text = listed()
    assert NUMBERS in text and str(root / "resources") not in text
    assert "na62" not in text
    paper = deployed / "config/papers/besiii_2025.yaml"
    paper.write_text(paper.read_text().replace("{cut: chi_square, maximum: 20.0}", "{cut: no_such}"))
    process = hang_guard.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1"], cwd=deployed, merge=True
    )
    assert process.returncode == 1
    assert "config/papers/besiii_2025.yaml: selection" in process.stdout
    assert str(root / "config") not in process.stdout
