# From acceptances to efficiencies, expected backgrounds and systematic uncertainties.


rule calibrate_acceptance:
    """The flat factor of a data set, from the published acceptance of the normalisation channel."""
    input:
        unpack(inputs_of("calibrate_acceptance")),
    output:
        record="results/{paper}/calibration/{normalisation}.json",
    log:
        "results/{paper}/logs/calibrate_acceptance/{normalisation}.log",
    wildcard_constraints:
        paper=papers_with("calibrate_acceptance"),
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of_step("calibrate_acceptance"),
        experiment=experiment_of,
        settings=settings_of("calibrate_acceptance"),
    script:
        "../scripts/run_step.py"


rule estimate_backgrounds:
    """Expected events of every sample in every region, their mass spectra, and the total."""
    input:
        unpack(inputs_of("estimate_backgrounds")),
    output:
        background="results/{paper}/background/{channel}.csv",
        spectra="results/{paper}/spectra/{channel}.csv",
        total="results/{paper}/background/{channel}.json",
    log:
        "results/{paper}/logs/estimate_backgrounds/{channel}.log",
    wildcard_constraints:
        paper=papers_with("estimate_backgrounds"),
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of_step("estimate_backgrounds"),
        experiment=experiment_of,
        settings=settings_of("estimate_backgrounds"),
    script:
        "../scripts/run_step.py"


rule estimate_from_control_samples:
    """Backgrounds from control samples with inverted identification, to compare with simulated ones."""
    input:
        unpack(inputs_of("estimate_from_control_samples")),
    output:
        transferred="results/{paper}/transferred/{channel}.csv",
    log:
        "results/{paper}/logs/estimate_from_control_samples/{channel}.log",
    wildcard_constraints:
        paper=papers_with("estimate_from_control_samples"),
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_of_step("estimate_from_control_samples"),
        experiment=experiment_of,
        settings=settings_of("estimate_from_control_samples"),
    script:
        "../scripts/run_step.py"


rule scan_cut:
    """Figure of merit against one cut of the selection."""
    input:
        unpack(inputs_of("scan_cut")),
    output:
        scan="results/{paper}/background/{channel}_punzi.csv",
    log:
        "results/{paper}/logs/scan_cut/{channel}.log",
    wildcard_constraints:
        paper=papers_with("scan_cut"),
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of_step("scan_cut"),
        experiment=experiment_of,
        settings=settings_of("scan_cut"),
    script:
        "../scripts/run_step.py"


rule compute_efficiencies:
    """Efficiencies with the model and mass of their sample, and what the models differ by."""
    input:
        unpack(inputs_of("compute_efficiencies")),
    output:
        efficiencies="results/{paper}/efficiencies/{channel}.csv",
        by_mass="results/{paper}/systematics/{channel}_by_mass.csv",
    log:
        "results/{paper}/logs/compute_efficiencies/{channel}.log",
    wildcard_constraints:
        paper=papers_with("compute_efficiencies"),
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of_step("compute_efficiencies"),
        experiment=experiment_of,
        settings=settings_of("compute_efficiencies"),
    script:
        "../scripts/run_step.py"


rule compute_systematics:
    """What every variation changes, external numbers, and the totals."""
    input:
        unpack(inputs_of("compute_systematics")),
    output:
        systematics="results/{paper}/systematics/{channel}.csv",
    log:
        "results/{paper}/logs/compute_systematics/{channel}.log",
    wildcard_constraints:
        paper=papers_with("compute_systematics"),
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of_step("compute_systematics"),
        experiment=experiment_of,
        settings=settings_of("compute_systematics"),
    script:
        "../scripts/run_step.py"


rule validate_simulation:
    """Quantities that no factor touches: resolutions, relative losses, ratios."""
    input:
        unpack(inputs_of("validate_simulation")),
    output:
        validation="results/{paper}/validation/validation.csv",
    log:
        "results/{paper}/logs/validate_simulation.log",
    wildcard_constraints:
        paper=papers_with("validate_simulation"),
    resources:
        mem_mb=1000,
        runtime=5,
    params:
        code=code_of_step("validate_simulation"),
        experiment=experiment_of,
        settings=settings_of("validate_simulation"),
    script:
        "../scripts/run_step.py"


rule close_identification:
    """Tag and probe on simulated control decays: the maps that went in must come out."""
    input:
        unpack(inputs_of("close_identification")),
        kernels=compiled_kernels,
    output:
        closure="results/{paper}/identification/closure.csv",
        contamination="results/{paper}/identification/contamination.csv",
    log:
        "results/{paper}/logs/close_identification.log",
    wildcard_constraints:
        paper=papers_with("close_identification"),
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code_of_step("close_identification"),
        experiment=experiment_of,
        settings=settings_of("close_identification"),
    script:
        "../scripts/run_step.py"
