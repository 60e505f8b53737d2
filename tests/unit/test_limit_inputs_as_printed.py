"""Numbers as papers print them, at the prompt and in tables; files of other tools; closed pipes."""

import csv
import io
import json
import subprocess
import sys

import pytest

from lnvsearch.cli import main
from lnvsearch.limit_quantities import Uncertainty, parse_number, parse_uncertainty
from lnvsearch.statistics import (
    AsymmetricBackground,
    CountingExperiment,
    GaussianBackground,
    GaussianEfficiency,
    KnownBackground,
    KnownEfficiency,
    PoissonBackground,
    cls,
    rolke,
)


def call(capsys, command, *more):
    """Exit code, stdout and stderr of a command."""
    code = main([*command.split(), *more])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def upper(capsys, command, *more):
    code, out, err = call(capsys, f"{command} --json", *more)
    assert code == 0, err
    return json.loads(out)["upper"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.4", Uncertainty(0.4, 0.4)),
        ("7%", Uncertainty(0.07, 0.07, True)),
        ("+0.6-0.5", Uncertainty(0.6, 0.5)),
        ("+0.6 -0.5", Uncertainty(0.6, 0.5)),
        ("-0.5+0.6", Uncertainty(0.6, 0.5)),
        ("+1e-1-5E-2", Uncertainty(0.1, 0.05)),
        ("+20%-10%", Uncertainty(0.2, 0.1, True)),
        ("± 0.4", Uncertainty(0.4, 0.4)),
    ],
)
def test_uncertainties_as_printed(text, expected):
    found = parse_uncertainty(text)
    assert found.relative == expected.relative
    assert (found.up, found.down) == pytest.approx((expected.up, expected.down))


@pytest.mark.parametrize("text", ["", "much", "-0.4", "+0.6", "+0.6-5%", "inf", "nan", "1,5"])
def test_uncertainties_that_are_none(text):
    with pytest.raises(ValueError, match="must"):
        parse_uncertainty(text)


def test_percentages_are_fractions():
    # As close to the decimal fraction as a double can be.
    assert parse_number("95%") == 0.95 and parse_uncertainty("7%").up == 0.07
    assert parse_number("15.83%") == pytest.approx(0.1583)
    with pytest.raises(ValueError, match="a decimal point, not a comma"):
        parse_number("0,5")


def test_relative_and_absolute_errors_agree(capsys):
    common = "limit --method rolke --observed 1 --background 0"
    relative = upper(capsys, f"{common} --efficiency 15.83% --efficiency-uncertainty 7%")
    absolute = upper(capsys, f"{common} --efficiency 0.1583 --efficiency-uncertainty 0.011081")
    assert relative == pytest.approx(absolute, rel=1e-12)
    experiment = CountingExperiment(
        1, KnownBackground(0.0), GaussianEfficiency(0.1583, 0.07 * 0.1583)
    )
    assert relative == pytest.approx(rolke.upper_limit(experiment), rel=1e-12)


def test_single_event_sensitivity_is_an_inverse_efficiency(capsys):
    common = "limit --method cls --observed 1 --background 0.91 --background-uncertainty 0.41"
    code, out, _ = call(
        capsys,
        f"{common} --single-event-sensitivity 1.28e-11 "
        "--single-event-sensitivity-uncertainty 0.04e-11 --json",
    )
    answer = json.loads(out)
    sigma = 0.04 / 1.28 / 1.28e-11
    experiment = CountingExperiment(
        1, GaussianBackground(0.91, 0.41), GaussianEfficiency(1.0 / 1.28e-11, sigma)
    )
    assert code == 0
    assert answer["quantity"] == "branching fraction"
    assert answer["upper"] == pytest.approx(cls.upper_limit(experiment), rel=1e-9)


