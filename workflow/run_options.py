"""Options with which `snakemake` runs again as it does now: for messages of failed jobs, and for `status`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path


def options_of_run(snakefile: str | Path, configfiles: Iterable[str | Path], config: Mapping[str, object]) -> str:
    """Words of a command line in the working directory.

    `config`: what `--config` gave.  All files follow one `--configfile`: of two, Snakemake takes the last.
    """
    options = ["--cores", "1"]
    if Path(snakefile) != Path.cwd() / "Snakefile":
        options += ["--snakefile", str(snakefile), "--directory", str(Path.cwd())]
    if files := [str(Path(file).absolute()) for file in configfiles]:
        options += ["--configfile", *files]
    if config:
        options += ["--config", *(f"{name}={value}" for name, value in config.items())]
    return shlex.join(options)
