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


rule simulate_sample:
    """Decays of one sample, and what the detector records of them, as a ROOT file."""
    input:
        kernels=compiled_kernels,
        cocktail=lambda w: search(w).cocktail_input(w.sample),
        calibration=lambda w: search(w).calibration_file(w.variation),
    output:
        events=temp("results/{paper}/recorded/{sample}/{variation}.root"),
    log:
        "results/{paper}/logs/simulate_sample/{sample}/{variation}.log",
    benchmark:
        "results/{paper}/benchmarks/simulate_sample/{sample}/{variation}.tsv"
    params:
        code=code_of("simulate_sample"),
        n_events=lambda w: search(w).number_of_events(w.sample),
        base_seed=config["base_seed"],
        simulation=lambda w: search(w).simulation_parameters(w.sample, w.variation),
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    priority: 1
    resources:
        mem_mb=800,
        runtime=10,
    script:
        "../scripts/simulate_sample.py"


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
        simulation=lambda w: search(w).simulation_parameters(
            search(w).calibration["sample"], NOMINAL
        ),
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
