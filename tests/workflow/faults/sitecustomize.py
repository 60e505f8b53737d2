"""Every Python of a test's workflow reads this first: it makes jobs fail as a test wants.

LNVSEARCH_FAULTS is JSON, a part of a result's path -> what happens, once, when a job has written the result
beside its place and is about to rename it: `kill` the job, `kill-workflow` (both SIGKILL), `terminate-workflow`
(SIGTERM), or `wait` until the file `go` appears.  `full`: no file of a job may grow beyond 32 kB.  `patience`,
of an option of Snakemake: it looks after its jobs every second, and not more and more seldom.
"""

import json
import os
import re
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

with suppress(ModuleNotFoundError):
    import light_start  # noqa: F401

replace = os.replace


def faulty_replace(source, target, **options):
    for part, fault in FAULTS.items():
        if fault not in ("full", "patience") and part in str(target) and first_time(part):
            fail(fault)
    replace(source, target, **options)


def first_time(part):
    try:
        Path(part.replace("/", "_") + ".fault").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def fail(fault):
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fault == "wait":
        while not Path("go").exists():
            time.sleep(0.1)
    else:
        os.kill(workflow(), signal.SIGKILL if fault == "kill-workflow" else signal.SIGTERM)


def workflow():
    """Process number of the first Snakemake among the ancestors, which has started all others."""
    found, process = None, os.getpid()
    while process > 1:
        if b"\0snakemake\0" in Path(f"/proc/{process}/cmdline").read_bytes():
            found = process
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return found


def limit_files():
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (32_768, 32_768))


def look_often():
    import asyncio

    sleep = asyncio.sleep
    asyncio.sleep = lambda delay, *result: sleep(min(delay, 1.0), *result)


#: Words in the command of a job, and of a process whose forks are jobs.
JOBS = re.compile(r"\.snakemake/scripts|prepared_process\.py$")
FAULTS = json.loads(os.environ.get("LNVSEARCH_FAULTS", "{}"))
if FAULTS:
    os.replace = faulty_replace
    if "full" in FAULTS.values() and any(JOBS.search(word) for word in sys.orig_argv):
        limit_files()
    if any(fault == "patience" and option in sys.orig_argv for option, fault in FAULTS.items()):
        look_often()
