"""The workflow as a module of another one: in a folder with a configuration of its user's.

The file is what snakedeploy writes, with a path or an address of the workflow.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import hang_guard
import pytest
import quick_yaml
from same_results import assert_same_file

pytestmark = pytest.mark.workflow

SNAKEFILE = """from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


module lnvsearch:
    snakefile:
        {place}
    config:
        config


use rule * from lnvsearch
"""
CUTFLOW = "results/besiii_2025/cutflow/signal_phsp/uncalibrated.csv"
NUMBERS = "resources/published/besiii_2025/numbers.csv"


@pytest.fixture
def deployed(root, tmp_path):
    """The user's folder."""
    return deployed_in(tmp_path / "deployed", root)


def deployed_in(folder, root):
    """Write a user's folder: the file, and the configuration with fewer events and one search."""
    shutil.copytree(root / "config", folder / "config")
    (folder / "workflow").mkdir()
    (folder / "workflow/Snakefile").write_text(SNAKEFILE.format(place=f'"{root}/Snakefile"'))
    config = quick_yaml.load((folder / "config/config.yaml").read_text())
    config["papers"], config["statistics"]["signal"] = ["besiii_2025"], 300
    (folder / "config/config.yaml").write_text(quick_yaml.dump(config))
    return folder


@pytest.fixture(scope="module")
def plain(root, run, tmp_path_factory):
    """What a clone gives with the same configuration."""
    folder = tmp_path_factory.mktemp("plain")
    own = deployed_in(folder / "own", root) / "config/config.yaml"
    run(root, CUTFLOW, "--directory", str(folder / "run"), "--configfile", str(own))
    return folder / "run"


@pytest.fixture(scope="module")
def run(root, read_before):
    def run(folder, *arguments):
        command = [sys.executable, "-m", "snakemake", *arguments, "--cores", "1"]
        with read_before(folder):
            process = hang_guard.run(
                command, cwd=folder, merge=True, env={**os.environ, "MPLCONFIGDIR": str(folder)}
            )
        assert process.returncode == 0, process.stdout[-4000:]
        return process.stdout

    return run


def test_a_deployed_workflow_gives_the_same_results(deployed, run, plain):
    run(deployed, CUTFLOW)
    assert_same_file(deployed / CUTFLOW, plain / CUTFLOW)


ADDRESS = 'github("someone/lnvsearch", path="Snakefile", tag="v0.1.0")'
#: What a clone has of the folder, but for tests and documents.
PARTS = ("workflow", "src", "config", "resources", "profiles")
SNAKEDEPLOY = shutil.which("snakedeploy", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
with_git = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")


@pytest.fixture
def repository(root, tmp_path):
    """A repository of the project with a tag; its path ends as an address on github.com."""
    there = tmp_path / "github.com/someone/lnvsearch"
    for name in PARTS:
        shutil.copytree(root / name, there / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "LICENSE", "pyproject.toml", "requirements.lock", "CITATION.cff"):
        shutil.copy(root / name, there)
    git = ["git", "-C", str(there), "-c", "user.name=a", "-c", "user.email=b"]
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "all"], ["tag", "v0.1.0"]):
        subprocess.run([*git, *words], check=True)
    return there


@pytest.fixture
def from_address(repository, tmp_path):
    """Environment in which the address is that of the repository, and Snakemake's clone is not the user's."""
    return {
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": f"url.file://{repository}.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/someone/lnvsearch", "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }  # fmt: skip


@with_git
def test_deployed_from_an_address_it_gives_the_same_results(deployed, run, plain, tmp_path, from_address, monkeypatch):
    """The library and the published numbers come along; code is that of the tag, not that of this folder."""
    file = deployed / "workflow/Snakefile"
    file.write_text(SNAKEFILE.format(place=ADDRESS))
    for name, value in from_address.items():
        monkeypatch.setenv(name, value)
    assert str(tmp_path / "cache") in run(deployed, "--dry-run", "--printshellcmds")  # resources of the tag
    run(deployed, CUTFLOW)
    assert_same_file(deployed / CUTFLOW, plain / CUTFLOW)
    assert "Nothing to be done" in run(deployed, CUTFLOW)


@with_git
@pytest.mark.skipif(not SNAKEDEPLOY, reason="snakedeploy is not installed (make deploy-tools)")
def test_snakedeploy_writes_what_the_other_tests_run(repository, tmp_path):
    folder = tmp_path / "by_snakedeploy"
    process = hang_guard.run(
        [SNAKEDEPLOY, "deploy-workflow", str(repository), str(folder), "--tag", "v0.1.0"], cwd=tmp_path, merge=True
    )
    assert process.returncode == 0, process.stdout[-4000:]
    written = [line.split("#")[0].strip() for line in (folder / "workflow/Snakefile").read_text().splitlines()]
    expected = SNAKEFILE.format(place=ADDRESS).replace("9.0", "6.10.0").splitlines()
    assert list(filter(None, written)) == list(filter(None, map(str.strip, expected)))
    for part in ("config/config.yaml", "config/papers/besiii_2025.yaml", "profiles/default/profile.yaml", "LICENSE"):
        assert_same_file(folder / part, repository / part)


@with_git
def test_from_an_address_without_the_packages_says_what_to_install(deployed, from_address, tmp_path):
    """As in an environment with Snakemake alone."""
    (deployed / "workflow/Snakefile").write_text(SNAKEFILE.format(place=ADDRESS))
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        "import importlib.util\n"
        "find = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'numba' else find(name, *more)\n"
    )
    paths = os.pathsep.join(filter(None, [str(hidden), os.environ.get("PYTHONPATH")]))
    process = hang_guard.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1"], cwd=deployed, merge=True,
        env={**os.environ, **from_address, "PYTHONPATH": paths},
    )  # fmt: skip
    assert process.returncode == 1
    assert "not installed: numba; install the packages" in process.stdout, process.stdout[-4000:]
    assert "requirements.lock" in process.stdout and "Traceback" not in process.stdout


def test_rules_without_the_project_are_refused(root, deployed, tmp_path):
    there = tmp_path / "rules_only"
    (there / "workflow").mkdir(parents=True)
    shutil.copytree(root / "workflow/rules", there / "workflow/rules")
    shutil.copy(root / "Snakefile", there)
    (deployed / "workflow/Snakefile").write_text(SNAKEFILE.format(place=f'"{there}/Snakefile"'))
    process = hang_guard.run(
        [sys.executable, "-m", "snakemake", "--dry-run", "--cores", "1"], cwd=deployed, merge=True
    )
    assert process.returncode == 1
    assert "rules alone are not enough; give" in process.stdout, process.stdout[-4000:]
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
