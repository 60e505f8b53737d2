"""A third experiment is a few files of its own and two lines in one that all share: the manual, run."""

import csv
import filecmp
import json
import math
import re
import shutil

import numpy as np
import pytest
import python_path
import quick_yaml
import uproot

from lnvsearch import experiments
from lnvsearch.event_files import tree_file
from lnvsearch.experiments.interface import load_experiment

NAME = "toy_2026"
EXAMPLE = "docs/examples/toy"
MANUAL = "docs/adding-an-experiment.md"
SHARED = "workflow/searches/load.py"
#: The two lines of the manual, each with what it stands behind or in place of.
LINES = {
    "from searches.search import Paper\n":
        "from searches.search import Paper\nfrom searches.toy.search import ToySearch\n",
    'EXPERIMENTS = {"besiii": ColliderSearch, "na62": KaonSearch}\n':
        'EXPERIMENTS = {"besiii": ColliderSearch, "na62": KaonSearch, "toy": ToySearch}\n',
}  # fmt: skip
FOLDERS = ("config", "resources", "src", "workflow")
EVENTS = 20_000


@pytest.fixture(scope="module")
def project(root, tmp_path_factory):
    """The project, copied, with the example's files where they belong, and the two lines."""
    folder = tmp_path_factory.mktemp("project")
    for name in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / name, folder / name, ignore=ignored)
    shutil.copy(root / "Snakefile", folder)
    shutil.copytree(root / EXAMPLE, folder, dirs_exist_ok=True)
    text = (folder / SHARED).read_text(encoding="utf-8")
    for old, new in LINES.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / SHARED).write_text(text, encoding="utf-8")
    (folder / "toy.yaml").write_text(
        quick_yaml.dump({"papers": [NAME], "statistics": {"signal": EVENTS}})
    )
    return folder


def test_one_shared_file_is_touched(root, project):
    files = {
        path.relative_to(project).as_posix() for folder in FOLDERS
        for path in (project / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"
    }
    shared = {path for path in files if (root / path).exists()}
    touched = {p for p in shared if not filecmp.cmp(root / p, project / p, shallow=False)}
    assert touched == {SHARED}
    assert {path for path in files - shared if "toy" not in path} == set()


def test_the_manual_shows_the_example(root):
    text = (root / MANUAL).read_text(encoding="utf-8")
    example = [path.read_text("utf-8") for path in (root / EXAMPLE).rglob("*.*") if path.is_file()]
    sources = [*example, *LINES.values()]
    blocks = re.findall(r"^```(?:python|yaml|csv)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 5
    for block in blocks:
        for part in block.split("...\n"):
            assert any(part.strip("\n") in source for source in sources), part
    for path in (root / EXAMPLE).rglob("*.*"):
        if path.is_file() and path.suffix != ".pyc":
            assert path.relative_to(root / EXAMPLE).as_posix() in text, path


def test_a_user_s_events_stay_closed_until_they_are_opened(root, tmp_path, monkeypatch):
    folder = root / EXAMPLE / "src/lnvsearch/experiments"
    monkeypatch.setattr(experiments, "__path__", [*experiments.__path__, str(folder)])
    toy = load_experiment("toy")
    tracks = {f"track_{i}_p{axis}_gev": np.zeros(3) for i in (0, 1) for axis in "xyz"}
    tracks["track_0_pz_gev"][:] = 1.545, 1.545, np.nan
    tracks["track_1_pz_gev"][:] = -1.545, -1.2, -1.545
    with tree_file(tmp_path / "data.root") as write:
        write("Events", tracks)
    settings = {
        "channel": "emu", "final_state": ["e+", "mu-"],
        "cuts": [{"cut": "mass_window", "minimum_gev": 3.05, "maximum_gev": 3.15}],
    }  # fmt: skip
    for is_unblinded, count in ((False, None), (True, 1)):
        selected = tmp_path / f"selected_{is_unblinded}.root"
        tables = toy.select_data(
            tmp_path / "data.root", {**settings, "is_unblinded": is_unblinded}, selected
        )
        assert tables["counts"]["events"] == [count]
        with uproot.open(selected) as file:
            masses = file["Candidates"]["mass_gev"].array() if "Candidates" in file else []
        assert len(masses) == (count or 0)
    # E = p of the electron; the muon has 0.1057 GeV.
    assert masses[0] == pytest.approx(1.545 + math.hypot(1.545, 0.10566), abs=1e-4)


# ---------------------------------------------------------------------------------------- the run


@pytest.fixture(scope="module")
def results(project, snakemake, tmp_path_factory):
    """All that the search makes, with the copy's own library."""
    folder = tmp_path_factory.mktemp("run")
    process = snakemake(
        folder, config="toy.yaml", project=project, cores=1, PYTHONPATH=python_path.beginning_with(project / "src")
    )
    assert process.returncode == 0, process.stdout[-4000:]
    return folder / "results" / NAME


def rows(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def expected_efficiency():
    """The acceptance of two back-to-back tracks, the probability to find both, the mass window.

    The resolution in mass is that of one momentum over sqrt(2): m is the sum of two, measured
    independently (the muon's mass changes it by a thousandth).
    """
    mass_gev, sigma_gev = 3.0969, 3.0969 * 0.01 / math.sqrt(2.0)
    low, high = ((edge - mass_gev) / sigma_gev / math.sqrt(2.0) for edge in (3.05, 3.15))
    return 0.93 * 0.95**2 * 0.5 * (math.erf(high) - math.erf(low))


@pytest.mark.workflow
def test_the_efficiency_is_the_known_product(results):
    (row,) = rows(results / "acceptance" / "emu.csv")
    expected = expected_efficiency()
    sigma = math.sqrt(expected * (1.0 - expected) / EVENTS)
    assert float(row["acceptance"]) == pytest.approx(expected, abs=4.0 * sigma)
    assert int(row["generated_events"]) == EVENTS


@pytest.mark.workflow
def test_the_limit_of_no_event_is_ln_ten_over_efficiency_and_parents(results):
    (row,) = rows(results / "acceptance" / "emu.csv")
    records = json.loads((results / "limits" / "emu.json").read_text())
    found = {
        record["kind"]: record["upper_branching_fraction"]
        for record in records if record["is_paper_method"]
    }
    assert found["simulated"] == pytest.approx(
        math.log(10.0) / float(row["acceptance"]) / 1.00e10, rel=1e-6
    )
    assert found["derived"] == pytest.approx(math.log(10.0) / 0.820 / 1.00e10, rel=1e-6)


@pytest.mark.workflow
def test_table_figure_and_comparison_are_made(results, root):
    table = {row["quantity"]: row for row in rows(results / "tables" / "limit.csv")}
    assert table["upper_limit_branching_fraction"]["published"] == "2.81e-10"
    assert float(table["efficiency_percent"]["value"]) == pytest.approx(82.0, abs=1.5)
    assert re.fullmatch(r"\d\.\d\de-10", table["upper_limit_branching_fraction"]["value"])
    for suffix in ("pdf", "png", "csv"):
        assert (results / "figures" / f"coverage_map.{suffix}").stat().st_size > 100
    printed = rows(root / EXAMPLE / "resources" / "published" / NAME / "numbers.csv")
    comparison = rows(results / "comparison.csv")
    assert {row["quantity"] for row in comparison} == {row["quantity"] for row in printed}
    assert (results / "comparison.md").read_text("utf-8").startswith("# J/psi -> e+ mu-")
