# From decays to recorded events, and the one calibrated scalar of a detector.


rule warm_up_kernels:
    """Compile an experiment's kernels once, before many jobs would compile them at the same time.

    It has no parameters on purpose: what it makes does not depend on any, and every job of the
    simulation would run again with it.
    """
    output:
        mark="results/kernels/{experiment}.compiled",
    log:
        "results/logs/warm_up_kernels/{experiment}.log",
    priority: 10
    resources:
        mem_mb=800,
        runtime=10,
    script:
        "../scripts/warm_up_kernels.py"


rule simulate_sample:
    """Decays of one sample, and what the detector records of them, as a ROOT file.

    A file is written where more than one search selects the same events, or where the user keeps
    them (`keep_events`); otherwise `select_sample` simulates the sample itself.
    """
    input:
        unpack(lambda w: search(w).simulation_inputs(w.sample, w.variation)),
        kernels=compiled_kernels,
    output:
        events=kept_or_temporary("results/{paper}/recorded/{sample}/{variation}.root"),
    log:
        "results/{paper}/logs/simulate_sample/{sample}/{variation}.log",
    priority: 1
    resources:
        mem_mb=500,
        runtime=20,
    params:
        code=code_of("simulate_sample", part_of_experiment("simulate_sample")),
        experiment=experiment_of,
        n_events=lambda w: search(w).number_of_events(w.sample, w.variation),
        base_seed=config["base_seed"],
        simulations=lambda w: search(w).simulations(w.sample, w.variation),
    script:
        "../scripts/simulate_sample.py"


rule calibrate_response:
    """Fit the one free scalar of the detector to the one published efficiency."""
    input:
        unpack(inputs_of("calibrate_response")),
        kernels=compiled_kernels,
    output:
        overlay="results/{paper}/calibration/overlay.yaml",
        record="results/{paper}/calibration/record.json",
        trials="results/{paper}/calibration/trials.csv",
    log:
        "results/{paper}/logs/calibrate_response.log",
    wildcard_constraints:
        paper=papers_with("calibrate_response"),
    priority: 2
    resources:
        mem_mb=500,
        runtime=20,
    params:
        code=code_of_step("calibrate_response"),
        experiment=experiment_of,
        settings=settings_of("calibrate_response"),
    script:
        "../scripts/run_step.py"
