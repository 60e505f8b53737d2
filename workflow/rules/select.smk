# Reconstruction and selection, cut flows, backgrounds.


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


rule select_sample:
    """Candidates, cut flow and acceptance of one sample; weights of an exclusive background."""
    input:
        kernels=compiled_kernels,
        events=lambda w: search(w).recorded_file(w.sample, w.variation),
        maps=lambda w: search(w).identification_files(w.sample),
    output:
        candidates="results/{paper}/selected/{sample}/{variation}.root",
        cutflow="results/{paper}/cutflow/{sample}/{variation}.csv",
        acceptance="results/{paper}/acceptance/{sample}/{variation}.csv",
    log:
        "results/{paper}/logs/select_sample/{sample}/{variation}.log",
    benchmark:
        "results/{paper}/benchmarks/select_sample/{sample}/{variation}.tsv"
    params:
        code=code_of("select_sample"),
        selection=lambda w: search(w).selection_parameters(w.sample, w.variation),
        names=lambda w: search(w).selection_names(w.sample),
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    priority: 3
    resources:
        mem_mb=800,
        runtime=10,
    script:
        "../scripts/select_sample.py"


rule estimate_backgrounds:
    """Expected events of the exclusive backgrounds, inclusive check and continuum, added up."""
    input:
        acceptance="results/{paper}/acceptance/{channel}.csv",
        selected=lambda w: [
            search(w).selected_file(name) for name in search(w).background_samples()
        ],
        cocktail=lambda w: search(w).cocktail_file(),
    output:
        background="results/{paper}/background/{channel}.csv",
        spectra="results/{paper}/spectra/{channel}.csv",
        scan="results/{paper}/background/{channel}_scan.csv",
        total="results/{paper}/background/{channel}.json",
    log:
        "results/{paper}/logs/estimate_backgrounds/{channel}.log",
    params:
        code=code_of("estimate_backgrounds"),
        samples=lambda w: search(w).background_samples(),
        settings=lambda w: search(w).background_parameters(),
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=400,
        runtime=5,
    script:
        "../scripts/estimate_backgrounds.py"


rule scan_cut:
    """Punzi's figure of merit against the cut on chi^2 of the kinematic fit."""
    input:
        signal=lambda w: search(w).selected_file(search(w).efficiency_sample(w.channel)),
        backgrounds="results/{paper}/background/{channel}_scan.csv",
    output:
        scan="results/{paper}/background/{channel}_punzi.csv",
    log:
        "results/{paper}/logs/scan_cut/{channel}.log",
    params:
        code=code_of("scan_cut"),
        punzi_constant=lambda w: search(w).settings["chi_square_scan"]["punzi_constant"],
        selection=lambda w: search(w).settings["selection"],
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=400,
        runtime=5,
    script:
        "../scripts/scan_cut.py"


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
