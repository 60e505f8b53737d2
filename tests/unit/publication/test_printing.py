"""Printed tables: words for keys, LaTeX that compiles, at most a line wide."""

import csv
import io

import latex
import pytest

from lnvsearch.publication.latex import tex
from lnvsearch.publication.printing import FORMATS, Printing, texts
from lnvsearch.publication.words import plain, worded

WORDS = {
    "channel": {"piee": r"$K^+\to\pi^-e^+e^+$", "pimumu": r"$K^+\to\pi^-\mu^+\mu^+$"},
    "source": {"kinematic_fit": r"4C kinematic fit and $\chi^2$ cut", "material": "material + 20 %"},
    "key": {},
    "*": {"norm_piee": r"$K^+\to\pi^+e^+e^-$"},
}
#: Everything that a cell has been known to hold, and some that none has.
ODD = (
    "J/ψ → K⁺K⁺e⁻e⁻ + c.c.", "m(ν_M) ≥ 0.5 GeV/c²", "50 % of J/ψ_1 & more", "100 $ or ~#{}^\\",
    "< 7.2", "(7.2 ± 0.8)e-4", "0.16 ± 0.04 and < 7.4", "K+ --> pi0 e+ nu_e gamma (S010.18)",
    "Äquator, naïve – “ok” … × · ° √ ∞ ☃ 日", "|e(1 nu) - e(2 nu)|", "x₁², α–ω, ΑΩ, ϑ, π⁺π⁻π⁰",
    "−0.5", "", "a_key_that_is_longer_than_any_line_of_text.and_longer.still_it_goes_on",
)


