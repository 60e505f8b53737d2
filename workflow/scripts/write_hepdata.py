"""A HEPData submission of one search: tables, figures and their thumbnails, in a folder and an archive."""

from pathlib import Path

from job import job
from output import write_text


def write_hepdata(submission, archive, comment, tables, images, keywords):
    """Write `submission`, its files beside it in a new folder, and the same as an archive.

    `tables`: (name, description, file, name of an image or "", origin) of each; `images`: name -> PNG file.
    """
    import shutil

    import yaml

    from lnvsearch.files import packed, read_json
    from lnvsearch.publication.hepdata import (
        records_of, submission_documents, table_document, write_thumbnail,
    )  # fmt: skip
    from lnvsearch.tables import read_csv, table_from_rows

    place = Path(submission).parent
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    records = []
    for name, description, file, image, origin in tables:
        if file.endswith(".json"):
            rows = read_json(file)
            table = table_from_rows(rows, list(dict.fromkeys(key for row in rows for key in row)))
        else:
            table = read_csv(file)
        records += records_of(name, description, table, keywords, image, origin)
    for record in records:
        text = yaml.safe_dump(table_document(record), sort_keys=False, allow_unicode=True)
        write_text(str(place / record.data_file), text)
    documents = submission_documents(comment, records, images)
    text = yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True)
    write_text(submission, text)
    for name, file in images.items():
        shutil.copyfile(file, place / name)
        write_thumbnail(file, place / f"thumb_{name}")
    packed(place, archive)


if __name__ == "__main__":
    with job(snakemake, folders=[str(Path(snakemake.output.submission).parent)]):
        write_hepdata(
            submission=snakemake.output.submission,
            archive=snakemake.output.archive,
            comment=snakemake.params.comment,
            tables=snakemake.params.tables,
            images=snakemake.params.images,
            keywords=snakemake.params.keywords,
        )
