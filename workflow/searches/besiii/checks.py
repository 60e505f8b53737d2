"""What the definitions of keys cannot say: names that must exist, possible decays, overlays.

Every check yields lines that name the key and the fix; a search's file with any is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lnvsearch.generation.models import Decay
from searches.besiii import recast
from searches.besiii.steps import SELECTION
from searches.checks import of_overlay, unknown
from searches.configuration import nested, raise_if_any
from searches.wanted import problems_of_places

if TYPE_CHECKING:
    from searches.besiii.search import ColliderSearch, Sample

#: Regions with an acceptance (lnvsearch.experiments.besiii.selection.counts), the second in a scan.
REGIONS = ("all", "majorana_mass_bin")
#: What the selection of a channel identifies.
IDENTIFIED = ("K+", "K-", "e+", "e-")


def check_before_samples(paper: ColliderSearch) -> None:
    """What must hold before the samples can even be listed."""
    like = paper.calibration["like"]
    raise_if_any(paper.file, unknown("calibration.like", like, paper.settings["samples"]))


def check_meaning(paper: ColliderSearch) -> None:
    """All other checks of a search; raises ConfigurationError with every problem found."""
    raise_if_any(paper.config_files, _impossible_masses(paper))
    raise_if_any(
        paper.file,
        [*_check_decays(paper), *_check_names(paper), *_check_systematics(paper),
         *_check_calibration(paper), *recast.problems(paper.definition), *paper.problems()],
    )  # fmt: skip


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
    if keys.calibration.sample in keys.samples:
        yield (
            f"calibration.sample: {keys.calibration.sample!r} is a sample of the analysis; "
            "give a name of its own, for random streams of its own"
        )
    models = {sample.model for sample in keys.samples.values() if sample.at_each_mass}
    for channel, entry in keys.channels.items():
        where = f"channels.{channel}"
        yield from unknown(f"{where}.efficiency_sample", entry.efficiency_sample, keys.samples)
        yield from _unidentified(f"{where}.final_state", entry.final_state)
        if entry.scan_model not in models:
            fix = f"give one of {', '.join(sorted(models))}"
            yield f"{where}.scan_model: no sample at each mass has the model {entry.scan_model}; {fix}"
    cuts = {cut.cut for cut in keys.selection}
    for name, entry in keys.samples.items():
        for cut in sorted(set(entry.without_cuts) - cuts):
            yield f"samples.{name}.without_cuts: no cut {cut!r} in selection; remove it"
        regions = REGIONS if entry.at_each_mass else REGIONS[:1]
        place = (paper.channel, "control" if entry.model == "control" else SELECTION)
        wanted = [one.model_dump() for one in entry.wanted_uncertainty or ()]
        where = f"samples.{name}.wanted_uncertainty"
        yield from problems_of_places(where, wanted, {place: regions})


def _unidentified(where: str, final_state: list[str]) -> Iterator[str]:
    """Particles that the selection would never find: it identifies kaons and electrons."""
    if strange := [name for name in final_state if name not in IDENTIFIED]:
        yield (
            f"{where}: {', '.join(dict.fromkeys(strange))}: the selection identifies kaons and electrons and would "
            f"keep no event; give two each of {', '.join(IDENTIFIED)}"
        )
    elif (
        sorted(Counter(final_state).values()) != [2, 2]
        or len({name[0] for name in final_state}) != 2
        or len({name[-1] for name in final_state}) != 2
    ):
        yield (
            f"{where}: {' '.join(final_state)}: the selection pairs two kaons of one charge with two electrons of the "
            "other; give K+ K+ e- e-, or K- K- e+ e+"
        )


def _check_systematics(paper: ColliderSearch) -> Iterator[str]:
    keys = paper.definition
    cuts = {cut.cut for cut in keys.selection}
    for i, row in enumerate(keys.systematics):
        estimate, where = row.estimate, f"systematics[{i}] ({row.source}).estimate"
        if estimate is None:
            continue
        if estimate.sample is not None:
            yield from unknown(f"{where}.sample", estimate.sample, keys.samples)
        if estimate.cut is not None and estimate.cut not in cuts:
            yield f"{where}.cut: no cut {estimate.cut!r} in selection; give one of {sorted(cuts)}"
        if estimate.method != "relative_difference":
            continue
        name = estimate.variation
        if name not in keys.variations:
            what = "the estimate" if row.in_total == "external" else "this uncertainty"
            fix = f"remove {what}, or give one of {', '.join(keys.variations)}"
            yield f"{where}.variation: no variation {name!r}; {fix}"
        elif estimate.sample not in keys.variations[name].samples:
            yield (
                f"{where}.sample: variation {name!r} does not run on {estimate.sample!r}; add it to "
                f"variations.{name}.samples"
            )


def _check_calibration(paper: ColliderSearch) -> Iterator[str]:
    """Both ends of the range of the calibrated scalar must be values of the detector's file."""
    calibration = paper.definition.calibration
    for end in ("minimum", "maximum"):
        value = nested(calibration.parameter, getattr(calibration, end))
        yield from of_overlay(paper, f"calibration.{end}", {}, value)
