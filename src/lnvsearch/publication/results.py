"""All results of a search, read by the names under which the rules hand them over."""

from __future__ import annotations

import json
from collections.abc import Mapping

from lnvsearch.limit_inputs import USER_DATA

#: Results with one file a channel; every other one is a single table.
BY_CHANNEL = (
    "acceptance", "background", "losses", "sensitivity", "systematics", "limits", "transferred",
    "data",
)


def read_results(files: Mapping[str, str]) -> dict:
    """{"background": {channel: table}, ..., "validation": table} from {"background_piee": path, ...}."""
    from lnvsearch.tables import read_csv

    results: dict = {}
    for name, path in files.items():
        content = read_json(path) if path.endswith(".json") else read_csv(path)
        folder, _, channel = name.partition("_")
        if folder in BY_CHANNEL:
            results.setdefault(folder, {})[channel] = content
        else:
            results[name] = content
    return results


def of_the_paper(records: list[Mapping]) -> list[Mapping]:
    """The records of limits without those of the user's own data."""
    return [record for record in records if record["kind"] != USER_DATA]


def read_json(path: str):
    with open(path, encoding="utf-8") as stream:
        return json.load(stream)
