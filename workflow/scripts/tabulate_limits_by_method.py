"""All limits of a search side by side."""

from job import job
from output import write_text

COLUMNS = ("channel", "kind", "variant", "method", "prior", "paper_method", "inputs", "observed",
           "background", "upper_events", "upper_branching_fraction")


def tabulate_limits_by_method(limits, csv, tex, md):
    """`limits`: channel -> file of records; three texts of the same table."""
    import json

    from lnvsearch.tables import table_from_rows, to_csv, to_markdown, to_tex

    rows = []
    for channel, path in limits.items():
        with open(path, encoding="utf-8") as stream:
            records = json.load(stream)
        rows += [
            {**record, "channel": channel, "paper_method": record["is_paper_method"],
             "background": f"{record['background']:.3g}",
             "upper_events": f"{record['upper_events']:.4g}",
             "upper_branching_fraction": f"{record['upper_branching_fraction']:.4g}"}
            for record in records
        ]
    table = table_from_rows(rows, COLUMNS)
    for path, to_text in ((csv, to_csv), (tex, to_tex), (md, to_markdown)):
        write_text(path, to_text(table))


if __name__ == "__main__":
    with job(snakemake):
        tabulate_limits_by_method(
            limits={path.rpartition("/")[2].removesuffix(".json"): path
                    for path in snakemake.input.limits},
            csv=snakemake.output.csv,
            tex=snakemake.output.tex,
            md=snakemake.output.md,
        )
