"""What `snakemake status` says, of made-up logs, results and jobs."""

from pathlib import Path
from types import SimpleNamespace

import checksums
import pytest
import status_report
from usage import usage

DRY_RUN = """
rule select_sample:
    input: a
    output: results/p/selected/s/nominal.root, results/p/cutflow/s/nominal.csv
    jobid: 1
    reason: Missing output files: results/p/selected/s/nominal.root
    wildcards: paper=p

localrule tabulate_table:
    output: results/p/tables/t.csv
    reason: Params have changed since last execution: cut: 1 -> 2

rule all:
    input: results/p/tables/t.csv
    reason: Input files updated by another job: results/p/tables/t.csv
"""


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for rule, cpu_s, memory_mb in (("select_sample", 10.0, 900), ("draw_figure", 2.0, 100)):
        log = Path(f"results/p/logs/{rule}/a.log")
        log.parent.mkdir(parents=True)
        log.write_text(f"used: cpu_s={cpu_s} clock_s=1 peak_memory_mb={memory_mb}\n")
    return Path("results")


def test_jobs_of_a_dry_run_and_why(results):
    jobs = list(status_report.listed_jobs(DRY_RUN))
    assert jobs == [
        ("select_sample", "results/p/selected/s/nominal.root", "missing"),
        ("tabulate_table", "results/p/tables/t.csv", "stale: cut: 1 -> 2"),
    ]
    said = "\n".join(status_report._of_remaining(jobs, usage(results), 2))
    assert "1 jobs  missing" in said
    assert "about 5 s on 2 cores" in said and "without tabulate_table" in said
    assert list(status_report._of_remaining([], {}, 2)) == ["nothing: all is up to date"]


def test_a_rule_that_used_more_than_it_asks_for_is_marked(results):
    lines = list(status_report._of_rules(usage(results), {"select_sample": 800, "draw_figure": 200}))
    assert lines[1].split()[:5] == ["select_sample", "1", "10.0", "10.0", "900"]
    assert [line.endswith("asks for too little") for line in lines] == [False, True, False]


def test_samples_are_done_when_all_their_jobs_are(results):
    (results / "selected").mkdir()
    (results / "selected/a.root").touch()
    paper = SimpleNamespace(
        jobs={("a", "nominal"): ["nominal", "up"], ("b", "nominal"): ["nominal"]},
        selected_file=lambda sample, job: f"results/selected/{sample}.root",
        number_of_events=lambda sample, job: 1000,
    )
    line = list(status_report._of_samples({"p": paper}))[1]
    assert line.split() == ["p", "1/2", "1/2", "1/2", "1,000", "/", "2,000"]


def test_what_forbids_a_run_is_said_and_the_rest_is_reported(results, monkeypatch):
    refusal = "The data cannot be opened:\ndata.p.unblind: no such manifest\n"
    answer = SimpleNamespace(
        returncode=1, stdout="SNAKEMAKE\nBuilding DAG of jobs...\n",
        stderr=f"Using workflow specific profile profiles/default for setting …\n{refusal}",
    )  # fmt: skip
    asked = []

    def run(command, **options):
        asked.append(command)
        return answer

    monkeypatch.setattr(status_report.subprocess, "run", run)
    said = list(status_report.lines({}, results, {}, 1, ["mtime"]))
    assert f"cannot be told: {refusal.strip()}" in said
    assert asked[0][-2:] == ["--rerun-triggers", "mtime"]  # as those of the command
    assert said[-1] == "0 files, 0 edited, 0 without a record of their content"


def test_an_edited_file_is_named(results):
    table = results / "t.csv"
    table.write_text("a\n")
    assert list(status_report._of_files(results)) == [
        "1 files, 0 edited, 1 without a record of their content"
    ]
    checksums.record(["results/t.csv"])
    table.write_text("b\n")
    assert [line.split(": ")[0] for line in status_report._of_files(results)] == [
        "results/t.csv", "1 files, 1 edited, 0 without a record of their content",
    ]  # fmt: skip
