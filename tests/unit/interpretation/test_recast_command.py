"""`lnvsearch recast`: answers, models from files, exports, and what it refuses in one line."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from lnvsearch.cli import main
from lnvsearch.interpretation.channels import GRIDS, find_channel
from lnvsearch.interpretation.dalitz import dalitz_table, phase_space_masses, sorted_pair_masses
from lnvsearch.interpretation.model_keys import KEYS
from lnvsearch.tables import to_csv

from .test_dalitz import decays, lhe_text, write_density

POINT = ("--search", "na62_2022", "--channel", "piee", "--mass-gev", "0.3")


@pytest.fixture(scope="module")
def folder(grids):
    channel = find_channel("na62_2022", "piee")
    masses = phase_space_masses(channel, 20_000, seed=2)
    table = dalitz_table(channel, masses, 0.1 * masses[:, 0], total_weight=len(masses))
    (grids / "na62_2022" / "dalitz_piee.csv").write_text(to_csv(table))
    return grids


@pytest.fixture
def recast(folder, capsys):
    def run(*arguments, code=0):
        assert main(["recast", "--grids", str(folder), *map(str, arguments)]) == code
        captured = capsys.readouterr()
        if code:
            assert captured.out == "" and captured.err.count("\n") == 1
            return captured.err
        assert captured.err == ""
        return captured.out

    return run


@pytest.fixture
def model(tmp_path):
    def write(text, name="model.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_a_point_of_the_grid(recast):
    found = json.loads(recast(*POINT, "--lifetime-ps", "100", "--json"))
    assert found["acceptance"] == pytest.approx(0.029)
    assert found["branching_fraction_limit"] == pytest.approx(2.305 / 1.015e12 / 0.029)
    assert (found["observed"], found["background"], found["method"]) == (0, 0.43, "cls")
    assert found["decay"] == "K+ -> e+ N, N -> pi- e+" and found["kind"] == "simulated"


def test_case_and_hyphens_of_names_are_forgiven(recast):
    same = recast(*POINT, "--lifetime-ps", "100")
    assert recast("--search", "NA62-2022", "--channel", "PiEE", *POINT[4:], "--lifetime-ps", "100") == same


def test_the_text_says_the_same(recast):
    text = recast(*POINT, "--lifetime-ps", 100)
    assert text.startswith("na62_2022 piee: K+ -> e+ N, N -> pi- e+\n")
    assert (
        "\nobserved                       0\n" in text
        and "\nacceptance                     0.029\n" in text
    )


def test_chirality_is_chosen(recast):
    found = json.loads(recast(*POINT, "--chirality", "v_minus_a", "--json"))
    assert found["acceptance"] == pytest.approx(0.9 * 0.093) and found["chirality"] == "v_minus_a"


def test_what_mixes_has_the_vertices_of_the_weak_interaction(recast):
    for chosen, chirality in (((), "v_minus_a"), (("--chirality", "isotropic"), "isotropic")):
        found = json.loads(recast(*POINT, "--mixing", "1:0:0", *chosen, "--json"))
        assert found["chirality"] == chirality


def test_a_limit_above_one_is_called_none(recast):
    assert "no bound: the limit is above 1" in recast(*POINT, "--lifetime-ps", "1e30")
    assert "no bound" not in recast(*POINT, "--lifetime-ps", "1e4")


@pytest.mark.parametrize(("fraction", "excluded"), [("1e-9", True), ("1e-12", False)])
def test_a_prediction_is_excluded_or_not(recast, fraction, excluded):
    found = json.loads(recast(*POINT, "--branching-fraction", fraction, "--json"))
    assert found["excluded"] is excluded
    assert found["expected_events"] == pytest.approx(float(fraction) * 1.015e12 * 0.093)


def test_a_mixing_gives_its_limit_and_a_squared_one_its_lifetime(recast):
    found = json.loads(recast(*POINT, "--mixing", "1:0:0", "--json"))
    assert found["mixing_limit"] == pytest.approx(1.5e-5, rel=0.1)
    assert found["prompt_reading_consistent"] is False
    limit = found["mixing_limit"]
    for factor in (0.99, 1.01):
        at = json.loads(
            recast(*POINT, "--mixing", "1:0:0", "--mixing-squared", factor * limit, "--json")
        )
        assert at["excluded"] is (factor > 1.0)
        assert at["lifetime_ps"] == pytest.approx(found["lifetime_at_limit_ps"] / factor, rel=1e-3)


def test_all_masses_and_their_export(recast, tmp_path):
    path = tmp_path / "ue4.dat"
    rows = json.loads(recast(*POINT[:4], "--mixing", "1:0:0", "--json"))
    assert (
        recast(*POINT[:4], "--mixing", "1:0:0", "--export", path)
        == f"{path}: {len(rows)} masses with a limit\n"
    )
    lines = path.read_text().splitlines()
    assert lines[0] == "# mN [MeV]   upper limit at 90% CL on |U_e|^2"
    numbers = [tuple(map(float, line.split())) for line in lines if not line.startswith("#")]
    expected = [(1e3 * row["mass_gev"], row["mixing_limit"]) for row in rows]
    assert numbers == [pytest.approx(pair, rel=1e-3) for pair in expected]


def test_besiii_says_that_it_has_no_bound(recast, tmp_path):
    besiii = ("--search", "besiii_2025", "--channel", "majorana_pair")
    assert "no bound below |U|^2 = 1: there the product is" in recast(*besiii, "--mixing", "1:0:0")
    path = tmp_path / "none.dat"
    message = recast(*besiii, "--mixing", "1:0:0", "--export", path, code=2)
    assert "nothing to export" in message and not path.exists()
    text = recast(*besiii[:3], "one_majorana", "--mass-gev", 1.0)
    assert "nobody has computed J/psi -> N K+ e-" in text


def test_a_model_file_with_lifetimes(recast, model):
    path = model(
        "name: mine\nsearch: na62_2022\nchannel: piee\nmass_gev: 0.3\nlifetimes_ps: [0, 100, 1.0e+6]\n"
        "chirality: v_minus_a\nbranching_fraction: 1.0e-9\n"
    )
    prompt, later, far = json.loads(recast("--model", path, "--json"))
    assert prompt["model"] == "mine" and prompt["lifetime_ps"] == 0.0
    assert prompt["acceptance"] > later["acceptance"] > far["acceptance"]
    assert any("extrapolated" in note for note in far["notes"])


def test_a_density_and_its_events_agree(recast, model, tmp_path):
    channel = find_channel("na62_2022", "piee")
    momenta = decays(4000)
    masses = sorted_pair_masses(momenta, channel)
    (tmp_path / "mine.lhe").write_text(lhe_text(momenta, masses[:, 0] ** 2))
    write_density(tmp_path / "mine.csv", lambda a, b: a**2)
    head = "search: na62_2022\nchannel: piee\nbranching_fraction: 1.0e-9\n"
    found = [
        json.loads(recast("--model", model(head + line, name), "--json"))
        for name, line in (("one.yaml", "density: mine.csv\n"), ("two.yaml", "events: mine.lhe\n"))
    ]
    assert found[0]["acceptance"] == pytest.approx(found[1]["acceptance"], rel=0.01)
    ratio = found[0]["acceptance_over_phase_space"]
    assert found[0]["branching_fraction_limit"] == pytest.approx(5.3e-11 / ratio)
    assert ratio > 1.0 and found[0]["excluded"] is True


def test_the_list_names_every_channel(recast):
    entries = json.loads(recast("--list", "--json"))
    assert {(e["search"], e["channel"]) for e in entries} >= {
        ("na62_2022", "piee"),
        ("besiii_2025", "majorana_pair"),
    }
    assert "K+ -> mu+ N, N -> pi- mu+" in recast("--list")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--mass-gev", "0.6"), "has phase space between 0.1401 and 0.4932 GeV only"),
        (("--mass-gev", "0.1"), "has phase space between"),
        (("--mass-gev", "heavy"), "mass_gev must be a number; got 'heavy'"),
        (("--mass-gev", "nan"), "mass_gev must be a number"),
        (
            ("--mass-gev", "0.3", "--lifetime-ps", "-5"),
            "lifetimes_ps must be >= 0 and finite, in ps; got -5",
        ),
        (("--mass-gev", "0.3", "--lifetime-ps", "inf"), "must be >= 0 and finite"),
        (
            ("--mass-gev", "0.3", "--chirality", "left"),
            "chirality must be isotropic or v_minus_a; got left",
        ),
        (("--mass-gev", "0.3", "--mixing", "-1:1:0"), "mixing must be three numbers >= 0"),
        (("--mass-gev", "0.3", "--mixing", "0:0:0"), "not all three may be 0"),
        (
            ("--mass-gev", "0.3", "--mixing", "1:0:0", "--mixing-squared", "1.5"),
            "at most 1; got 1.5: unphysical",
        ),
        (
            ("--mass-gev", "0.3", "--mixing", "1:0:0", "--mixing-squared", "0"),
            "must be > 0 and at most 1",
        ),
        (("--mass-gev", "0.3", "--mixing-squared", "1e-5"), "needs mass_gev and mixing"),
        (
            (
                "--mass-gev",
                "0.3",
                "--mixing",
                "1:0:0",
                "--mixing-squared",
                "1e-5",
                "--lifetime-ps",
                "3",
            ),
            "lifetimes_ps: follows from mixing_squared",
        ),
        (("--mass-gev", "0.3", "--mixing", "1:0:0", "--nature", "dirac"), "a Dirac N keeps it"),
        (("--mass-gev", "0.3", "--nature", "dirac"), "a Dirac N keeps it"),
        (("--mass-gev", "0.49"), "hardly anything is accepted beyond"),
        (("--mixing", "1:0:0", "--lifetime-ps", "3"), "the lifetime that |U|^2 implies"),
        (("--mixing", "1:0:0", "--branching-fraction", "1e-9"), "at all masses do not use them"),
        (("--mixing", "1:0:0", "--simulate"), "--simulate makes one point"),
        (("--mass-gev", "0.3", "--nature", "weyl"), "nature must be majorana or dirac"),
        (("--mass-gev", "0.3", "--branching-fraction", "2"), "must be > 0 and at most 1"),
        (("--mass-gev", "0.3", "--export", "x"), "--export needs --mixing"),
        (("--mixing", "1:0:0", "--export", "/"), "--export /: that is a folder; name a file"),
        ((), "give one of mass_gev"),
        (("--mass-gev", "0.3", "--grids", "/nowhere"), "/nowhere/na62_2022/piee.csv: no such file"),
        (("--model", "m.yaml"), "--search and --model: the file says it all"),
    ],
)
def test_what_cannot_be_used_is_one_line(recast, arguments, message):
    assert message in recast("--search", "na62_2022", "--channel", "piee", *arguments, code=2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("search: na62_2022\n", "channel is missing"),
        ("- 1\n", "must hold keys"),
        ("a: [", "not valid YAML"),
        (
            "search: na62_2022\nchannel: piee\nmass: 0.3\n",
            "unknown key 'mass'; did you mean mass_gev?",
        ),
        (
            "search: na62_2022\nchannel: piee\nmass_gev: 0.3\ndensity: d.csv\n",
            "give one of mass_gev",
        ),
        (
            "search: na62_2022\nchannel: piee\nmass_gev: true\n",
            "mass_gev must be a number; got True",
        ),
        (
            "search: na62_2022\nchannel: piee\nmass_gev: 0.3\nlifetimes_ps: []\n",
            "1 to 1000 lifetimes",
        ),
        (
            "search: na62_2022\nchannel: piee\ndensity: d.csv\nlifetimes_ps: 5\n",
            "happens at one point",
        ),
        (
            "search: na62_2022\nchannel: piee\ndensity: d.csv\nchirality: isotropic\n",
            "of an N with a mass",
        ),
        ("search: na62_2022\nchannel: piee\ndensity: none.csv\n", "No such file"),
        ("search: na62_2022\nchannel: piee\nmass_gev: 0.3\nmass_gev: 0.2\n", "line 4: mass_gev is given twice"),
        (
            "search: besiii_2025\nchannel: majorana_pair\ndensity: d.csv\n",
            "density: the acceptance of besiii_2025's majorana_pair over the plane of two masses is not in",
        ),
    ],
)
def test_a_model_file_that_cannot_be_used_is_one_line(recast, model, text, message):
    assert message in recast("--model", model(text), code=2)


@pytest.mark.parametrize("ratio", ["1:0:0", "'1:0:0'", "1:30:0", "0:1:0"])
def test_a_mixing_needs_no_quotation_marks(recast, model, ratio):
    """YAML 1.1 takes 1:0:0 for 3600, an hour in seconds."""
    text = f"search: na62_2022\nchannel: piee\nmass_gev: 0.3\nmixing: {ratio}\n"
    assert recast("--model", model(text)) == recast(
        "--search", "na62_2022", "--channel", "piee", "--mass-gev", "0.3", "--mixing", ratio.strip("'")
    )


def test_a_lifetime_beside_a_mixing_is_told_apart(recast):
    said = recast("--search", "na62_2022", "--channel", "piee", "--mass-gev", "0.3", "--mixing", "1:0:0",
                  "--lifetime-ps", "10")  # fmt: skip
    assert "its limits have the lifetime that |U|^2 implies, not the 10 ps of the acceptance above" in said


def test_the_help_explains_every_key_of_a_model_file(capsys):
    main(["recast", "--help"])
    text = capsys.readouterr().out
    assert all(key in text for key in KEYS)


def test_a_point_needs_no_heavy_package(folder):
    """Time is too noisy to test: what is imported decides it."""
    code = (
        "import sys; from lnvsearch.cli import main\n"
        f"main(['recast', '--grids', {str(folder)!r}, *{list(POINT)!r}, '--mixing', '1:0:0'])\n"
        "print(sorted(sys.modules.keys() & {'scipy', 'numba', 'matplotlib', 'awkward', 'uproot', 'pandas'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_grids_of_a_run_have_the_confidence_level_of_the_run(recast, tmp_path, capsys):
    folder = tmp_path / "na62_2022"
    (folder / "recast").mkdir(parents=True)
    (folder / "limits").mkdir()
    (folder / "recast/piee.csv").write_text((GRIDS / "na62_2022/piee.csv").read_text())
    arguments = ["recast", *POINT, "--grids", str(tmp_path), "--json"]

    def level():
        assert main(arguments) == 0
        return json.loads(capsys.readouterr().out)["confidence_level"]

    assert level() is None
    (folder / "limits/piee.json").write_text('[{"confidence_level": 0.95}]')
    assert level() == 0.95


def test_an_edited_file_of_a_run_is_refused_with_the_command_that_makes_it_again(tmp_path, capsys):
    from lnvsearch.checksum_records import check_as_written

    results, records = tmp_path / "results", tmp_path / ".snakemake/checksums/results"
    files = {"recast/piee.csv": (GRIDS / "na62_2022/piee.csv").read_text(), "limits/piee.json": '[{"confidence_level": 0.9}]'}
    for name, text in files.items():
        for file, content in (
            (results / "na62_2022" / name, text),
            (records / "na62_2022" / f"{name}.sha256", f"{hashlib.sha256(text.encode()).hexdigest()} results/na62_2022/{name}\nresults/na62_2022/{name}"),
        ):  # fmt: skip
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
    arguments = ["recast", *POINT, "--grids", str(results)]
    assert main(arguments) == 0
    for name, text in files.items():
        (results / "na62_2022" / name).write_text(text + "\n")
        assert main(arguments) == 2
        said = capsys.readouterr().err
        assert f"{name}: edited or damaged since it was written; delete it" in said
        assert f"in {tmp_path}: snakemake results/na62_2022/{name} --cores 1" in said
        (results / "na62_2022" / name).write_text(text)
    (records / "na62_2022/limits/piee.json.sha256").unlink()
    (results / "na62_2022/limits/piee.json").write_text('[{"confidence_level": 0.95}]')
    check_as_written(results / "na62_2022/limits/piee.json")


def test_the_record_is_the_one_that_the_workflow_keeps(root, tmp_path, monkeypatch):
    from lnvsearch.checksum_records import check_as_written

    monkeypatch.syspath_prepend(str(root / "workflow"))
    import checksums

    monkeypatch.chdir(tmp_path)
    table = Path("results/one/table.csv")
    table.parent.mkdir(parents=True)
    table.write_text("a\n1\n")
    checksums.record([str(table)])
    check_as_written(tmp_path / table)
    table.write_text("a\n2\n")
    with pytest.raises(ValueError, match=r"edited .* snakemake results/one/table\.csv --cores 1"):
        check_as_written(table)