def table_of(rows=60):
    return {
        "channel": ["piee", "pimumu"] * (rows // 2),
        "source": ["kinematic_fit", "material", "no_label", "total"] * (rows // 4),
        "key": ["low_momentum_scale.first"] * rows,
        "note": [ODD[i % len(ODD)] for i in range(rows)],
        "published": [f"{i}.{i:02d}e-{i % 12}" for i in range(rows)],
        "change_percent": [f"{(-1) ** i * i:+.1f}" for i in range(rows)],
        **{f"simulated_{i}": [f"0.0{i} ± 0.01 and < {j}e-5" for j in range(rows)]
           for i in range(1, 9)},
    }  # fmt: skip


PRINTING = Printing(
    words=WORDS, caption="Limits on K⁺ → π⁻e⁺e⁺, 100 % of them", label="a_paper-table1",
    headings={"published": ("ε (%)", r"$\varepsilon$ (\%)")},
    note="Test configuration: 2,000 events, not 300,000",
)  # fmt: skip


def test_the_csv_keeps_keys_and_the_others_have_words():
    found = texts(table_of(), PRINTING)
    assert tuple(sorted(found)) == tuple(sorted(FORMATS))
    table = list(csv.DictReader(io.StringIO(found["csv"])))
    assert table[0]["channel"] == "piee" and table[0]["source"] == "kinematic_fit"
    assert "| K⁺ → π⁻e⁺e⁺ | 4C kinematic fit and χ² cut | low_momentum_scale.first |" in found["md"]
    for kind in ("tex", "long"):
        assert r"$K^+\to\pi^-e^+e^+$" in found[kind]
        assert r"4C kinematic fit and $\chi^2$ cut" in found[kind]
        assert "no label" in found[kind] and "kinematic_fit" not in found[kind]
    assert "Test configuration" in found["tex"] and "Test configuration" not in found["csv"]


def test_a_table_pastes_into_a_paper():
    short = texts({"mass_gev": ["1", "2"]}, PRINTING)["tex"]
    assert short.startswith("% Needs in the preamble: \\usepackage{array,booktabs,siunitx}\n")
    for piece in (r"\begin{table}", r"\label{tab:a_paper-table1}", r"$\pi^-e^+e^+$"[1:-1],
                  r"\toprule", r"100 \% of them", "S[table-format=1.0]"):  # fmt: skip
        assert piece in short
    assert "tab:a_paper-table1-long" in texts(table_of(), PRINTING)["long"]


def test_where_a_line_is_too_short_groups_have_lines_of_their_own():
    """So that a table of the paper's columns keeps all of them; repeated cells stand once."""
    wide = "(2.14 ± 0.08)e-11 and < 3e-10"
    table = {
        "channel": ["piee"] * 3 + ["pimumu"], "method": ["Rolke", "CLs", "CLs", "CLs"],
        "prior": ["a", "b", "c", "c"], "first": [wide] * 4, "second": [wide] * 4, "third": [wide] * 4,
    }  # fmt: skip
    found = texts(table, PRINTING)["tex"]
    for label in WORDS["channel"].values():
        assert found.count(rf"\multicolumn{{5}}{{@{{}}l@{{}}}}{{{tex(label)}}} \\") == 1
    assert found.count("CLs & ") == 2  # once a channel
    assert "Third" in found and "Only in the long version" not in found


def test_what_finds_no_room_is_named_below_the_table():
    names = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    table = {name: [f"{name}-inseparable-word-of-a-cell", f"{name}-other"] for name in names}
    found = texts(table, PRINTING)["tex"]
    left = [name for name in names if name.capitalize() not in found.partition("midrule")[0]]
    assert left and f"Only in the long version: {'; '.join(left).title()}." in found


def test_the_short_version_has_the_columns_and_rows_that_are_declared():
    printing = Printing(short=("published", "simulated_*"), rows={"region": "signal"})
    table = {
        "region": ["signal", "control"], "simulated_a": ["1.5", "2.5"],
        "published": ["3.5", "4.5"], "effective_events": ["61", "62"],
    }  # fmt: skip
    found = texts(table, printing)
    assert r"3.5 & 1.5 \\" in found["tex"]
    assert "control" not in found["tex"] and "61" not in found["tex"] and "2.5" not in found["tex"]
    assert "Not all columns" in found["tex"]
    assert "control" in found["long"] and "61" in found["long"]


def test_every_cell_of_the_table_is_in_the_long_version():
    table = {f"column_{i}": [f"{i}.{j}1" for j in range(5)] for i in range(60)}
    found = texts(table, Printing())["long"]
    assert found.count(r"\begin{longtable}") > 1
    for cells in table.values():
        assert all(f"{cell} " in found for cell in cells)


@pytest.mark.parametrize(("text", "wanted"), [
    ("0.234 ± 0.009", r"$0.234\pm0.009$"),
    ("(2.14 ± 0.04 ± 0.06)e11", r"$(2.14\pm0.04\pm0.06)\times10^{11}$"),
    ("0.16 ± 0.04 and < 7.4e-5", r"$0.16\pm0.04$ and $<7.4\times10^{-5}$"),
    ("K+ -> pi0_D e+ nu", r"$K^+ \to \pi^0_D e^+ \nu$"),
    ("PDG 2024 (M070.16)", "PDG 2024 (M070.16)"),
    ("χ² of 5 $", r"$\chi^{2}$ of 5 \$"),
    ("gamma", "gamma"),
])  # fmt: skip
def test_text_as_latex(text, wanted):
    assert tex(text) == wanted


def test_words_of_keys():
    assert worded("core of norm_piee, sm", "note", WORDS) == r"core of $K^+\to\pi^+e^+e^-$, sm"
    assert worded("low_scale", "key", WORDS) == "low_scale"
    assert worded("signal_acceptance_percent", "quantity", {}) == "Signal acceptance (%)"
    assert plain(r"$K_{3\pi}$ (no $\pi^\pm$ decays)") == "K₃π (no π± decays)"
    assert plain("pi+ pi0_D") == "π⁺ π⁰_D"


@pytest.mark.parametrize("options", ["10pt", "11pt", "12pt,a4paper"])
def test_pdflatex_sets_the_tables_within_the_line(tmp_path, options):
    latex.need_latex()
    tables = {
        "odd": table_of(),
        "wide": {f"column_{i}": ["-1.23456e-11", "5.0"] for i in range(40)},
        "text": {"note": ["words " * 60], "other": ["more " * 80], "key": ["a"]},
        "none": {"channel": [], "published": []},
        "one": {"x": ["☃"]},
    }
    for name, table in tables.items():
        found = texts(table, PRINTING)
        (tmp_path / f"{name}.tex").write_text(found["tex"], encoding="utf-8")
        (tmp_path / f"{name}_long.tex").write_text(found["long"], encoding="utf-8")
    files = [path.name for path in sorted(tmp_path.glob("*.tex"))]
    assert latex.too_wide(tmp_path, files, options) == []
