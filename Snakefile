# Searches for lepton-number violation, regenerated with simulated events.
# Run with `snakemake --cores 2`; the knobs are in config/config.yaml.


include: "workflow/rules/common.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/select.smk"
include: "workflow/rules/systematics.smk"
include: "workflow/rules/limits.smk"
include: "workflow/rules/recast.smk"
include: "workflow/rules/combine.smk"
include: "workflow/rules/interpret.smk"
include: "workflow/rules/publish.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/records.smk"
include: "workflow/rules/explore.smk"


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
