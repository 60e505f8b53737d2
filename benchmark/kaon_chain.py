"""NA62's chain in memory: generation, spectrometer, vertices and cuts of signal decays.

K+ -> pi- e+ e+ through the selection `lnv` of the search of 2022; rates are of generated decays.

| case | radiation | decays that are flown |
|---|---|---|
| `na62_chain` | none, as in the search's sample `signal_piee` | thinned, as there |
| `na62_chain_radiating` | yes | thinned |
| `na62_chain_all_flown`, and the stages | yes | all |

Thinned: most of the decays that no selection would take are left out, and others have weights for it.  A
generated decay is then worth a little less than one: as much as the relative variance of the acceptance, times
the number of decays, is larger than where all are flown.  Rates are of decays that are worth one.

The events that are timed are checked: the pull of the vertex (the core of it, as electrons lose energy in
the chambers) is centred within 0.02 and as wide as 1 within a tenth, the mass is right within 1 MeV, and
chunks of another size give the same candidates to the last bit; thinned decays have the same acceptance.
"""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import numpy as np
import yaml
from timing import Case, check

from lnvsearch import particles
from lnvsearch.experiments.na62.chain import simulate as simulate_decays
from lnvsearch.experiments.na62.detector.simulate import Na62Detector, simulate_spectrometer
from lnvsearch.experiments.na62.selection.identification_maps import IdentificationMaps
from lnvsearch.experiments.na62.selection.select import fit_vertices, merge_candidates, select
from lnvsearch.experiments.na62.selection.settings import SelectionSettings
from lnvsearch.experiments.na62.selection.trigger import TriggerSettings
from lnvsearch.generation.kaon import generate_kaon_decays
from lnvsearch.kept_memory import keep_freed_memory
from lnvsearch.selection.weighted_cutflow import WeightedCutFlow

ROOT = Path(__file__).parent.parent
OTHER_CHUNK = 30_000
#: Decays of the thinned chain for one of the other, about a chunk of the workflow.
THINNED = 10
STREAM = {"base_seed": 1, "sample": "benchmark"}


class Chain:
    """The steps, each from what the one before gave; chunks of decays as the workflow has them."""

    def __init__(self) -> None:
        self.settings = yaml.safe_load((ROOT / "config/detectors/na62.yaml").read_text())
        self.paper = yaml.safe_load((ROOT / "config/papers/na62_2022.yaml").read_text())
        self.of_sample = self.paper["samples"]["signal_piee"]
        self.selection = SelectionSettings.from_mapping(
            self.paper["channels"]["piee"]["selections"]["lnv"]
        )
        self.detector = Na62Detector.from_settings(self.settings)
        self.maps = IdentificationMaps.from_anchors(self.paper["identification"]["maps"])
        self.options = {
            "detector": self.detector.response,
            "identification": self.maps,
            "trigger": TriggerSettings.from_mapping(self.paper["trigger"]),
            "loss_region": "signal",
        }

    def generate(self, first: int, n: int):
        return generate_kaon_decays("pi_ee_lnv", n, first_event=first, radiation=True, **STREAM)

    def simulate(self, decays):
        return simulate_spectrometer(decays, self.detector, **STREAM)

    def sample(self, number: int, *, radiates: bool, thinned: bool) -> WeightedCutFlow:
        """The cut flow of so many decays, simulated as jobs of the workflow do."""
        thinning = {"full_weight": self.of_sample["thinned_below_weight"], "with_pi0": False}
        settings = {
            "mode": self.of_sample["mode"], "detector": self.settings, "radiation": radiates,
            "thinning": thinning if thinned else None,
        }  # fmt: skip
        flows = [
            self.select(events, self.fit(events)).flow
            for events in simulate_decays(settings, number, **STREAM)
        ]
        totals = zip(
            *((f.n_generated, f.sum_weight, f.sum_squared_weight) for f in flows), strict=True
        )
        return WeightedCutFlow.merged(flows, tuple(map(sum, totals)))

    def fit(self, events):
        return fit_vertices(events, self.detector.response)

    def select(self, events, vertices):
        return select(events, self.selection, vertices=vertices, **self.options)


