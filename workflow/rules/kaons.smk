# Searches for rare kaon decays: from the decay to tables and figures.


rule build_identification_maps:
    """Probabilities of particle identification against momentum, as correctionlib JSON."""
    output:
        maps="results/{paper}/identification/{variation}.json",
    log:
        "results/{paper}/logs/build_identification_maps/{variation}.log",
    params:
        code=code_of("build_identification_maps"),
        identification=lambda w: search(w).identification_parameters(w.variation),
    wildcard_constraints:
        paper=papers_of(KaonSearch),
    resources:
        mem_mb=300,
        runtime=5,
    script:
        "../scripts/build_identification_maps.py"


rule simulate_kaon_decays:
    """Decays of one sample, and what the spectrometer records of them, as a ROOT file."""
    input:
        kernels=compiled_kernels,
    output:
        events=temp("results/{paper}/recorded/{sample}/{variation}.root"),
    log:
        "results/{paper}/logs/simulate_kaon_decays/{sample}/{variation}.log",
    benchmark:
        "results/{paper}/benchmarks/simulate_kaon_decays/{sample}/{variation}.tsv"
    params:
        code=code_of("simulate_kaon_decays"),
        n_events=lambda w: search(w).number_of_events(w.sample, w.variation),
        base_seed=config["base_seed"],
        simulation=lambda w: search(w).simulation_parameters(w.sample, w.variation),
    wildcard_constraints:
        paper=papers_of(KaonSearch),
    priority: 1
    resources:
        mem_mb=800,
        runtime=20,
    script:
        "../scripts/simulate_kaon_decays.py"


rule select_kaon_decays:
    """Candidates of all selections that a sample goes through, counted by region of mass.

    Variations that begin with the selection are done with nominal: their rows are in its tables.
    """
    input:
        kernels=compiled_kernels,
        events=lambda w: search(w).recorded_file(w.sample, w.variation),
        maps=lambda w: search(w).identification_files(w.sample, w.variation),
    output:
        candidates="results/{paper}/selected/{sample}/{variation}.root",
        cutflow="results/{paper}/cutflow/{sample}/{variation}.csv",
        acceptance="results/{paper}/acceptance/{sample}/{variation}.csv",
        spectra="results/{paper}/spectra/{sample}/{variation}.csv",
        losses="results/{paper}/losses/{sample}/{variation}.csv",
    log:
        "results/{paper}/logs/select_kaon_decays/{sample}/{variation}.log",
    benchmark:
        "results/{paper}/benchmarks/select_kaon_decays/{sample}/{variation}.tsv"
    params:
        code=code_of("select_kaon_decays"),
        selection=lambda w: search(w).selection_parameters(w.sample, w.variation),
    wildcard_constraints:
        paper=papers_of(KaonSearch),
        sample="(?!data/)[a-z0-9_.]+",
    priority: 3
    resources:
        mem_mb=800,
        runtime=10,
    script:
        "../scripts/select_kaon_decays.py"


rule select_kaon_data:
    """The user's own events in all selections, counted by region; what is masked stays closed."""
    input:
        kernels=compiled_kernels,
        events=lambda w: search(w).recorded_file("data"),
    output:
        candidates="results/{paper}/selected/data/nominal.root",
        cutflow="results/{paper}/cutflow/data/nominal.csv",
        counts="results/{paper}/counts/data/nominal.csv",
        spectra="results/{paper}/spectra/data/nominal.csv",
    log:
        "results/{paper}/logs/select_kaon_data.log",
    benchmark:
        "results/{paper}/benchmarks/select_kaon_data.tsv"
    params:
        code=code_of("select_kaon_data"),
        selection=lambda w: search(w).data_parameters(),
    wildcard_constraints:
        paper=papers_of(KaonSearch),
    resources:
        mem_mb=800,
        runtime=10,
    script:
        "../scripts/select_kaon_data.py"


rule normalise_kaon_data:
    """Kaon decays and single-event sensitivity of the user's own events, from their known decay."""
    input:
        counts="results/{paper}/counts/data/nominal.csv",
        sensitivity="results/{paper}/sensitivity/{channel}.json",
    output:
        sensitivity="results/{paper}/sensitivity/data/{channel}.json",
    log:
        "results/{paper}/logs/normalise_kaon_data/{channel}.log",
    params:
        code=code_of("normalise_kaon_data"),
        channel=lambda w: search(w).sensitivity_parameters(w.channel),
    wildcard_constraints:
        paper=papers_of(KaonSearch),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/normalise_kaon_data.py"


rule collect_channel:
    """The rows of one channel from the tables of all samples and variations."""
    input:
        tables=lambda w: search(w).run_files(w.folder, w.channel),
    output:
        table="results/{paper}/{folder}/{channel}.csv",
    log:
        "results/{paper}/logs/collect_channel/{folder}/{channel}.log",
    params:
        code=code_of("collect_channel"),
    wildcard_constraints:
        folder="cutflow|acceptance|losses",
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/collect_channel.py"


