"""A further search is a YAML file and its published numbers: the example of the manual, run."""

import csv
import json
import re
import shutil

import pytest
import quick_yaml
from searches.configuration import ConfigurationError, read_yaml
from searches.load import load_papers

NAME = "na62_2021"
EXAMPLE = f"docs/examples/{NAME}"
#: Enough for a limit within a few percent; one variation of the selection.
CONFIG = {
    "papers": [NAME],
    "statistics": {
        "kaon_signal": 40000, "kaon_background": 20000, "kaon_rare": 1000, "kaon_control": 5000,
    },
    "variations": ["pion_to_muon_up"],
}


def add_the_example(root, project):
    """The project's data and workflow, copied, with the example's files where they belong."""
    for folder in ("config", "resources", "workflow"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / folder, project / folder, ignore=ignored)
    shutil.copy(root / "Snakefile", project)
    (project / "src").symlink_to(root / "src")
    shutil.copy(root / EXAMPLE / f"{NAME}.yaml", project / "config" / "papers")
    published = project / "resources" / "published" / NAME
    published.mkdir()
    for name in ("numbers.csv", "SOURCES.md"):
        shutil.copy(root / EXAMPLE / name, published)
    (project / "example.yaml").write_text(quick_yaml.dump(CONFIG))
    return project


# ------------------------------------------------------------------------------- what can go wrong


@pytest.fixture
def project(root, tmp_path):
    return add_the_example(root, tmp_path)


def load(project):
    config = read_yaml(project / "config" / "config.yaml")
    return load_papers({**config, "papers": [NAME]}, project, "config.yaml")[NAME]


def test_the_example_is_accepted_as_it_is(project):
    paper = load(project)
    leaves = " ".join(paper.leaves())
    for name in ("tables/sensitivity.csv", "figures/spectra_pimue.pdf", "comparison.csv"):
        assert f"results/{NAME}/{name}" in leaves


