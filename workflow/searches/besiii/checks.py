"""What a schema cannot say: names that must exist, lower limits below upper ones, possible decays.

Every check yields lines that name the key and the mend; a search's file with any is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import jsonschema

from searches import publication
from searches.configuration import (
    ConfigurationError,
    check_schema,
    describe,
    nested,
    overlaid,
    read_schema,
)

if TYPE_CHECKING:
    from searches.besiii.search import ColliderSearch, Sample


def check_before_samples(paper: ColliderSearch) -> None:
    """What must hold before the samples can even be listed."""
    scan = paper.settings["mass_scan"]
    problems = []
    first, last = scan["first_gev"], scan["last_gev"]
    if not first < last:
        problems.append(
            f"mass_scan.first_gev: {first} is not below mass_scan.last_gev ({last}); "
            "exchange them or fix one"
        )
    problems += _missing("calibration.like", [paper.calibration["like"]], paper)
    _raise_if_any(problems, paper)


def check_meaning(paper: ColliderSearch) -> None:
    """All other checks of a search; raises ConfigurationError with every problem found."""
    _check_masses(paper)
    problems = [
        *_check_decays(paper),
        *_check_cuts(paper),
        *_check_names(paper),
        *_check_systematics(paper),
        *_check_overlays(paper),
        *publication.check(paper),
    ]
    _raise_if_any(problems, paper)


def _raise_if_any(problems: list[str], paper: ColliderSearch) -> None:
    if problems:
        raise ConfigurationError("\n".join(f"{paper.file}: {line}" for line in problems))


def _missing(key: str, samples, paper: ColliderSearch) -> Iterator[str]:
    known = paper.settings["samples"]
    for sample in samples:
        if sample not in known:
            yield f"{key}: no sample {sample!r}; give one of {', '.join(known)}"


def _check_decays(paper: ColliderSearch) -> Iterator[str]:
    for sample in paper.samples.values():
        if sample.decay is not None and not _comes_from_config(sample, paper):
            for problem in _problems_of_decay(sample):
                yield f"samples.{sample.name}.decay: {problem}"


def _check_masses(paper: ColliderSearch) -> None:
    """Masses that the user asks for must lie in the phase space of the decays."""
    problems = [
        f"{paper.config_files}: majorana_masses_gev: {sample.mass_gev} is impossible for "
        f"{sample.name}: {problem}"
        for sample in paper.samples.values()
        if _comes_from_config(sample, paper)
        for problem in _problems_of_decay(sample)
    ]
    if problems:
        raise ConfigurationError("\n".join(problems))


def _comes_from_config(sample: Sample, paper: ColliderSearch) -> bool:
    return sample.mass_gev is not None and paper.config["majorana_masses_gev"] != "paper"


def _problems_of_decay(sample: Sample) -> Iterator[str]:
    from lnvsearch.generation.models import Decay

    try:
        Decay.from_mapping(sample.decay)
    except ValueError as error:
        yield str(error)


def _check_cuts(paper: ColliderSearch) -> Iterator[str]:
    definitions = read_schema("paper")["$defs"]["cuts"]
    names = [name for name in definitions if name != "description"]
    for i, cut in enumerate(paper.settings["selection"]):
        if cut["cut"] not in names:
            yield f"selection[{i}].cut: no cut {cut['cut']!r}; known cuts: {', '.join(names)}"
            continue
        validator = jsonschema.Draft202012Validator(definitions[cut["cut"]])
        for error in validator.iter_errors(cut):
            for line in describe(error, f"selection[{i}]"):
                yield line.replace("]: ", "].", 1)
        yield from _check_order_of_limits(f"selection[{i}]", cut)


def _check_order_of_limits(where: str, cut: Mapping) -> Iterator[str]:
    for low in (key for key in cut if "_minimum" in key):
        high = low.replace("_minimum", "_maximum")
        if high in cut and not cut[low] < cut[high]:
            yield (
                f"{where}.{low}: {cut[low]} is not below {high} ({cut[high]}); "
                "exchange them or mend one"
            )


def _check_names(paper: ColliderSearch) -> Iterator[str]:
    calibration = paper.calibration
    if calibration["sample"] in paper.settings["samples"]:
        yield (
            f"calibration.sample: {calibration['sample']!r} is a sample of the analysis; "
            "give a name of its own, for random streams of its own"
        )
    yield from _check_order_of_limits("calibration", {
        "value_minimum": calibration["minimum"], "value_maximum": calibration["maximum"],
    })
    for name, entry in paper.settings["variations"].items():
        yield from _missing(f"variations.{name}.samples", entry["samples"], paper)
    for channel, entry in paper.channels.items():
        yield from _missing(
            f"channels.{channel}.efficiency_sample", [entry["efficiency_sample"]], paper
        )
    cuts = {cut["cut"] for cut in paper.settings["selection"]}
    for name, entry in paper.settings["samples"].items():
        for cut in set(entry["without_cuts"]) - cuts:
            yield f"samples.{name}.without_cuts: no cut {cut!r} in selection; remove it"


def _check_systematics(paper: ColliderSearch) -> Iterator[str]:
    cuts = {cut["cut"] for cut in paper.settings["selection"]}
    variations = paper.settings["variations"]
    for i, row in enumerate(paper.settings["systematics"]):
        estimate = row.get("estimate", {})
        where = f"systematics[{i}] ({row['source']}).estimate"
        if "sample" in estimate:
            yield from _missing(f"{where}.sample", [estimate["sample"]], paper)
        if "cut" in estimate and estimate["cut"] not in cuts:
            yield f"{where}.cut: no cut {estimate['cut']!r} in selection; give one of {sorted(cuts)}"
        if estimate.get("method") != "relative_difference":
            continue
        name = estimate.get("variation")
        if name not in variations:
            yield (
                f"{where}.variation: no variation {name!r}; give one of {', '.join(variations)}"
            )
        elif estimate.get("sample") not in variations[name]["samples"]:
            yield (
                f"{where}.sample: variation {name!r} does not run on "
                f"{estimate.get('sample')!r}; add it to variations.{name}.samples"
            )


def _check_overlays(paper: ColliderSearch) -> Iterator[str]:
    """Every overlay must change existing keys, to values that the schemas allow."""
    overlays = {
        f"variations.{name}": (entry.get("paper", {}), entry.get("detector", {}))
        for name, entry in paper.settings["variations"].items()
    }
    parameter = paper.calibration["parameter"]
    for end in ("minimum", "maximum"):
        overlays[f"calibration.{end}"] = ({}, nested(parameter, paper.calibration[end]))
    for where, (settings, detector) in overlays.items():
        try:
            check_schema(overlaid(paper.settings, settings, where), "paper", where)
            check_schema(overlaid(paper.detector, detector, where), "detector", where)
        except ConfigurationError as error:
            yield from str(error).splitlines()
