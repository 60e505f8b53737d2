"""The command line: answers equal to the library's, and every wrong input one line and exit 2."""

import csv
import io
import json
import re
import sys
from pathlib import Path

import hang_guard
import pytest

import lnvsearch
from lnvsearch.cli import main
from lnvsearch.limit_command import EXAMPLES
from lnvsearch.limit_settings import METHODS, SETTINGS
from lnvsearch.statistics import (
    BinomialEfficiency,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    bayesian,
    cls,
    feldman_cousins,
    rolke,
)

BESIII = (
    "limit --method rolke --observed 1 --background 0 --efficiency 0.1583 "
    "--efficiency-uncertainty 0.0110810 --cl 0.90 --json"
)


def test_limit_in_signal_decays(answer):
    result = json.loads(answer(BESIII))
    assert result["upper"] == pytest.approx(23.187, abs=5e-4)
    assert result["method"] == "rolke"
    assert result["confidence_level"] == 0.90
    assert result["observed"] == 1
    assert result["efficiency"] == 0.1583


def test_limit_as_branching_fraction(answer):
    result = json.loads(answer(BESIII + " --normalisation 10087e6"))
    assert result["upper"] == pytest.approx(2.2987e-9, rel=1e-4)
    assert result["quantity"] == "branching fraction"
    assert result["normalisation"] == 10087e6


def test_normalisation_uncertainty_joins_the_efficiency_in_quadrature(answer):
    with_both = json.loads(
        answer(BESIII + " --normalisation 2e9 --normalisation-uncertainty 8e7")
    )
    relative = ((0.0110810 / 0.1583) ** 2 + 0.04**2) ** 0.5
    experiment = CountingExperiment(
        1, KnownBackground(0.0), GaussianEfficiency(0.1583, 0.1583 * relative)
    )
    assert with_both["upper"] == pytest.approx(rolke.interval(experiment).upper / 2e9, rel=1e-12)
    alone = json.loads(
        answer(
            "limit --method cls --observed 1 --background 0 --efficiency 0.1 "
            "--normalisation 2e9 --normalisation-uncertainty 8e7 --json"
        )
    )
    known = CountingExperiment(1, KnownBackground(0.0), GaussianEfficiency(0.1, 0.004))
    assert alone["upper"] == pytest.approx(cls.upper_limit(known) / 2e9, rel=1e-12)


def test_every_method_gives_what_the_library_gives(answer):
    common = "--observed 3 --background 1.2 --background-uncertainty 0.4 --efficiency 0.2 --cl 0.95"
    experiment = CountingExperiment(3, GaussianBackground(1.2, 0.4), KnownEfficiency(0.2))
    expected = {
        "rolke --bounded": rolke.interval(experiment, 0.95, bounded=True).upper,
        "cls --prior gamma": cls.upper_limit(experiment, 0.95, prior="gamma"),
        "cls --prior posterior-gamma,none": cls.upper_limit(
            experiment, 0.95, prior=("posterior-gamma", "none")
        ),
        "feldman-cousins": feldman_cousins.interval(experiment, 0.95).upper,
        "bayesian --signal-prior reciprocal-sqrt": bayesian.upper_limit(
            experiment, 0.95, signal_prior="reciprocal-sqrt"
        ),
    }
    for method, upper in expected.items():
        result = json.loads(answer(f"limit --method {method} {common} --json"))
        assert result["upper"] == pytest.approx(float(upper), rel=1e-12)
        assert result["lower"] >= 0.0


def test_counted_background_and_efficiency(answer):
    result = json.loads(
        answer(
            "limit --method cls --observed 4 --sideband 6 --tau 3 --passed 50 --generated 400 "
            "--json"
        )
    )
    experiment = CountingExperiment(4, PoissonBackground(6, 3.0), BinomialEfficiency(50, 400))
    assert result["upper"] == pytest.approx(cls.upper_limit(experiment), rel=1e-12)


