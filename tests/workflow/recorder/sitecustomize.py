"""Every Python of a test's workflow reads this first: it notes which modules a job has loaded.

LNVSEARCH_LOADED is the folder for the notes, LNVSEARCH_ROOT that of the project.
"""

import atexit
import json
import os
import sys
from contextlib import suppress

with suppress(ModuleNotFoundError):
    import light_start  # noqa: F401


def note(folder, root):
    code_folders = tuple(os.path.join(root, name, "") for name in ("src", "workflow"))
    job = getattr(sys.modules["__main__"], "snakemake", None)
    code = getattr(getattr(job, "params", None), "code", None)
    if code is not None:
        files = {name: getattr(m, "__file__", None) for name, m in list(sys.modules.items())}
        loaded = sorted(name for name, f in files.items() if f and f.startswith(code_folders))
        with open(os.path.join(folder, f"{job.rule}-{os.getpid()}.json"), "w") as stream:
            json.dump({"code": code, "loaded": loaded}, stream)


if "LNVSEARCH_LOADED" in os.environ:
    atexit.register(note, os.environ["LNVSEARCH_LOADED"], os.environ["LNVSEARCH_ROOT"])