def check_accuracy(chain: Chain, number: int, events, vertices, selected) -> dict[str, float]:
    """Vertices and masses within five standard deviations, and chunks that join."""
    z = events.event["true_z_vertex_m"][vertices.event_index]
    # Bremsstrahlung bends some tracks: medians do not see them.
    good = np.isfinite(vertices.chi_square)
    n = np.count_nonzero(good)
    pull = ((vertices.position_m[:, 2] - z) / vertices.sigma_z_m)[good]
    half = np.diff(np.quantile(pull, [0.1587, 0.8413]))[0] / 2
    check(abs(np.median(pull)) < 5 * 1.2533 / math.sqrt(n) + 0.02, "the pull of z is off centre")
    check(abs(half - 1.0) < 0.1 + 5 * 1.2 / math.sqrt(n), "the pull of z has not the width 1")
    mass = selected.candidates["mass_gev"]
    peak = np.median(mass[np.abs(mass - particles.mass_gev("K+")) < 0.006])
    check(abs(peak - particles.mass_gev("K+")) < 1e-3, "the mass is not the kaon's")
    parts = []
    for first in range(0, number, OTHER_CHUNK):
        recorded = chain.simulate(chain.generate(first, min(OTHER_CHUNK, number - first)))
        parts.append(chain.select(recorded, chain.fit(recorded)))
    joined = merge_candidates(part.candidates for part in parts)
    for name, values in selected.candidates.items():
        same = np.array_equal(values, joined[name], equal_nan=True)
        check(same, f"{name} depends on the size of the chunks")
    acceptance, uncertainty = selected.flow.efficiency("trigger")
    return {
        "median_pull_of_z": float(np.median(pull)),
        "width_of_pull_of_z": float(half),
        "median_mass_gev": float(peak),
        "acceptance": float(acceptance),
        "uncertainty": float(uncertainty),
    }


def worth_of_thinned(chain: Chain, number: int, radiates: bool) -> float:
    """How many decays that are all flown a generated decay of the thinned chain is worth.

    The two acceptances must agree within five standard deviations.
    """
    acceptance, uncertainty = zip(
        *(
            chain.sample(number, radiates=radiates, thinned=thinned).efficiency("trigger")
            for thinned in (False, True)
        ),
        strict=True,
    )
    check(
        abs(acceptance[1] - acceptance[0]) < 5 * math.hypot(*uncertainty),
        f"thinned decays have the acceptance {acceptance[1]} instead of {acceptance[0]}",
    )
    relative = [u / a for u, a in zip(uncertainty, acceptance, strict=True)]
    return float((relative[0] / relative[1]) ** 2)


def prepare(number: int) -> tuple[dict[str, float], list[Case]]:
    """The accuracy, and the cases to time: each step from what the one before gave, and all."""
    keep_freed_memory()  # as jobs do
    chain = Chain()

    def whole():
        events = chain.simulate(chain.generate(0, number))
        return chain.select(events, chain.fit(events))

    decays = chain.generate(0, number)
    events = chain.simulate(decays)
    vertices = chain.fit(events)
    selected = chain.select(events, vertices)
    accuracy = check_accuracy(chain, number, events, vertices, selected)
    thinned, many = [], THINNED * number
    for name, radiates in (
        ("na62_chain", chain.of_sample["final_state_radiation"]), ("na62_chain_radiating", True)
    ):  # fmt: skip
        worth = worth_of_thinned(chain, many, radiates)
        accuracy[f"{name}_worth_of_a_decay"] = worth
        run = partial(chain.sample, many, radiates=radiates, thinned=True)
        thinned.append(Case(name, round(many * worth), run))
    return accuracy, [
        *thinned,
        Case("na62_chain_all_flown", number, whole),
        Case("na62_generation", number, lambda: chain.generate(0, number)),
        Case("na62_detector", number, lambda: chain.simulate(decays)),
        Case("na62_selection", number, lambda: chain.select(events, chain.fit(events))),
    ]
