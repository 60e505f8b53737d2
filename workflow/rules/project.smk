# The folder of the whole project, PROJECT: rules that come from an address bring only themselves.

import os
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from snakemake.sourcecache import HostingProviderFile


def unpacked(rules) -> Path:
    """The project at the commit of an address, from the clone that Snakemake has made of it."""
    repository = rules.hosted_repo.repo
    commit = repository.commit(rules.ref).hexsha
    folder = Path(rules.cache_path) / "unpacked" / rules.repo / commit
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            whole, archive = Path(temporary) / "whole", Path(temporary) / "project.tar"
            with archive.open("wb") as stream:
                repository.archive(stream, treeish=commit, format="tar")
            shutil.unpack_archive(archive, whole)
            try:
                whole.rename(folder)
            except OSError:  # another run was faster
                if not folder.is_dir():
                    raise
    return folder


if isinstance(workflow.current_basedir, HostingProviderFile):
    PROJECT = unpacked(workflow.current_basedir)
    missing = [name for name in ("numba", "pydantic", "uproot") if find_spec(name) is None]
    if missing:
        sys.exit(
            f"not installed: {', '.join(missing)}; install the packages of the workflow where Snakemake is: "
            f"{sys.executable} -m pip install --require-hashes -r {PROJECT}/requirements.lock"
        )
else:
    PROJECT = Path(workflow.current_basedir.get_path_or_uri(secret_free=True)).parents[1]
    if not (PROJECT / "workflow" / "searches").is_dir():
        sys.exit(
            f"{PROJECT}: not a folder with the whole project, of which rules alone are not enough; give "
            "`snakefile:` the path of a clone's Snakefile, or its github(…) with a tag"
        )
# The library beside these rules, whose hash is on record, and no other that is installed or in PYTHONPATH: for this
# process and for all jobs.
LIBRARY = str(PROJECT.absolute() / "src")
known = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path not in ("", LIBRARY)]
sys.path.insert(0, LIBRARY)
os.environ.update(PYTHONPATH=os.pathsep.join([LIBRARY, *known]))
RULES = PROJECT / "workflow" / "rules"