BAD = {
    "name of another file": (
        lambda c: c.update(paper="na62_2022"), ["paper", "na62_2022", NAME]
    ),
    "sample named against the rule": (
        lambda c: c["samples"].update(k3pi=c["samples"].pop("bkg_k3pi")), ["samples.k3pi", "bkg_"]
    ),
    "signal in another selection": (
        lambda c: c["channels"]["pimue"]["signal"].update(selection="sm", region="lower"),
        ["channels.pimue.signal.selection", "lnv"],
    ),
    "unknown drawing": (
        lambda c: c["figures"]["spectra_pimue"].update(draw="spectra"),
        ["figures.spectra_pimue.draw", "masses"],
    ),
    "figure of a channel that is not there": (
        lambda c: c["figures"]["spectra_pimue"].update(channel="pimu"),
        ["figures.spectra_pimue.channel", "pimue"],
    ),
    "figure of no channel": (
        lambda c: c["figures"]["spectra_pimue"].pop("channel"), ["figures.spectra_pimue.channel"]
    ),
    "panel of a selection that is not there": (
        lambda c: c["figures"]["spectra_pimue"]["panels"].update(control="a control"),
        ["figures.spectra_pimue.panels", "control", "lnv"],
    ),
    "figure by a name that every search has": (
        lambda c: c["figures"].update(coverage_map={"draw": "layout"}),
        ["figures", "coverage_map"],
    ),
    "unknown table": (
        lambda c: c["tables"].update(limits="limit"), ["tables.limits", "sensitivity"]
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_mistake_in_a_further_search_is_told(project, case):
    change, expected = BAD[case]
    file = project / "config" / "papers" / f"{NAME}.yaml"
    content = quick_yaml.load(file.read_text())
    change(content)
    file.write_text(quick_yaml.dump(content, sort_keys=False))
    with pytest.raises(ConfigurationError) as caught:
        load(project)
    for words in (file.name, *expected):
        assert words in str(caught.value)


def test_missing_published_numbers_are_told(project):
    (project / "resources" / "published" / NAME / "numbers.csv").unlink()
    with pytest.raises(ConfigurationError, match=r"numbers\.csv: no such file"):
        load(project)


def test_published_numbers_of_another_channel_are_told(project):
    path = project / "resources" / "published" / NAME / "numbers.csv"
    path.write_text(path.read_text().replace(",pimue,", ",piemu,"))
    with pytest.raises(ConfigurationError, match="'piemu' does not exist; give one of pimue, all"):
        load(project)


# ------------------------------------------------------------------------------------- the manual


def test_every_quoted_block_is_in_the_example(root):
    text, _, _ = (root / "docs" / "adding-a-search.md").read_text("utf-8").partition("## A search at BESIII")
    files = {"yaml": f"{NAME}.yaml", "csv": "numbers.csv"}
    blocks = re.findall(r"^```(yaml|csv)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) > 8
    for kind, block in blocks:
        example = (root / EXAMPLE / files[kind]).read_text(encoding="utf-8")
        lines = block.splitlines(keepends=True)
        parts = lines if kind == "csv" else [block]
        assert all(part in example for part in parts), block


# ---------------------------------------------------------------------------------------- the run


@pytest.fixture(scope="module")
def results(root, snakemake, tmp_path_factory):
    project = add_the_example(root, tmp_path_factory.mktemp("project"))
    folder = tmp_path_factory.mktemp("run")
    process = snakemake(folder, project=project, config="example.yaml")
    assert process.returncode == 0, process.stdout[-4000:]
    return folder / "results" / NAME


def rows(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.workflow
def test_a_further_search_predicts_its_limit(results):
    records = json.loads((results / "limits" / "pimue.json").read_text())
    (simulated,) = [
        record for record in records
        if (record["kind"], record["variant"], record["prior"])
        == ("simulated", "nominal", "posterior-gamma")
    ]
    assert simulated["method"] == "cls" and simulated["is_paper_method"]
    # The published limit; the flat factor and the borrowed number of kaons leave a tenth or two.
    assert 4.2e-11 / 1.5 < simulated["upper_branching_fraction"] < 4.2e-11 * 1.5
    (printed,) = [
        record for record in records
        if (record["variant"], record["method"], record["prior"])
        == ("printed_sensitivity", "cls", "none")
    ]
    assert printed["upper_branching_fraction"] == pytest.approx(2.302585 * 1.82e-11, rel=1e-4)


@pytest.mark.workflow
def test_a_further_search_has_its_tables_and_figures(results):
    for name in ("spectra_pimue", "identification", "acceptance_dalitz", "acceptance_ratio",
                 "coverage_map"):
        for suffix in ("pdf", "png", "csv"):
            assert (results / "figures" / f"{name}.{suffix}").stat().st_size > 100, name
    for name in ("sensitivity", "backgrounds", "validation", "systematics", "limits_by_method"):
        for suffix in ("csv", "tex", "md"):
            assert (results / "tables" / f"{name}.{suffix}").stat().st_size > 100, name
    table = {row["quantity"]: row for row in rows(results / "tables" / "sensitivity.csv")}
    assert table["upper_limit_branching_fraction"]["published"] == "4.2e-11"
    assert {row["sample"] for row in rows(results / "tables" / "backgrounds.csv")} == {
        "bkg_k3pi", "bkg_ke4", "bkg_kmu4", "bkg_kmu3_dalitz", "total"
    }


@pytest.mark.workflow
def test_a_further_search_is_compared_with_its_paper(results, root):
    comparison = rows(results / "comparison.csv")
    printed = rows(root / EXAMPLE / "numbers.csv")
    assert {row["quantity"] for row in comparison} == {row["quantity"] for row in printed}
    # Numbers from memory test nothing: they stand there without a published side.
    certain = {row["quantity"] for row in printed if row["reading_confidence"] == "high"}
    assert {row["quantity"] for row in comparison if row["published"]} == certain
    text = (results / "comparison.md").read_text()
    assert text.startswith("# NA62, K⁺ → π⁻μ⁺e⁺ (example)")
