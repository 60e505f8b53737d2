# Upper limits: from published inputs, from this simulation, by four methods; and their coverage.


rule compute_sensitivity:
    """Number of decays of the parent and single-event sensitivity, derived and simulated."""
    input:
        unpack(inputs_of("compute_sensitivity")),
    output:
        sensitivity="results/{paper}/sensitivity/{channel}.json",
    log:
        "results/{paper}/logs/compute_sensitivity/{channel}.log",
    wildcard_constraints:
        paper=papers_with("compute_sensitivity"),
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of_step("compute_sensitivity"),
        experiment=experiment_of,
        settings=settings_of("compute_sensitivity"),
    script:
        "../scripts/run_step.py"


rule normalise_data:
    """The same of the user's own events, from their normalisation channel or number of parents."""
    input:
        unpack(inputs_of("normalise_data")),
    output:
        sensitivity="results/{paper}/sensitivity/data/{channel}.json",
    log:
        "results/{paper}/logs/normalise_data/{channel}.log",
    wildcard_constraints:
        paper=papers_with("normalise_data"),
    resources:
        mem_mb=800,
        runtime=5,
    params:
        code=code_of_step("normalise_data"),
        experiment=experiment_of,
        settings=settings_of("normalise_data"),
    script:
        "../scripts/run_step.py"


rule set_limits:
    """Limits of one channel from published and simulated inputs, by all methods."""
    input:
        unpack(lambda w: search(w).limit_inputs(w.channel)),
    output:
        limits="results/{paper}/limits/{channel}.json",
    log:
        "results/{paper}/logs/set_limits/{channel}.log",
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of("set_limits"),
        limit=lambda w: search(w).limit_parameters(w.channel),
        simulation=lambda w: list(search(w).limit_inputs(w.channel)),
        confidence_level=config["confidence_level"],
    script:
        "../scripts/set_limits.py"


rule scan_limits:
    """Limits against the mass of the Majorana neutrino."""
    input:
        unpack(lambda w: search(w).scan_inputs(w.channel)),
        published=published_numbers,
    output:
        scan="results/{paper}/limits/{channel}_scan.csv",
    log:
        "results/{paper}/logs/scan_limits/{channel}.log",
    wildcard_constraints:
        paper=papers_with("compute_efficiencies"),
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of("scan_limits"),
        limit=lambda w: search(w).limit_parameters(w.channel),
        scan_model=lambda w: search(w).channels[w.channel]["scan_model"],
        mass_bin=lambda w: search(w).settings["mass_bin"],
        confidence_level=config["confidence_level"],
    script:
        "../scripts/scan_limits.py"


rule tabulate_limits_by_method:
    """All limits of a search side by side; the paper's own method is marked."""
    input:
        limits=lambda w: search(w).limit_files(),
        published=published_numbers,
    output:
        csv="results/{paper}/tables/limits_by_method.csv",
        tex="results/{paper}/tables/limits_by_method.tex",
        long="results/{paper}/tables/limits_by_method_long.tex",
        md="results/{paper}/tables/limits_by_method.md",
        provenance="results/{paper}/tables/limits_by_method.provenance.json",
    log:
        "results/{paper}/logs/tabulate_limits_by_method.log",
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of("tabulate_limits_by_method"),
        compared=lambda w: search(w).limit_variants(),
        printing=lambda w: printing(search(w), "limits_by_method"),
    script:
        "../scripts/tabulate_limits_by_method.py"


rule coverage:
    """How often each method's limit holds the true signal, for the papers' settings."""
    output:
        coverage="results/{paper}/limits/coverage.csv",
        csv="results/{paper}/tables/undercoverage.csv",
        tex="results/{paper}/tables/undercoverage.tex",
        long="results/{paper}/tables/undercoverage_long.tex",
        md="results/{paper}/tables/undercoverage.md",
        provenance="results/{paper}/tables/undercoverage.provenance.json",
    log:
        "results/{paper}/logs/coverage.log",
    resources:
        mem_mb=200,
        runtime=10,
    params:
        code=code_of("compute_coverage"),
        limits=lambda w: {name: search(w).limit_parameters(name) for name in search(w).channels},
        confidence_level=config["confidence_level"],
        printing=lambda w: printing(search(w), "undercoverage", from_events=False),
    script:
        "../scripts/compute_coverage.py"
