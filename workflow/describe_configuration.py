"""Write config/README.md from the schemas: `python workflow/describe_configuration.py`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from searches.configuration import read_schema

INTRODUCTION = """\
# The configuration

`config.yaml` holds the knobs that a user turns, `test.yaml` the same for a small run of everything
(`snakemake --cores 2 --configfile config/test.yaml`).  Each search is a file in `papers/`, each
detector one in `detectors/`.  The schemas in `workflow/schemas/` are closed: a key that is not
listed here is refused, and so are a value of the wrong type, a value out of range, and names that
lead nowhere; the message names the file, the key and the fix.

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
`entered` names their key.  A value that is given is used instead; the limits then say `overridden`.

The tables below are written from the schemas by `python workflow/describe_configuration.py`.
"""

TITLES = {
    "config": "config.yaml",
    "paper": "papers/besiii_2025.yaml",
    "kaon_paper": "papers/na62_*.yaml",
    "detector": "detectors/besiii.yaml",
    "na62_detector": "detectors/na62.yaml",
}

#: Schema and group of definitions -> title of the table of cuts.
CUTS = {
    ("paper", "cuts"): "Cuts of `papers/besiii_2025.yaml` (`selection`)",
    ("kaon_paper", "kaon_cuts"): "Cuts of `papers/na62_*.yaml` (`cuts` of a selection)",
}


def main() -> str:
    """The text of config/README.md."""
    parts = [INTRODUCTION]
    for schema, title in TITLES.items():
        definition = read_schema(schema)
        parts.append(f"## `{title}`\n\n| key | value | default | meaning |\n|---|---|---|---|")
        parts[-1] += "".join(f"\n{row}" for row in rows(definition, definition))
        parts[-1] += "\n"
    for (schema, group), title in CUTS.items():
        parts.append(f"## {title}\n\n| key | value | default | meaning |\n|---|---|---|---|")
        for name, cut in read_schema(schema)["$defs"][group].items():
            if isinstance(cut, Mapping):
                parts[-1] += f"\n| **`{name}`** | | | {cut['description']} |"
                parts[-1] += "".join(f"\n{row}" for row in rows(cut, {}, "") if "`cut`" not in row)
    return "\n".join(parts) + "\n"


def rows(schema: Mapping, root: Mapping, prefix: str = "", seen: tuple = ()) -> Iterator[str]:
    """One line of the table for every key, at every depth."""
    for name, part in schema.get("properties", {}).items():
        yield from key_rows(f"{prefix}{name}", part, root, seen)
    other = schema.get("additionalProperties")
    if isinstance(other, Mapping):
        yield from key_rows(f"{prefix}<name>", other, root, seen)


def key_rows(key: str, part: Mapping, root: Mapping, seen: tuple) -> Iterator[str]:
    """The line of a key, and those of the keys below it."""
    reference = part.get("$ref")
    target = root["$defs"][reference.rpartition("/")[2]] if reference else {}
    resolved = {**target, **part}
    description = part.get("description", resolved.get("description", "")).replace("|", r"\|")
    if reference == "#/$defs/leaf":  # a number of a detector, with unit and source
        leaf = part["properties"]
        unit = leaf["unit"]["const"]
        yield f"| `{key}` | {kind(leaf['value'])} {unit if unit != '1' else ''} | | {description} |"
        return
    default = f"`{part['default']}`" if "default" in part else ""
    yield f"| `{key}` | {kind(resolved)} | {default} | {description} |"
    if reference in seen:  # decays contain decays
        return
    seen = (*seen, reference) if reference else seen
    if resolved.get("type") == "array" and "items" in resolved:
        items = resolved["items"]
        if "$ref" in items or "properties" in items:
            inner = root["$defs"][items["$ref"].rpartition("/")[2]] if "$ref" in items else items
            yield from rows(inner, root, f"{key}[].", seen)
    else:
        yield from rows(resolved, root, f"{key}.", seen)


def kind(part: Mapping) -> str:
    """Type and range of a value in words."""
    if "enum" in part:
        return "one of " + ", ".join(f"`{value}`" for value in part["enum"])
    if "const" in part:
        return f"`{part['const']}`"
    if "oneOf" in part:
        return " or ".join(kind(option) for option in part["oneOf"])
    if "$ref" in part:
        return part["$ref"].rpartition("/")[2]
    words = {"minimum": "≥ {}", "exclusiveMinimum": "> {}", "maximum": "≤ {}",
             "exclusiveMaximum": "< {}"}
    limits = [text.format(part[word]) for word, text in words.items() if word in part]
    names = part.get("type", "any")
    names = " or ".join(names) if isinstance(names, list) else names
    if names == "array" and "items" in part:
        return f"list of {kind(part['items'])}"
    return " ".join([{"object": "mapping"}.get(names, names), ", ".join(limits)]).strip()


if __name__ == "__main__":
    path = Path(__file__).parent.parent / "config" / "README.md"
    path.write_text(main(), encoding="utf-8")
