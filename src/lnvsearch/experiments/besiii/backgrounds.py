"""Expected backgrounds: exclusive decays by weights, the inclusive check, and the continuum."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lnvsearch.experiments.besiii.selection.continuum import (
    OffResonance,
    continuum_events,
)
from lnvsearch.experiments.besiii.selection.counts import SPECTRUM_EDGES_GEV
from lnvsearch.selection import mass_regions
from lnvsearch.selection.cutflow import ALL_CUTS
from lnvsearch.selection.mass_regions import mass_spectrum
from lnvsearch.tables import find_rows, read_csv, table_from_rows

if TYPE_CHECKING:
    from lnvsearch.generation.cocktail import CocktailMode

__all__ = [
    "BACKGROUND_COLUMNS",
    "Background",
    "BackgroundSettings",
    "background_row",
    "estimate_backgrounds",
    "nominal_acceptances",
    "read_backgrounds",
    "spectrum_rows",
    "total_background",
]

#: The columns of every experiment's table of backgrounds, and BESIII's own behind them.
BACKGROUND_COLUMNS = (
    *mass_regions.BACKGROUND_COLUMNS,
    "expected_events_uncertainty",
    "branching_fraction",
    "branching_fraction_uncertainty",
    "generated_events",
    "effective_jpsi",
    "survival_percent",
    "source",
)


@dataclass(frozen=True)
class Background:
    """Weighted assignments of one exclusive decay, and what they stand for.

    `weighted`: columns (c,) as `weigh` gives them, of `n_generated` events, those that fit best;
    `largest_weight`: of any assignment; `n_parents`: decays of the parent in the data.
    """

    mode: CocktailMode
    weighted: Mapping[str, np.ndarray]
    n_generated: int
    n_parents: float
    largest_weight: float = 1.0

    @classmethod
    def of_assignments(
        cls, mode: CocktailMode, found: Mapping[str, np.ndarray], n_generated: int, n_parents: float
    ) -> Background:
        """From all assignments that `weigh` gives; without any, the largest weight is 1."""
        keep = found["fits_best"].astype(bool)
        largest = float(np.max(found["weight"], initial=0.0)) or 1.0
        weighted = {name: values[keep] for name, values in found.items()}
        return cls(mode, weighted, n_generated, n_parents, largest)

    @property
    def event_weight(self) -> float:
        """Expected events for one generated event."""
        return self.mode.event_weight(self.n_parents, self.n_generated)

    def expected(self, mask: np.ndarray) -> tuple[float, float]:
        """Expected events of the assignments in a mask, (c,), and their statistical uncertainty.

        Without any, the uncertainty is what the heaviest of all assignments would count: no
        measurement of zero, but an upper bound times -ln(1 - CL).
        """
        weight = self.weighted["weight"][mask]
        if not weight.size:
            return 0.0, self.event_weight * self.largest_weight
        return (
            self.event_weight * float(weight.sum()),
            self.event_weight * float((weight**2).sum()) ** 0.5,
        )


@dataclass(frozen=True)
class BackgroundSettings:
    """How backgrounds are counted.

    `selection`: its name in tables; `n_parents`: decays of the parent in the data;
    `chi_square_cut` of the selection; `inclusive_sample`: name of the sample of inclusive decays;
    `continuum_events` and where their luminosities come from.
    """

    selection: str
    n_parents: float
    chi_square_cut: float
    inclusive_sample: str
    continuum_events: float
    continuum_provenance: str

    @classmethod
    def from_mapping(cls, values: Mapping) -> BackgroundSettings:
        """From plain values of the same names, the continuum by its luminosities."""
        continuum = values["continuum"]
        names = ("selection", "n_parents", "chi_square_cut", "inclusive_sample")
        return cls(
            **{name: values[name] for name in names},
            continuum_events=continuum_events(
                [OffResonance(**point) for point in continuum["points"]],
                luminosity_per_pb=continuum["on_resonance_luminosity_per_pb"],
                energy_gev=continuum["on_resonance_energy_gev"],
            ),
            continuum_provenance=continuum["provenance"],
        )


def estimate_backgrounds(inputs: Mapping[str, Any], settings: Mapping) -> dict:
    """Tables `background` and `spectra` of the exclusive decays, and the record `total`.

    `inputs`: files `acceptance` (all samples'), `cocktail`, and `selected`, one for each sample of
    `settings["samples"]`; the rest of `settings`: fields of `BackgroundSettings`, with `continuum`
    {points, on_resonance_luminosity_per_pb, on_resonance_energy_gev, provenance}.
    """
    typed = BackgroundSettings.from_mapping(settings)
    of_all_cuts = nominal_acceptances(inputs["acceptance"])
    rows: dict[str, list[dict]] = {"background": [], "spectra": []}
    for found in read_backgrounds(inputs, settings["samples"], of_all_cuts, typed.n_parents):
        place: dict[str, Any] = {"chi_square_cut": typed.chi_square_cut, "selection": typed.selection}
        rows["background"].append(background_row(found, **place))
        rows["spectra"] += spectrum_rows(found, **place)
    columns = {"background": BACKGROUND_COLUMNS, "spectra": mass_regions.SPECTRUM_COLUMNS}
    return {
        **{kind: table_from_rows(listed, columns[kind]) for kind, listed in rows.items()},
        "total": total_background(
            rows["background"],
            inclusive=of_all_cuts[typed.inclusive_sample],
            n_parents=typed.n_parents,
            continuum_events=typed.continuum_events,
            continuum_provenance=typed.continuum_provenance,
        ),
    }


def nominal_acceptances(path: str) -> dict[str, dict]:
    """Sample -> row of a table of acceptances, of what passes all cuts nominally."""
    rows = find_rows(read_csv(path), variation="nominal", region=ALL_CUTS)
    return {row["sample"]: row for row in rows}


def read_backgrounds(
    inputs: Mapping[str, Any],
    samples: Sequence[str],
    acceptance: Mapping[str, Mapping],
    n_parents: float,
) -> Iterator[Background]:
    """Exclusive decays in the order of the cocktail's table; `acceptance`: rows by sample."""
    from lnvsearch.event_files import read_tree
    from lnvsearch.generation.cocktail import load_cocktail

    files = dict(zip(samples, inputs["selected"], strict=True))
    for mode in load_cocktail(inputs["cocktail"]):
        weighted = read_tree(files[mode.sample], "Weighted")
        generated = acceptance[mode.sample]["generated_events"]
        yield Background.of_assignments(mode, weighted, generated, n_parents)


def background_row(background: Background, *, chi_square_cut: float, selection: str) -> dict:
    """The row of BACKGROUND_COLUMNS of one decay, in the signal window below a cut on chi^2.

    `effective_jpsi`: parents that a plain simulation would need for the same relative statistical
    uncertainty.  Systematic are the identification map and the branching fraction.
    """
    mode, weighted = background.mode, background.weighted
    passes = weighted["in_window"] & (weighted["chi_square"] < chi_square_cut)
    expected, statistical = background.expected(passes)
    from_map = background.event_weight * float(weighted["map_uncertainty"][passes].sum())
    relative = mode.branching_fraction_uncertainty / mode.branching_fraction
    return {
        "sample": mode.sample,
        "label": mode.sample.removeprefix("bkg_"),
        "role": "background",
        "variation": "nominal",
        "selection": selection,
        "region": ALL_CUTS,
        "expected_events": expected,
        "statistical_uncertainty": statistical,
        "systematic_uncertainty": math.hypot(from_map, relative * expected),
        "effective_events": (expected / statistical) ** 2,
        "expected_events_uncertainty": math.hypot(statistical, from_map, relative * expected),
        "branching_fraction": mode.branching_fraction,
        "branching_fraction_uncertainty": mode.branching_fraction_uncertainty,
        "generated_events": background.n_generated,
        "effective_jpsi": background.n_parents * expected / statistical**2 or None,
        "survival_percent": 100.0 * int(passes.sum()) / background.n_generated,
        "source": mode.source,
    }


def spectrum_rows(
    background: Background, *, chi_square_cut: float, selection: str
) -> Iterator[dict]:
    """Expected events in bins of the mass of the four particles, below a cut on chi^2."""
    weighted = background.weighted
    passes = weighted["chi_square"] < chi_square_cut
    found = mass_spectrum(
        weighted["mass_gev"][passes],
        background.event_weight * weighted["weight"][passes],
        SPECTRUM_EDGES_GEV,
    )
    for i, content in enumerate(found.content):
        yield {
            "selection": selection,
            "sample": background.mode.sample,
            "label": background.mode.sample.removeprefix("bkg_"),
            "role": "background",
            "mass_low_gev": float(found.edges_gev[i]),
            "mass_high_gev": float(found.edges_gev[i + 1]),
            "expected_events": float(content),
            "uncertainty": float(found.uncertainty[i]),
        }


def total_background(
    rows: Sequence[Mapping],
    *,
    inclusive: Mapping,
    n_parents: float,
    continuum_events: float,
    continuum_provenance: str,
) -> dict:
    """Exclusive decays, inclusive check and continuum, added up.

    `rows`: of BACKGROUND_COLUMNS; `inclusive`: the row of an acceptance table with what passes
    all cuts of the inclusive sample.  `background_left_out` bounds, at 90 % confidence level, the
    exclusive decays that the sum leaves out, as no event is left of them.  The inclusive sample is no
    part of the sum: it holds the same decays again, in their measured shares.
    """
    measured = [row for row in rows if row["effective_events"] > 0.0]
    expected = sum(row["expected_events"] for row in measured)
    uncertainty = math.hypot(*(row["expected_events_uncertainty"] for row in measured))
    generated, survived = inclusive["generated_events"], inclusive["effective_events"]
    of_cocktail = max(
        (mass_regions.bound_of_none(row["statistical_uncertainty"])
         for row in rows if row["effective_events"] == 0.0),
        default=0.0,
    )  # fmt: skip
    of_inclusive = (
        mass_regions.bound_of_none(n_parents / generated) if survived == 0 else None
    )
    return {
        "cocktail_events": expected,
        "cocktail_events_uncertainty": uncertainty,
        "inclusive_generated": generated,
        "inclusive_survived": survived,
        "inclusive_upper_limit_90": of_inclusive,
        "inclusive_expected_events": survived * n_parents / generated,
        "continuum_events": continuum_events,
        "continuum_luminosities_provenance": continuum_provenance,
        "background_events": expected + continuum_events,
        "background_events_uncertainty": uncertainty,
        "background_left_out": of_cocktail,
    }
