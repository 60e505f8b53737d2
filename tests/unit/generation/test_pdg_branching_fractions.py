"""The PDG's branching fractions: the file is what its package prints, and the kaon modes use them."""

import csv
import importlib.util
from pathlib import Path

import pytest

from lnvsearch.generation.kaon import modes

RESOURCES = Path(__file__).parents[3] / "resources"
TABLE = RESOURCES / "pdg_branching_fractions.csv"
#: What is taken from the PDG, and under which identifier it stands there.
KAON = {
    "_TWO_PHOTONS": "S009.1", "_DALITZ": "S009.2", "_DOUBLE_DALITZ": "S009.3", "_DIRECT": "S009.6",
    "_MU_NU": "S010.1", "_PI_PI0": "S010.2", "_PI_PI_PI": "S010.3", "_PI_PI0_PI0": "S010.4",
    "_MU_NU_PI0": "S010.5", "_E_NU_PI0": "S010.6", "_PI_PI_E_NU": "S010.7",
    "_E_NU_PI0_GAMMA_PDG": "S010.18",
}  # fmt: skip


def extraction():
    """The script that wrote the file, as a module."""
    path = RESOURCES / "extract_branching_fractions.py"
    spec = importlib.util.spec_from_file_location("extract_branching_fractions", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table():
    with open(TABLE, newline="") as stream:
        return {row["pdg_identifier"]: row for row in csv.DictReader(stream)}


def test_the_file_is_what_the_package_prints(tmp_path):
    module = extraction()
    assert module.extract_branching_fractions(tmp_path / "table.csv") == len(table())
    assert (tmp_path / "table.csv").read_bytes() == TABLE.read_bytes()
    assert {row["edition"] for row in table().values()} == {"2024"}


@pytest.mark.parametrize(
    ("printed", "value", "uncertainty"),
    [
        ("(3.20+-0.25)E-3", 3.20e-3, 0.25e-3),
        ("(98.823+-0.034)%", 0.98823, 0.00034),
        ("(2.69+0.13-0.20)E-3", 2.69e-3, 0.20e-3),
    ],
)
def test_printed_texts_are_read_with_the_larger_uncertainty(printed, value, uncertainty):
    assert [float(n) for n in extraction().rounded(printed)] == [value, uncertainty]


def test_a_bound_is_no_value():
    with pytest.raises(ValueError, match="no value"):
        extraction().rounded("<4.1E-7")


@pytest.mark.parametrize(("name", "identifier"), KAON.items())
def test_what_kaon_decays_take_from_the_pdg_is_there(name, identifier):
    used, row = getattr(modes, name), table()[identifier]
    assert (used.value, used.uncertainty) == (
        pytest.approx(float(row["branching_fraction"]), rel=1e-12),
        pytest.approx(float(row["uncertainty"]), rel=1e-12),
    )
    assert "2024" in used.source
