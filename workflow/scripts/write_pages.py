"""The tables of a search as pages: HTML with columns that sort."""

from pathlib import Path

from job import job
from output import write_text


def write_pages(module, files, folder, pages, statistics, words):
    """Write `<folder>/<group>/<name>.html` of every page.

    `files`: page -> its table; `pages`: page -> `group`, `title`, and `only`: column -> the value that
    rows have which are shown, where there is such a column.  `words`: of keys, by column.
    """
    from importlib import import_module

    from lnvsearch.publication.pages import read_cells, table_page
    from lnvsearch.publication.printing import Printing
    from lnvsearch.tables import find_rows, table_from_rows

    headings = import_module(f"lnvsearch.{module.removeprefix('lnvsearch.')}").HEADINGS
    printing = Printing(headings=headings, words=words)
    for name, page in pages.items():
        table = read_cells(files[name])
        wanted = {column: value for column, value in page["only"].items() if column in table}
        shown = table_from_rows(find_rows(table, **wanted), list(table))
        only = ", ".join(f"{column}: {value}" for column, value in wanted.items())
        text = f"From {files[name]}" + (f", rows of {only}" if only else "") + "."
        html = table_page(page["title"], shown, printing, text, statistics)
        write_text(str(Path(folder) / page["group"] / f"{name}.html"), html)


if __name__ == "__main__":
    with job(snakemake):
        params = snakemake.params
        write_pages(
            module=params.module,
            files=dict(zip(params.pages, snakemake.input.tables, strict=True)),
            folder=snakemake.output.folder,
            pages=params.pages,
            statistics=params.statistics,
            words=params.words,
        )
