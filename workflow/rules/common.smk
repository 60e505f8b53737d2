# The configuration, and what the rules ask of it.  No rule lives here.

import sys
from pathlib import Path

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "workflow"))

from configuration import ConfigurationError
from library import library_files
from paper import NOMINAL, load_papers
from snakemake.exceptions import WorkflowError

try:
    PAPERS = load_papers(
        config, ROOT, " + ".join(str(file) for file in workflow.configfiles)
    )
except ConfigurationError as error:
    raise WorkflowError(f"The configuration cannot be used:\n{error}") from None


wildcard_constraints:
    paper="|".join(PAPERS),
    sample=r"[a-z0-9_.]+",
    variation=r"[a-z0-9_]+",
    mode=r"[a-z0-9_]+",


def library(*floors):
    """The library's files that a rule uses: an edit of any of them runs the rule again."""
    return library_files(ROOT / "src" / "lnvsearch", floors)


def search(wildcards):
    """The search that a job belongs to."""
    return PAPERS[wildcards.paper]


def simulated_papers():
    """The searches that are simulated."""
    return [name for name, paper in PAPERS.items() if paper.is_simulated]


def every_leaf():
    """All tables, figures and comparisons of all searches."""
    return [
        *[leaf for name in PAPERS for leaf in leaves_of_limits(name)],
        *[leaf for name in simulated_papers() for leaf in leaves_of_simulation(name)],
        "results/comparison.md",
    ]
