# The leaves: tables, figures, and the comparison with what the papers print.


rule tabulate_table:
    """One table, published numbers and this project's side by side."""
    input:
        results=lambda w: search(w).table(w.table).files.values(),
    output:
        csv="results/{paper}/tables/{table}.csv",
        tex="results/{paper}/tables/{table}.tex",
        long="results/{paper}/tables/{table}_long.tex",
        md="results/{paper}/tables/{table}.md",
        provenance="results/{paper}/tables/{table}.provenance.json",
    log:
        "results/{paper}/logs/tabulate_table/{table}.log",
    wildcard_constraints:
        table=names_of(lambda paper: paper.tables),
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of(
            "tabulate_table",
            lambda w: search(w).table(w.table).module,
            lambda w: search(w).table(w.table).function,
        ),
        module=lambda w: search(w).table(w.table).module,
        name=lambda w: search(w).table(w.table).name,
        results=lambda w: list(search(w).table(w.table).files),
        settings=lambda w: search(w).table(w.table).settings,
        printing=lambda w: printing(search(w), w.table),
    script:
        "../scripts/tabulate_table.py"


rule draw_figure:
    """One figure, with the numbers drawn."""
    input:
        results=lambda w: search(w).figure(w.figure).files.values(),
    output:
        pdf=report(
            "results/{paper}/figures/{figure}.pdf",
            caption="../report/figure.rst",
            category=category_of,
            subcategory=GROUPS["figures"],
            labels=lambda w: figure_labels(search(w), w.figure, "PDF"),
        ),
        png=report(
            "results/{paper}/figures/{figure}.png",
            caption="../report/figure.rst",
            category=category_of,
            subcategory=GROUPS["figures"],
            labels=lambda w: figure_labels(search(w), w.figure, "PNG"),
        ),
        csv="results/{paper}/figures/{figure}.csv",
        provenance="results/{paper}/figures/{figure}.provenance.json",
    log:
        "results/{paper}/logs/draw_figure/{figure}.log",
    wildcard_constraints:
        figure=names_of(lambda paper: paper.figures),
    resources:
        mem_mb=300,
        runtime=5,
    params:
        code=code_of(
            "draw_figure",
            lambda w: search(w).figure(w.figure).module,
            lambda w: search(w).figure(w.figure).function,
        ),
        module=lambda w: search(w).figure(w.figure).module,
        name=lambda w: search(w).figure(w.figure).name,
        results=lambda w: list(search(w).figure(w.figure).files),
        settings=lambda w: search(w).figure(w.figure).settings,
        statistics=lambda w: small_statistics(search(w)),
    script:
        "../scripts/draw_figure.py"


rule draw_event:
    """One event of a sample as a picture; the first that is selected, simulated once more."""
    input:
        unpack(lambda w: search(w).event_display_inputs(w.display)),
        kernels=compiled_kernels,
    output:
        pdf=report(
            "results/{paper}/figures/event_{display}.pdf",
            caption="../report/event.rst",
            category=category_of,
            subcategory=GROUPS["events"],
            labels=lambda w: {"Event": event_words(search(w), w.display), "Format": "PDF"},
        ),
        png=report(
            "results/{paper}/figures/event_{display}.png",
            caption="../report/event.rst",
            category=category_of,
            subcategory=GROUPS["events"],
            labels=lambda w: {"Event": event_words(search(w), w.display), "Format": "PNG"},
        ),
        csv="results/{paper}/figures/event_{display}.csv",
        provenance="results/{paper}/figures/event_{display}.provenance.json",
    log:
        "results/{paper}/logs/draw_event/{display}.log",
    wildcard_constraints:
        display=names_of(lambda paper: paper.settings["event_displays"]),
    resources:
        mem_mb=500,
        runtime=10,
    params:
        code=code_of("draw_event", part_of_experiment("draw_event"), part_of_experiment("simulate_sample")),
        experiment=experiment_of,
        base_seed=config["base_seed"],
        sample=lambda w: search(w).event_display(w.display)["sample"],
        tree=lambda w: search(w).event_display(w.display)["tree"],
        title=lambda w: search(w).event_display(w.display)["title"],
        n_events=lambda w: search(w).number_of_events(search(w).event_display(w.display)["sample"]),
        simulations=lambda w: search(w).nominal_simulation(w.display),
    script:
        "../scripts/draw_event.py"


rule compare_with_published:
    """One row for every number that the paper prints, and a summary of what agrees."""
    input:
        results=lambda w: search(w).comparison().files.values(),
    output:
        comparison="results/{paper}/comparison.csv",
        summary=report(
            "results/{paper}/comparison.md",
            caption="../report/comparison_summary.rst",
            category=category_of,
            subcategory=GROUPS["comparison"],
            labels={"Result": "What agrees, what does not, and why", "Format": "text"},
        ),
        parts="results/{paper}/comparison.json",
        provenance="results/{paper}/comparison.provenance.json",
    log:
        "results/{paper}/logs/compare_with_published.log",
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of(
            "compare_with_published",
            lambda w: search(w).comparison().module,
            lambda w: search(w).comparison().function,
        ),
        module=lambda w: search(w).comparison().module,
        results=lambda w: list(search(w).comparison().files),
        settings=lambda w: search(w).comparison().settings,
    script:
        "../scripts/compare_with_published.py"


rule summarise_comparison:
    """The summaries of all searches in one text: how much agrees, what does not, and why."""
    input:
        parts=expand("results/{paper}/comparison.json", paper=PAPERS),
    output:
        summary=report(
            "results/comparison.md",
            caption="../report/comparison_summary.rst",
            category="0 Start here",
            labels={"Result": "What agrees with the papers, and why not", "Format": "text"},
        ),
        provenance="results/comparison.provenance.json",
    log:
        "results/logs/summarise_comparison.log",
    resources:
        mem_mb=200,
        runtime=5,
    params:
        code=code_of("summarise_comparison"),
    script:
        "../scripts/summarise_comparison.py"


rule status:
    """What is done, stale, edited and left, and what the jobs used; with --nolock beside a run."""
    log:
        "results/logs/status.log",
    resources:
        mem_mb=300,
        runtime=5,
    params:
        asked_mb=lambda w: asked_memory_mb(),
        # Asked for by this job alone: --unlock, --report and --rulegraph need no --cores.
        cores=lambda w: workflow.cores,
        triggers=lambda w: sorted(map(str, workflow.rerun_triggers)),
    script:
        "../scripts/status.py"
