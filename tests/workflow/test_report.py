"""The report of a small run: every result in its place, in words; looked at in a browser."""

import json
import re
import shutil
import subprocess
import zipfile

import pytest
from searches.pages import GROUPS

pytestmark = pytest.mark.workflow

_SHOWN = {
    "figures": "app.setView({navbarMode:'subcategory',category:PAPER,subcategory:'3 Figures'})",
    "groups": "app.showCategory(PAPER)",
}


@pytest.fixture(scope="module")
def report(whole_dag, snakemake, tmp_path_factory):
    """The unpacked report of the small run."""
    process = snakemake(whole_dag, "--report", "report.zip")
    assert process.returncode == 0, process.stdout[-4000:]
    folder = tmp_path_factory.mktemp("report")
    with zipfile.ZipFile(whole_dag / "report.zip") as archive:
        archive.extractall(folder)
    return folder / "report"


@pytest.fixture(scope="module")
def listed(report):
    """What the report lists: results by address, and category -> group -> addresses."""
    text = (report / "report.html").read_text(encoding="utf-8")
    found = {}
    for name in ("results", "categories"):
        begin = re.search(rf"var {name} = (?={{\")", text).end()
        found[name] = json.JSONDecoder().raw_decode(text[begin:])[0]
    return found


def test_every_search_has_all_groups_and_titles_in_words(listed):
    papers = [name for name in listed["categories"] if name not in ("0 Start here", "Limits on mixing")]
    assert len(papers) == 3 and "0 Start here" in listed["categories"]
    assert "J/ψ → K⁺ K⁺ e⁻ e⁻ + c.c. at BESIII" in papers
    for name in papers:
        groups = listed["categories"][name]
        wanted = {words for key, words in GROUPS.items() if key != "blinding"}
        assert wanted == set(groups), name
        formats = [listed["results"][one]["labels"]["Format"] for one in groups["3 Figures"]]
        assert formats.count("PDF") == formats.count("PNG") > 6
    mixings = [
        listed["results"][one]["labels"]["Format"]
        for group in listed["categories"]["Limits on mixing"].values() for one in group
    ]
    assert mixings.count("PDF") == mixings.count("PNG") == 3
    for result in listed["results"].values():
        words = next(iter(result["labels"].values()))
        assert "_" not in words and words[0].isupper(), words
        assert result["caption"].strip()


def test_the_first_page_leads_everywhere_from_the_results_and_from_the_report(whole_dag, report):
    (inside,) = report.glob("data/raw/*/start.html")
    for page, attribute in ((whole_dag / "results/start.html", "href"), (inside, "data-report")):
        html = page.read_text(encoding="utf-8")
        addresses = re.findall(rf"{attribute}='([^']*)'", html)
        assert len(addresses) > 80
        assert [one for one in addresses if not (page.parent / one).is_file()] == []
    assert html.count("Test configuration: ") == 3


def test_few_events_are_marked_on_printed_tables(whole_dag):
    tables = whole_dag / "results/besiii_2025/tables"
    for name in ("table2", "limits_by_method"):
        for kind in ("md", "tex"):
            assert "2,000 events, not 100,000" in (tables / f"{name}.{kind}").read_text()
        assert "events, not" not in (tables / f"{name}.csv").read_text()


def test_event_displays_show_what_was_selected(whole_dag):
    from lnvsearch.event_files import read_tree
    from lnvsearch.tables import read_csv

    results = whole_dag / "results"
    for paper, name, sample in (("na62_2019", "signal_piee", "signal_piee"),
                                ("na62_2022", "background", "bkg_ke3_dalitz")):
        drawn = read_csv(results / paper / f"figures/event_{name}.csv")
        selected = read_tree(results / paper / f"selected/{sample}/nominal.root", "piee_lnv")
        # The same event was simulated again: its vertex lies where that of the candidate does.
        assert drawn["z_vertex_m"][0] == pytest.approx(float(selected["z_vertex_m"][0]), abs=1.0)
        total = sum(drawn["momentum_gev"])
        assert total == pytest.approx(float(selected["total_momentum_gev"][0]), rel=2e-3)
        assert sorted(drawn["charge"]) == [-1, 1, 1]
    signal = read_csv(results / "besiii_2025/figures/event_signal.csv")
    assert len(signal["charge"]) >= 4


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium: apt-get install chromium")
def test_the_report_is_drawn_by_a_browser(report, listed, tmp_path):
    """Pictures of the report lie in the test's folder: of its groups, figures and first page."""
    text = (report / "report.html").read_text(encoding="utf-8")
    paper = next(name for name in listed["categories"] if name != "0 Start here")
    pages = {"start": next(report.glob("data/raw/*/start.html"))}
    for name, call in _SHOWN.items():
        pages[name] = report / f"{name}.html"
        call = call.replace("PAPER", json.dumps(paper))
        script = f"<script>setTimeout(function(){{{call}}},300)</script>"
        pages[name].write_text(text + script, encoding="utf-8")
    for name, file in pages.items():
        picture = tmp_path / f"{name}.png"
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000",
             f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=5000",
             f"--screenshot={picture}", file.as_uri()],
            capture_output=True, check=True,
        )  # fmt: skip
        # A blank page compresses to a few kilobytes.
        assert picture.stat().st_size > 30_000, name