@pytest.mark.parametrize("shape", ["bifurcated-gaussian", "lognormal"])
def test_asymmetric_background(capsys, shape):
    found = upper(
        capsys,
        "limit --method cls --observed 1 --background 0.7 --background-uncertainty +0.6-0.5 "
        f"--efficiency 1 --background-shape {shape}",
    )
    background = AsymmetricBackground(0.7, 0.6, 0.5, shape)
    experiment = CountingExperiment(1, background, KnownEfficiency(1.0))
    assert found == pytest.approx(cls.upper_limit(experiment), rel=1e-12)


def test_correlation_reaches_the_method(capsys):
    common = (
        "limit --method cls --observed 2 --background 1.3 --background-uncertainty 0.6 "
        "--efficiency 0.5 --efficiency-uncertainty 0.1"
    )
    limits = [upper(capsys, f"{common} --correlation {r}") for r in ("-0.9", "0", "0.9")]
    # A background that is large together with the efficiency makes the data harder to explain
    # by signal, and less so against it.
    assert limits == sorted(limits)
    assert limits[1] == pytest.approx(upper(capsys, common), rel=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--efficiency 15.83 --normalisation 1e10", "15.83 per cent is written 15.83% or 0.1583"),
        ("--efficiency 1e11 --normalisation 1e10", "already contains the normalisation"),
        ("--single-event-sensitivity 1e-11 --normalisation 1e9", "exclude each other"),
        ("--single-event-sensitivity 5e10", "its inverse would be given as --efficiency"),
        ("--single-event-sensitivity 0", "must be finite and > 0"),
        ("--efficiency 0.5 --efficiency-uncertainty +0.1-0.2", "must be one number"),
        ("--efficiency 0.5 --background-shape lognormal", "needs --background-uncertainty"),
        (
            "--efficiency 0.5 --background-uncertainty +1-0.6 --background-shape lognormal",
            "--background-uncertainty must go down by less than --background 0.5",
        ),
        ("--efficiency 0.5 --correlation 0.5", "--correlation needs --background-uncertainty"),
        ("--efficiency 0.5 --background-uncertainty 1 --correlation 0.5", "--correlation needs"),
    ],
)
def test_likely_slips_are_named(capsys, options, message):
    code, out, err = call(capsys, f"limit --method cls --observed 1 --background 0.5 {options}")
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1


def test_a_relative_looking_uncertainty_is_asked_about(capsys):
    command = (
        "limit --method cls --observed 1 --background 0.5 --efficiency 0.1583 "
        "--efficiency-uncertainty {} --json"
    )
    asked = json.loads(call(capsys, command.format("0.07"))[1])
    assert any(note.startswith("question:") and "7%" in note for note in asked["notes"])
    for clear in ("7%", "0.011", "44%"):
        notes = json.loads(call(capsys, command.format(clear))[1])["notes"]
        assert not any(note.startswith("question:") for note in notes)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_tables_with_other_separators_and_a_bom(capsys, tmp_path, separator, mark):
    lines = ["observed,background,background-uncertainty,efficiency", "1,0.7,+0.6-0.5,15%"]
    path = tmp_path / "counts.csv"
    path.write_text(mark + "\r\n".join(lines).replace(",", separator), encoding="utf-8")
    code, out, err = call(capsys, "limit --method cls --table", str(path))
    assert code == 0, err
    (row,) = csv.DictReader(io.StringIO(out))
    background = AsymmetricBackground(0.7, 0.6, 0.5)
    experiment = CountingExperiment(1, background, KnownEfficiency(0.15))
    assert float(row["upper"]) == pytest.approx(cls.upper_limit(experiment), rel=1e-12)
    assert row["background_uncertainty"] == "+0.6-0.5"
    assert row["notes"].startswith("method: CLs")


def test_binary_table_and_a_folder(capsys, tmp_path):
    path = tmp_path / "counts.xlsx"
    path.write_bytes(b"PK\x03\x04\xff\xfe\x00")
    for wrong in (path, tmp_path):
        code, _, err = call(capsys, "limit --method cls --table", str(wrong))
        assert code == 2 and err.count("\n") == 1 and "cannot be read" in err


