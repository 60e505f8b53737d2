# The report: tables as pages, a first page, and the words beside every result.


report: "../report/workflow.rst"


rule write_pages:
    """The tables of a search as pages whose columns sort; the report shows them."""
    input:
        tables=lambda w: [page.file for page in pages(search(w))],
    output:
        folder=report(
            directory("results/{paper}/report"),
            patterns=["{group}/{page}.html"],
            caption="../report/page.rst",
            category=category_of,
            subcategory=lambda w: GROUPS[w.group],
            labels=lambda w: page_labels(search(w), w.page),
        ),
        provenance="results/{paper}/report.provenance.json",
    log:
        "results/{paper}/logs/write_pages.log",
    resources:
        mem_mb=300,
        runtime=5,
    params:
        code=code_of("write_pages", lambda w: search(w).contents.__name__),
        module=lambda w: search(w).contents.__name__,
        pages=lambda w: {
            page.name: {"group": page.group, "title": page.title, "only": dict(page.only)}
            for page in pages(search(w))
        },
        statistics=lambda w: small_statistics(search(w)),
        words=lambda w: words_of(search(w)),
    script:
        "../scripts/write_pages.py"


rule write_start_page:
    """The first page of the results: what was run, the limits, links to everything."""
    input:
        limits=[file for paper in PAPERS.values() for file in paper.limit_files()],
        published=[paper.published_file() for paper in PAPERS.values()],
    output:
        page=report(
            "results/start.html",
            caption="../report/start.rst",
            category="0 Start here",
            labels={"Result": "What was run, the limits, how to read", "Format": "page"},
        ),
        provenance="results/start.provenance.json",
    log:
        "results/logs/write_start_page.log",
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of("write_start_page"),
        searches={
            name: {
                "title": paper.settings["title"],
                "channels": channels_in_words(paper),
                "links": links_of(paper),
                "statistics": small_statistics(paper),
            }
            for name, paper in PAPERS.items()
        },
        run={
            "searches": ", ".join(PAPERS),
            "seed": config["base_seed"],
            "variations": (
                config["variations"]
                if config["variations"] == "all"
                else f"{len(config['variations'])} of the kaon searches"
            ),
            "simulated events a sample": ", ".join(
                f"{name} {number:,}" for name, number in config["statistics"].items()
            ),
        },
    script:
        "../scripts/write_start_page.py"
