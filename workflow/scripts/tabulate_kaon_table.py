"""One table of a kaon search: CSV, LaTeX and Markdown."""

from job import job, write_text

from lnvsearch.publication.results import read_results


def tabulate_kaon_table(content, published, files, outputs):
    """`content`: one of TABLES; `files`: all results of the search by name."""
    from lnvsearch.experiments.na62.publication.tables import text as tables_na62
    from lnvsearch.publication.published import read_published

    table = TABLES[content](tables_na62, read_published(published), read_results(files))
    for kind, path in outputs.items():
        write_text(path, tables_na62.render_na62(table, kind))


def table1_2019(tables, published, results):
    return tables.table1_2019(published, results["closure"])


def table2_2019(tables, published, results):
    return tables.table2_2019(published, results["background"]["pimumu"])


def table3_2019(tables, published, results):
    return tables.table3_2019(published, results["sensitivity"])


def table1_2022(tables, published, results):
    return tables.table1_2022(published, results["background"]["piee"])


def table2_2022(tables, published, results):
    return tables.table2_2022(published, results["background"]["pipi0ee"])


def sensitivity(tables, published, results):
    return tables.sensitivities(published, results["sensitivity"], results["limits"])


def backgrounds(tables, published, results):
    return tables.backgrounds(published, results["background"])


def data_driven(tables, published, results):
    return tables.data_driven(published, results["transferred"], results["background"])


def probe_contamination(tables, published, results):
    return tables.probe_contamination(published, results["contamination"])


def validation(tables, published, results):
    return tables.validation(published, results["validation"], results["acceptance"])


def systematics(tables, published, results):
    return tables.systematics(results["systematics"])


def data_counts(tables, published, results):
    return tables.data_counts(published, results["counts"])


def data_sensitivity(tables, published, results):
    return tables.data_sensitivity(published, results["data"], results["limits"])


#: What a table of a search's file (`tables`) can hold; workflow/schemas/kaon_paper.schema.yaml.
TABLES = {
    "na62_2019_table1": table1_2019,
    "na62_2019_table2": table2_2019,
    "na62_2019_table3": table3_2019,
    "na62_2022_table1": table1_2022,
    "na62_2022_table2": table2_2022,
    "sensitivity": sensitivity,
    "backgrounds": backgrounds,
    "data_driven": data_driven,
    "probe_contamination": probe_contamination,
    "validation": validation,
    "systematics": systematics,
    # Of the user's own data, where there are any; no entry of a search's file.
    "data_counts": data_counts,
    "data_sensitivity": data_sensitivity,
}


if __name__ == "__main__":
    with job(snakemake):
        tabulate_kaon_table(
            content=snakemake.params.content,
            published=snakemake.input.published,
            files={name: snakemake.input[name] for name in snakemake.params.results},
            outputs={kind: snakemake.output[kind] for kind in ("csv", "tex", "md")},
        )
