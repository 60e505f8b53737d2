"""Snakemake runs in folders of their own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def project(root, tmp_path):
    """A copy of all data files of the project, to spoil."""
    for folder in ("config", "resources"):
        shutil.copytree(root / folder, tmp_path / folder)
    return tmp_path


@pytest.fixture(scope="session")
def snakemake(root):
    """Run snakemake in a folder; returns the finished process, output as text."""

    def run(folder: Path, *arguments: str, cores: int = 2, config: str = "config/test.yaml",
            project: Path = root):
        command = [
            sys.executable, "-m", "snakemake", *arguments,
            "--snakefile", str(project / "Snakefile"), "--directory", str(folder),
            "--cores", str(cores), "--configfile", str(project / config),
        ]
        environment = {**os.environ, "MPLCONFIGDIR": str(folder / ".matplotlib")}
        return subprocess.run(
            command, cwd=root, env=environment, text=True, timeout=900,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )

    return run


@pytest.fixture(scope="session")
def whole_dag(snakemake, tmp_path_factory):
    """Folder of one run of everything with config/test.yaml."""
    folder = tmp_path_factory.mktemp("dag")
    process = snakemake(folder)
    assert process.returncode == 0, process.stdout[-4000:]
    return folder
