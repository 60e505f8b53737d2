"""The library's types: mypy accepts them, public functions state theirs, and a user's script sees them."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[1]
# The arguments of a cut are keys of the search's file, where the workflow checks them.
_CUT = ("state", "alive")

_SCRIPT = """
import numpy as np

from lnvsearch import statistics
from lnvsearch.generation import Decay
from lnvsearch.statistics import CountingExperiment, GaussianEfficiency, KnownBackground

experiment = CountingExperiment([0, 1], KnownBackground(0.5), GaussianEfficiency(0.16, sigma=0.01))
counts: np.ndarray = experiment.observed
interval = statistics.rolke.interval(experiment, confidence_level=0.90)
upper: float = float(np.max(interval.upper))
decay = Decay("J/psi(1S)", ["K+", "K+", "e-", "e-"])
names: tuple[str, ...] = decay.final_state
"""
_WRONG = "\nstatistics.rolke.interval(experiment, level=0.90)\nCountingExperiment(0, 0.5, 0.16)\n"


def _mypy(*arguments, folder):
    """Run mypy; its memory is in the folder of the test."""
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("no mypy: uv pip install mypy")
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--no-color-output", "--python-executable", sys.executable,
         "--cache-dir", str(folder / "mypy"), *arguments],
        cwd=_ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_mypy_accepts_the_library_and_a_users_script(tmp_path_factory):
    folder = tmp_path_factory.mktemp("types")
    done = _mypy(folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr

    right, wrong = folder / "right.py", folder / "wrong.py"
    right.write_text(_SCRIPT, encoding="utf-8")
    wrong.write_text(_SCRIPT + _WRONG, encoding="utf-8")
    done = _mypy(str(right), str(wrong), folder=folder)
    assert "right.py" not in done.stdout and not done.stderr, done.stdout + done.stderr
    assert 'Unexpected keyword argument "level"' in done.stdout
    assert 'expected "KnownBackground | ' in done.stdout


def _has_kernels(tree):
    """Whether a module compiles functions: numba finds their types."""
    modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return any(
        str(module).partition(".")[0] == "numba" or module == "lnvsearch.inner_kernel"
        for module in modules
    )


def _public_functions(tree):
    for node in tree.body:
        of_class = isinstance(node, ast.ClassDef) and not node.name.startswith("_")
        for function in node.body if of_class else [node]:
            if isinstance(function, ast.FunctionDef) and not function.name.startswith("_"):
                yield function, of_class and "staticmethod" not in map(ast.unparse, function.decorator_list)


def _without_types(function, is_method):
    """Names of the arguments without a type, and `return`."""
    given = function.args
    named = [*given.posonlyargs, *given.args][is_method:]
    every = [*named, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    found = [argument.arg for argument in every if argument.annotation is None]
    return found if function.returns is not None else [*found, "return"]


def test_public_functions_state_their_types():
    problems = []
    for path in sorted((_ROOT / "src" / "lnvsearch").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function, is_method in () if _has_kernels(tree) else _public_functions(tree):
            is_cut = tuple(argument.arg for argument in function.args.args) == _CUT
            if not is_cut and (found := _without_types(function, is_method)):
                place = f"{path.relative_to(_ROOT)}:{function.lineno}"
                problems.append(f"{place}: {function.name}: {', '.join(found)}")
    assert not problems, "\n".join(problems)
