"""What the jobs of the last run used, by rule: `python workflow/usage.py [results]`.

Read from the last line of every job's log.  CPU time is that of the whole process.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

_LINE = re.compile(r"used: cpu_s=(\S+) clock_s=(\S+) peak_memory_mb=(\S+)")


def usage(results: Path) -> dict[str, dict[str, float]]:
    """By rule: number of jobs, their CPU time and the largest one, and the largest memory.

    `results`: the folder with `logs/<rule>` and `<search>/logs/<rule>`.

    >>> usage(Path("results"))["select_sample"]["cpu_s"]            # doctest: +SKIP
    """
    rules: dict[str, dict[str, float]] = {}
    for log in sorted(results.rglob("*.log")):
        parts = log.relative_to(results).with_suffix("").parts
        found = _LINE.search(log.read_text(encoding="utf-8", errors="replace"))
        if found is None or "logs" not in parts:
            continue
        cpu_s, _, memory_mb = map(float, found.groups())
        rule = rules.setdefault(
            parts[parts.index("logs") + 1],
            {"jobs": 0, "cpu_s": 0.0, "largest_cpu_s": 0.0, "peak_memory_mb": 0.0},
        )
        rule["jobs"] += 1
        rule["cpu_s"] += cpu_s
        rule["largest_cpu_s"] = max(rule["largest_cpu_s"], cpu_s)
        rule["peak_memory_mb"] = max(rule["peak_memory_mb"], memory_mb)
    return rules


def main(results: str = "results") -> None:
    """Print the table, the most expensive rule first."""
    rules = sorted(usage(Path(results)).items(), key=lambda item: -item[1]["cpu_s"])
    print(f"{'rule':32}{'jobs':>6}{'CPU s':>10}{'largest':>10}{'MB':>8}")
    for name, used in rules:
        print(
            f"{name:32}{used['jobs']:6.0f}{used['cpu_s']:10.1f}"
            f"{used['largest_cpu_s']:10.1f}{used['peak_memory_mb']:8.0f}"
        )
    print(f"{'all':32}{sum(u['jobs'] for _, u in rules):6.0f}{sum(u['cpu_s'] for _, u in rules):10.1f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
