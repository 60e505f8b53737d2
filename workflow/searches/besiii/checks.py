"""What the definitions of keys cannot say: names that must exist, possible decays, overlays.

Every check yields lines that name the key and the fix; a search's file with any is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from lnvsearch.detector.parameters import known_names
from lnvsearch.generation.models import Decay, check_reweighting
from searches.besiii import final_states, recast
from searches.besiii.steps import SELECTION
from searches.checks import of_overlay, unknown, varied_keys
from searches.configuration import nested, raise_if_any
from searches.wanted import problems_of_places

if TYPE_CHECKING:
    from searches.besiii.definitions import BesiiiKeys
    from searches.besiii.search import ColliderSearch, Sample

#: Regions with an acceptance (lnvsearch.experiments.besiii.selection.counts), the second in a scan.
REGIONS = ("all", "majorana_mass_bin")


def check_before_samples(paper: ColliderSearch) -> None:
    """What must hold before the samples can even be listed."""
    problems = list(_lost_masses(paper.definition))
    if paper.calibration is not None:
        like = paper.calibration["like"]
        problems += unknown("calibration.like", like, paper.settings["samples"])
    raise_if_any(paper.file, problems)


def _lost_masses(keys: BesiiiKeys) -> Iterator[str]:
    """What samples at each mass need."""
    if any(sample.at_each_mass for sample in keys.samples.values()):
        for name in ("mass_scan", "mass_bin"):
            if getattr(keys, name) is None:
                yield f"{name}: missing; the search has samples at each mass: add it"


def check_meaning(paper: ColliderSearch) -> None:
    """All other checks of a search; raises ConfigurationError with every problem found."""
    raise_if_any(paper.config_files, _impossible_masses(paper))
    raise_if_any(
        paper.file,
        [*_check_decays(paper), *_check_names(paper, paper.definition), *_check_varied_names(paper), *final_states.problems(paper),
         *_check_systematics(paper), *_check_sections(paper), *_check_weights(paper), *_check_calibration(paper), *recast.problems(paper.definition), *paper.problems()],
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


def _check_weights(paper: ColliderSearch) -> Iterator[str]:
    """A variation by weights changes the decay of its samples alone, to one with such weights."""
    for name, entry in paper.definition.variations.items():
        where = f"variations.{name}.by_weights"
        if not entry.by_weights:
            continue
        if entry.detector or not entry.calibrated or set(entry.paper or {}) != {"samples"}:
            yield f"{where}: only `paper.samples` may change; remove by_weights, or the rest"
            continue
        varied = paper.varied_settings(name)["samples"]
        entries = [varied.get(sample) for sample in entry.samples] if isinstance(varied, Mapping) else [None]
        if not all(isinstance(one, Mapping) and isinstance(one.get("decay"), Mapping) for one in entries):
            yield f"variations.{name}.paper.samples: not a `decay` for each of {', '.join(entry.samples)}; give one"
            continue
        lines = (
            f"{where}: {problem}"
            for sample in paper.samples.values() if sample.entry in entry.samples
            for problem in _problems_of_weights(sample, paper.weighted_decay(sample, name))
        )  # fmt: skip
        yield from dict.fromkeys(lines)  # most are the same at every mass


def _problems_of_weights(sample: Sample, other: Mapping) -> Iterator[str]:
    try:
        check_reweighting(Decay.from_mapping(sample.decay), Decay.from_mapping(other))
    except ValueError as error:
        yield str(error)


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


def _check_varied_names(paper: ColliderSearch) -> Iterator[str]:
    """What a variation names must be there, too."""
    told = set(_check_names(paper, paper.definition))
    for name, entry in paper.definition.variations.items():
        where = f"variations.{name}"
        if entry.paper and not list(of_overlay(paper, where, entry.paper, {})):
            varied = varied_keys(paper, where, entry.paper, {})
            yield from (f"{where}.paper.{line}" for line in _check_names(paper, varied) if line not in told)


def _check_names(paper: ColliderSearch, keys: BesiiiKeys) -> Iterator[str]:
    for name, display in keys.event_displays.items():
        if display.tree:
            yield from unknown(f"event_displays.{name}.tree", display.tree, ["Candidates"])
    if keys.calibration is not None and keys.calibration.sample in keys.samples:
        yield (
            f"calibration.sample: {keys.calibration.sample!r} is a sample of the analysis; "
            "give a name of its own, for random streams of its own"
        )
    models = {sample.model for sample in keys.samples.values() if sample.at_each_mass}
    for channel, entry in keys.channels.items():
        where = f"channels.{channel}"
        yield from unknown(f"{where}.efficiency_sample", entry.efficiency_sample, keys.samples)
        if entry.scan_model is None and models:
            yield f"{where}.scan_model: missing; the search has samples at each mass: add one of {', '.join(sorted(models))}"
        elif entry.scan_model is not None and entry.scan_model not in models:
            fix = f"give one of {known_names(entry.scan_model, sorted(models))}"
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


def _check_sections(paper: ColliderSearch) -> Iterator[str]:
    """Sections that others need."""
    keys = paper.definition
    if (keys.backgrounds is None) != (keys.chi_square_scan is None):
        one, other = "backgrounds", "chi_square_scan"
        if keys.backgrounds is None:
            one, other = other, one
        yield f"{one}: needs {other}, which is missing; add it, or remove {one}"
    if keys.recast is not None and keys.mass_bin is None:
        yield "recast: needs mass_bin, which is missing; add it, or remove recast"
    if paper.data_file is not None and keys.backgrounds is None:
        yield (
            "backgrounds: missing; without it, recorded events cannot be normalised: add it, or remove "
            f"data.{paper.name} from the configuration"
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
            yield f"{where}.cut: no cut {estimate.cut!r} in selection; give one of {known_names(estimate.cut, sorted(cuts))}"
        if estimate.method != "relative_difference":
            continue
        name = estimate.variation
        if name not in keys.variations:
            what = "the estimate" if row.in_total == "external" else "this uncertainty"
            fix = f"remove {what}, or give one of {known_names(name, keys.variations)}"
            yield f"{where}.variation: no variation {name!r}; {fix}"
        elif estimate.sample not in keys.variations[name].samples:
            yield (
                f"{where}.sample: variation {name!r} does not run on {estimate.sample!r}; add it to "
                f"variations.{name}.samples"
            )


def _check_calibration(paper: ColliderSearch) -> Iterator[str]:
    """Both ends of the range of the calibrated scalar must be values of the detector's file."""
    calibration = paper.definition.calibration
    if calibration is None:
        for name, entry in paper.definition.variations.items():
            if not entry.calibrated:
                yield f"variations.{name}.calibrated: the search has no `calibration`; remove the variation"
        return
    for end in ("minimum", "maximum"):
        value = nested(calibration.parameter, getattr(calibration, end))
        yield from of_overlay(paper, f"calibration.{end}", {}, value)
