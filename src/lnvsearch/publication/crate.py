"""The description of a run that travels with its files: RO-Crate 1.1, with the profile of workflow runs.

See https://www.researchobject.org/ro-crate/ and https://www.researchobject.org/workflow-run-crate/.
"""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Iterable, Mapping
from typing import Any

from lnvsearch import __version__

__all__ = ["crate_metadata"]

_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_CRATE = "https://w3id.org/ro/crate/1.1"
_PROFILES = (
    "https://w3id.org/ro/wfrun/process/0.5", "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
)  # fmt: skip
_SNAKEMAKE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"


def crate_metadata(
    files: Mapping[str, str],
    *,
    workflow: str,
    settings: Iterable[str],
    results: Iterable[str],
    packages: Mapping[str, str],
    seed: int,
    date_published: str,
) -> str:
    """The text of `ro-crate-metadata.json`.

    `files`: path -> name in the crate, of `workflow` (the Snakefile), `settings` (what it read) and
    `results`; `packages`: name -> version; `seed`: of all random streams; `date_published`: of the software (ISO 8601), as RO-Crate 1.1, section
    "Root Data Entity", wants a date and nothing here depends on the time of the run.
    """
    instrument, objects = files[workflow], [files[path] for path in settings]
    made = [files[path] for path in results]
    software = [{"@id": f"#{name}", "@type": "SoftwareApplication", "name": name, "version": version,
                 "softwareVersion": version} for name, version in packages.items()]  # fmt: skip
    graph: list[dict[str, Any]] = [
        {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
         "conformsTo": [{"@id": _CRATE}, {"@id": _PROFILES[2]}]},
        {
            "@id": "./", "@type": "Dataset", "name": "A run of lnvsearch",
            "description": "Published searches for lepton-number violation, made again by a fast simulation: "
            "configuration, versions and results. A reproduction, and no record of a collaboration.",
            "datePublished": date_published, "license": "BSD-3-Clause", "conformsTo": [{"@id": profile} for profile in _PROFILES],
            "hasPart": [{"@id": name} for name in (instrument, *objects, *made)],
            "mainEntity": {"@id": instrument}, "mentions": {"@id": "#run"},
        },
        *({"@id": profile, "@type": "CreativeWork", "name": profile} for profile in _PROFILES),
        {"@id": _SNAKEMAKE, "@type": "ComputerLanguage", "name": "Snakemake",
         "url": {"@id": "https://snakemake.readthedocs.io"}},
        {"@id": instrument, "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
         "name": "lnvsearch", "version": __version__, "programmingLanguage": {"@id": _SNAKEMAKE}},
        {
            "@id": "#run", "@type": "CreateAction", "name": f"snakemake, seed {seed}",
            "instrument": {"@id": instrument}, "object": [{"@id": name} for name in objects],
            "result": [{"@id": name} for name in made],
        },
        *({"@id": name, "@type": "File", "name": name, "encodingFormat": _kind(name)} for name in (*objects, *made)),
        *software,
    ]  # fmt: skip
    graph[1]["softwareRequirements"] = [{"@id": entry["@id"]} for entry in software]
    return json.dumps({"@context": _CONTEXT, "@graph": graph}, indent=2) + "\n"


def _kind(name: str) -> str:
    if name.endswith((".yaml", ".yml", ".cff")):
        return "application/yaml"
    return mimetypes.guess_type(name)[0] or "text/plain"
