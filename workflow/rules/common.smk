# The configuration, and what the rules ask of it.  No rule lives here.

import atexit
import os
import pwd
import sys
from pathlib import Path

# What Snakemake itself would trip over: a command that is not quoted, a user without a name.
if set(sys.executable) & set(" \t\n'\"\\$&;|<>()`*?#[]{}~"):
    sys.exit(
        f"{sys.executable}: Snakemake cannot start Python from a path with blanks or characters of "
        "the shell; move the project, or make .venv in another folder"
    )
try:
    pwd.getpwuid(os.getuid())
except KeyError:
    os.environ.setdefault("LOGNAME", f"uid{os.getuid()}")

# Not of the first file, which may be a user's that has this workflow as a module.
ROOT = PROJECT
IS_MODULE = Path(workflow.basedir) != ROOT
# A user of the module has a configuration of his own, if there is one in the working directory.
HAS_CONFIGURATION = Path("config/papers").is_dir() if IS_MODULE else ROOT == Path.cwd()
# Inputs by relative path, if there is one: a folder that was moved is the same to Snakemake.
DATA_ROOT = Path() if HAS_CONFIGURATION else ROOT
# For jobs that read the configuration again.
os.environ.update(LNVSEARCH_CONFIGURATION=str(DATA_ROOT.absolute()))
sys.path.insert(0, str(ROOT / "workflow"))

import frozen
import killed_jobs
import prepared_jobs
import reasons
import slurm_status
import slurm_submission
import starter
import told_to_end
from fingerprint import ProjectCode
from run_options import options_of_run
from searches.combined import single_channels
from searches.configuration import ConfigurationError, read_config
from searches.interpretation import (
    explored_grids,
    explored_in_words,
    explored_limits,
    few_events,
    grids_of,
    planes_of,
)
from searches.pages import (
    GROUPS,
    category,
    channels_in_words,
    event_words,
    figure_labels,
    links_of,
    mixing_labels,
    page_labels,
    pages,
)
from searches.planned import plan
from searches.printing import printing, printing_of_combination, words_of
from searches.publication import small_statistics
from searches import records as records_of_search
from searches.search import NOMINAL
from snakemake.utils import update_config

# Read here, not by `configfile:`, which would take the last of two equal keys and run code.
CONFIG_FILES = [DATA_ROOT.absolute() / "config" / "config.yaml", *workflow.configfiles]
try:
    knobs = read_config(CONFIG_FILES, workflow.config_settings.config)
    update_config(knobs, config)
    config.update(knobs)
    NAMES_OF_FILES = " + ".join(map(str, CONFIG_FILES))
    PLAN = plan(config, DATA_ROOT, NAMES_OF_FILES)
except ConfigurationError as error:
    sys.exit(f"The configuration cannot be used:\n{error}")
PAPERS, COMBINATIONS, MIXINGS = PLAN.papers, PLAN.combinations, PLAN.mixings
GRIDS, EXPLORED = grids_of(PAPERS), explored_grids(PAPERS)

CODE = ProjectCode(
    ROOT / "workflow" / "scripts",
    ROOT / "workflow",
    ROOT / "src",
    kept=Path.cwd() / ".snakemake" / "source_texts.json",
)
atexit.register(CODE.keep)
# Not for jobs of a cluster, which gives each the memory that it needs alone.
if workflow.is_main_process:
    prepared_jobs.prepare_jobs(CODE, workflow)
killed_jobs.tell_killed_jobs()
starter.name_starter()
reasons.shorten_reasons()
slurm_status.keep_jobs_without_answer()
slurm_submission.fail_without_slurm()
told_to_end.end_when_told()

os.environ.setdefault(
    "LNVSEARCH_OPTIONS",
    options_of_run(workflow.main_snakefile, workflow.configfiles, workflow.config_settings.config),
)


wildcard_constraints:
    paper="|".join(PAPERS),
    channel="|".join({name for paper in PAPERS.values() for name in paper.channels}),
    sample=r"[a-z0-9_.]+",
    variation=r"[a-z0-9_]+",
    normalisation=r"[a-z0-9_]+",


def code_of(script, *loaded):
    """A rule's parameter `code`: an edit of what its script reaches runs the job again.

    `loaded`: functions of the wildcards, each the name of a module that the job loads by name.
    All is computed when a job asks for it: every job of a cluster reads this file again.
    """

    def code(wildcards):
        names = [script, *(name(wildcards) for name in loaded)]
        return f"{CODE.fingerprint(*names)} of {' and '.join(names)}"

    return code


