"""The workflow as a module of another one: in a folder with a configuration of its user's.

The file is what snakedeploy writes, but for a path where that has an address.
"""

import os
import shutil
import subprocess
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


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_an_address_is_refused_and_says_what_to_write(root, deployed, tmp_path):
    """Snakemake clones it from github.com, which here is a folder: rules come along, the library does not."""
    there = tmp_path / "there"
    shutil.copytree(root / "workflow", there / "workflow", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "Snakefile", there)
    git = ["git", "-C", str(there), "-c", "user.name=a", "-c", "user.email=b"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *words], check=True)
    address = 'github("someone/lnvsearch", path="Snakefile", branch="main")'
    file = deployed / "workflow/Snakefile"
    file.write_text(file.read_text().replace(f'"{root}/Snakefile"', address))
    redirected = {
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.file://{there}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/someone/lnvsearch",
    }  # fmt: skip
    process = hang_guard.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1"], cwd=deployed, merge=True,
        env={**os.environ, **redirected, "XDG_CACHE_HOME": str(tmp_path / "cache")},
    )  # fmt: skip
    assert process.returncode == 1
    assert "rules alone are not enough; clone it" in process.stdout, process.stdout[-4000:]
    assert "Traceback" not in process.stdout


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
