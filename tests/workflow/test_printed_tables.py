"""The LaTeX tables of a small run paste into a paper: they compile, and no line is too long."""

import shutil

import latex
import pytest

pytestmark = pytest.mark.workflow


def tables_of(run):
    """Every LaTeX table of the run by a name without a folder."""
    results = run / "results"
    found = [*results.glob("*/tables/*.tex"), *results.glob("combinations/*.tex")]
    return {f"{path.relative_to(results).parts[0]}_{path.name}": path for path in found}


def test_every_table_has_words_a_caption_and_a_label(whole_dag):
    tables = tables_of(whole_dag)
    short = {name: path for name, path in tables.items() if not path.stem.endswith("_long")}
    assert len(short) > 25 and len(tables) == 2 * len(short)
    for name, path in short.items():
        text = path.read_text(encoding="utf-8")
        where = "combination" if name.startswith("combinations_") else name.split(path.name)[0][:-1]
        assert rf"\label{{tab:{where}-{path.stem}}}" in text, name
        assert text.startswith("% Needs in the preamble: ") and r"\caption{" in text, name
    table1 = (whole_dag / "results/besiii_2025/tables/table1").with_suffix
    assert r"4C kinematic fit and $\chi^2$ cut" in table1(".tex").read_text(encoding="utf-8")
    assert "4C kinematic fit and χ² cut" in table1(".md").read_text(encoding="utf-8")
    assert "\nkinematic_fit," in table1(".csv").read_text(encoding="utf-8")


def test_pdflatex_sets_every_table_of_the_run_within_the_line(whole_dag, tmp_path):
    latex.need_latex()
    tables = tables_of(whole_dag)
    for name, path in tables.items():
        shutil.copy(path, tmp_path / name)
    assert latex.too_wide(tmp_path, sorted(tables)) == []
