"""Single rules: determinism, blinding, and what bad input does."""

import json
import re
import shlex
import shutil
import subprocess
import sys

import numpy as np
import pytest
import quick_yaml
import uproot
from same_results import assert_same_file

from lnvsearch.experiments.besiii.events import TRACK_BRANCHES, RecordedEvents, write_recorded

pytestmark = pytest.mark.workflow

SELECTED = "results/besiii_2025/selected/signal_phsp/uncalibrated.root"
RECORDED = "results/besiii_2025/recorded/signal_phsp/uncalibrated.root"
DATA = "results/besiii_2025/selected/data/nominal.root"


@pytest.fixture(scope="module")
def uncalibrated(snakemake, tmp_path_factory):
    """One sample through the chain, and its ROOT file of recorded events."""
    folder = tmp_path_factory.mktemp("rules")
    process = snakemake(folder, SELECTED, "--config", "keep_events=True")
    assert process.returncode == 0, process.stdout[-4000:]
    return folder


def candidates(folder, path=SELECTED):
    with uproot.open(folder / path) as file:
        return file["Candidates"].arrays(library="np")


def test_events_in_memory_and_on_file_give_the_same_bits(uncalibrated, snakemake, tmp_path):
    assert (uncalibrated / RECORDED).exists()
    process = snakemake(tmp_path, SELECTED, cores=1)
    assert process.returncode == 0, process.stdout[-4000:]
    one, other = candidates(uncalibrated), candidates(tmp_path)
    assert not (tmp_path / RECORDED).exists()
    assert list(one) == list(other) and len(one["chi_square"])
    for name in one:
        # NaN: a mass after a fit that settles in chi-square only, far from any selection.
        assert np.array_equal(one[name], other[name], equal_nan=True), name


def test_parts_of_a_sample_give_the_same_bits(uncalibrated, snakemake, tmp_path):
    process = snakemake(tmp_path, SELECTED, "--config", "events_per_job=700")
    assert process.returncode == 0, process.stdout[-4000:]
    assert process.stdout.count("rule select_part:") == 3
    whole, parts = candidates(uncalibrated), candidates(tmp_path)
    assert all(np.array_equal(whole[name], parts[name], equal_nan=True) for name in whole)
    for kind in ("cutflow", "acceptance"):
        table = f"results/besiii_2025/{kind}/signal_phsp/uncalibrated.csv"
        assert_same_file(tmp_path / table, uncalibrated / table)
    assert not list((tmp_path / "results/besiii_2025").glob("parts/**/*.*"))


def test_another_seed_gives_other_events(uncalibrated, snakemake, tmp_path):
    process = snakemake(tmp_path, SELECTED, "--config", "base_seed=2")
    assert process.returncode == 0, process.stdout[-4000:]
    assert not np.array_equal(candidates(uncalibrated)["mass_gev"], candidates(tmp_path)["mass_gev"])


def test_a_changed_number_of_events_runs_the_sample_again(uncalibrated, snakemake):
    process = snakemake(uncalibrated, "--dry-run", SELECTED, config="config/config.yaml")
    assert process.returncode == 0
    assert "rule select_sample" in process.stdout
    assert "rule simulate_sample" not in process.stdout


def test_a_changed_cut_simulates_no_kept_events_again(uncalibrated, snakemake, project, root):
    """Where events are kept, a cut is one of the selection alone."""
    for name in ("profiles", "src", "workflow"):
        shutil.copytree(root / name, project / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / "Snakefile", project)
    file = project / "config/papers/besiii_2025.yaml"
    text = file.read_text()
    assert text.count("chi_square, maximum: 20.0") == 1
    file.write_text(text.replace("chi_square, maximum: 20.0", "chi_square, maximum: 40.0"))
    process = snakemake(
        uncalibrated, "--dry-run", SELECTED, "--config", "keep_events=True", project=project
    )
    assert process.returncode == 0, process.stdout[-4000:]
    assert "rule select_sample" in process.stdout
    assert "rule simulate_sample" not in process.stdout


@pytest.fixture
def with_data(snakemake, tmp_path, root):
    """Select the data of a given file; returns the finished process and the folder."""

    def run(file, unblind=False):
        config = quick_yaml.load((root / "config/test.yaml").read_text())
        config["data"] = {"besiii_2025": {"file": str(file), "unblind": unblind}}
        path = tmp_path / "with_data.yaml"
        path.write_text(quick_yaml.dump(config))
        if unblind:
            refused = snakemake(tmp_path, DATA, config=str(path))
            reason = refused.stdout.rstrip().splitlines()[-2:]
            assert refused.returncode == 1 and reason[0] == "The data cannot be opened:"
            assert "config/frozen/besiii_2025.json: no such manifest" in reason[1]
            assert snakemake(tmp_path, "freeze", config=str(path)).returncode == 0
        return snakemake(tmp_path, DATA, config=str(path)), tmp_path

    return run


