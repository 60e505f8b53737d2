# Limits from several channels together.


rule combine_limits:
    """One limit of a combination, from the numbers of its channels' limits, by all methods."""
    input:
        limits=lambda w: [
            f"results/{part['paper']}/limits/{part['channel']}.json"
            for part in COMBINATIONS[w.combination]["parts"].values()
        ],
    output:
        csv="results/combinations/{combination}.csv",
        tex="results/combinations/{combination}.tex",
        long="results/combinations/{combination}_long.tex",
        md="results/combinations/{combination}.md",
        provenance="results/combinations/{combination}.provenance.json",
    log:
        "results/combinations/logs/combine_limits/{combination}.log",
    wildcard_constraints:
        combination="|".join(COMBINATIONS) or "none",
    resources:
        mem_mb=400,
        runtime=5,
    params:
        code=code_of("combine_limits"),
        combination=lambda w: COMBINATIONS[w.combination],
        confidence_level=config["confidence_level"],
        seed=config["base_seed"],
        printing=lambda w: printing_of_combination(w.combination),
    script:
        "../scripts/combine_limits.py"
