"""`lnvsearch check-config` reads files as data and says what the workflow would say."""

import os
import re
import subprocess
import sys

import pytest

from lnvsearch.cli import main


@pytest.fixture
def check(root, tmp_path, capsys):
    """Exit code, and what is said, of a file."""

    def run(text):
        (tmp_path / "own.yaml").write_bytes(text.encode("latin-1"))
        code = main(["check-config", "--project", str(root), str(tmp_path / "own.yaml")])
        said = capsys.readouterr()
        assert (said.err if code else said.out).count("\n") == 1
        return code, said.out + said.err

    return run


def test_nothing_in_a_file_runs(check, tmp_path):
    proof = tmp_path / "ran"
    code, said = check(
        "__use_yte__: true\n__variables__:\n"
        f"  x: ?__import__('os').system('touch {proof}')\npapers: [besiii_2025]\n"
    )
    assert code == 2 and "__use_yte__: would run values as code; remove it" in said
    code, _ = check(f"papers: !!python/object/apply:os.system ['touch {proof}']\n")
    assert code == 2 and not proof.exists()


def test_a_good_file_says_what_it_asks_for(check):
    code, said = check("papers: [na62_2019]\nstatistics: {signal: 2000}\n")
    assert code == 0 and "own.yaml: can be used; searches: na62_2019" in said


@pytest.mark.parametrize(("text", "words"), [
    ("statistics: {signal: 500.0}\n", "statistics.signal: 500.0 is not allowed"),
    ("base_seed: 1\nbase_seed: 2\n", "base_seed: given twice"),
    ("papers: [nowhere]\n", "no search 'nowhere'"),
    ("{}\n", "own.yaml: holds no keys"), ("", "own.yaml: holds no keys"), ("- 1\n", "own.yaml: holds no keys"),
    ("a: " + "[" * 100_000, "own.yaml: line 1: more than 100 lists or mappings are within one another; close"),
    ("\0", "own.yaml: not valid YAML"), ("a: [\n", "own.yaml: not valid YAML"),
    ("papers: {}\n", "own.yaml: papers: empty, which changes nothing .* give a value, or remove the key"),
    ("statistics: {signal: {}}\n", "statistics.signal: empty"),
    ("combinations: {}\n", "combinations: empty"),
    ("base_seed: {}\n", "base_seed: empty"),
    ("mixing_limits: {e: {shares: {e: 1.0}, combined: {}}}\n", "mixing_limits.e.combined: empty"),
    ("# caf\xe9\n", "not UTF-8 text; save it as UTF-8"),
    ("combinations: {x: {title: a, parts: {a: {paper: besiii_2025, channel: kkee, subset: p, fraction: 0.6}, "
     "b: {paper: besiii_2025, channel: kkee, subset: m, fraction: 0.6}}}}\n",
     "x.parts.a: `subset` and `observed` belong together.*subsets of besiii_2025.kkee add up to 1.2"),
    ("combinations: {x: {title: a, parts: {a: {paper: na62_2019, channel: piee}, b: {paper: na62_2022, channel: piee}}}}\n",
     "x.parts.b: na62_2022 and na62_2019 .a. both search for K. -> pi- e. e. in the data of run_2017"),
    # Of a search that does not run, too.
    ("papers: [besiii_2025]\ncombinations: {x: {title: a, parts: {a: {paper: na62_2019, channel: piee}, "
     "b: {paper: na62_2019, channel: kkee}}}}\n", "x.parts.b.channel: in na62_2019 no channel is called 'kkee'; give one of"),
    ("mixing_limits: {e: {shares: {e: 1.0}, combined: [{paper: nosuch, channel: piee}]}}\n",
     r"mixing_limits.e.combined\[0\].paper: no search 'nosuch'; give one of besiii_2025, na62_2019, na62_2022"),
    ("papers: [besiii_2025]\nmixing_limits: {e: {shares: {e: 1.0}, combined: [{paper: na62_2019, channel: nochan}]}}\n",
     r"e.combined\[0\].channel: in na62_2019 no decay through N is called 'nochan'; give one of piee, pimumu"),
    ("mixing_limits: {e: {shares: {e: 1.0}, combined: [{paper: besiii_2025, channel: one_majorana}]}}\n",
     r"e.combined\[0\]: no \|U\|\^2 follows from besiii_2025 one_majorana: .*; leave it out"),
    ("mixing_limits: {e: {shares: {e: 1.0}, combined: [{paper: na62_2019, channel: piee}, {paper: na62_2022, channel: piee}]}}\n",
     r"e.combined\[1\]: na62_2022 piee and na62_2019 piee both search for .* leave one out"),
    ("recast_masses: -3\n", "recast_masses: -3 is not allowed; expected integer >= 2 or null"),
    ("recast_lifetimes: 1\n", "recast_lifetimes: 1 is not allowed; expected integer >= 3 or null"),
    ("events_per_job: 0\n", "events_per_job: 0 is not allowed; expected integer >= 1 or null"),
])  # fmt: skip
def test_what_the_workflow_would_refuse_is_refused(check, text, words):
    code, said = check(text)
    assert code == 2 and re.search(words, said), said


def test_a_long_list_of_names_is_cut_with_the_nearest_first(check):
    code, said = check("variations: [radiation_of]\n")
    assert code == 2 and "give `all` or some of radiation_off, " in said
    assert re.search(r" and \d+ more$", said.strip()) and said.count(",") == 11 and len(said) < 1000
    code, said = check("variations: [" + ", ".join(f"no_{i}" for i in range(40)) + "]\n")
    assert code == 2 and len(said) < 2000 and re.search(r"; and \d+ more problems$", said.strip())


