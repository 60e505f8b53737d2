# Grids of acceptance and limits for an on-shell, long-lived N, against its mass and lifetime.


rule recast_search:
    """One decay through N: a sample a mass, which weights make one of every lifetime."""
    input:
        unpack(inputs_of("recast_search")),
        kernels=compiled_kernels,
    output:
        grid="results/{paper}/recast/{decay}.csv",
        provenance="results/{paper}/recast/{decay}.provenance.json",
    log:
        "results/{paper}/logs/recast_search/{decay}.log",
    wildcard_constraints:
        paper=papers_with("recast_search"),
        decay="|".join(sorted({name for p in PAPERS.values() for name in p.recast_decays})),
    resources:
        mem_mb=700,
        runtime=20,
    params:
        code=code_of_step("recast_search"),
        experiment=experiment_of,
        settings=settings_of("recast_search"),
    script:
        "../scripts/run_step.py"


rule ship_grids:
    """Copy all grids and planes of this run to src/lnvsearch/interpretation/grids, with which a release ships."""
    input:
        grids=[
            f"results/{name}/recast/{decay}.csv"
            for name, paper in PAPERS.items()
            for decay in paper.recast_decays
        ],
        planes=planes_of(PAPERS),
    log:
        "results/logs/ship_grids.log",
    resources:
        mem_mb=200,
        runtime=5,
    params:
        folder=str(ROOT / "src" / "lnvsearch" / "interpretation" / "grids"),
    script:
        "../scripts/ship_grids.py"