def test_feldman_cousins_options(answer):
    common = "limit --method feldman-cousins --observed 2 --background 8 --efficiency 1 --cl 0.95"
    first, outermost, paper, default = (
        json.loads(answer(f"{common} {option} --json"))["upper"]
        for option in ("--convention root", "--convention outermost", "--convention paper", "")
    )
    assert first < outermost <= paper == default
    uncertain = common + " --background-uncertainty 25%"
    hill = json.loads(answer(f"{uncertain} --ordering hill --json"))["upper"]
    experiment = CountingExperiment(2, GaussianBackground(8.0, 2.0), KnownEfficiency(1.0))
    expected = feldman_cousins.interval(experiment, 0.95, ordering="hill").upper
    assert hill == pytest.approx(expected, rel=1e-9)


def test_readable_answer(answer):
    text = answer("limit --method cls --observed 0 --background 0.3 --efficiency 1")
    assert text.splitlines()[:4] == [
        "cls, 90 % confidence level",
        "lower  0",
        "upper  2.30  produced signal decays",
        "p-value of the background alone  1  (significance 0)",
    ]
    assert text.splitlines()[4].startswith("note  method: CLs with the nuisances averaged")


def test_infinite_upper_limit_is_null_in_json(answer):
    command = (
        "limit --method rolke --observed 1 --background 0 --efficiency 0.1 "
        "--efficiency-uncertainty 0.09"
    )
    assert json.loads(answer(command + " --json"))["upper"] is None
    assert "upper  inf" in answer(command)


# --- tables --------------------------------------------------------------------------------------

TABLE = """\
label,method,observed,background,background-uncertainty,efficiency,cl
a,cls,0,1.0,,0.5,
b,rolke,3,2.0,0.3,0.5,0.95
c,cls,2,1.0,,0.25,

d,bayesian,1,0.5,0.1,0.5,0.68
"""


@pytest.fixture
def table(tmp_path):
    """Write a table and return its path."""

    def write(text):
        path = tmp_path / "counts.csv"
        path.write_text(text)
        return str(path)

    return write


def test_table_equals_single_calls(answer, table):
    many = json.loads(answer("limit --json --table", table(TABLE)))
    singles = [
        "--method cls --observed 0 --background 1 --efficiency 0.5",
        "--method rolke --observed 3 --background 2 --background-uncertainty 0.3 --efficiency 0.5 "
        "--cl 0.95",
        "--method cls --observed 2 --background 1 --efficiency 0.25",
        "--method bayesian --observed 1 --background 0.5 --background-uncertainty 0.1 "
        "--efficiency 0.5 --cl 0.68",
    ]
    assert [row.pop("label") for row in many] == ["a", "b", "c", "d"]
    for row, single in zip(many, singles, strict=True):
        alone = json.loads(answer(f"limit {single} --json"))
        assert row.pop("upper") == pytest.approx(alone.pop("upper"), rel=1e-12)
        assert row.pop("lower") == pytest.approx(alone.pop("lower"), rel=1e-12)
        assert row == alone


def test_table_prints_csv_in_the_order_of_its_lines(answer, table):
    rows = list(csv.DictReader(io.StringIO(answer("limit --table", table(TABLE)))))
    assert [row["label"] for row in rows] == ["a", "b", "c", "d"]
    assert float(rows[0]["upper"]) == pytest.approx(2.302585 / 0.5, rel=1e-6)
    assert rows[0]["background_uncertainty"] == ""


def test_command_line_fills_missing_columns_and_cells_win(answer, table):
    path = table("observed,background,bounded\n0,1,true\n2,,no\n")
    rows = json.loads(
        answer("limit --method rolke --efficiency 0.1 --background 3 --json --table", path)
    )
    assert [row["background"] for row in rows] == [1.0, 3.0]
    assert rows[0]["bounded"] is True
    assert "bounded" not in rows[1]


