"""Snakemake runs in folders of their own."""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import hang_guard
import pytest
import yaml


@pytest.fixture
def project(root, tmp_path):
    """A copy of all data files of the project, to spoil."""
    for folder in ("config", "resources"):
        shutil.copytree(root / folder, tmp_path / folder)
    return tmp_path


@pytest.fixture(scope="session")
def snakemake(root):
    """Run snakemake in a folder; returns the finished process, output as text.

    `inside`: words before the command, of a program that runs it.  Records name no commit: one that is
    made while tests run is none of what they compare.
    """

    def run(folder: Path, *arguments: str, cores: int = 2, config: str = "config/test.yaml",
            project: Path = root, inside: Sequence[str] = (), **variables: str):
        command = [
            *inside, sys.executable, "-m", "snakemake", *arguments,
            "--snakefile", str(project / "Snakefile"), "--directory", str(folder),
            "--cores", str(cores), "--configfile", str(project / config),
        ]
        environment = {
            **os.environ, "MPLCONFIGDIR": str(folder / ".matplotlib"), "GIT_CEILING_DIRECTORIES": str(root),
            **variables,
        }  # fmt: skip
        return hang_guard.run(command, cwd=root, env=environment, merge=True)

    return run


@pytest.fixture(scope="session")
def whole_dag(root, snakemake, tmp_path_factory):
    """Folder of one run of everything with config/test.yaml; `loaded/` has what each job loaded."""
    folder = tmp_path_factory.mktemp("dag")
    (folder / "loaded").mkdir()
    paths = [str(root / "tests/workflow/recorder"), os.environ.get("PYTHONPATH")]
    process = snakemake(
        folder, PYTHONPATH=os.pathsep.join(filter(None, paths)),
        LNVSEARCH_ROOT=str(root), LNVSEARCH_LOADED=str(folder / "loaded"),
    )
    assert process.returncode == 0, process.stdout[-4000:]
    return folder


@pytest.fixture
def refused(project):
    """Spoil the content of a YAML file; returns the message with which the project is refused."""
    from searches.configuration import ConfigurationError, read_yaml
    from searches.load import load_papers

    def message(file, change):
        content = yaml.safe_load((project / file).read_text())
        change(content)
        (project / file).write_text(yaml.safe_dump(content, sort_keys=False))
        with pytest.raises(ConfigurationError) as caught:
            load_papers(read_yaml(project / "config/config.yaml"), project, "config/config.yaml")
        return str(caught.value)

    return message
