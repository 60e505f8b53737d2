"""Snakemake runs in folders of their own."""

import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path

import hang_guard
import pytest
import quick_yaml


@pytest.fixture
def project(root, tmp_path):
    """A copy of all data files of the project, to spoil."""
    for folder in ("config", "resources"):
        shutil.copytree(root / folder, tmp_path / folder)
    return tmp_path


@pytest.fixture
def with_map(root, project):
    """A project in which one map of the kaon search is measured."""
    shutil.copy(root / "docs/examples/identification_map/rich_positrons.json", project / "map.json")
    file = project / "config/papers/na62_2022.yaml"
    content = quick_yaml.load(file.read_text())
    content["identification"]["measured"] = {"efficiency_electron_rich": {
        "file": "map.json", "correction": "positron_by_rich", "key": "nominal",
        "inputs": ["momentum_gev", "angle_mrad", "systematic"],
    }}  # fmt: skip
    file.write_text(quick_yaml.dump(content, sort_keys=False))
    return project


@pytest.fixture(scope="session")
def read_before(tmp_path_factory):
    """Lends what Snakemake has read of source files to a run in a new folder, which saves it a second."""
    lent = tmp_path_factory.mktemp("source_texts") / "source_texts.json"

    @contextmanager
    def lend(folder):
        own = Path(folder) / ".snakemake" / lent.name
        if lent.exists() and not own.exists() and own.parent.parent.exists():
            own.parent.mkdir(exist_ok=True)
            shutil.copy(lent, own)
        yield
        if own.exists() and not lent.exists():
            shutil.copy(own, lent)

    return lend


@pytest.fixture(scope="session")
def snakemake(root, read_before):
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
        with read_before(folder):
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
        content = quick_yaml.load((project / file).read_text())
        change(content)
        (project / file).write_text(quick_yaml.dump(content, sort_keys=False))
        with pytest.raises(ConfigurationError) as caught:
            load_papers(read_yaml(project / "config/config.yaml"), project, "config/config.yaml")
        return str(caught.value)

    return message
