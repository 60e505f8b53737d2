# Grids of acceptance and limits for an on-shell, long-lived N, against its mass and lifetime.


rule recast_search:
    """One decay through N: a sample a mass, which weights make one of every lifetime."""
    input:
        unpack(inputs_of("recast_search")),
        kernels=compiled_kernels,
    output:
        grid="results/{paper}/recast/{decay}.csv",
    log:
        "results/{paper}/logs/recast_search/{decay}.log",
    wildcard_constraints:
        paper=papers_with("recast_search"),
        decay="|".join(sorted({name for p in PAPERS.values() for name in p.recast_decays})),
    resources:
        mem_mb=500,
        runtime=20,
    params:
        code=code_of_step("recast_search"),
        experiment=experiment_of,
        settings=settings_of("recast_search"),
    script:
        "../scripts/run_step.py"
