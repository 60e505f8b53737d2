"""Results as files: written whole or not at all."""

from __future__ import annotations


def write_text(path: str, text: str) -> None:
    """Write a text, whole or not at all."""
    from lnvsearch.files import written_whole

    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_table(path: str, table) -> None:
    """Write a table (column name -> cells) as CSV."""
    from lnvsearch.tables import to_csv

    write_text(path, to_csv(table))


def write_printed(outputs, table, printing) -> None:
    """Write a table's texts; `outputs`: those of a rule, by the formats of a printed table."""
    from lnvsearch.publication.printing import FORMATS, texts

    found = texts(table, printing)
    for kind in FORMATS:
        write_text(outputs[kind], found[kind])


def write_json(path: str, content) -> None:
    """Write JSON."""
    import json

    write_text(path, json.dumps(content, indent=2) + "\n")


def write_result(path: str, content) -> None:
    """Write a table as CSV, a record as JSON or YAML, by the ending of the file's name."""
    if path.endswith(".csv"):
        write_table(path, content)
    elif path.endswith(".yaml"):
        import yaml

        write_text(path, yaml.safe_dump(content))
    else:
        write_json(path, content)
