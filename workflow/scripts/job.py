"""What every script does around its work: the log, and errors that say what to fix."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

# The configuration module lies one folder up, beside the rules.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

# One process a core is the parallelism of this workflow; threads inside would compete with it.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")


@contextlib.contextmanager
def job(snakemake, folders: Iterable[str] = ()) -> Iterator[None]:
    """Send output to the rule's log; turn an expected error into one line and exit code 1.

    The log says what the job was asked, what it read and wrote, how far the library is meanwhile, and
    in its last line what the process used, for `workflow/usage.py`.  Expected errors, ValueError
    and OSError, name file, key and fix; the log keeps the traceback.  Every message ends with the command
    that repeats the job alone.  Results that the job reads must be what was written (`checksums`);
    what it writes is recorded, with all that is in `folders`, of which Snakemake knows some files only.
    A job whose Snakemake was killed ends without a word, and before it writes a result.
    """
    import checksums
    import records
    import starter

    from lnvsearch import files

    starter.end_with_starter()
    files.before_renaming = starter.end_if_alone
    outputs = list(getattr(snakemake, "output", ()))
    log = Path(snakemake.log[0])
    log.parent.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    try:
        with open(log, "w", encoding="utf-8") as stream:
            with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream):
                try:
                    print(*records.asked(snakemake), sep="\n", flush=True)
                    # What the library says of its progress.
                    logging.basicConfig(stream=stream, level=logging.INFO, format="%(message)s", force=True)
                    checksums.check(getattr(snakemake, "input", ()))
                    checksums.forget([*outputs, *folders])
                    yield
                    if place := getattr(getattr(snakemake, "output", None), "provenance", None):
                        records.write_provenance(place, snakemake)
                    checksums.record(outputs)
                    checksums.record(folders, made_with=next(iter(outputs), ""))
                    print(*records.came_out(outputs), sep="\n")
                except BaseException as error:
                    error.add_note(f"This job alone: {records.again(snakemake.rule, outputs)}")
                    traceback.print_exc()
                    raise
                finally:
                    print(records.used(time.monotonic() - begin))
    except (ValueError, OSError) as error:
        details = f"details: {log}; again: {records.again(snakemake.rule, outputs)}"
        print(f"{snakemake.rule}: {error} ({details})", file=sys.stderr)
        sys.exit(1)
