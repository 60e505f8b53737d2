# From pairs of efficiencies to Table 1 and to the total at each mass.


rule compute_systematics:
    """External numbers, this simulation's own estimates, and the totals."""
    input:
        cutflow="results/{paper}/cutflow/{channel}.csv",
        efficiencies="results/{paper}/efficiencies/{channel}.csv",
    output:
        table="results/{paper}/systematics/{channel}.csv",
        by_mass="results/{paper}/systematics/{channel}_by_mass.csv",
    log:
        "results/{paper}/logs/compute_systematics/{channel}.log",
    params:
        code=code_of("compute_systematics"),
        systematics=lambda w: search(w).settings["systematics"],
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/compute_systematics.py"
