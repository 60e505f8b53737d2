# Reconstruction and selection: candidates, cut flows, acceptances.


rule map_identification:
    """Efficiency maps of particle identification, and their probabilities as a table."""
    input:
        unpack(inputs_of("map_identification")),
        kernels=compiled_kernels,
    output:
        maps="results/{paper}/identification/{variation}.json",
        table="results/{paper}/identification/{variation}_table.csv",
    log:
        "results/{paper}/logs/map_identification/{variation}.log",
    wildcard_constraints:
        paper=papers_with("map_identification"),
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code_of_step("map_identification"),
        experiment=experiment_of,
        settings=settings_of("map_identification"),
    script:
        "../scripts/run_step.py"


rule select_sample:
    """Candidates of all selections that a sample goes through, and what each cut leaves of it.

    The sample's events are simulated here, in memory, or read where they are on file; parts are
    joined where it is cut (`events_per_job`).  Variations that share nominal's decays are done with
    nominal: their rows are in its tables.
    """
    input:
        unpack(lambda w: search(w).sample_inputs(w.sample, w.variation)),
        kernels=compiled_kernels,
    output:
        candidates="results/{paper}/selected/{sample}/{variation}.root",
        cutflow="results/{paper}/cutflow/{sample}/{variation}.csv",
        acceptance="results/{paper}/acceptance/{sample}/{variation}.csv",
        spectra="results/{paper}/spectra/{sample}/{variation}.csv",
        losses="results/{paper}/losses/{sample}/{variation}.csv",
    log:
        "results/{paper}/logs/select_sample/{sample}/{variation}.log",
    wildcard_constraints:
        sample="(?!data/)[a-z0-9_.]+",
    priority: 3
    resources:
        mem_mb=900,
        runtime=20,
    params:
        code=code_of(
            "select_sample",
            part_of_experiment("select_sample"),
            part_of_experiment("tabulate_sample"),
            source_of_events,
        ),
        experiment=experiment_of,
        n_events=lambda w: search(w).number_of_events(w.sample, w.variation),
        base_seed=config["base_seed"],
        simulations=lambda w: search(w).simulations(w.sample, w.variation),
        selections=lambda w: search(w).selections(w.sample, w.variation),
    script:
        "../scripts/select_sample.py"


rule select_part:
    """A part of a sample that is cut: its candidates, and what is counted of it."""
    input:
        unpack(lambda w: search(w).part_inputs(w.sample, w.variation)),
        kernels=compiled_kernels,
    output:
        candidates=temp("results/{paper}/parts/{sample}/{variation}/{part}.root"),
        counts=temp("results/{paper}/parts/{sample}/{variation}/{part}.pickle"),
    log:
        "results/{paper}/logs/select_part/{sample}/{variation}/{part}.log",
    wildcard_constraints:
        part=r"\d+",
    priority: 3
    resources:
        mem_mb=900,
        runtime=20,
    params:
        code=code_of(
            "select_part",
            part_of_experiment("select_sample"),
            part_of_experiment("simulate_sample"),
        ),
        experiment=experiment_of,
        n_events=lambda w: search(w).number_of_events(w.sample, w.variation),
        n_parts=lambda w: search(w).number_of_parts(w.sample, w.variation),
        base_seed=config["base_seed"],
        simulations=lambda w: search(w).simulations(w.sample, w.variation),
        selections=lambda w: search(w).selections(w.sample, w.variation),
    script:
        "../scripts/select_part.py"


rule select_data:
    """The user's own events in all selections, counted by region; what is closed stays closed."""
    input:
        kernels=compiled_kernels,
        events=recorded_events,
    output:
        candidates="results/{paper}/selected/data/nominal.root",
        cutflow="results/{paper}/cutflow/data/nominal.csv",
        counts="results/{paper}/counts/data/nominal.csv",
        spectra="results/{paper}/spectra/data/nominal.csv",
        blinding="results/{paper}/tables/data_blinding.csv",
    log:
        "results/{paper}/logs/select_data.log",
    resources:
        mem_mb=800,
        runtime=10,
    params:
        code=code_of("select_data", part_of_experiment("select_data")),
        experiment=experiment_of,
        selection=lambda w: search(w).data_parameters(),
        opened=lambda w: list(search(w).opened),
        closed=lambda w: search(w).closed_windows(),
        manifest=manifest_of_opening,
    script:
        "../scripts/select_data.py"


rule collect_channel:
    """The rows of one channel from the tables of all samples and variations."""
    input:
        tables=lambda w: search(w).run_files(w.folder, w.channel),
    output:
        table="results/{paper}/{folder}/{channel}.csv",
        provenance="results/{paper}/{folder}/{channel}.provenance.json",
    log:
        "results/{paper}/logs/collect_channel/{folder}/{channel}.log",
    wildcard_constraints:
        folder="cutflow|acceptance|losses",
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of("collect_channel"),
    script:
        "../scripts/collect_channel.py"


rule freeze:
    """The manifests with which data are opened, config/frozen/<paper>.json; commit them."""
    log:
        "results/logs/freeze.log",
    resources:
        mem_mb=200,
        runtime=5,
    params:
        parts=lambda w: {name: frozen.parts(paper, CODE) for name, paper in PAPERS.items()},
    script:
        "../scripts/freeze.py"
