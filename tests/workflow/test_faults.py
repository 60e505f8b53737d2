"""Whatever happens to a run, the results of both experiments are in the end those of an undisturbed one.

All runs have one core, but for one that has sixteen.  Those that are disturbed start from a copy of the undisturbed
one, so from a folder that was moved, in which the samples below and what follows from them are missing.
"""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import hang_guard
import pytest
import uproot
from same_results import assert_equal
from small_run import CONFIG, TARGETS

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(not hang_guard.PROC.exists(), reason="faults find processes in /proc"),
]

#: A sample of each experiment.
SAMPLES = ("besiii_2025/{}/signal_phsp/nominal", "na62_2019/{}/signal_piee/nominal")
RECORDED = [f"results/{sample}.root".format("recorded") for sample in SAMPLES]
SELECTED = [f"results/{sample}.root".format("selected") for sample in SAMPLES]


@pytest.fixture(scope="module")
def run(root, tmp_path_factory, snakemake):
    config = tmp_path_factory.mktemp("config") / "small.yaml"
    config.write_text(CONFIG + "keep_events: true\n")

    def run(folder, *arguments, cores=1, **options):
        paths = [str(root / "tests/workflow/faults"), os.environ.get("PYTHONPATH")]
        return snakemake(
            folder, *TARGETS, *arguments, cores=cores, config=str(config),
            PYTHONPATH=os.pathsep.join(filter(None, paths)), **options,
        )  # fmt: skip

    return run


