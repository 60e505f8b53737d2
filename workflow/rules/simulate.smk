# Generation and detector response, and the one calibrated scalar.


rule warm_up_kernels:
    """Compile an experiment's kernels once, before many jobs would compile them at the same time.

    It has no parameters on purpose: what it makes does not depend on any, and every job of the
    simulation would run again with it.
    """
    output:
        touch("results/kernels/{detector}.compiled"),
    log:
        "results/logs/warm_up_kernels/{detector}.log",
    benchmark:
        "results/benchmarks/warm_up_kernels/{detector}.tsv"
    priority: 10
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../scripts/warm_up_kernels.py"


rule generate_events:
    """Four-momenta of one sample, with radiation."""
    input:
        kernels=compiled_kernels,
        cocktail=lambda w: search(w).cocktail_input(w.sample),
    output:
        events=temp("results/{paper}/generated/{sample}/{variation}.npz"),
    log:
        "results/{paper}/logs/generate_events/{sample}/{variation}.log",
    benchmark:
        "results/{paper}/benchmarks/generate_events/{sample}/{variation}.tsv"
    params:
        code=code_of("generate_events"),
        n_events=lambda w: search(w).number_of_events(w.sample),
        base_seed=config["base_seed"],
        generation=lambda w: search(w).generation_parameters(w.sample, w.variation),
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=800,
        runtime=10,
    script:
        "../scripts/generate_events.py"


rule simulate_detector:
    """Tracks and identification measurements of one sample, as a ROOT file."""
    input:
        kernels=compiled_kernels,
        events=lambda w: search(w).generated_file(w.sample, w.variation),
        calibration=lambda w: search(w).calibration_file(w.variation),
    output:
        events=temp("results/{paper}/recorded/{sample}/{variation}.root"),
    log:
        "results/{paper}/logs/simulate_detector/{sample}/{variation}.log",
    benchmark:
        "results/{paper}/benchmarks/simulate_detector/{sample}/{variation}.tsv"
    params:
        code=code_of("simulate_detector"),
        base_seed=config["base_seed"],
        detector=lambda w: search(w).varied_detector(w.variation),
    priority: 1
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=800,
        runtime=10,
    script:
        "../scripts/simulate_detector.py"


rule calibrate_response:
    """Fit the one free scalar of the detector to the one published efficiency."""
    input:
        kernels=compiled_kernels,
    output:
        overlay="results/{paper}/calibration/overlay.yaml",
        record="results/{paper}/calibration/record.json",
        trials="results/{paper}/calibration/trials.csv",
    log:
        "results/{paper}/logs/calibrate_response.log",
    benchmark:
        "results/{paper}/benchmarks/calibrate_response.tsv"
    params:
        code=code_of("calibrate_response"),
        n_events=lambda w: search(w).number_of_events(search(w).calibration["sample"]),
        base_seed=config["base_seed"],
        calibration=lambda w: search(w).calibration,
        generation=lambda w: search(w).generation_parameters(
            search(w).calibration["sample"], NOMINAL
        ),
        detector=lambda w: search(w).detector,
        selection=lambda w: search(w).selection_parameters(
            search(w).calibration["sample"], NOMINAL
        ),
    priority: 2
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=1000,
        runtime=20,
    script:
        "../scripts/calibrate_response.py"
