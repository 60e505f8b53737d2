"""Who may know whom: read from the imports of every file, without running any.

Layers know no experiment and no paper, and a layer only those before it; an experiment knows the
layers; a paper knows its experiment; the library knows nothing of the workflow; of the workflow only
the searches of an experiment know that experiment; nothing is circular.
"""

import ast
import re
from pathlib import Path

import pytest
import quick_yaml

#: The layers in the order in which an analysis goes through them, and what all may use.
SHARED = (
    "checksum_records", "chunks", "files", "nesting", "inner_kernel", "kernel_cache", "particles", "lanes",
    "vectors", "elementary_functions", "random_streams", "random_lanes", "kept_memory",
    "tables", "equal_bytes", "event_files", "data_checks", "numba_start",
)  # fmt: skip
LAYERS = (
    "generation",
    "detector",
    "reconstruction",
    "selection",
    "sensitivity",
    "systematics",
    "statistics",
    "computing_budget",
    "limit_inputs",
    "limit_tables",
    "publication",
    "interpretation",
    "limit_words",
    "cli",
    "limit_combination",
    "limit_quantities",
    "limit_ranges",
    "limit_settings",
    "limit_labels",
    "limit_number_rows",
    "limit_table",
    "limit_models",
    "limit_experiments",
    "limit_extras",
    "limit_columns",
    "limit_answers",
    "limit_table_answers",
    "limit_command",
    "combine_command",
    "recast_command",
    "check_config_command",
    "recast_grid",
)


def modules_of(root):
    """Dotted name -> file, of the library and of the workflow as its scripts import it."""
    found = {}
    for folder in (root / "src", root / "workflow", root / "workflow" / "scripts"):
        for path in folder.rglob("*.py"):
            parts = path.relative_to(folder).with_suffix("").parts
            if folder.name == "workflow" and parts[0] == "scripts":
                continue
            found[".".join(part for part in parts if part != "__init__")] = path
    return found


def imports_of(name, path, modules, *, for_types):
    """Modules of the project that a module imports anywhere, for type checking only if asked."""
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    skipped = set()
    tree = ast.parse(path.read_text())
    for node in () if for_types else ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            skipped.update(map(id, ast.walk(node)))
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        for imported in names_of(node, package):
            while imported and imported not in modules:
                imported = imported.rpartition(".")[0]
            if imported:
                yield imported


def names_of(node, package):
    """Full names that a statement imports, or a call of import_module with a plain text."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = package[:len(package) - node.level + 1] if node.level else []
        start = ".".join([*above, *filter(None, [node.module])])
        return [f"{start}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
        return [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)]
    return []


def graph_of(root, *, for_types=False):
    modules = modules_of(root)
    return {
        name: {other for other in imports_of(name, path, modules, for_types=for_types) if other != name}
        for name, path in modules.items()
    }


def wrong_imports(graph):
    """A line for each import that the rule forbids."""
    for name, others in graph.items():
        for other in others:
            if reason := why_not(name.split("."), other.split(".")):
                yield f"{name} imports {other}: {reason}"


def why_not(importer, imported):
    """Why a module may not import another; empty if it may."""
    if importer[0] != "lnvsearch":
        known = _why_not_of_library if imported[0] == "lnvsearch" else _why_not_in_workflow
        return known(importer, imported)
    if imported[0] != "lnvsearch":
        return "the library knows nothing of the workflow"
    kind, other = (parts[1] if len(parts) > 1 else "" for parts in (importer, imported))
    if kind in SHARED and other not in SHARED:
        return "what all use knows nothing else"
    if kind in LAYERS:
        if other in ("experiments", "papers"):
            return "a layer knows no experiment and no paper"
        if other in LAYERS and LAYERS.index(other) > LAYERS.index(kind):
            return "the flow is one-way"
    if kind == "experiments" and other == "papers":
        return "an experiment knows no paper"
    if kind == other == "experiments" and len(imported) > 2 and imported[2] != importer[2:3][-1]:
        return "an experiment knows no other"
    if kind == other == "papers" and len(importer) > 2 < len(imported) and imported[2] != importer[2]:
        return "a paper knows no other"
    return ""


def _why_not_of_library(importer, imported):
    """What the workflow may import of the library: no paper, and its own experiment alone."""
    kind, names = imported[1:2], imported[2:3]
    if kind == ["papers"] and names:
        return "a paper's module is found by its name"
    if kind == ["experiments"] and names not in ([], ["interface"]):
        own = importer[1:2] if importer[0] == "searches" and len(importer) > 2 else []
        return "" if own == names else "an experiment is found by its name"
    return ""


def _why_not_in_workflow(importer, imported):
    """Searches of one experiment know nothing of another's; only `load` knows them all."""
    experiments = [parts[1] for parts in (importer, imported)
                   if parts[0] == "searches" and len(parts) > 2]
    if importer == ["searches", "load"] or imported[0] != "searches" or len(imported) < 3:
        return ""
    if importer[0] == "searches" and experiments[0] == imported[1] and len(importer) > 2:
        return ""
    return "only searches.load knows the experiments"