@pytest.fixture(scope="module")
def undisturbed(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    process = run(folder)
    assert process.returncode == 0, process.stdout[-4000:]
    return folder


@pytest.fixture
def folder(undisturbed, tmp_path):
    """A copy in which the events of each experiment's sample are there, and nothing after them."""
    folder = shutil.copytree(undisturbed, tmp_path / "moved")
    for sample in SAMPLES:
        for kind in ("selected", "cutflow", "acceptance", "spectra", "losses"):
            shutil.rmtree((folder / "results" / sample.format(kind)).parent)
    for target in TARGETS:
        shutil.rmtree((folder / target).parent)
    return folder


@pytest.fixture
def without_events(folder):
    for path in RECORDED:
        (folder / path).unlink()
    return folder


@pytest.fixture
def ends_well(run, undisturbed):
    """Run again: all that is there then is what the undisturbed run has."""

    def ends_well(folder):
        process = run(folder)
        assert process.returncode == 0, process.stdout[-4000:]
        assert not locks(folder)
        assert_equal(folder, undisturbed)

    return ends_well


def locks(folder):
    return list(folder.glob(".snakemake/locks/*"))


def faults(**by_path):
    return {"LNVSEARCH_FAULTS": json.dumps(by_path)}


def test_a_moved_folder_has_nothing_to_do(run, undisturbed, tmp_path):
    moved = shutil.copytree(undisturbed, tmp_path / "moved")
    assert "Nothing to be done" in run(moved, "--dry-run").stdout


@pytest.mark.parametrize("killed", SELECTED)
def test_a_killed_workflow(run, folder, ends_well, killed):
    """Everything is killed with it, as when a machine goes down."""
    process = run(folder, **faults(**{killed: "kill-workflow"}))
    assert process.returncode == -9
    refused = run(folder)
    assert refused.returncode == 1 and "LockException" in refused.stdout
    assert "--unlock" in refused.stdout
    assert run(folder, "--unlock").returncode == 0
    ends_well(folder)


def test_a_terminated_workflow(run, without_events, ends_well):
    process = run(without_events, **faults(**{RECORDED[1]: "terminate-workflow"}))
    assert process.returncode == 1
    assert not locks(without_events)
    # The job that was running has ended, and nothing after it was begun.
    assert (without_events / RECORDED[1]).exists()
    assert not (without_events / TARGETS[1]).exists()
    ends_well(without_events)


#: A file system of its own, for the command that follows and what it starts alone.
SMALL_DISK = (
    "unshare", "--mount", "--map-root-user", "sh", "-c",
    'mount -t tmpfs -o size=32k none "$0" && mount -t tmpfs -o size=32k none "$1" && shift && exec "$@"',
)  # fmt: skip


def succeeds(command):
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


def test_full_disks_and_killed_jobs(run, without_events, ends_well, tmp_path):
    """One after the other in a folder, which a run without any of it brings to its end.

    First no file may grow, then the folders of both samples lie on file systems without space for them, where any
    can be mounted, then jobs are killed, which leave what they had begun.
    """
    process = run(without_events, "--keep-going", **faults(all="full"))
    assert process.returncode == 1
    for path in RECORDED:
        assert f"File too large; free some and run again: '{path}'" in process.stdout
        assert not list(without_events.glob(f"{Path(path).parent}/*"))
    nothing_is_written(without_events)
    mounts = succeeds([*SMALL_DISK, tmp_path, tmp_path, "true"])
    if mounts:
        folders = [(without_events / path).parent for path in RECORDED]
        for folder in folders:  # Snakemake may have removed them, empty
            folder.mkdir(parents=True, exist_ok=True)
        process = run(without_events, "--keep-going", inside=[*SMALL_DISK, *map(str, folders)])
        assert process.returncode == 1
        for path in RECORDED:
            assert f"No space left on device; free some and run again: '{path}'" in process.stdout
        nothing_is_written(without_events)
    process = run(without_events, "--keep-going", **faults(**dict.fromkeys(RECORDED, "kill")))
    assert process.returncode == 1 and process.stdout.count("SIGKILL") >= 2
    assert all(f"again: snakemake {path} --force --cores 1 " in process.stdout for path in RECORDED)
    nothing_is_written(without_events)
    ends_well(without_events)
    if not mounts:
        pytest.skip("all is well but the part with a real disk: no file system can be mounted here")


def nothing_is_written(folder):
    """Of the samples, at all."""
    assert not [path for path in (*RECORDED, *SELECTED) if (folder / path).exists()]


#: A user and a machine without names; the checkout lies in another place; new files are the user's alone.
ELSEWHERE = (
    "unshare", "--map-root-user", "--mount", "--uts", "sh", "-c",
    'mount --bind "$0" "$1" && hostname elsewhere && umask 077 && shift && '
    'exec unshare --user --map-user=4242 --map-group=4242 "$@"',
)  # fmt: skip


def surroundings(folder, checkouts):
    """Variables of another user, language, time zone and machine, with caches and orders of sets of their own."""
    (folder / "home").mkdir()
    return {
        "HOME": str(folder / "home"), "USER": "someone", "LOGNAME": "someone", "HOSTNAME": "elsewhere",
        "TZ": "Pacific/Kiritimati", "LC_ALL": "POSIX", "LANG": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0",
        "TMPDIR": str(folder), "MPLCONFIGDIR": str(folder / "fonts"), "XDG_CACHE_HOME": str(folder / "cache"),
        "PYTHONHASHSEED": "4242", "COLUMNS": "40", "OMP_NUM_THREADS": "3", "OPENBLAS_NUM_THREADS": "3",
        "GIT_CEILING_DIRECTORIES": os.pathsep.join(map(str, checkouts)),
    }  # fmt: skip


def test_sixteen_cores_and_other_surroundings_change_nothing(run, undisturbed, tmp_path, root):
    """Everything is made in other surroundings, byte for byte; where nothing can be mounted, in those of variables."""
    folder, checkout = tmp_path / "a_folder_with_a_longer_name", tmp_path / "checkout"
    for path in (folder, checkout):
        path.mkdir()
    words = [*ELSEWHERE, str(root), str(checkout)]
    if not succeeds([*words, "true"]):
        words, checkout = [], root
    variables = surroundings(tmp_path, (root, checkout))
    process = run(folder, cores=16, inside=words, project=checkout, **variables)
    assert process.returncode == 0, process.stdout[-4000:]
    assert_equal(folder, undisturbed)


def test_two_workflows_in_a_folder(run, without_events, undisturbed):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(run, without_events, **faults(**{RECORDED[0]: "wait"}))
        reached = without_events / (RECORDED[0].replace("/", "_") + ".fault")
        while not reached.exists() and not first.done():
            time.sleep(0.1)
        second = run(without_events)
        (without_events / "go").touch()
    assert second.returncode == 1 and "LockException" in second.stdout
    assert first.result().returncode == 0
    assert_equal(without_events, undisturbed)


def cut(path):
    path.write_bytes(path.read_bytes()[:-5000])


def shorten(path):
    """The file announces more events than it has."""
    with uproot.open(path) as file:
        events, metadata = file["Events"].arrays(), str(file["metadata"])
    with uproot.recreate(path) as file:
        file["Events"] = {name: events[name][:-100] for name in events.fields}
        file["metadata"] = metadata


def test_damaged_events(run, folder, ends_well):
    """Named by their checksums, and by the reader where there are none."""
    whole = {path: (folder / path).read_bytes() for path in RECORDED}
    for spoil, message in (
        (cut, "not a whole ROOT file"), (shorten, "events that were written; make or copy it again"),
    ):  # fmt: skip
        for path in RECORDED:
            (folder / path).write_bytes(whole[path])
            spoil(folder / path)
        if (folder / ".snakemake/checksums").exists():  # they see any change
            process = run(folder, "--keep-going")
            assert process.returncode == 1
            for path in RECORDED:
                said = f"{path}: edited or damaged since it was written; delete it and make it again: snakemake {path} "
                assert said in process.stdout
            shutil.rmtree(folder / ".snakemake/checksums")
        process = run(folder, "--keep-going")
        assert process.returncode == 1
        said = " ".join(process.stdout.split())
        assert said.count(message) >= 2 and all(f"select_sample: {path}: " in said for path in RECORDED)
    for path in RECORDED:
        (folder / path).unlink()
    ends_well(folder)


def test_edited_results(run, without_events, ends_well):
    """Forged numbers in what a later job reads."""
    edited = [
        Path("results/besiii_2025/calibration/overlay.yaml"),
        Path("results/na62_2019/identification/nominal.json"),
    ]
    for path in edited:
        text = (without_events / path).read_text()
        (without_events / path).write_text(text.replace(".", ".1", 1))
        os.utime(without_events / path, (0, 0))
    process = run(without_events, "--keep-going", "--rerun-triggers", "params")
    assert process.returncode == 1
    assert all(f"{path}: edited or damaged since it was written" in process.stdout for path in edited)
    for path in edited:
        (without_events / path).unlink()
    ends_well(without_events)
