# The leaves: tables, figures, and the comparison with what the papers print.


rule tabulate_table1:
    """Table 1: systematic uncertainties."""
    input:
        published=published_numbers,
        systematics=lambda w: search(w).result("systematics", ".csv"),
    output:
        csv=report(
            "results/{paper}/tables/table1.csv",
            caption="../report/table1.rst",
            category="{paper}",
        ),
        tex="results/{paper}/tables/table1.tex",
        md="results/{paper}/tables/table1.md",
    log:
        "results/{paper}/logs/tabulate_table1.log",
    params:
        code=code_of("tabulate_table1"),
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/tabulate_table1.py"


rule tabulate_table2:
    """Table 2: efficiencies, counts, uncertainties and limits by mass."""
    input:
        published=published_numbers,
        efficiencies=lambda w: search(w).result("efficiencies", ".csv"),
        systematics=lambda w: search(w).result("systematics", "_by_mass.csv"),
        scan=lambda w: search(w).result("limits", "_scan.csv"),
    output:
        csv=report(
            "results/{paper}/tables/table2.csv",
            caption="../report/table2.rst",
            category="{paper}",
        ),
        tex="results/{paper}/tables/table2.tex",
        md="results/{paper}/tables/table2.md",
    log:
        "results/{paper}/logs/tabulate_table2.log",
    params:
        code=code_of("tabulate_table2"),
        in_mass_bin=lambda w: search(w).settings["mass_bin"]["in_efficiency"],
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/tabulate_table2.py"


rule draw_figure:
    """One figure, with the numbers drawn."""
    input:
        published=published_numbers,
        data=lambda w: search(w).figure_inputs(w.figure),
    output:
        pdf=report(
            "results/{paper}/figures/{figure}.pdf",
            caption="../report/figure.rst",
            category="{paper}",
        ),
        png="results/{paper}/figures/{figure}.png",
        csv="results/{paper}/figures/{figure}.csv",
    log:
        "results/{paper}/logs/draw_figure/{figure}.log",
    params:
        code=code_of("draw_figure"),
        settings=lambda w: search(w).figure_parameters(w.figure),
    wildcard_constraints:
        paper=papers_of(ColliderSearch),
        figure="|".join(LIMIT_FIGURES + SIMULATION_FIGURES),
    resources:
        mem_mb=500,
        runtime=5,
    script:
        "../scripts/draw_figure.py"


rule compare_with_published:
    """One row for every number that the paper prints, and a summary of what agrees."""
    input:
        unpack(lambda w: search(w).comparison_inputs()),
        published=published_numbers,
        companion=lambda w: search(w).companion_files(),
    output:
        comparison=report(
            "results/{paper}/comparison.csv",
            caption="../report/comparison.rst",
            category="{paper}",
        ),
        summary="results/{paper}/comparison.md",
    log:
        "results/{paper}/logs/compare_with_published.log",
    params:
        code=code_of("compare_with_published", comparison_module),
        module=lambda w: search(w).comparison,
        settings=lambda w: search(w).comparison_settings(),
        results=lambda w: list(search(w).comparison_inputs()),
    resources:
        mem_mb=300,
        runtime=5,
    script:
        "../scripts/compare_with_published.py"


rule summarise_comparison:
    """The summaries of all searches in one text."""
    input:
        summaries=expand("results/{paper}/comparison.md", paper=PAPERS),
    output:
        summary=report(
            "results/comparison.md",
            caption="../report/comparison_summary.rst",
            category="comparison",
        ),
    log:
        "results/logs/summarise_comparison.log",
    params:
        code=code_of("summarise_comparison"),
    resources:
        mem_mb=200,
        runtime=5,
    script:
        "../scripts/summarise_comparison.py"
