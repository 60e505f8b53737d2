"""Cuts of several selections on the same candidates: what they have in common is computed once.

Selections are of one family if they see the same candidates and their cuts have one order; a
selection may lack some of the family's cuts, and give others other parameters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from lnvsearch.experiments.na62.events import SpectrometerEvents
from lnvsearch.experiments.na62.selection.candidates import Candidates
from lnvsearch.experiments.na62.selection.cuts import CUTS
from lnvsearch.experiments.na62.selection.decisions import EnergyOverMomentum
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.kernels import failed_once_at_most
from lnvsearch.experiments.na62.selection.settings import SelectionDetector, SelectionSettings
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings
from lnvsearch.reconstruction.three_track_vertex import ThreeTrackVertices
from lnvsearch.selection.cutflow import checked_cut

__all__ = ["Asked", "Family", "Followed", "families", "follow"]


_SECTIONS = tuple(field.name for field in fields(SelectionDetector))
#: To follow fewer candidates costs time as well, which a smaller share of them would not save.
_LEAST_GAIN = 0.15


@dataclass(frozen=True)
class Asked:
    """A selection, and what it is given: fields as `select.select` takes them."""

    selection: SelectionSettings
    detector: SelectionDetector
    identification: IdentificationMaps | EnergyOverMomentum
    trigger: TriggerSettings = TriggerSettings()
    loss_region: str | None = None

    def cuts(self) -> dict[str, dict]:
        """Parameters of the cuts by name, in their order.

        The threshold of the large-angle veto stands with its cut, the only place that asks it.
        Raises ValueError for an unknown cut or parameter, or a cut given twice.
        """
        cuts: dict[str, dict] = {}
        for cut in self.selection.cuts:
            name, parameters = checked_cut(cut, CUTS)
            if name in cuts:
                raise ValueError(f"cut {name!r} comes twice; remove one of the two")
            if name == "large_angle_veto" and parameters.get("threshold_gev") is None:
                parameters["threshold_gev"] = self.detector.lav.threshold_gev
            cuts[name] = parameters
        return cuts

    def candidates(self, cuts: Mapping[str, dict]) -> tuple:
        """Everything on which the candidates, and what is computed of them, depend."""
        selection, detector = self.selection, self.detector
        sections = {name: getattr(detector, name) for name in _SECTIONS}
        sections["lav"] = detector.lav._replace(threshold_gev=0.0)
        identified_as = selection.identified_as
        return (
            list(selection.final_state),
            selection.charge,
            None if identified_as is None else list(identified_as),
            sections,
            # This cut chooses the photons of a candidate.
            cuts.get("photons"),
        )


@dataclass
class Family:
    """Selections of one family: `members`: where each was in the list, and its cuts by name."""

    candidates: tuple
    order: list[str]
    members: list[tuple[int, dict[str, dict]]]


def families(asked: Sequence[Asked]) -> list[Family]:
    """The families of some selections."""
    found: list[Family] = []
    for index, one in enumerate(asked):
        cuts = one.cuts()
        candidates = one.candidates(cuts)
        for family in found:
            order = _common_order(family.order, list(cuts))
            if family.candidates == candidates and order is not None:
                family.order = order
                family.members.append((index, cuts))
                break
        else:
            found.append(Family(candidates, list(cuts), [(index, cuts)]))
    return found


def _common_order(first: list[str], second: list[str]) -> list[str] | None:
    """The longer of two lists if it holds the other, in its order."""
    short, long = sorted((first, second), key=len)
    return long if [name for name in long if name in short] == short else None


@dataclass
class Followed:
    """Candidates that fail one cut at most in some selection of a family, and what passes.

    `state`: k of r candidates, `rows`: (k,), which.  `event`: (r,), their events.
    `passes`: by selection and cut, masks (r,); equal ones are one array.  `n_failed`: (s, r), cuts
    failed so far by selection.  What fails a second cut in every selection enters neither a result
    nor the loss by a single cut; no later cut looks at it, and it counts as failing it.
    """

    state: Candidates
    rows: np.ndarray
    event: np.ndarray
    passes: list[dict[str, np.ndarray]]
    n_failed: np.ndarray

    @classmethod
    def of(cls, state: Candidates, n_selections: int) -> Followed:
        """All candidates, before the first cut."""
        failed = np.zeros((n_selections, len(state)), dtype=np.int8)
        passes: list[dict[str, np.ndarray]] = [{} for _ in range(n_selections)]
        return cls(state, np.arange(len(state)), state.event, passes, failed)

    def narrow(self) -> None:
        """Drop candidates that failed twice, where they are more than a share of the rest."""
        kept = failed_once_at_most(self.n_failed, self.rows)
        if len(kept) < (1.0 - _LEAST_GAIN) * len(self.rows):
            self.state, self.rows = self.state.subset(kept), self.rows[kept]

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Values (k,) of the candidates followed, (r,); zero for the others."""
        if len(self.rows) == len(self.event):
            return values
        result = np.zeros(len(self.event), dtype=values.dtype)
        result[self.rows] = values
        return result

    def apply(self, name: str, parameters: Sequence[dict | None]) -> None:
        """Apply a cut with the parameters of every selection; None where one has no such cut."""
        self.narrow()
        for index, passed in self._masks(name, parameters):
            self.passes[index][name] = passed
            self.n_failed[index] += ~passed

    def _masks(
        self, name: str, parameters: Sequence[dict | None]
    ) -> Iterator[tuple[int, np.ndarray]]:
        known: list[tuple[dict, np.ndarray]] = []
        alive = np.ones(len(self.state), dtype=bool)
        for index, own in enumerate(parameters):
            if own is None:
                continue
            passed = next((mask for other, mask in known if other == own), None)
            if passed is None:
                passed = self.spread(CUTS[name](self.state, alive, **own))
                known.append((own, passed))
            yield index, passed


def follow(
    events: SpectrometerEvents,
    family: Family,
    one: Asked,
    vertices: ThreeTrackVertices | None = None,
) -> Followed:
    """The candidates of a family after all cuts; `one`: any of its selections.

    Raises ValueError for a final state that does not fit.
    """
    selection = one.selection
    state = Candidates.of(
        events, selection.final_state, selection.charge, one.detector, vertices,
        selection.identified_as,
    )  # fmt: skip
    followed = Followed.of(state, len(family.members))
    for name in family.order:
        followed.apply(name, [cuts.get(name) for _, cuts in family.members])
    followed.narrow()
    return followed