def test_an_empty_mapping_on_the_command_line_has_no_effect_and_is_refused(root):
    from searches.configuration import ConfigurationError, read_config

    with pytest.raises(ConfigurationError, match="--config: papers: empty, which changes nothing"):
        read_config([root / "config/config.yaml"], {"papers": {}})


@pytest.fixture
def check_copy(project, root, capsys):
    """Exit code, and what is said, of a file of a copy of the project's, with a text replaced."""

    def run(name, old="", new="", copied=None):
        text = (project / name).read_text(encoding="utf-8")
        assert old in text
        place = project / (copied or name)
        place.write_text(text.replace(old, new, 1) if old else text, encoding="utf-8")
        code = main(["check-config", "--project", str(root), str(place)])
        said = capsys.readouterr()
        assert (said.err if code else said.out).count("\n") == 1
        return code, said.out + said.err

    return run


@pytest.mark.parametrize(("name", "words", "old", "new", "problem"), [
    ("papers/besiii_2025", "the search besiii_2025", "data_sets:", "data_set:", "data_set: unknown key"),
    ("papers/na62_2019", "the search na62_2019", "paper: na62_2019\n", "", "na62_2019.yaml: paper: missing; add it"),
    ("detectors/na62", "the detector na62", "provenance: paper", "provenance: hearsay", "'hearsay' is not known"),
    ("detectors/besiii", "the detector besiii", "detector: besiii", "detector: babar", "'babar' is not known"),
    ("calibration/na62_2022", "the calibration of na62_2022", "maximum_gev: 44.0", "maximum_gev: fast", "'fast' is not"),
    ("calibration/besiii_2025", "the calibration of besiii_2025", "maximum: 20.0", "minimum: 20.0", "unknown key"),
])  # fmt: skip
def test_a_file_of_another_kind_is_checked_as_what_it_is(check_copy, name, words, old, new, problem):
    code, said = check_copy(f"config/{name}.yaml")
    assert code == 0 and f"{name}.yaml: can be used; {words}" in said
    code, said = check_copy(f"config/{name}.yaml", old, new)
    assert code == 2 and problem in said, said


@pytest.mark.parametrize("folder", ["papers", "calibration"])
def test_a_file_that_needs_others_is_checked_where_they_are(check_copy, folder):
    code, said = check_copy(f"config/{folder}/na62_2019.yaml", copied="own.yaml")
    assert code == 2 and f"own.yaml: such a file is read in config/{folder}/ only; put it there" in said


def test_a_file_of_nothing_known_is_told_in_one_line(check):
    code, said = check("executor: slurm\njobs: 64\ncores: 2\n")
    assert code == 2 and "own.yaml: executor, jobs, cores: no key is one of config/config.yaml; give" in said
    code, said = check("paper: [na62_2019]\n")
    assert code == 2 and "paper: unknown key; did you mean `papers`?" in said


@pytest.fixture
def make_run(root, tmp_path):
    """`make run` in a folder in which the packages are installed, with a Snakemake that prints its words."""
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("Makefile", "workflow", "config", "resources", "pyproject.toml", "requirements.lock",
                 "requirements-build.lock"):  # fmt: skip
        (tmp_path / name).symlink_to(root / name)
    (programs / "python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (programs / "snakemake").write_text('#!/bin/sh\necho snakemake "$@"\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    (tmp_path / ".venv/.installed").touch()

    def run(*words):
        return subprocess.run(["make", "run", "CORES=1", *words], cwd=tmp_path, capture_output=True, text=True)

    return run


def test_make_checks_a_file_before_snakemake_trips_over_it(make_run, tmp_path):
    (tmp_path / "good.yaml").write_text("base_seed: 1\n")
    (tmp_path / "latin.yaml").write_bytes(b"# caf\xe9\n")
    (tmp_path / "folder.yaml").mkdir()
    assert make_run().stdout.splitlines()[-1].strip() == "snakemake --cores 1"
    assert make_run("CONFIG=good.yaml").stdout.splitlines()[-1] == "snakemake --cores 1 --configfile good.yaml"
    for name, words in (
        ("latin", "not UTF-8 text; save it as UTF-8"), ("folder", "no such file or not readable (Is a directory)"),
        ("missing", "no such file"),
    ):  # fmt: skip
        process = make_run(f"CONFIG=good.yaml {name}.yaml")
        assert process.returncode == 2 and "snakemake --cores" not in process.stdout
        assert f"{name}.yaml: {words}" in process.stderr.splitlines()[0]


def test_a_folder_without_the_workflow_is_named(tmp_path, capsys):
    assert main(["check-config", "--project", str(tmp_path), "a.yaml"]) == 2
    assert "give the workflow's folder as --project" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("script", "arguments"), [("check_configuration.py", ["config/test.yaml"]), ("check_events.py", [])]
)
def test_commands_of_the_project_use_its_own_library(root, tmp_path, script, arguments):
    """One that lies elsewhere, in front of all others, is not asked."""
    (tmp_path / "lnvsearch").mkdir()
    (tmp_path / "lnvsearch/__init__.py").write_text("raise SystemExit('a library that lies elsewhere')\n")
    process = subprocess.run(
        [sys.executable, str(root / "workflow" / script), *arguments], cwd=root, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)}, check=False,
    )  # fmt: skip
    assert "a library that lies elsewhere" not in process.stdout + process.stderr
