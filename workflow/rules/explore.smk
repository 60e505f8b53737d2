# One page to look at the recasts, without a server or a network: `snakemake explore`.


rule scan_mixing:
    """Limits on |U|^2 of every channel for patterns of mixing in equal steps."""
    input:
        grids=list(EXPLORED.values()),
    output:
        csv="results/interpretation/patterns.csv",
    log:
        "results/interpretation/logs/scan_mixing.log",
    resources:
        mem_mb=500,
        runtime=20,
    params:
        code=code_of("scan_mixing"),
        channels=list(EXPLORED),
        steps=config["mixing_steps"],
        combined=[entry for entry in MIXINGS.values() if entry["chirality"] == "v_minus_a"],
        confidence_level=config["confidence_level"],
    script:
        "../scripts/scan_mixing.py"


rule explore:
    """Maps of mass and lifetime and limits on |U|^2 as one page, results/explore.html."""
    input:
        grids=list(EXPLORED.values()),
        limits=list(explored_limits(PAPERS).values()),
        patterns="results/interpretation/patterns.csv",
        public=resource("public_mixing_limits.csv"),
    output:
        page="results/explore.html",
        provenance="results/explore.provenance.json",
    log:
        "results/logs/explore.log",
    resources:
        mem_mb=500,
        runtime=5,
    params:
        # Named, since the package of figures has a way to load others by name.
        code=code_of("write_explore", lambda w: "lnvsearch.interpretation.explore.page"),
        channels=list(EXPLORED),
        limited=list(explored_limits(PAPERS)),
        steps=config["mixing_steps"],
        sources=explored_in_words(EXPLORED, PAPERS),
    script:
        "../scripts/write_explore.py"