rule calibrate_acceptance:
    """The one flat factor of a data set, from the published acceptance of the known decay."""
    input:
        acceptance=lambda w: search(w).channel_file(
            "acceptance", search(w).settings["normalisation"][w.normalisation]["channel"]
        ),
    output:
        record="results/{paper}/calibration/{normalisation}.json",
    log:
        "results/{paper}/logs/calibrate_acceptance/{normalisation}.log",
    params:
        code=code_of("calibrate_acceptance"),
        normalisation=lambda w: search(w).normalisation_parameters(w.normalisation),
    wildcard_constraints:
        paper=papers_of(KaonSearch),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/calibrate_acceptance.py"


rule estimate_kaon_backgrounds:
    """Expected events of every sample in every region, and their mass spectra."""
    input:
        acceptance="results/{paper}/acceptance/{channel}.csv",
        calibration=lambda w: search(w).calibration_channel_file(w.channel),
        spectra=lambda w: search(w).nominal_spectra(w.channel),
    output:
        background="results/{paper}/background/{channel}.csv",
        spectra="results/{paper}/spectra/{channel}.csv",
    log:
        "results/{paper}/logs/estimate_kaon_backgrounds/{channel}.log",
    params:
        code=code_of("estimate_kaon_backgrounds"),
        settings=lambda w: search(w).background_parameters(w.channel),
        channel=lambda w: w.channel,
    wildcard_constraints:
        paper=papers_of(KaonSearch),
    resources:
        mem_mb=300,
        runtime=5,
    script:
        "../scripts/estimate_kaon_backgrounds.py"


rule estimate_from_control_samples:
    """Backgrounds from control samples with inverted identification, beside the simulated ones."""
    input:
        selected=lambda w: search(w).control_sample_files(w.channel),
        calibration=lambda w: search(w).calibration_channel_file(w.channel),
    output:
        transferred="results/{paper}/transferred/{channel}.csv",
    log:
        "results/{paper}/logs/estimate_from_control_samples/{channel}.log",
    params:
        code=code_of("estimate_from_control_samples"),
        settings=lambda w: search(w).control_sample_parameters(w.channel),
    wildcard_constraints:
        paper=papers_of(KaonSearch),
    resources:
        mem_mb=500,
        runtime=5,
    script:
        "../scripts/estimate_from_control_samples.py"


rule compute_sensitivity:
    """Number of kaon decays and single-event sensitivity, derived and simulated."""
    input:
        acceptance="results/{paper}/acceptance/{channel}.csv",
        calibration=lambda w: search(w).calibration_channel_file(w.channel),
    output:
        sensitivity="results/{paper}/sensitivity/{channel}.json",
    log:
        "results/{paper}/logs/compute_sensitivity/{channel}.log",
    params:
        code=code_of("compute_sensitivity"),
        channel=lambda w: search(w).sensitivity_parameters(w.channel),
    wildcard_constraints:
        paper=papers_of(KaonSearch),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/compute_sensitivity.py"


rule compute_kaon_systematics:
    """What every variation changes: acceptance ratio and expected events."""
    input:
        acceptance="results/{paper}/acceptance/{channel}.csv",
        calibration=lambda w: search(w).calibration_channel_file(w.channel),
        background="results/{paper}/background/{channel}.csv",
    output:
        systematics="results/{paper}/systematics/{channel}.csv",
    log:
        "results/{paper}/logs/compute_kaon_systematics/{channel}.log",
    params:
        code=code_of("compute_kaon_systematics"),
        settings=lambda w: search(w).background_parameters(w.channel),
        variations=lambda w: search(w).variation_descriptions(),
    wildcard_constraints:
        paper=papers_of(KaonSearch),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/compute_kaon_systematics.py"


rule validate_kaon_simulation:
    """Quantities that no factor touches: resolutions, relative losses, ratios."""
    input:
        unpack(lambda w: search(w).validation_inputs()),
    output:
        validation="results/{paper}/validation/validation.csv",
    log:
        "results/{paper}/logs/validate_kaon_simulation.log",
    params:
        code=code_of("validate_kaon_simulation"),
        settings=lambda w: search(w).validation_parameters(),
    wildcard_constraints:
        paper=papers_of(KaonSearch),
    resources:
        mem_mb=500,
        runtime=5,
    script:
        "../scripts/validate_kaon_simulation.py"


rule close_identification:
    """Tag and probe on simulated control decays: the maps that went in must come out."""
    input:
        kernels=compiled_kernels,
        maps=lambda w: search(w).identification_file(NOMINAL),
    output:
        closure="results/{paper}/identification/closure.csv",
        contamination="results/{paper}/identification/contamination.csv",
    log:
        "results/{paper}/logs/close_identification.log",
    params:
        code=code_of("close_identification"),
        base_seed=config["base_seed"],
        detector=lambda w: search(w).closure_detector(),
        settings=lambda w: search(w).closure_parameters(),
    wildcard_constraints:
        paper=papers_of(KaonSearch),
    resources:
        mem_mb=800,
        runtime=10,
    script:
        "../scripts/close_identification.py"
