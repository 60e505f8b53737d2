"""Write config/README.md from the definitions: `python workflow/describe_configuration.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

# The library of this project, whichever is installed.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "src")]

from lnvsearch.detector.parameters import parameters
from searches.definitions import Config
from searches.keys import Keys, definitions_in, entries_of, kind, meaning_of, text_of, type_of
from searches.load import EXPERIMENTS

INTRODUCTION = """\
# The configuration

| file | content |
|---|---|
| `config.yaml` | what most users change: number of events, masses, data |
| `test.yaml` | the same keys for a small test run: `snakemake --cores 2 --configfile config/test.yaml` |
| `papers/<paper>.yaml` | one search |
| `detectors/<detector>.yaml` | one detector |

The configuration is checked before anything runs. Refused are keys that are not in the tables below, keys
that are given twice, values of the wrong type or out of range, and names that do not exist. The message
names the file, the key and the fix.

| to change | edit |
|---|---|
| number of events, seed, confidence level | `config.yaml`: `statistics`, `base_seed`, `confidence_level` |
| masses of the scan | `config.yaml`: `majorana_masses_gev` |
| the data that are searched | `config.yaml`: `data` |
| a published number that a limit is set from | `../resources/published/<paper>/numbers.csv`; or the key under `limit`, to override it |
| a cut | `papers/<paper>.yaml`: `selection`, or `cuts` of a selection of a kaon search |
| particle identification of the kaon searches | `papers/na62_*.yaml`: `identification`; or correctionlib files of your own, `identification.measured` or `identification.file` |
| a decay model or sample | `papers/<paper>.yaml`: `samples` |
| a systematic variation | `papers/<paper>.yaml`: `variations`, and a row in `systematics` |
| the detector's response | `detectors/<detector>.yaml`; each number names its source |

The keys `paper` and `detector` of a variation have the structure of the file that they change. They hold
only the keys that change, with the new values and without their sources:

```yaml
variations:
  kaon_decay_radius:
    stage: detector
    description: kaons must survive 1.0 m, not 0.8 m
    detector: {kaon_decay: {effective_radius_m: 1.0}}
    samples: [signal_phsp]
```

Published numbers are not repeated in a search's file. The workflow takes them from
`resources/published/<paper>/numbers.csv`; the column `entered` there names the key. A value in the search's
file is used instead of the published one. Limits, systematic uncertainties and tables that use it are then
marked `overridden`.

Do not use a configuration file from somebody else before you have checked it: `lnvsearch check-config FILE`
reads it as data, and runs nothing. It checks the file of a search, of a detector or of a calibration, too.
The reason is the key `__use_yte__`, with which Snakemake runs values as Python. The workflow refuses this
key, but Snakemake reads a file given by `--configfile` first, and the Python in it runs before the refusal.
Nothing in `config.yaml` itself is ever run.

How to read the tables: a key with an empty default must be given. A key with the default `–` can be left
out. The tables are written by `python workflow/describe_configuration.py` from the definitions of the keys
in `workflow/searches/` and, for the detectors, from `response.py` in `src/lnvsearch/experiments/`.
"""

_COLUMNS = "| key | value | default | meaning |\n|---|---|---|---|"


def main() -> str:
    """The text of config/README.md."""
    parts = [INTRODUCTION, _table("`config.yaml`", rows(Config))]
    for detector, search in EXPERIMENTS.items():
        searches = f"`papers/*.yaml` with the detector `{detector}`"
        described: dict = {}
        parts.append(_table(searches, rows(search.keys, described=described)))
        parts.append(_table(f"Cuts of {searches}", _rows_of_cuts(described)))
    for detector, search in EXPERIMENTS.items():
        parts.append(_table(f"`detectors/{detector}.yaml`", _rows_of_response(search.response)))
    return "\n".join(parts)


def _table(title: str, lines: Iterator[tuple[str, str, str, str]]) -> str:
    text = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    return f"## {title}\n\n{_COLUMNS}\n{text}\n"


def rows(
    definition: type[Keys], prefix: str = "", described: dict | None = None
) -> Iterator[tuple[str, str, str, str]]:
    """Key, value, default and meaning of every key, at every depth; the same keys only once.

    `described`: where the keys of a definition stand already; those of cuts stand by themselves.
    """
    described = {} if described is None else described
    described[definition] = prefix.rstrip(".")
    for name, field in definition.model_fields.items():
        key, annotation = f"{prefix}{name}", type_of(field)
        value, default = kind(annotation), field.get_default(call_default_factory=True)
        mappings, (is_list, entry) = definitions_in(annotation), entries_of(annotation)
        if len(mappings) > 1:
            described.update(dict.fromkeys(mappings))
        elif mappings and mappings[0] in described:
            value += f", as `{described[mappings[0]]}`"
        may_miss = "–" if default is None or isinstance(default, Keys) else f"`{default}`"
        yield f"`{key}`", value, "" if field.is_required() else may_miss, _cell(meaning_of(field))
        below = key
        if entry is not None:
            below = f"{key}[]" if is_list else f"{key}.<name>"
        if entry is not None and not is_list:
            meaning = _cell(text_of(mappings[0] if mappings else None))
            if meaning or kind(entry) != "mapping":
                yield f"`{below}`", kind(entry), "", meaning
        if len(mappings) == 1 and mappings[0] not in described:
            yield from rows(mappings[0], f"{below}.", described)


def _rows_of_cuts(described: dict) -> Iterator[tuple[str, str, str, str]]:
    for cut in [definition for definition in described if "cut" in definition.model_fields]:
        for name in get_args(cut.model_fields["cut"].annotation):
            yield f"**`{name}`**", "", "", _cell(text_of(cut))
            yield from (row for row in rows(cut) if row[0] != "`cut`")


def _rows_of_response(response: type) -> Iterator[tuple[str, str, str, str]]:
    sections = get_type_hints(response)
    yield "`detector`", "text", "", "Name of the detector, equal to the name of the file."
    yield "`description`", "text", "", "One line: what the file describes."
    for section, keys in parameters(response).items():
        yield f"`{section}`", "mapping", "", _cell(text_of(sections[section]))
        for key, parameter in keys.items():
            yield f"`{section}.{key}`", parameter.wanted.removeprefix("a "), "", _cell(parameter.meaning)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


if __name__ == "__main__":
    path = Path(__file__).parent.parent / "config" / "README.md"
    path.write_text(main(), encoding="utf-8")