def test_the_signal_window_of_data_stays_closed(uncalibrated, with_data):
    """Simulated events serve as data: most would lie in the window."""
    file = uncalibrated / RECORDED
    process, folder = with_data(file)
    assert process.returncode == 0, process.stdout[-4000:]
    found = candidates(folder, DATA)
    mass = found["mass_gev"]
    assert len(mass) and not np.any((mass > 3.07) & (mass < 3.12))
    # Nor do the counts tell: what the cut flow ends with is what can be seen.
    flow = (folder / "results/besiii_2025/cutflow/data/nominal.csv").read_text().splitlines()
    passed = np.all([v for k, v in found.items() if k.startswith("passes_")], axis=0)
    assert int(flow[-1].split(",")[4]) == passed.sum()
    # No row before the one that closes: its neighbour would tell how many it takes.
    assert flow[1].split(",")[2] == "closed_window"
    assert counted_signal(folder) == ""
    blinding = folder / "results/besiii_2025/tables/data_blinding.csv"
    assert blinding.read_text() == "time,event,regions,manifest,data\n"
    process, folder = with_data(file, unblind=True)
    assert process.returncode == 0, process.stdout[-4000:]
    found = candidates(folder, DATA)
    mass = found["mass_gev"]
    assert np.any((mass > 3.07) & (mass < 3.12))
    passed = np.all([v for k, v in found.items() if k.startswith("passes_")], axis=0)
    assert int(counted_signal(folder)) == passed.sum() > 0
    assert [line.split(",")[1] for line in blinding.read_text().splitlines()[1:]][-1] == "opened"


def counted_signal(folder):
    """The count of the user's own events in the signal region, as it is written."""
    table = (folder / "results/besiii_2025/counts/data/nominal.csv").read_text().splitlines()
    row = dict(zip(table[0].split(","), table[1].split(","), strict=True))
    assert row["region"] == "signal"
    return row["events"]


def tracks(number_of_events=2, **changed):
    """A tiny file of recorded events."""
    number = 4 * number_of_events
    track = {name: np.ones(number, dtype=kind) for name, (kind, _) in TRACK_BRANCHES.items()}
    track.update(changed)
    return RecordedEvents(
        np.arange(number_of_events), np.ones(number_of_events),
        np.arange(0, number + 1, 4), track,
        np.zeros(number_of_events + 1, dtype=int), {k: np.empty(0) for k in (
            "pdg_id", "px", "py", "pz", "energy")},
        number_of_events,
    )


def spoiled(kind, folder):
    """A file of recorded events that must be refused."""
    path = folder / f"{kind}.root"
    if kind == "truncated":
        write_recorded(path, tracks(500))
        path.write_bytes(path.read_bytes()[:20_000])
    elif kind == "without a branch":
        with uproot.recreate(path) as file:
            file["Events"] = {"event_number": np.arange(3), "weight": np.ones(3)}
    elif kind == "empty":
        write_recorded(path, tracks(0))
    elif kind == "with NaN":
        write_recorded(path, tracks(kappa=np.full(8, np.nan)))
    return path


@pytest.mark.parametrize(("kind", "words"), [
    ("missing", "no such file; give the path of your events"),
    ("truncated", "make or copy it again"),
    ("without a branch", "has no branch track_charge"),
    ("empty", "is empty"),
    ("with NaN", "track_kappa holds NaN"),
])
def test_a_bad_file_of_data_ends_with_one_message(with_data, tmp_path, kind, words):
    file = spoiled(kind, tmp_path)
    process, folder = with_data(file)
    assert process.returncode != 0
    assert words in process.stdout and file.name in process.stdout
    assert not (folder / DATA).exists()
    assert not list((folder / "results").rglob("*.part*"))


def test_a_bad_configuration_ends_before_anything_runs(snakemake, tmp_path):
    process = snakemake(tmp_path, "--config", "base_seed=minus_one")
    assert process.returncode == 1
    reason = process.stdout.rstrip().splitlines()[-2:]
    assert reason[0] == "The configuration cannot be used:"
    assert "base_seed" in reason[1] and "integer" in reason[1]
    assert not (tmp_path / "results").exists()


def test_a_result_that_was_edited_is_not_built_upon(snakemake, tmp_path):
    coverage, figure = (f"results/besiii_2025/{name}" for name in (
        "limits/coverage.csv", "figures/coverage_map.pdf"))  # fmt: skip
    assert snakemake(tmp_path, figure).returncode == 0
    whole = (tmp_path / coverage).read_bytes()
    (tmp_path / coverage).write_bytes(whole + whole.splitlines(keepends=True)[-1])
    process = snakemake(tmp_path, figure)
    assert process.returncode != 0
    assert f"{coverage}: edited or damaged since it was written" in process.stdout
    assert f"again: snakemake {figure} --force --cores 1 --snakefile" in process.stdout
    status = snakemake(tmp_path, "status", "--nolock").stdout
    assert f"{coverage}: edited or damaged since it was written; delete it and make it again: " in status
    assert re.search(r"(?m)^besiii_2025 +0/\d+ ", status) and "jobs  missing" in status
    (tmp_path / coverage).unlink()
    assert snakemake(tmp_path, figure).returncode == 0
    assert (tmp_path / coverage).read_bytes() == whole
    # With all that is made from it there, a run does not miss it; the command of the message makes it.
    (tmp_path / coverage).unlink()
    assert "Nothing to be done" in snakemake(tmp_path, figure).stdout
    assert not (tmp_path / coverage).exists()
    command = re.search(rf"(?m)^{coverage}: .*make it again: (.*)$", status)[1]
    words = [sys.executable, "-m", *shlex.split(command)]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / coverage).read_bytes() == whole


def test_profiles_of_clusters_are_readable(root):
    for name in ("default", "slurm", "htcondor"):
        profile = quick_yaml.load((root / "profiles" / name / "profile.yaml").read_text())
        assert profile["rerun-incomplete"] is True


def test_the_record_of_a_calibration_is_json(snakemake, tmp_path):
    target = "results/besiii_2025/calibration/record.json"
    process = snakemake(tmp_path, target)
    assert process.returncode == 0, process.stdout[-4000:]
    record = json.loads((tmp_path / target).read_text())
    assert record["outcome"] in ("converged", "at minimum", "at maximum")
