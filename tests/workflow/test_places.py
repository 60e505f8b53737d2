"""Folders and users that Snakemake itself trips over."""

import os
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.workflow

TARGET = "results/besiii_2025/limits/coverage.csv"


def test_make_says_at_once_that_a_path_has_blanks(root, tmp_path):
    for name, code in (("a b", 2), ("né", 0)):
        (tmp_path / name).mkdir()
        shutil.copy(root / "Makefile", tmp_path / name)
        process = subprocess.run(
            ["make", "-n", "clean"], cwd=tmp_path / name, capture_output=True, text=True, check=False
        )
        assert process.returncode == code
        assert ("a path with blanks; move the project" in process.stderr) == bool(code)


def dry_run(root, folder, python, **options):
    command = [str(python), "-m", "snakemake", TARGET, "-n", "--snakefile", str(root / "Snakefile"),
               "--cores", "1"]  # fmt: skip
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize(("name", "works"), [("a b", False), ("né", True)])
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
