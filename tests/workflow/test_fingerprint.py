"""The fingerprint of the code behind a result, on small invented projects."""

import pytest
from fingerprint import ProjectCode, UnknownCodeError

#: A package that loads its modules on first use.
LAZY = '''
from importlib import import_module

_HOME = {"area": "circles", "PI": "numbers"}

def __getattr__(name):
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
'''


@pytest.fixture
def project(tmp_path):
    """A script that imports a module in a function, which imports another of its package."""
    write(
        tmp_path,
        {
            "scripts/draw.py": "def draw():\n    from shapes.circles import area\n\n    area(2)\n",
            "src/shapes/__init__.py": "",
            "src/shapes/circles.py": "from .numbers import PI\n\ndef area(r):\n    return PI * r**2\n",
            "src/shapes/numbers.py": "PI = 3.14\n",
            "src/shapes/squares.py": "def area(a):\n    return a * a\n",
        },
    )
    return tmp_path


def write(project, files):
    for name, text in files.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def code(project):
    return ProjectCode(project / "scripts", project / "workflow", project / "src")


def reached(project, *names):
    return set(code(project).reached(*names)) - {"draw"}


def fingerprint(project):
    return code(project).fingerprint("draw")


def test_imports_are_followed_in_functions_packages_and_relatively(project):
    assert reached(project, "draw") == {"shapes", "shapes.circles", "shapes.numbers"}


@pytest.mark.parametrize(
    ("statement", "modules"),
    [
        ("import shapes.squares", {"shapes", "shapes.squares"}),
        ("import shapes.squares as s", {"shapes", "shapes.squares"}),
        ("from shapes import squares", {"shapes", "shapes.squares"}),
        ("from shapes.squares import *", {"shapes", "shapes.squares"}),
        ("import shapes\n\nshapes.squares.area(2)", {"shapes", "shapes.squares"}),
        ("import_module('shapes.squares')", {"shapes", "shapes.squares"}),
        ("import math, numpy.linalg", set()),
        ("import_module('numpy.linalg')", set()),
        ("from plain.inner import x", {"plain.inner"}),
        ("from . import other", {"other"}),
        ("try:\n    import helper\nexcept ImportError:\n    pass", {"helper", "other"}),
    ],
)  # fmt: skip
def test_every_kind_of_import_counts(project, statement, modules):
    write(
        project,
        {
            "scripts/draw.py": statement,
            "scripts/helper.py": "import other",
            "workflow/other.py": "",
            "workflow/plain/inner.py": "x = 1",
        },
    )
    if statement.startswith("from ."):
        with pytest.raises(UnknownCodeError, match=r"draw\.py:1: \. leads out of its package"):
            reached(project, "draw")
    else:
        assert reached(project, "draw") == modules


@pytest.mark.parametrize("test", ["TYPE_CHECKING", "typing.TYPE_CHECKING"])
def test_what_only_a_type_checker_imports_does_not_count(project, test):
    write(project, {"scripts/draw.py": f"if {test}:\n    import shapes\nelse:\n    import helper\n",
                    "scripts/helper.py": ""})  # fmt: skip
    assert reached(project, "draw") == {"helper"}


@pytest.mark.parametrize(
    "text",
    [
        "from .numbers import PI  # 3.14\n\n\n\ndef area(r):\n    return PI * r**2\n",
        "from .numbers import (\n    PI,\n)\ndef area( r ): return (PI*r ** 2)",
        '"""Circles."""\nfrom .numbers import PI\ndef area(r):\n  "r in m"\n  return PI * r**2',
    ],
)
def test_comments_docstrings_and_formatting_do_not_count(project, text):
    before = fingerprint(project)
    write(project, {"src/shapes/circles.py": text})
    assert fingerprint(project) == before


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("src/shapes/numbers.py", "PI = 3.15\n"),
        ("src/shapes/numbers.py", "PI = '3.14'\n"),
        ("src/shapes/circles.py", "from .numbers import PI\n\ndef area(r):\n    return PI * r*2\n"),
        ("src/shapes/circles.py", "from .numbers import PI\n\ndef area(r, *, s=1):\n    return PI * r**2\n"),
        ("src/shapes/__init__.py", "WIDTH = None\n"),
        ("scripts/draw.py", "def draw():\n    from shapes.circles import area\n\n    area(3)\n"),
    ],
)  # fmt: skip
def test_what_is_computed_counts(project, file, text):
    before = fingerprint(project)
    write(project, {file: text})
    assert fingerprint(project) != before


def test_a_file_that_is_not_reached_does_not_count(project):
    before = fingerprint(project)
    write(project, {"src/shapes/squares.py": "", "scripts/other.py": "", "src/new.py": ""})
    assert fingerprint(project) == before


def test_a_doubled_number_in_a_helper_of_the_scripts_counts(project):
    write(project, {"scripts/draw.py": "from helper import scale", "scripts/helper.py": "scale = 2"})
    before = fingerprint(project)
    write(project, {"scripts/helper.py": "scale = 4"})
    assert fingerprint(project) != before


