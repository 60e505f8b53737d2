"""Kernels that only kernels call: the same numbers, errors and files as any other."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from numba import njit

import lnvsearch
from lnvsearch.inner_kernel import inner_kernel

_PACKAGE = Path(lnvsearch.__file__).parent


@inner_kernel()
def _scaled(number, factor, offset=0.5):
    if factor > 100:
        raise ValueError("factor above 100")
    return number * factor + offset


@inner_kernel(forceinline=True)
def _ratio(first, second):
    return first / second


@njit
def _sum_of_scaled(number):
    return _scaled(number, 3) + _scaled(number, 4) + _scaled(number, len((1, 2)), 1.0)


@njit
def _too_large(number):
    return _scaled(number, 1000)


def test_a_kernel_and_python_get_the_same():
    assert _sum_of_scaled(2.0) == 2.0 * 9 + 2.0
    assert _scaled(2.0, 3) == 6.5
    assert _scaled(2.0, 3, 1.0) == 7.0


def test_constants_are_no_types_of_their_own():
    _sum_of_scaled(2.0)
    first_two = {tuple(map(str, signature[:2])) for signature in _scaled.signatures}
    assert first_two == {("float64", "int64")}


def test_an_error_reaches_python_through_the_kernels():
    with pytest.raises(ValueError, match="factor above 100"):
        _too_large(1.0)


def test_division_by_zero_is_infinite_as_in_numpy():
    assert _ratio(1.0, 0.0) == float("inf")


_MODULE = """
from numba import njit
from lnvsearch.inner_kernel import inner_kernel

@inner_kernel()
def deepest(x):
    return x + 1.0

@inner_kernel()
def deep(x):
    return 2.0 * deepest(x)

@njit(cache=True)
def first(x):
    return deep(x)

@njit(cache=True)
def second(x):
    return deep(x) + deepest(x)
"""


def test_another_process_takes_them_from_their_file(tmp_path, monkeypatch):
    (tmp_path / "chain.py").write_text(_MODULE, encoding="utf-8")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{_PACKAGE.parent}")

    def run(code):
        process = subprocess.run(
            [sys.executable, "-c", f"import chain; {code}"], check=False, capture_output=True,
            text=True, timeout=300
        )  # fmt: skip
        assert process.returncode == 0, process.stderr[-2000:]
        return process.stdout.split()

    hits = "print(*(sum(k.stats.cache_hits.values()) for k in (chain.first, chain.second, chain.deep)))"
    assert run(f"print(chain.first(1.0)); {hits}") == ["4.0", "0", "0", "0"]
    assert run(f"print(chain.second(1.0)); {hits}") == ["6.0", "0", "0", "1"]
    assert run(f"print(chain.first(1.0), chain.second(1.0)); {hits}") == ["4.0", "6.0", "1", "1", "0"]


_CALLER = """
import re
import numpy as np
from numba import njit
from lnvsearch.elementary_functions import cosine_and_sine_of_turn, exponential, logarithm
from lnvsearch.lanes import LANES, float_stack_array
from lnvsearch.random_lanes import draw_uniforms

room = float_stack_array(int(LANES))

@njit(error_model="numpy")
def kernel(key, events, drawn):
    draw_uniforms(key, events, events, 0, 0, drawn)
    at, total = room(), 0.0
    for j in range(LANES):
        at[j] = exponential(drawn[0, j]) * cosine_and_sine_of_turn(drawn[1, j])[0] - logarithm(drawn[2, j])
    for j in range(LANES):
        total += at[j]
    return total

print(kernel((np.uint64(1), np.uint64(2)), np.arange(int(LANES)), np.empty((4, int(LANES)))).hex())
# Long names hold how many functions were compiled before.
print(re.sub(r"\\w{30,}", "name", *kernel.inspect_asm().values()))
"""


def test_those_from_a_file_become_the_same_machine_code(tmp_path, monkeypatch):
    """Vector instructions included: numba's own way to read them would spoil those of their callers."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "kernels"))
    compiled, from_file = (
        subprocess.run(
            [sys.executable, "-c", _CALLER], check=True, capture_output=True, text=True, timeout=300
        ).stdout
        for _ in range(2)
    )
    assert list((tmp_path / "kernels").rglob("*draw_uniforms*.nbc"))
    assert len(compiled.splitlines()) > 100
    assert from_file == compiled


def test_no_python_code_of_the_package_calls_one():
    """It would work, but compile anew in every process."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in _PACKAGE.rglob("*.py")}
    found = [
        f"{path.relative_to(_PACKAGE)}: {name}"
        for path, tree in trees.items()
        for name in _called_by_python(tree) & _reachable_inner_kernels(path, tree, trees)
    ]
    assert not found, f"decorate with njit(cache=True, error_model='numpy'): {sorted(found)}"


def _decorators(node):
    return " ".join(map(ast.unparse, getattr(node, "decorator_list", ())))


def _inner_kernels(tree):
    return {node.name for node in tree.body if "inner_kernel" in _decorators(node)}


def _reachable_inner_kernels(path, tree, trees):
    names = _inner_kernels(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("lnvsearch."):
            source = _PACKAGE.joinpath(*node.module.split(".")[1:]).with_suffix(".py")
            inner = _inner_kernels(trees[source]) if source in trees else set()
            names |= {alias.asname or alias.name for alias in node.names if alias.name in inner}
    return names


def _called_by_python(tree):
    """Names that functions which are not compiled, or the module itself, use."""
    names, open_nodes = set(), [tree]
    while open_nodes:
        node = open_nodes.pop()
        if "njit" in _decorators(node) or "inner_kernel" in _decorators(node):
            continue
        if isinstance(node, ast.Name):
            names.add(node.id)
        open_nodes.extend(ast.iter_child_nodes(node))
    return names
