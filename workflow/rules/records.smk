# Records for others: HEPData submissions.


rule hepdata_submission:
    """The tables and figures of a search in HEPData's form: a folder, and an archive of it."""
    input:
        lambda w: records_of_search.files_of(search(w)),
    output:
        folder=directory("results/hepdata/{paper}"),
        archive="results/hepdata/{paper}.tar.gz",
    log:
        "results/hepdata/logs/{paper}.log",
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
