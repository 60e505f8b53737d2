"""What the definitions of keys cannot say: names that must exist, possible decays, overlays.

Every check yields lines that name the key and the fix; a search's file with any is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lnvsearch.detector.parameters import problems as problems_of_response
from lnvsearch.generation.models import Decay
from searches import publication
from searches.configuration import (
    ConfigurationError,
    check_overlay,
    nested,
    overlaid,
    raise_if_any,
)

if TYPE_CHECKING:
    from searches.besiii.search import ColliderSearch, Sample


def check_before_samples(paper: ColliderSearch) -> None:
    """What must hold before the samples can even be listed."""
    like = paper.calibration["like"]
    raise_if_any(paper.file, _missing("calibration.like", [like], paper))


def check_meaning(paper: ColliderSearch) -> None:
    """All other checks of a search; raises ConfigurationError with every problem found."""
    raise_if_any(paper.config_files, _impossible_masses(paper))
    raise_if_any(
        paper.file,
        [*_check_decays(paper), *_check_names(paper), *_check_systematics(paper),
         *_check_overlays(paper), *publication.check(paper)],
    )  # fmt: skip


def _missing(key: str, samples, paper: ColliderSearch) -> Iterator[str]:
    known = paper.settings["samples"]
    for sample in samples:
        if sample not in known:
            yield f"{key}: no sample {sample!r}; give one of {', '.join(known)}"


def _check_decays(paper: ColliderSearch) -> Iterator[str]:
    parent = paper.definition.parent.particle
    for name, entry in paper.definition.samples.items():
        if entry.decay.parent != parent:
            yield f"samples.{name}.decay.parent: must be parent.particle, {parent}; fix one"
    lines = (
        f"samples.{sample.entry}.decay: {problem}"
        for sample in paper.samples.values()
        if sample.entry is not None and not _comes_from_config(sample, paper)
        for problem in _problems_of_decay(sample)
    )
    yield from dict.fromkeys(lines)  # most are the same at every mass


def _impossible_masses(paper: ColliderSearch) -> Iterator[str]:
    """Masses that the user asks for must lie in the phase space of the decays."""
    for sample in paper.samples.values():
        if _comes_from_config(sample, paper):
            for problem in _problems_of_decay(sample):
                yield (
                    f"majorana_masses_gev: {sample.mass_gev} is impossible for {sample.name}: "
                    f"{problem}"
                )


def _comes_from_config(sample: Sample, paper: ColliderSearch) -> bool:
    return sample.mass_gev is not None and paper.config["majorana_masses_gev"] != "paper"


def _problems_of_decay(sample: Sample) -> Iterator[str]:
    try:
        Decay.from_mapping(sample.decay)
    except ValueError as error:
        yield str(error)


def _check_names(paper: ColliderSearch) -> Iterator[str]:
    keys = paper.definition
    if keys.paper != paper.name:
        yield f"paper: {keys.paper!r} is not the file's name; write {paper.name}"
    if keys.calibration.sample in keys.samples:
        yield (
            f"calibration.sample: {keys.calibration.sample!r} is a sample of the analysis; "
            "give a name of its own, for random streams of its own"
        )
    for name, entry in keys.variations.items():
        yield from _missing(f"variations.{name}.samples", entry.samples, paper)
    models = {sample.model for sample in keys.samples.values() if sample.at_each_mass}
    for channel, entry in keys.channels.items():
        where = f"channels.{channel}"
        yield from _missing(f"{where}.efficiency_sample", [entry.efficiency_sample], paper)
        if entry.scan_model not in models:
            fix = f"give one of {', '.join(sorted(models))}"
            yield f"{where}.scan_model: no sample at each mass has the model {entry.scan_model}; {fix}"
    cuts = {cut.cut for cut in keys.selection}
    for name, entry in keys.samples.items():
        for cut in sorted(set(entry.without_cuts) - cuts):
            yield f"samples.{name}.without_cuts: no cut {cut!r} in selection; remove it"


def _check_systematics(paper: ColliderSearch) -> Iterator[str]:
    keys = paper.definition
    cuts = {cut.cut for cut in keys.selection}
    for i, row in enumerate(keys.systematics):
        estimate, where = row.estimate, f"systematics[{i}] ({row.source}).estimate"
        if estimate is None:
            continue
        if estimate.sample is not None:
            yield from _missing(f"{where}.sample", [estimate.sample], paper)
        if estimate.cut is not None and estimate.cut not in cuts:
            yield f"{where}.cut: no cut {estimate.cut!r} in selection; give one of {sorted(cuts)}"
        if estimate.method != "relative_difference":
            continue
        name = estimate.variation
        if name not in keys.variations:
            fix = f"give one of {', '.join(keys.variations)}"
            yield f"{where}.variation: no variation {name!r}; {fix}"
        elif estimate.sample not in keys.variations[name].samples:
            yield (
                f"{where}.sample: variation {name!r} does not run on {estimate.sample!r}; add it to "
                f"variations.{name}.samples"
            )


def _check_overlays(paper: ColliderSearch) -> Iterator[str]:
    """Every overlay must change existing keys, to values that the definitions allow."""
    overlays = {
        f"variations.{name}": (entry.paper or {}, entry.detector or {})
        for name, entry in paper.definition.variations.items()
    }
    calibration = paper.definition.calibration
    for end in ("minimum", "maximum"):
        value = nested(calibration.parameter, getattr(calibration, end))
        overlays[f"calibration.{end}"] = ({}, value)
    for where, (settings, detector) in overlays.items():
        try:
            check_overlay(paper.definition, paper.settings, settings, where)
            if detector:
                varied = overlaid(paper.detector, detector, where)
                raise_if_any(where, problems_of_response(paper.response, varied, sourced=True))
        except ConfigurationError as error:
            yield from str(error).splitlines()
