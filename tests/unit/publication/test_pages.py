"""Tables as pages: what they show, how they sort."""

import re
import shutil
import subprocess

import pytest

from lnvsearch.publication.pages import links, page, read_cells, table_html, table_page
from lnvsearch.publication.printing import Printing
from lnvsearch.publication.start_page import start_page

TABLE = {
    "limit": ["2.1 × 10⁻⁹", "", "(2.14 ± 0.08)e-9", "3.0e-9"],
    "efficiency": ["0.123456789", "1e-3", "12", "0.5"], "text": ["<b>", "a & b", "c", "d"],
}


def test_cells_are_escaped_rounded_for_sight_and_whole_on_hover():
    html = table_html(TABLE, Printing(headings={"text": ("Text & more", "")}))
    assert "&lt;b&gt;" in html and "a &amp; b" in html and "<b>" not in html
    assert "Text &amp; more" in html
    assert "title='0.123456789'>0.1235<" in html
    assert ">1e-3<" in html and ">3.0e-9<" in html


def test_numbers_are_shown_as_papers_write_them():
    cells = ["10087000000.0", "44000000.0", "2.1e-09", "5e-11", "2.0", "-1.0e+06"]
    html = table_html({"published": cells}, Printing())
    shown = ["10087000000", "44000000", "2.1e-9", "5e-11", "2.0", "-1.0e+6"]
    assert re.findall(r">([^<]*)</td>", html) == shown
    assert [re.search(rf"data-key='{re.escape(cell)}'", html) is not None for cell in cells] == [True] * 6


def test_a_number_sorts_by_its_value_however_it_is_printed():
    html = table_html(TABLE, Printing())
    for key in ("2.1e-9", "2.14e-9", "3.0e-9"):
        assert f"data-key='{key}'" in html


def test_a_page_has_the_words_and_digits_of_printed_tables_and_the_csvs_cells_on_hover():
    table = {"mass_gev": ["0.575"], "source": ["kinematic_fit"],
             "efficiency": ["0.16384"], "efficiency_uncertainty": ["0.0083"]}  # fmt: skip
    words = {"source": {"kinematic_fit": r"fit and $\chi^2$ cut"}}
    html = table_html(table, Printing(words=words))
    assert "<button>Mass (GeV)</button>" in html and "<button>Efficiency</button>" in html
    assert "title='kinematic_fit'>fit and χ² cut<" in html
    assert "data-key='0.16384' title='0.16384'>0.164<" in html and "title='0.0083'>0.008<" in html


def test_a_page_needs_no_other_file(tmp_path):
    html = table_page("Title", TABLE, Printing(), text="From x.csv.", mark="Test configuration: 2 events, not 3")
    assert html.startswith("<!DOCTYPE html>") and "Test configuration" in html
    assert "src=" not in html and "<link" not in html


def test_cells_keep_the_digits_of_their_file(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("mass,limit\n0.600,1.10e-9\n")
    assert read_cells(path) == {"mass": ["0.600"], "limit": ["1.10e-9"]}
    path.write_text("mass,limit\n0.600\n")
    with pytest.raises(ValueError, match="1 cells"):
        read_cells(path)


def test_the_first_page_has_the_limits_by_the_papers_method():
    class Published:
        def find(self, quantity, channel):
            return type("Number", (), {"printed_as": "2.1 × 10⁻⁹"})

    records = [
        {"kind": kind, "variant": variant, "is_paper_method": own, "confidence_level": 0.9,
         "upper_branching_fraction": value}
        for kind, variant, own, value in (
            ("derived", "printed", False, 9e-9), ("derived", "printed", True, 2.2986e-9),
            ("simulated", "other", True, 8e-9), ("simulated", "nominal", True, 2.304e-9),
        )
    ]  # fmt: skip
    html = start_page(
        {"s": {"kkee": records}}, {"s": Published()},
        {"s": {"title": "J/psi -> K+ K+ e- e-", "channels": {"kkee": "J/ψ → KKee"}, "statistics": "",
               "links": {"Tables": {"Table 1": ["s/report/t.html", "../abc/t.html"]}}}},
        {"seed": 1},
    )
    assert "<h2>J/ψ → K⁺ K⁺ e⁻ e⁻</h2>" in html and "<h2>J/psi" not in html
    for text in ("2.1 × 10⁻⁹", "2.30 × 10⁻⁹", "J/ψ → KKee", "seed: 1", "href='s/report/t.html'",
                 "data-report='../abc/t.html'"):
        assert text in html
    assert "8.00" not in html and "9.00" not in html and "class='mark'" not in html


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium: apt-get install chromium")
def test_columns_sort_and_rows_are_sought_in_a_browser(tmp_path):
    script = """<script>
    const buttons = document.querySelectorAll('th button');
    const column = (n) => Array.from(document.querySelectorAll('tbody tr'))
      .filter((row) => !row.hidden).map((row) => row.cells[n].textContent).join('|');
    buttons[0].click(); const up = column(0);
    buttons[0].click(); const down = column(0);
    const field = document.querySelector('input'); field.value = 'a &';
    field.dispatchEvent(new Event('input'));
    document.title = up + ';' + down + ';' + column(2);
    document.body.dataset.done = document.title;
    </script>"""
    file = tmp_path / "page.html"
    file.write_text(page("T", table_html(TABLE, Printing())) + script, encoding="utf-8")
    process = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
         f"--user-data-dir={tmp_path / 'profile'}", file.as_uri()],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    rising = "2.1 × 10⁻⁹|(2.14 ± 0.08)e-9|3.0e-9|"
    falling = "3.0e-9|(2.14 ± 0.08)e-9|2.1 × 10⁻⁹|"
    assert f'data-done="{rising};{falling};a &amp; b"' in process.stdout


def test_links_have_an_address_inside_a_report():
    html = links({"Group": {"A & B": ["x.html", "../y/x.html"]}})
    assert "<h3>Group</h3>" in html and "A &amp; B" in html
