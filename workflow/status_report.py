"""`snakemake status`: what is done, stale, edited, or remains, and the time that it needs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import checksums
from usage import usage

#: Beginning of a reason of Snakemake's for a job -> what it means here.
_REASONS = {
    "Missing output files": "missing",
    "Set of input files has changed": "stale: it reads other files now",
    "Updated input files": "stale: a file that it reads has changed",
    "Input files updated by another job": "follows from another job",
    "Incomplete": "interrupted",
}
_OTHER = "other reasons"
#: No job has made it.
_OF_PROJECT = "results/README.md"


class StatusError(ValueError):
    """The jobs that remain cannot be listed; the message is Snakemake's."""


def lines(
    papers: Mapping, results: Path, asked_mb: Mapping[str, float], cores: int, triggers: Iterable[str]
) -> Iterator[str]:
    """The whole report.  `asked_mb`: memory that each rule asks for; `triggers`: what runs a job again."""
    yield "SIMULATED"
    yield from _of_samples(papers)
    used = usage(results)
    yield "\nUSED, by rule (of the last job each)"
    yield from _of_rules(used, asked_mb)
    yield "\nTO BE DONE (every table, figure and comparison)"
    try:
        yield from _of_remaining(jobs_to_run(triggers), used, cores)
    except StatusError as error:
        yield f"cannot be told: {error}"
    yield "\nFILES"
    yield from _of_files(results)


def _of_samples(papers: Mapping) -> Iterator[str]:
    yield f"{'search':16}{'samples':>10}{'variations':>12}{'jobs':>10}{'events':>26}"
    for name, paper in papers.items():
        done = {job: Path(paper.selected_file(*job)).exists() for job in paper.jobs}
        events = {job: paper.number_of_events(*job) for job in paper.jobs}
        samples = {sample for sample, _ in done}
        complete = [s for s in samples if all(ok for (sample, _), ok in done.items() if sample == s)]
        runs = [(v, done[job]) for job, variations in paper.jobs.items() for v in variations]
        variations = {v for v, _ in runs}
        all_done = [v for v in variations if all(ok for one, ok in runs if one == v)]
        there = sum(n for job, n in events.items() if done[job])
        yield (
            f"{name:16}{f'{len(complete)}/{len(samples)}':>10}"
            f"{f'{len(all_done)}/{len(variations)}':>12}{f'{sum(done.values())}/{len(done)}':>10}"
            f"{f'{there:,} / {sum(events.values()):,}':>26}"
        )


def _of_rules(used: Mapping[str, Mapping], asked_mb: Mapping[str, float]) -> Iterator[str]:
    yield f"{'rule':32}{'jobs':>6}{'CPU s':>10}{'largest':>10}{'MB':>8}{'asked MB':>10}"
    for name, row in sorted(used.items(), key=lambda item: -item[1]["cpu_s"]):
        asked = asked_mb.get(name)
        note = "  asks for too little" if asked and row["peak_memory_mb"] > asked else ""
        yield (
            f"{name:32}{row['jobs']:6.0f}{row['cpu_s']:10.1f}{row['largest_cpu_s']:10.1f}"
            f"{row['peak_memory_mb']:8.0f}{asked or '-':>10}{note}"
        )


def jobs_to_run(triggers: Iterable[str]) -> list[tuple[str, str, str]]:
    """(rule, first output, reason) of the jobs of a dry run with `--rerun-triggers`.  Raises StatusError."""
    options = shlex.split(os.environ.get("LNVSEARCH_OPTIONS", "--cores 1"))
    options += ["--rerun-triggers", *triggers]
    command = [sys.executable, "-m", "snakemake", "all", "--dry-run", "--nolock", *options]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode != 0:
        raise StatusError(_without_header(process.stdout + process.stderr)[-2000:])
    return list(listed_jobs(process.stdout + process.stderr))


def _without_header(text: str) -> str:
    """What Snakemake says is wrong, as that data cannot be opened, without what it says of every run."""
    said = text.rpartition("Building DAG of jobs...\n")[2].splitlines()
    return "\n".join(line for line in said if line and not line.startswith("Using workflow specific profile"))


def listed_jobs(text: str) -> Iterator[tuple[str, str, str]]:
    """(rule, first output, reason) of the jobs in the text of a dry run, without the target itself."""
    for rule, block in re.findall(r"(?m)^(?:local)?rule (\w+):\n((?: {4}.*\n)+)", text):
        if rule != "all":
            output = re.search(r"(?m)^ {4}output: ([^,\n]+)", block)
            reason = re.search(r"(?m)^ {4}reason: (.+)", block)
            yield rule, output[1] if output else "", _meaning(reason[1] if reason else "")


def _meaning(reason: str) -> str:
    if changed := re.search(r"Params have changed since last execution: (.+)", reason):
        return f"stale: {changed[1].strip()}"
    return next((said for start, said in _REASONS.items() if start in reason), _OTHER)


def _of_remaining(remaining: list, used: Mapping[str, Mapping], cores: int) -> Iterator[str]:
    if not remaining:
        yield "nothing: all is up to date"
        return
    for reason, number in Counter(reason for _, _, reason in remaining).most_common():
        yield f"{number:6} jobs  {reason}"
    rules = Counter(rule for rule, _, _ in remaining)
    yield "by rule: " + ", ".join(f"{rule} {number}" for rule, number in rules.most_common())
    known = {rule: used[rule]["cpu_s"] / used[rule]["jobs"] for rule in rules if rule in used}
    seconds = sum(known[rule] * number for rule, number in rules.items() if rule in known)
    unknown = "" if len(known) == len(rules) else f", without {', '.join(sorted(set(rules) - set(known)))}"
    yield f"about {seconds / cores:.0f} s on {cores} cores, by the mean of each rule's last jobs{unknown}"


def _of_files(results: Path) -> Iterator[str]:
    there = [
        str(path) for path in results.rglob("*")
        if path.is_file() and path.suffix != ".log" and path.name != checksums.OF_SNAKEMAKE
    ]  # fmt: skip
    edited = dict.fromkeys(checksums.edited([*there, *checksums.folders(results)]))
    yield from map(checksums.problem, edited)
    unknown = [path for path in checksums.unrecorded(there) if path != _OF_PROJECT]
    yield f"{len(there)} files, {len(edited)} edited, {len(unknown)} without a record of their content"
