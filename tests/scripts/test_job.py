"""Logs and errors of jobs."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import checksums
import numpy as np
import pytest
import records
from job import job
from output import write_result
from overlays import with_overlays
from parts import join_parts, write_counts
from usage import by_sample, usage
from usage import main as print_usage

from lnvsearch.random_streams import stream_key, uniform4


@pytest.fixture
def rule(tmp_path):
    return SimpleNamespace(rule="a_rule", log=[str(tmp_path / "logs" / "a.log")])


def test_output_goes_to_the_log(rule, capsys):
    with job(rule):
        print("progress")
    assert capsys.readouterr().out == ""
    assert "progress" in Path(rule.log[0]).read_text()


@pytest.fixture
def writing(rule, tmp_path, monkeypatch):
    """A job that writes results/a.csv, and one that reads it; both may be run with their work."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LNVSEARCH_OPTIONS", "--cores 1 --configfile own.yaml")
    write_result("results/a.csv", {"x": [1]})
    writes = SimpleNamespace(rule="write", log=rule.log, input=[], output=["results/a.csv"])
    reads = SimpleNamespace(rule="read", log=rule.log, input=["results/a.csv"], output=["results/b c.csv"])
    return writes, reads


def test_an_edited_result_is_refused_and_named(writing, capsys):
    writes, reads = writing
    with job(reads):
        pass  # without a record, as from an earlier version
    with job(writes):
        write_result("results/a.csv", {"x": [2]})
    with job(reads):
        pass
    assert list(checksums.edited(writes.output)) == list(checksums.unrecorded(writes.output)) == []
    Path("results/a.csv").write_text("x\n3\n")
    assert list(checksums.edited(writes.output)) == ["results/a.csv"]
    with pytest.raises(SystemExit), job(reads):
        raise AssertionError("the work must not begin")
    assert "results/a.csv: edited or damaged since it was written; delete it" in capsys.readouterr().err
    # A job that fails leaves no record of what it was about to write.
    with pytest.raises(SystemExit), job(writes):
        raise ValueError
    assert list(checksums.unrecorded(writes.output)) == ["results/a.csv"]


def test_a_folder_is_recorded_file_by_file(writing, capsys):
    writes, reads = writing
    writes.output, reads.input = ["results/folder"], ["results/folder"]
    for name in ("a", "b/c"):
        write_result(f"results/folder/{name}.csv", {"x": [1]})
    with job(writes):
        pass
    Path("results/folder/.snakemake_timestamp").touch()
    assert list(checksums.folders(Path("results"))) == writes.output
    assert list(checksums.edited(writes.output)) == list(checksums.unrecorded(writes.output)) == []
    Path("results/folder/b/c.csv").write_text("x\n2\n")
    Path("results/folder/a.csv").unlink()
    write_result("results/folder/new.csv", {"x": [1]})
    assert list(checksums.edited(writes.output)) == ["results/folder/a.csv", "results/folder/b/c.csv"]
    assert list(checksums.unrecorded(writes.output)) == ["results/folder/new.csv"]
    with pytest.raises(SystemExit), job(reads):
        raise AssertionError("the work must not begin")
    options = "--cores 1 --configfile own.yaml"
    fix = "edited or damaged since it was written; delete results/folder and make it again: snakemake results/folder " + options
    assert f"results/folder/a.csv: {fix}; results/folder/b/c.csv: {fix} (" in capsys.readouterr().err
    # A file that the job does not write again is forgotten.
    with job(writes):
        pass
    assert list(checksums.edited(writes.output)) == list(checksums.unrecorded(writes.output)) == []


def test_what_lies_beside_a_result_is_recorded_with_it(writing):
    """As the other files of a submission to HEPData, of which Snakemake knows the first alone."""
    writes, _ = writing
    writes.output = ["results/folder/first.csv"]
    with job(writes, folders=["results/folder"]):
        for name in ("first", "second"):
            write_result(f"results/folder/{name}.csv", {"x": [1]})
    Path("results/folder/second.csv").write_text("x\n2\n")
    (found,) = checksums.edited(["results/folder/second.csv"])
    # Snakemake makes the first alone by its name.
    made = "snakemake results/folder/first.csv --cores 1 --configfile own.yaml"
    assert checksums.problem(found).endswith(f"; delete results/folder and make it again: {made}")


def test_a_record_of_an_earlier_version_is_still_read(writing):
    writes, _ = writing
    with job(writes):
        write_result("results/a.csv", {"x": [1]})
    (place,) = Path(".snakemake/checksums").rglob("*.sha256")
    place.write_text(place.read_text().partition("\n")[0])
    assert not list(checksums.edited(writes.output))
    Path("results/a.csv").write_text("x\n3\n")
    (found,) = checksums.edited(writes.output)
    assert "; delete it and make it again: snakemake results/a.csv --cores 1" in checksums.problem(found)


