"""Acceptance of decays through a long-lived particle against its mass and lifetime, and the limits.

A grid is a table with the columns GRID_COLUMNS: one row for each mass, mean life and chirality of the
couplings.  Uncertainties are absolute.  Limits are on the product of the branching fractions of the
production of N and of its decay; a lifetime of 0 is a prompt decay.  Where fewer than
FEWEST_EFFECTIVE_EVENTS are left, the acceptance stands and the limits are not a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from lnvsearch.interpretation.grids import CHIRALITIES, GRID_COLUMNS
from lnvsearch.tables import Table, read_csv, table_from_rows, to_csv

__all__ = [
    "CHIRALITIES", "FEWEST_EFFECTIVE_EVENTS", "GRID_COLUMNS", "Counting", "LifetimeSums",
    "grid_table", "shipped_text",
]

ISOTROPIC, V_MINUS_A = CHIRALITIES
#: A limit needs an acceptance that is known to a third.
FEWEST_EFFECTIVE_EVENTS = 10.0
#: Relative uncertainties are rounded up to this before a limit is computed: few are then different,
#: and a limit changes by less than 1e-4 of itself.
_UNCERTAINTY_STEP = 1e-3


@dataclass
class LifetimeSums:
    """Sums of weights over the selected decays of one mass, for t mean lives and every chirality.

    `generated`: decays; `generated_weight`: chirality -> sum of its weights over all of them.
    """

    lifetime_ps: np.ndarray
    generated: int = 0
    generated_weight: dict[str, float] = field(default_factory=dict)
    weight: dict[str, np.ndarray] = field(default_factory=dict)
    squared_weight: dict[str, np.ndarray] = field(default_factory=dict)

    def add(
        self, chirality_weight: Mapping[str, np.ndarray], rows: np.ndarray, selected: np.ndarray
    ) -> None:
        """Count a chunk of n generated decays.

        `chirality_weight`: (n,) each.  `rows`: (s,), the decays selected; `selected`: (s, t), weights
        of their selection and of their flight.
        """
        self.generated += len(next(iter(chirality_weight.values())))
        for name, weight in chirality_weight.items():
            product = selected * weight[rows, np.newaxis]
            for sums, values in (
                (self.generated_weight, np.sum(weight)),
                (self.weight, np.sum(product, axis=0)),
                (self.squared_weight, np.sum(product * product, axis=0)),
            ):
                sums[name] = sums.get(name, 0.0) + values

    def accepts_too_little(self, n_decays: int) -> bool:
        """Whether a quarter of `n_decays` is generated and none is selected: all would give no limit."""
        return 4 * self.generated >= n_decays and not any(
            values.any() for values in self.weight.values()
        )

    def rows(self, scale: float = 1.0) -> Iterator[dict[str, Any]]:
        """Acceptance times a scale, its statistical uncertainty and effective events, row by row."""
        for name, total in self.generated_weight.items():
            total = float(total)
            weight, squared = self.weight[name], self.squared_weight[name]
            variance = np.maximum(squared - weight**2 / self.generated, 0.0)
            effective = np.divide(weight**2, squared, out=np.zeros_like(weight), where=squared > 0)
            for k, lifetime in enumerate(self.lifetime_ps):
                yield {
                    "lifetime_ps": float(lifetime),
                    "chirality": name,
                    "acceptance": scale * float(weight[k]) / total,
                    "acceptance_statistical": scale * float(np.sqrt(variance[k])) / total,
                    "effective_events": float(effective[k]),
                }


@dataclass(frozen=True)
class Counting:
    """The counting experiment that turns acceptances into limits, by the paper's method and by CLs.

    `background`: mean and standard uncertainty, events; `n_parents`: parents in the data (times a
    further branching fraction that is required), with a relative uncertainty; `acceptance_relative`:
    systematic uncertainty of the acceptance over it.
    """

    background: tuple[float, float]
    n_parents: float
    n_parents_relative: float
    acceptance_relative: float
    method: str
    bounded: bool
    prior: str
    confidence_level: float

    def limits(self, method: str, observed: np.ndarray, relative: np.ndarray) -> np.ndarray:
        """Upper limits (n,) on signal events at an efficiency of 1 with these relative uncertainties."""
        from lnvsearch.statistics import methods

        known = np.isfinite(relative)
        if not known.any():
            return np.full(len(relative), np.nan)
        steps = np.ceil(relative[known] / _UNCERTAINTY_STEP)
        points, place = np.unique(np.stack([observed[known], steps]), axis=1, return_inverse=True)
        experiment = methods.counting_experiment(
            points[0], *self.background, 1.0, points[1] * _UNCERTAINTY_STEP
        )
        options = methods.method_options(method, self.bounded, self.prior)
        upper = methods.interval(method, experiment, self.confidence_level, **options).upper
        result = np.full(len(relative), np.nan)
        result[known] = np.asarray(upper)[place.ravel()]
        return result


def grid_table(rows: Sequence[Mapping[str, Any]], counting: Counting) -> dict[str, list]:
    """The grid of rows with a mass, those of `LifetimeSums.rows`, and the `observed` events there.

    A row may have a `further_relative` of its own: a systematic uncertainty of its acceptance over it,
    beside that of `counting`.
    """
    acceptance, statistical, effective, observed = (
        np.array([row[name] for row in rows], dtype=float)
        for name in ("acceptance", "acceptance_statistical", "effective_events", "observed")
    )
    systematic = np.hypot(
        counting.acceptance_relative, [row.get("further_relative", 0.0) for row in rows]
    )
    relative = np.full(len(rows), np.nan)
    enough = (effective >= FEWEST_EFFECTIVE_EVENTS) & (acceptance > 0.0)
    relative[enough] = np.sqrt(
        (statistical[enough] / acceptance[enough]) ** 2
        + systematic[enough] ** 2 + counting.n_parents_relative**2
    )
    limits = {
        column: counting.limits(method, observed, relative)
        for column, method in (
            ("branching_fraction_limit", counting.method),
            ("branching_fraction_limit_cls", "cls"),
        )
    }
    complete = [
        {
            **{key: value for key, value in row.items() if key != "further_relative"},
            "acceptance_systematic": float(systematic[i]) * row["acceptance"],
            "background": counting.background[0],
            **{
                column: float(values[i] / (counting.n_parents * acceptance[i])) if enough[i]
                else float("nan")
                for column, values in limits.items()
            },
        }
        for i, row in enumerate(rows)
    ]  # fmt: skip
    return table_from_rows(complete, GRID_COLUMNS)


def shipped_text(path: str | Path) -> str:
    """The CSV text of a grid with four significant digits, as it ships with a release.

    Masses at which nothing is accepted, and so no lifetime has a limit, are left out.
    """
    whole: Table = read_csv(path)
    accepted = {
        mass for mass, limit in zip(
            whole["mass_gev"], whole["branching_fraction_limit"], strict=True
        ) if limit is not None
    }  # fmt: skip
    kept = [i for i, mass in enumerate(whole["mass_gev"]) if mass in accepted]
    table = {name: [cells[i] for i in kept] for name, cells in whole.items()}
    exact = ("mass_gev", "lifetime_ps", "observed", "background")
    return to_csv({
        name: cells if name in exact else [_rounded(cell) for cell in cells]
        for name, cells in table.items()
    })


def _rounded(cell: Any) -> Any:
    return float(f"{cell:.4g}") if isinstance(cell, float) else cell