def circles(graph):
    """Groups of modules that reach one another (Tarjan's algorithm)."""
    index, low, stack, found = {}, {}, [], []

    def visit(name):
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in graph[name]:
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            group = stack[stack.index(name):]
            del stack[stack.index(name):]
            if len(group) > 1:
                found.append(sorted(group))

    for name in graph:
        if name not in index:
            visit(name)
    return found


def experiments_of_papers(graph):
    """Paper -> the experiments that its modules import."""
    found = {}
    for name, others in graph.items():
        if name.startswith("lnvsearch.papers."):
            names = {other.split(".")[2] for other in others
                     if other.startswith("lnvsearch.experiments.")}  # fmt: skip
            found.setdefault(name.split(".")[2], set()).update(names)
    return found


@pytest.fixture(scope="module")
def graph(root):
    return graph_of(root)


def test_every_import_follows_the_rule(graph):
    assert not list(wrong_imports(graph))


def test_a_type_checker_is_told_of_no_experiment_either(root):
    """It may be told of a later layer's type, which is what a function is given."""
    wrong = wrong_imports(graph_of(root, for_types=True))
    assert not [line for line in wrong if not line.endswith("the flow is one-way")]


def test_a_paper_knows_its_own_experiment_alone(root):
    papers = experiments_of_papers(graph_of(root, for_types=True))
    assert papers
    for name, experiments in papers.items():
        content = quick_yaml.load((root / f"config/papers/{name}.yaml").read_text("utf-8"))
        assert experiments <= {content["detector"]}, name


def test_the_library_does_not_import_what_runs_it(root):
    for path in (root / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            for name in names_of(node, []):
                assert name.split(".")[0] not in ("snakemake", "pydantic"), path


def test_every_module_has_its_place(graph):
    tops = {name.split(".")[1] for name in graph if name.startswith("lnvsearch.")}
    assert tops == {*SHARED, *LAYERS, "experiments", "papers", "__main__"}


def test_nothing_is_circular(graph):
    assert not circles(graph)


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("src/lnvsearch/selection/one.py", "from lnvsearch.experiments.far import two", "a layer"),
        ("src/lnvsearch/statistics/one.py", "import lnvsearch.papers.print", "a layer"),
        ("src/lnvsearch/generation/one.py", "from lnvsearch.selection import cuts", "one-way"),
        ("src/lnvsearch/experiments/near/one.py", "def f():\n    from lnvsearch.experiments.far import two",
         "no other"),
        ("src/lnvsearch/experiments/near/one.py", "from lnvsearch import papers", "no paper"),
        ("src/lnvsearch/papers/other.py", "from lnvsearch.papers.print import x", "no other"),
        ("src/lnvsearch/experiments/near/one.py", "from ..far import two", "no other"),
        ("src/lnvsearch/selection/one.py", "from .. import papers", "a layer"),
        ("src/lnvsearch/statistics/__init__.py", "from ..papers.print import x", "a layer"),
        ("src/lnvsearch/experiments/near/one.py", "from searches import load", "the workflow"),
        ("workflow/searches/search.py", "from searches.far import search", "searches.load"),
        ("workflow/searches/near/one.py", "from searches.far.search import x", "searches.load"),
        ("workflow/searches/near/one.py", "from lnvsearch.experiments.far import two", "by its name"),
        ("workflow/scripts/one.py", "from lnvsearch.experiments.far import two", "by its name"),
        ("workflow/scripts/one.py", "import lnvsearch.papers.print", "by its name"),
        ("src/lnvsearch/selection/one.py", "import_module('lnvsearch.experiments.far.two')", "a layer"),
        ("src/lnvsearch/selection/one.py",
         "if TYPE_CHECKING:\n    from lnvsearch.papers.print import x", "a layer"),
    ],
)
def test_a_wrong_import_is_seen(tmp_path, file, text, problem):
    """Even inside a function; each of these would pass if the reading of imports were broken."""
    files = {
        "src/lnvsearch/__init__.py": "", "src/lnvsearch/papers/__init__.py": "",
        "src/lnvsearch/papers/print.py": "x = 1", "src/lnvsearch/selection/cuts.py": "",
        "src/lnvsearch/experiments/far/two.py": "", "workflow/searches/far/search.py": "x = 1",
        "workflow/searches/load.py": "from searches.far import search", file: text,
    }  # fmt: skip
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (found,) = wrong_imports(graph_of(tmp_path, for_types=True))
    assert problem in found


