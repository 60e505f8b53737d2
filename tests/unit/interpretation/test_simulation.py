"""--simulate: the workflow's program is asked, and what it says comes back."""

import json

import pytest

from lnvsearch.cli import main
from lnvsearch.interpretation.grids import GRID_COLUMNS

POINT = ("recast", "--search", "na62_2022", "--channel", "piee", "--mass-gev", "0.3", "--simulate")
PROGRAM = """\
import json, sys
request = json.loads(sys.argv[1])
if request["seed"] == 13:
    print("first line\\nthe simulation needs results/x.json; make it first", file=sys.stderr)
    raise SystemExit(2)
rows = []
for chirality in ("isotropic", "v_minus_a"):
    for lifetime in request["lifetimes_ps"]:
        values = [request["mass_gev"], lifetime, chirality, 0.05 / (1.0 + lifetime), 1e-4, 1e-3,
                  request["n_events"] / 100, 0, 0.43, None if lifetime > 1e6 else 5e-11, 5e-11]
        rows.append(dict(zip(COLUMNS, values)))
print(json.dumps(rows))
"""


@pytest.fixture
def simulate(tmp_path, capsys):
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/simulate_recast.py").write_text(f"COLUMNS = {GRID_COLUMNS!r}\n{PROGRAM}")

    def run(*arguments, code=0, project=tmp_path):
        assert main([*POINT, "--project", str(project), *arguments, "--json"]) == code
        captured = capsys.readouterr()
        if code:
            assert captured.err.count("\n") == 1
            return captured.err
        return json.loads(captured.out)

    return run


def test_the_point_is_simulated(simulate):
    found = simulate("--lifetime-ps", "4", "--chirality", "v_minus_a", "--events", "50000")
    assert found["acceptance"] == pytest.approx(0.01) and found["effective_events"] == 500.0
    assert found["chirality"] == "v_minus_a"
    assert simulate()["acceptance"] == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--seed", "13"), "the simulation needs results/x.json; make it first"),
        (("--events", "10"), "--events must be from 1000 to"),
        (("--events", "many"), "--events must be a whole number >= 0; got many"),
        (("--lifetime-ps", "1e7"), "too few simulated events are accepted"),
    ],
)
def test_what_cannot_be_simulated_is_one_line(simulate, arguments, message):
    assert message in simulate(*arguments, code=2)


def test_a_folder_without_the_workflow_is_named(simulate, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "no workflow/simulate_recast.py; give the folder" in simulate(
        code=2, project=tmp_path / "empty"
    )
