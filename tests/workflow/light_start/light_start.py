"""Snakemake, at its start, imports every plugin of a cluster that is installed: Slurm's with pandas, for a second.

Here those are hidden from a start that names no cluster on its command line.
"""

import sys

CLUSTERS = ("slurm", "htcondor")

if "snakemake" in sys.orig_argv and not any(name in word for word in sys.orig_argv for name in CLUSTERS):
    import pkgutil

    iter_modules = pkgutil.iter_modules

    def without_clusters(*arguments, **options):
        hidden = tuple(f"snakemake_executor_plugin_{name}" for name in CLUSTERS)
        return (found for found in iter_modules(*arguments, **options) if not found.name.startswith(hidden))

    pkgutil.iter_modules = without_clusters
