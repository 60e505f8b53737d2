"""docs/own-data.md: every command of the page, in its order, on small simulated files."""

import csv
import os
import re
import shutil
import sys
from pathlib import Path

import hang_guard
import numpy as np
import pytest
import python_path

pytestmark = pytest.mark.workflow

DST = os.environ.get("LNVSEARCH_DST")
FENCE = re.compile(r"^```(bash|yaml)( [\w.]+)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def steps(root, chapter):
    """Fenced blocks of a chapter: language, what stands behind it, and text."""
    page = (root / "docs/own-data.md").read_text(encoding="utf-8")
    (text,) = [part for part in page.split("\n## ") if part.startswith(chapter)]
    return [(kind, (name or "").strip(), content) for kind, name, content in FENCE.findall(text)]


@pytest.fixture(scope="module")
def folder(whole_dag, root, tmp_path_factory):
    """What was simulated before, with the configuration for tests and commands as users call them."""
    folder = tmp_path_factory.mktemp("own_data") / "run"
    shutil.copytree(whole_dag, folder)
    (folder / "config").mkdir(exist_ok=True)
    shutil.copy(root / "config/test.yaml", folder / "config")
    (folder / "bin").mkdir()
    for name, options in (("lnvsearch", ""), ("snakemake", f"--snakefile {root / 'Snakefile'}")):
        path = folder / "bin" / name
        path.write_text(f'#!/bin/sh\nexec {sys.executable} -m {name} "$@" {options}\n')
        path.chmod(0o755)
    return folder


def follow(folder, root, chapter):
    """Run a chapter; returns what each command printed."""
    environment = {
        **os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": python_path.beginning_with(root / "src"),
    }
    told = []
    for kind, name, content in steps(root, chapter):
        if kind == "yaml":
            (folder / name).write_text(content)
        elif name != "dst":
            process = hang_guard.run(["sh", "-ec", content], cwd=folder, env=environment, merge=True)
            assert process.returncode == 0, (content, process.stdout[-3000:])
            # A paper alone does simulate, while it selects, what it shares with another when both run.
            assert "rule simulate_sample:" not in process.stdout
            told.append(process.stdout)
    return told


def rows(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def own_files(folder, root):
    """Signal events as data, and others off resonance."""
    from searches.configuration import read_yaml
    from searches.load import load_papers

    from lnvsearch.experiments.besiii.chain import Simulation, simulate
    from lnvsearch.experiments.besiii.events import write_recorded

    paper = load_papers(read_yaml(root / "config/config.yaml"), root, "config")["besiii_2025"]
    simulation = Simulation.from_mapping(paper.simulation_parameters("signal_phsp", "nominal"))
    for name, number in (("own.root", 100), ("off.root", 20)):
        write_recorded(folder / name, simulate(simulation, number, base_seed=7, sample=name[:3]))


def test_besiii_from_a_file_of_events_to_a_limit(folder, root):
    own_files(folder, root)
    told = follow(folder, root, "BESIII")
    assert "100 events in" in told[0] and "closed: signal" in told[0]
    tables = folder / "results/besiii_2025/tables"
    counts = {row["region"]: row["user_data"] for row in rows(tables / "data_counts.csv")}
    found = {row["quantity"]: row["user_data_simulated_efficiency"]
             for row in rows(tables / "data_sensitivity.csv")}  # fmt: skip
    assert found["n_parents"] == "(1.000 ± 0.005)e9"
    # Some 15 of 100 events, less twice what is left off resonance, over 1e9 times 16 %.
    assert 5 <= int(counts["signal"]) <= 35
    assert 1e-10 < float(found["upper_limit_branching_fraction"]) < 4e-7
    scan = rows(folder / "results/besiii_2025/limits/kkee_scan.csv")
    assert any(row["kind"] == "user_data" for row in scan)


def test_na62_from_a_file_of_events_to_a_limit(folder, root, kaon_pseudo_data):
    from lnvsearch.experiments.na62.event_files import write_spectrometer

    # Many of the normalisation channel, and few of the signal: limits of few events are quick.
    drawn = [next(one.parts(2000 if i < 4 else 10)) for i, one in enumerate(kaon_pseudo_data.drawn)]
    write_spectrometer(folder / "kaons.root", drawn)
    told = follow(folder, root, "NA62")
    assert "closed: signal, masked" in told[0]
    tables = folder / "results/na62_2022/tables"
    counts = {(row["channel"], row["selection"], row["region"]): row["user_data"]
              for row in rows(tables / "data_counts.csv")}  # fmt: skip
    assert int(counts["piee", "sm", "normalisation"]) > 50
    assert 0 <= int(counts["piee", "lnv", "signal"]) < 40
    limits = [row for row in rows(tables / "data_sensitivity.csv")
              if row["quantity"] == "upper_limit_branching_fraction"]  # fmt: skip
    assert all(float(row["user_data_published_acceptances"]) > 0 for row in limits)
    log = rows(tables / "data_blinding.csv")
    assert [row["regions"] for row in log if row["event"] == "opened"] == ["masked", "masked signal"]


@pytest.mark.skipif(DST is None, reason="LNVSEARCH_DST names no DST file of the experiment")
def test_a_dst_is_converted_as_the_page_says(folder, root):
    (content,) = [text for _, name, text in steps(root, "BESIII") if name == "dst"]
    place = folder / "converted"
    (place / "raw").mkdir(parents=True)
    shutil.copy(DST, place / "raw" / Path(DST).with_suffix(".dst").name)
    environment = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
                   "PYTHONPATH": python_path.beginning_with(root / "src")}  # fmt: skip
    process = hang_guard.run(["sh", "-ec", content], cwd=place, env=environment, merge=True)
    assert process.returncode == 0, process.stdout
    from lnvsearch.experiments.besiii.events import read_recorded

    events = read_recorded(place / "own.root")
    assert len(events) > 0 and np.all(np.abs(events.track["charge"]) == 1)
