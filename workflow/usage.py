"""What the jobs of the last run used: `python workflow/usage.py [results] [--samples]`.

By rule, or by sample with the uncertainty that its events have reached.  Read from the last line of
every job's log; CPU time is that of the whole process, its start included.  What was loaded once for many jobs
(`prepared_jobs`) is a rule of its own.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Iterator
from pathlib import Path

_LINE = re.compile(r"used: cpu_s=(\S+) clock_s=(\S+) peak_memory_mb=(\S+)")
#: Rules that simulate or select samples: their logs are called <sample>/<variation>.
_OF_SAMPLES = ("simulate_sample", "select_sample", "select_part")
#: An uncertainty so many times the wanted one is called missed: estimates of few heavy weights differ by less.
_MISSED = 1.1


def jobs(results: Path) -> Iterator[tuple[str, str, tuple[str, ...], float, float]]:
    """Search ("" for none), rule, rest of the log's name, CPU time (s), largest memory (MB)."""
    for log in sorted(results.rglob("*.log")):
        parts = log.relative_to(results).with_suffix("").parts
        found = _LINE.search(log.read_text(encoding="utf-8", errors="replace"))
        if found is not None and "logs" in parts:
            place = parts.index("logs")
            cpu_s, _, memory_mb = map(float, found.groups())
            yield "/".join(parts[:place]), parts[place + 1], parts[place + 2 :], cpu_s, memory_mb


def usage(results: Path) -> dict[str, dict[str, float]]:
    """By rule: number of jobs, their CPU time and the largest one, and the largest memory.

    `results`: the folder with `logs/<rule>` and `<search>/logs/<rule>`.

    >>> usage(Path("results"))["select_sample"]["cpu_s"]            # doctest: +SKIP
    """
    rules: dict[str, dict[str, float]] = {}
    for _, name, _, cpu_s, memory_mb in jobs(results):
        rule = rules.setdefault(
            name, {"jobs": 0, "cpu_s": 0.0, "largest_cpu_s": 0.0, "peak_memory_mb": 0.0}
        )
        rule["jobs"] += 1
        rule["cpu_s"] += cpu_s
        rule["largest_cpu_s"] = max(rule["largest_cpu_s"], cpu_s)
        rule["peak_memory_mb"] = max(rule["peak_memory_mb"], memory_mb)
    return rules


def by_sample(results: Path) -> list[dict]:
    """CPU time of every job of a sample, and the relative uncertainty of its nominal acceptances.

    One row for each selection and region with an acceptance; `uncertainty_percent` is statistical, and
    `wanted_percent` what the search's file, below the working directory, wants; None where it does not say.
    A sample that two searches share costs its simulation in the first one's rows.
    """
    cpu: dict[tuple[str, str, str], float] = {}
    for search, rule, rest, cpu_s, _ in jobs(results):
        if rule in _OF_SAMPLES and len(rest) > 1:
            key = (search, rest[0], rest[1])
            cpu[key] = cpu.get(key, 0.0) + cpu_s
    rows = []
    wanted = {search: wanted_percent(Path("config/papers") / f"{search}.yaml") for search, *_ in cpu}
    for (search, sample, job), cpu_s in cpu.items():
        table = results / search / "acceptance" / sample / f"{job}.csv"
        if not table.exists():
            continue
        with open(table, newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                value = float(row["acceptance"])
                if row["variation"] == job and value > 0.0:
                    percent = 100.0 * float(row["acceptance_uncertainty"]) / value
                    rows.append({
                        "search": search, "sample": sample, "variation": job, "cpu_s": cpu_s,
                        "selection": row["selection"], "region": row["region"],
                        "acceptance": value, "uncertainty_percent": percent,
                        "wanted_percent": _wanted_of(wanted[search], sample, row),
                    })  # fmt: skip
    return rows


def wanted_percent(file: Path) -> dict[tuple[str, ...], float]:
    """Wanted uncertainties by sample, channel, selection and region; none where there is no file."""
    if not file.exists():
        return {}
    import yaml

    samples = yaml.safe_load(file.read_text(encoding="utf-8")).get("samples", {})
    return {
        (name, one["channel"], one["selection"], one["region"]): one["percent"]
        for name, entry in samples.items()
        for one in entry.get("wanted_uncertainty", ())
    }


def _wanted_of(wanted: dict[tuple[str, ...], float], sample: str, row: dict) -> float | None:
    """What is wanted of a row; a sample at one of several masses has the mass behind its name."""
    place = (row.get("channel", ""), row["selection"], row["region"])
    name = re.sub(r"_m\d+\.\d+$", "", sample)
    return wanted.get((sample, *place), wanted.get((name, *place)))


def _lines_by_rule(results: Path) -> Iterator[str]:
    rules = sorted(usage(results).items(), key=lambda item: -item[1]["cpu_s"])
    yield f"{'rule':32}{'jobs':>6}{'CPU s':>10}{'largest':>10}{'MB':>8}"
    for name, used in rules:
        yield (
            f"{name:32}{used['jobs']:6.0f}{used['cpu_s']:10.1f}"
            f"{used['largest_cpu_s']:10.1f}{used['peak_memory_mb']:8.0f}"
        )
    jobs_of_all, cpu_of_all = (sum(used[key] for _, used in rules) for key in ("jobs", "cpu_s"))
    yield f"{'all':32}{jobs_of_all:6.0f}{cpu_of_all:10.1f}"


def _lines_by_sample(results: Path) -> Iterator[str]:
    yield f"{'sample':52}{'CPU s':>8}  {'selection, region':32}{'acceptance':>12}{'+- %':>8}   wanted"
    for row in sorted(by_sample(results), key=lambda row: -row["cpu_s"]):
        name = f"{row['search']}/{row['sample']}/{row['variation']}"
        place = f"{row['selection']}, {row['region']}"
        wanted = "" if row["wanted_percent"] is None else f"{row['wanted_percent']:.2f}"
        if wanted and row["uncertainty_percent"] > _MISSED * row["wanted_percent"]:
            wanted += "  missed"
        yield (
            f"{name:52}{row['cpu_s']:8.1f}  {place:32}{row['acceptance']:12.3e}"
            f"{row['uncertainty_percent']:8.2f}   {wanted}".rstrip()
        )


def main() -> None:
    """Print one of the tables, what costs most first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", nargs="?", default="results", type=Path)
    parser.add_argument("--samples", action="store_true", help="by sample, with uncertainties")
    arguments = parser.parse_args()
    lines = _lines_by_sample if arguments.samples else _lines_by_rule
    try:
        print("\n".join(lines(arguments.results)), flush=True)
    except BrokenPipeError:
        raise SystemExit(0) from None


if __name__ == "__main__":
    main()
