# What the recasts say of models: limits on the mixing of a heavy neutral lepton N.


rule map_plane:
    """Acceptance of a signal over the plane of its two pion-lepton masses, for decays of any density."""
    input:
        unpack(inputs_of("map_plane")),
    output:
        plane="results/{paper}/recast/dalitz_{channel}.csv",
        provenance="results/{paper}/recast/dalitz_{channel}.provenance.json",
    log:
        "results/{paper}/logs/map_plane/{channel}.log",
    wildcard_constraints:
        paper=papers_with("map_plane"),
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_of_step("map_plane"),
        experiment=experiment_of,
        settings=settings_of("map_plane"),
    script:
        "../scripts/run_step.py"


rule limit_mixing:
    """Limits on |U|^2 with the lifetime that it implies: every channel, and combined."""
    input:
        grids=list(GRIDS.values()),
    output:
        csv="results/interpretation/mixing_{mixing}.csv",
        hnlimits="results/interpretation/hnlimits/mixing_{mixing}.dat",
    log:
        "results/interpretation/logs/limit_mixing/{mixing}.log",
    wildcard_constraints:
        mixing="|".join(MIXINGS) or "none",
    resources:
        mem_mb=400,
        runtime=10,
    params:
        code=code_of("limit_mixing"),
        channels=list(GRIDS),
        shares=lambda w: MIXINGS[w.mixing]["shares"],
        combined=lambda w: MIXINGS[w.mixing]["combined"],
        chirality=lambda w: MIXINGS[w.mixing]["chirality"],
        confidence_level=config["confidence_level"],
    script:
        "../scripts/limit_mixing.py"


rule draw_mixing_limits:
    """The same as a figure, beside limits that other searches have released."""
    input:
        limits="results/interpretation/mixing_{mixing}.csv",
        public=resource("public_mixing_limits.csv"),
    output:
        pdf=report(
            "results/interpretation/figures/mixing_{mixing}.pdf",
            caption="../report/mixing_limits.rst",
            category="Limits on mixing",
            labels=lambda w: mixing_labels(w.mixing, "PDF"),
        ),
        png=report(
            "results/interpretation/figures/mixing_{mixing}.png",
            caption="../report/mixing_limits.rst",
            category="Limits on mixing",
            labels=lambda w: mixing_labels(w.mixing, "PNG"),
        ),
        csv="results/interpretation/figures/mixing_{mixing}.csv",
        provenance="results/interpretation/figures/mixing_{mixing}.provenance.json",
    log:
        "results/interpretation/logs/draw_mixing_limits/{mixing}.log",
    wildcard_constraints:
        mixing="|".join(MIXINGS) or "none",
    resources:
        mem_mb=300,
        runtime=5,
    params:
        # Named, since the package of figures has a way to load others by name.
        code=code_of("draw_mixing_limits", lambda w: "lnvsearch.interpretation.mixing_figure"),
        statistics=few_events(PAPERS),
    script:
        "../scripts/draw_mixing_limits.py"
