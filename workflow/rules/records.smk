# Records for others: HEPData submissions, likelihoods, the whole run as a crate.

LIKELIHOODS = {**single_channels(PAPERS), **COMBINATIONS}


rule hepdata_submission:
    """The tables and figures of a search in HEPData's form: a folder, and an archive of it."""
    input:
        lambda w: records_of_search.files_of(search(w)),
    output:
        # Not the folder itself: Snakemake puts a file of its own there, which HEPData's validator refuses.
        submission="results/hepdata/{paper}/submission.yaml",
        archive="results/hepdata/{paper}.tar.gz",
    log:
        "results/logs/hepdata_submission/{paper}.log",
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_of("write_hepdata"),
        comment=lambda w: records_of_search.first_page(search(w)),
        tables=lambda w: records_of_search.tables_of(search(w)),
        images=lambda w: records_of_search.images_of(search(w)),
        keywords=lambda w: records_of_search.keywords_of(search(w)),
    script:
        "../scripts/write_hepdata.py"


rule hepdata:
    """The submissions of all searches."""
    input:
        expand("results/hepdata/{paper}.tar.gz", paper=PAPERS),


rule write_likelihoods:
    """A channel or a combination as a likelihood, from published and from simulated inputs."""
    input:
        limits=lambda w: [
            f"results/{part['paper']}/limits/{part['channel']}.json"
            for part in LIKELIHOODS[w.likelihood]["parts"].values()
        ],
    output:
        derived_pyhf="results/likelihoods/{likelihood}.derived.pyhf.json",
        derived_hs3="results/likelihoods/{likelihood}.derived.hs3.json",
        simulated_pyhf="results/likelihoods/{likelihood}.simulated.pyhf.json",
        simulated_hs3="results/likelihoods/{likelihood}.simulated.hs3.json",
    log:
        "results/logs/write_likelihoods/{likelihood}.log",
    wildcard_constraints:
        likelihood="|".join(LIKELIHOODS),
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of("write_likelihoods"),
        combination=lambda w: LIKELIHOODS[w.likelihood],
    script:
        "../scripts/write_likelihoods.py"


rule likelihoods:
    """The likelihoods of all channels and combinations."""
    input:
        expand("results/likelihoods/{likelihood}.derived.pyhf.json", likelihood=LIKELIHOODS),


rule crate:
    """The run as an RO-Crate: configuration, versions and all leaves in one archive."""
    input:
        workflow=str(ROOT / "Snakefile"),
        settings=settings_of_run(),
        results=[leaf for leaf in every_leaf() if Path(leaf).name != "report"],
    output:
        crate="results/lnvsearch.crate.zip",
    log:
        "results/logs/crate.log",
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code_of("write_crate"),
    script:
        "../scripts/write_crate.py"


# The README's picture shows a search with an efficiency.
PICTURED = next((paper for paper in PAPERS.values() if "compute_efficiencies" in paper.steps), None)

if PICTURED:

    rule draw_chain:
        """The README's picture, from the first channel of the first search; commit what it writes."""
        input:
            cutflow=lambda w: PICTURED.channel_file("cutflow", PICTURED.channel),
            limits=lambda w: PICTURED.channel_file("limits", PICTURED.channel, ".json"),
        output:
            picture="docs/images/chain.svg",
        log:
            "results/logs/draw_chain.log",
        resources:
            mem_mb=300,
            runtime=5,
        params:
            code=code_of("draw_chain"),
            drawn={
                "final_state": PICTURED.channels[PICTURED.channel]["final_state"],
                "sample": PICTURED.channels[PICTURED.channel]["efficiency_sample"],
                "method": PICTURED.channels[PICTURED.channel]["limit"]["method"],
            },
        script:
            "../scripts/draw_chain.py"
