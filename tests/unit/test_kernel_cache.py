"""Compiled kernels are kept by the text of all that they use."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import lnvsearch
from lnvsearch import kernel_cache
from lnvsearch.kernel_cache import modules_reached

PACKAGE = Path(lnvsearch.__file__).parent
CALLER = """
import numba
from {package} import constants
from {package}.callee import (
    shifted,  # the only one
)

@numba.njit(cache=True)
def doubled(x):
    return 2.0 * shifted(x) + constants.OFFSET
"""
CALLEE = """
import numba

@numba.njit(cache=True)
def shifted(x):
    return x + 1.0
"""


@pytest.fixture
def package(tmp_path):
    """A package with a locator like this one's, and kernels in two files."""
    folder = tmp_path / "lnvsearch"
    folder.mkdir()
    for name in ("__init__.py", "kernel_cache.py"):
        shutil.copy(PACKAGE / name, folder / name)
    (folder / "constants.py").write_text("OFFSET = 0.0\n")
    (folder / "callee.py").write_text(CALLEE)
    (folder / "caller.py").write_text(CALLER.format(package="lnvsearch"))
    (folder / "other.py").write_text(CALLEE)
    return folder


def result(package: Path, **environment: str) -> tuple[float, int]:
    """What the kernel answers, and how many kernels had to be compiled."""
    code = (
        "from lnvsearch.caller import doubled, shifted\n"
        "print(doubled(1.0), len(doubled._cache_misses), doubled._cache.cache_path)"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA")}
    written = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=kept | {"PYTHONPATH": str(package.parent)} | environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return float(written[0]), int(written[1])


def test_an_edit_compiles_anew_what_uses_it_and_nothing_else(package):
    def edit(file, old, new):
        text = (package / file).read_text()
        assert old in text
        (package / file).write_text(text.replace(old, new))

    assert result(package) == (4.0, 1)
    edit("other.py", "1.0", "3.0")
    assert result(package) == (4.0, 0)
    edit("callee.py", "x + 1.0", "x + 2.0")
    assert result(package) == (6.0, 1)
    edit("constants.py", "0.0", "0.5")
    assert result(package) == (6.5, 1)


def test_a_copy_of_the_source_shares_a_given_folder(package, tmp_path):
    given = {"NUMBA_CACHE_DIR": str(tmp_path / "given")}
    assert result(package, **given) == (4.0, 1)
    copy = shutil.copytree(package, tmp_path / "elsewhere" / "lnvsearch")
    assert result(copy, **given) == (4.0, 0)


def test_the_kernels_of_this_package_are_kept_so():
    from lnvsearch.reconstruction._fit_kernel import fit_chi_square

    assert "reconstruction._fit_kernel" in fit_chi_square._cache.cache_path


def test_all_that_a_module_imports_is_reached():
    """Against what Python loads for the module with the longest list."""
    path = Path("experiments/na62/detector/kernels.py")
    code = (
        "import sys, lnvsearch.experiments.na62.detector.kernels\n"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('lnvsearch')))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    loaded = {Path(file).relative_to(PACKAGE) for file in loaded}
    # Python also runs the files of the packages above; the locator itself is numba's affair.
    loaded = {file for file in loaded if file.name not in ("__init__.py", "kernel_cache.py")}
    assert loaded <= modules_reached(path)
    assert len(loaded) > 10


def test_imports_that_stand_in_functions_do_not_count():
    assert Path("statistics/rolke.py") not in modules_reached(Path("generation/chain.py"))


def test_kernels_are_compiled_by_one_process_while_others_wait(tmp_path):
    code = (
        "import sys, time\n"
        "from lnvsearch.kernel_cache import compile_once\n"
        "work = lambda: (time.sleep(2), print('compiled', flush=True))\n"
        "compile_once('generation.chain', work, lambda line: print(line.split()[0], flush=True))"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    processes = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    written = " ".join(process.communicate()[0] for process in processes).split()
    assert all(process.returncode == 0 for process in processes)
    assert written.count("compiling") == written.count("compiled") == 1
    assert written.count("waiting") <= 2


def test_what_fails_to_compile_is_tried_again(tmp_path, monkeypatch):
    from numba.core import config

    from lnvsearch.kernel_cache import compile_once, is_compiled

    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path))
    with pytest.raises(ZeroDivisionError):
        compile_once("generation.chain", lambda: 1 / 0, print)
    assert not is_compiled("generation.chain")
    compile_once("generation.chain", lambda: None, print)
    assert is_compiled("generation.chain")


def test_another_version_of_numba_compiles_again(tmp_path, monkeypatch):
    import numba

    monkeypatch.setattr(kernel_cache.config, "CACHE_DIR", str(tmp_path))
    kernel_cache.compile_once("experiments.besiii", lambda: None, print)
    assert kernel_cache.is_compiled("experiments.besiii")
    monkeypatch.setattr(numba, "__version__", "0.1.0")
    assert not kernel_cache.is_compiled("experiments.besiii")


def test_a_folder_that_cannot_be_written_is_named_with_the_fix(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(kernel_cache.config, "CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(OSError, match="file/compiled: .*; set NUMBA_CACHE_DIR to a folder"):
        kernel_cache.compile_once("experiments.besiii", lambda: None, print)


def test_a_package_behind_a_link_has_the_same_kernels(package, tmp_path):
    assert result(package)[1] == 1
    linked = tmp_path / "elsewhere" / "lnvsearch"
    linked.parent.mkdir()
    linked.symlink_to(package)
    assert result(linked)[1] == 0