def test_table_from_standard_input(answer, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(["observed", "0", "1"])))
    text = answer("limit --table - --method cls --background 0 --efficiency 1 --json")
    assert [row["observed"] for row in json.loads(text)] == [0, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("observed,efficency\n1,0.5\n", "line 1: unknown column 'efficency'; did you mean 'efficiency'?"),
        ("observed,observed\n1,1\n", "appears twice"),
        ("observed\n1\nmany\n", "line 3: observed must be a number; got 'many'"),
        ("observed\n1\n1,2\n", "line 3: 2 cells for 1 columns"),
        ("observed\n1\n-2\n", "line 3: --observed must be finite and >= 0; got -2"),
        ("observed,cl\n1,0.9\n1,90\n", "line 3: --cl (confidence_level) must be between 0 and 1"),
        ("observed,sideband\n1,\n1,2\n", "line 3: --sideband needs --tau"),
        ("observed,bounded\n1,maybe\n", "bounded must be true or false; got 'maybe'"),
        ("observed,background\n1,nan\n", "line 2: background must be a value; got 'nan'"),
        ("observed;background\n1;0,5\n", "a decimal point, not a comma"),
        ("observed,method\n1,best\n", "method must be one of rolke"),
        ("observed\n", "no experiments"),
        ("", "no experiments"),
    ],
)
def test_wrong_tables(refusal, table, text, message):
    line = refusal(
        "limit --method cls --background 1 --efficiency 0.5 --table", table(text)
    )
    assert message in line
    assert "counts.csv" in line


def test_table_that_is_not_there(refusal, tmp_path):
    assert "none.csv" in refusal("limit --table", str(tmp_path / "none.csv"))


CARD = """\
imax 1
jmax 1
kmax 2
bin b
observation 1
bin b b
process signal background
process 0 1
rate 2.5 0.91
luminosity lnN 1.025 -
background lnN - 1.45
"""


# --- the program ---------------------------------------------------------------------------------


def test_version_and_help(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"lnvsearch {lnvsearch.__version__}\n"
    assert main(["limit", "--help"]) == 0
    text = capsys.readouterr().out
    assert "examples:" in text
    assert all(f"--{setting.option}" in text for setting in SETTINGS)
    assert all(method in text for method in METHODS)


def test_examples_of_the_help_run(answer, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "counts.csv").write_text("observed,background,efficiency\n1,0.5,0.2\n")
    commands = [
        line.strip().removeprefix("lnvsearch ")
        for line in EXAMPLES.replace("\\\n", " ").splitlines()
        if line.strip().startswith("lnvsearch ")
    ]
    (tmp_path / "card.txt").write_text(CARD)
    assert len(commands) == 7
    for command in commands:
        assert "upper" in answer(command)


#: A number that is printed with all digits that it has.
UNROUNDED = re.compile(r"\d+\.\d{9,}(?:e[-+]\d+)?")


def test_examples_of_the_documentation_print_what_it_shows(answer, tmp_path, monkeypatch):
    text = (Path(__file__).parents[2] / "docs" / "limits_command.md").read_text()
    blocks = re.findall(r"```console\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) >= 2
    monkeypatch.chdir(tmp_path)
    for block in blocks:
        for step in block.replace("\\\n", " ").removeprefix("$ ").split("\n$ "):
            command, shown = step.split("\n", 1)
            if command.startswith("cat "):
                Path(command.removeprefix("cat ")).write_text(shown)
            else:
                said = answer(command.removeprefix("lnvsearch "))
                # Their last digits are those of one type of processor: numpy's exponential differs.
                assert UNROUNDED.sub("a number", said) == UNROUNDED.sub("a number", shown)
                found, expected = ([float(n) for n in UNROUNDED.findall(each)] for each in (said, shown))
                assert found == pytest.approx(expected, rel=1e-9)


def test_module_runs_as_a_program_without_loading_the_library_for_its_version():
    run = hang_guard.run([sys.executable, "-X", "importtime", "-m", "lnvsearch", "--version"])
    assert run.stdout == f"lnvsearch {lnvsearch.__version__}\n"
    loaded = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines()}
    assert "argparse" in loaded
    assert not loaded & {"numpy", "scipy", "numba"}


def test_module_returns_the_exit_code():
    run = hang_guard.run([sys.executable, "-m", "lnvsearch", "limit"])
    assert run.returncode == 2
    assert run.stderr == "lnvsearch: error: --observed is missing\n"


def test_errors_of_either_order_and_a_full_correlation_are_read(answer):
    numbers = "limit --method cls --observed 1 --background 0.7 --efficiency 0.2 --json"
    first = answer(numbers, "--background-uncertainty", "+0.6-0.5")
    assert answer(numbers, "--background-uncertainty", "-0.5+0.6") == first
    errors = " --background-uncertainty 0.1 --efficiency-uncertainty 0.01"
    assert json.loads(answer(numbers + errors + " --correlation -1"))["correlation"] == -1.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ("--observed 1 --background 0.7 --efficiency 0.2 --efficiency-uncertainty 2",
         "must be at most 100 % of its value 0.2; got 2; if it is in per cent, write 2%"),
        ("--observed 1 --background 1 --efficiency 0.2 --normalisation 1e9 "
         "--normalisation-uncertainty 200%", "--normalisation-uncertainty must be at most 100 %"),
        ("--observed 1 --background 1 --efficiency 1 --cl 0.9%", "got 0.009; did you mean 0.9?"),
        ("--observed 1 --background 1 --efficiency 1 --cl 1e-30", "must be at least 0.01"),
        ("--observed 1 --background 1 --efficiency 1e-300", "is the exponent right?"),
        ("--observed 1e13 --background 1 --efficiency 1", "use --method rolke"),
        ("--observed 1 --sideband 1e13 --tau 1 --efficiency 1", "--sideband"),
        ("--observed 1 --single-event-sensitivity 5e-324 --background 1", "1e-100"),
    ],
)  # fmt: skip
def test_numbers_that_are_slips_are_refused_by_every_method(refusal, method, numbers, message):
    assert message in refusal(f"limit --method {method} {numbers}")