def test_a_message_ends_with_the_command_that_repeats_the_job(writing, capsys):
    _, reads = writing
    again = "snakemake 'results/b c.csv' --force --cores 1 --configfile own.yaml"
    with pytest.raises(SystemExit), job(reads):
        raise ValueError("mend it")
    assert capsys.readouterr().err.endswith(f"again: {again})\n")
    with pytest.raises(KeyError) as caught, job(reads):
        raise KeyError("a bug")
    assert caught.value.__notes__ == [f"This job alone: {again}"]
    assert again in Path(reads.log[0]).read_text()


def test_the_log_says_what_was_asked_and_what_came_out(writing):
    writes, _ = writing
    writes.wildcards = {"sample": "signal"}
    writes.params = {"code": "0123 of write", "n_events": 5, "maps": {"a": {"b": 1}}, "list": list(range(9))}
    with job(writes):
        print("work")
    rule, asked, code, versions, work, wrote, used = Path(writes.log[0]).read_text().splitlines()
    assert rule == "rule: write sample=signal"
    assert asked == "asked: n_events=5, maps={a}, list=9 values"
    assert code == "code: 0123 of write" and "numpy" in versions and work == "work"
    assert wrote == "wrote: results/a.csv, 1 rows" and used.startswith("used: ")


def test_counts_of_every_selection():
    cutflow = {
        "variation": ["nominal"] * 2 + ["up"], "selection": ["a"] * 3, "channel": ["c"] * 3,
        "events_in": [100.0, 50.0, 100.0], "events_out": [50.0, 20.0, 40.0],
    }  # fmt: skip
    assert list(records.counts(cutflow)) == [
        "nominal c a: 100 events, 20 selected", "up c a: 100 events, 40 selected",
    ]  # fmt: skip


def test_a_leaf_has_a_record_of_where_it_comes_from(writing):
    writes, _ = writing
    write_result("results/in.csv", {"x": [1]})
    writes.input = ["results/in.csv"]
    writes.params, writes.config = {"code": "0123 of write", "cut": 1}, {"base_seed": 7}
    names = ["csv", "provenance"]
    paths = ["results/a.csv", "results/a.provenance.json"]
    writes.output = type("Outputs", (list,), {"keys": lambda self: names})(paths)
    for name, path in zip(names, paths, strict=True):
        setattr(writes.output, name, path)

    def record():
        with job(writes):
            pass
        return json.loads(Path("results/a.provenance.json").read_text())

    found = record()
    assert found["results"] == {"csv": "results/a.csv"} and found["base_seed"] == 7
    assert found["inputs"] == {"results/in.csv": checksums.checksum(Path("results/in.csv"))}
    assert found["packages"]["numpy"] == np.__version__ and found["code"] == "0123 of write"
    assert record() == found
    assert list(checksums.unrecorded(paths)) == []
    writes.params["cut"] = 2
    assert {name for name, value in record().items() if value != found[name]} == {"settings"}


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_the_commit_is_the_same_for_every_user_and_within_a_hook(tmp_path, monkeypatch):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=b"]
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow/records.py").write_text("")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"], ["tag", "v0.1.0"]):
        subprocess.run([*git, *words], check=True)
    monkeypatch.setattr(records, "__file__", str(tmp_path / "workflow/records.py"))
    commit = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    assert records._commit() == commit
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git then takes nobody for the owner
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert records._commit() == commit
    (tmp_path / ".git/index.lock").touch()
    (tmp_path / "workflow/records.py").write_text("edited")
    assert records._commit() == f"{commit}+"


def test_an_expected_error_is_one_line_and_exit_code_1(rule, capsys):
    with pytest.raises(SystemExit) as caught, job(rule):
        raise ValueError("file.yaml: key: mend it")
    assert caught.value.code == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "a_rule: file.yaml: key: mend it" in message
    assert "Traceback" in Path(rule.log[0]).read_text()


def test_the_log_ends_with_what_the_job_used(rule, tmp_path):
    with job(rule):
        sum(range(1000))
    with pytest.raises(ZeroDivisionError), job(rule.__class__(rule="b", log=[str(tmp_path / "logs/b/1.log")])):
        raise ZeroDivisionError
    found = usage(tmp_path)
    assert set(found) == {"a", "b"}
    assert found["b"]["jobs"] == 1 and found["b"]["cpu_s"] > 0 and found["b"]["peak_memory_mb"] > 5


