"""A user's own events through the BESIII search, with the signal window closed."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest
import quick_yaml
import uproot
from same_results import difference

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
        write_recorded(folder / name / "off.root", content[0])
    return folder


#: The user's own normalisation: a tenth of the paper's decays, and data below the resonance.
OWN = {
    "n_parents": {"mean": 1e9, "sigma": 1e7}, "luminosity_per_pb": 300.0,
    "off_resonance": [{"file": "off.root", "energy_gev": 3.0969, "luminosity_per_pb": 30000.0}],
}  # fmt: skip


def configured(folder, root, **data):
    """A configuration with the folder's data."""
    config = quick_yaml.load((root / "config/test.yaml").read_text())
    config |= {"papers": [NAME], "data": {NAME: {"file": "data.root", **OWN, **data}}}
    (folder / "own.yaml").write_text(quick_yaml.dump(config))
    return str(folder / "own.yaml")


@pytest.fixture(scope="module")
def closed(whole_dag, snakemake, files, root, tmp_path_factory):
    """Folders with the results of the search for both files, from what was simulated before."""
    folders = {}
    for name in ("with", "without"):
        folder = tmp_path_factory.mktemp("collider_data") / "run"
        shutil.copytree(whole_dag, folder)
        shutil.copy(files / name / "data.root", folder)
        shutil.copy(files / "with" / "off.root", folder)
        process = snakemake(folder, cores=1, config=configured(folder, root, unblind=False))
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
    differing = {
        name: difference(closed["with"] / name, closed["without"] / name) for name in of_search
        if repr(content(closed["with"] / name)) != repr(content(closed["without"] / name))
    }  # repr: not-a-number equals itself
    assert differing == {}


def test_closed_bins_are_empty_in_every_table(closed):
    for file, column in (("figures/figure2.csv", "data_candidates"), ("spectra/data/nominal.csv", "events")):
        with open(closed["with"] / NAME / file, newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        inside = {row[column] for row in rows
                  if 3.0699 < float(row["mass_low_gev"]) < 3.1199}  # fmt: skip
        outside = [row[column] for row in rows if not 3.0699 < float(row["mass_low_gev"]) < 3.1199]
        assert inside == {""}, file
        assert "" not in outside and sum(map(int, outside)) > 0, file


def rows(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_user_s_numbers_stand_beside_the_paper_s(closed):
    tables = closed["with"] / NAME / "tables"
    counts = {row["region"]: row for row in rows(tables / "data_counts.csv")}
    assert (counts["signal"]["published"], counts["signal"]["user_data"]) == ("1", "closed")
    assert all(row["user_data"] == "closed" for name, row in counts.items() if name.startswith("mass_bin"))
    assert counts["below_window"]["user_data"].isdigit()
    found = {row["quantity"]: row["user_data_simulated_efficiency"]
             for row in rows(tables / "data_sensitivity.csv")}  # fmt: skip
    assert found["n_parents"] == "(1.000 ± 0.010)e9"
    assert int(found["off_resonance_events"]) > 100
    assert found["upper_limit_branching_fraction"] == "closed"
    assert "user_data" not in (closed["with"] / NAME / "limits/kkee_scan.csv").read_text()


def test_once_open_the_scan_has_the_user_s_counts(closed, snakemake, root):
    folder = closed["with"].parent
    targets = [f"results/{NAME}/{name}" for name in ("limits/kkee_scan.csv", "tables/data_counts.csv")]
    assert snakemake(folder, "freeze", cores=1, config=configured(folder, root)).returncode == 0
    process = snakemake(folder, *targets, cores=1, config=configured(folder, root, unblind=True))
    assert process.returncode == 0, process.stdout[-4000:]
    counts = {row["region"]: row["user_data"] for row in rows(folder / targets[1])}
    assert int(counts["signal"]) > 300
    scan = [row for row in rows(folder / targets[0]) if row["kind"] == "user_data"]
    assert len(scan) == sum(name.startswith("mass_bin") for name in counts) > 0
    for row in scan:
        assert row["observed"] == counts[f"mass_bin_{float(row['mass_gev']):.3f}"]
        limit = float(row["upper_branching_fraction"])
        assert limit == pytest.approx(float(row["upper_events"]) / 1e9)
    # Other numbers of the user's own are not what was frozen.
    changed = configured(folder, root, unblind=True, n_parents={"mean": 2e9, "sigma": 1e7})
    process = snakemake(folder, *targets, "--force", cores=1, config=changed)
    assert process.returncode != 0 and "another normalisation;" in process.stdout