def test_a_sideband_count_that_is_no_whole_number_is_asked_about(answer):
    common = "limit --method cls --observed 1 --tau 3 --efficiency 0.2"
    assert "2.5 is no whole number" in answer(common + " --sideband 2.5")
    assert "question" not in answer(common + " --sideband 2")


def test_a_scan_that_has_no_posterior_is_refused_in_one_line(refusal):
    line = refusal(
        "limit --method cls --observed 0 --background 1 --efficiency 0.15 "
        "--efficiency-uncertainty 0.15 --prior gamma --scan"
    )
    assert "--scan is not possible with these numbers" in line


def test_the_wrong_line_of_a_long_table_is_named(refusal, table):
    lines = ["1,0.2,0.01"] * 300
    lines[200] = "1,0.2,0.2"  # no proper posterior
    text = "\n".join(["observed,efficiency,efficiency-uncertainty", *lines])
    line = refusal("limit --method bayesian --background 1 --prior gamma --table", table(text))
    assert "line 202: --efficiency-uncertainty with the gamma prior must be at most 0.97 of the mean" in line


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("{run} --version >&-", 1, "stdout is closed"),
        ("{run} limit --help > /dev/full", 1, "No space left"),
        ("{run} limit {good} > /dev/full", 1, "No space left"),
        ("{run} limit {good} | head -c 0; exit ${{PIPESTATUS[0]}}", 0, ""),
        ("{run} limit --help | head -c 0; exit ${{PIPESTATUS[0]}}", 0, ""),
        ("{run} limit 2> /dev/full", 2, ""),
        ("printf 'label,observed\\n\\303\\251,1\\n' | PYTHONIOENCODING=utf-8 "
         "{run} limit {good} --table - > /dev/null", 0, ""),
        ("printf 'label,observed\\n\\303\\251,1\\n' > t.csv; PYTHONIOENCODING=ascii "
         "{run} limit {good} --table t.csv", 1, "set PYTHONIOENCODING=utf-8"),
        ("PYTHONIOENCODING=ascii {run} limit --help", 0, ""),
    ],
)  # fmt: skip
def test_output_that_cannot_be_written_is_one_line_and_exit_code_1(
    tmp_path, command, code, message
):
    good = "--method cls --background 0.5 --efficiency 0.2 --observed 1"
    command = command.format(run=f"{sys.executable} -m lnvsearch", good=good)
    run = hang_guard.run(["bash", "-c", command], cwd=tmp_path)
    assert run.returncode == code
    assert message in run.stderr
    assert run.stderr.count("\n") == bool(message)


