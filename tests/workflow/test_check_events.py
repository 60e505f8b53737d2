"""`lnvsearch check-events`: ten lines on a file, of which none depends on what is closed."""

from dataclasses import replace

import numpy as np
import pytest

from lnvsearch.cli import main

NAME = "besiii_2025"


@pytest.fixture(scope="module")
def collider_files(root, tmp_path_factory):
    """Two files of the same events; those in the window are candidates in the first one only."""
    from searches.configuration import read_yaml
    from searches.load import load_papers

    from lnvsearch.experiments.besiii.chain import Simulation, simulate
    from lnvsearch.experiments.besiii.events import write_recorded
    from lnvsearch.experiments.besiii.selection.kkee import select
    from lnvsearch.experiments.besiii.selection.state import Selection

    paper = load_papers(read_yaml(root / "config/config.yaml"), root, "config")[NAME]
    simulation = Simulation.from_mapping(paper.simulation_parameters("signal_phsp", "nominal"))
    selection = Selection.of_decays(**paper.selection_of_sample("signal_phsp", "nominal"))
    low, high = paper.signal_window()
    files, n_inside = {"with": [], "without": []}, 0
    for chunk in simulate(simulation, 1000, base_seed=7, sample="data"):
        found, _ = select(chunk, selection)
        inside = found["event_number"][(found["mass_gev"] >= low) & (found["mass_gev"] <= high)]
        spoiled = np.repeat(np.isin(chunk.event_number, inside), np.diff(chunk.track_offsets))
        energy = np.where(spoiled, 0.0, chunk.track["emc_energy"])
        files["with"].append(chunk)
        files["without"].append(replace(chunk, track={**chunk.track, "emc_energy": energy}))
        n_inside += len(inside)
    assert n_inside > 100
    folder = tmp_path_factory.mktemp("check")
    for name, chunks in files.items():
        write_recorded(folder / name / "own.root", chunks)
    return folder


def said(capsys, *arguments):
    assert main(["check-events", *map(str, arguments)]) == 0
    return capsys.readouterr().out.splitlines()


def test_ten_lines_on_a_collider_s_file_that_tell_nothing_of_the_window(
    collider_files, capsys, monkeypatch
):
    told = {}
    for name in ("with", "without"):
        monkeypatch.chdir(collider_files / name)
        told[name] = said(capsys, "own.root")
    # The size of the file is that of what is compressed in it.
    same = [[line.partition(" MB, ")[2] or line for line in lines] for lines in told.values()]
    assert same[0] == same[1] and len(same[0]) <= 10
    text = "\n".join(told["with"])
    for words in (
        "tree Events with 1000 events", "tracks with covariances at BESIII", "momenta and energies in GeV",
        "dE/dx, time of flight", "truth: there", f"{NAME} kkee/lnv: 1000 events in; closed_window ",
        "closed: signal",
    ):  # fmt: skip
        assert words in text, words


def test_a_kaon_search_is_named_and_its_closed_regions_are_not_counted(kaon_pseudo_data, capsys):
    lines = said(capsys, kaon_pseudo_data.path)
    assert "name a search to look at it: --search na62_2019 or na62_2022" in lines[-1] and len(lines) <= 10
    lines = said(capsys, kaon_pseudo_data.path, "--search", "na62_2022")
    (lnv,) = [line for line in lines if line.startswith("na62_2022 piee/lnv:")]
    assert "closed: signal, masked" in lnv and "open_and_identified" in lnv
    assert any("piee/sm:" in line and "normalisation" in line for line in lines)


@pytest.mark.parametrize(("change", "arguments", "words"), [
    ({}, ["--search", "na62_2022"], "--search na62_2022: the file is one of besiii_2025"),
    ({}, ["--tree", "Other"], "no tree named Other (it holds: Events, metadata)"),
    ({"kappa": 1e-3}, [], "half of all transverse momenta in GeV"),
])  # fmt: skip
def test_a_file_that_a_search_would_refuse_ends_in_one_line(
    collider_files, tmp_path, capsys, change, arguments, words
):
    from lnvsearch.experiments.besiii.events import read_recorded, write_recorded

    events = read_recorded(collider_files / "with/own.root")
    track = {name: values * change.get(name, 1) for name, values in events.track.items()}
    write_recorded(tmp_path / "own.root", replace(events, track=track))
    assert main(["check-events", str(tmp_path / "own.root"), *arguments]) == 2
    told = capsys.readouterr().err
    assert words in told and told.count("\n") == 1


def test_a_file_of_another_kind_is_told_what_is_missing(tmp_path, capsys):
    import uproot

    with uproot.recreate(tmp_path / "own.root") as file:
        file.mktree("Events", {"pt": "float64"})
        file["Events"].extend({"pt": np.ones(3)})
    assert main(["check-events", str(tmp_path / "own.root")]) == 2
    told = capsys.readouterr().err
    assert "track_kappa (besiii), track_momentum_gev (na62)" in told and "It has: pt" in told
    (tmp_path / "map.yaml").write_text("track_kappa: pt\n")
    assert main(["check-events", str(tmp_path / "own.root"), "--branches", str(tmp_path / "map.yaml")]) == 2
    assert "has no branch event_number" in capsys.readouterr().err
