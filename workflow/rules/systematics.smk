# From pairs of efficiencies to Table 1 and to the total at each mass.


rule compute_systematics:
    """Efficiencies; external numbers, this simulation's own estimates, and the totals."""
    input:
        cutflow="results/{paper}/cutflow/{channel}.csv",
        acceptance="results/{paper}/acceptance/{channel}.csv",
    output:
        efficiencies="results/{paper}/efficiencies/{channel}.csv",
        table="results/{paper}/systematics/{channel}.csv",
        by_mass="results/{paper}/systematics/{channel}_by_mass.csv",
    log:
        "results/{paper}/logs/compute_systematics/{channel}.log",
    params:
        code=code_of("compute_systematics"),
        systematics=lambda w: search(w).settings["systematics"],
        samples=lambda w: search(w).sample_models(),
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/compute_systematics.py"