def test_help_prints_its_examples_as_they_are_typed(answer):
    assert "15.83% --efficiency-uncertainty 7%" in answer("limit --help")
    assert "{sideband_1: 30%}" in answer("combine --help")


def test_scan_of_very_many_events_has_no_averages_and_ends(answer):
    command = (
        "limit --method rolke --observed 1000000000000 --sideband 1 --tau 1 --efficiency 1 "
        "--efficiency-uncertainty 100% --bounded --ranking --scan"
    )
    rows = list(csv.DictReader(io.StringIO(answer(command))))
    assert all(row["cls"] == row["posterior_above"] == "" for row in rows)
    assert all(float(row["minus_two_log_lambda"]) > 0.0 for row in rows)


def test_orderings_refuse_what_they_cannot_rank(refusal):
    command = (
        "limit --method feldman-cousins --ordering hill --observed 8 --background 2 --passed 1 "
        "--generated 100 --cl 0.999999999"
    )
    assert "rank more than 600 counts" in refusal(command)


def test_a_default_method_that_says_which(answer):
    numbers = "limit --observed 1 --background 0.5 --efficiency 0.2 --json"
    found = json.loads(answer(numbers))
    asked = json.loads(answer(numbers + " --method cls"))
    assert found["notes"][0].startswith("default: no --method was given; this is cls")
    assert found.pop("notes")[1:] == asked.pop("notes") and found == asked


@pytest.mark.parametrize(
    ("typed", "declared"),
    [
        ("--method CLs", "--method cls"),
        ("--method CLs_Profiled", "--method cls-profiled"),
        ("--method FC --ordering Cousins_Highland", "--method feldman-cousins"),
        ("--Method ROLKE --Bounded", "--method rolke --bounded"),
        ("--method cls --prior Lognormal,Posterior_Gamma", "--method cls --prior lognormal"),
        ("--method cls --Normalization=1e9", "--method cls --normalisation 1e9"),
        (
            "--method cls --normalization 1e9 --normalization-uncertainty 2%",
            "--method cls --normalisation 1e9 --normalisation_uncertainty 2%",
        ),
    ],
)
def test_case_and_spelling_are_forgiven(typed, declared, answer):
    numbers = "limit --observed 1 --background 0.5 --efficiency 0.2 --json "
    typed, declared = (json.loads(answer(numbers + words)) for words in (typed, declared))
    assert typed["method"] == declared["method"] and typed["upper"] == declared["upper"]


def test_spelling_is_forgiven_in_tables_too(answer, table):
    text = "Method,Observed,background,efficiency,Normalization\nCLs,1,0.5,0.2,1e9\n,1,0.5,0.2,1e9\n"
    first, second = list(csv.DictReader(io.StringIO(answer("limit --table", table(text)))))
    assert first == second and first["method"] == "cls"


def test_what_a_limit_is_on(answer, table):
    numbers = "limit --method cls --observed 1 --background 0.5 --json "
    for options, quantity in (
        ("--efficiency 1", "produced signal decays"),
        ("--efficiency 1.59e8", "branching fraction"),
        ("--efficiency 0.1 --normalisation 1e9", "branching fraction"),
        ("--single-event-sensitivity 1e-11", "branching fraction"),
    ):
        assert json.loads(answer(numbers + options))["quantity"] == quantity
    text = "observed,background,efficiency\n1,0.5,0.2\n1,0.5,1e8\n0,0.1,1.0\n"
    rows = csv.DictReader(io.StringIO(answer("limit --method cls --table", table(text))))
    decays, fraction = "produced signal decays", "branching fraction"
    assert [row["quantity"] for row in rows] == [decays, fraction, decays]
