"""The plane of two masses: its bins add up to the acceptance, densities change it as events do."""

import gzip

import numpy as np
import pytest

from lnvsearch import particles
from lnvsearch.generation.phase_space import generate_phase_space
from lnvsearch.interpretation.channels import find_channel
from lnvsearch.interpretation.dalitz import (
    DALITZ_COLUMNS,
    Plane,
    dalitz_table,
    phase_space_masses,
    read_density,
    sorted_pair_masses,
)
from lnvsearch.interpretation.decay_files import read_decays
from lnvsearch.random_streams import stream_key

CHANNEL = find_channel("na62_2022", "piee")


@pytest.fixture(scope="module")
def plane():
    """Bins of an invented selection whose acceptance rises with the smaller mass, from 100,000 decays."""
    masses = phase_space_masses(CHANNEL, 100_000, seed=2)
    weights = masses[:, 0]
    table = dalitz_table(CHANNEL, masses, weights, total_weight=len(masses))
    return Plane(CHANNEL, {name: np.array(table[name]) for name in DALITZ_COLUMNS})


def decays(n, seed=3):
    daughters = [particles.mass_gev(name) for name in ("pi-", "e+", "e+")]
    return generate_phase_space(
        particles.mass_gev("K+"), daughters, n, stream_key(seed, "test", "decays")
    )


def write_density(path, function, points=40, low=0.1, high=0.5):
    axis = np.linspace(low, high, points)
    lines = [f"{a:.6f},{b:.6f},{function(a, b):.8g}" for a in axis for b in axis]
    path.write_text("smaller_gev,larger_gev,density\n" + "\n".join(lines) + "\n")
    return path


def test_phase_space_adds_up_to_the_overall_acceptance(plane):
    mean = phase_space_masses(CHANNEL, 100_000, seed=2)[:, 0].mean()
    assert plane.bins["phase_space_fraction"].sum() == pytest.approx(1.0, abs=1e-4)
    assert plane.phase_space_acceptance == pytest.approx(mean, rel=2e-3)


def test_a_constant_density_is_phase_space(plane, tmp_path):
    density = read_density(write_density(tmp_path / "flat.csv", lambda a, b: 7.0))
    assert plane.of_density(density)[0] == pytest.approx(plane.phase_space_acceptance, rel=1e-9)


def test_a_density_weighs_the_bins_as_its_events_do(plane, tmp_path):
    density = read_density(write_density(tmp_path / "rising.csv", lambda a, b: a**4 * b))
    masses = phase_space_masses(CHANNEL, 50_000, seed=5)
    by_events = plane.of_events(*masses.T, masses[:, 0] ** 4 * masses[:, 1])
    by_density = plane.of_density(density)
    assert by_density[0] == pytest.approx(by_events[0], rel=5e-3)
    # What an unbinned selection would give.
    weights = masses[:, 0] ** 4 * masses[:, 1]
    assert by_density[0] == pytest.approx((weights @ masses[:, 0]) / weights.sum(), rel=0.01)
    assert by_density[0] > 1.05 * plane.phase_space_acceptance
    assert 0.0 < by_density[1] < 0.02 * by_density[0]


def test_a_peak_as_narrow_as_a_fine_table_shows_is_found(plane, tmp_path):
    """1 MeV wide, between the points at which a coarse table is read: as its events, all in one column of bins."""
    masses = phase_space_masses(CHANNEL, 400_000, seed=5)
    near = (np.abs(masses[:, 0] - 0.301) < 5e-4).astype(float)
    path = write_density(tmp_path / "peak.csv", lambda a, b: abs(a - 0.301) < 5e-4, points=801)
    found, _ = plane.of_density(read_density(path))
    assert found == pytest.approx(plane.of_events(*masses.T, near)[0], rel=0.02)


def test_only_ratios_of_a_density_matter(plane, tmp_path):
    flat = [plane.of_density(read_density(write_density(tmp_path / "d.csv", lambda a, b, c=c: c)))[0]
            for c in (1.0, 1e-300, 1.7e308)]  # fmt: skip
    assert flat == pytest.approx([plane.phase_space_acceptance] * 3)


def test_a_table_as_spreadsheets_write_it_is_read(tmp_path):
    """With a mark of the encoding in front, and spaces behind commas."""
    path = tmp_path / "d.csv"
    text = "smaller_gev, larger_gev, density\n0.1, 0.1, 1\n0.1, 0.2, 2\n0.2, 0.1, 3\n0.2, 0.2, 4\n"
    path.write_text(text, encoding="utf-8-sig")
    assert read_density(path).values.ravel() == pytest.approx([0.25, 0.5, 0.75, 1.0])


@pytest.mark.parametrize(
    ("options", "function", "message"),
    [
        (
            {"low": 0.2},
            lambda a, b: 1.0,
            r"does not cover the plane: its smaller_gev goes from 0.2 to 0.5 GeV",
        ),
        (
            {"high": 0.4},
            lambda a, b: 1.0,
            r"does not cover the plane: its larger_gev goes from 0.1 to 0.4",
        ),
        ({}, lambda a, b: -1.0, "finite and >= 0"),
        ({}, lambda a, b: float("nan"), "finite and >= 0"),
        ({}, lambda a, b: 0.0, "0 all over the plane"),
    ],
)
def test_a_density_that_cannot_be_used_is_refused(plane, tmp_path, options, function, message):
    path = write_density(tmp_path / "d.csv", function, **options)
    with pytest.raises(ValueError, match=message):
        plane.of_density(read_density(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no column 'smaller_gev'"),
        ("smaller_gev,larger_gev,density\n", "or no row"),
        (
            "smaller_gev,larger_gev,density\n0.1,0.1,1\n0.1,0.2,1\n0.2,0.1,1\n",
            "must be a rectangle",
        ),
        ("smaller_gev,larger_gev,density\n0.1,0.1,x\n", "is no number"),
        ("smaller_gev,larger_gev,density\n0.1,0.1\n", "is no number"),
    ],
)
def test_a_table_that_is_no_density_is_refused(tmp_path, text, message):
    path = tmp_path / "d.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_density(path)