# --- files of other tools ------------------------------------------------------------------------

CARD = """\
imax 1 number of bins
jmax 1
kmax 1
-----------
bin b1
observation 2
-----------
bin b1 b1
process signal background
process 0 1
rate 2.5 1.2
-----------
sideband gmN 6 - 0.2
"""
PYHF = {
    "channels": [
        {
            "name": "c",
            "samples": [
                {
                    "name": "signal",
                    "data": [2.5],
                    "modifiers": [
                        {"name": "mu", "type": "normfactor", "data": None},
                        {"name": "e", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}},
                    ],
                },
                {
                    "name": "background",
                    "data": [1.2],
                    "modifiers": [
                        {"name": "b", "type": "histosys",
                         "data": {"hi_data": [1.6], "lo_data": [0.8]}}
                    ],
                },
            ],
        }
    ],
    "observations": [{"name": "c", "data": [2]}],
    "measurements": [{"name": "m", "config": {"poi": "mu", "parameters": []}}],
    "version": "1.0.0",
}
HS3 = {
    "distributions": [
        {
            "name": "c",
            "type": "histfactory_dist",
            "samples": [
                {
                    "name": "signal",
                    "data": {"contents": [2.5]},
                    "modifiers": [
                        {"name": "mu", "parameter": "mu", "type": "normfactor"},
                        {"name": "e", "type": "normsys", "data": {"hi": 1.1, "lo": 0.9}},
                    ],
                },
                {
                    "name": "background",
                    "data": {"contents": [1.2]},
                    "modifiers": [
                        {"name": "b", "type": "histosys",
                         "data": {"hi": {"contents": [1.6]}, "lo": {"contents": [0.8]}}}
                    ],
                },
            ],
        }
    ],
    "data": [{"name": "observed", "type": "binned", "contents": [2]}],
    "likelihoods": [{"name": "l", "distributions": ["c"], "data": ["observed"]}],
    "analyses": [{"name": "a", "likelihood": "l", "parameters_of_interest": ["mu"]}],
    "metadata": {"hs3_version": "0.2"},
}


def test_datacard_with_a_counted_background(capsys, tmp_path):
    path = tmp_path / "card.txt"
    path.write_text(CARD)
    code, out, err = call(capsys, "limit --method cls --json --model", str(path))
    assert code == 0, err
    answer = json.loads(out)
    experiment = CountingExperiment(2, PoissonBackground(6, 5.0), KnownEfficiency(2.5))
    assert answer["quantity"] == "signal strength"
    assert answer["upper"] == pytest.approx(cls.upper_limit(experiment), rel=1e-12)


@pytest.mark.parametrize("content", [PYHF, HS3])
def test_json_models_of_one_bin(capsys, tmp_path, content):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(content))
    code, out, err = call(capsys, "limit --method rolke --json --model", str(path))
    assert code == 0, err
    answer = json.loads(out)
    assert (answer["observed"], answer["background"], answer["efficiency"]) == (2, 1.2, 2.5)
    assert answer["background_uncertainty"] == pytest.approx(0.4)
    # The two logarithms of the normsys, 1.1 and 1/0.9, averaged.
    assert answer["efficiency_uncertainty"] == pytest.approx(2.5 * ((1.1 / 0.9) ** 0.5 - 1.0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("gmN 6", "shape"), "only lnN and gmN are read"),
        (lambda text: text.replace("observation 2", "observation 2 3"), "one bin is read"),
        (lambda text: text.replace("rate 2.5 1.2", ""), "needs the line 'rate'"),
        (lambda text: text.replace("2.5 1.2", "2.5 5.0"), "6 x 0.2 = 1.2, but the rate is 5"),
        (lambda text: text + text.splitlines()[-1], "the line 'sideband' is there 2 times"),
        (lambda text: "{" + text, "not valid JSON"),
    ],
)
def test_models_that_are_refused(capsys, tmp_path, change, message):
    path = tmp_path / "card.txt"
    path.write_text(change(CARD))
    code, _, err = call(capsys, "limit --method cls --model", str(path))
    assert code == 2 and message in err and err.count("\n") == 1