def test_a_circle_is_seen(tmp_path):
    for name, other in (("one", "two"), ("two", "three"), ("three", "one")):
        path = tmp_path / f"src/lnvsearch/selection/{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"from lnvsearch.selection import {other}\n")
    (circle,) = circles(graph_of(tmp_path))
    assert [name.rpartition(".")[2] for name in circle] == ["one", "three", "two"]


def test_a_circle_of_a_package_and_its_module_is_seen(tmp_path):
    folder = tmp_path / "src/lnvsearch/selection"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("from .cuts import cut\n")
    (folder / "cuts.py").write_text("from lnvsearch.selection import other\n")
    assert circles(graph_of(tmp_path)) == [["lnvsearch.selection", "lnvsearch.selection.cuts"]]


def test_files_are_named_after_their_experiment_only_in_its_folders(root):
    homes = ("src/lnvsearch/experiments", "src/lnvsearch/papers", "workflow/searches")
    names = [p.name for p in (root / "src/lnvsearch/experiments").iterdir() if p.is_dir()]
    for folder in ("src", "workflow"):
        for path in (root / folder).rglob("*.py"):
            place = path.relative_to(root).as_posix()
            if not place.startswith(homes):
                assert not any(name in place for name in names), place


def test_experiments_are_named_only_in_their_folders(root):
    """By the name of the folder; a help text may say whose search is an example."""
    folders = [path.parent.name for path in (root / "src/lnvsearch/experiments").glob("*/__init__.py")]
    names = [name for name in folders if name != "commands"]  # these know experiments by their files
    words = [name for name in names if name != "toy"]  # the manual's example, and a word of statistics
    any_of = f"({'|'.join(words)})"  # as a part of a name or path, or a text of its own
    word = re.compile(rf"(?<![a-z]){any_of}_|_{any_of}(?![a-z])|['\"/.]{any_of}['\"/]")
    homes = tuple(
        f"{place}/{name}/" for name in names for place in ("src/lnvsearch/experiments", "workflow/searches")
    )  # fmt: skip
    homes += ("src/lnvsearch/papers/", "workflow/searches/load.py")
    manual = "workflow/describe_configuration.py"  # text for a reader
    for path in [*(root / "src").rglob("*.py"), *(root / "workflow").rglob("*.py")]:
        place = path.relative_to(root).as_posix()
        if not place.startswith((*homes, manual)):
            tree = ast.parse(path.read_text("utf-8"))
            for node in ast.walk(tree):  # Docstrings, and what a command prints as examples, may name one.
                is_text = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "EXAMPLES"
                if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) or is_text:
                    node.value = ast.Constant("")
            assert not word.search(ast.unparse(tree)), place
    for path in (root / "workflow/rules").glob("*.smk"):
        assert not word.search(path.read_text("utf-8")), path


def test_scripts_are_short(root):
    """They read files, call the library and write files."""
    for path in (root / "workflow/scripts").glob("*.py"):
        assert path.read_text("utf-8").count("\n") <= 70, path


def test_no_file_and_no_function_is_too_long(root):
    for path in [*(root / "src").rglob("*.py"), *(root / "workflow").rglob("*.py")]:
        text = Path(path).read_text()
        assert text.count("\n") <= 400, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                assert node.end_lineno - node.lineno < 60, f"{path}: {node.name}"


def test_no_module_defines_a_function_twice(root):
    """The second one would hide the first without a word."""
    for folder in ("src", "workflow", "benchmark"):
        for path in (root / folder).rglob("*.py"):
            body = ast.parse(path.read_text(encoding="utf-8")).body
            names = [node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
            assert len(names) == len(set(names)), path