def search(wildcards):
    """The search that a job belongs to."""
    return PAPERS[wildcards.paper]


def papers_with(step):
    """A pattern that matches the searches that have a step, for the constraint of a rule."""
    names = [name for name, paper in PAPERS.items() if step in paper.steps]
    return "|".join(names) or "none"


def category_of(wildcards):
    """The category of a search's results in the report."""
    return category(search(wildcards))


def names_of(kind):
    """A pattern that matches what any search has of a kind, for the constraint of a rule."""
    return "|".join(sorted({name for paper in PAPERS.values() for name in kind(paper)})) or "none"


def inputs_of(step):
    """The files that a step reads, by name."""
    return lambda wildcards: search(wildcards).steps[step].inputs(search(wildcards), wildcards)


def settings_of(step):
    """The settings of a step."""
    return lambda wildcards: search(wildcards).steps[step].settings(search(wildcards), wildcards)


def code_of_step(step):
    """The code that a step of a job's experiment reaches."""
    return code_of("run_step", part_of_experiment(step))


def part_of_experiment(function):
    """The full name of a function of a job's experiment, for `code_of`."""
    return lambda wildcards: f"lnvsearch.experiments.{search(wildcards).experiment}.{function}"


def experiment_of(wildcards):
    """The experiment of a job's search."""
    return search(wildcards).experiment


def source_of_events(wildcards):
    """The function from which the selection of a sample has its events, for `code_of`."""
    is_file = search(wildcards).has_event_file(wildcards.sample, wildcards.variation)
    return part_of_experiment("read_events" if is_file else "simulate_sample")(wildcards)


def kept_or_temporary(path):
    """A file of recorded events, which goes when all have read it unless the user keeps it."""
    return path if config["keep_events"] else temp(path)


def recorded_events(wildcards):
    """The user's own events; refused where they are to be opened, but the analysis is not frozen.

    Not by an exception, below which Snakemake would print places in its own files.
    """
    if problems := list(frozen.problems(search(wildcards), CODE)):
        sys.exit("The data cannot be opened:\n" + "\n".join(problems))
    return search(wildcards).data_file


def manifest_of_opening(wildcards):
    """The hash of the manifest with which the data of a job's search are open; nothing if closed."""
    paper = search(wildcards)
    return frozen.digest(frozen.manifest_file(paper.name)) if paper.opened else ""


def compiled_kernels(wildcards):
    """The mark of the kernels that a job's experiment needs."""
    return f"results/kernels/{experiment_of(wildcards)}.compiled"


def published_numbers(wildcards):
    """What the paper of a job prints."""
    return search(wildcards).published_file()


def resource(file):
    """A file of `resources`: of those beside the user's configuration, or else of the project's."""
    own = DATA_ROOT / "resources"
    return str((own if own.is_dir() else ROOT / "resources") / file)


def asked_memory_mb():
    """Rule -> memory that it asks for: a quarter more at least than its largest job at full statistics
    used; `snakemake status` marks a rule that used more than it asks for."""
    rules = [rule for rule in workflow.rules if "mem_mb" in rule.resources]
    return {rule.name: rule.resources["mem_mb"].value for rule in rules}


def every_leaf():
    """All tables, figures and comparisons of all searches, and the combined limits."""
    return [
        *(leaf for paper in PAPERS.values() for leaf in paper.leaves()),
        *(f"results/combinations/{name}.csv" for name in COMBINATIONS),
        *planes_of(PAPERS),
        *(f"results/interpretation/figures/mixing_{name}.pdf" for name in MIXINGS),
        "results/comparison.md",
        "results/start.html",
    ]


def settings_of_run():
    """Every file that says how this run's results were made."""
    papers = [DATA_ROOT / f"config/papers/{name}.yaml" for name in PAPERS]
    detectors = {
        DATA_ROOT / f"config/detectors/{paper.settings['detector']}.yaml" for paper in PAPERS.values()
    }
    fixed = [ROOT / name for name in ("requirements.lock", "pyproject.toml", "CITATION.cff")]
    return [str(path) for path in (*CONFIG_FILES, *papers, *sorted(detectors), *fixed)]
