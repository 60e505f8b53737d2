"""Write config/README.md from the definitions: `python workflow/describe_configuration.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

sys.path.insert(0, str(Path(__file__).parent))

from lnvsearch.detector.parameters import parameters
from searches.definitions import Config
from searches.keys import Keys, definitions_in, entries_of, kind, meaning_of, text_of, type_of
from searches.load import EXPERIMENTS

INTRODUCTION = """\
# The configuration

`config.yaml` holds the knobs that a user turns, `test.yaml` the same for a small run of everything
(`snakemake --cores 2 --configfile config/test.yaml`).  Each search is a file in `papers/`, each
detector one in `detectors/`.  A key that is not listed here, or that stands twice, is refused, and
so are a value of the wrong type, a value out of range, and names that lead nowhere; the message
names the file, the key and the fix.

| to change | edit |
|---|---|
| number of events, seed, confidence level | `config.yaml`: `statistics`, `base_seed`, `confidence_level` |
| masses of the scan | `config.yaml`: `majorana_masses_gev` |
| the data that are searched | `config.yaml`: `data` |
| a published number that a limit is set from | `../resources/published/<paper>/numbers.csv`; or the key under `limit`, to override it |
| a cut | `papers/<paper>.yaml`: `selection`, or `cuts` of a selection of a kaon search |
| particle identification of the kaon searches | `papers/na62_*.yaml`: `identification`; or a correctionlib file of your own, `identification.file` |
| a decay model or sample | `papers/<paper>.yaml`: `samples` |
| a systematic variation | `papers/<paper>.yaml`: `variations`, and a row in `systematics` |
| the detector's response | `detectors/<detector>.yaml`; each number names its source |

An overlay (the keys `paper` and `detector` of a variation) repeats the structure of the file that
it changes, with bare new values:

```yaml
variations:
  kaon_decay_radius:
    stage: detector
    description: kaons must survive 1.0 m, not 0.8 m
    detector: {kaon_decay: {effective_radius_m: 1.0}}
    samples: [signal_phsp]
```

The numbers that a limit is set from, and others that the paper prints as results, are not repeated
in a search's file: they are filled in from `resources/published/<paper>/numbers.csv`, whose column
`entered` names their key.  A value that is given is used instead; limits, systematics and tables
that it enters then say `overridden`.

A file with the key `__use_yte__`, by which Snakemake runs values as Python, is refused before any
job.  `config.yaml` is read here alone and nothing in it runs; a file that is given by `--configfile`
Snakemake reads first, and what such a file says runs before it is refused.  `lnvsearch check-config
FILE` reads it as data, and says what is wrong with it; give no file to `--configfile` that did not
pass.

The tables below are written by `python workflow/describe_configuration.py` from the definitions of
the keys: `workflow/searches/definitions.py`, those of each experiment beside it, and for a detector
its `response.py` in `src/lnvsearch/experiments/`.  A key without a default must be given; one with
`–` may be left out.
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
    yield "`detector`", "text", "", "Name of the detector; that of the file."
    yield "`description`", "text", "", "One line on what the file describes."
    for section, keys in parameters(response).items():
        yield f"`{section}`", "mapping", "", _cell(text_of(sections[section]))
        for key, parameter in keys.items():
            yield f"`{section}.{key}`", parameter.wanted.removeprefix("a "), "", _cell(parameter.meaning)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


if __name__ == "__main__":
    path = Path(__file__).parent.parent / "config" / "README.md"
    path.write_text(main(), encoding="utf-8")
