"""K3π decays upstream of the fiducial volume among the candidates of K⁺ → π⁺μ⁺μ⁻."""

from __future__ import annotations

from collections.abc import Iterable

from lnvsearch.experiments.na62.publication.tables.background import (
    Background,
    process_background,
    total_background,
    with_process,
)
from lnvsearch.tables import Table

__all__ = ["contaminations_with_upstream"]

_PROCESS, _PLACE = "k3pi_upstream", ("sm", "normalisation")


def contaminations_with_upstream(table: Table, compared: Iterable[str]) -> dict[str, Background]:
    """Return the expected events of all backgrounds and of K3π upstream, by variation.

    `table`: backgrounds of the channel `pimumu`; nominal, and those of `compared` that the upstream
    decays have.
    """
    found = {}
    for variation in ("nominal", *compared):
        total = total_background(table, *_PLACE, variation)
        if total is None or process_background(table, _PROCESS, *_PLACE, variation) is None:
            continue
        together = with_process(total, table, _PROCESS, *_PLACE, variation)
        if together is not None:
            found[variation] = together
    return found
