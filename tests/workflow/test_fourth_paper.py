"""A further paper on K+ -> pi- mu+ mu+ with a table and a figure of its own: three files, no other."""

import csv
import filecmp
import re
import shutil

import pytest
import python_path
import quick_yaml

NAME = "na62_2024"
ADDED = {
    f"config/papers/{NAME}.yaml", f"resources/published/{NAME}/numbers.csv",
    f"src/lnvsearch/papers/{NAME}.py",
}  # fmt: skip
LIKE = "na62_2019"


def settings(root):
    """The file of the search of 2017 data, with its mu mu channel alone."""
    content = quick_yaml.load((root / f"config/papers/{LIKE}.yaml").read_text(encoding="utf-8"))
    content |= {
        "paper": NAME, "title": "A fourth paper", "companion": None,
        "tables": {"yields": "yields", "sensitivity": "sensitivity"},
        "figures": {"yields": {"draw": "yields"}},
        "event_displays": {"signal": {
            "sample": "signal_pimumu", "tree": "pimumu_lnv", "title": "A signal event",
        }},
    }
    del content["companion"], content["recast"]
    for section in ("channels", "normalisation"):
        content[section] = {"pimumu": content[section]["pimumu"]}
    content["samples"] = {
        name: {key: value for key, value in entry.items() if key != "wanted_uncertainty"}
        | {"channels": ["pimumu"]}
        for name, entry in content["samples"].items() if "pimumu" in entry["channels"]
    }
    kept = "hypothesis_b_outer_tiles"
    content["variations"] = {kept: content["variations"][kept]}
    return content


def published(root):
    """What the paper of 2017 data prints of its mu mu channel, the number of kaons among it."""
    file = root / f"resources/published/{LIKE}/numbers.csv"
    header, *lines = file.read_text(encoding="utf-8").splitlines()
    of_first = ("improvement_factor", "previous_limit_branching_fraction")  # its own arithmetic
    kept = (line for line in lines if line.split(",")[1] == "pimumu" and not line.startswith(of_first))
    return "\n".join([header, *kept]) + "\n"


def module(root):
    """The module of the manual, for this channel."""
    text = (root / "docs" / "adding-a-search.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return code.replace("pimue", "pimumu")


@pytest.fixture(scope="module")
def project(root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("config", "resources", "workflow", "src"):
        shutil.copytree(root / name, folder / name, ignore=ignored)
    shutil.copy(root / "Snakefile", folder)
    (folder / f"resources/published/{NAME}").mkdir()
    for path, text in zip(sorted(ADDED), (
        quick_yaml.dump(settings(root), sort_keys=False), published(root), module(root),
    ), strict=True):
        (folder / path).write_text(text, encoding="utf-8")
    (folder / "fourth.yaml").write_text(quick_yaml.dump({"papers": [NAME]}))
    return folder


@pytest.fixture(scope="module")
def run(project, snakemake, tmp_path_factory):
    """Snakemake in a folder of its own, with the project's own library."""
    folder = tmp_path_factory.mktemp("run")

    def of(*arguments):
        process = snakemake(
            folder, *arguments, cores=1, config="fourth.yaml", project=project,
            PYTHONPATH=python_path.beginning_with(project / "src"),
        )
        assert process.returncode == 0, process.stdout[-4000:]
        return process.stdout

    of.folder = folder / "results" / NAME
    return of


def test_no_shared_file_is_touched(root, project):
    files = {
        path.relative_to(project).as_posix() for folder in ("config", "resources", "workflow", "src")
        for path in (project / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"
    }
    new = {path for path in files if not (root / path).exists()}
    assert new == ADDED
    assert all(filecmp.cmp(root / path, project / path, shallow=False) for path in files - new)


@pytest.mark.workflow
def test_its_table_and_figure_are_made_with_all_others(run):
    listing = run("--dry-run")
    for name in ("tables/yields.csv", "tables/sensitivity.csv", "figures/yields.pdf",
                 "figures/acceptance_dalitz.pdf", "comparison.csv"):
        assert f"results/{NAME}/{name}" in listing, name


@pytest.mark.workflow
def test_its_table_and_figure_are_made_from_what_they_name_alone(run):
    """The one file that both declare is enough."""
    file = run.folder / "background" / "pimumu.csv"
    file.parent.mkdir(parents=True)
    file.write_text(
        "sample,label,variation,selection,region,expected_events,statistical_uncertainty,"
        "systematic_uncertainty,effective_events\n"
        "bkg_k3pi_one_decay,K3pi,nominal,lnv,signal,0.25,0.1,0.0,6.0\n"
        "norm_pimumu,SM,nominal,lnv,signal,0.08,0.02,0.0,16.0\n"
        "norm_pimumu,SM,nominal,sm,normalisation,8000.0,80.0,0.0,10000.0\n"
    )
    targets = [f"results/{NAME}/{name}" for name in ("tables/yields.csv", "figures/yields.pdf")]
    run(*targets, "--allowed-rules", "tabulate_table", "draw_figure", "--rerun-triggers", "mtime")
    with open(run.folder / "tables" / "yields.csv", newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["sample"], row["expected_events"]) for row in rows] == [
        ("bkg_k3pi_one_decay", "0.25"), ("norm_pimumu", "0.08")
    ]
    assert "| Expected events |" in (run.folder / "tables" / "yields.md").read_text("utf-8")
    for suffix in ("pdf", "png", "csv"):
        assert (run.folder / "figures" / f"yields.{suffix}").stat().st_size > 50
