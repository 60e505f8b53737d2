"""A run as an RO-Crate: one archive with a description that programs read."""

from job import job


def write_crate(output, workflow, settings, results, seed):
    """`workflow`: the Snakefile; `settings`: files that say how the `results` were made."""
    from pathlib import Path

    import yaml

    from lnvsearch.files import zipped
    from lnvsearch.publication.crate import crate_metadata
    from records import packages

    # Files of the project keep their place in it, whatever folder this run is in.
    top = Path(workflow).parent
    names = {
        path: str(Path(path).relative_to(top) if Path(path).is_relative_to(top) else Path(path))
        for path in (workflow, *settings, *results)
    }
    names = {path: name.lstrip("/") for path, name in names.items()}
    released = yaml.safe_load((top / "CITATION.cff").read_text("utf-8"))["date-released"]
    text = crate_metadata(
        names, workflow=workflow, settings=settings, results=results, packages=packages(), seed=seed,
        date_published=str(released),
    )  # fmt: skip
    zipped({"ro-crate-metadata.json": text, **{name: Path(path) for path, name in names.items()}}, output)


if __name__ == "__main__":
    with job(snakemake):
        write_crate(
            output=snakemake.output.crate,
            workflow=str(snakemake.input.workflow),
            settings=list(map(str, snakemake.input.settings)),
            results=list(map(str, snakemake.input.results)),
            seed=snakemake.config["base_seed"],
        )
