"""The command that repeats a job has the options of the run, as Snakemake understands them."""

import shlex

import pytest
from run_options import options_of_run
from snakemake.cli import get_argument_parser, parse_config


@pytest.mark.parametrize("files", [[], ["one.yaml"], ["one.yaml", "with blank.yaml"]])
def test_all_files_and_values_are_given_again(tmp_path, monkeypatch, files):
    monkeypatch.chdir(tmp_path)
    given = {"papers": ["besiii_2025"], "base_seed": 7}
    words = shlex.split(options_of_run(tmp_path / "elsewhere/Snakefile", files, given))
    parsed = get_argument_parser().parse_args(["results/a.csv", "--force", *words])
    assert [str(file) for file in parsed.configfile] == [str(tmp_path / file) for file in files]
    assert parsed.targets == ["results/a.csv"] or parsed.targets == {"results/a.csv"}
    assert parse_config(parsed.config) == given
    assert str(parsed.snakefile) == str(tmp_path / "elsewhere/Snakefile")
    assert str(parsed.directory) == str(tmp_path)


def test_in_the_project_s_own_folder_nothing_more_is_needed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert options_of_run(tmp_path / "Snakefile", [], {}) == "--cores 1"
