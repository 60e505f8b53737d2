"""Selections of the NA62 searches: from recorded events to weighted candidates.

A selection is data: the final state, its charge, the cuts in their order, what identifies the
tracks, and the trigger chains.  In simulation identification and trigger are weights; the generated
weight of an event times their probabilities is the candidate's weight.  Recorded tracks are
identified or are not, and recorded events passed the trigger: windows of E/p in place of efficiency
maps, and no chains, leave weights of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lnvsearch.experiments.na62.events import SpectrometerEvents
from lnvsearch.experiments.na62.selection.candidates import Candidates
from lnvsearch.experiments.na62.selection.decisions import EnergyOverMomentum, candidate_decision
from lnvsearch.experiments.na62.selection.geometry import line_resolution
from lnvsearch.experiments.na62.selection.identification import (
    candidate_probabilities,
    transfer_probability,
)
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.kernels import energy_beside
from lnvsearch.experiments.na62.selection.settings import SelectionDetector, SelectionSettings
from lnvsearch.experiments.na62.selection.together import Asked, Family, Followed, families, follow
from lnvsearch.experiments.na62.selection.trigger import (
    TriggerSettings,
    trigger_probability,
)
from lnvsearch.reconstruction.three_track_vertex import ThreeTrackVertices, find_vertices
from lnvsearch.selection.mass_regions import in_region
from lnvsearch.selection.weighted_cutflow import (
    KnownCuts,
    WeightedCutFlow,
    WeightedSums,
    sums_over_events,
    weighted_flow,
)

__all__ = [
    "CANDIDATE_COLUMNS",
    "Selected",
    "SingleCutLoss",
    "fit_vertices",
    "merge_candidates",
    "select",
    "select_together",
]

#: Columns of a table of candidates.  `transfer_probability`: that tracks identified as other
#: particles be taken for those of the final state; 1 where identification is not inverted.
CANDIDATE_COLUMNS = (
    "event_number",
    "weight",
    "weight_without_identification",
    "transfer_probability",
    "mass_gev",
    "dilepton_mass_gev",
    "total_momentum_gev",
    "transverse_momentum_gev",
    "z_vertex_m",
    "z_neutral_m",
    "true_z_vertex_m",
    "true_mass_1_gev",
    "true_mass_2_gev",
    "n_decays_in_flight",
    "lav_energy_gev",
)

_FROM_EVENT = (
    "event_number",
    "true_z_vertex_m",
    "true_mass_1_gev",
    "true_mass_2_gev",
    "n_decays_in_flight",
    "lav_energy_gev",
)

_FROM_CANDIDATE = (
    "mass_gev",
    "dilepton_mass_gev",
    "total_momentum_gev",
    "transverse_momentum_gev",
    "z_vertex_m",
)


@dataclass(frozen=True, slots=True)
class SingleCutLoss:
    """Weight with all conditions, and with all but one: sums over candidates of one sample.

    `lost`, `kept`: sums of weights of what that one condition rejects and keeps; with squares.
    """

    kept: float
    lost: float
    kept_squared: float
    lost_squared: float

    def __add__(self, other: SingleCutLoss) -> SingleCutLoss:
        return SingleCutLoss(
            self.kept + other.kept,
            self.lost + other.lost,
            self.kept_squared + other.kept_squared,
            self.lost_squared + other.lost_squared,
        )

    @property
    def relative_loss(self) -> float:
        """Share of the acceptance that the condition costs; NaN without any candidate."""
        total = self.kept + self.lost
        return self.lost / total if total > 0 else float("nan")

    @property
    def uncertainty(self) -> float:
        """Standard uncertainty of `relative_loss`, weights of kept and lost being independent."""
        total = self.kept + self.lost
        if total <= 0:
            return float("nan")
        loss = self.relative_loss
        variance = (1.0 - loss) ** 2 * self.lost_squared + loss**2 * self.kept_squared
        return float(np.sqrt(variance)) / total


@dataclass(frozen=True)
class Selected:
    """Candidates (columns CANDIDATE_COLUMNS), the cut flow, and what each condition costs alone.

    `losses`: condition -> SingleCutLoss; conditions are the cuts' names, and
    `rich_identification` where the RICH identifies positrons.
    """

    candidates: dict[str, np.ndarray]
    flow: WeightedCutFlow
    losses: dict[str, SingleCutLoss]


def fit_vertices(events: SpectrometerEvents, detector: SelectionDetector) -> ThreeTrackVertices:
    """All three-track vertices of events, for `select`."""
    return find_vertices(events.track, line_resolution(detector.spectrometer))


def select(
    events: SpectrometerEvents,
    selection: SelectionSettings,
    *,
    detector: SelectionDetector,
    identification: IdentificationMaps | EnergyOverMomentum,
    trigger: TriggerSettings | None = None,
    vertices: ThreeTrackVertices | None = None,
    loss_region: str | None = None,
) -> Selected:
    """Candidates that pass a selection, the cut flow, and the loss by every single condition.

    `identification`: probabilities for simulated events, windows of E/p for recorded ones.
    `vertices`: those of `fit_vertices`, to share among several selections.  `loss_region`: the
    mass region in which losses are given, by default all masses.
    Raises ValueError for an unknown cut, chain or efficiency map, or a final state that does not fit.
    """
    asked = Asked(selection, detector, identification, trigger or TriggerSettings(), loss_region)
    ((_, selected),) = select_together(events, [asked], vertices)
    return selected


def select_together(
    events: SpectrometerEvents,
    asked: Sequence[Asked],
    vertices: ThreeTrackVertices | None = None,
) -> Iterator[tuple[int, Selected]]:
    """The same of several selections, each with its place in `asked`, in any order.

    What selections have in common is computed once; the result is that of `select`, bit for bit.
    """
    for family in families(asked):
        followed = follow(events, family, asked[family.members[0][0]], vertices)
        yield from _selected(followed, family, asked)


def _selected(
    followed: Followed, family: Family, asked: Sequence[Asked]
) -> Iterator[tuple[int, Selected]]:
    """The results of a family; selections that differ in their mass regions only have one."""
    events = followed.state.events
    weight, generated = np.asarray(events.event["weight"], dtype=float), events.generated_weight
    totals = (events.n_generated, events.sum_weight, events.sum_squared_weight)
    known_cuts: KnownCuts = {}
    probabilities: list[tuple[tuple, _Probabilities]] = []
    results: list[tuple[tuple, Selected]] = []
    for member, (index, cuts) in enumerate(family.members):
        one = asked[index]
        probability = _probabilities_of(one, followed.state, probabilities)
        region = one.selection.regions[one.loss_region] if one.loss_region else None
        masks = {name: followed.passes[member][name] for name in cuts}
        key = ([id(mask) for mask in masks.values()], id(probability), region)
        found = next((selected for other, selected in results if other == key), None)
        if found is None:
            alive, flow = weighted_flow(
                masks,
                [("identification", probability.identification), ("trigger", probability.trigger)],
                followed.event, generated, totals, rows=followed.rows, known=known_cuts, start=weight,
            )  # fmt: skip
            rows = followed.rows
            left = _Left(
                followed.state,
                alive[rows],
                followed.n_failed[member, rows] <= 1,
                {name: mask[rows] for name, mask in masks.items()},
                weight,
                generated,
                probability,
            )
            found = Selected(_table(left), flow, _losses(left, region))
            # Of other selections in the family, those with the same masks follow at once.
            results = [*results[-1:], (key, found)]
        yield index, found


def _probabilities_of(
    one: Asked, state: Candidates, known: list[tuple[tuple, _Probabilities]]
) -> _Probabilities:
    """Probabilities of a selection's candidates, those that are `known` already if they are equal."""
    selection = one.selection
    key = (list(selection.identification), id(one.identification), list(selection.trigger), one.trigger)
    found = next((probability for other, probability in known if other == key), None)
    if found is None:
        found = _Probabilities(state, selection, one.identification, one.trigger)
        known.append((key, found))
    return found


