"""The cocktail file and the decay table that ships with the project."""

import csv
import importlib.util
import math
import re
from pathlib import Path

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.generation import generate, load_cocktail

RESOURCES = Path(__file__).parents[3] / "resources"
COCKTAIL = RESOURCES / "besiii_2025_cocktail.csv"
HEADER = "sample,daughters,branching_fraction,branching_fraction_uncertainty,source,note\n"


def table_fraction(*daughters):
    """Branching fraction of a J/psi mode in the extracted decay table."""
    with open(RESOURCES / "jpsi_decays.csv", newline="") as stream:
        rows = [
            float(row["branching_fraction"])
            for row in csv.DictReader(stream)
            if sorted(row["daughters"].split()) == sorted(daughters)
        ]
    assert len(rows) == 1, daughters
    return rows[0]


def test_the_decay_table_is_complete():
    with open(RESOURCES / "jpsi_decays.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 141
    assert sum(float(row["branching_fraction"]) for row in rows) == pytest.approx(1.0, abs=1e-9)
    strings = sum(float(r["branching_fraction"]) for r in rows if r["model"] == "PYTHIA")
    assert strings == pytest.approx(0.48, abs=0.005)
    for row in rows:
        if row["model"] != "PYTHIA":
            assert sum(particles.charge(name) for name in row["daughters"].split()) == 0


def test_the_decay_table_is_what_the_script_extracts(tmp_path):
    script = RESOURCES / "extract_jpsi_decays.py"
    spec = importlib.util.spec_from_file_location("extract_jpsi_decays", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.extract_jpsi_decays(tmp_path / "table.csv") == 141
    assert (tmp_path / "table.csv").read_bytes() == (RESOURCES / "jpsi_decays.csv").read_bytes()
    with pytest.raises(ValueError, match="Decay nothing"):
        module.decay_block("Decay J/psi\nEnddecay\n", "nothing")


def of_pdg(*identifiers):
    """Product of branching fractions of the PDG, with its uncertainty."""
    with open(RESOURCES / "pdg_branching_fractions.csv", newline="") as stream:
        known = {row["pdg_identifier"]: row for row in csv.DictReader(stream)}
    values = [float(known[name]["branching_fraction"]) for name in identifiers]
    relative = [
        float(known[name]["uncertainty"]) / value
        for name, value in zip(identifiers, values, strict=True)
    ]
    return math.prod(values), math.prod(values) * math.hypot(*relative)


def test_branching_fractions_are_those_of_the_pdg():
    """Each from the identifiers that its source names; estimates from those of their notes."""
    modes = {mode.sample: mode for mode in load_cocktail(COCKTAIL)}
    for mode in modes.values():
        identifiers = re.findall(r"\b[MS]\d+\.\d+\b", mode.source)
        assert bool(identifiers) == (mode.source != "estimate")
        if identifiers:
            value, uncertainty = of_pdg(*identifiers)
            assert mode.branching_fraction == pytest.approx(value, rel=1e-3)
            assert mode.branching_fraction_uncertainty == pytest.approx(uncertainty, rel=0.05)
    gamma_kk = 2 * of_pdg("M070.378")[0]
    assert modes["bkg_gammakk"].branching_fraction == pytest.approx(gamma_kk, rel=1e-3)
    kkee = gamma_kk * of_pdg("M070.272")[0] / of_pdg("M070.83")[0]
    assert modes["bkg_kkee"].branching_fraction == pytest.approx(kkee, rel=1e-3)


def test_the_earlier_branching_fractions_are_those_of_the_decay_table():
    with open(RESOURCES / "other_branching_fractions.csv", newline="") as stream:
        earlier = {row["pdg_identifier"]: float(row["branching_fraction"])
                   for row in csv.DictReader(stream)}  # fmt: skip
    assert earlier["M070.16"] == table_fraction("K+", "K-", "pi+", "pi-")
    assert earlier["M070.19"] == table_fraction("K+", "K-", "K+", "K-")
    assert earlier["M070.8"] == table_fraction("pi+", "pi-", "pi+", "pi-")
    assert earlier["M070.54"] == table_fraction("p", "p~", "pi+", "pi-")
    assert earlier["M070.37"] == table_fraction("phi(1020)", "eta")
    # One third of the K*+ decays to K+ pi0, and likewise for the K*-.
    parts = table_fraction("K+", "K-", "pi0") + (
        table_fraction("K*(892)+", "K-") + table_fraction("K*(892)-", "K+")
    ) / 3
    assert earlier["M070.334"] == pytest.approx(parts, rel=1e-3)


@pytest.mark.parametrize("mode", load_cocktail(COCKTAIL), ids=lambda mode: mode.sample)
def test_every_mode_generates_and_conserves_momentum(mode):
    events = generate(mode.decay, 200, base_seed=1, sample=mode.sample)
    total = np.add.reduceat(events.four_momentum, events.offsets[:-1], axis=0)
    mass_squared = total[:, 3] ** 2 - np.sum(total[:, :3] ** 2, axis=1)
    assert np.allclose(mass_squared, particles.mass_gev("J/psi(1S)") ** 2, rtol=0, atol=1e-10)
    weight = mode.event_weight(1e10, len(events))
    assert weight * len(events) == pytest.approx(1e10 * mode.branching_fraction)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("sample,daughters\n", "branching_fraction"),
        (HEADER + 'a,"[K+, K-]",0.1,0.01,,\n', "line 2.*source"),
        (HEADER + 'a,"[K+, K-]",1.1,0.1,x,\n', r"line 2.*branching_fraction is 1\.1"),
        (HEADER + 'a,"[K+, K-]",?,0.1,0.01,x,\n', "line 2"),
        (HEADER + 'a,"[K+, K+]",0.1,0.01,x,\n', "line 2.*charge"),
        (HEADER + 'a,"[K+",0.1,0.01,x,\n', "line 2"),
        (HEADER + 'a,"[K+, K-]",0.1,0.01,x,\na,"[K+, K-]",0.1,0.01,x,\n', "line 3.*'a'"),
    ],
)
def test_mistakes_name_the_line_and_the_column(tmp_path, content, message):
    path = tmp_path / "cocktail.csv"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        load_cocktail(path)


def test_a_sample_without_events_has_no_weight():
    with pytest.raises(ValueError, match="n_generated"):
        load_cocktail(COCKTAIL)[0].event_weight(1e10, 0)