@pytest.mark.parametrize(
    ("text", "modules"),
    [
        ("from shapes import PI", {"shapes", "shapes.numbers"}),
        ("from shapes import area", {"shapes", "shapes.circles", "shapes.numbers"}),
        ("from shapes import squares", {"shapes", "shapes.squares"}),
        ("from shapes import _HOME", {"shapes"}),
        ("import shapes\nprint(shapes.PI, shapes.__name__)", {"shapes", "shapes.numbers"}),
        ("import shapes as s\nprint(getattr(s, 'PI'))", {"shapes", "shapes.circles", "shapes.numbers"}),
    ],
)  # fmt: skip
def test_a_lazy_package_is_followed_to_the_module_that_has_the_name(project, text, modules):
    write(project, {"scripts/draw.py": text, "src/shapes/__init__.py": LAZY})
    assert reached(project, "draw") == modules


def test_a_lazy_package_may_load_modules_by_their_names_or_one_module(project):
    text = LAZY.replace("_HOME[name]", "name").replace("    return", "    if name in _HOME:\n        return")
    text += "    return getattr(import_module(f'{__name__}.numbers'), name)\n"
    write(project, {"scripts/draw.py": "from shapes import squares", "src/shapes/__init__.py": text})
    assert reached(project, "draw") == {"shapes", "shapes.squares"}
    write(project, {"scripts/draw.py": "from shapes import PI"})
    assert reached(project, "draw") == {"shapes", "shapes.numbers"}


def test_a_lazy_package_that_a_helper_hands_on_counts_with_all_it_loads(project):
    write(project, {"src/shapes/__init__.py": LAZY, "scripts/helper.py": "import shapes",
                    "scripts/draw.py": "from helper import shapes\nshapes.PI"})  # fmt: skip
    assert reached(project, "draw") == {"helper", "shapes", "shapes.circles", "shapes.numbers"}


@pytest.mark.parametrize(
    ("text", "package", "message"),
    [
        ("\nfrom shapes import volume", LAZY, r"draw\.py:2: shapes has no volume"),
        ("from shapes import volume", "", r"draw\.py:1: shapes has no volume"),
        ("import shapes.cubes", "", r"draw\.py:1: there is no module shapes\.cubes"),
        ("from shapes import PI", LAZY.replace('"numbers"', '"figures"'),
         r"__init__\.py:7: there is no module shapes\.figures"),
        ("from shapes import PI", LAZY.replace("_HOME[name]", "_HOME.get(name)"),
         r"__init__\.py:7: what .* loads is unclear"),
        ("from shapes import PI", LAZY.replace('"numbers"', '"squares"'),
         r"shapes/squares\.py: no PI, which shapes says it has; write it, or name its module in .*__init__"),
        ("import_module(name)", "", r"draw\.py:1: what import_module loads is chosen at run time"),
        ("import_module(f'shapes.{name}')", "", r"draw\.py:1: .* chosen at run time"),
        ("from importlib import import_module as load\nload(f'shapes.{name}')", "",
         r"draw\.py:2: .* chosen at run time"),
    ],
)  # fmt: skip
def test_an_import_that_cannot_be_told_is_refused_with_file_and_line(project, text, package, message):
    write(project, {"scripts/draw.py": text, "src/shapes/__init__.py": package})
    with pytest.raises(UnknownCodeError, match=message):
        fingerprint(project)


def test_what_a_job_loads_by_name_counts_for_this_job_only(project):
    write(
        project,
        {
            "scripts/draw.py": "import_module(f'shapes.{name}.outline').draw()",
            "src/shapes/round/__init__.py": "",
            "src/shapes/round/outline.py": "from shapes.circles import area",
            "src/shapes/cornered/__init__.py": LAZY.replace("circles", "outline"),
            "src/shapes/cornered/outline.py": "area = 1",
            "src/shapes/cornered/numbers.py": "PI = 3",
        },
    )
    assert reached(project, "draw", "shapes.round.outline") == {
        "shapes", "shapes.circles", "shapes.numbers", "shapes.round", "shapes.round.outline",
    }  # fmt: skip
    lazy = {"shapes", "shapes.cornered", "shapes.cornered.outline"}
    assert reached(project, "draw", "shapes.cornered.area") == lazy
    assert reached(project, "draw", "shapes.cornered") == lazy | {"shapes.cornered.numbers"}
    with pytest.raises(UnknownCodeError, match="there is no module shapes.oval"):
        reached(project, "draw", "shapes.oval")
    with pytest.raises(UnknownCodeError, match=r"draw\.py:1: .* chosen at run time"):
        reached(project, "draw", "shapes.squares")


def test_what_is_kept_of_a_file_is_not_used_once_the_file_has_changed(project, tmp_path):
    """With what was kept, the fingerprint is that of reading everything anew."""
    kept = tmp_path / "kept.json"
    folders = [project / name for name in ("scripts", "workflow", "src")]

    def fingerprint():
        code = ProjectCode(*folders, kept=kept)
        found = code.fingerprint("draw")
        code.keep()
        assert found == ProjectCode(*folders).fingerprint("draw")
        return found

    first = fingerprint()
    assert kept.exists() and fingerprint() == first
    circles = project / "src/shapes/circles.py"
    circles.write_text(circles.read_text().replace("r**2", "r**3"))
    assert fingerprint() != first
    kept.write_text("{ not JSON")
    fingerprint()
