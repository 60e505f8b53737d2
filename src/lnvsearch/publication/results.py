"""Results of a search, read by the names under which the rules hand them over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lnvsearch.files import read_json
from lnvsearch.limit_inputs import USER_DATA
from lnvsearch.publication.published import read_published
from lnvsearch.publication.reasons import read_reasons
from lnvsearch.tables import read_csv

#: Names under which a paper's numbers are handed over: the search's own, another paper's.
_PUBLISHED = ("published", "companion")


def read_inputs(files: Mapping[str, str]) -> dict[str, Any]:
    """Return the results by name: {"background/piee": path} becomes {"background": {"piee": table}}.

    CSV files become tables, JSON files what they hold, the numbers of a paper `PublishedNumbers` and
    the reasons for disagreements a list of them; any other file, one of events, stays the path.
    """
    results: dict[str, Any] = {}
    for name, path in files.items():
        name, _, part = name.partition("/")
        if part:
            results.setdefault(name, {})[part] = _read(name, path)
        else:
            results[name] = _read(name, path)
    return results


def _read(name: str, path: str) -> Any:
    if name in _PUBLISHED:
        return read_published(path)
    if name == "reasons":
        return read_reasons(path)
    if path.endswith(".csv"):
        return read_csv(path)
    return read_json(path) if path.endswith(".json") else path


def of_the_paper(records: list[Mapping]) -> list[Mapping]:
    """The records of limits without those of the user's own data."""
    return [record for record in records if record["kind"] != USER_DATA]
