# Reconstruction and selection, cut flows, efficiencies, backgrounds.


rule select_events:
    """Candidates and cut flow of one sample."""
    input:
        kernels=compiled_kernels,
        events=lambda w: search(w).recorded_file(w.sample, w.variation),
    output:
        candidates="results/{paper}/selected/{sample}/{variation}.root",
        cutflow="results/{paper}/cutflow/{sample}/{variation}.csv",
    log:
        "results/{paper}/logs/select_events/{sample}/{variation}.log",
    benchmark:
        "results/{paper}/benchmarks/select_events/{sample}/{variation}.tsv"
    params:
        code=code_of("select_events"),
        selection=lambda w: search(w).selection_parameters(w.sample, w.variation),
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
        sample="(?!bkg_)[a-z0-9_.]+",
    priority: 3
    resources:
        mem_mb=800,
        runtime=10,
    script:
        "../scripts/select_events.py"


rule collect_cutflow:
    """One cut-flow table of all samples and variations."""
    input:
        cutflows=lambda w: search(w).cutflow_files(),
    output:
        cutflow="results/{paper}/cutflow/{channel}.csv",
    log:
        "results/{paper}/logs/collect_cutflow/{channel}.log",
    params:
        code=code_of("collect_cutflow"),
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/collect_cutflow.py"


rule collect_efficiencies:
    """Efficiencies of all samples and variations, with and without the bin of m_Ke."""
    input:
        cutflow="results/{paper}/cutflow/{channel}.csv",
    output:
        efficiencies="results/{paper}/efficiencies/{channel}.csv",
    log:
        "results/{paper}/logs/collect_efficiencies/{channel}.log",
    params:
        code=code_of("collect_efficiencies"),
        samples=lambda w: search(w).sample_models(),
        efficiency_cut=lambda w: search(w).settings["selection"][-1]["cut"],
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/collect_efficiencies.py"


rule map_identification:
    """Probabilities to take a particle for a kaon or an electron, by momentum and angle."""
    input:
        kernels=compiled_kernels,
        calibration=lambda w: search(w).calibration_file(NOMINAL),
    output:
        probabilities="results/{paper}/background/identification.npz",
        table="results/{paper}/background/identification.csv",
    log:
        "results/{paper}/logs/map_identification.log",
    benchmark:
        "results/{paper}/benchmarks/map_identification.tsv"
    params:
        code=code_of("map_identification"),
        n_samples=config["statistics"]["identification"],
        base_seed=config["base_seed"],
        detector=lambda w: search(w).detector,
        selection=lambda w: search(w).settings["selection"],
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=800,
        runtime=10,
    script:
        "../scripts/map_identification.py"


rule simulate_background:
    """One exclusive background through the whole chain, and what is expected of it."""
    input:
        kernels=compiled_kernels,
        probabilities="results/{paper}/background/identification.npz",
        cocktail=lambda w: search(w).cocktail_file(),
        calibration=lambda w: search(w).calibration_file(NOMINAL),
    output:
        cutflow="results/{paper}/cutflow/bkg_{mode}/nominal.csv",
        scan="results/{paper}/background/scan/{mode}.csv",
        shape="results/{paper}/background/shape/{mode}.csv",
        table="results/{paper}/background/mode/{mode}.csv",
    log:
        "results/{paper}/logs/simulate_background/{mode}.log",
    benchmark:
        "results/{paper}/benchmarks/simulate_background/{mode}.tsv"
    params:
        code=code_of("simulate_background"),
        n_events=lambda w: search(w).number_of_events(f"bkg_{w.mode}"),
        base_seed=config["base_seed"],
        generation=lambda w: search(w).generation_parameters(f"bkg_{w.mode}", NOMINAL),
        detector=lambda w: search(w).detector,
        selection=lambda w: search(w).selection_parameters(f"bkg_{w.mode}", NOMINAL),
        chi_square_scan=lambda w: search(w).settings["chi_square_scan"],
        n_parent=lambda w: search(w).settings["parent"]["number"],
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=800,
        runtime=15,
    script:
        "../scripts/simulate_background.py"


rule collect_background:
    """Cocktail, inclusive check and continuum, added up."""
    input:
        modes=lambda w: search(w).background_files("mode"),
        inclusive=lambda w: search(w).inclusive_cutflow_file(),
    output:
        table="results/{paper}/background/{channel}.csv",
        total="results/{paper}/background/{channel}.json",
    log:
        "results/{paper}/logs/collect_background/{channel}.log",
    params:
        code=code_of("collect_background"),
        n_parent=lambda w: search(w).settings["parent"]["number"],
        continuum=lambda w: search(w).settings["backgrounds"]["continuum"],
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/collect_background.py"


rule scan_chi_square:
    """Punzi's figure of merit against the cut on chi^2 of the kinematic fit."""
    input:
        signal=lambda w: search(w).selected_file(search(w).efficiency_sample(w.channel)),
        backgrounds=lambda w: search(w).background_files("scan"),
    output:
        scan="results/{paper}/background/{channel}_punzi.csv",
    log:
        "results/{paper}/logs/scan_chi_square/{channel}.log",
    params:
        code=code_of("scan_chi_square"),
        chi_square_scan=lambda w: search(w).settings["chi_square_scan"],
        selection=lambda w: search(w).settings["selection"],
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=400,
        runtime=5,
    script:
        "../scripts/scan_chi_square.py"


rule measure_resolution:
    """Resolution in the mass of the four particles."""
    input:
        candidates=lambda w: search(w).selected_file(search(w).efficiency_sample(w.channel)),
    output:
        resolution="results/{paper}/efficiencies/{channel}_resolution.json",
    log:
        "results/{paper}/logs/measure_resolution/{channel}.log",
    params:
        code=code_of("measure_resolution"),
        signal_window=lambda w: search(w).signal_window(),
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=300,
        runtime=5,
    script:
        "../scripts/measure_resolution.py"
