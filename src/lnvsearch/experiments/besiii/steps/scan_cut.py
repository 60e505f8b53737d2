"""The cut on chi^2 of the kinematic fit against Punzi's figure of merit."""

from __future__ import annotations

from collections.abc import Mapping

from lnvsearch.event_files import read_tree
from lnvsearch.experiments.besiii.backgrounds import (
    nominal_acceptances,
    read_backgrounds,
)
from lnvsearch.experiments.besiii.cut_scan import cut_grid, scan_chi_square

__all__ = ["scan_cut"]


def scan_cut(inputs: Mapping, settings: Mapping) -> dict:
    """Efficiency, background and figure of merit for every cut (`scan`).

    `inputs`: those of the backgrounds, and the candidates of the `signal`; `settings`: `samples`
    and `n_parents` of the backgrounds, `grid` {first, last, step}, `cuts` that candidates must
    pass besides, `punzi_constant`.
    """
    candidates = read_tree(inputs["signal"], "Candidates")
    n_generated = len(read_tree(inputs["signal"], "Generated", ["selected"])["selected"])
    backgrounds = read_backgrounds(
        inputs, settings["samples"], nominal_acceptances(inputs["acceptance"]),
        settings["n_parents"],
    )  # fmt: skip
    return {
        "scan": scan_chi_square(
            candidates, n_generated, backgrounds, cut_grid(**settings["grid"]),
            other_cuts=settings["cuts"], punzi_constant=settings["punzi_constant"],
        )
    }  # fmt: skip