class _Probabilities:
    """Probabilities of identification and trigger of candidates."""

    def __init__(
        self, state: Candidates, selection: SelectionSettings, maps, trigger: TriggerSettings
    ):
        self._state, self._maps = state, maps
        self._decays = np.asarray(state.events.event["n_decays_in_flight"])[state.event]
        wanted = selection.identification
        self.identification, without_rich = self._identified(wanted)
        self.without_rich = None
        if "rich" in wanted:
            # Where the RICH alone identifies, nothing does without it.
            self.without_rich = without_rich if len(wanted) > 1 else np.ones(len(state))
        self.trigger = np.ones(len(state))
        if selection.trigger:
            event = _event_trigger_inputs(state)
            self.trigger = trigger_probability(
                selection.trigger, trigger, state.tracks, state.identified_kinds, event,
                state.detector,
            )  # fmt: skip

    def _identified(self, identification: Sequence[str]) -> np.ndarray:
        """Probabilities of identification, (2, r): with all that is asked, and without the RICH."""
        state = self._state
        if not identification:
            return np.ones((2, len(state)))
        if isinstance(self._maps, EnergyOverMomentum):
            without_rich = [name for name in identification if name != "rich"]
            return np.array([
                candidate_decision(state.identified_kinds, state.tracks, names, self._maps)
                for names in (identification, without_rich)
            ], dtype=float)  # fmt: skip
        return candidate_probabilities(
            state.identified_kinds, state.tracks, self._decays, identification, self._maps
        )

    def transferred(self, rows: np.ndarray) -> np.ndarray:
        """Probability that tracks of some candidates are taken for the final state's, (k,).

        Recorded events have no such probability: 1.
        """
        state = self._state
        if isinstance(self._maps, EnergyOverMomentum):
            return np.ones(len(rows))
        track = {name: state.tracks[name][:, rows] for name in self._maps.needs}
        return transfer_probability(state.identified_kinds, state.kinds, track, self._maps)


