"""The fingerprint of the library's code: what a rule depends on."""

import ast

import pytest
from library import FLOORS, library_files, library_version


@pytest.fixture
def package(root):
    return root / "src" / "lnvsearch"


def test_a_floor_s_version_follows_its_own_code_and_that_below(package, tmp_path):
    import shutil

    copy = tmp_path / "lnvsearch"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = {floor: library_version(copy, [floor]) for floor in FLOORS}
    assert before == {floor: library_version(package, [floor]) for floor in FLOORS}
    (copy / "reconstruction" / "vertex.py").write_text("")
    after = {floor: library_version(copy, [floor]) for floor in FLOORS}
    changed = {floor for floor in FLOORS if before[floor] != after[floor]}
    assert changed == {"reconstruction", "selection"}


def test_an_unknown_floor_is_refused(package):
    with pytest.raises(KeyError):
        library_version(package, ["cellar"])


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_imports_only_what_it_may(package, floor):
    """The one-way flow: every import of lnvsearch leads to a file that FLOORS allows."""
    allowed = {path.relative_to(package).parts[0].removesuffix(".py")
               for path in library_files(package, [floor])}
    own = [package / f"{floor}.py", *(package / floor).rglob("*.py")]
    for path in (path for path in own if path.exists()):
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module == "lnvsearch":
                names = [f"lnvsearch.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            for name in names:
                if name.startswith("lnvsearch.") and name.split(".")[1] != "__version__":
                    assert name.split(".")[1] in allowed, f"{path}: {name}"
