# Searches for lepton-number violation, regenerated with simulated events.
# Run with `snakemake --cores 2`; the knobs are in config/config.yaml.


include: "workflow/rules/project.smk"
include: RULES / "common.smk"
include: RULES / "simulate.smk"
include: RULES / "select.smk"
include: RULES / "systematics.smk"
include: RULES / "limits.smk"
include: RULES / "recast.smk"
include: RULES / "combine.smk"
include: RULES / "interpret.smk"
include: RULES / "publish.smk"
include: RULES / "report.smk"
include: RULES / "records.smk"
include: RULES / "explore.smk"


localrules:
    all,
    freeze,
    ship_grids,
    hepdata,
    likelihoods,
    status,


rule all:
    default_target: True
    input:
        every_leaf(),


# The scheduler's default limit of jobs a second costs ever more passes: docs/snakemake_scheduler.md.
onstart:
    limiter = workflow.scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
