"""Settings and results of a job: lines for its log, and the provenance file beside a final result."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import resource
import shlex
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from checksums import checksum

#: Packages on which numbers or drawings depend, as far as a job loads them.
PACKAGES = (
    "lnvsearch", "numpy", "numba", "scipy", "awkward", "uproot", "correctionlib", "matplotlib", "snakemake",
)  # fmt: skip

_PROJECT = Path(__file__).parents[1]
#: What git sets for the commands of its hooks (some of `git rev-parse --local-env-vars`).
_OF_ONE_REPOSITORY = frozenset({
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX",
})  # fmt: skip


def asked(snakemake) -> Iterator[str]:
    """Lines for the log: the job, its parameters in short, its code, what it reads, the versions."""
    wildcards = dict(getattr(snakemake, "wildcards", None) or {})
    yield " ".join([f"rule: {snakemake.rule}", *(f"{key}={value}" for key, value in wildcards.items())])
    params = dict(getattr(snakemake, "params", None) or {})
    code = params.pop("code", None)
    if params:
        yield "asked: " + ", ".join(f"{name}={_short(value)}" for name, value in params.items())
    if code:
        yield f"code: {code}"
    for path in dict.fromkeys(getattr(snakemake, "input", ())):
        yield f"reads: {path}"
    yield f"with: Python {platform.python_version()}, " + ", ".join(
        f"{name} {number}" for name, number in packages().items()
    )


def came_out(outputs: Iterable[str]) -> Iterator[str]:
    """Lines for the log: the files written, tables with their number of rows."""
    for output in outputs:
        path = Path(output)
        if path.suffix == ".csv" and path.is_file():
            with open(path, encoding="utf-8") as stream:
                yield f"wrote: {path}, {sum(1 for _ in stream) - 1} rows"
        elif path.is_file():
            yield f"wrote: {path}"


def counts(cutflow: Mapping[str, Sequence]) -> Iterator[str]:
    """Lines for the log: what each selection of a sample begins with and keeps, of a table `cutflow`."""
    kept: dict[tuple, tuple[float, float]] = {}
    names = [name for name in ("variation", "channel", "selection") if name in cutflow]
    for i, (begin, end) in enumerate(zip(cutflow["events_in"], cutflow["events_out"], strict=True)):
        key = tuple(str(cutflow[name][i]) for name in names)
        kept[key] = (kept.get(key, (begin,))[0], end)
    for key, (begin, end) in kept.items():
        yield f"{' '.join(key)}: {begin:.7g} events, {end:.5g} selected"


def used(clock_s: float) -> str:
    """CPU time and largest memory of the whole process, start-up included; time of the work."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    megabytes = usage.ru_maxrss / 1024  # Linux counts kilobytes
    return (
        f"used: cpu_s={usage.ru_utime + usage.ru_stime:.2f} clock_s={clock_s:.2f} "
        f"peak_memory_mb={megabytes:.0f}"
    )


def again(rule: str, outputs: list[str]) -> str:
    """The command that repeats a job alone; the rules leave its options in the environment."""
    target = shlex.quote(str(outputs[0]) if outputs else rule)
    return f"snakemake {target} --force {os.environ.get('LNVSEARCH_OPTIONS', '--cores 1')}"


def write_provenance(path: str, snakemake) -> None:
    """Write the record of `provenance` as JSON, whole or not at all."""
    from lnvsearch.files import written_whole

    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(provenance(snakemake), indent=2) + "\n", encoding="utf-8")


def provenance(snakemake) -> dict:
    """Where the results of a job come from: nothing in it depends on the time or the machine's name.

    `inputs` has the checksum of every file read, so that records of one run form a chain; files of the
    project are named within it, wherever it lies.  `settings` is the hash of what the job was given of
    the configuration.
    """
    params = dict(snakemake.params)
    code = params.pop("code", "")
    named = [name for name in snakemake.output.keys() if name != "provenance"]
    return {
        "results": {name: str(getattr(snakemake.output, name)) for name in named},
        "rule": snakemake.rule,
        "words": "simulated by a fast simulation, derived or published, as every row says",
        "base_seed": snakemake.config.get("base_seed"),
        "configuration": _digest(snakemake.config),
        "settings": _digest(params),
        "code": str(code),
        "commit": _commit(),
        "python": platform.python_version(),
        "packages": packages(),
        "inputs": {_named(path): checksum(Path(path)) for path in snakemake.input},
    }


@functools.cache
def packages() -> dict[str, str]:
    """Installed version of every one of PACKAGES; one that is missing has no entry."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _short(value) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(map(str, value))}}}"
    if isinstance(value, list | tuple) and len(value) > 6:
        return f"{len(value)} values"
    return str(value)


def _named(path: str) -> str:
    place = Path(path)
    return str(place.relative_to(_PROJECT) if place.is_relative_to(_PROJECT) else place)


def _digest(settings) -> str:
    """Hash of settings, in which files of the project are named within it as well."""
    text = json.dumps(settings, sort_keys=True, default=str)
    folder = json.dumps(f"{_PROJECT}/")[:-1]
    return hashlib.sha256(text.replace(folder, '"').encode()).hexdigest()


def _commit() -> str | None:
    """The commit of the project's folder, `+` behind it where files were changed; None without git.

    It is the same for another user than the folder's, and where a hook of git has set a repository.
    """
    folder = Path(__file__).parent
    words = ["describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"]  # never the name of a tag
    # The code of this folder runs here anyway, whoever owns it; other commands of git need not wait.
    command = ["git", "--no-optional-locks", "-C", str(folder), "-c", "safe.directory=*", *words]
    variables = {k: v for k, v in os.environ.items() if k not in _OF_ONE_REPOSITORY}
    try:
        process = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    except (OSError, subprocess.CalledProcessError):
        return None
    return process.stdout.strip()
