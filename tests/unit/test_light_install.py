"""What a plain `pip install lnvsearch` brings: limits and recasts from numpy, scipy and two small packages."""

import os
import re
import subprocess
import sys
import tomllib

import pytest

#: Python that has the packages of no extra; arguments go to the command line.
WITHOUT_EXTRAS = """
import sys
class Without:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, *rest):
        return None if name.partition(".")[0] in {packages} else self.finder.find_spec(name, *rest)
sys.meta_path[:] = map(Without, sys.meta_path)
from lnvsearch.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def light(root, project):
    """Run the command line where the packages of all extras are missing."""
    names = {
        re.match(r"[A-Za-z0-9-]+", requirement)[0].replace("-", "_")
        for extra in project["optional-dependencies"].values()
        for requirement in extra
    } - {"lnvsearch"}
    code = WITHOUT_EXTRAS.format(packages=names)

    def run(arguments, **options):
        return subprocess.run(
            [sys.executable, "-c", code, *arguments.split()], capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(root / "src")}, check=False, **options,
        )  # fmt: skip

    return run


def test_only_small_packages_are_required(project):
    names = [re.match(r"[a-z]+", requirement)[0] for requirement in project["dependencies"]]
    assert names == ["numpy", "particle", "pyyaml", "scipy"]


@pytest.mark.parametrize("method", ["rolke", "cls", "cls-profiled", "feldman-cousins", "bayesian"])
def test_a_limit_needs_no_more(light, method):
    found = light(
        f"limit --method {method} --observed 1 --background 0.5 --background-uncertainty 0.2 "
        "--efficiency 0.16 --efficiency-uncertainty 7% --json"
    )
    assert found.returncode == 0, found.stderr
    assert '"upper"' in found.stdout


def test_many_limits_are_the_same_without_the_kernel(light, tmp_path):
    """Rolke's kernel needs numba; numpy gives the same to its accuracy."""
    from lnvsearch.statistics import CountingExperiment, GaussianEfficiency, KnownBackground, rolke

    rows = [f"{n % 7},{0.1 * (n % 50)},0.16,0.01" for n in range(5000)]
    table = "observed,background,efficiency,efficiency_uncertainty\n" + "\n".join(rows) + "\n"
    (tmp_path / "table.csv").write_text(table)
    found = light(f"limit --method rolke --table {tmp_path / 'table.csv'}")
    assert found.returncode == 0, found.stderr
    header, first, *_ = found.stdout.splitlines()
    upper = float(first.split(",")[header.split(",").index("upper")])
    experiment = CountingExperiment(0, KnownBackground(0.0), GaussianEfficiency(0.16, 0.01))
    assert upper == pytest.approx(float(rolke.interval(experiment).upper), rel=1e-6)


def test_what_needs_an_extra_says_which(light):
    plot = light("limit --method cls --observed 1 --background 0 --efficiency 1 --scan --plot curve.pdf")
    assert plot.returncode == 2 and plot.stderr.count("\n") == 1
    assert "pip install 'lnvsearch[plots]'" in plot.stderr


def test_types_are_published(root):
    assert (root / "src/lnvsearch/py.typed").exists()


def test_parts_are_reached_from_the_top_and_load_on_first_use(root):
    code = (
        "import sys, lnvsearch; before = set(sys.modules); "
        "assert not any(name.startswith('lnvsearch.statistics') for name in before); "
        "n = lnvsearch.statistics.CountingExperiment(1, lnvsearch.statistics.KnownBackground(0.0), "
        "lnvsearch.statistics.KnownEfficiency(1.0)); "
        "print(round(float(lnvsearch.statistics.rolke.interval(n).upper), 2), 'statistics' in dir(lnvsearch))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
    )  # fmt: skip
    assert process.stdout.split() == ["3.65", "True"]