def _event_trigger_inputs(state: Candidates) -> dict[str, np.ndarray]:
    """Energy without the three tracks, and whether there is a negative track, (r,)."""
    track, cluster = state.events.track, state.events.cluster
    energy, negative = energy_beside(
        state.event,
        state.flat,
        np.asarray(track["charge"]),
        np.asarray(track["lkr_energy_gev"]),
        np.asarray(cluster["energy_gev"]),
    )
    return {"other_energy_gev": energy, "negative_track": negative}


@dataclass
class _Left:
    """Candidates of which some fail one cut at most: the masks (k,) of all cuts, and of each.

    `fails_one`: (k,), those that fail one cut at most.  `event_weight`: (n,), weights of the events;
    `generated`: (n,), those with which they were generated.
    """

    state: Candidates
    alive: np.ndarray
    fails_one: np.ndarray
    passes: Mapping[str, np.ndarray]
    event_weight: np.ndarray
    generated: np.ndarray
    probability: _Probabilities

    @cached_property
    def weight_without_identification(self) -> np.ndarray:
        return self.event_weight[self.state.event] * self.probability.trigger

    @cached_property
    def weight(self) -> np.ndarray:
        return self.weight_without_identification * self.probability.identification


def _table(left: _Left) -> dict[str, np.ndarray]:
    state = left.state
    kept = np.flatnonzero(left.alive & (left.weight > 0))
    event = state.event[kept]
    columns = {name: np.asarray(state.events.event[name])[event] for name in _FROM_EVENT}
    columns |= {
        name: getattr(left, name)[kept] for name in ("weight", "weight_without_identification")
    }
    columns |= {name: getattr(state, name)[kept] for name in _FROM_CANDIDATE}
    columns["transfer_probability"] = left.probability.transferred(kept)
    columns["z_neutral_m"] = np.full(len(kept), np.nan)
    if "pi0" in state.final_state:
        columns["z_neutral_m"] = state.neutral_pions.z_vertex_m[kept]
    return {name: columns[name] for name in CANDIDATE_COLUMNS}


def _losses(left: _Left, region) -> dict[str, SingleCutLoss]:
    state = left.state
    inside = left.fails_one
    if region is not None:
        inside = inside & in_region(state.mass_gev, region)
    complete = inside & left.alive
    kept = _sums(left, left.weight, complete)

    def loss(weight: np.ndarray, mask: np.ndarray) -> SingleCutLoss:
        lost = _sums(left, weight, mask)
        return SingleCutLoss(kept.weight, lost.weight, kept.squared_weight, lost.squared_weight)

    # A candidate that is inside and not alive fails exactly one cut.
    result = {name: loss(left.weight, inside & ~mask) for name, mask in left.passes.items()}
    if left.probability.without_rich is not None:
        unidentified = left.probability.without_rich - left.probability.identification
        weight = left.weight_without_identification * unidentified
        result["rich_identification"] = loss(weight, complete)
    return result


def _sums(left: _Left, weight: np.ndarray, mask: np.ndarray) -> WeightedSums:
    """Sums over events of candidates in a mask."""
    return sums_over_events(left.state.event, mask, weight, left.generated)


def merge_candidates(tables: Iterable[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """One table from those of the chunks of a sample; empty columns if there are none."""
    tables = list(tables)
    return {
        name: np.concatenate([table[name] for table in tables]) if tables else np.empty(0)
        for name in CANDIDATE_COLUMNS
    }
