"""A user's own events through the BESIII search, with the signal window closed."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest
import uproot
import yaml

pytestmark = pytest.mark.workflow

NAME = "besiii_2025"


@pytest.fixture(scope="module")
def files(root, tmp_path_factory):
    """Two files of the same events; those in the window are candidates in the first one only."""
    from searches.configuration import read_yaml
    from searches.load import load_papers

    from lnvsearch.experiments.besiii.chain import Simulation, simulate
    from lnvsearch.experiments.besiii.events import write_recorded
    from lnvsearch.experiments.besiii.selection.kkee import select
    from lnvsearch.experiments.besiii.selection.state import Selection

    paper = load_papers(read_yaml(root / "config/config.yaml"), root, "config")[NAME]
    simulation = Simulation.from_mapping(paper.simulation_parameters("signal_phsp", "nominal"))
    events = list(simulate(simulation, 3000, base_seed=7, sample="data"))
    selection = Selection.of_decays(**paper.selection_of_sample("signal_phsp", "nominal"))
    without, n_inside, n_outside = [], 0, 0
    for chunk in events:
        found, _ = select(chunk, selection)
        low, high = paper.signal_window()
        inside = found["event_number"][(found["mass_gev"] >= low) & (found["mass_gev"] <= high)]
        n_inside, n_outside = n_inside + len(inside), n_outside + len(found["weight"]) - len(inside)
        # Without energy in the calorimeter, none of their tracks is an electron.
        spoiled = np.repeat(np.isin(chunk.event_number, inside), np.diff(chunk.track_offsets))
        energy = np.where(spoiled, 0.0, chunk.track["emc_energy"])
        without.append(replace(chunk, track={**chunk.track, "emc_energy": energy}))
    assert n_inside > 300 and n_outside > 30
    folder = tmp_path_factory.mktemp("data")
    for name, content in (("with", events), ("without", without)):
        write_recorded(folder / name / "data.root", content)
    return folder


@pytest.fixture(scope="module")
def closed(whole_dag, snakemake, files, root, tmp_path_factory):
    """Folders with the results of the search for both files, from what was simulated before."""
    folders = {}
    for name in ("with", "without"):
        folder = tmp_path_factory.mktemp("collider_data") / "run"
        shutil.copytree(whole_dag, folder)
        shutil.copy(files / name / "data.root", folder)
        config = yaml.safe_load((root / "config/test.yaml").read_text())
        config |= {"papers": [NAME], "data": {NAME: {"file": "data.root", "unblind": False}}}
        (folder / "own.yaml").write_text(yaml.safe_dump(config))
        process = snakemake(folder, cores=1, config=str(folder / "own.yaml"))
        assert process.returncode == 0, process.stdout[-4000:]
        assert "rule select_data" in process.stdout and "rule draw_figure" in process.stdout
        assert "simulate_sample" not in process.stdout
        folders[name] = folder / "results"
    return folders


def content(path):
    """What a file says: trees of a ROOT file, a log without what the job used, else its bytes."""
    if path.suffix == ".root":
        with uproot.open(path) as file:
            trees = {name: file[name].arrays(library="np") for name in file.keys(
                filter_classname="TTree", cycle=False)}  # fmt: skip
        return {f"{tree}/{name}": values.tolist() for tree, columns in trees.items()
                for name, values in columns.items()}  # fmt: skip
    if path.suffix == ".log":
        return [line for line in path.read_text().splitlines() if not line.startswith("used: ")]
    return path.read_bytes()


def test_nothing_that_is_written_depends_on_what_is_closed(closed):
    names = {
        name: sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
        for name, folder in closed.items()
    }
    assert names["with"] == names["without"]
    of_search = [name for name in names["with"] if name.split("/")[0] not in ("na62_2019", "na62_2022")]
    assert any("/data/" in name for name in of_search) and any(n.endswith(".pdf") for n in of_search)
    differing = [
        name for name in of_search
        if repr(content(closed["with"] / name)) != repr(content(closed["without"] / name))
    ]  # repr: not-a-number equals itself
    assert differing == []


def test_closed_bins_are_empty_in_every_table(closed):
    for file, column in (("figures/figure2.csv", "data_candidates"), ("spectra/data/nominal.csv", "events")):
        with open(closed["with"] / NAME / file, newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        inside = {row[column] for row in rows
                  if 3.0699 < float(row["mass_low_gev"]) < 3.1199}  # fmt: skip
        outside = [row[column] for row in rows if not 3.0699 < float(row["mass_low_gev"]) < 3.1199]
        assert inside == {""}, file
        assert "" not in outside and sum(map(int, outside)) > 0, file