def test_a_sideband_without_a_count_may_have_any_small_rate(capsys, tmp_path):
    path = tmp_path / "card.txt"
    path.write_text(CARD.replace("2.5 1.2", "2.5 1e-3").replace("gmN 6", "gmN 0"))
    code, out, err = call(capsys, "limit --method cls --json --model", str(path))
    assert code == 0, err
    experiment = CountingExperiment(2, PoissonBackground(0, 5.0), KnownEfficiency(2.5))
    assert json.loads(out)["upper"] == pytest.approx(cls.upper_limit(experiment), rel=1e-12)


# --- the other end of the pipe -------------------------------------------------------------------

COMMAND = [
    sys.executable, "-m", "lnvsearch", "limit", "--method", "cls", "--observed", "0",
    "--background", "1", "--efficiency", "1",
]


def test_closed_stdout_is_one_line_and_exit_code_1():
    run = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *COMMAND], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr.count("\n") == 1 and "cannot be written" in run.stderr


def test_closed_stdin_is_one_line_and_exit_code_2():
    run = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", *COMMAND[:6], "--table", "-"],
        capture_output=True, text=True, check=False,
    )
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1 and "stdin is closed" in run.stderr


@pytest.mark.parametrize("extra", ["--discovery -3", "--discovery nan", "--power 1", "--power x"])
def test_impossible_sensitivities(capsys, extra):
    command = f"limit --method cls --observed 1 --background 1 --efficiency 1 --sensitivity {extra}"
    code, out, err = call(capsys, command)
    assert (code, out) == (2, "")
    assert extra.split()[0] in err and err.count("\n") == 1


def test_expected_sensitivity_ranking_scan_and_plot(capsys, tmp_path):
    common = (
        "limit --method cls --observed 1 --background 0.91 --background-uncertainty 45% "
        "--efficiency 0.2 --efficiency-uncertainty 7% --json"
    )
    answer = json.loads(call(capsys, f"{common} --expected --sensitivity --ranking")[1])
    band = answer["expected"]
    assert band["minus_two_sigma"] <= band["median"] <= band["plus_one_sigma"]
    assert band["median"] == pytest.approx(answer["upper"])  # one event is the median count
    assert answer["sensitivity"]["critical_count"] >= 6
    assert answer["ranking"][0]["uncertainty"] == "background"
    for method in ("cls", "rolke", "feldman-cousins", "bayesian", "cls-profiled"):
        text = call(capsys, f"{common.replace(' cls ', f' {method} ')} --scan")[1]
        points = json.loads(text)["scan"]
        assert points[0]["cls"] == pytest.approx(1.0)
        assert min(point["minus_two_log_lambda"] for point in points) < 0.02
    nothing = common.replace("--observed 1", "--observed 0")
    points = json.loads(call(capsys, f"{nothing} --scan")[1])["scan"]
    assert points[0]["minus_two_log_lambda"] == 0.0
    assert points[-1]["minus_two_log_lambda"] > 2.0
    path = tmp_path / "curve.pdf"
    code, _, err = call(capsys, f"{common} --plot", str(path))
    assert code == 0 and path.read_bytes().startswith(b"%PDF"), err


def test_a_reader_that_stops_early_is_no_error(tmp_path):
    table = tmp_path / "many.csv"
    table.write_text("observed\n" + "1\n" * 3000)
    command = [*COMMAND[:3], "limit", "--method", "cls", "--background", "1", "--efficiency", "1",
               "--table", str(table)]
    run = subprocess.run(
        ["sh", "-c", '"$@" | head -n 1', "sh", *command], capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith("method,confidence_level,lower,upper")
    assert run.stderr == ""
