"""Pages: every link leads somewhere, every page is in the site, versions agree."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import quick_yaml
import yaml

import lnvsearch

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
#: Pages that docs/hooks.py makes when the site is built.
MADE = {ROOT / "docs/reference/configuration.md", ROOT / "docs/reference/command_line.md"}


def without_code(text):
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def anchors(path):
    """Names of the headings, as a page gives them."""
    headings = re.findall(r"(?m)^#+ +(.+?) *$", re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.S))
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading.lower()).strip()) for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for groups in LINK.findall(without_code(page.read_text("utf-8"))):
        link = next(filter(None, groups))
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        assert path.exists() or path in MADE, f"{page.name}: {link}"
        if anchor and path.suffix == ".md" and path.exists():
            assert anchor in anchors(path), f"{page.name}: {link}"


class SiteLoader(yaml.SafeLoader):
    """YAML with the tag by which a setting comes from the environment."""


SiteLoader.add_constructor("!ENV", lambda loader, node: None)


@pytest.fixture(scope="module")
def site():
    return yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), SiteLoader)


def test_the_site_has_every_page(site):
    def pages(entry):
        if isinstance(entry, str):
            yield entry
        else:
            for inner in entry.values() if isinstance(entry, dict) else entry:
                yield from pages(inner)

    there = {
        path.relative_to(ROOT / "docs").as_posix()
        for path in [*(ROOT / "docs").rglob("*.md"), *(ROOT / "docs").rglob("*.ipynb"), *MADE]
        if "examples" not in path.parts
    }
    assert set(pages(site["nav"])) == there


def test_the_site_builds(tmp_path):
    """Without running the notebook, which has its own test."""
    pytest.importorskip("mkdocs_jupyter", reason="the packages of `make docs` are not installed")
    import os
    import subprocess
    import sys

    process = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(tmp_path / "site")],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "EXECUTE_NOTEBOOKS": "false"},
    )  # fmt: skip
    assert process.returncode == 0, process.stdout + process.stderr
    for page in ("reference/library", "reference/command_line", "reference/configuration", "recasting"):
        assert (tmp_path / "site" / page / "index.html").exists()


def test_versions_agree():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = quick_yaml.load((ROOT / "CITATION.cff").read_text("utf-8"))
    record = json.loads((ROOT / ".zenodo.json").read_text("utf-8"))
    found = {project["version"], citation["version"], record["version"], lnvsearch.__version__}
    assert len(found) == 1
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"(?m)^## (\S+) \((\S+)\)$", changes)[0] == (
        project["version"], str(citation["date-released"])
    )  # fmt: skip
    assert record["publication_date"] == str(citation["date-released"])
    assert citation["title"] == record["title"]
    assert {citation["license"], record["license"], project["license"]} == {project["license"]}