def write_costs(folder):
    """Logs and acceptances of a sample of a search, whose signal is known to 5 %."""
    search = folder / "a_search"
    for rule, cpu_s in (("simulate_sample", 3.5), ("select_sample", 1.25)):
        log = search / "logs" / rule / "signal" / "nominal.log"
        log.parent.mkdir(parents=True)
        log.write_text(f"used: cpu_s={cpu_s} clock_s=1 peak_memory_mb=100\n")
    table = search / "acceptance" / "signal" / "nominal.csv"
    table.parent.mkdir(parents=True)
    table.write_text(
        "variation,selection,region,acceptance,acceptance_uncertainty,channel\n"
        "nominal,lnv,signal,0.2,0.01,piee\nother,lnv,signal,0.1,0.01,piee\nnominal,lnv,masked,0.0,0.01,piee\n"
    )


def test_what_a_sample_costs_stands_beside_what_it_reached(tmp_path):
    write_costs(tmp_path)
    (row,) = by_sample(tmp_path)
    assert (row["cpu_s"], row["region"]) == (4.75, "signal")
    assert row["uncertainty_percent"] == pytest.approx(5.0)


@pytest.mark.parametrize(("percent", "end"), [(4.0, "5.00   4.00  missed"), (4.8, "5.00   4.80"), (6, "5.00   6.00")])
def test_what_is_known_less_well_than_wanted_is_marked(tmp_path, monkeypatch, capsys, percent, end):
    """By a tenth: an uncertainty is an estimate, too."""
    write_costs(tmp_path)
    wish = f"{{channel: piee, selection: lnv, region: signal, percent: {percent}}}"
    file = tmp_path / "config/papers/a_search.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(f"samples: {{signal: {{wanted_uncertainty: [{wish}]}}}}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["usage.py", ".", "--samples"])
    print_usage()
    assert capsys.readouterr().out.splitlines()[1].endswith(end)


def test_a_bug_keeps_its_traceback(rule):
    with pytest.raises(ZeroDivisionError), job(rule):
        raise ZeroDivisionError


def test_the_calibration_replaces_a_value(tmp_path):
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("detector: {response: {scale: 1.5}}\n")
    settings = {"detector": {"response": {"scale": {"value": 1.0, "source": "x"}}}, "n_events": 3}
    found = with_overlays(settings, {"overlay": [overlay]})
    assert found["detector"]["response"]["scale"]["value"] == 1.5 and found["n_events"] == 3
    assert with_overlays(settings, {"overlay": []}) == with_overlays(settings, {}) == settings


def test_counts_of_a_part_that_cannot_be_read_are_refused(tmp_path):
    write_counts(str(tmp_path / "0.pickle"), [1, 2])
    (tmp_path / "1.pickle").write_bytes((tmp_path / "0.pickle").read_bytes()[:-3])
    with pytest.raises(ValueError, match=r"1\.pickle: not the counts of a part .*run again"):
        join_parts([], [tmp_path / "0.pickle", tmp_path / "1.pickle"], tmp_path / "all.root")
    assert join_parts([], [tmp_path / "0.pickle"] * 2, tmp_path / "all.root") == [1, 2, 1, 2]


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a.csv", {"x": [1, 2.5], "y": [None, "b"]}, "x,y\n1,\n2.5,b\n"),
        ("a.json", {"x": 1}, '{\n  "x": 1\n}\n'),
        ("a.yaml", {"x": {"y": 1.5}}, "x:\n  y: 1.5\n"),
    ],
)
def test_the_ending_of_a_file_says_how_a_result_is_written(tmp_path, name, content, text):
    write_result(str(tmp_path / name), content)
    assert (tmp_path / name).read_text() == text


def test_a_job_of_kernels_starts_without_what_they_do_not_need(root):
    """And a kernel that needs what was left out says so by running as ever."""
    code = """
import sys
from lnvsearch.numba_start import start_numba
start_numba()
import numpy as np
from lnvsearch.random_streams import stream_key, uniform4
from numba import njit
key = stream_key(1, "sample", "process")
print(uniform4(key, 0, 0, 0, 0))
print(njit(lambda a: a.sum() + a.min())(np.arange(4.0)))
print([name for name in ("awkward", "scipy.linalg") if name in sys.modules])
import scipy.linalg, awkward
print(scipy.linalg.det(np.eye(2)))
"""
    path = os.pathsep.join(map(str, (root / "workflow/scripts", root / "src")))
    process = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = process.stdout.splitlines()
    assert lines[1:] == ["6.0", "[]", "1.0"]
    assert lines[0] == str(uniform4(stream_key(1, "sample", "process"), 0, 0, 0, 0))


def test_settings_have_one_hash_wherever_the_project_lies():
    """Files of the project have their whole path where the run has a folder of its own."""
    hashes = {
        records._digest({"files": [f"{folder}resources/a.csv"], "factor": 0.5})
        for folder in ("", f"{records._PROJECT}/")
    }
    assert len(hashes) == 1
    assert records._digest({"files": ["/elsewhere/resources/a.csv"], "factor": 0.5}) not in hashes
