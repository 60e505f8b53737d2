"""Folders and users that Snakemake itself trips over."""

import ast
import os
import re
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.workflow

TARGET = "results/besiii_2025/limits/coverage.csv"


#: Folders from which Snakemake cannot start Python, and some from which it can.
REFUSED = ["a b", "a\nb", *(f"a{one}b" for one in "'\"\\$&;|<>()`*?#[]{}~")]
WORKING = ["né", "日本", "a=b", "a,b", "a@b", "a%b", "a+b", "a-b", "a!b", "a^b"]
SAID = "Snakemake cannot start Python from a path with blanks or characters of the shell; move the project"


@pytest.mark.parametrize(("name", "code"), [*((n, 2) for n in [*REFUSED, "a:b"]), *((n, 0) for n in WORKING)])
def test_make_says_at_once_from_which_paths_nothing_works(root, tmp_path, name, code):
    """A colon is refused by venv."""
    (tmp_path / name).mkdir()
    shutil.copy(root / "Makefile", tmp_path / name)
    process = subprocess.run(
        ["make", "-n", "clean"], cwd=tmp_path / name, capture_output=True, text=True, check=False
    )
    assert process.returncode == code, process.stderr
    assert (SAID in process.stderr) == bool(code)
    assert not code or process.stderr.strip().count("\n") == name.count("\n")


def test_the_workflow_and_make_refuse_the_same_paths(root):
    text = (root / "workflow/rules/common.smk").read_text(encoding="utf-8")
    refused = ast.literal_eval(re.search(r"set\(sys\.executable\) & set\((.+)\):", text)[1])
    assert set(refused) == {*"\t", *(letter for name in REFUSED for letter in name if letter not in "ab")}


def test_a_project_works_in_any_path_if_python_lies_elsewhere(root, tmp_path):
    """A job runs from there, and `status` starts another Snakemake; all by the library of the project."""
    other = tmp_path / "other" / "lnvsearch"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("raise ImportError('a library that lies elsewhere')\n")
    project = tmp_path / "a b'\"\\`$;&#{}()*né"
    project.mkdir()
    for part in ("workflow", "config", "resources", "profiles", "src"):
        shutil.copytree(root / part, project / part, ignore=shutil.ignore_patterns("__pycache__"))
    for part in ("Snakefile", "pyproject.toml", "CITATION.cff", "requirements.lock"):
        shutil.copy(root / part, project)
    for target in (TARGET, "status"):
        process = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "1", target, "--configfile", "config/test.yaml"],
            cwd=project, env={**os.environ, "PYTHONPATH": str(other.parent)}, capture_output=True, text=True,
        )  # fmt: skip
        assert process.returncode == 0, process.stdout + process.stderr
    assert (project / TARGET).exists() and "TO BE DONE" in process.stdout


def dry_run(root, folder, python, **options):
    command = [str(python), "-m", "snakemake", TARGET, "-n", "--snakefile", str(root / "Snakefile"),
               "--cores", "1"]  # fmt: skip
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize(("name", "works"), [("a b", False), ("a'b", False), ("a$b", False), ("né", True)])
def test_python_in_a_path_with_blanks_is_refused_before_any_job(root, tmp_path, name, works):
    """Non-ASCII letters work."""
    environment = tmp_path / name
    (environment / "bin").mkdir(parents=True)
    (environment / "bin/python").symlink_to(os.path.realpath(sys.executable))
    packages = [path for path in sys.path if path.endswith("site-packages")]
    process = dry_run(
        root, tmp_path, environment / "bin/python",
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "src"), *packages])},
    )  # fmt: skip
    said = process.stdout + process.stderr
    assert (process.returncode == 0) == works, said
    assert ("Snakemake cannot start Python from a path with blanks" in said) != works


def test_a_user_without_an_entry_in_passwd_can_run_it(root, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import pwd\n\ndef getpwuid(uid):\n    raise KeyError(uid)\n\npwd.getpwuid = getpwuid\n"
    )
    names = ("LOGNAME", "USER", "LNAME", "USERNAME")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    path = os.pathsep.join([str(tmp_path), str(root / "src")])
    process = dry_run(
        root, tmp_path, sys.executable, env={**environment, "HOME": str(tmp_path), "PYTHONPATH": path}
    )
    assert process.returncode == 0, process.stdout + process.stderr