def test_an_event_outside_the_phase_space_is_named(plane):
    with pytest.raises(ValueError, match=r"event 2: masses 0.3 and 0.6 GeV lie outside"):
        plane.of_events(np.array([0.2, 0.3]), np.array([0.3, 0.6]), np.ones(2))
    with pytest.raises(ValueError, match="add up to nothing"):
        plane.of_events(np.array([0.2]), np.array([0.3]), np.zeros(1))


def lhe_text(momenta, weights, sign=1):
    blocks = []
    for rows, weight in zip(momenta, weights, strict=True):
        lines = [
            f"4 1 {weight:.8e} 1.0 0.0073 0.118",
            f"{321 * sign} -1 0 0 0 0 0 0 0 0.493677 0.493677 0 9",
        ]
        for code, row in zip((-211, -11, -11), rows, strict=True):
            cells = " ".join(f"{value:.12e}" for value in row)
            lines.append(f"{code * sign} 1 1 1 0 0 {cells} 0.0 0 9")
        blocks.append("<event>\n" + "\n".join(lines) + "\n# a comment\n</event>\n")
    return (
        '<LesHouchesEvents version="3.0">\n<init>\n</init>\n'
        + "".join(blocks)
        + "</LesHouchesEvents>\n"
    )


def hepmc_text(momenta, weights, units="GEV"):
    scale = 1e3 if units == "MEV" else 1.0
    text = "HepMC::Version 3.02.06\nHepMC::Asciiv3-START_EVENT_LISTING\n"
    for number, (rows, weight) in enumerate(zip(momenta, weights, strict=True)):
        text += f"E {number} 1 4\nU {units} MM\nW {weight:.12e}\n"
        text += "P 1 0 321 0 0 0 4.93677e-01 4.93677e-01 4\nV -1 0 [1]\n"
        for i, (code, row) in enumerate(zip((-211, -11, -11), rows, strict=True)):
            cells = " ".join(f"{scale * value:.12e}" for value in row)
            text += f"P {i + 2} -1 {code} {cells} 0.0 1\n"
    return text + "HepMC::Asciiv3-END_EVENT_LISTING\n"


@pytest.mark.parametrize("kind", ["lhe", "conjugate.lhe", "lhe.gz", "hepmc", "mev.hepmc3", "root"])
def test_every_kind_of_file_gives_the_same_events(tmp_path, kind):
    momenta, weights = decays(20), np.linspace(0.5, 1.5, 20)
    path = tmp_path / f"events.{kind}"
    if kind == "root":
        import awkward as ak
        import uproot

        with uproot.recreate(path) as file:
            columns = {name: ak.Array(momenta[:, :, k].tolist())
                       for k, name in enumerate(("px_gev", "py_gev", "pz_gev", "energy_gev"))}  # fmt: skip
            file["Decays"] = {
                "pdg_id": ak.Array([[-211, -11, -11]] * 20),
                "weight": weights,
                **columns,
            }
    elif "lhe" in kind:
        text = lhe_text(momenta, weights, -1 if kind.startswith("conjugate") else 1)
        path.write_bytes(gzip.compress(text.encode()) if kind.endswith("gz") else text.encode())
    else:
        path.write_text(hepmc_text(momenta, weights, "MEV" if kind.startswith("mev") else "GEV"))
    found, found_weights = read_decays(path, CHANNEL)
    assert found == pytest.approx(momenta, rel=1e-9, abs=1e-9)
    assert found_weights == pytest.approx(weights, rel=1e-7)
    assert sorted_pair_masses(found, CHANNEL).min() > 0.139


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("e.txt", "", r"events are read from .lhe, .hepmc"),
        ("e.lhe", "", "no event"),
        ("e.lhe", "<event>\n2 1 1.0\n", "the last event has no end"),
        ("e.lhe", "<event>\n</event>\n", "an event without a line"),
        ("e.lhe", "<event>\nx 1 1.0 0 0 0\n</event>\n", "line 2: not the numbers of an event"),
        (
            "e.lhe",
            "<event>\n1 1 1.0 0 0 0\n-211 1 0 0 0 0 0 0 0 1 1 0 9\n</event>\n",
            "event 1: no pi- e\\+ e\\+",
        ),
        ("e.hepmc", "E 0 1 1\nP 1 0 -211 a b c d e 1\n", "line 2: not the numbers"),
        ("e.hepmc", "E 0 1 1\nP 1 0 -211 0 0 0 1 1 1\n", "END_EVENT_LISTING .* the file is not whole"),
        ("e.root", "no root", "e.root"),
        ("e.lhe.gz", "no gzip", "not a whole text file"),
    ],
)
def test_files_without_such_events_are_refused(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_decays(path, CHANNEL)


def test_a_negative_weight_is_refused(tmp_path):
    path = tmp_path / "e.lhe"
    path.write_text(lhe_text(decays(1), [-1.0]))
    with pytest.raises(ValueError, match="weights must be finite and >= 0"):
        read_decays(path, CHANNEL)
