"""Pages that explain how to run the workflow: their commands run, and their YAML is accepted.

A command that would run jobs is run with `--dry-run`; other tests run the workflow itself.
"""

import os
import re
import shutil
import sys

import hang_guard
import pytest
import python_path
import quick_yaml

pytestmark = pytest.mark.workflow

PAGES = ("changing", "how-a-search-works", "running", "recast_grids", "scaling", "figures")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What a page shows that is no command.
OTHER_LANGUAGES = {"text", "yaml", "python"}
#: Commands that are not run here, by their first words: why.
SKIPPED = {
    ".venv/bin/uv pip install": "it installs a package from the network",
    "make cluster": "it installs packages from the network",
    "snakemake --cores 2 --logger rich": "it needs the package of the line before it",
    "snakemake --workflow-profile profiles/slurm": "tests/workflow/test_slurm.py, where Slurm is installed",
    "pgrep -f": "it needs a job that runs; tests/workflow/test_starter.py",
    "snakedeploy deploy-workflow": "tests/workflow/test_module.py, where snakedeploy is installed",
    "snakemake --report": "it needs results; tests/workflow/test_report.py",
    "lnvsearch show": "it needs a file of events; tests/unit/test_show_command.py",
}
#: Options with which Snakemake runs no job; all other commands get --dry-run.
WITHOUT_JOBS = ("--rulegraph", "--unlock")


def commands_of(root, page):
    """Lines of the fenced blocks of a page that a reader types, without comments and prompts."""
    text = (root / f"docs/{page}.md").read_text(encoding="utf-8")
    for language, block in FENCE.findall(text):
        if language not in OTHER_LANGUAGES:
            for line in block.splitlines():
                command = line.partition(" #")[0].removeprefix("$ ").strip()
                if command:
                    yield command


def all_commands(root):
    return [(page, command) for page in PAGES for command in commands_of(root, page)]


def pytest_generate_tests(metafunc):
    if "command" in metafunc.fixturenames:
        commands = dict.fromkeys(command for _, command in all_commands(metafunc.config.rootpath))
        metafunc.parametrize("command", commands)


@pytest.fixture(scope="module")
def folder(root, tmp_path_factory):
    """A folder with the configuration, and `snakemake` as a reader of the page calls it."""
    folder = tmp_path_factory.mktemp("reader")
    shutil.copytree(root / "config", folder / "config")
    (folder / "bin").mkdir()
    program = folder / "bin/snakemake"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m snakemake --snakefile {root}/Snakefile "$@"\n')
    program.chmod(0o755)
    return folder


def test_a_command_of_a_page_runs(root, folder, command):
    for beginning, reason in SKIPPED.items():
        if command.startswith(beginning):
            pytest.skip(reason)
    assert command.startswith("snakemake "), f"{command}: say here how it is tested, or why not"
    command = command.partition("|")[0]  # what follows draws a picture
    if not any(option in command for option in WITHOUT_JOBS):
        command += " --dry-run --quiet"
    environment = {
        **os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": python_path.beginning_with(root / "src"), "MPLCONFIGDIR": str(folder / ".matplotlib"),
    }  # fmt: skip
    process = hang_guard.run(["sh", "-ec", command], cwd=folder, env=environment, merge=True)
    assert process.returncode == 0, process.stdout[-3000:]
    assert "rror" not in process.stdout


def test_every_reason_to_skip_is_needed(root):
    commands = [command for _, command in all_commands(root)]
    for beginning in SKIPPED:
        assert any(command.startswith(beginning) for command in commands), beginning


def blocks_of_changing(root):
    text = (root / "docs/changing.md").read_text(encoding="utf-8")
    return [quick_yaml.load(block) for language, block in FENCE.findall(text) if language == "yaml"]


def test_the_cut_on_the_page_is_the_one_in_the_search(root):
    selection, _ = blocks_of_changing(root)
    paper = quick_yaml.load((root / "config/papers/besiii_2025.yaml").read_text(encoding="utf-8"))
    (cut,) = selection["selection"]
    assert cut in paper["selection"]


def test_the_variation_on_the_page_is_accepted(root, tmp_path):
    from searches.configuration import read_yaml
    from searches.load import load_papers

    for folder in ("config", "resources"):
        shutil.copytree(root / folder, tmp_path / folder)
    path = tmp_path / "config/papers/besiii_2025.yaml"
    paper = quick_yaml.load(path.read_text(encoding="utf-8"))
    _, block = blocks_of_changing(root)
    paper["variations"].update(block["variations"])
    path.write_text(quick_yaml.dump(paper, sort_keys=False), encoding="utf-8")
    config = read_yaml(tmp_path / "config/config.yaml")
    papers = load_papers(config, tmp_path, "config/config.yaml")
    assert set(block["variations"]) <= set(papers["besiii_2025"].settings["variations"])
    detector = quick_yaml.load((root / "config/detectors/besiii.yaml").read_text(encoding="utf-8"))
    value = detector["tof"]["tail_fraction"]["value"]
    assert value != block["variations"]["flight_time_tails"]["detector"]["tof"]["tail_fraction"]
